//! copy_file_range, sendfile, splice, tee: between regular files and pipes.
//!
//! A worker does not wait for a pipe in the caller's stead: what would wait is
//! native. Sockets and devices are, too.

use super::stage::{is_shortage, outcome};
use super::{Args, Call, Native, Patch, Reply, Stage};
use crate::sys::data::{self, End, Transfer};
use nix::errno::Errno;
use std::os::fd::{AsFd, OwnedFd};

#[derive(Debug)]
pub struct Copy {
    by: Transfer,
    from: Side,
    to: Side,
    len: u64,
    flags: u64,
}

/// One end, as the caller names it.
#[derive(Debug)]
struct Side {
    fd: i32,
    /// Where its offset lies, and what it is; the shared position without.
    offset: Option<(u64, u64)>,
}

const NONBLOCK: u64 = libc::SPLICE_F_NONBLOCK as u64;
/// `SPLICE_F_ALL`.
const SPLICE_FLAGS: u32 = 15;

/// An offset on two pages may be written in part, or not at all: not every
/// call copies alike.
fn is_on_one_page(address: u64) -> bool {
    const PAGE: u64 = 4096;
    address % PAGE <= PAGE - 8
}

fn side(args: &Args<'_>, fd: usize, offset: Option<usize>) -> Result<Side, Native> {
    let offset = match offset {
        Some(arg) if !is_on_one_page(args.raw(arg)) => return Err(Native::Undecodable),
        Some(arg) if args.raw(arg) != 0 => {
            let bytes = args.bytes(arg, 8)?;
            let offset = u64::from_ne_bytes(std::array::from_fn(|i| bytes[i]));
            Some((args.raw(arg), offset))
        }
        _ => None,
    };
    let fd = args.int(fd);
    Ok(Side { fd, offset })
}

/// How much. When nothing is wanted, not all of the calls look at the offsets.
fn wanted(args: &Args<'_>, arg: usize) -> Result<u64, Native> {
    match args.raw(arg) {
        0 => Err(Native::Undecodable),
        len => Ok(len),
    }
}

pub fn copy_file_range(args: &mut Args<'_>) -> Result<Copy, Native> {
    if args.uint(5) != 0 {
        return Err(Native::Undecodable);
    }
    Ok(Copy {
        by: Transfer::CopyFileRange,
        len: wanted(args, 4)?,
        from: side(args, 0, Some(1))?,
        to: side(args, 2, Some(3))?,
        flags: 0,
    })
}

pub fn sendfile(args: &mut Args<'_>) -> Result<Copy, Native> {
    Ok(Copy {
        by: Transfer::Sendfile,
        len: wanted(args, 3)?,
        from: side(args, 1, Some(2))?,
        to: side(args, 0, None)?,
        flags: 0,
    })
}

pub fn splice(args: &mut Args<'_>) -> Result<Copy, Native> {
    let (from, to) = (side(args, 0, Some(1))?, side(args, 2, Some(3))?);
    piped(args, Transfer::Splice, from, to, 4)
}

pub fn tee(args: &mut Args<'_>) -> Result<Copy, Native> {
    let (from, to) = (side(args, 0, None)?, side(args, 1, None)?);
    piped(args, Transfer::Tee, from, to, 2)
}

fn piped(args: &Args<'_>, by: Transfer, from: Side, to: Side, len: usize) -> Result<Copy, Native> {
    let flags = args.uint(len + 1);
    if flags & !SPLICE_FLAGS != 0 {
        return Err(Native::Undecodable);
    }
    Ok(Copy {
        by,
        len: wanted(args, len)?,
        from,
        to,
        flags: flags.into(),
    })
}

impl Copy {
    /// Whether the call is of this kind between such ends.
    fn fits(&self, from: u32, to: u32) -> bool {
        const FILE: u32 = libc::S_IFREG;
        const PIPE: u32 = libc::S_IFIFO;
        match self.by {
            Transfer::CopyFileRange | Transfer::Sendfile => (from, to) == (FILE, FILE),
            Transfer::Splice => matches!((from, to), (FILE, PIPE) | (PIPE, FILE) | (PIPE, PIPE)),
            Transfer::Tee => (from, to) == (PIPE, PIPE),
        }
    }

    fn may_wait(&self) -> bool {
        matches!(self.by, Transfer::Splice | Transfer::Tee)
    }
}

fn end<'a>(file: &'a OwnedFd, side: &Side) -> End<'a> {
    End {
        file: file.as_fd(),
        offset: side.offset.map(|(_, offset)| offset),
    }
}

fn moved(end: &End<'_>, side: &Side) -> Option<Patch> {
    let (address, _) = side.offset?;
    let bytes = end.offset?.to_ne_bytes().to_vec();
    Some(Patch { address, bytes })
}

impl Call for Copy {
    const LOOKS_AGAIN: bool = true;

    fn perform(self, stage: &Stage<'_>) -> Result<Reply, Native> {
        let (source, from) = stage.pipe_or_local_file(self.from.fd)?;
        let (sink, to) = stage.pipe_or_local_file(self.to.fd)?;
        if !self.fits(from, to) {
            return Err(Native::Type);
        }
        if to == libc::S_IFREG {
            stage.unlimited_file_size()?;
        }
        let (mut source, mut sink) = (end(&source, &self.from), end(&sink, &self.to));
        let flags = if self.may_wait() {
            self.flags | NONBLOCK
        } else {
            self.flags
        };
        let count = match data::transfer(self.by, &mut source, &mut sink, self.len, flags) {
            Ok(count) => count,
            Err(Errno::EAGAIN) if self.flags & NONBLOCK == 0 => return Err(Native::Wait),
            // SIGPIPE is the caller's.
            Err(Errno::EPIPE) => return Err(Native::Type),
            Err(errno) if is_shortage(errno) => return Err(Native::Shortage),
            // The offset is written all the same, and more wrong if it cannot be.
            Err(_) if self.by == Transfer::Sendfile && self.from.offset.is_some() => {
                return Err(Native::Undecodable);
            }
            Err(errno) => return outcome::<()>(Err(errno)).map(Reply::done),
        };
        if count == 0 && self.by == Transfer::CopyFileRange {
            // It does not touch the offsets then.
            return Ok(Reply::new(Ok(0)));
        }
        let offsets = [moved(&source, &self.from), moved(&sink, &self.to)];
        Ok(Reply {
            memory: offsets.into_iter().flatten().collect(),
            // The bytes have gone; what is wrong is where the offset was to go.
            fault: Some(Errno::EFAULT),
            ..Reply::new(Ok(count.cast_signed()))
        })
    }
}
