//! What both floors need of the target: its memory, its descriptors, the listener.

use std::collections::HashMap;
use std::ffi::CStr;
use std::io::{IoSlice, IoSliceMut};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd, RawFd};

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sys::uio::{RemoteIoVec, process_vm_readv, process_vm_writev};
use nix::unistd::Pid;

use crate::sys::{self, Answer, Notification};

use super::Floor;

/// Larger buffers go native: a floor is for the cases, and a target must not make us allocate.
pub(crate) const LARGEST: usize = 64 << 10;

const PAGE: u64 = 4096;
const PATH_MAX: usize = libc::PATH_MAX as usize;

#[derive(Debug)]
pub(crate) struct Remote {
    pub(super) floor: Floor,
    listener: OwnedFd,
    /// The thread that called last; nearly always the one that calls next. A pidfd is never reused with its number.
    thread: Option<(u32, OwnedFd)>,
    /// Two: no call has more.
    paths: [Box<[u8]>; 2],
    /// Room for what is read or written.
    pub(crate) data: Vec<u8>,
    /// The responder's own ids: it changes none.
    pub(super) own: [u32; 8],
    /// By unique mount id, which is never reused: is it procfs?
    pub(super) procfs: HashMap<u64, bool>,
}

/// Whether a call by path starts where the responder stands. No case has another start.
pub(crate) fn is_cwd(dirfd: u64) -> bool {
    dirfd as RawFd == libc::AT_FDCWD
}

impl Remote {
    pub(super) fn new(floor: Floor, listener: OwnedFd) -> nix::Result<Remote> {
        let own = sys::pidfd_open(std::process::id())?;
        Ok(Remote {
            floor,
            listener,
            thread: None,
            paths: [vec![0; PATH_MAX].into(), vec![0; PATH_MAX].into()],
            data: vec![0; LARGEST],
            own: sys::identity(own.as_fd())?,
            procfs: HashMap::new(),
        })
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
    pub(super) fn descriptor(&mut self, n: &Notification, fd: u64) -> nix::Result<OwnedFd> {
        sys::pidfd_getfd(self.thread(n.pid)?, fd as RawFd)
    }

    /// Copies `count` bytes of the target's memory into `self.data`.
    pub(crate) fn fetch(
        &mut self,
        n: &Notification,
        address: u64,
        count: usize,
    ) -> nix::Result<()> {
        match read(pid(n), address, &mut self.data[..count])? {
            got if got == count => Ok(()),
            _ => Err(Errno::EFAULT),
        }
    }

    /// Writes all of `bytes` into the target's memory.
    pub(crate) fn write(&self, n: &Notification, address: u64, bytes: &[u8]) -> nix::Result<()> {
        let place = RemoteIoVec {
            base: address as usize,
            len: bytes.len(),
        };
        self.scatter(n, bytes, &[place])
    }

    /// The same into several places, which together are as long.
    pub(crate) fn scatter(
        &self,
        n: &Notification,
        bytes: &[u8],
        places: &[RemoteIoVec],
    ) -> nix::Result<()> {
        match process_vm_writev(pid(n), &[IoSlice::new(bytes)], places)? {
            put if put == bytes.len() => Ok(()),
            _ => Err(Errno::EFAULT),
        }
    }

    /// Two file offsets of the target's.
    pub(crate) fn offsets(
        &self,
        n: &Notification,
        places: &[RemoteIoVec; 2],
    ) -> nix::Result<[i64; 2]> {
        let mut bytes = [[0; size_of::<i64>()]; 2];
        let into = &mut [IoSliceMut::new(bytes.as_flattened_mut())];
        match process_vm_readv(pid(n), into, places)? {
            got if got == size_of_val(&bytes) => Ok(bytes.map(i64::from_ne_bytes)),
            _ => Err(Errno::EFAULT),
        }
    }

    /// The target's string.
    pub(crate) fn path(&mut self, n: &Notification, address: u64) -> nix::Result<&CStr> {
        let [path, _] = &mut self.paths;
        read_path(pid(n), address, path)
    }

    /// Two of them.
    pub(crate) fn two_paths(
        &mut self,
        n: &Notification,
        addresses: [u64; 2],
    ) -> nix::Result<[&CStr; 2]> {
        let [first, second] = &mut self.paths;
        Ok([
            read_path(pid(n), addresses[0], first)?,
            read_path(pid(n), addresses[1], second)?,
        ])
    }

    /// Gives `fd` to the target. Ours is closed *before* the answer: see KERNEL-FACTS, ETXTBSY.
    pub(crate) fn give(&self, n: &Notification, fd: OwnedFd, flags: OFlag) -> Answer {
        let cloexec = flags.contains(OFlag::O_CLOEXEC);
        let number = sys::add_fd(self.listener(), n.id, fd.as_fd(), cloexec)?;
        drop(fd);
        Ok(number)
    }
}

fn pid(n: &Notification) -> Pid {
    Pid::from_raw(n.pid as i32)
}

fn read(pid: Pid, address: u64, into: &mut [u8]) -> nix::Result<usize> {
    let remote = RemoteIoVec {
        base: address as usize,
        len: into.len(),
    };
    process_vm_readv(pid, &mut [IoSliceMut::new(into)], &[remote])
}

/// Reads to the end of the page first: what lies behind may not be mapped, and most paths end before.
fn read_path(pid: Pid, address: u64, into: &mut [u8]) -> nix::Result<&CStr> {
    let mut len = 0;
    while len < PATH_MAX {
        let from = address + len as u64;
        let chunk = ((PAGE - from % PAGE) as usize).min(PATH_MAX - len);
        let got = read(pid, from, &mut into[len..len + chunk])?;
        if into[len..len + got].contains(&0) {
            return CStr::from_bytes_until_nul(into).or(Err(Errno::EINVAL));
        }
        len += chunk;
    }
    Err(Errno::ENAMETOOLONG)
}
