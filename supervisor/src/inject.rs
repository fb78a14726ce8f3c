//! Puts a reply into the target: the only writer to it.

use crate::calls::{Native, NewFile, Patch, Position, Reply, Undo, Waits};
use crate::program::{Program, Run};
use crate::request::Request;
use crate::sys::notify::{self, Answer};
use crate::sys::{file, memory};
use nix::errno::Errno;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

/// A call that took longer may have lost its thread, and the number been given
/// to another: asked again before its memory is written.
const DOUBTFUL: Duration = Duration::from_micros(500);

/// Whom a reply is for.
#[derive(Clone, Copy, Debug)]
pub struct Caller<'a> {
    pub program: &'a Program,
    /// When the call was made; `None` while that was ending.
    pub run: Option<Run>,
    pub received: Instant,
}

/// Delivers memory and descriptor of `reply`; returns the answer that remains to be sent.
///
/// # Errors
/// [`Native`] when the target cannot take it: the call was undone, and the
/// kernel repeats it with the exact partial result or error.
pub fn inject(request: &Request, reply: Reply, caller: Caller<'_>) -> Result<Answer, Native> {
    let Reply {
        result,
        memory,
        file,
        undo,
        fault,
    } = reply;
    // As far as the kernel comes: where nothing is taken back, each is tried.
    let all = fault.is_some();
    if let Err(native) = write(request, &memory, caller, all) {
        if let Some(errno) = fault {
            return Ok(Answer::Fail(errno));
        }
        if let Some(undo) = undo {
            take_back(undo);
        }
        return Err(native);
    }
    match (result, file) {
        // One that has no name here: the kernel says it again.
        (Err(Errno::UnknownErrno), _) => Err(Native::Undecodable),
        (Err(errno), _) => Ok(Answer::Fail(errno)),
        (Ok(value), None) => Ok(Answer::Return(value)),
        (Ok(_), Some(new)) => install(request, new),
    }
}

/// Writes what there is, up to the first that cannot be written, or all but those.
fn write(request: &Request, memory: &[Patch], caller: Caller<'_>, all: bool) -> Result<(), Native> {
    if memory.iter().all(|patch| patch.bytes.is_empty()) {
        return Ok(());
    }
    let run = caller.run.ok_or(Native::Injection)?;
    let _injecting = caller.program.enter(run).ok_or(Native::Injection)?;
    if caller.received.elapsed() > DOUBTFUL && !request.waits() {
        return Err(Native::Injection);
    }
    let mut done = put(request, memory);
    let failed = done < memory.len();
    while all && done < memory.len() {
        done += 1 + put(request, &memory[done + 1..]);
    }
    if failed {
        Err(Native::Injection)
    } else {
        Ok(())
    }
}

/// How many of them are written in full.
fn put(request: &Request, memory: &[Patch]) -> usize {
    let parts = memory.iter().map(|patch| (patch.address, &*patch.bytes));
    let mut left = memory::write(request.note().tid, parts).unwrap_or(0);
    let is_done = |patch: &&Patch| {
        let done = left >= patch.bytes.len();
        left = left.saturating_sub(patch.bytes.len());
        done
    };
    memory.iter().take_while(is_done).count()
}

fn take_back(undo: Undo) {
    let (offset, whence) = match undo.to {
        Position::At(offset) => (offset, libc::SEEK_SET),
        Position::Back(bytes) => (-bytes, libc::SEEK_CUR),
    };
    // A regular file or directory that was just read can be sought.
    let _ = file::lseek(undo.file.as_fd(), offset, whence);
}

/// Adds the descriptor, closes ours, and only then lets the target run: a
/// file it has open for writing in two processes could not be executed.
fn install(request: &Request, new: NewFile) -> Result<Answer, Native> {
    let NewFile {
        file,
        close_on_exec,
    } = new;
    let listener = request.desk().listener();
    match notify::add_fd(listener, request.note().id, file.as_fd(), close_on_exec) {
        Ok(number) => Ok(Answer::Return(number.into())),
        Err(Errno::EMFILE) => Ok(Answer::Fail(Errno::EMFILE)),
        // The thread is gone: so will be the answer.
        Err(Errno::ENOENT) => Ok(Answer::Fail(Errno::EINTR)),
        Err(_) => Err(Native::Injection),
    }
}
