//! Processes and threads: pidfds, prctl(2), what the kernel tells of them.

use super::syscall;
use nix::errno::Errno;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

fn owned(fd: u64) -> OwnedFd {
    // SAFETY: only called with a descriptor the kernel has just returned.
    unsafe { OwnedFd::from_raw_fd(fd as i32) }
}

/// `PIDFD_THREAD` of pidfd_open(2), Linux 6.9.
pub const PIDFD_THREAD: u32 = libc::O_EXCL.cast_unsigned();

/// A pidfd of process `pid`, or with [`PIDFD_THREAD`] of thread `pid`.
///
/// # Errors
/// EINVAL for a thread that leads no process (without the flag) or on older
/// kernels (with it); ESRCH.
pub fn pidfd_open(pid: i32, flags: u32) -> Result<OwnedFd, Errno> {
    let args = [pid.cast_unsigned().into(), flags.into(), 0, 0, 0, 0];
    // SAFETY: plain numbers.
    unsafe { syscall(libc::SYS_pidfd_open, args) }.map(owned)
}

/// A duplicate of descriptor `fd` of the process; it shares the file position.
///
/// # Errors
/// EBADF when the process has no such descriptor; EPERM when it may not be
/// traced; ESRCH; EMFILE.
pub fn pidfd_getfd(pidfd: BorrowedFd<'_>, fd: i32) -> Result<OwnedFd, Errno> {
    let args = [
        pidfd.as_raw_fd() as u64,
        fd.cast_unsigned().into(),
        0,
        0,
        0,
        0,
    ];
    // SAFETY: plain numbers.
    unsafe { syscall(libc::SYS_pidfd_getfd, args) }.map(owned)
}

/// Sends `signal` (0 only asks whether it lives).
///
/// # Errors
/// ESRCH when it is gone.
pub fn pidfd_send_signal(pidfd: BorrowedFd<'_>, signal: i32) -> Result<(), Errno> {
    let args = [pidfd.as_raw_fd() as u64, signal as u64, 0, 0, 0, 0];
    // SAFETY: plain numbers and a null siginfo, which is allowed.
    unsafe { syscall(libc::SYS_pidfd_send_signal, args) }.map(drop)
}

/// Queues `signal` with the pid and user of its sender and its value, as sigqueue(3).
///
/// # Errors
/// ESRCH when it is gone, EAGAIN when its queue is full.
pub fn pidfd_queue_signal(
    pidfd: BorrowedFd<'_>,
    signal: i32,
    sender: (i32, u32),
    value: u64,
) -> Result<(), Errno> {
    // siginfo_t: number, errno, code; from byte 16 on sender's pid and user, value.
    let mut info = [0u64; 16];
    let pair = |low: i32, high: u32| u64::from(low.cast_unsigned()) | u64::from(high) << 32;
    info[0] = pair(signal, 0);
    info[1] = pair(libc::SI_QUEUE, 0);
    info[2] = pair(sender.0, sender.1);
    info[3] = value;
    let args = [
        pidfd.as_raw_fd() as u64,
        signal as u64,
        info.as_ptr() as u64,
        0,
        0,
        0,
    ];
    // SAFETY: a siginfo_t (128 bytes), live; only read.
    unsafe { syscall(libc::SYS_pidfd_send_signal, args) }.map(drop)
}

/// The ids of a thread, from `PIDFD_GET_INFO` (Linux 6.13).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ids {
    pub tgid: i32,
    pub ppid: i32,
    pub ruid: u32,
    pub rgid: u32,
    pub euid: u32,
    pub egid: u32,
    pub suid: u32,
    pub sgid: u32,
    pub fsuid: u32,
    pub fsgid: u32,
}

/// `struct pidfd_info` as of Linux 6.13 (`PIDFD_INFO_SIZE_VER0`).
#[repr(C)]
#[derive(Default)]
struct PidfdInfo {
    mask: u64,
    cgroup_id: u64,
    pid: u32,
    tgid: u32,
    ppid: u32,
    ruid: u32,
    rgid: u32,
    euid: u32,
    egid: u32,
    suid: u32,
    sgid: u32,
    fsuid: u32,
    fsgid: u32,
    exit_code: i32,
}
const INFO_PID: u64 = 1;
const INFO_CREDS: u64 = 2;
/// `_IOWR(0xff, 11, struct pidfd_info)`, with the size of the first version.
const PIDFD_GET_INFO: u64 = 3 << 30 | (size_of::<PidfdInfo>() as u64) << 16 | 0xff << 8 | 11;

