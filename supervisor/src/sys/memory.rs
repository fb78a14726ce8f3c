//! The target's memory: process_vm_readv(2), process_vm_writev(2), and what is mapped where.

use super::syscall;
use nix::errno::Errno;
use nix::sys::uio::{RemoteIoVec, process_vm_readv, process_vm_writev};
use nix::unistd::Pid;
use std::io::{IoSlice, IoSliceMut};
use std::os::fd::{AsRawFd, BorrowedFd};

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

/// `PROCMAP_QUERY` of linux/fs.h, Linux 6.11.
pub const IOCTL_PROCMAP_QUERY: u64 = 0xc068_6611;
const VMA_WRITABLE: u64 = 0x02;
const VMA_SHARED: u64 = 0x08;

/// `struct procmap_query`.
#[repr(C)]
#[derive(Default)]
struct MapQuery {
    size: u64,
    flags: u64,
    address: u64,
    start: u64,
    end: u64,
    vma_flags: u64,
    page_size: u64,
    offset: u64,
    inode: u64,
    device: [u32; 2],
    name_size: u32,
    build_id_size: u32,
    name: u64,
    build_id: u64,
}

/// Where the writable mapping at `address` ends, by the maps file of its
/// process, see proc_pid_maps(5). A file that others share does not count: it
/// may be cut short.
///
/// # Errors
/// ENOENT when there is none; ENOTTY before Linux 6.11.
pub fn writable_until(maps: BorrowedFd<'_>, address: u64) -> Result<u64, Errno> {
    let mut query = MapQuery {
        size: size_of::<MapQuery>() as u64,
        flags: VMA_WRITABLE,
        address,
        ..MapQuery::default()
    };
    let args = [
        maps.as_raw_fd() as u64,
        IOCTL_PROCMAP_QUERY,
        &raw mut query as u64,
        0,
        0,
        0,
    ];
    // SAFETY: a structure of the size it names, to read and write.
    unsafe { syscall(libc::SYS_ioctl, args) }?;
    match query.vma_flags & VMA_SHARED != 0 && query.inode != 0 {
        true => Err(Errno::ENOENT),
        false => Ok(query.end),
    }
}
