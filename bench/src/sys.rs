//! The responder's side: what neither std nor nix wraps, each as one safe function.
#![allow(unsafe_code)]

use std::ffi::CStr;
use std::mem;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};

use libc::{c_int, c_long, c_uint};
use nix::errno::Errno;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::sys::stat::FileStat;

pub(crate) use libc::seccomp_notif as Notification;

/// `SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP`: target and receiver stay on one CPU.
const SYNC_WAKE_UP: u64 = 1;
const PIDFD_THREAD: c_uint = libc::O_EXCL as c_uint;
const PIDFD_GET_INFO: u64 = 0xc040_ff0b;
const PIDFD_INFO_CREDS: u64 = 1 << 1;
const AT_EMPTY_PATH: c_int = libc::AT_EMPTY_PATH;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

extern "C" fn note_interrupt(_: c_int) {
    INTERRUPTED.store(true, Ordering::Relaxed);
}

/// From here on SIGINT, SIGTERM and SIGHUP only set a flag, so that children and directory are cleaned up.
pub(crate) fn catch_interrupts() -> nix::Result<()> {
    // No SA_RESTART: the poll that waits for a child has to return.
    let action = SigAction::new(
        SigHandler::Handler(note_interrupt),
        SaFlags::empty(),
        SigSet::empty(),
    );
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        // SAFETY: the handler only stores to an atomic, which is async-signal-safe.
        unsafe { sigaction(signal, &action) }?;
    }
    Ok(())
}

pub(crate) fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

pub(crate) fn sync_wake_up(listener: BorrowedFd<'_>) -> nix::Result<()> {
    // SAFETY: this request takes its argument by value.
    let done = unsafe {
        libc::ioctl(
            listener.as_raw_fd(),
            libc::SECCOMP_IOCTL_NOTIF_SET_FLAGS,
            SYNC_WAKE_UP,
        )
    };
    Errno::result(done).map(drop)
}

/// Blocks until a call is trapped. ENOENT: the caller was killed meanwhile, or (since 6.11) nobody is left.
pub(crate) fn receive(listener: BorrowedFd<'_>) -> nix::Result<Notification> {
    // SAFETY: a plain C structure, and the kernel demands it zeroed.
    let mut notification: Notification = unsafe { mem::zeroed() };
    notify(listener, libc::SECCOMP_IOCTL_NOTIF_RECV, &mut notification)?;
    Ok(notification)
}

/// Answers `id`: with a value, with an error, or by letting the kernel do the call.
pub(crate) fn send(listener: BorrowedFd<'_>, id: u64, answer: Answer) -> nix::Result<()> {
    let (val, error, flags) = match answer {
        Ok(value) => (value, 0, 0),
        Err(Stop::Error(errno)) => (0, -(errno as i32), 0),
        Err(Stop::Native) => (0, 0, libc::SECCOMP_USER_NOTIF_FLAG_CONTINUE as u32),
    };
    let mut response = libc::seccomp_notif_resp {
        id,
        val,
        error,
        flags,
    };
    notify(listener, libc::SECCOMP_IOCTL_NOTIF_SEND, &mut response)
}

/// What the target gets: a value, unless something stopped the floor.
pub(crate) type Answer = Result<i64, Stop>;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Stop {
    /// The call's own, or the floor's: then the measured program reports it.
    Error(Errno),
    /// Only the kernel can do this one exactly, or the floor does not know it.
    Native,
}

impl From<Errno> for Stop {
    fn from(errno: Errno) -> Stop {
        Stop::Error(errno)
    }
}

pub(crate) fn id_valid(listener: BorrowedFd<'_>, id: u64) -> nix::Result<()> {
    let mut id = id;
    notify(listener, libc::SECCOMP_IOCTL_NOTIF_ID_VALID, &mut id)
}

/// Installs `fd` in the target; its number there. Does not answer.
pub(crate) fn add_fd(
    listener: BorrowedFd<'_>,
    id: u64,
    fd: BorrowedFd<'_>,
    cloexec: bool,
) -> nix::Result<i64> {
    let mut request = libc::seccomp_notif_addfd {
        id,
        flags: 0,
        srcfd: fd.as_raw_fd() as u32,
        newfd: 0,
        newfd_flags: if cloexec { libc::O_CLOEXEC as u32 } else { 0 },
    };
    // SAFETY: the request's structure, which the kernel only reads; it outlives the call.
    let number = unsafe {
        libc::ioctl(
            listener.as_raw_fd(),
            libc::SECCOMP_IOCTL_NOTIF_ADDFD,
            &raw mut request,
        )
    };
    Errno::result(number).map(i64::from)
}

/// `T` must be the structure `request` is defined for; private, so that every use is in this file.
fn notify<T>(listener: BorrowedFd<'_>, request: libc::Ioctl, argument: &mut T) -> nix::Result<()> {
    // SAFETY: each caller passes the structure of that request, exclusively borrowed for the whole call.
    let done = unsafe { libc::ioctl(listener.as_raw_fd(), request, std::ptr::from_mut(argument)) };
    Errno::result(done).map(drop)
}

/// Of a process.
pub(crate) fn pidfd_open(pid: u32) -> nix::Result<OwnedFd> {
    pidfd(pid, 0)
}

/// Of a single thread; needs 6.9.
pub(crate) fn thread_fd(tid: u32) -> nix::Result<OwnedFd> {
    pidfd(tid, PIDFD_THREAD)
}

fn pidfd(id: u32, flags: c_uint) -> nix::Result<OwnedFd> {
    // SAFETY: takes two integers.
    new_fd(unsafe { libc::syscall(libc::SYS_pidfd_open, id, flags) })
}

