//! What the tests of the trace are made of.

use super::{CallEvent, Life, Outcome, ProcessEvent};
use crate::calls::TABLE;
use asys_policy::{Policy, Vocabulary};
use std::path::PathBuf;
use std::time::Duration;

/// A call of `name` that a worker carried out and that returned 0.
pub(super) fn event(name: &str, raw: [u64; 6]) -> CallEvent {
    CallEvent {
        at: Duration::from_nanos(1500),
        duration: Duration::from_micros(12),
        tid: 42,
        tgid: 41,
        row: TABLE.iter().find(|row| row.name == name).unwrap(),
        raw,
        paths: Vec::new(),
        files: Vec::new(),
        outcome: Outcome::Offloaded,
        result: Some(Ok(0)),
        worker: 0,
        rule: None,
        recorded: true,
    }
}

pub(super) fn process(tgid: i32, what: Life) -> ProcessEvent {
    ProcessEvent {
        at: Duration::from_nanos(1000),
        tgid,
        what,
    }
}

pub(super) fn policy() -> Policy {
    Policy::load(&[], &Vocabulary::new([])).unwrap()
}

/// An empty directory, until it is dropped.
pub(super) struct Scratch(PathBuf);

impl std::ops::Deref for Scratch {
    type Target = PathBuf;

    fn deref(&self) -> &PathBuf {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(super) fn dir(name: &str) -> Scratch {
    let name = format!("asys-trace-{}-{name}", std::process::id());
    let dir = std::env::temp_dir().join(name);
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir(&dir).unwrap();
    Scratch(dir)
}
