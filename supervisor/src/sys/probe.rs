//! Trying what the kernel allows, without harm: whatever alters a process is
//! tried in a child that does nothing else.

use super::notify::{IOCTL_ADDFD, IOCTL_SET_FLAGS};
use super::syscall;
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::waitpid;
use nix::unistd::Pid;
use std::io::{PipeReader, PipeWriter, Read, pipe};
use std::os::fd::{AsRawFd, RawFd};

/// Whether filters may return `action` (`SECCOMP_RET_*`): `SECCOMP_GET_ACTION_AVAIL` of seccomp(2).
///
/// # Errors
/// EOPNOTSUPP when they may not; EINVAL, ENOSYS or EPERM where seccomp(2) itself is missing or refused.
pub fn filter_action(action: u32) -> Result<(), Errno> {
    let address = (&raw const action) as u64;
    let args = [libc::SECCOMP_GET_ACTION_AVAIL.into(), 0, address, 0, 0, 0];
    // SAFETY: the address of a live u32, only read.
    unsafe { syscall(libc::SYS_seccomp, args) }.map(drop)
}

/// Whether the kernel has call `nr`: one that begins with a directory and a path.
#[must_use]
pub fn has_call(nr: i64) -> bool {
    const NO_DIRECTORY: u64 = u64::MAX;
    // SAFETY: every address is null.
    let tried = unsafe { syscall(nr, [NO_DIRECTORY, 0, 0, 0, 0, 0]) };
    tried != Err(Errno::ENOSYS)
}

/// The kernel's sizes of notification, response and call data: `SECCOMP_GET_NOTIF_SIZES`.
///
/// # Errors
/// EINVAL before Linux 5.0; EPERM or ENOSYS where it is refused.
pub fn notification_sizes() -> Result<[u16; 3], Errno> {
    let mut sizes = [0u16; 3];
    let address = sizes.as_mut_ptr() as u64;
    let args = [libc::SECCOMP_GET_NOTIF_SIZES.into(), 0, address, 0, 0, 0];
    // SAFETY: a live struct seccomp_notif_sizes (three u16) to write.
    unsafe { syscall(libc::SYS_seccomp, args) }?;
    Ok(sizes)
}

/// The version of Landlock's interface: landlock_create_ruleset(2).
///
/// # Errors
/// ENOSYS without it, EOPNOTSUPP when it is not enabled at boot.
pub fn landlock_version() -> Result<u64, Errno> {
    const CREATE_RULESET_VERSION: u64 = 1;
    let args = [0, 0, CREATE_RULESET_VERSION, 0, 0, 0];
    // SAFETY: a null attribute of size 0 is how the version is asked.
    unsafe { syscall(libc::SYS_landlock_create_ruleset, args) }
}

/// What a listener that could be had understands.
#[derive(Clone, Copy, Debug)]
pub struct Listener {
    /// `SECCOMP_IOCTL_NOTIF_SET_FLAGS` with `SYNC_WAKE_UP`.
    pub sync_wake_up: Result<(), Errno>,
    /// `SECCOMP_IOCTL_NOTIF_ADDFD`.
    pub add_fd: Result<(), Errno>,
}

/// The child's report: three errnos, 0 where it went well.
type Report = [i32; 3];

/// Loads a filter with a listener in a child, with and without no_new_privs.
/// The filter traps a call that does not exist.
///
/// # Errors
/// EBUSY when another listener stands above; EACCES without privilege and
/// without no_new_privs; EIO when the child died over it.
pub fn listener(filter_flags: u64, no_new_privs: bool) -> Result<Listener, Errno> {
    let (reader, writer) = pipe().map_err(errno)?;
    // SAFETY: the child only makes system calls and leaves by _exit, so it
    // needs no lock that another thread may have held.
    match Errno::result(unsafe { libc::fork() })? {
        0 => {
            send(&writer, try_listener(filter_flags, no_new_privs));
            // SAFETY: ends the child at once; nothing of the parent's is flushed.
            unsafe { libc::_exit(0) }
        }
        child => {
            drop(writer);
            let report = receive(reader);
            let _ = waitpid(Pid::from_raw(child), None);
            let [loaded, sync_wake_up, add_fd] = report?.map(outcome);
            loaded.map(|()| Listener {
                sync_wake_up,
                add_fd,
            })
        }
    }
}

fn send(to: &PipeWriter, report: Report) {
    let bytes = size_of::<Report>();
    // SAFETY: writes the bytes of a live array.
    unsafe { libc::write(to.as_raw_fd(), report.as_ptr().cast(), bytes) };
}

fn receive(mut from: PipeReader) -> Result<Report, Errno> {
    let mut bytes = [0; size_of::<Report>()];
    from.read_exact(&mut bytes).map_err(|_| Errno::EIO)?;
    let number = |at: usize| i32::from_ne_bytes(std::array::from_fn(|i| bytes[4 * at + i]));
    Ok([0, 1, 2].map(number))
}

fn outcome(number: i32) -> Result<(), Errno> {
    match number {
        0 => Ok(()),
        number => Err(Errno::from_raw(number)),
    }
}

fn errno(error: std::io::Error) -> Errno {
    error.raw_os_error().map_or(Errno::EIO, Errno::from_raw)
}

