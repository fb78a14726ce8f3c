//! What happened: events, the tally of the summary, and the trace file.

mod destination;
mod escape;
mod flags;
mod header;
mod line;
mod queue;
mod readable;
mod recorder;
mod sink;
mod style;
mod summary;
mod tally;
#[cfg(test)]
mod testing;
mod value;
mod writer;

pub use destination::Destination;
pub use escape::{escape, quoted};
pub use header::{Header, SCHEMA};
pub use recorder::{Finished, Recorder, Serving};
pub use style::{Ink, paint};

use crate::calls::{Native, Row};
use asys_policy::RuleId;
use nix::errno::Errno;
use std::ffi::CString;
use std::time::Duration;

/// One trapped call, complete.
#[derive(Debug)]
pub struct CallEvent {
    /// Since the start of the run, when it was received.
    pub at: Duration,
    /// From receiving to answering.
    pub duration: Duration,
    pub tid: i32,
    pub tgid: i32,
    pub row: &'static Row,
    pub raw: [u64; 6],
    /// Paths read, by argument; empty unless tracing.
    pub paths: Vec<(usize, CString)>,
    /// What the descriptor arguments stand for, by argument; empty unless tracing.
    pub files: Vec<(usize, CString)>,
    pub outcome: Outcome,
    /// `None` for a native call, whose result asys does not see.
    pub result: Option<Result<i64, Errno>>,
    pub worker: usize,
    pub rule: Option<RuleId>,
    /// Whether the policy wants it in the trace; it is counted in any case.
    pub recorded: bool,
}

/// What became of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Offloaded,
    Native(Native),
    Denied,
    /// The thread was killed, or interrupted before the answer.
    Cancelled,
    /// Answered from what an earlier, refused answer had been.
    Replayed,
}

impl Outcome {
    /// A word for the trace. A replayed call was carried out, once.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Outcome::Offloaded | Outcome::Replayed => "offloaded",
            Outcome::Native(_) => "native",
            Outcome::Denied => "denied",
            Outcome::Cancelled => "cancelled",
        }
    }

    /// Why the kernel carried it out, if it did.
    #[must_use]
    pub fn why(self) -> Option<&'static str> {
        match self {
            Outcome::Native(native) => Some(native.word()),
            _ => None,
        }
    }
}

/// What a process did.
#[derive(Debug)]
pub struct ProcessEvent {
    pub at: Duration,
    pub tgid: i32,
    pub what: Life,
}

/// The life of a process.
#[derive(Debug)]
pub enum Life {
    /// First sight.
    Seen {
        ppid: i32,
        comm: String,
    },
    Exec {
        comm: String,
        exe: Option<CString>,
    },
    Exited,
}
