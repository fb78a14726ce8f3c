//! File-system calls, exactly as the target asked for them.

use super::syscall;
use nix::errno::Errno;
use std::ffi::CStr;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

/// What this file's functions call.
pub const CALLS: &[i64] = &[
    libc::SYS_openat2,
    libc::SYS_statx,
    libc::SYS_mkdirat,
    libc::SYS_mknodat,
    libc::SYS_symlinkat,
    libc::SYS_linkat,
    libc::SYS_unlinkat,
    libc::SYS_faccessat2,
    libc::SYS_renameat2,
    libc::SYS_readlinkat,
    libc::SYS_getdents64,
    libc::SYS_getdents,
    libc::SYS_name_to_handle_at,
    libc::SYS_read,
    libc::SYS_pread64,
    libc::SYS_write,
    libc::SYS_pwrite64,
    libc::SYS_lseek,
    libc::SYS_fsync,
    libc::SYS_fdatasync,
    libc::SYS_fcntl,
];

/// Flags as the kernel takes them.
pub mod flag {
    pub const RESOLVE_NO_XDEV: u64 = 0x01;
    pub const RESOLVE_NO_MAGICLINKS: u64 = 0x02;
    pub const RESOLVE_NO_SYMLINKS: u64 = 0x04;
    pub const RESOLVE_BENEATH: u64 = 0x08;
    pub const RESOLVE_IN_ROOT: u64 = 0x10;
    pub const RESOLVE_CACHED: u64 = 0x20;
    pub const O_PATH: u64 = libc::O_PATH as u64;
    pub const O_DIRECTORY: u64 = libc::O_DIRECTORY as u64;
    pub const O_NOFOLLOW: u64 = libc::O_NOFOLLOW as u64;
    pub const O_CLOEXEC: u64 = libc::O_CLOEXEC as u64;
    pub const O_CREAT: u64 = libc::O_CREAT as u64;
    pub const O_EXCL: u64 = libc::O_EXCL as u64;
    pub const O_TRUNC: u64 = libc::O_TRUNC as u64;
    pub const O_NONBLOCK: u64 = libc::O_NONBLOCK as u64;
    pub const O_DIRECT: u64 = libc::O_DIRECT as u64;
    /// The bit itself, without O_DIRECTORY.
    pub const TMPFILE: u64 = (libc::O_TMPFILE & !libc::O_DIRECTORY) as u64;
}

fn fd_arg(fd: BorrowedFd<'_>) -> u64 {
    fd.as_raw_fd() as u64
}

fn ptr(path: &CStr) -> u64 {
    path.as_ptr() as u64
}

/// openat2(2): flags, mode and resolution, each in full width.
///
/// # Errors
/// The kernel's.
pub fn openat2(
    dir: BorrowedFd<'_>,
    path: &CStr,
    flags: u64,
    mode: u64,
    resolve: u64,
) -> Result<OwnedFd, Errno> {
    let how = [flags, mode, resolve];
    let args = [
        fd_arg(dir),
        ptr(path),
        how.as_ptr() as u64,
        size_of_val(&how) as u64,
        0,
        0,
    ];
    // SAFETY: a C string and an open_how (three u64), live; only read.
    let fd = unsafe { syscall(libc::SYS_openat2, args) }?;
    // SAFETY: a descriptor the kernel has just returned.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as i32) })
}

/// `struct statx`, kept as the bytes the kernel wrote.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(8))]
pub struct Statx(pub [u8; 256]);

