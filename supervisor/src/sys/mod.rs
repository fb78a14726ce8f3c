//! The kernel interface: the only unsafe code of the supervisor.
//!
//! Calls are made raw, with the very numbers the target gave: a wrapper that
//! drops a flag bit it does not know would make a call succeed that should
//! fail. Nothing here imports anything of ours.

pub mod attr;
pub mod creds;
pub mod data;
pub mod file;
pub mod memory;
pub mod mount;
pub mod net;
pub mod notify;
pub mod probe;
pub mod process;
pub mod shared;
pub mod stdio;

use nix::errno::Errno;

/// A system call with plain numbers for arguments.
///
/// # Errors
/// The kernel's.
///
/// # Safety
/// Arguments that are addresses must be valid for what call `nr` does with them.
pub(crate) unsafe fn syscall(nr: i64, args: [u64; 6]) -> Result<u64, Errno> {
    // SAFETY: the caller vouches for addresses; numbers cannot hurt.
    let result = unsafe { libc::syscall(nr, args[0], args[1], args[2], args[3], args[4], args[5]) };
    Errno::result(result).map(|r| r as u64)
}
