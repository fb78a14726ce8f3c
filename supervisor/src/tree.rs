//! The tree of processes below this one, and its end.
//!
//! Front and supervisor are both subreapers: whatever a descendant does, its
//! orphans become children of one of them, so the tree can always be ended.

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, getpid};
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// How long processes may take to die of SIGKILL before asys gives up on
/// them: one in an uninterruptible sleep may never.
const PATIENCE: Duration = Duration::from_secs(10);

/// Kills every descendant and reaps it. `false` when some would not die.
pub fn kill_all() -> bool {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match reap() {
            Reaped::NoneLeft => return true,
            Reaped::Some => {}
            Reaped::None if Instant::now() > deadline => return false,
            Reaped::None => std::thread::park_timeout(Duration::from_millis(1)),
        }
        // What they fork meanwhile is the next round's.
        for pid in descendants() {
            let _ = kill(pid, Signal::SIGKILL);
        }
    }
}

enum Reaped {
    Some,
    None,
    NoneLeft,
}

fn reap() -> Reaped {
    let mut reaped = Reaped::None;
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG | WaitPidFlag::__WALL)) {
            Ok(WaitStatus::StillAlive) => return reaped,
            Ok(_) => reaped = Reaped::Some,
            Err(Errno::EINTR) => {}
            Err(_) => return Reaped::NoneLeft,
        }
    }
}

/// All processes below this one, those of a dying supervisor's last thread
/// included. Parents come first: a shell must not see its child killed, and say so.
fn descendants() -> Vec<Pid> {
    let parents: HashMap<i32, i32> = processes()
        .filter_map(|pid| Some((pid, parent(Pid::from_raw(pid))?.as_raw())))
        .collect();
    let own = getpid().as_raw();
    let depth = |pid: &i32| {
        let ancestors = std::iter::successors(parents.get(pid), |next| parents.get(*next));
        // A loop cannot be, but numbers are reused while we look.
        ancestors.take(parents.len()).position(|pid| *pid == own)
    };
    let mut found: Vec<(usize, i32)> = parents
        .keys()
        .filter_map(|pid| Some((depth(pid)?, *pid)))
        .collect();
    found.sort_unstable();
    found
        .into_iter()
        .map(|(_, pid)| Pid::from_raw(pid))
        .collect()
}

fn processes() -> impl Iterator<Item = i32> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// The parent of `pid`: field 4 of proc_pid_stat(5).
#[must_use]
pub fn parent(pid: Pid) -> Option<Pid> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything.
    let (_, rest) = stat.rsplit_once(')')?;
    Some(Pid::from_raw(
        rest.split_ascii_whitespace().nth(1)?.parse().ok()?,
    ))
}

/// Whether `pid` descends from `ancestor`.
#[must_use]
pub fn descends(pid: Pid, ancestor: Pid) -> bool {
    let mut pid = pid;
    // A loop cannot be, but numbers are reused while we look.
    for _ in 0..1000 {
        match parent(pid) {
            Some(next) if next == ancestor => return true,
            Some(next) if next.as_raw() > 1 => pid = next,
            _ => return false,
        }
    }
    false
}

/// Whether the process is stopped.
#[must_use]
pub fn is_stopped(pid: Pid) -> bool {
    state(pid.as_raw()) == Some('T')
}

/// The state of a thread: field 3 of proc_pid_stat(5).
#[must_use]
pub fn state(tid: i32) -> Option<char> {
    let stat = std::fs::read_to_string(format!("/proc/{tid}/stat")).ok()?;
    // The name in parentheses may hold anything.
    let (_, rest) = stat.rsplit_once(") ")?;
    rest.chars().next()
}

/// Whether this process is its tracer: `PTRACE_TRACEME` of a child.
#[must_use]
pub fn is_traced_by_us(pid: i32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let tracer = status
        .lines()
        .find_map(|line| line.strip_prefix("TracerPid:"));
    tracer.is_some_and(|tracer| tracer.trim() == getpid().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_descends_from_its_parent() {
        assert_eq!(parent(getpid()), Some(nix::unistd::getppid()));
        assert!(descends(getpid(), nix::unistd::getppid()));
        assert!(!descends(getpid(), Pid::from_raw(i32::MAX)));
        assert!(!is_stopped(getpid()));
    }
}
