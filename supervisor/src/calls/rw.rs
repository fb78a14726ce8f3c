//! read, pread64, write, pwrite64 on regular files: read(2), write(2).
//!
//! Only on local file systems, see [`Stage::local_file`].

use super::stage::{is_shortage, outcome};
use super::stream::stream;
use super::waiting::Waiting;
use super::{Args, Call, Native, Part, Patch, Position, Reply, Stage, Undo};
use crate::sys::file::{self, flag};
use crate::target::zeroed;
use std::os::fd::{AsFd, OwnedFd};

/// Most bytes a worker holds.
pub const LARGEST: usize = 8 << 20;

#[derive(Debug)]
pub struct Read {
    fd: i32,
    out: u64,
    len: usize,
    offset: Option<u64>,
}

#[derive(Debug)]
pub struct Write {
    fd: i32,
    data: Vec<u8>,
    offset: Option<u64>,
}

fn length(args: &Args<'_>) -> Result<usize, Native> {
    let len = usize::try_from(args.raw(2)).map_err(|_| Native::Size)?;
    // The kernel looks at the range first, even if there will be nothing to copy.
    args.buffer(1, len).map(|_| len)
}

pub fn read(args: &mut Args<'_>) -> Result<Read, Native> {
    Ok(Read {
        len: length(args)?,
        fd: args.int(0),
        out: args.raw(1),
        offset: None,
    })
}

pub fn pread64(args: &mut Args<'_>) -> Result<Read, Native> {
    Ok(Read {
        offset: Some(args.raw(3)),
        ..read(args)?
    })
}

pub fn write(args: &mut Args<'_>) -> Result<Write, Native> {
    let len = length(args)?;
    if len > LARGEST {
        return Err(Native::Size);
    }
    Ok(Write {
        fd: args.int(0),
        data: args.bytes(1, len)?,
        offset: None,
    })
}

pub fn pwrite64(args: &mut Args<'_>) -> Result<Write, Native> {
    Ok(Write {
        offset: Some(args.raw(3)),
        ..write(args)?
    })
}

/// A duplicate of a descriptor whose bytes a worker may carry.
///
/// # Errors
/// [`Native`] for any other.
pub fn carried(stage: &Stage<'_>, fd: i32) -> Result<OwnedFd, Native> {
    let (file, stat) = stage.local_file(fd)?;
    if stat.file_type() != libc::S_IFREG {
        return Err(Native::Type);
    }
    // Direct I/O cares where in memory the bytes lie.
    match file::status_flags(file.as_fd()) {
        Ok(flags) if flags & flag::O_DIRECT == 0 => Ok(file),
        _ => Err(Native::Type),
    }
}

/// What a call reads or writes.
#[derive(Debug)]
pub enum Source {
    File(OwnedFd),
    Waiting(Waiting),
}

/// What descriptor `fd` is, to read from into these stretches of memory.
///
/// # Errors
/// [`Native`] when that is the kernel's.
pub fn source(stage: &Stage<'_>, fd: i32, into: &[(u64, usize)]) -> Result<Source, Native> {
    match carried(stage, fd) {
        Ok(file) => Ok(Source::File(file)),
        Err(Native::FileSystem | Native::Type) if stage.target.is_writable(into) => {
            Waiting::of(stage, fd).map(Source::Waiting)
        }
        Err(native) => Err(native),
    }
}

/// Likewise, to write to.
///
/// # Errors
/// [`Native`] when that is the kernel's.
pub fn sink(stage: &Stage<'_>, fd: i32) -> Result<Source, Native> {
    source(stage, fd, &[])
}

impl Call for Read {
    const LOOKS_AGAIN: bool = true;

    fn perform(self, stage: &Stage<'_>) -> Result<Reply, Native> {
        let Read {
            fd,
            out,
            len,
            offset,
        } = self;
        let file = match source(stage, fd, &[(out, len)])? {
            Source::File(file) => file,
            Source::Waiting(from) if offset.is_none() && len <= LARGEST => {
                let buffer = zeroed(len).map_err(|_| Native::Shortage)?;
                let address = out;
                return from.read(buffer, |bytes| vec![Patch { address, bytes }]);
            }
            Source::Waiting(_) => return Err(Native::Type),
        };
        if len > LARGEST {
            let into = Part { address: out, len };
            return stream(stage, file, vec![into], offset);
        }
        let mut buffer = zeroed(len).map_err(|_| Native::Shortage)?;
        let result = match offset {
            Some(offset) => file::pread(file.as_fd(), &mut buffer, offset),
            None => file::read(file.as_fd(), &mut buffer),
        };
        Ok(match outcome(result)? {
            Ok(got) => {
                buffer.truncate(got);
                let reply = Reply::with_memory(got as i64, out, buffer);
                let undo = offset.is_none().then_some(Undo {
                    file,
                    to: Position::Back(got as i64),
                });
                Reply { undo, ..reply }
            }
            Err(errno) => Reply::error(errno),
        })
    }
}

impl Call for Write {
    const LOOKS_AGAIN: bool = true;

    fn perform(self, stage: &Stage<'_>) -> Result<Reply, Native> {
        let Write { fd, data, offset } = self;
        let file = match sink(stage, fd)? {
            Source::File(file) => file,
            Source::Waiting(to) if offset.is_none() => return to.write(&data),
            Source::Waiting(_) => return Err(Native::Type),
        };
        stage.unlimited_file_size()?;
        let result = match offset {
            Some(offset) => file::pwrite(file.as_fd(), &data, offset),
            None => file::write(file.as_fd(), &data),
        };
        // ENOMEM may be the file system's: the kernel would say it again.
        match result {
            Err(errno) if is_shortage(errno) => Err(Native::Shortage),
            other => Ok(Reply::new(other.map(|n| n as i64))),
        }
    }
}
