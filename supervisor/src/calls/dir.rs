//! getdents, getdents64: getdents(2).

use super::rw::LARGEST;
use super::stage::outcome;
use super::{Args, Call, Native, Position, Reply, Stage, Undo};
use crate::mounts::IDENTIFYING;
use crate::sys::file;
use crate::target::zeroed;
use nix::errno::Errno;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

#[derive(Debug)]
pub struct Getdents {
    dir: OwnedFd,
    out: u64,
    size: usize,
    list: List,
}

/// Fills a buffer with entries: the two calls have records of their own.
type List = fn(BorrowedFd<'_>, &mut [u8]) -> Result<usize, Errno>;

pub fn getdents(args: &mut Args<'_>) -> Result<Getdents, Native> {
    listed(args, file::getdents)
}

pub fn getdents64(args: &mut Args<'_>) -> Result<Getdents, Native> {
    listed(args, file::getdents64)
}

fn listed(args: &mut Args<'_>, list: List) -> Result<Getdents, Native> {
    let size = args.uint(2) as usize;
    if size > LARGEST {
        return Err(Native::Size);
    }
    Ok(Getdents {
        dir: args.file(0)?,
        out: args.buffer(1, size)?,
        size,
        list,
    })
}

impl Call for Getdents {
    fn perform(self, stage: &Stage<'_>) -> Result<Reply, Native> {
        let Getdents {
            dir,
            out,
            size,
            list,
        } = self;
        let (stat, _) = stage.look_at_file(dir.as_fd(), IDENTIFYING)?;
        if stat.file_type() != libc::S_IFDIR {
            return Err(Native::Type);
        }
        let before = file::lseek(dir.as_fd(), 0, libc::SEEK_CUR).map_err(|_| Native::Type)?;
        let mut buffer = zeroed(size).map_err(|_| Native::Shortage)?;
        let result = list(dir.as_fd(), &mut buffer);
        Ok(match outcome(result)? {
            Ok(len) => {
                buffer.truncate(len);
                let undo = Some(Undo {
                    file: dir,
                    to: Position::At(before.cast_signed()),
                });
                Reply {
                    undo,
                    ..Reply::with_memory(len as i64, out, buffer)
                }
            }
            Err(errno) => Reply::error(errno),
        })
    }
}
