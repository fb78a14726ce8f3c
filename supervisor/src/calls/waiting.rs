//! Descriptors whose calls may have to wait: pipes, eventfds, TCP and UDP sockets.
//!
//! A worker only tries: what would wait is the caller's own, whose signals end
//! the wait. What it has taken out it cannot put back, so the caller's memory
//! is looked at before. Other sockets are native: their peers see who asks.

use super::stage::is_shortage;
use super::{Native, Patch, Reply, Stage};
use crate::mounts::{IDENTIFYING, freshness};
use crate::sys::data::{self, AT_POSITION};
use crate::sys::file::{self, flag};
use crate::sys::net;
use nix::errno::Errno;
use std::ffi::CString;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

/// A descriptor of the caller's.
#[derive(Debug)]
pub struct Waiting {
    pub file: OwnedFd,
    pub what: What,
    /// Not `O_NONBLOCK`.
    pub blocks: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Pipe,
    /// eventfd(2).
    Counter,
    Stream,
    Datagram,
}

/// Without waiting, however the descriptor is set: preadv2(2).
const NOWAIT: u64 = libc::RWF_NOWAIT as u64;

impl Waiting {
    /// What descriptor `fd` of the caller's is, if calls on it can be tried.
    ///
    /// # Errors
    /// [`Native`] when they cannot.
    pub fn of(stage: &Stage<'_>, fd: i32) -> Result<Waiting, Native> {
        let (file, kind) = open(stage, fd)?;
        let what = match kind {
            Kind::Pipe => What::Pipe,
            Kind::Counter => What::Counter,
            Kind::Socket => socket(file.as_fd())?,
        };
        let flags = file::status_flags(file.as_fd()).map_err(|_| Native::Type)?;
        Ok(Waiting {
            file,
            what,
            blocks: flags & flag::O_NONBLOCK == 0,
        })
    }

    /// read(2) of at most `buffer`, to be spread over the caller's memory by `spread`.
    ///
    /// # Errors
    /// [`Native`] when it has to wait.
    pub fn read(
        &self,
        mut buffer: Vec<u8>,
        spread: impl FnOnce(Vec<u8>) -> Vec<Patch>,
    ) -> Result<Reply, Native> {
        if self.blocks {
            self.has_no_low_water()?;
        }
        let got = data::read(self.file.as_fd(), &mut buffer, AT_POSITION, NOWAIT);
        match tried(got, self.blocks)? {
            Err(errno) => Ok(Reply::error(errno)),
            Ok(got) => {
                buffer.truncate(got);
                Ok(taken(got, spread(buffer)))
            }
        }
    }

    /// That what waits for bytes waits for any: `SO_RCVLOWAT`.
    ///
    /// # Errors
    /// [`Native`] when it waits for more.
    pub fn has_no_low_water(&self) -> Result<(), Native> {
        let low = || net::option(self.file.as_fd(), libc::SO_RCVLOWAT);
        match self.what {
            What::Stream if low() != Ok(1) => Err(Native::Wait),
            _ => Ok(()),
        }
    }

    /// write(2).
    ///
    /// # Errors
    /// [`Native`] when it has to wait, for a part of it, too.
    pub fn write(&self, data: &[u8]) -> Result<Reply, Native> {
        let whole_or_not = match self.what {
            What::Pipe => data.len() <= libc::PIPE_BUF,
            What::Counter | What::Datagram => true,
            What::Stream => false,
        };
        if self.blocks && !whole_or_not {
            return Err(Native::Wait);
        }
        let written = data::write(self.file.as_fd(), data, AT_POSITION, NOWAIT);
        let written = tried(written, self.blocks)?;
        Ok(Reply::new(written.map(|n| n as i64)))
    }
}

/// A reply with bytes that cannot be put back: where they do not fit, they are lost, as the kernel's.
pub fn taken(value: usize, memory: Vec<Patch>) -> Reply {
    Reply {
        memory,
        fault: Some(Errno::EFAULT),
        ..Reply::new(Ok(value as i64))
    }
}

/// What was tried without waiting, as the caller's, who waits if it `blocks`.
///
/// # Errors
/// [`Native`] when it would have to, when its SIGPIPE is due, or when that
/// kind of descriptor cannot be tried.
pub fn tried<T>(result: Result<T, Errno>, blocks: bool) -> Result<Result<T, Errno>, Native> {
    match result {
        Err(Errno::EAGAIN) if blocks => Err(Native::Wait),
        Err(Errno::EPIPE | Errno::EOPNOTSUPP) => Err(Native::Type),
        Err(errno) if is_shortage(errno) => Err(Native::Shortage),
        other => Ok(other),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Pipe,
    Counter,
    /// Of any family.
    Socket,
}

/// A duplicate of the caller's descriptor `fd`, if it is of such a kind.
///
/// # Errors
/// [`Native`] when it is not.
pub fn open(stage: &Stage<'_>, fd: i32) -> Result<(OwnedFd, Kind), Native> {
    let name = CString::new(format!("fd/{fd}")).map_err(|_| Native::Undecodable)?;
    // Before there is a duplicate: closing one can be a request to a daemon.
    let seen = kind(stage.target.thread.dir.as_fd(), &name)?;
    let file = stage.file(fd)?;
    let name = CString::new(file.as_raw_fd().to_string()).map_err(|_| Native::Type)?;
    match kind(stage.own_files, &name)? {
        kind if kind == seen => Ok((file, kind)),
        _ => Err(Native::Type),
    }
}

fn kind(dir: BorrowedFd<'_>, name: &CString) -> Result<Kind, Native> {
    let stat = file::statx(dir, name, freshness(IDENTIFYING), IDENTIFYING);
    match stat.map_err(|_| Native::Undecodable)?.file_type() {
        libc::S_IFIFO => Ok(Kind::Pipe),
        libc::S_IFSOCK => Ok(Kind::Socket),
        0 if is_counter(dir, name) => Ok(Kind::Counter),
        _ => Err(Native::Type),
    }
}

fn is_counter(dir: BorrowedFd<'_>, name: &CString) -> bool {
    let mut text = [0; 32];
    let len = file::readlinkat(dir, name, &mut text);
    len.is_ok_and(|len| &text[..len] == b"anon_inode:[eventfd]")
}

fn socket(file: BorrowedFd<'_>) -> Result<What, Native> {
    let option = |name| net::option(file, name).map_err(|_| Native::Type);
    if !matches!(option(libc::SO_DOMAIN)?, libc::AF_INET | libc::AF_INET6) {
        return Err(Native::Type);
    }
    match option(libc::SO_PROTOCOL)? {
        libc::IPPROTO_TCP => Ok(What::Stream),
        libc::IPPROTO_UDP => Ok(What::Datagram),
        _ => Err(Native::Type),
    }
}
