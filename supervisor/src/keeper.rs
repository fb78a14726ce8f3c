//! Who stays when the front has gone: the supervisor's parent.
//!
//! A shell waits for the front, so the front must exit with the command even
//! when daemons live on. The keeper stays above their supervisor, a subreaper
//! like it: whichever of the two dies, the other one kills the tree.

use crate::sys::shared::Lifeline;
use crate::sys::{process, stdio};
use crate::tree;
use crate::wire::Wire;
use anyhow::{Context, Result};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::Pid;
use std::os::fd::{AsFd, OwnedFd};

/// Makes the calling process, a child of the front's, the keeper, and returns
/// in a child of its own, the supervisor to be, the keeper's pid. `front` is
/// where the front will leave the listener.
///
/// # Errors
/// When there can be no such child; the caller is alone then.
pub fn found(front: Wire) -> Result<Pid> {
    nix::sys::prctl::set_child_subreaper(true).context("PR_SET_CHILD_SUBREAPER")?;
    let lifeline = Lifeline::new().context("mmap")?;
    let keeper = nix::unistd::getpid();
    match process::fork().context("fork")? {
        None => {
            lifeline.hold();
            Ok(keeper)
        }
        Some(supervisor) => keep(&front, supervisor, &lifeline),
    }
}

/// How long a supervisor whose first thread has ended may take to end, in
/// milliseconds: one of its workers may be held by a file system.
const FAREWELL: u16 = 100;
/// How long a supervisor just forked may take for its first line, in milliseconds.
const BEGIN: u16 = 1;

/// Keeps until the supervisor has ended; then the tree is gone, too. What the
/// front leaves, the listener, lies in its socket until then: without a
/// supervisor calls wait, and do not fail.
fn keep(front: &Wire, supervisor: Pid, lifeline: &Lifeline) -> ! {
    // What is refused here, the supervisor is refused, too, and says so.
    let _ = prepare(front);
    if watch(supervisor, lifeline).is_err() {
        let _ = waitid(
            Id::Pid(supervisor),
            WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT,
        );
    }
    tree::kill_all();
    std::process::exit(0)
}

fn prepare(front: &Wire) -> Result<()> {
    stdio::close_all_but(front.as_fd());
    stdio::replace_by_null(&[0, 1, 2])?;
    std::env::set_current_dir("/")?;
    // Not before the fork: the supervisor starts the command in the front's group.
    nix::unistd::setsid()?;
    Ok(())
}

/// Waits for the supervisor's end, or that of its first thread.
fn watch(supervisor: Pid, lifeline: &Lifeline) -> Result<()> {
    let supervisor = process::pidfd_open(supervisor.as_raw(), 0)?;
    while !lifeline.is_held() {
        if ends_within(&supervisor, BEGIN)? {
            return Ok(());
        }
    }
    lifeline.await_end();
    ends_within(&supervisor, FAREWELL)?;
    Ok(())
}

/// All signals are blocked: nothing interrupts it.
fn ends_within(process: &OwnedFd, milliseconds: u16) -> Result<bool> {
    let mut fds = [PollFd::new(process.as_fd(), PollFlags::POLLIN)];
    Ok(poll(&mut fds, PollTimeout::from(milliseconds))? > 0)
}
