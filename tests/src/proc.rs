//! Other processes, as /proc shows them.

use nix::sys::signal::Signal;
use nix::unistd::Pid;
use std::fs;

/// Of proc_pid_stat(5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stat {
    pub state: char,
    pub ppid: Pid,
    pub group: Pid,
    pub session: Pid,
}

impl Stat {
    pub fn is_alive(&self) -> bool {
        !matches!(self.state, 'Z' | 'X')
    }

    pub fn is_stopped(&self) -> bool {
        self.state == 'T'
    }
}

/// `None` when it is gone.
pub fn stat(pid: Pid) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything.
    let (_, rest) = text.rsplit_once(") ")?;
    let mut fields = rest.split_ascii_whitespace();
    let state = fields.next()?.chars().next()?;
    let mut number = || Some(Pid::from_raw(fields.next()?.parse().ok()?));
    Some(Stat {
        state,
        ppid: number()?,
        group: number()?,
        session: number()?,
    })
}

pub fn is_alive(pid: Pid) -> bool {
    stat(pid).is_some_and(|stat| stat.is_alive())
}

pub fn is_stopped(pid: Pid) -> bool {
    stat(pid).is_some_and(|stat| stat.is_stopped())
}

/// Waits in the kernel for something, as a program that has nothing to do.
pub fn waits(pid: Pid) -> bool {
    stat(pid).is_some_and(|stat| matches!(stat.state, 'S' | 'D'))
}

/// Whether a signal to the process waits: `ShdPnd` of proc_pid_status(5).
pub fn pends(pid: Pid, signal: Signal) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let pending = status.lines().find_map(|line| line.strip_prefix("ShdPnd:"));
    let set = pending.and_then(|set| u64::from_str_radix(set.trim(), 16).ok());
    set.is_some_and(|set| set >> (signal as i32 - 1) & 1 == 1)
}

/// Every process there is.
pub fn all() -> Vec<Pid> {
    numbers("/proc")
}

/// The threads of a process.
pub fn threads(pid: Pid) -> Vec<Pid> {
    numbers(&format!("/proc/{pid}/task"))
}

fn numbers(dir: &str) -> Vec<Pid> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let mut numbers: Vec<i32> = numbers.collect();
    numbers.sort_unstable();
    numbers.into_iter().map(Pid::from_raw).collect()
}

pub fn children(of: Pid) -> Vec<Pid> {
    let is_child = |pid: &Pid| stat(*pid).is_some_and(|stat| stat.ppid == of);
    all().into_iter().filter(is_child).collect()
}

/// The arguments, separated by NUL bytes; empty when it is gone.
pub fn command_line(pid: Pid) -> Vec<u8> {
    fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default()
}

/// Empty when it is gone, or does not let itself be looked into.
pub fn environment(pid: Pid) -> Vec<u8> {
    fs::read(format!("/proc/{pid}/environ")).unwrap_or_default()
}

/// Name, state, and the call it is in: the first thing one asks of a process that should not be there.
pub fn describe(pid: Pid) -> String {
    let read = |file: &str| fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap_or_default();
    format!(
        "{pid} [{}] {:?} in {}, system call {}",
        read("comm").trim(),
        stat(pid),
        read("wchan"),
        read("syscall").split(' ').next().unwrap_or_default().trim(),
    )
}
