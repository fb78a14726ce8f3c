//! What the command must find as if its parent had started it directly.
//!
//! Captured before asys changes anything of its own process, and put back in
//! the child just before execve(2).

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl, open};
use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit, rlim_t, setrlimit};
use nix::sys::signal::{SigSet, SigmaskHow, Signal, sigprocmask};
use nix::sys::stat::Mode;
use std::os::fd::{BorrowedFd, IntoRawFd, RawFd};

/// Signals whose disposition asys changes for itself.
pub(crate) const CHANGED: [Signal; 6] = [
    Signal::SIGCHLD,
    Signal::SIGPIPE,
    Signal::SIGXFSZ,
    Signal::SIGXCPU,
    Signal::SIGTTIN,
    Signal::SIGTTOU,
];

/// Limits asys raises for itself.
const RAISED: [Resource; 6] = [
    Resource::RLIMIT_NOFILE,
    Resource::RLIMIT_NPROC,
    Resource::RLIMIT_FSIZE,
    Resource::RLIMIT_AS,
    Resource::RLIMIT_DATA,
    Resource::RLIMIT_CPU,
];

/// Which of the descriptors 0, 1 and 2 were closed when asys started.
pub type Closed = [bool; 3];

/// Signal mask and dispositions, limits and closed standard descriptors.
#[derive(Clone, Debug)]
pub struct Inherited {
    pub(crate) mask: SigSet,
    /// Of [`CHANGED`], the ones that were ignored.
    pub(crate) ignored: Vec<Signal>,
    pub(crate) limits: Vec<(Resource, rlim_t, rlim_t)>,
    pub(crate) closed: Closed,
}

impl Inherited {
    /// Looks at the calling process. Call it first of all: standard
    /// descriptors found closed are filled with /dev/null, so that no file
    /// asys opens can be taken for one of them.
    ///
    /// # Errors
    /// When the kernel refuses to tell, or /dev/null cannot be opened.
    pub fn capture() -> Result<Inherited, Errno> {
        let closed = fill_closed()?;
        let mut mask = SigSet::empty();
        sigprocmask(SigmaskHow::SIG_BLOCK, None, Some(&mut mask))?;
        let ignored = CHANGED.into_iter().filter(|s| is_ignored(*s)).collect();
        let limits = RAISED
            .into_iter()
            .map(|r| getrlimit(r).map(|(soft, hard)| (r, soft, hard)));
        Ok(Inherited {
            mask,
            ignored,
            limits: limits.collect::<Result<_, _>>()?,
            closed,
        })
    }

    /// Raises asys's own soft limits to the hard ones. The command keeps the captured ones.
    pub fn raise_limits(&self) {
        for (resource, _, hard) in &self.limits {
            // asys's time is spent for the whole tree: no single process's limit is meant for it.
            let endless = *resource == Resource::RLIMIT_CPU
                && setrlimit(*resource, RLIM_INFINITY, RLIM_INFINITY).is_ok();
            if !endless {
                // A refusal leaves the limit as it was, which doctor shows.
                let _ = setrlimit(*resource, *hard, *hard);
            }
        }
    }

    /// The standard descriptors that were closed at the start.
    #[must_use]
    pub fn closed(&self) -> Closed {
        self.closed
    }
}

fn fill_closed() -> Result<Closed, Errno> {
    let mut closed = [false; 3];
    for (fd, closed) in (0..).zip(&mut closed) {
        if is_open(fd) {
            continue;
        }
        // Lower ones are open by now, so the lowest free number is this one.
        let null = open("/dev/null", OFlag::O_RDWR, Mode::empty())?.into_raw_fd();
        debug_assert_eq!(null, fd);
        *closed = true;
    }
    Ok(closed)
}

fn is_open(fd: RawFd) -> bool {
    // SAFETY: used for one fcntl only, which reports EBADF if it is closed.
    let fd = unsafe { BorrowedFd::borrow_raw(fd) };
    fcntl(fd, FcntlArg::F_GETFD).is_ok()
}

fn is_ignored(signal: Signal) -> bool {
    // SAFETY: an all-zero sigaction is a valid value to be overwritten.
    let mut now: libc::sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: a null new action only queries; `now` is a live sigaction.
    let done = unsafe { libc::sigaction(signal as i32, std::ptr::null(), &raw mut now) };
    done == 0 && now.sa_sigaction == libc::SIG_IGN
}
