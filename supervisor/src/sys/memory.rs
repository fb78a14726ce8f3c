//! The target's memory: process_vm_readv(2), process_vm_writev(2).

use nix::errno::Errno;
use nix::sys::uio::{RemoteIoVec, process_vm_readv, process_vm_writev};
use nix::unistd::Pid;
use std::io::{IoSlice, IoSliceMut};

/// Reads from `address` until `into` is full or memory ends; returns the
/// bytes read, which may be fewer than asked.
///
/// # Errors
/// EFAULT when not even the first byte is readable; EPERM when the process
/// is not dumpable; ESRCH when it is gone.
pub fn read(tid: i32, address: u64, into: &mut [u8]) -> Result<usize, Errno> {
    let remote = [RemoteIoVec {
        base: address as usize,
        len: into.len(),
    }];
    process_vm_readv(Pid::from_raw(tid), &mut [IoSliceMut::new(into)], &remote)
}

/// Writes to each address its bytes, up to the first that cannot be written;
/// returns the bytes written, which may be fewer. Unlike /proc/TID/mem it
/// respects page protections, as the kernel's own copy to the program does.
///
/// # Errors
/// As [`read`].
pub fn write<'a>(tid: i32, parts: impl Iterator<Item = (u64, &'a [u8])>) -> Result<usize, Errno> {
    let (remote, local): (Vec<_>, Vec<_>) = parts
        .map(|(address, from)| {
            let base = address as usize;
            let len = from.len();
            (RemoteIoVec { base, len }, IoSlice::new(from))
        })
        .unzip();
    process_vm_writev(Pid::from_raw(tid), &local, &remote)
}
