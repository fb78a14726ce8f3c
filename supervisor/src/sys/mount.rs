//! Which file system a mount is of, without touching it.

use super::syscall;
use nix::errno::Errno;
use std::ffi::CStr;
use std::os::fd::{AsRawFd, BorrowedFd};

/// `SYS_statmount`, Linux 6.8; the same number on every architecture.
pub const SYS_STATMOUNT: i64 = 457;
const MNT_ID_REQ_SIZE: u32 = 24;
const STATMOUNT_SB_BASIC: u64 = 0x1;
const STATMOUNT_FS_TYPE: u64 = 0x20;

/// `struct statmount` up to where its strings begin, and room for the one we ask.
#[repr(C, align(8))]
struct Statmount {
    size: u32,
    mnt_opts: u32,
    mask: u64,
    sb_dev: [u32; 2],
    sb_magic: u64,
    sb_flags: u32,
    fs_type: u32,
    rest: [u8; 512 - 40],
    strings: [u8; 128],
}

/// The type of a mount's file system, as in /proc/self/mountinfo: "ext4", "fuse".
///
/// `mount_id` is the unique one of statx(2) (`STATX_MNT_ID_UNIQUE`, Linux 6.8).
///
/// # Errors
/// ENOENT when the mount is gone or not in this namespace; ENOSYS before Linux 6.8.
pub fn type_name(mount_id: u64) -> Result<String, Errno> {
    #[repr(C)]
    struct Request {
        size: u32,
        spare: u32,
        mnt_id: u64,
        param: u64,
    }
    let request = Request {
        size: MNT_ID_REQ_SIZE,
        spare: 0,
        mnt_id: mount_id,
        param: STATMOUNT_SB_BASIC | STATMOUNT_FS_TYPE,
    };
    // SAFETY: plain numbers, for which zero is valid.
    let mut out: Statmount = unsafe { std::mem::zeroed() };
    let args = [
        &raw const request as u64,
        &raw mut out as u64,
        size_of::<Statmount>() as u64,
        0,
        0,
        0,
    ];
    // SAFETY: a live request of the size it names, and a buffer of the size given.
    unsafe { syscall(SYS_STATMOUNT, args) }?;
    if out.mask & STATMOUNT_FS_TYPE == 0 {
        return Err(Errno::ENODATA);
    }
    let text = out
        .strings
        .get(out.fs_type as usize..)
        .ok_or(Errno::ERANGE)?;
    let text = CStr::from_bytes_until_nul(text).map_err(|_| Errno::ERANGE)?;
    Ok(text.to_string_lossy().into_owned())
}

/// The magic number of the file system an open file lies on: fstatfs(2).
///
/// # Errors
/// The kernel's. Asks the file system itself, so it can block.
pub fn magic(file: BorrowedFd<'_>) -> Result<u64, Errno> {
    // SAFETY: plain numbers, for which zero is valid.
    let mut out: libc::statfs = unsafe { std::mem::zeroed() };
    // SAFETY: a live statfs to write.
    Errno::result(unsafe { libc::fstatfs(file.as_raw_fd(), &raw mut out) })?;
    Ok(out.f_type as u64)
}
