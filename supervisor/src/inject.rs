//! Puts a reply into the target: the only writer to it.

use crate::calls::{Native, NewFile, Position, Reply, Stream, Undo, Waits};
use crate::program::{Program, Run};
use crate::request::Request;
use crate::sys::notify::{self, Answer};
use crate::sys::{file, memory};
use crate::target::zeroed;
use nix::errno::Errno;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

/// A call that took longer may have lost its thread, and the number been given
/// to another: asked again before its memory is written.
const DOUBTFUL: Duration = Duration::from_micros(500);

/// As much of a stream as is held at once.
const CHUNK: usize = 1 << 20;

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
        stream,
        file,
        undo,
        fault,
    } = reply;
    if let Some(stream) = stream {
        return pour(request, stream, caller);
    }
    // As far as the kernel comes: where nothing is taken back, each is tried.
    let all = fault.is_some();
    let parts: Vec<Part<'_>> = memory
        .iter()
        .map(|patch| (patch.address, &*patch.bytes))
        .collect();
    if let Err(native) = write(request, &parts, caller, all) {
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

/// An address of the target's, and what is to stand there.
type Part<'a> = (u64, &'a [u8]);
/// `UIO_MAXIOV`: no write has more parts.
const MOST_PARTS: usize = 1024;

/// Writes what there is, up to the first that cannot be written, or all but those.
fn write(
    request: &Request,
    parts: &[Part<'_>],
    caller: Caller<'_>,
    all: bool,
) -> Result<(), Native> {
    if parts.iter().all(|(_, bytes)| bytes.is_empty()) {
        return Ok(());
    }
    let run = caller.run.ok_or(Native::Injection)?;
    let _injecting = caller.program.enter(run).ok_or(Native::Injection)?;
    if caller.received.elapsed() > DOUBTFUL && !request.waits() {
        return Err(Native::Injection);
    }
    let (mut done, mut written) = (0, Ok(()));
    while done < parts.len() && (all || written.is_ok()) {
        let batch = &parts[done..parts.len().min(done + MOST_PARTS)];
        let put = put(request, batch);
        done += put;
        if put < batch.len() {
            written = Err(Native::Injection);
            done += 1;
        }
    }
    written
}

/// How many of them are written in full.
fn put(request: &Request, parts: &[Part<'_>]) -> usize {
    let mut left = memory::write(request.note().tid, parts.iter().copied()).unwrap_or(0);
    let is_done = |part: &&Part<'_>| {
        let done = left >= part.1.len();
        left = left.saturating_sub(part.1.len());
        done
    };
    parts.iter().take_while(is_done).count()
}

/// Reads and writes by turns until the file or the parts end.
fn pour(request: &Request, stream: Stream, caller: Caller<'_>) -> Result<Answer, Native> {
    let (poured, done) = match pour_parts(request, &stream, caller) {
        Ok(done) => (Ok(Answer::Return(done as i64)), done),
        // Whatever it was: the kernel says how far it comes.
        Err(native) => (Err(native), 0),
    };
    take_back(Undo {
        to: Position::Back((stream.claimed.saturating_sub(done)) as i64),
        file: stream.file,
    });
    poured
}

fn pour_parts(request: &Request, stream: &Stream, caller: Caller<'_>) -> Result<u64, Native> {
    let mut buffer = zeroed(CHUNK).map_err(|_| Native::Shortage)?;
    let mut done = 0;
    for part in &stream.parts {
        let mut at = 0;
        while at < part.len {
            let wanted = CHUNK.min(part.len - at);
            let chunk = &mut buffer[..wanted];
            let got = file::pread(stream.file.as_fd(), chunk, stream.offset + done);
            let got = got.map_err(|_| Native::Shortage)?;
            let there = [(part.address + at as u64, &chunk[..got])];
            write(request, &there, caller, false)?;
            done += got as u64;
            at += got;
            if got < wanted {
                return Ok(done);
            }
        }
    }
    Ok(done)
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
