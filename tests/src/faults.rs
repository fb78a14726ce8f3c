//! Pages that are not there until somebody gives them: whoever touches one waits, the kernel included. userfaultfd(2)
//!
//! # Safety
//! The mapping is anonymous and private, and lives until the process that made it ends or runs another program.

use crate::memory::PAGE;
use nix::errno::Errno;
use std::ffi::CStr;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

#[derive(Debug)]
pub struct Pages {
    /// Stands for the memory of the process that made it, in whoever else has it, too.
    fd: OwnedFd,
    base: usize,
}

const API: u64 = 0xaa;
const UFFDIO_API: libc::c_ulong = 0xc018_aa3f;
const UFFDIO_REGISTER: libc::c_ulong = 0xc020_aa00;
const UFFDIO_COPY: libc::c_ulong = 0xc028_aa03;
const UFFDIO_WAKE: libc::c_ulong = 0x8010_aa02;
const MISSING: u64 = 1;

/// Of `struct uffd_msg`.
const MESSAGE: usize = 32;

impl Pages {
    /// So many of them. A process that is forked off has nothing there, and nobody waits for that.
    pub fn missing(count: usize) -> nix::Result<Self> {
        // SAFETY: plain numbers.
        let fd = unsafe { libc::syscall(libc::SYS_userfaultfd, libc::O_CLOEXEC) };
        // SAFETY: the kernel just gave us this descriptor and nobody else knows it.
        let fd = unsafe { OwnedFd::from_raw_fd(Errno::result(fd)? as i32) };
        let base = reserve(count * PAGE);
        let pages = Self { fd, base };
        pages.ask(UFFDIO_API, [API, 0, 0])?;
        pages.ask(
            UFFDIO_REGISTER,
            [base as u64, (count * PAGE) as u64, MISSING, 0],
        )?;
        Ok(pages)
    }

    fn ask<const N: usize>(&self, request: libc::c_ulong, mut words: [u64; N]) -> nix::Result<()> {
        // SAFETY: each request reads and writes as many words as it is given here.
        let done = unsafe { libc::ioctl(self.fd.as_raw_fd(), request, words.as_mut_ptr()) };
        Errno::result(done).map(drop)
    }

    pub fn address(&self, page: usize) -> usize {
        self.base + page * PAGE
    }

    /// Returns when one of them has been touched that nobody has been told of.
    pub fn wait_for_a_touch(&self) {
        let mut message = [0u8; MESSAGE];
        let read = nix::unistd::read(&self.fd, &mut message);
        assert_eq!(read, Ok(MESSAGE), "no message of a touched page");
    }

    /// Whoever waits for any of them goes on, and finds no memory there at all.
    pub fn take_away(&self, page: usize) {
        let at = self.address(page);
        // SAFETY: a page of this mapping, whose owner wants it gone.
        let gone = unsafe { libc::munmap(at as *mut libc::c_void, PAGE) };
        assert_eq!(gone, 0, "munmap");
        self.ask(UFFDIO_WAKE, [at as u64, PAGE as u64])
            .expect("UFFDIO_WAKE");
    }

    /// Whoever waits goes on, and reads `text`.
    pub fn give(&self, page: usize, text: &CStr) {
        let mut bytes = [0u8; PAGE];
        let text = text.to_bytes_with_nul();
        bytes[..text.len()].copy_from_slice(text);
        let from = bytes.as_ptr() as u64;
        let copy = [self.address(page) as u64, from, PAGE as u64, 0, 0];
        // ESRCH: nobody has that memory any longer.
        let given = self.ask(UFFDIO_COPY, copy);
        assert!(matches!(given, Ok(()) | Err(Errno::ESRCH)), "{given:?}");
    }
}

fn reserve(length: usize) -> usize {
    // SAFETY: a new anonymous mapping touches no existing object.
    let base = unsafe {
        libc::mmap(
            std::ptr::null_mut(),
            length,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
            -1,
            0,
        )
    };
    assert_ne!(base, libc::MAP_FAILED, "mmap failed");
    base as usize
}
