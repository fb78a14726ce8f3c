//! The life cycle of a request.
//!
//! ```text
//!             answer(self)
//!  Received ───────────────► Answered
//!      │                        │ refused with ENOENT, the thread lives:
//!      │ dropped                ▼ it was interrupted and will call again
//!      ▼                      Kept ──► Replayed (request of the same call)
//!   answered EIO, counted
//! ```
//! A request is answered exactly once: `answer` consumes it, and one that is
//! dropped by a panic answers EIO.

use crate::calls::Waits;
use crate::processes::Thread;
use crate::program::Run;
use crate::sys::notify::{self, Answer, Notification};
use nix::errno::Errno;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// A stopped call that has not been answered.
#[derive(Debug)]
pub struct Request {
    note: Notification,
    desk: Arc<Desk>,
    answered: bool,
}

/// Where requests come from and answers go to: the listener, and what is kept for replay.
#[derive(Debug)]
pub struct Desk {
    listener: OwnedFd,
    kept: Mutex<Vec<Kept>>,
    kept_count: AtomicUsize,
    counts: Counts,
}

/// What became of answers, for the summary.
#[derive(Debug, Default)]
pub struct Counts {
    /// Requests dropped unanswered, each a bug: they were answered EIO.
    pub dropped: AtomicU64,
    /// Answers the kernel refused and the repeated call got.
    pub replayed: AtomicU64,
    /// Answers nobody waited for any more.
    pub orphaned: AtomicU64,
    /// Calls of numbers that were nobody's when asys was made.
    pub unknown: AtomicU64,
}

/// An answer for a call that will be made again, by that very thread of that
/// very program: its number alone may be another's by then.
#[derive(Debug)]
struct Kept {
    thread: Arc<Thread>,
    run: Run,
    nr: i64,
    args: [u64; 6],
    ip: u64,
    answer: Answer,
}

/// A thread repeats at most one call: more entries are of threads that died.
const MOST_KEPT: usize = 256;

impl Desk {
    #[must_use]
    pub fn new(listener: OwnedFd) -> Desk {
        Desk {
            listener,
            kept: Mutex::default(),
            kept_count: AtomicUsize::new(0),
            counts: Counts::default(),
        }
    }

    #[must_use]
    pub fn listener(&self) -> std::os::fd::BorrowedFd<'_> {
        self.listener.as_fd()
    }

    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Sleeps until a call stops.
    ///
    /// # Errors
    /// As [`notify::receive`].
    pub fn receive(self: &Arc<Desk>) -> Result<Request, Errno> {
        let note = notify::receive(self.listener.as_fd())?;
        Ok(Request {
            note,
            desk: Arc::clone(self),
            answered: false,
        })
    }

    /// Keeps an answer that was refused although `thread` lives, in `run`.
    pub fn keep(&self, note: &Notification, thread: Arc<Thread>, run: Run, answer: Answer) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|k| k.thread.tid != note.tid);
        if kept.len() == MOST_KEPT {
            kept.remove(0);
        }
        let Notification { nr, args, ip, .. } = *note;
        kept.push(Kept {
            thread,
            run,
            nr,
            args,
            ip,
            answer,
        });
        self.kept_count.store(kept.len(), Ordering::Release);
    }

    /// Drops what was kept for threads of a process that has ended.
    pub fn forget(&self, tgid: i32) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|k| k.thread.process.tgid != tgid);
        self.kept_count.store(kept.len(), Ordering::Release);
    }

    /// The answer that `note`, the thread's next call, was already given.
    fn take(&self, note: &Notification, lives: impl Fn(&Thread) -> bool) -> Option<Answer> {
        if self.kept_count.load(Ordering::Acquire) == 0 {
            return None;
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let place = kept.iter().position(|k| k.thread.tid == note.tid)?;
        let found = kept.swap_remove(place);
        self.kept_count.store(kept.len(), Ordering::Release);
        // Another call of that thread: the old one was given up by a signal.
        let same = found.nr == note.nr && found.args == note.args && found.ip == note.ip;
        let same = same && lives(&found.thread);
        let same = same && found.thread.process.program.run() == Some(found.run);
        same.then_some(found.answer)
    }
}

/// What became of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    Delivered,
    /// The thread is gone, or was interrupted and will call again: see [`Desk::keep`].
    Refused,
}

impl Request {
    #[must_use]
    pub fn note(&self) -> &Notification {
        &self.note
    }

    #[must_use]
    pub fn desk(&self) -> &Arc<Desk> {
        &self.desk
    }

    /// The answer an earlier notification of this very call was refused.
    #[must_use]
    pub fn replay(&self, lives: impl Fn(&Thread) -> bool) -> Option<Answer> {
        self.desk.take(&self.note, lives)
    }

    /// Answers; the thread goes on.
    pub fn answer(mut self, answer: Answer) -> Delivery {
        self.answered = true;
        match notify::send(self.desk.listener(), self.note.id, answer) {
            Ok(()) => Delivery::Delivered,
            Err(_) => Delivery::Refused,
        }
    }
}

impl Waits for Request {
    /// The notification's own word: a live thread of that number may be another program's.
    fn waits(&self) -> bool {
        notify::id_valid(self.desk.listener(), self.note.id).is_ok()
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        if !self.answered {
            self.desk.counts.dropped.fetch_add(1, Ordering::Relaxed);
            let _ = notify::send(self.desk.listener(), self.note.id, Answer::Fail(Errno::EIO));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Company, Witness};
    use crate::identity::Own;
    use crate::processes::Processes;
    use std::process::{Command, Stdio};

    fn processes() -> Processes {
        let this = nix::unistd::getpid();
        let company = Company::new(this, this);
        Processes::new(Witness::new(Own::capture().unwrap(), company).unwrap()).unwrap()
    }

    #[test]
    fn a_kept_answer_is_for_the_same_call_of_the_same_thread() {
        let processes = processes();
        let lives = |thread: &Thread| processes.confirm(thread).is_ok();
        let desk = Desk::new(std::fs::File::open("/dev/null").unwrap().into());
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        let thread = processes.meet(child.id().cast_signed()).unwrap().thread;
        let note = Notification {
            id: 1,
            tid: thread.tid,
            nr: 2,
            arch: 3,
            args: [4; 6],
            ip: 5,
        };
        let program = &thread.process.program;
        let keep = || {
            let run = program.run().unwrap();
            desk.keep(&note, Arc::clone(&thread), run, Answer::Return(7));
        };
        keep();
        let other = Notification { nr: 3, ..note };
        assert_eq!(desk.take(&other, lives), None);
        assert_eq!(desk.take(&note, lives), None, "given up");
        keep();
        assert_eq!(desk.take(&note, lives), Some(Answer::Return(7)));
        assert_eq!(desk.take(&note, lives), None, "taken");
        keep();
        program.execute();
        program.settle();
        assert_eq!(desk.take(&note, lives), None, "another program");
        keep();
        child.kill().unwrap();
        child.wait().unwrap();
        // The number may be another thread's by now.
        assert_eq!(desk.take(&note, lives), None, "dead");
    }
}
