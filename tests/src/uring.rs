//! The least that makes an operation through a ring: one at a time, waited for. io_uring(7)
//!
//! # Safety
//! What an operation's address points to lives until [`Ring::make`] has returned.

use nix::errno::Errno;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::sync::atomic::{AtomicU32, Ordering};

/// The start of `struct io_uring_sqe`; the rest is zero.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
pub struct Operation {
    pub opcode: u8,
    pub flags: u8,
    pub ioprio: u16,
    pub fd: i32,
    pub offset: u64,
    pub address: u64,
    pub length: u32,
    /// The flags of open, rename, fsync …
    pub of_the_call: u32,
    pub user_data: u64,
    pub rest: [u64; 3],
}

#[derive(Debug)]
pub struct Ring {
    fd: OwnedFd,
    /// Both rings lie in one mapping.
    rings: usize,
    entries: usize,
    params: Params,
}

/// `struct io_uring_params`: ten words, then the offsets within the two rings.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
struct Params {
    head: [u32; 10],
    submitted: [u32; 10],
    completed: [u32; 10],
}

const HEAD: usize = 0;
const TAIL: usize = 1;
const MASK: usize = 2;
/// Of the submitted ones.
const ARRAY: usize = 6;
/// Of the completed ones.
const RESULTS: usize = 5;

const ENTRIES_AT: i64 = 0x1000_0000;
const SIZE: usize = 4096;

impl Ring {
    pub fn new() -> nix::Result<Self> {
        let mut params = Params::default();
        // SAFETY: a structure of the kernel's size to read and write.
        let fd = unsafe { libc::syscall(libc::SYS_io_uring_setup, 4, &raw mut params) };
        // SAFETY: the kernel just gave us this descriptor and nobody else knows it.
        let fd = unsafe { OwnedFd::from_raw_fd(Errno::result(fd)? as i32) };
        let rings = map(&fd, 0)?;
        let entries = map(&fd, ENTRIES_AT)?;
        Ok(Self {
            fd,
            rings,
            entries,
            params,
        })
    }

    fn word(&self, offset: u32) -> &AtomicU32 {
        // SAFETY: the kernel's offset into the mapping, which is never unmapped.
        unsafe { AtomicU32::from_ptr((self.rings + offset as usize) as *mut u32) }
    }

    /// The operation's result: minus the errno when it failed.
    pub fn make(&mut self, operation: Operation) -> i64 {
        let [submitted, completed] = [self.params.submitted, self.params.completed];
        let tail = self.word(submitted[TAIL]).load(Ordering::Relaxed);
        let place = tail & self.word(submitted[MASK]).load(Ordering::Relaxed);
        let entry = self.entries + place as usize * size_of::<Operation>();
        // SAFETY: an entry of the mapping; the kernel does not look at it before the tail has moved.
        unsafe { (entry as *mut Operation).write(operation) };
        self.word(submitted[ARRAY] + 4 * place)
            .store(place, Ordering::Relaxed);
        self.word(submitted[TAIL])
            .store(tail.wrapping_add(1), Ordering::Release);
        const GET_EVENTS: u32 = 1;
        let fd = self.fd.as_raw_fd();
        // SAFETY: no signal mask is given.
        let made =
            unsafe { libc::syscall(libc::SYS_io_uring_enter, fd, 1, 1, GET_EVENTS, 0usize, 0) };
        assert_eq!(made, 1, "io_uring_enter");
        let head = self.word(completed[HEAD]).load(Ordering::Relaxed);
        let place = head & self.word(completed[MASK]).load(Ordering::Relaxed);
        const RESULT: u32 = 8;
        let result = self.word(completed[RESULTS] + 16 * place + RESULT);
        let result = result.load(Ordering::Acquire).cast_signed();
        self.word(completed[HEAD])
            .store(head.wrapping_add(1), Ordering::Release);
        result.into()
    }
}

fn map(fd: &OwnedFd, offset: i64) -> nix::Result<usize> {
    let prot = libc::PROT_READ | libc::PROT_WRITE;
    let flags = libc::MAP_SHARED | libc::MAP_POPULATE;
    // SAFETY: a new mapping of a ring of our own; it stays until the process ends.
    let base = unsafe {
        libc::mmap(
            std::ptr::null_mut(),
            SIZE,
            prot,
            flags,
            fd.as_raw_fd(),
            offset,
        )
    };
    match base == libc::MAP_FAILED {
        true => Err(Errno::last()),
        false => Ok(base as usize),
    }
}
