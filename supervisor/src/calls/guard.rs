//! Calls that could be aimed at asys itself: signals, limits, tracing.
//!
//! asys runs as the target's user, so the kernel would let them through. What
//! numbers alone can tell is told here; the rest is looked up by the worker.

use super::Native;
use crate::sys::file::{self, flag};
use crate::target::Target;
use std::ffi::CString;
use std::os::fd::AsFd;

/// Whom a call is aimed at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Victim {
    /// A process or thread, by number.
    One(i32),
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
        pid => process_or_group(pid),
    }
}

pub fn first(raw: &[u64; 6]) -> Option<Victim> {
    Some(Victim::One(raw[0] as i32))
}

pub fn second(raw: &[u64; 6]) -> Option<Victim> {
    Some(Victim::One(raw[1] as i32))
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
    /// Finds out whom a descriptor or an owner stands for.
    ///
    /// # Errors
    /// [`Native`] when it stands for nobody: the kernel's error is the exact one.
    pub fn resolve(self, target: &Target) -> Result<Option<Victim>, Native> {
        match self {
            Victim::Pidfd(fd) => process_behind(target, fd).map(|pid| pid.map(Victim::One)),
            Victim::Owner { address, typed } => owner(target, address, typed),
            known => Ok(Some(known)),
        }
    }
}

fn owner(target: &Target, address: u64, typed: bool) -> Result<Option<Victim>, Native> {
    let len = if typed { 8 } else { 4 };
    let bytes = target
        .bytes(address, len)
        .map_err(|_| Native::Undecodable)?;
    let int = |at: usize| i32::from_ne_bytes(std::array::from_fn(|i| bytes[at + i]));
    Ok(match typed {
        true if int(0) == F_OWNER_PGRP => Some(Victim::Group(int(4))),
        true => Some(Victim::One(int(4))),
        false => process_or_group(int(0)),
    })
}

/// The process of a pidfd, as its fdinfo says, or of a directory of procfs,
/// which pidfd_send_signal(2) takes, too.
fn process_behind(target: &Target, fd: i32) -> Result<Option<i32>, Native> {
    let name = |what: &str| CString::new(format!("{what}/{fd}")).map_err(|_| Native::Undecodable);
    let dir = target.thread.dir.as_fd();
    let info = file::openat2(dir, &name("fdinfo")?, flag::O_CLOEXEC, 0, 0);
    let info = info.map_err(|_| Native::Undecodable)?;
    let mut text = [0; 1024];
    let len = file::read(info.as_fd(), &mut text).map_err(|_| Native::Undecodable)?;
    let text = String::from_utf8_lossy(&text[..len]);
    if let Some(pid) = text.lines().find_map(|line| line.strip_prefix("Pid:")) {
        return Ok(pid.trim().parse().ok());
    }
    let mut link = [0; 64];
    let len = file::readlinkat(dir, &name("fd")?, &mut link).map_err(|_| Native::Undecodable)?;
    let link = String::from_utf8_lossy(&link[..len]);
    Ok(link.rsplit('/').next().and_then(|pid| pid.parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn victim(of: fn(&[u64; 6]) -> Option<Victim>, a: i64, b: i64, c: i64) -> Option<Victim> {
        of(&[a as u64, b as u64, c as u64, 0, 0, 0])
    }

    #[test]
    fn numbers_name_whom_kill_names() {
        assert_eq!(victim(kill, 7, 9, 0), Some(Victim::One(7)));
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
