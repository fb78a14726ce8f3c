//! What both floors need of the target: its memory, its descriptors, the listener.

use std::ffi::CStr;
use std::io::{IoSlice, IoSliceMut};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd, RawFd};

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sys::uio::{RemoteIoVec, process_vm_readv, process_vm_writev};
use nix::unistd::Pid;

use crate::sys::{self, Answer, Notification};

use super::call::LARGEST;

const PAGE: u64 = 4096;
const PATH_MAX: usize = libc::PATH_MAX as usize;

#[derive(Debug)]
pub(super) struct Remote {
    listener: OwnedFd,
    /// The thread that called last; nearly always the one that calls next. A pidfd is never reused with its number.
    thread: Option<(u32, OwnedFd)>,
    pub(super) paths: [RemotePath; 2],
    pub(super) data: Vec<u8>,
    pub(super) checks: super::exact::Checks,
}

impl Remote {
    pub(super) fn new(listener: OwnedFd) -> Remote {
        Remote {
            listener,
            thread: None,
            paths: [RemotePath::default(), RemotePath::default()],
            data: vec![0; LARGEST],
            checks: super::exact::Checks::default(),
        }
    }

    pub(super) fn listener(&self) -> BorrowedFd<'_> {
        self.listener.as_fd()
    }

    /// A descriptor of the thread that made this call.
    pub(super) fn thread(&mut self, tid: u32) -> nix::Result<BorrowedFd<'_>> {
        if self.thread.as_ref().is_none_or(|(known, _)| *known != tid) {
            self.thread = Some((tid, sys::thread_fd(tid)?));
        }
        self.thread
            .as_ref()
            .map(|(_, fd)| fd.as_fd())
            .ok_or(Errno::ESRCH)
    }

    /// A duplicate of the target's descriptor.
    pub(super) fn descriptor(&mut self, tid: u32, fd: RawFd) -> nix::Result<OwnedFd> {
        sys::pidfd_getfd(self.thread(tid)?, fd)
    }

    /// `count` bytes of the target's memory, into `self.data`.
    pub(super) fn read_data(&mut self, tid: u32, address: u64, count: usize) -> nix::Result<()> {
        match read(tid, address, &mut self.data[..count])? {
            got if got == count => Ok(()),
            _ => Err(Errno::EFAULT),
        }
    }

    /// Gives `fd` to the target. Ours is closed *before* the answer: see KERNEL-FACTS, ETXTBSY.
    pub(super) fn give(
        &self,
        call: &Notification,
        fd: OwnedFd,
        flags: OFlag,
    ) -> nix::Result<Answer> {
        let cloexec = flags.contains(OFlag::O_CLOEXEC);
        let number = sys::add_fd(self.listener(), call.id, fd.as_fd(), cloexec)?;
        drop(fd);
        Ok(Answer::Value(number))
    }
}

fn read(tid: u32, address: u64, into: &mut [u8]) -> nix::Result<usize> {
    let remote = RemoteIoVec {
        base: address as usize,
        len: into.len(),
    };
    process_vm_readv(
        Pid::from_raw(tid as i32),
        &mut [IoSliceMut::new(into)],
        &[remote],
    )
}

/// Writes all of `bytes` into the target's memory.
pub(super) fn write(tid: u32, address: u64, bytes: &[u8]) -> nix::Result<()> {
    let remote = RemoteIoVec {
        base: address as usize,
        len: bytes.len(),
    };
    match process_vm_writev(Pid::from_raw(tid as i32), &[IoSlice::new(bytes)], &[remote])? {
        put if put == bytes.len() => Ok(()),
        _ => Err(Errno::EFAULT),
    }
}

/// A path of the target, copied once.
#[derive(Debug)]
pub(super) struct RemotePath {
    bytes: Box<[u8]>,
    len: usize,
}

impl Default for RemotePath {
    fn default() -> RemotePath {
        RemotePath {
            bytes: vec![0; PATH_MAX].into(),
            len: 0,
        }
    }
}

impl RemotePath {
    /// Reads to the end of the page first: what lies behind may not be mapped, and most paths end before.
    pub(super) fn read(&mut self, tid: u32, address: u64) -> nix::Result<()> {
        self.len = 0;
        while self.len < PATH_MAX {
            let from = address + self.len as u64;
            let chunk = ((PAGE - from % PAGE) as usize).min(PATH_MAX - self.len);
            let got = read(tid, from, &mut self.bytes[self.len..self.len + chunk])?;
            let nul = self.bytes[self.len..self.len + got]
                .iter()
                .position(|&byte| byte == 0);
            if let Some(nul) = nul {
                self.len += nul;
                return Ok(());
            }
            self.len += chunk;
        }
        Err(Errno::ENAMETOOLONG)
    }

    pub(super) fn whole(&self) -> nix::Result<&CStr> {
        CStr::from_bytes_until_nul(&self.bytes).or(Err(Errno::EINVAL))
    }

    /// Directory and last name of an absolute path. `None`: it has no last name of its own, or is relative, which no
    /// case is.
    pub(super) fn split(&mut self) -> Option<(&CStr, &CStr)> {
        let path = &self.bytes[..self.len];
        let slash = path.iter().rposition(|&byte| byte == b'/')?;
        let last = &path[slash + 1..];
        if path[0] != b'/' || matches!(last, b"" | b"." | b"..") {
            return None;
        }
        // The slash becomes the NUL that ends the directory's name.
        self.bytes[slash] = 0;
        let dir = match slash {
            0 => c"/",
            _ => CStr::from_bytes_until_nul(&self.bytes).ok()?,
        };
        Some((
            dir,
            CStr::from_bytes_until_nul(&self.bytes[slash + 1..]).ok()?,
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(path: &str) -> Option<(String, String)> {
        let terminated = format!("{path}\0");
        let mut copy = RemotePath::default();
        copy.read(std::process::id(), terminated.as_ptr() as u64)
            .expect("our own memory");
        let (dir, last) = copy.split()?;
        Some((
            dir.to_str().ok()?.to_owned(),
            last.to_str().ok()?.to_owned(),
        ))
    }

    #[test]
    fn splits_directory_and_name() {
        let pair = |dir: &str, last: &str| Some((dir.to_owned(), last.to_owned()));
        assert_eq!(split("/a/b/c"), pair("/a/b", "c"));
        assert_eq!(split("/c"), pair("/", "c"));
        for none in ["", "c", "a/b", "/", "/a/", "/a/..", "/a/."] {
            assert_eq!(split(none), None, "{none}");
        }
    }
}
