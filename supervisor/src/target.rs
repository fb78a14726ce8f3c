//! One stopped thread, as a handler may look at it: memory and descriptors.
//!
//! Nothing here writes. Looks are valid because the driver asks the kernel
//! after the last one whether the thread still waits for this very answer.

use crate::processes::Thread;
use crate::sys::file::{self, flag};
use crate::sys::{memory, process};
use nix::errno::Errno;
use std::ffi::CString;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;

/// Length of the longest path with its NUL: `PATH_MAX`.
const PATH_MAX: usize = libc::PATH_MAX as usize;
/// Most paths fit: one look suffices.
const FIRST_LOOK: usize = 256;

/// A buffer of `len` zeroes.
///
/// # Errors
/// ENOMEM, where an ordinary allocation would end asys.
pub fn zeroed(len: usize) -> Result<Vec<u8>, Errno> {
    let mut buffer = Vec::new();
    buffer.try_reserve_exact(len).map_err(|_| Errno::ENOMEM)?;
    buffer.resize(len, 0);
    Ok(buffer)
}

/// A thread stopped in a trapped call.
#[derive(Debug)]
pub struct Target {
    pub thread: Arc<Thread>,
}

impl Target {
    /// The NUL-terminated string at `address`.
    ///
    /// # Errors
    /// EFAULT, ENAMETOOLONG; EPERM when the process may not be looked into.
    pub fn path(&self, address: u64) -> Result<CString, Errno> {
        let mut buffer = [0u8; PATH_MAX];
        let mut have = 0;
        while have < PATH_MAX {
            let until = if have == 0 { FIRST_LOOK } else { PATH_MAX };
            let at = address.checked_add(have as u64).ok_or(Errno::EFAULT)?;
            let got = memory::read(self.thread.tid, at, &mut buffer[have..until])?;
            let end = have + got;
            if let Some(nul) = buffer[have..end].iter().position(|b| *b == 0) {
                let text = buffer[..have + nul].to_vec();
                return CString::new(text).map_err(|_| Errno::EFAULT);
            }
            have = end;
        }
        Err(Errno::ENAMETOOLONG)
    }

    /// `len` bytes at `address`, all or none.
    ///
    /// # Errors
    /// EFAULT when not all of them are readable.
    pub fn bytes(&self, address: u64, len: usize) -> Result<Vec<u8>, Errno> {
        let mut buffer = zeroed(len)?;
        if len > 0 && memory::read(self.thread.tid, address, &mut buffer)? < len {
            return Err(Errno::EFAULT);
        }
        Ok(buffer)
    }

    /// Whether all of these stretches can be written: what is taken from a
    /// pipe or a socket cannot be put back.
    #[must_use]
    pub fn is_writable(&self, parts: &[(u64, usize)]) -> bool {
        if parts.is_empty() {
            return true;
        }
        let Ok(maps) = file::openat2(self.thread.dir.as_fd(), c"maps", flag::O_CLOEXEC, 0, 0)
        else {
            return false;
        };
        parts.iter().all(|(address, len)| {
            let (mut at, end) = (*address, address.saturating_add(*len as u64));
            while at < end {
                match memory::writable_until(maps.as_fd(), at) {
                    Ok(until) if until > at => at = until,
                    _ => return false,
                }
            }
            true
        })
    }

    /// A duplicate of the target's descriptor: shares position and status flags.
    ///
    /// # Errors
    /// EBADF when it has none of that number.
    pub fn file(&self, fd: i32) -> Result<OwnedFd, Errno> {
        let Thread {
            tid,
            process: owner,
            ..
        } = &*self.thread;
        // The process's pidfd leads to the leader's table.
        if !self.thread.has_pidfd() && process::share_files(*tid, owner.tgid) != Ok(true) {
            return Err(Errno::EPERM);
        }
        process::pidfd_getfd(self.thread.pidfd(), fd)
    }

    /// The target's working directory.
    ///
    /// # Errors
    /// EACCES when the process may not be looked into.
    pub fn working_directory(&self) -> Result<OwnedFd, Errno> {
        let flags = flag::O_PATH | flag::O_DIRECTORY | flag::O_CLOEXEC;
        file::openat2(self.thread.dir.as_fd(), c"cwd", flags, 0, 0)
    }
}
