//! Reads of more than a worker holds: in pieces, where natively, too, nothing
//! keeps them together.
//!
//! Writes of that size are native: the kernel makes one step of each.

use super::{Native, Part, Reply, Stage, Stream};
use crate::mounts::IDENTIFYING;
use crate::sys::{file, mount};
use std::os::fd::{AsFd, OwnedFd};

/// `MAX_RW_COUNT`: no call moves more.
const MOST: usize = 0x7fff_f000;
/// ext2 to ext4, tmpfs, btrfs: a read takes no lock, page after page is copied.
const PIECEMEAL: &[u64] = &[0xef53, 0x0102_1994, 0x9123_683e];
/// `STATX_ATTR_DAX`: then it does take one.
const ATTR_DAX: u64 = 0x20_0000;

/// A read into `parts`, at `offset` or the shared position.
///
/// # Errors
/// [`Native`] where it cannot be told what natively would be one step.
pub fn stream(
    stage: &Stage<'_>,
    file: OwnedFd,
    parts: Vec<Part>,
    offset: Option<u64>,
) -> Result<Reply, Native> {
    let mask = IDENTIFYING | u64::from(libc::STATX_SIZE);
    let (stat, _) = stage.look_at_file(file.as_fd(), mask)?;
    let magic = mount::magic(file.as_fd()).map_err(|_| Native::FileSystem)?;
    if !PIECEMEAL.contains(&magic) || stat.attributes() & ATTR_DAX != 0 {
        return Err(Native::Size);
    }
    let parts = no_more_than(MOST, parts);
    let wanted = parts.iter().map(|part| part.len as u64).sum();
    let (offset, claimed, parts) = match offset {
        Some(offset) if ends_beyond(offset, wanted) => return Err(Native::Undecodable),
        Some(offset) => (offset, 0, parts),
        None => {
            let (offset, there) = claim(stage, &file, wanted, stat.size())?;
            (offset, there, no_more_than(there as usize, parts))
        }
    };
    Ok(Reply {
        stream: Some(Stream {
            file,
            offset,
            parts,
            claimed,
        }),
        ..Reply::new(Ok(0))
    })
}

/// Whether the end of `len` bytes at `offset` is no position any more.
fn ends_beyond(offset: u64, len: u64) -> bool {
    i64::try_from(offset.saturating_add(len)).is_err()
}

fn no_more_than(mut most: usize, mut parts: Vec<Part>) -> Vec<Part> {
    for part in &mut parts {
        part.len = part.len.min(most);
        most -= part.len;
    }
    parts
}

/// Moves the shared position over what is to be read, in one step, so that
/// nobody else gets it; where from, and by how much. Others would see it move
/// before the bytes are there: only for a thread that is alone.
fn claim(stage: &Stage<'_>, file: &OwnedFd, wanted: u64, size: u64) -> Result<(u64, u64), Native> {
    if !stage.alone {
        return Err(Native::Size);
    }
    let position = file::lseek(file.as_fd(), 0, libc::SEEK_CUR).map_err(|_| Native::Type)?;
    if ends_beyond(position, wanted) {
        return Err(Native::Undecodable);
    }
    let there = wanted.min(size.saturating_sub(position));
    let moved = file::lseek(file.as_fd(), there.cast_signed(), libc::SEEK_CUR);
    let moved = moved.map_err(|_| Native::Type)?;
    Ok((moved - there, there))
}