/// The ids of the thread behind `pidfd`, and that it lives.
///
/// # Errors
/// ESRCH when it is gone; ENOTTY, EINVAL or ENOSYS before Linux 6.13.
pub fn ids(pidfd: BorrowedFd<'_>) -> Result<Ids, Errno> {
    let mut info = PidfdInfo {
        mask: INFO_PID | INFO_CREDS,
        ..PidfdInfo::default()
    };
    // SAFETY: the request names this struct and its size; it is live and writable.
    Errno::result(unsafe { libc::ioctl(pidfd.as_raw_fd(), PIDFD_GET_INFO, &raw mut info) })?;
    if info.mask & INFO_CREDS == 0 {
        return Err(Errno::ESRCH);
    }
    Ok(Ids {
        tgid: info.tgid.cast_signed(),
        ppid: info.ppid.cast_signed(),
        ruid: info.ruid,
        rgid: info.rgid,
        euid: info.euid,
        egid: info.egid,
        suid: info.suid,
        sgid: info.sgid,
        fsuid: info.fsuid,
        fsgid: info.fsgid,
    })
}

const KCMP_FILES: u64 = 2;
const KCMP_FS: u64 = 3;

/// Whether two threads share working directory, root and umask: kcmp(2).
///
/// # Errors
/// EPERM when they may not be looked at; ENOSYS without CONFIG_KCMP.
pub fn share_fs(a: i32, b: i32) -> Result<bool, Errno> {
    kcmp(a, b, KCMP_FS)
}

/// Whether two threads share their descriptor table.
///
/// # Errors
/// As [`share_fs`].
pub fn share_files(a: i32, b: i32) -> Result<bool, Errno> {
    kcmp(a, b, KCMP_FILES)
}

fn kcmp(a: i32, b: i32, what: u64) -> Result<bool, Errno> {
    let args = [a as u64, b as u64, what, 0, 0, 0];
    // SAFETY: plain numbers.
    unsafe { syscall(libc::SYS_kcmp, args) }.map(|order| order == 0)
}

/// Makes this process untouchable for others of its user: they may neither
/// trace it nor open its memory or descriptors. See `PR_SET_DUMPABLE`.
///
/// # Errors
/// prctl(2)'s.
pub fn forbid_inspection() -> Result<(), Errno> {
    nix::sys::prctl::set_dumpable(false)
}

/// No core is written when the signal that ended the command ends the front too.
pub fn forbid_core_dumps() {
    use nix::sys::resource::{Resource, setrlimit};
    // Lowering a limit is always allowed.
    let _ = setrlimit(Resource::RLIMIT_CORE, 0, 0);
}

/// fork(2).
///
/// # Errors
/// EAGAIN, ENOMEM.
///
/// # Panics
/// When the process has several threads: the child could deadlock on their locks.
pub fn fork() -> Result<Option<nix::unistd::Pid>, Errno> {
    let threads = std::fs::read_dir("/proc/self/task").map_or(1, Iterator::count);
    assert_eq!(threads, 1, "fork with several threads");
    // SAFETY: single-threaded, so the child may go on as an ordinary process.
    match unsafe { nix::unistd::fork() }? {
        nix::unistd::ForkResult::Child => Ok(None),
        nix::unistd::ForkResult::Parent { child } => Ok(Some(child)),
    }
}

/// Lets a child that has itself traced go on, untraced, with the signal that stopped it.
///
/// # Errors
/// ptrace(2)'s.
pub fn stop_tracing(pid: i32, signal: i32) -> Result<(), Errno> {
    let args = [
        libc::PTRACE_DETACH.into(),
        pid as u64,
        0,
        signal as u64,
        0,
        0,
    ];
    // SAFETY: plain numbers.
    unsafe { syscall(libc::SYS_ptrace, args) }.map(drop)
}

/// Ignores `signals` for the whole process, or resets them to the default action.
pub fn set_dispositions(signals: &[nix::sys::signal::Signal], ignore: bool) {
    use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, sigaction};
    let handler = if ignore {
        SigHandler::SigIgn
    } else {
        SigHandler::SigDfl
    };
    let action = SigAction::new(handler, SaFlags::empty(), SigSet::empty());
    for signal in signals {
        // SAFETY: no handler code runs: ignored or default only.
        let _ = unsafe { sigaction(*signal, &action) };
    }
}

/// Has `signal` interrupt calls, and do nothing else.
pub fn catch(signal: nix::sys::signal::Signal) {
    use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, sigaction};
    extern "C" fn nothing(_: i32) {}
    // Without SA_RESTART.
    let action = SigAction::new(
        SigHandler::Handler(nothing),
        SaFlags::empty(),
        SigSet::empty(),
    );
    // SAFETY: the handler touches nothing.
    let _ = unsafe { sigaction(signal, &action) };
}

/// Sends `signal` to a thread of this process.
///
/// # Errors
/// ESRCH when it has ended.
pub fn signal_thread(tid: i32, signal: nix::sys::signal::Signal) -> Result<(), Errno> {
    let process = u64::from(std::process::id());
    let args = [process, tid as u64, signal as u64, 0, 0, 0];
    // SAFETY: plain numbers.
    unsafe { syscall(libc::SYS_tgkill, args) }.map(drop)
}

/// The calling thread's id.
#[must_use]
pub fn own_tid() -> i32 {
    nix::unistd::gettid().as_raw()
}

