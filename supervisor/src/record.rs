//! From a served call to its event in the trace.

use crate::calls::{Arg, Args, Native, Row};
use crate::processes::Thread;
use crate::program::Run;
use crate::sys::file::{self, flag};
use crate::sys::notify::{Answer, Notification};
use crate::target::Target;
use crate::trace::{CallEvent, Life, Outcome, ProcessEvent};
use asys_policy::{Record, Verdict};
use nix::errno::Errno;
use std::ffi::{CStr, CString};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::Instant;

/// An event in the making.
#[derive(Debug)]
pub struct Draft {
    event: CallEvent,
    received: Instant,
    caller: Option<(Arc<Thread>, Option<Run>)>,
}

impl Draft {
    #[must_use]
    pub fn new(
        row: &'static Row,
        note: &Notification,
        worker: usize,
        verdict: Verdict,
        started: Instant,
    ) -> Draft {
        let received = Instant::now();
        let event = CallEvent {
            at: received.duration_since(started),
            duration: std::time::Duration::ZERO,
            tid: note.tid,
            tgid: note.tid,
            row,
            raw: note.args,
            paths: Vec::new(),
            files: Vec::new(),
            outcome: Outcome::Cancelled,
            result: None,
            worker,
            rule: verdict.rule,
            recorded: verdict.record != Record::Off,
        };
        Draft {
            event,
            received,
            caller: None,
        }
    }

    /// Who called, and in which run of its program.
    pub fn caller(&mut self, thread: &Arc<Thread>, run: Option<Run>) {
        self.event.tgid = thread.process.tgid;
        self.caller = Some((Arc::clone(thread), run));
    }

    /// The caller, once it is known, and if its program was not ending.
    pub fn take_caller(&mut self) -> Option<(Arc<Thread>, Run)> {
        let (thread, run) = self.caller.take()?;
        Some((thread, run?))
    }

    /// When the call was received.
    #[must_use]
    pub fn received(&self) -> Instant {
        self.received
    }

    /// Takes the paths that were read, reads those of a call that was not
    /// decoded, and looks up what descriptors are.
    pub fn describe(&mut self, args: &mut Args<'_>, target: &Target) {
        let arguments = || self.event.row.args.iter().enumerate();
        let mut paths = args.take_seen();
        paths.dedup_by_key(|(arg, _)| *arg);
        for (i, _) in arguments().filter(|(_, a)| matches!(a, Arg::Path | Arg::Text)) {
            if paths.iter().all(|(seen, _)| *seen != i)
                && let Ok(path) = target.path(self.event.raw[i])
            {
                paths.push((i, path));
            }
        }
        let raw = self.event.raw;
        let described = arguments().filter_map(|(i, arg)| {
            let is_fd = matches!(arg, Arg::Fd | Arg::Dirfd) && raw[i] as i32 >= 0;
            let name = is_fd.then(|| format!("fd/{}", raw[i] as i32))?;
            Some((i, read_link(&target.thread, &CString::new(name).ok()?)?))
        });
        self.event.files = described.collect();
        self.event.paths = paths;
    }

    #[must_use]
    pub fn finish(mut self, outcome: Outcome, answer: Answer) -> CallEvent {
        self.event.duration = self.received.elapsed();
        self.event.outcome = outcome;
        self.event.result = match answer {
            Answer::Return(value) => Some(Ok(value)),
            Answer::Fail(errno) => Some(Err(errno)),
            Answer::Continue => None,
        };
        self.event
    }
}

fn read_link(thread: &Thread, name: &CStr) -> Option<CString> {
    let mut buffer = vec![0; libc::PATH_MAX as usize];
    let len = file::readlinkat(thread.dir.as_fd(), name, &mut buffer).ok()?;
    buffer.truncate(len);
    CString::new(buffer).ok()
}

fn read_text(thread: &Thread, name: &CStr) -> Option<String> {
    let file = file::openat2(thread.dir.as_fd(), name, flag::O_CLOEXEC, 0, 0).ok()?;
    let mut buffer = [0; 1024];
    let len = file::read(file.as_fd(), &mut buffer).ok()?;
    Some(String::from_utf8_lossy(&buffer[..len]).into_owned())
}

fn comm(thread: &Thread) -> String {
    read_text(thread, c"comm")
        .unwrap_or_default()
        .trim_end()
        .to_owned()
}

/// A process met for the first time.
#[must_use]
pub fn first_sight(thread: &Thread, started: Instant) -> ProcessEvent {
    thread.process.note_image(image(thread));
    ProcessEvent {
        at: started.elapsed(),
        tgid: thread.process.tgid,
        what: Life::Seen {
            ppid: thread.process.ppid,
            comm: comm(thread),
        },
    }
}

/// The process runs another program than when it was last looked at, if it does.
#[must_use]
pub fn exec(thread: &Thread, started: Instant) -> Option<ProcessEvent> {
    if !thread.process.may_have_executed() || !thread.process.note_image(image(thread)) {
        return None;
    }
    let what = Life::Exec {
        comm: comm(thread),
        exe: read_link(thread, c"exe"),
    };
    Some(ProcessEvent {
        at: started.elapsed(),
        tgid: thread.process.tgid,
        what,
    })
}

/// Which run of a program a process is: where its arguments lie, which is
/// random (`arg_start`, field 48 of proc_pid_stat(5)).
fn image(thread: &Thread) -> u64 {
    let stat = read_text(thread, c"stat").unwrap_or_default();
    // The name in parentheses may hold anything.
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    fields
        .split_ascii_whitespace()
        .nth(48 - 3)
        .and_then(|f| f.parse().ok())
        .unwrap_or(0)
}

/// Why a thread could not be met.
#[must_use]
pub fn why_unmet(errno: Errno) -> Native {
    match errno {
        Errno::EMFILE | Errno::ENFILE | Errno::ENOMEM => Native::Shortage,
        _ => Native::Opaque,
    }
}
