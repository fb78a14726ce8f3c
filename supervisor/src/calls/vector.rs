//! readv, writev, preadv, pwritev, preadv2, pwritev2 on regular files: readv(2).

use super::rw::{LARGEST, Source, sink, source};
use super::stage::{is_shortage, outcome};
use super::stream::stream;
use super::waiting::Waiting;
use super::{Args, Call, Native, Part, Patch, Position, Reply, Stage, Undo};
use crate::sys::data::{self, AT_POSITION};
use crate::target::zeroed;
use std::os::fd::AsFd;

/// `UIO_MAXIOV`.
const MOST_PARTS: usize = 1024;
/// `RWF_*`: HIPRI, DSYNC, SYNC, NOWAIT, APPEND, NOAPPEND, ATOMIC, DONTCACHE.
const KNOWN: u32 = 0xff;

/// The parts, and their length together.
fn parts(args: &Args<'_>) -> Result<(Vec<Part>, usize), Native> {
    parts_at(args, args.raw(1), args.size(2))
}

/// Likewise of `count` parts, listed at `address`.
///
/// # Errors
/// [`Native`] when there are too many or none, or they cannot be the caller's.
pub fn parts_at(args: &Args<'_>, address: u64, count: usize) -> Result<(Vec<Part>, usize), Native> {
    if count == 0 || count > MOST_PARTS {
        return Err(Native::Undecodable);
    }
    let bytes = args.bytes_at(address, count * 16)?;
    let word = |at: usize| u64::from_ne_bytes(std::array::from_fn(|i| bytes[at + i]));
    let part = |i: usize| {
        let (address, len) = (word(i * 16), word(i * 16 + 8) as usize);
        args.range(address, len).map(|()| Part { address, len })
    };
    let parts = (0..count).map(part).collect::<Result<Vec<_>, _>>()?;
    match parts.iter().map(|part| part.len).sum() {
        0 => Err(Native::Undecodable),
        total => Ok((parts, total)),
    }
}

/// Where, and how: `None` for calls at the shared position.
fn offset(args: &Args<'_>) -> Result<u64, Native> {
    // Half of it in each of two registers on other platforms; here the second says nothing.
    match args.raw(3) {
        offset if offset.cast_signed() < 0 => Err(Native::Undecodable),
        offset => Ok(offset),
    }
}

fn offset_or_position(args: &Args<'_>) -> Result<(u64, u64), Native> {
    let flags = args.uint(5);
    if flags & !KNOWN != 0 {
        return Err(Native::Undecodable);
    }
    let offset = match args.raw(3) {
        AT_POSITION => AT_POSITION,
        _ => offset(args)?,
    };
    Ok((offset, flags.into()))
}

#[derive(Debug)]
pub struct ReadParts {
    fd: i32,
    parts: Vec<Part>,
    total: usize,
    offset: u64,
    flags: u64,
}

fn read(args: &Args<'_>, offset: u64, flags: u64) -> Result<ReadParts, Native> {
    let (parts, total) = parts(args)?;
    Ok(ReadParts {
        fd: args.int(0),
        parts,
        total,
        offset,
        flags,
    })
}

pub fn readv(args: &mut Args<'_>) -> Result<ReadParts, Native> {
    read(args, AT_POSITION, 0)
}

pub fn preadv(args: &mut Args<'_>) -> Result<ReadParts, Native> {
    read(args, offset(args)?, 0)
}

pub fn preadv2(args: &mut Args<'_>) -> Result<ReadParts, Native> {
    let (offset, flags) = offset_or_position(args)?;
    read(args, offset, flags)
}

impl ReadParts {
    fn stretches(&self) -> Vec<(u64, usize)> {
        let stretch = |part: &Part| (part.address, part.len);
        self.parts.iter().map(stretch).collect()
    }

    fn take(&self, from: &Waiting) -> Result<Reply, Native> {
        if self.offset != AT_POSITION || self.flags != 0 || self.total > LARGEST {
            return Err(Native::Type);
        }
        let buffer = zeroed(self.total).map_err(|_| Native::Shortage)?;
        from.read(buffer, |bytes| scattered(&self.parts, &bytes))
    }
}