impl Statx {
    fn u16_at(&self, at: usize) -> u16 {
        u16::from_ne_bytes([self.0[at], self.0[at + 1]])
    }
    fn u32_at(&self, at: usize) -> u32 {
        u32::from_ne_bytes(std::array::from_fn(|i| self.0[at + i]))
    }
    fn u64_at(&self, at: usize) -> u64 {
        u64::from_ne_bytes(std::array::from_fn(|i| self.0[at + i]))
    }
    #[must_use]
    pub fn mask(&self) -> u32 {
        self.u32_at(0)
    }
    #[must_use]
    pub fn blksize(&self) -> u32 {
        self.u32_at(4)
    }
    #[must_use]
    pub fn attributes(&self) -> u64 {
        self.u64_at(8)
    }
    #[must_use]
    pub fn nlink(&self) -> u32 {
        self.u32_at(16)
    }
    #[must_use]
    pub fn uid(&self) -> u32 {
        self.u32_at(20)
    }
    #[must_use]
    pub fn gid(&self) -> u32 {
        self.u32_at(24)
    }
    #[must_use]
    pub fn mode(&self) -> u16 {
        self.u16_at(28)
    }
    #[must_use]
    pub fn ino(&self) -> u64 {
        self.u64_at(32)
    }
    #[must_use]
    pub fn size(&self) -> u64 {
        self.u64_at(40)
    }
    #[must_use]
    pub fn blocks(&self) -> u64 {
        self.u64_at(48)
    }
    /// Seconds and nanoseconds of access, modification and status change, in this order.
    #[must_use]
    pub fn times(&self) -> [(i64, u32); 3] {
        // atime 64, btime 80, ctime 96, mtime 112
        [64, 112, 96].map(|at| (self.u64_at(at).cast_signed(), self.u32_at(at + 8)))
    }
    #[must_use]
    pub fn rdev(&self) -> (u32, u32) {
        (self.u32_at(128), self.u32_at(132))
    }
    #[must_use]
    pub fn dev(&self) -> (u32, u32) {
        (self.u32_at(136), self.u32_at(140))
    }
    #[must_use]
    pub fn mount_id(&self) -> u64 {
        self.u64_at(144)
    }
    /// The `S_IFMT` part of the mode.
    #[must_use]
    pub fn file_type(&self) -> u32 {
        u32::from(self.mode()) & libc::S_IFMT
    }
}

/// statx(2), flags and mask in full width.
///
/// # Errors
/// The kernel's.
pub fn statx(dir: BorrowedFd<'_>, path: &CStr, flags: u64, mask: u64) -> Result<Statx, Errno> {
    let mut out = Statx([0; 256]);
    let args = [fd_arg(dir), ptr(path), flags, mask, &raw mut out as u64, 0];
    // SAFETY: a C string to read and a struct statx (256 bytes) to write, both live.
    unsafe { syscall(libc::SYS_statx, args) }?;
    Ok(out)
}

/// statx(2) of the open file itself.
///
/// # Errors
/// The kernel's.
pub fn statx_fd(file: BorrowedFd<'_>, mask: u64) -> Result<Statx, Errno> {
    statx(file, c"", libc::AT_EMPTY_PATH as u64, mask)
}

/// A call with a directory, a path and plain numbers.
///
/// # Errors
/// The kernel's.
fn at(nr: i64, dir: BorrowedFd<'_>, path: &CStr, rest: [u64; 2]) -> Result<(), Errno> {
    let args = [fd_arg(dir), ptr(path), rest[0], rest[1], 0, 0];
    // SAFETY: only called with numbers of calls that read a C string and take plain numbers.
    unsafe { syscall(nr, args) }.map(drop)
}

/// mkdirat(2).
///
/// # Errors
/// The kernel's.
pub fn mkdirat(dir: BorrowedFd<'_>, path: &CStr, mode: u64) -> Result<(), Errno> {
    at(libc::SYS_mkdirat, dir, path, [mode, 0])
}

/// mknodat(2).
///
/// # Errors
/// The kernel's.
pub fn mknodat(dir: BorrowedFd<'_>, path: &CStr, mode: u64, device: u64) -> Result<(), Errno> {
    at(libc::SYS_mknodat, dir, path, [mode, device])
}

/// symlinkat(2).
///
/// # Errors
/// The kernel's.
pub fn symlinkat(text: &CStr, dir: BorrowedFd<'_>, path: &CStr) -> Result<(), Errno> {
    let args = [ptr(text), fd_arg(dir), ptr(path), 0, 0, 0];
    // SAFETY: two live C strings, only read; a plain number.
    unsafe { syscall(libc::SYS_symlinkat, args) }.map(drop)
}

