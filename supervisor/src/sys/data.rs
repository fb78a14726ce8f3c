//! Data between files, and to the disk.

use super::syscall;
use nix::errno::Errno;
use std::os::fd::{AsRawFd, BorrowedFd};

/// What this file's functions call.
pub const CALLS: &[i64] = &[
    libc::SYS_preadv2,
    libc::SYS_pwritev2,
    libc::SYS_copy_file_range,
    libc::SYS_sendfile,
    libc::SYS_splice,
    libc::SYS_tee,
    libc::SYS_sync,
    libc::SYS_syncfs,
    libc::SYS_sync_file_range,
];

/// At the shared position: preadv2(2).
pub const AT_POSITION: u64 = u64::MAX;

fn number(fd: BorrowedFd<'_>) -> u64 {
    fd.as_raw_fd() as u64
}

/// preadv2(2) into one buffer.
///
/// # Errors
/// The kernel's.
pub fn read(file: BorrowedFd<'_>, out: &mut [u8], offset: u64, flags: u64) -> Result<usize, Errno> {
    let iov = [out.as_mut_ptr() as u64, out.len() as u64];
    let args = [number(file), iov.as_ptr() as u64, 1, offset, 0, flags];
    // SAFETY: one iovec of a buffer writable for the length given.
    unsafe { syscall(libc::SYS_preadv2, args) }.map(|n| n as usize)
}

/// pwritev2(2) of one buffer.
///
/// # Errors
/// The kernel's.
pub fn write(file: BorrowedFd<'_>, data: &[u8], offset: u64, flags: u64) -> Result<usize, Errno> {
    let iov = [data.as_ptr() as u64, data.len() as u64];
    let args = [number(file), iov.as_ptr() as u64, 1, offset, 0, flags];
    // SAFETY: one iovec of a live buffer of the length given; only read.
    unsafe { syscall(libc::SYS_pwritev2, args) }.map(|n| n as usize)
}

/// One end of a transfer, and where in it; the shared position without an offset.
#[derive(Debug)]
pub struct End<'a> {
    pub file: BorrowedFd<'a>,
    pub offset: Option<u64>,
}

impl End<'_> {
    fn pointer(&mut self) -> u64 {
        self.offset
            .as_mut()
            .map_or(0, |offset| &raw mut *offset as u64)
    }
}

/// Which call moves bytes from one descriptor to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transfer {
    CopyFileRange,
    Sendfile,
    Splice,
    Tee,
}

/// copy_file_range(2), sendfile(2), splice(2) or tee(2). Offsets are updated.
///
/// # Errors
/// The kernel's.
pub fn transfer(
    by: Transfer,
    from: &mut End<'_>,
    to: &mut End<'_>,
    len: u64,
    flags: u64,
) -> Result<u64, Errno> {
    let (source, sink) = (number(from.file), number(to.file));
    let (nr, args) = match by {
        Transfer::CopyFileRange => (
            libc::SYS_copy_file_range,
            [source, from.pointer(), sink, to.pointer(), len, flags],
        ),
        Transfer::Splice => (
            libc::SYS_splice,
            [source, from.pointer(), sink, to.pointer(), len, flags],
        ),
        Transfer::Sendfile => (
            libc::SYS_sendfile,
            [sink, source, from.pointer(), len, 0, 0],
        ),
        Transfer::Tee => (libc::SYS_tee, [source, sink, len, flags, 0, 0]),
    };
    // SAFETY: plain numbers, and addresses of offsets that live across the call, or null.
    unsafe { syscall(nr, args) }
}

/// sync(2).
pub fn sync() {
    // SAFETY: no arguments; it cannot fail.
    let _ = unsafe { syscall(libc::SYS_sync, [0; 6]) };
}

/// syncfs(2).
///
/// # Errors
/// The kernel's.
pub fn syncfs(file: BorrowedFd<'_>) -> Result<(), Errno> {
    // SAFETY: plain numbers.
    unsafe { syscall(libc::SYS_syncfs, [number(file), 0, 0, 0, 0, 0]) }.map(drop)
}

/// sync_file_range(2).
///
/// # Errors
/// The kernel's.
pub fn sync_file_range(
    file: BorrowedFd<'_>,
    offset: u64,
    len: u64,
    flags: u64,
) -> Result<(), Errno> {
    let args = [number(file), offset, len, flags, 0, 0];
    // SAFETY: plain numbers.
    unsafe { syscall(libc::SYS_sync_file_range, args) }.map(drop)
}
