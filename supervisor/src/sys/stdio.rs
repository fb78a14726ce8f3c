//! The descriptors of asys's own processes.

use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd, RawFd};

/// Puts /dev/null in the place of each of `fds`, so that asys holds no end
/// of a pipe whose reader waits for the command to close it.
///
/// # Errors
/// When /dev/null cannot be opened.
pub fn replace_by_null(fds: &[RawFd]) -> Result<(), Errno> {
    let null = open("/dev/null", OFlag::O_RDWR | OFlag::O_CLOEXEC, Mode::empty())?;
    for fd in fds {
        // SAFETY: dup2 onto a standard descriptor, which nothing here owns.
        Errno::result(unsafe { libc::dup2(null.as_raw_fd(), *fd) })?;
    }
    Ok(())
}

/// This process's own /proc/self/fd, as an O_PATH descriptor.
///
/// # Errors
/// When /proc is not mounted.
pub fn own_files() -> Result<OwnedFd, Errno> {
    let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    open("/proc/self/fd", flags, Mode::empty())
}

/// The descriptors from 3 up that are open now, such as an outer program left open for the command.
#[must_use]
pub fn open_descriptors() -> Vec<RawFd> {
    let Ok(entries) = std::fs::read_dir("/proc/self/fd") else {
        return Vec::new();
    };
    let numbers = entries
        .flatten()
        .filter_map(|e| e.file_name().to_str()?.parse().ok());
    let mut fds: Vec<RawFd> = numbers.filter(|fd| *fd > 2).collect();
    // One of them was the directory being read, closed by now.
    fds.retain(|fd| {
        // SAFETY: F_GETFD on a number is harmless.
        unsafe { libc::fcntl(*fd, libc::F_GETFD) >= 0 }
    });
    fds
}

/// Closes all descriptors from 3 up but `kept`: for a process that owns nothing else.
pub fn close_all_but(kept: BorrowedFd<'_>) {
    let mut fds = open_descriptors();
    fds.retain(|fd| *fd != kept.as_raw_fd());
    close_all(&fds);
}

/// Closes descriptors that nothing of asys's uses, such as those that were open before asys opened any of its own.
pub fn close_all(fds: &[RawFd]) {
    for fd in fds {
        // SAFETY: by contract nothing of ours uses them.
        unsafe { libc::close(*fd) };
    }
}
