//! Calls that could be aimed at asys itself: signals, limits, tracing.
//!
//! asys runs as the target's user, so the kernel would let them through. What
//! numbers alone can tell is told here; the rest is looked up by the worker.

use super::Native;
use crate::sys::file::{self, flag};
use crate::sys::process;
use crate::target::Target;
use nix::errno::Errno;
use std::os::fd::AsFd;

/// Whom a call is aimed at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Victim {
    /// A process or thread, by number.
    One(i32),
    /// A process or thread, by number, to be signalled: without it, ESRCH.
    Signalled(i32),
    /// The same, when the caller's `siginfo_t` is sound.
    Queued { pid: i32, info: u64 },
    /// A process, by asys's own number of it.
    Known(i32),
    /// The caller's own process group: asys's supervisor is not in it.
    OwnGroup,
    /// A process group.
    Group(i32),
    /// Every process the caller may signal.
    All,
    /// Whoever this descriptor of the target's stands for.
    Pidfd(i32),
    /// The owner named in the target's memory: a number, or `struct f_owner_ex`.
    Owner { address: u64, typed: bool },
}

/// Signals that cannot be caught: the others do asys no harm.
const FATAL: [i32; 2] = [libc::SIGKILL, libc::SIGSTOP];
pub const F_SETOWN: u32 = libc::F_SETOWN as u32;
/// fcntl(2); not in every C library's headers.
pub const F_SETOWN_EX: u32 = 15;
pub const FIOSETOWN: u32 = 0x8901;
pub const SIOCSPGRP: u32 = 0x8902;
const F_OWNER_PGRP: i32 = 2;

pub fn kill(raw: &[u64; 6]) -> Option<Victim> {
    match raw[0] as i32 {
        // The front takes what can be caught, and passes it on to nobody.
        -1 if !FATAL.contains(&(raw[1] as i32)) => Some(Victim::OwnGroup),
        pid if pid > 0 => Some(Victim::Signalled(pid)),
        pid => process_or_group(pid),
    }
}

pub fn first(raw: &[u64; 6]) -> Option<Victim> {
    Some(Victim::One(raw[0] as i32))
}

pub fn tkill(raw: &[u64; 6]) -> Option<Victim> {
    signalled(raw[0])
}

pub fn tgkill(raw: &[u64; 6]) -> Option<Victim> {
    signalled(raw[1])
}

pub fn queued_first(raw: &[u64; 6]) -> Option<Victim> {
    queued(raw[0], raw[2])
}

pub fn queued_second(raw: &[u64; 6]) -> Option<Victim> {
    queued(raw[1], raw[3])
}

/// EINVAL for a number that can be nobody's.
fn signalled(pid: u64) -> Option<Victim> {
    (pid as i32 > 0).then_some(Victim::Signalled(pid as i32))
}

fn queued(pid: u64, info: u64) -> Option<Victim> {
    let pid = pid as i32;
    (pid > 0).then_some(Victim::Queued { pid, info })
}

/// PTRACE_TRACEME names nobody; all other requests name their tracee.
pub fn ptrace(raw: &[u64; 6]) -> Option<Victim> {
    (raw[0] != u64::from(libc::PTRACE_TRACEME)).then_some(Victim::One(raw[1] as i32))
}

pub fn pidfd(raw: &[u64; 6]) -> Option<Victim> {
    Some(Victim::Pidfd(raw[0] as i32))
}

pub fn fcntl(raw: &[u64; 6]) -> Option<Victim> {
    match raw[1] as u32 {
        F_SETOWN => process_or_group(raw[2] as i32),
        _ => Some(Victim::Owner {
            address: raw[2],
            typed: true,
        }),
    }
}

pub fn ioctl(raw: &[u64; 6]) -> Option<Victim> {
    Some(Victim::Owner {
        address: raw[2],
        typed: false,
    })
}

/// `PRIO_PROCESS`, `PRIO_PGRP`; a user's processes are too many to name.
pub fn priority(raw: &[u64; 6]) -> Option<Victim> {
    match raw[0] as i32 {
        0 => Some(Victim::One(raw[1] as i32)),
        1 => Some(Victim::Group(raw[1] as i32)),
        _ => None,
    }
}

/// `IOPRIO_WHO_PROCESS`, `IOPRIO_WHO_PGRP`.
pub fn io_priority(raw: &[u64; 6]) -> Option<Victim> {
    match raw[0] as i32 {
        1 => Some(Victim::One(raw[1] as i32)),
        2 => Some(Victim::Group(raw[1] as i32)),
        _ => None,
    }
}

/// setpgid(2): whose group is joined.
pub fn joined(raw: &[u64; 6]) -> Option<Victim> {
    Some(Victim::Group(raw[1] as i32))
}

/// As kill(2) and `F_SETOWN` take a number.
fn process_or_group(pid: i32) -> Option<Victim> {
    match pid {
        0 => Some(Victim::OwnGroup),
        -1 => Some(Victim::All),
        pid if pid > 0 => Some(Victim::One(pid)),
        pgrp => Some(Victim::Group(pgrp.checked_neg()?)),
    }
}