impl Call for ReadParts {
    const LOOKS_AGAIN: bool = true;

    fn perform(self, stage: &Stage<'_>) -> Result<Reply, Native> {
        let file = match source(stage, self.fd, &self.stretches())? {
            Source::File(file) => file,
            Source::Waiting(waiting) => return self.take(&waiting),
        };
        if self.total > LARGEST {
            let offset = (self.offset != AT_POSITION).then_some(self.offset);
            return match self.flags {
                0 => stream(stage, file, self.parts, offset),
                _ => Err(Native::Size),
            };
        }
        let mut buffer = zeroed(self.total).map_err(|_| Native::Shortage)?;
        let got = data::read(file.as_fd(), &mut buffer, self.offset, self.flags);
        let got = match outcome(got)? {
            Ok(got) => got,
            Err(errno) => return Ok(Reply::error(errno)),
        };
        let undo = (self.offset == AT_POSITION).then_some(Undo {
            file,
            to: Position::Back(got as i64),
        });
        Ok(Reply {
            memory: scattered(&self.parts, &buffer[..got]),
            undo,
            ..Reply::new(Ok(got as i64))
        })
    }
}

/// `bytes` spread over the parts.
pub fn scattered(parts: &[Part], mut bytes: &[u8]) -> Vec<Patch> {
    let mut patches = Vec::new();
    for part in parts {
        let (here, rest) = bytes.split_at(part.len.min(bytes.len()));
        bytes = rest;
        if !here.is_empty() {
            patches.push(Patch {
                address: part.address,
                bytes: here.to_vec(),
            });
        }
    }
    patches
}

#[derive(Debug)]
pub struct WriteParts {
    fd: i32,
    data: Vec<u8>,
    offset: u64,
    flags: u64,
}

/// What lies in the parts, `total` bytes.
///
/// # Errors
/// [`Native`] when it cannot be read, or held.
pub fn gathered(args: &Args<'_>, parts: &[Part], total: usize) -> Result<Vec<u8>, Native> {
    let mut data = Vec::new();
    data.try_reserve_exact(total)
        .map_err(|_| Native::Shortage)?;
    for part in parts.iter().filter(|part| part.len > 0) {
        data.extend(args.bytes_at(part.address, part.len)?);
    }
    Ok(data)
}

fn write(args: &Args<'_>, offset: u64, flags: u64) -> Result<WriteParts, Native> {
    let (parts, total) = parts(args)?;
    if total > LARGEST {
        return Err(Native::Size);
    }
    Ok(WriteParts {
        fd: args.int(0),
        data: gathered(args, &parts, total)?,
        offset,
        flags,
    })
}

pub fn writev(args: &mut Args<'_>) -> Result<WriteParts, Native> {
    write(args, AT_POSITION, 0)
}

pub fn pwritev(args: &mut Args<'_>) -> Result<WriteParts, Native> {
    write(args, offset(args)?, 0)
}

pub fn pwritev2(args: &mut Args<'_>) -> Result<WriteParts, Native> {
    let (offset, flags) = offset_or_position(args)?;
    write(args, offset, flags)
}

impl Call for WriteParts {
    const LOOKS_AGAIN: bool = true;

    fn perform(self, stage: &Stage<'_>) -> Result<Reply, Native> {
        let file = match sink(stage, self.fd)? {
            Source::File(file) => file,
            Source::Waiting(to) if self.offset == AT_POSITION && self.flags == 0 => {
                return to.write(&self.data);
            }
            Source::Waiting(_) => return Err(Native::Type),
        };
        stage.unlimited_file_size()?;
        match data::write(file.as_fd(), &self.data, self.offset, self.flags) {
            Err(errno) if is_shortage(errno) => Err(Native::Shortage),
            other => Ok(Reply::new(other.map(|n| n as i64))),
        }
    }
}
