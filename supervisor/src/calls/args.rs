//! The arguments of a call, from registers and memory to owned values.
//!
//! The only place where raw integers become types. The kernel takes an `int`
//! from the low half of a register, whatever the high half holds.

use super::Native;
use crate::lookup::{Base, Place};
use crate::target::Target;
use std::ffi::CString;
use std::os::fd::OwnedFd;

/// `TASK_SIZE_MAX` with four-level page tables: above it, let the kernel judge.
const USER_END: u64 = (1 << 47) - 4096;

/// A stretch of the caller's memory.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    pub address: u64,
    pub len: usize,
}

/// Six registers, and the stopped thread whose they are.
#[derive(Debug)]
pub struct Args<'a> {
    raw: [u64; 6],
    target: &'a Target,
    /// Paths read, by argument, when the trace wants them.
    seen: Option<Vec<(usize, CString)>>,
}

impl<'a> Args<'a> {
    #[must_use]
    pub fn new(raw: [u64; 6], target: &'a Target, remember: bool) -> Args<'a> {
        Args {
            raw,
            target,
            seen: remember.then(Vec::new),
        }
    }

    /// Whether paths that are read are wanted for the trace.
    #[must_use]
    pub fn remembers(&self) -> bool {
        self.seen.is_some()
    }

    /// Paths that were read, in order.
    pub fn take_seen(&mut self) -> Vec<(usize, CString)> {
        self.seen.take().unwrap_or_default()
    }

    #[must_use]
    pub fn raw(&self, arg: usize) -> u64 {
        self.raw[arg]
    }

    #[must_use]
    pub fn int(&self, arg: usize) -> i32 {
        self.raw[arg] as i32
    }

    #[must_use]
    pub fn uint(&self, arg: usize) -> u32 {
        self.raw[arg] as u32
    }

    #[must_use]
    pub fn target(&self) -> &Target {
        self.target
    }

    /// The string argument `arg` points to; may be empty.
    ///
    /// # Errors
    /// [`Native`] when it cannot be read or is too long.
    pub fn path(&mut self, arg: usize) -> Result<CString, Native> {
        let path = self
            .target
            .path(self.raw[arg])
            .map_err(|_| Native::Undecodable)?;
        if let Some(seen) = &mut self.seen {
            seen.push((arg, path.clone()));
        }
        Ok(path)
    }

    /// A `size_t`.
    #[must_use]
    pub fn size(&self, arg: usize) -> usize {
        self.raw[arg] as usize
    }

    /// The path `arg`, relative to the working directory.
    ///
    /// # Errors
    /// As [`Args::place_at`].
    pub fn place(&mut self, arg: usize) -> Result<Place, Native> {
        let path = self.path(arg)?;
        self.start(libc::AT_FDCWD, path)
    }

    /// The path `arg`, relative to descriptor `dirfd`.
    ///
    /// # Errors
    /// [`Native`] when it is empty or unreadable, or the directory cannot be had.
    pub fn place_at(&mut self, dirfd: usize, arg: usize) -> Result<Place, Native> {
        let path = self.path(arg)?;
        self.start(self.int(dirfd), path)
    }

    /// Where `path` starts.
    ///
    /// # Errors
    /// As [`Args::place_at`].
    pub fn start(&self, dirfd: i32, path: CString) -> Result<Place, Native> {
        let base = match path.to_bytes().first() {
            None => return Err(Native::Undecodable),
            Some(b'/') => Base::Root,
            Some(_) if dirfd == libc::AT_FDCWD => Base::Dir(
                self.target
                    .working_directory()
                    .map_err(|_| Native::Opaque)?,
            ),
            Some(_) => Base::Dir(self.file_numbered(dirfd)?),
        };
        Ok(Place { base, path })
    }

    /// A duplicate of the descriptor `arg`.
    ///
    /// # Errors
    /// [`Native`] when there is none or it cannot be had.
    pub fn file(&self, arg: usize) -> Result<OwnedFd, Native> {
        self.file_numbered(self.int(arg))
    }

    fn file_numbered(&self, fd: i32) -> Result<OwnedFd, Native> {
        self.target.file(fd).map_err(|_| Native::Undecodable)
    }

    /// The address `arg` of `len` bytes, none of which is the kernel's
    /// (`access_ok`). Whether they are mapped shows when they are copied.
    ///
    /// # Errors
    /// [`Native`] when some are, or there are none.
    pub fn buffer(&self, arg: usize, len: usize) -> Result<u64, Native> {
        let address = self.raw[arg];
        match address.checked_add(len as u64) {
            Some(end) if len > 0 && end <= USER_END => Ok(address),
            _ => Err(Native::Undecodable),
        }
    }

    /// That `len` bytes at `address` may be the caller's, as [`Args::buffer`]; none always may.
    ///
    /// # Errors
    /// [`Native`] when some are the kernel's.
    pub fn range(&self, address: u64, len: usize) -> Result<(), Native> {
        match address.checked_add(len as u64) {
            Some(end) if end <= USER_END => Ok(()),
            _ => Err(Native::Undecodable),
        }
    }

    /// `len` bytes that `arg` points to, all of them.
    ///
    /// # Errors
    /// [`Native`] when they cannot be read.
    pub fn bytes(&self, arg: usize, len: usize) -> Result<Vec<u8>, Native> {
        self.bytes_at(self.raw[arg], len)
    }

    /// `len` bytes at `address`, all of them.
    ///
    /// # Errors
    /// As [`Args::bytes`].
    pub fn bytes_at(&self, address: u64, len: usize) -> Result<Vec<u8>, Native> {
        let bytes = self.target.bytes(address, len);
        bytes.map_err(|_| Native::Undecodable)
    }
}