impl Victim {
    /// Whether the caller's memory says who it is.
    #[must_use]
    pub fn lies_in_memory(self) -> bool {
        matches!(self, Victim::Owner { .. } | Victim::Queued { .. })
    }

    /// Finds out whom a descriptor or an owner stands for; `self` where asys may not look.
    ///
    /// # Errors
    /// [`Native`] when it stands for nobody: the kernel's error is the exact one.
    pub fn resolve(self, target: &Target) -> Result<Victim, Native> {
        let found = match self {
            Victim::Pidfd(fd) => process_behind(target, fd),
            Victim::Owner { address, typed } => owner(target, address, typed),
            Victim::Queued { pid, info } => queued_by(target, pid, info),
            known => Ok(Some(known)),
        };
        match found {
            Ok(Some(victim)) => Ok(victim),
            Ok(None) | Err(Errno::EFAULT | Errno::EBADF | Errno::ESRCH) => Err(Native::Undecodable),
            Err(_) => Ok(self),
        }
    }
}

fn int(bytes: &[u8], at: usize) -> i32 {
    i32::from_ne_bytes(std::array::from_fn(|i| bytes[at + i]))
}

fn owner(target: &Target, address: u64, typed: bool) -> Result<Option<Victim>, Errno> {
    let bytes = target.bytes(address, if typed { 8 } else { 4 })?;
    Ok(match typed {
        true if int(&bytes, 0) == F_OWNER_PGRP => Some(Victim::Group(int(&bytes, 4))),
        true => Some(Victim::One(int(&bytes, 4))),
        false => process_or_group(int(&bytes, 0)),
    })
}

/// The kernel lets nobody pass for itself or for kill(2): EPERM before it looks for `pid`.
fn queued_by(target: &Target, pid: i32, info: u64) -> Result<Option<Victim>, Errno> {
    const SI_CODE: usize = 8;
    let info = target.bytes(info, size_of::<libc::siginfo_t>())?;
    let code = int(&info, SI_CODE);
    let forged = code >= 0 || code == libc::SI_TKILL;
    Ok(match forged {
        true => Some(Victim::One(pid)),
        false => Some(Victim::Signalled(pid)),
    })
}

/// The process of a pidfd, or of a directory of procfs, which
/// pidfd_send_signal(2) takes, too.
fn process_behind(target: &Target, fd: i32) -> Result<Option<Victim>, Errno> {
    let file = target.file(fd)?;
    // Nothing else is asked anything: it may be a file system that never answers.
    if let Err(errno @ (Errno::EBADF | Errno::ESRCH)) = process::pidfd_send_signal(file.as_fd(), 0)
    {
        return Err(errno);
    }
    if let Ok(pid) = process::pid_of(file.as_fd()) {
        return Ok((pid > 0).then_some(Victim::Known(pid)));
    }
    let status = file::openat2(file.as_fd(), c"status", flag::O_CLOEXEC, 0, 0)?;
    let mut text = [0; 2048];
    let len = file::read(status.as_fd(), &mut text)?;
    let text = String::from_utf8_lossy(&text[..len]);
    // Of the number in each namespace the innermost: asys's own if it is asys.
    let numbers = text.lines().find_map(|line| line.strip_prefix("NSpid:"));
    let innermost = numbers.and_then(|numbers| numbers.split_ascii_whitespace().last());
    let pid = innermost.and_then(|pid| pid.parse().ok());
    pid.map(|pid| Some(Victim::Known(pid))).ok_or(Errno::EPERM)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn victim(of: fn(&[u64; 6]) -> Option<Victim>, a: i64, b: i64, c: i64) -> Option<Victim> {
        of(&[a as u64, b as u64, c as u64, 0, 0, 0])
    }

    #[test]
    fn numbers_name_whom_kill_names() {
        assert_eq!(victim(kill, 7, 9, 0), Some(Victim::Signalled(7)));
        assert_eq!(victim(tkill, -7, 9, 0), None);
        assert_eq!(victim(kill, -7, 15, 0), Some(Victim::Group(7)));
        assert_eq!(victim(kill, 0, 9, 0), Some(Victim::OwnGroup));
        assert_eq!(victim(kill, -1, 15, 0), Some(Victim::OwnGroup));
        assert_eq!(victim(kill, -1, 9, 0), Some(Victim::All));
        assert_eq!(victim(kill, i64::from(i32::MIN), 9, 0), None);
        assert_eq!(
            victim(fcntl, 3, F_SETOWN.into(), -7),
            Some(Victim::Group(7))
        );
        assert_eq!(victim(priority, 0, 7, 0), Some(Victim::One(7)));
        assert_eq!(victim(io_priority, 2, 7, 0), Some(Victim::Group(7)));
        assert_eq!(victim(ptrace, 0, 7, 0), None);
    }
}
