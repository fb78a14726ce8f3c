//! Attributes of files: by descriptor, or by a path that leads to what a descriptor stands for.

use super::syscall;
use nix::errno::Errno;
use nix::fcntl::AT_FDCWD;
use std::ffi::CStr;
use std::os::fd::{AsRawFd, BorrowedFd};

/// What this file's functions call.
pub const CALLS: &[i64] = &[
    libc::SYS_fchmodat,
    libc::SYS_fchmod,
    libc::SYS_fchownat,
    libc::SYS_fchown,
    libc::SYS_utimensat,
    libc::SYS_truncate,
    libc::SYS_ftruncate,
    libc::SYS_fallocate,
    libc::SYS_fstatfs,
    libc::SYS_getxattr,
    libc::SYS_fgetxattr,
    libc::SYS_setxattr,
    libc::SYS_fsetxattr,
    libc::SYS_listxattr,
    libc::SYS_flistxattr,
    libc::SYS_removexattr,
    libc::SYS_fremovexattr,
];

/// What a call acts on.
#[derive(Clone, Copy, Debug)]
pub enum On<'a> {
    Path(&'a CStr),
    File(BorrowedFd<'a>),
}

/// `struct timespec` twice: access and modification, utimensat(2).
pub type Times = [[i64; 2]; 2];

const HERE: BorrowedFd<'static> = AT_FDCWD;

fn number(fd: BorrowedFd<'_>) -> u64 {
    fd.as_raw_fd() as u64
}

fn text(path: &CStr) -> u64 {
    path.as_ptr() as u64
}

impl On<'_> {
    /// Calls `by_path` or `by_file`, with the path or descriptor first.
    ///
    /// # Safety
    /// Both calls must take either first, and `rest` as what follows.
    unsafe fn call(self, by_path: i64, by_file: i64, rest: [u64; 4]) -> Result<u64, Errno> {
        let [a, b, c, d] = rest;
        let (nr, first) = match self {
            On::Path(path) => (by_path, text(path)),
            On::File(file) => (by_file, number(file)),
        };
        // SAFETY: the caller's promise; the path lives across the call.
        unsafe { syscall(nr, [first, a, b, c, d, 0]) }
    }
}

/// chmod(2), fchmod(2).
///
/// # Errors
/// The kernel's.
pub fn chmod(on: On<'_>, mode: u64) -> Result<(), Errno> {
    let (nr, args) = match on {
        On::Path(path) => (libc::SYS_fchmodat, [number(HERE), text(path), mode]),
        On::File(file) => (libc::SYS_fchmod, [number(file), mode, 0]),
    };
    // SAFETY: a live C string, or plain numbers.
    unsafe { syscall(nr, [args[0], args[1], args[2], 0, 0, 0]) }.map(drop)
}

/// chown(2), fchown(2).
///
/// # Errors
/// The kernel's.
pub fn chown(on: On<'_>, uid: u64, gid: u64) -> Result<(), Errno> {
    let (nr, args) = match on {
        On::Path(path) => (libc::SYS_fchownat, [number(HERE), text(path), uid, gid]),
        On::File(file) => (libc::SYS_fchown, [number(file), uid, gid, 0]),
    };
    // SAFETY: a live C string, or plain numbers.
    unsafe { syscall(nr, [args[0], args[1], args[2], args[3], 0, 0]) }.map(drop)
}

/// utimensat(2); `None` is now.
///
/// # Errors
/// The kernel's.
pub fn set_times(on: On<'_>, times: Option<&Times>) -> Result<(), Errno> {
    let (dir, path) = match on {
        On::Path(path) => (HERE, text(path)),
        On::File(file) => (file, 0),
    };
    let times = times.map_or(0, |times| times.as_ptr() as u64);
    // SAFETY: a live C string or none, two live structures or none; only read.
    unsafe { syscall(libc::SYS_utimensat, [number(dir), path, times, 0, 0, 0]) }.map(drop)
}

/// truncate(2), ftruncate(2).
///
/// # Errors
/// The kernel's.
pub fn truncate(on: On<'_>, length: u64) -> Result<(), Errno> {
    // SAFETY: a length follows in both.
    unsafe { on.call(libc::SYS_truncate, libc::SYS_ftruncate, [length, 0, 0, 0]) }.map(drop)
}

/// fallocate(2).
///
/// # Errors
/// The kernel's.
pub fn fallocate(file: BorrowedFd<'_>, mode: u64, offset: u64, len: u64) -> Result<(), Errno> {
    // SAFETY: plain numbers.
    unsafe { syscall(libc::SYS_fallocate, [number(file), mode, offset, len, 0, 0]) }.map(drop)
}

/// Size of `struct statfs`.
const STATFS: usize = 120;

/// The bytes of fstatfs(2).
///
/// # Errors
/// The kernel's.
pub fn fstatfs(file: BorrowedFd<'_>) -> Result<Vec<u8>, Errno> {
    let mut out = vec![0u8; STATFS];
    let args = [number(file), out.as_mut_ptr() as u64, 0, 0, 0, 0];
    // SAFETY: a buffer of the size of struct statfs.
    unsafe { syscall(libc::SYS_fstatfs, args) }?;
    Ok(out)
}

/// getxattr(2), fgetxattr(2); an empty `out` asks for the size.
///
/// # Errors
/// The kernel's.
pub fn get_xattr(on: On<'_>, name: &CStr, out: &mut [u8]) -> Result<usize, Errno> {
    let rest = [text(name), out.as_mut_ptr() as u64, out.len() as u64, 0];
    // SAFETY: a live C string, and a buffer writable for the length given.
    unsafe { on.call(libc::SYS_getxattr, libc::SYS_fgetxattr, rest) }.map(|n| n as usize)
}

/// setxattr(2), fsetxattr(2).
///
/// # Errors
/// The kernel's.
pub fn set_xattr(on: On<'_>, name: &CStr, value: &[u8], flags: u64) -> Result<(), Errno> {
    let rest = [text(name), value.as_ptr() as u64, value.len() as u64, flags];
    // SAFETY: a live C string and a live buffer of the length given; only read.
    unsafe { on.call(libc::SYS_setxattr, libc::SYS_fsetxattr, rest) }.map(drop)
}

/// listxattr(2), flistxattr(2); an empty `out` asks for the size.
///
/// # Errors
/// The kernel's.
pub fn list_xattr(on: On<'_>, out: &mut [u8]) -> Result<usize, Errno> {
    let rest = [out.as_mut_ptr() as u64, out.len() as u64, 0, 0];
    // SAFETY: a buffer writable for the length given.
    unsafe { on.call(libc::SYS_listxattr, libc::SYS_flistxattr, rest) }.map(|n| n as usize)
}

/// removexattr(2), fremovexattr(2).
///
/// # Errors
/// The kernel's.
pub fn remove_xattr(on: On<'_>, name: &CStr) -> Result<(), Errno> {
    let rest = [text(name), 0, 0, 0];
    // SAFETY: a live C string, only read.
    unsafe { on.call(libc::SYS_removexattr, libc::SYS_fremovexattr, rest) }.map(drop)
}
