//! Seccomp user notification: seccomp_unotify(2), all of it in one file.

use nix::errno::Errno;
use std::os::fd::{AsRawFd, BorrowedFd};

/// What stopped: one system call of one thread.
#[derive(Clone, Copy, Debug)]
pub struct Notification {
    /// The kernel's name for this stop; valid until answered or the thread dies.
    pub id: u64,
    /// The thread, in the listener's pid namespace; 0 when it is not visible there.
    pub tid: i32,
    pub nr: i64,
    /// `AUDIT_ARCH_*` of the calling convention used.
    pub arch: u32,
    pub args: [u64; 6],
    /// Instruction pointer just after the call.
    pub ip: u64,
}

/// An answer to a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Return(i64),
    Fail(Errno),
    /// `SECCOMP_USER_NOTIF_FLAG_CONTINUE`: the kernel carries the call out.
    Continue,
}

const MAGIC: u64 = b'!' as u64;
const fn ioctl_number(direction: u64, nr: u64, size: usize) -> u64 {
    direction << 30 | (size as u64) << 16 | MAGIC << 8 | nr
}
pub const IOCTL_RECV: u64 = ioctl_number(3, 0, size_of::<libc::seccomp_notif>());
pub const IOCTL_SEND: u64 = ioctl_number(3, 1, size_of::<libc::seccomp_notif_resp>());
pub const IOCTL_ID_VALID: u64 = ioctl_number(1, 2, 8);
pub const IOCTL_ADDFD: u64 = ioctl_number(1, 3, size_of::<libc::seccomp_notif_addfd>());
pub const IOCTL_SET_FLAGS: u64 = ioctl_number(1, 4, 8);

const FLAG_CONTINUE: u32 = 1;
const SYNC_WAKE_UP: u64 = 1;

fn ioctl<T>(listener: BorrowedFd<'_>, request: u64, arg: *mut T) -> Result<i32, Errno> {
    // SAFETY: every caller in this file passes the type that the request names, live.
    Errno::result(unsafe { libc::ioctl(listener.as_raw_fd(), request, arg) })
}

/// Sleeps until a call stops; blocks even on a non-blocking listener.
///
/// # Errors
/// ENOENT when the stopped thread is gone again, or (Linux 6.11) the filter
/// has no user left; EINTR on a signal.
pub fn receive(listener: BorrowedFd<'_>) -> Result<Notification, Errno> {
    // SAFETY: plain numbers; the kernel wants it zeroed.
    let mut raw: libc::seccomp_notif = unsafe { std::mem::zeroed() };
    ioctl(listener, IOCTL_RECV, &raw mut raw)?;
    Ok(Notification {
        id: raw.id,
        tid: raw.pid.cast_signed(),
        nr: raw.data.nr.into(),
        arch: raw.data.arch,
        args: raw.data.args,
        ip: raw.data.instruction_pointer,
    })
}

/// Answers; the thread goes on.
///
/// # Errors
/// ENOENT when the thread is gone, or was interrupted and will call again;
/// EINPROGRESS when it is answered already.
pub fn send(listener: BorrowedFd<'_>, id: u64, answer: Answer) -> Result<(), Errno> {
    // SAFETY: plain numbers.
    let mut raw: libc::seccomp_notif_resp = unsafe { std::mem::zeroed() };
    raw.id = id;
    match answer {
        Answer::Return(value) => raw.val = value,
        // Negative: a positive one would reach the program as a value.
        Answer::Fail(errno) => raw.error = -(errno as i32),
        Answer::Continue => raw.flags = FLAG_CONTINUE,
    }
    ioctl(listener, IOCTL_SEND, &raw mut raw).map(drop)
}

/// Whether the thread still waits for the answer to `id`. What was read of
/// the target before this said yes was read of the right process.
///
/// # Errors
/// ENOENT when it does not.
pub fn id_valid(listener: BorrowedFd<'_>, id: u64) -> Result<(), Errno> {
    let mut id = id;
    ioctl(listener, IOCTL_ID_VALID, &raw mut id).map(drop)
}

/// Puts a copy of `file` into the stopped process's table; returns its number there.
///
/// # Errors
/// EMFILE by the target's own limit; ENOENT when the thread is gone.
pub fn add_fd(
    listener: BorrowedFd<'_>,
    id: u64,
    file: BorrowedFd<'_>,
    close_on_exec: bool,
) -> Result<i32, Errno> {
    // SAFETY: plain numbers.
    let mut raw: libc::seccomp_notif_addfd = unsafe { std::mem::zeroed() };
    raw.id = id;
    raw.srcfd = file.as_raw_fd().cast_unsigned();
    raw.newfd_flags = if close_on_exec {
        libc::O_CLOEXEC.cast_unsigned()
    } else {
        0
    };
    ioctl(listener, IOCTL_ADDFD, &raw mut raw)
}

/// Keeps target and receiver on one CPU (`SYNC_WAKE_UP`, Linux 6.6).
///
/// # Errors
/// EINVAL on older kernels.
pub fn set_sync_wake_up(listener: BorrowedFd<'_>) -> Result<(), Errno> {
    // The flags are the argument itself, not what it points to.
    let flags = SYNC_WAKE_UP as *mut u64;
    ioctl(listener, IOCTL_SET_FLAGS, flags).map(drop)
}

/// Whether a call waits to be received, or the filter has no user left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pending {
    None,
    Call,
    HungUp,
}

/// What the listener has for us, without waiting.
///
/// # Errors
/// poll(2)'s.
pub fn pending(listener: BorrowedFd<'_>) -> Result<Pending, Errno> {
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
    let mut fds = [PollFd::new(listener, PollFlags::POLLIN)];
    poll(&mut fds, PollTimeout::ZERO)?;
    let events = fds[0].revents().unwrap_or(PollFlags::empty());
    Ok(if events.contains(PollFlags::POLLHUP) {
        Pending::HungUp
    } else if events.contains(PollFlags::POLLIN) {
        Pending::Call
    } else {
        Pending::None
    })
}

/// `SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV`, Linux 5.19.
pub const WAIT_KILLABLE_RECV: u64 = 1 << 5;
const NEW_LISTENER: u64 = 1 << 3;

/// Whether seccomp(2) knows a filter flag that goes with a listener. No
/// filter is loaded: the program's address is null, which comes to light last.
#[must_use]
pub fn knows_filter_flag(flag: u64) -> bool {
    let args = [
        libc::SECCOMP_SET_MODE_FILTER.into(),
        NEW_LISTENER | flag,
        0,
        0,
        0,
        0,
    ];
    // SAFETY: a null program, which the kernel refuses with EFAULT.
    let refused = unsafe { super::syscall(libc::SYS_seccomp, args) };
    refused == Err(Errno::EFAULT)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers of `linux/seccomp.h`.
    #[test]
    fn ioctl_numbers_are_the_kernels() {
        assert_eq!(IOCTL_RECV, 0xc050_2100);
        assert_eq!(IOCTL_SEND, 0xc018_2101);
        assert_eq!(IOCTL_ID_VALID, 0x4008_2102);
        assert_eq!(IOCTL_ADDFD, 0x4018_2103);
        assert_eq!(IOCTL_SET_FLAGS, 0x4008_2104);
    }
}
