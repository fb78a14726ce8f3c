//! Who stays when the front has gone: the supervisor's parent.
//!
//! A shell waits for the front, so the front must exit with the command even
//! when daemons live on. The keeper stays above their supervisor, a subreaper
//! like it: whichever of the two dies, the other one kills the tree.

use crate::sys::{process, stdio};
use crate::tree;
use crate::wire::{Message, Wire};
use anyhow::{Context, Result};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::{Pid, setpgid};
use std::os::fd::{AsFd, OwnedFd};

/// Makes the calling process, a child of the front's, the keeper, and returns
/// in a child of its own, the supervisor to be, the keeper's pid. `front` is
/// where the front will leave the listener.
///
/// # Errors
/// When there can be no such child; the caller is alone then.
pub fn found(front: Wire) -> Result<Pid> {
    nix::sys::prctl::set_child_subreaper(true).context("PR_SET_CHILD_SUBREAPER")?;
    let keeper = nix::unistd::getpid();
    match process::fork().context("fork")? {
        None => Ok(keeper),
        Some(supervisor) => keep(&front, supervisor),
    }
}

/// Keeps until the supervisor has ended; then the tree is gone, too.
fn keep(front: &Wire, supervisor: Pid) -> ! {
    // What is refused here, the supervisor is refused, too, and says so.
    let listener = prepare(front).and_then(|()| inherit(front, supervisor));
    // All signals are blocked: nothing interrupts it.
    let _ = waitid(
        Id::Pid(supervisor),
        WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT,
    );
    tree::kill_all();
    // Held to here: without a supervisor, calls wait, and do not fail.
    drop(listener);
    std::process::exit(0)
}

fn prepare(front: &Wire) -> Result<()> {
    stdio::close_all_but(front.as_fd());
    stdio::replace_by_null(&[0, 1, 2])?;
    std::env::set_current_dir("/")?;
    // Not before the fork: the supervisor starts the command in the front's group.
    setpgid(Pid::from_raw(0), Pid::from_raw(0))?;
    Ok(())
}

/// What the front leaves when it exits while the supervisor goes on.
fn inherit(front: &Wire, supervisor: Pid) -> Result<Vec<OwnedFd>> {
    let supervisor = process::pidfd_open(supervisor.as_raw(), 0)?;
    let fds = [front.as_fd(), supervisor.as_fd()];
    let mut fds = fds.map(|fd| PollFd::new(fd, PollFlags::POLLIN));
    poll(&mut fds, PollTimeout::NONE)?;
    if fds[0].any() != Some(true) {
        return Ok(Vec::new());
    }
    Ok(match front.receive()? {
        Some((Message::Keep, listener)) => listener,
        _ => Vec::new(),
    })
}