/// linkat(2).
///
/// # Errors
/// The kernel's.
pub fn linkat(
    from: (BorrowedFd<'_>, &CStr),
    to: (BorrowedFd<'_>, &CStr),
    flags: u64,
) -> Result<(), Errno> {
    two_names(libc::SYS_linkat, from, to, flags)
}

/// unlinkat(2).
///
/// # Errors
/// The kernel's.
pub fn unlinkat(dir: BorrowedFd<'_>, path: &CStr, flags: u64) -> Result<(), Errno> {
    at(libc::SYS_unlinkat, dir, path, [flags, 0])
}

/// faccessat2(2).
///
/// # Errors
/// The kernel's.
pub fn faccessat2(dir: BorrowedFd<'_>, path: &CStr, mode: u64, flags: u64) -> Result<(), Errno> {
    at(libc::SYS_faccessat2, dir, path, [mode, flags])
}

/// renameat2(2).
///
/// # Errors
/// The kernel's.
pub fn renameat2(
    from: (BorrowedFd<'_>, &CStr),
    to: (BorrowedFd<'_>, &CStr),
    flags: u64,
) -> Result<(), Errno> {
    two_names(libc::SYS_renameat2, from, to, flags)
}

fn two_names(
    nr: i64,
    from: (BorrowedFd<'_>, &CStr),
    to: (BorrowedFd<'_>, &CStr),
    flags: u64,
) -> Result<(), Errno> {
    let args = [
        fd_arg(from.0),
        ptr(from.1),
        fd_arg(to.0),
        ptr(to.1),
        flags,
        0,
    ];
    // SAFETY: two live C strings, only read; plain numbers.
    unsafe { syscall(nr, args) }.map(drop)
}

/// readlinkat(2) into `out`; returns the bytes placed there.
///
/// # Errors
/// The kernel's.
pub fn readlinkat(dir: BorrowedFd<'_>, path: &CStr, out: &mut [u8]) -> Result<usize, Errno> {
    let args = [
        fd_arg(dir),
        ptr(path),
        out.as_mut_ptr() as u64,
        out.len() as u64,
        0,
        0,
    ];
    // SAFETY: a live C string, and a buffer writable for the length given.
    unsafe { syscall(libc::SYS_readlinkat, args) }.map(|n| n as usize)
}

/// A call on a descriptor that fills a buffer: getdents64, read, pread64.
fn fill(nr: i64, file: BorrowedFd<'_>, out: &mut [u8], offset: u64) -> Result<usize, Errno> {
    let args = [
        fd_arg(file),
        out.as_mut_ptr() as u64,
        out.len() as u64,
        offset,
        0,
        0,
    ];
    // SAFETY: only called with numbers of calls that write at most `len` bytes to `out`.
    unsafe { syscall(nr, args) }.map(|n| n as usize)
}

/// getdents64(2), raw records.
///
/// # Errors
/// The kernel's.
pub fn getdents64(dir: BorrowedFd<'_>, out: &mut [u8]) -> Result<usize, Errno> {
    fill(libc::SYS_getdents64, dir, out, 0)
}

/// getdents(2), raw records.
///
/// # Errors
/// The kernel's.
pub fn getdents(dir: BorrowedFd<'_>, out: &mut [u8]) -> Result<usize, Errno> {
    fill(libc::SYS_getdents, dir, out, 0)
}

/// `struct file_handle` with the largest handle (`MAX_HANDLE_SZ`), and the mount's id.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(8))]
pub struct Handle {
    pub mount: [u8; 8],
    pub bytes: [u8; 8 + 128],
}

/// name_to_handle_at(2) of an open file; `handle` has the size that is asked for.
///
/// # Errors
/// The kernel's; with EOVERFLOW `handle` has the size that is needed.
pub fn handle_of(file: BorrowedFd<'_>, handle: &mut Handle, flags: u64) -> Result<(), Errno> {
    let args = [
        fd_arg(file),
        ptr(c""),
        handle.bytes.as_mut_ptr() as u64,
        handle.mount.as_mut_ptr() as u64,
        flags | libc::AT_EMPTY_PATH as u64,
        0,
    ];
    // SAFETY: a live C string, room for the largest handle and for either kind of mount id.
    unsafe { syscall(libc::SYS_name_to_handle_at, args) }.map(drop)
}

/// read(2), at the shared position.
///
/// # Errors
/// The kernel's.
pub fn read(file: BorrowedFd<'_>, out: &mut [u8]) -> Result<usize, Errno> {
    fill(libc::SYS_read, file, out, 0)
}

/// pread64(2).
///
/// # Errors
/// The kernel's.
pub fn pread(file: BorrowedFd<'_>, out: &mut [u8], offset: u64) -> Result<usize, Errno> {
    fill(libc::SYS_pread64, file, out, offset)
}

fn drain(nr: i64, file: BorrowedFd<'_>, data: &[u8], offset: u64) -> Result<usize, Errno> {
    let args = [
        fd_arg(file),
        data.as_ptr() as u64,
        data.len() as u64,
        offset,
        0,
        0,
    ];
    // SAFETY: only called with numbers of calls that read at most `len` bytes of `data`.
    unsafe { syscall(nr, args) }.map(|n| n as usize)
}

/// write(2), at the shared position.
///
/// # Errors
/// The kernel's.
pub fn write(file: BorrowedFd<'_>, data: &[u8]) -> Result<usize, Errno> {
    drain(libc::SYS_write, file, data, 0)
}

/// pwrite64(2).
///
/// # Errors
/// The kernel's.
pub fn pwrite(file: BorrowedFd<'_>, data: &[u8], offset: u64) -> Result<usize, Errno> {
    drain(libc::SYS_pwrite64, file, data, offset)
}

/// lseek(2) by raw numbers.
///
/// # Errors
/// The kernel's.
pub fn lseek(file: BorrowedFd<'_>, offset: i64, whence: i32) -> Result<u64, Errno> {
    let args = [fd_arg(file), offset.cast_unsigned(), whence as u64, 0, 0, 0];
    // SAFETY: plain numbers.
    unsafe { syscall(libc::SYS_lseek, args) }
}

/// fsync(2), or with `data_only` fdatasync(2).
///
/// # Errors
/// The kernel's.
pub fn sync(file: BorrowedFd<'_>, data_only: bool) -> Result<(), Errno> {
    let nr = if data_only {
        libc::SYS_fdatasync
    } else {
        libc::SYS_fsync
    };
    // SAFETY: a plain number.
    unsafe { syscall(nr, [fd_arg(file), 0, 0, 0, 0, 0]) }.map(drop)
}

/// The status flags of an open file (`F_GETFL`).
///
/// # Errors
/// EBADF.
pub fn status_flags(file: BorrowedFd<'_>) -> Result<u64, Errno> {
    let args = [fd_arg(file), libc::F_GETFL as u64, 0, 0, 0, 0];
    // SAFETY: plain numbers.
    unsafe { syscall(libc::SYS_fcntl, args) }
}

/// Sets those status flags that can be changed (`F_SETFL`).
///
/// # Errors
/// The kernel's.
pub fn set_status_flags(file: BorrowedFd<'_>, flags: u64) -> Result<(), Errno> {
    let args = [fd_arg(file), libc::F_SETFL as u64, flags, 0, 0, 0];
    // SAFETY: plain numbers.
    unsafe { syscall(libc::SYS_fcntl, args) }.map(drop)
}

/// The bytes of fstat(2), with the padding the kernel zeroes.
///
/// # Errors
/// The kernel's.
#[cfg(test)]
pub fn raw_fstat(file: BorrowedFd<'_>) -> Result<Vec<u8>, Errno> {
    let mut out = vec![0u8; size_of::<libc::stat>()];
    let args = [fd_arg(file), out.as_mut_ptr() as u64, 0, 0, 0, 0];
    // SAFETY: a buffer of the size of struct stat.
    unsafe { syscall(libc::SYS_fstat, args) }?;
    Ok(out)
}