/// Keeps the C library from giving each thread a heap of its own: workers
/// allocate little, and a thousand heaps would exhaust an address space limit.
pub fn share_one_heap() {
    // SAFETY: a plain tuning call.
    unsafe { libc::mallopt(libc::M_ARENA_MAX, 1) };
}

/// prctl(2) operations without arguments that return a number; 0 on refusal.
#[must_use]
pub fn prctl_get(operation: u64) -> i32 {
    // SAFETY: plain numbers.
    let got = unsafe { syscall(libc::SYS_prctl, [operation, 0, 0, 0, 0, 0]) };
    got.map_or(0, |value| value as i32)
}

/// The soft limit of another process: prlimit(2).
///
/// # Errors
/// EPERM across users without CAP_SYS_RESOURCE; ESRCH.
pub fn soft_limit(pid: i32, resource: u32) -> Result<u64, Errno> {
    let mut limit = [0u64; 2];
    let args = [
        pid as u64,
        resource.into(),
        0,
        limit.as_mut_ptr() as u64,
        0,
        0,
    ];
    // SAFETY: a live struct rlimit64 (two u64) to write; no new limit.
    unsafe { syscall(libc::SYS_prlimit64, args) }?;
    Ok(limit[0])
}

/// Takes ownership of a descriptor that `SCM_RIGHTS` has just delivered.
#[must_use]
pub fn received_fd(fd: std::os::fd::RawFd) -> OwnedFd {
    owned(fd as u64)
}

/// Stops the calling process as `signal` stops the command: by its default
/// action, which does nothing in an orphaned process group. Returns when continued.
pub fn stop_by(signal: nix::sys::signal::Signal) {
    act_by_default(signal);
}

/// Ends the calling process by `signal`, so that its parent sees the same
/// death as the command's. Returns if the signal does not end a process.
pub fn die_by(signal: nix::sys::signal::Signal) {
    forbid_core_dumps();
    act_by_default(signal);
}

fn act_by_default(signal: nix::sys::signal::Signal) {
    use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, raise, sigaction};
    let default = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
    // SAFETY: no handler code runs: the default action only.
    let before = unsafe { sigaction(signal, &default) };
    let _ = raise(signal);
    // It was blocked; now it acts.
    let mut only = SigSet::empty();
    only.add(signal);
    let _ = only.thread_unblock();
    let _ = only.thread_block();
    if let Ok(before) = before {
        // SAFETY: restores what was there before asys, which installs no handlers.
        let _ = unsafe { sigaction(signal, &before) };
    }
}

/// As [`die_by`], for a real-time signal, which has no name.
pub fn die_by_number(signal: i32) {
    forbid_core_dumps();
    // SAFETY: the default action, then the signal to ourselves; all of it plain numbers
    // and a zeroed signal set that the C library fills.
    unsafe {
        libc::signal(signal, libc::SIG_DFL);
        let mut only: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut only);
        libc::sigaddset(&raw mut only, signal);
        libc::raise(signal);
        libc::pthread_sigmask(libc::SIG_UNBLOCK, &raw const only, std::ptr::null_mut());
    }
}

/// The process behind a pidfd, in our namespace: its fdinfo says so.
///
/// # Errors
/// ESRCH when it is gone.
pub fn pid_of(pidfd: BorrowedFd<'_>) -> Result<i32, Errno> {
    let path = format!("/proc/self/fdinfo/{}", pidfd.as_raw_fd());
    let text = std::fs::read_to_string(path).map_err(|_| Errno::ESRCH)?;
    let pid = text
        .lines()
        .find_map(|line| line.strip_prefix("Pid:"))
        .map(str::trim);
    match pid.and_then(|pid| pid.parse().ok()) {
        Some(pid) if pid > 0 => Ok(pid),
        _ => Err(Errno::ESRCH),
    }
}

/// What a child did: waitpid(2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Exited(u8),
    /// By this signal, real-time ones included.
    Killed(i32),
    Stopped(i32),
    Continued,
}

/// The next change of any child, without waiting; `None` when there is none now.
///
/// # Errors
/// ECHILD when no child is left.
pub fn wait_any() -> Result<Option<(i32, Change)>, Errno> {
    let flags = libc::WNOHANG | libc::WUNTRACED | libc::WCONTINUED | libc::__WALL;
    let mut status = 0;
    // SAFETY: a live int for the status.
    let pid = Errno::result(unsafe { libc::waitpid(-1, &raw mut status, flags) })?;
    if pid == 0 {
        return Ok(None);
    }
    let change = if libc::WIFEXITED(status) {
        Change::Exited(libc::WEXITSTATUS(status) as u8)
    } else if libc::WIFSIGNALED(status) {
        Change::Killed(libc::WTERMSIG(status))
    } else if libc::WIFSTOPPED(status) {
        Change::Stopped(libc::WSTOPSIG(status))
    } else {
        Change::Continued
    };
    Ok(Some((pid, change)))
}