/// A duplicate of the target's descriptor `fd`.
pub(crate) fn pidfd_getfd(pidfd: BorrowedFd<'_>, fd: RawFd) -> nix::Result<OwnedFd> {
    // SAFETY: takes three integers.
    new_fd(unsafe { libc::syscall(libc::SYS_pidfd_getfd, pidfd.as_raw_fd(), fd, 0) })
}

fn new_fd(returned: c_long) -> nix::Result<OwnedFd> {
    let fd = Errno::result(returned)?;
    // SAFETY: only called with what a call that makes a descriptor has just returned: it is open and ours alone.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as RawFd) })
}

/// `struct pidfd_info` as of 6.13.
#[repr(C)]
#[derive(Default)]
struct PidfdInfo {
    mask: u64,
    cgroup: u64,
    pid: [u32; 3],
    ids: [u32; 8],
    exit_code: i32,
}

const _: () = assert!(
    size_of::<PidfdInfo>() == 64,
    "the size is part of the request's number"
);

/// The thread's real, effective, saved and file-system uid and gid; needs 6.13.
pub(crate) fn identity(thread: BorrowedFd<'_>) -> nix::Result<[u32; 8]> {
    let mut info = PidfdInfo {
        mask: PIDFD_INFO_CREDS,
        ..PidfdInfo::default()
    };
    notify(thread, PIDFD_GET_INFO as libc::Ioctl, &mut info)?;
    if info.mask & PIDFD_INFO_CREDS == 0 {
        return Err(Errno::ESRCH);
    }
    Ok(info.ids)
}

/// How large the files of that thread may become.
pub(crate) fn file_size_limit(tid: u32) -> nix::Result<u64> {
    // SAFETY: a plain C structure for which all bits zero is a valid value.
    let mut limit: libc::rlimit = unsafe { mem::zeroed() };
    // SAFETY: sets no limit; `limit` is exclusively ours and outlives the call.
    let done = unsafe {
        libc::prlimit(
            tid as libc::pid_t,
            libc::RLIMIT_FSIZE,
            ptr::null(),
            &raw mut limit,
        )
    };
    Errno::result(done)?;
    Ok(limit.rlim_cur)
}

/// Type and mount of the object itself: no link followed, no automount triggered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    pub(crate) mode: u32,
    pub(crate) mount: u64,
}

/// With an empty `name`: of `dir` itself.
///
/// Asks for no times, which is why it is not fstat(2): since 6.13 a time that was asked for makes the next write take
/// a new one, and a fsync after it write the inode too (measured on ext4: 25 µs more for write and fsync).
pub(crate) fn look_at(dir: BorrowedFd<'_>, name: &CStr) -> nix::Result<Seen> {
    let mut flags = libc::AT_SYMLINK_NOFOLLOW | libc::AT_NO_AUTOMOUNT;
    if name.is_empty() {
        flags |= AT_EMPTY_PATH;
    }
    let mask = libc::STATX_TYPE | libc::STATX_MNT_ID_UNIQUE;
    // SAFETY: a plain C structure for which all bits zero is a valid value.
    let mut statx: libc::statx = unsafe { mem::zeroed() };
    // SAFETY: `name` ends in NUL and `statx` is exclusively ours; both outlive the call.
    let done = unsafe { libc::statx(dir.as_raw_fd(), name.as_ptr(), flags, mask, &raw mut statx) };
    Errno::result(done)?;
    Ok(Seen {
        mode: statx.stx_mode.into(),
        mount: statx.stx_mnt_id,
    })
}

/// What newfstatat(2) writes: glibc's `struct stat` is the kernel's on the 64-bit architectures we build for.
pub(crate) fn stat_bytes(stat: &FileStat) -> &[u8] {
    // SAFETY: it is a C structure of integers with explicit padding fields, filled by the kernel in full; the slice
    // borrows it.
    unsafe { std::slice::from_raw_parts(std::ptr::from_ref(stat).cast(), size_of::<FileStat>()) }
}

/// The value of an extended attribute: its length.
pub(crate) fn get_xattr(path: &CStr, name: &CStr, value: &mut [u8]) -> nix::Result<usize> {
    let into = value.as_mut_ptr().cast();
    // SAFETY: both names end in NUL, `into` is writable for the length given, and all outlive the call.
    let got = unsafe { libc::getxattr(path.as_ptr(), name.as_ptr(), into, value.len()) };
    Errno::result(got).map(|got| got as usize)
}

pub(crate) fn set_xattr(path: &CStr, name: &CStr, value: &[u8]) -> nix::Result<()> {
    let from = value.as_ptr().cast();
    // SAFETY: both names end in NUL, `from` is readable for the length given, and all outlive the call.
    let done = unsafe { libc::setxattr(path.as_ptr(), name.as_ptr(), from, value.len(), 0) };
    Errno::result(done).map(drop)
}

/// Entries of a directory, as the kernel lays them out: their length.
pub(crate) fn getdents64(dir: &impl AsFd, entries: &mut [u8]) -> nix::Result<usize> {
    let (dir, into) = (dir.as_fd().as_raw_fd(), entries.as_mut_ptr());
    // SAFETY: `into` is writable for the length given and outlives the call.
    let got = unsafe { libc::syscall(libc::SYS_getdents64, dir, into, entries.len()) };
    Errno::result(got).map(|got| got as usize)
}

/// Readiness of `fd` right now, without waiting.
pub(crate) fn hung_up(fd: &impl AsFd) -> bool {
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
    let mut fds = [PollFd::new(fd.as_fd(), PollFlags::POLLIN)];
    let polled = poll(&mut fds, PollTimeout::ZERO);
    polled.is_ok()
        && fds[0]
            .revents()
            .is_some_and(|got| got.contains(PollFlags::POLLHUP))
}