/// In the child. Allocates nothing.
fn try_listener(filter_flags: u64, no_new_privs: bool) -> Report {
    const NEW_LISTENER: u64 = 1 << 3;
    const SYNC_WAKE_UP: u64 = 1;
    if no_new_privs && let Err(errno) = nix::sys::prctl::set_no_new_privs() {
        return [errno as i32; 3];
    }
    let mut program = filter();
    let program = libc::sock_fprog {
        len: program.len() as u16,
        filter: program.as_mut_ptr(),
    };
    let flags = NEW_LISTENER | filter_flags;
    let args = [
        libc::SECCOMP_SET_MODE_FILTER.into(),
        flags,
        (&raw const program) as u64,
        0,
        0,
        0,
    ];
    // SAFETY: a live program; only this child gets the filter.
    let listener = match unsafe { syscall(libc::SYS_seccomp, args) } {
        Ok(fd) => fd as RawFd,
        Err(errno) => return [errno as i32; 3],
    };
    // SAFETY: the flags are the argument itself.
    let set = unsafe { libc::ioctl(listener, IOCTL_SET_FLAGS, SYNC_WAKE_UP) };
    let sync_wake_up = if set < 0 { Errno::last_raw() } else { 0 };
    [0, sync_wake_up, try_add_fd(listener)]
}

/// Offers standard input to a call that does not exist: ENOENT says that all else was understood.
fn try_add_fd(listener: RawFd) -> i32 {
    // SAFETY: plain numbers, for which zero is valid.
    let mut request: libc::seccomp_notif_addfd = unsafe { std::mem::zeroed() };
    request.srcfd = listener.cast_unsigned();
    // SAFETY: the request names this struct, which is live.
    let added = unsafe { libc::ioctl(listener, IOCTL_ADDFD, &raw mut request) };
    match Errno::last_raw() {
        libc::ENOENT => 0,
        _ if added >= 0 => 0,
        number => number,
    }
}

/// Notifies of one number that no system has, and allows everything else.
fn filter() -> [libc::sock_filter; 4] {
    const NOBODYS_NUMBER: u32 = 0x0fff_fff0;
    const LOAD: u16 = (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16;
    const JUMP: u16 = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
    const RETURN: u16 = (libc::BPF_RET | libc::BPF_K) as u16;
    let step = |code, jt, jf, k| libc::sock_filter { code, jt, jf, k };
    [
        // The number is the first member of struct seccomp_data.
        step(LOAD, 0, 0, 0),
        step(JUMP, 0, 1, NOBODYS_NUMBER),
        step(RETURN, 0, 0, libc::SECCOMP_RET_USER_NOTIF),
        step(RETURN, 0, 0, libc::SECCOMP_RET_ALLOW),
    ]
}

/// A child that sleeps, to be looked into. It ends when this is dropped.
#[derive(Debug)]
pub struct Subject {
    pid: Pid,
    /// Open in the child under the same number.
    file: PipeReader,
    /// The child's copy is what is looked at.
    memory: Box<[u8; 16]>,
}

impl Subject {
    /// # Errors
    /// EAGAIN or ENOMEM when no process can be had.
    pub fn new() -> Result<Subject, Errno> {
        let (file, _) = pipe().map_err(errno)?;
        let memory = Box::new(*b"asys was here...");
        // SAFETY: as in `listener`: the child only sleeps.
        match Errno::result(unsafe { libc::fork() })? {
            0 => sleep(),
            pid => Ok(Subject {
                pid: Pid::from_raw(pid),
                file,
                memory,
            }),
        }
    }

    #[must_use]
    pub fn pid(&self) -> i32 {
        self.pid.as_raw()
    }

    /// A descriptor that the child has open.
    #[must_use]
    pub fn fd(&self) -> RawFd {
        self.file.as_raw_fd()
    }

    /// What stands at an address of the child's, and the address.
    #[must_use]
    pub fn memory(&self) -> (&[u8; 16], u64) {
        (&self.memory, self.memory.as_ptr() as u64)
    }
}

fn sleep() -> ! {
    // SAFETY: plain numbers; an orphan must not sleep on.
    unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
    loop {
        // SAFETY: waits for the signal that ends it.
        unsafe { libc::pause() };
    }
}

impl Drop for Subject {
    fn drop(&mut self) {
        let _ = kill(self.pid, Signal::SIGKILL);
        let _ = waitpid(self.pid, None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_can_be_had_and_ends() {
        let subject = Subject::new().unwrap();
        let pid = subject.pid;
        assert!(kill(pid, None).is_ok());
        drop(subject);
        assert_eq!(kill(pid, None), Err(Errno::ESRCH));
    }

    #[test]
    fn this_process_gets_no_filter() {
        let filters = || {
            let status = std::fs::read_to_string("/proc/self/status").unwrap();
            status
                .lines()
                .find(|line| line.starts_with("Seccomp:"))
                .map(str::to_owned)
        };
        let before = filters();
        let _ = listener(0, true);
        assert_eq!(filters(), before);
    }

    #[test]
    fn a_number_without_a_call_is_told_from_others() {
        assert!(has_call(libc::SYS_openat2));
        assert!(!has_call(1 << 20));
    }

    #[test]
    fn an_unknown_filter_flag_is_refused() {
        assert_eq!(listener(1 << 31, true).unwrap_err(), Errno::EINVAL);
        assert_eq!(filter_action(0x1234_0000), Err(Errno::EOPNOTSUPP));
    }
}
