//! The two floors: minimal responders, the least a supervisor of this kind can cost.
//!
//! One thread receives, does the call itself, and answers, as the case says. `bare` does what the call needs; `exact`
//! adds the checks without which the answer could differ from the kernel's (`looks.rs`).

mod looks;
mod remote;

use std::os::fd::OwnedFd;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use anyhow::Context;
use nix::errno::Errno;

use crate::case::Case;
use crate::sys;

pub(crate) use looks::link;
pub(crate) use remote::{LARGEST, Remote, is_cwd};
pub(crate) use sys::{Answer, Stop};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Floor {
    Bare,
    Exact,
}

/// How many calls were answered, and how: proof that the floor did what its column claims.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) carried_out: u64,
    pub(crate) native: u64,
}

/// A responder at work.
#[derive(Debug)]
pub(crate) struct Responder {
    done: Receiver<anyhow::Result<Tally>>,
}

impl Responder {
    pub(crate) fn start(
        floor: Floor,
        case: &'static Case,
        listener: OwnedFd,
    ) -> anyhow::Result<Responder> {
        sys::sync_wake_up(std::os::fd::AsFd::as_fd(&listener))
            .context("SYNC_WAKE_UP (needs Linux 6.6)")?;
        let (sender, done) = mpsc::channel();
        thread::Builder::new()
            .name(format!("{floor:?}"))
            .spawn(move || sender.send(serve(floor, case, listener)))?;
        Ok(Responder { done })
    }

    /// After the target's end. `None`: the kernel is older than 6.11 and does not say so to a receiver; the thread is
    /// left behind on a listener that stays silent.
    pub(crate) fn finish(self) -> Option<anyhow::Result<Tally>> {
        match self.done.recv_timeout(Duration::from_secs(1)) {
            Ok(result) => Some(result),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(Err(anyhow::anyhow!("panicked"))),
        }
    }
}

fn serve(floor: Floor, case: &Case, listener: OwnedFd) -> anyhow::Result<Tally> {
    let mut remote = Remote::new(floor, listener)?;
    let mut tally = Tally::default();
    loop {
        let notification = match sys::receive(remote.listener()) {
            Ok(notification) => notification,
            Err(Errno::ENOENT) if sys::hung_up(&remote.listener()) => return Ok(tally),
            Err(Errno::ENOENT | Errno::EINTR) => continue,
            Err(e) => return Err(e).context("receive"),
        };
        let answer = match floor {
            Floor::Bare => (case.bare)(&mut remote, &notification),
            Floor::Exact => (case.exact)(&mut remote, &notification),
        };
        match sys::send(remote.listener(), notification.id, answer) {
            // The target was killed with its call in hand.
            Ok(()) | Err(Errno::ENOENT) => tally.count(answer),
            Err(e) => return Err(e).context("send"),
        }
    }
}

impl Tally {
    fn count(&mut self, answer: Answer) {
        match answer {
            Err(Stop::Native) => self.native += 1,
            Ok(_) | Err(Stop::Error(_)) => self.carried_out += 1,
        }
    }
}
