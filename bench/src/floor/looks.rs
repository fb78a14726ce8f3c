//! The looks that make a floor exact. The bare one has none of them: it asks nothing where a look is named for what it
//! answers, and duplicates a descriptor where one is asked for.
//!
//! Each call: the caller still waits, and its identity is the responder's, after the last look at it. Names: the
//! directory is opened without magic links, the object is looked at before it is touched (type, and the type of its file
//! system), and the act is relative to that directory or on that object, so that what was checked is what is acted on.
//! Descriptors: the type of the file, its file system, how it was opened. Files that may grow: the caller's limit.

use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, FcntlArg, OFlag, OpenHow, ResolveFlag, fcntl, openat2};
use nix::sys::stat::SFlag;
use nix::sys::statfs::{PROC_SUPER_MAGIC, fstatfs};

use crate::sys::{self, Notification, Seen, Stop};

use super::Floor;
use super::remote::Remote;

/// A directory, and a name in it.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) dir: OwnedFd,
    last: CString,
}

impl Place {
    pub(crate) fn last(&self) -> &CStr {
        &self.last
    }
}

impl Remote {
    /// Where the target's path leads, but for its last component.
    pub(crate) fn place(&mut self, n: &Notification, address: u64) -> Result<Place, Stop> {
        let path = self.path(n, address)?;
        let (dir, last) = split(path.to_bytes()).ok_or(Stop::Native)?;
        let dir = CString::new(dir).or(Err(Stop::Native))?;
        let last = CString::new(last).or(Err(Stop::Native))?;
        let dir = open(AT_FDCWD, &dir, OFlag::O_DIRECTORY)?;
        Ok(Place { dir, last })
    }

    /// What the target's path leads to.
    pub(crate) fn object(&mut self, n: &Notification, address: u64) -> Result<OwnedFd, Stop> {
        open(AT_FDCWD, self.path(n, address)?, OFlag::empty())
    }

    /// Whoever was looked at so far is the caller, and may do what the responder may.
    pub(crate) fn vouch(&mut self, n: &Notification) -> Result<(), Stop> {
        if self.floor == Floor::Bare {
            return Ok(());
        }
        let caller = sys::identity(self.thread(n.pid)?)?;
        sys::id_valid(self.listener(), n.id)?;
        match caller == self.own {
            true => Ok(()),
            false => Err(Stop::Native),
        }
    }

    /// The file system at `place` is one whose answers do not depend on who asks.
    pub(crate) fn look_at(&mut self, place: &Place) -> Result<Seen, Stop> {
        let seen = sys::look_at(place.dir.as_fd(), &place.last)?;
        let dir = place.dir.as_fd();
        self.refuse_procfs(seen, || open(dir, &place.last, OFlag::O_NOFOLLOW))?;
        Ok(seen)
    }

    /// The same, and it is a file or directory.
    pub(crate) fn look_at_plain(&mut self, place: &Place) -> Result<(), Stop> {
        plain(self.look_at(place)?)
    }

    /// The same of what was opened.
    pub(crate) fn look_at_object(&mut self, object: &OwnedFd) -> Result<(), Stop> {
        plain(self.seen(object.as_fd())?)
    }

    /// The target's descriptor, if it is of a `kind`.
    pub(crate) fn file(&mut self, n: &Notification, fd: u64, kind: SFlag) -> Result<OwnedFd, Stop> {
        let file = self.descriptor(n, fd)?;
        match self.floor == Floor::Bare || is(self.seen(file.as_fd())?, kind) {
            true => Ok(file),
            false => Err(Stop::Native),
        }
    }

    /// The same of a regular file whose bytes may come from anywhere in memory.
    pub(crate) fn data_file(&mut self, n: &Notification, fd: u64) -> Result<OwnedFd, Stop> {
        let file = self.file(n, fd, SFlag::S_IFREG)?;
        if self.floor == Floor::Bare {
            return Ok(file);
        }
        let flags = OFlag::from_bits_retain(fcntl(&file, FcntlArg::F_GETFL)?);
        match flags.contains(OFlag::O_DIRECT) {
            true => Err(Stop::Native),
            false => Ok(file),
        }
    }

    /// The target's files may grow without end: the limit, and its signal, would be the responder's.
    pub(crate) fn unlimited(&self, n: &Notification) -> Result<(), Stop> {
        if self.floor == Floor::Bare {
            return Ok(());
        }
        match sys::file_size_limit(n.pid)? {
            libc::RLIM_INFINITY => Ok(()),
            _ => Err(Stop::Native),
        }
    }

    fn seen(&mut self, file: BorrowedFd<'_>) -> Result<Seen, Stop> {
        let seen = sys::look_at(file, c"")?;
        self.refuse_procfs(seen, || {
            Ok(file.try_clone_to_owned().or(Err(Errno::EMFILE))?)
        })?;
        Ok(seen)
    }

    fn refuse_procfs(
        &mut self,
        seen: Seen,
        open: impl FnOnce() -> Result<OwnedFd, Stop>,
    ) -> Result<(), Stop> {
        let known = self.procfs.get(&seen.mount).copied();
        let procfs = match known {
            Some(known) => known,
            None => fstatfs(open()?)?.filesystem_type() == PROC_SUPER_MAGIC,
        };
        self.procfs.insert(seen.mount, procfs);
        match procfs {
            true => Err(Stop::Native),
            false => Ok(()),
        }
    }
}

/// The name by which the responder itself reaches an object, for calls that take no O_PATH descriptor.
pub(crate) fn link(object: &OwnedFd) -> Result<CString, Stop> {
    let link = format!("/proc/self/fd/{}", object.as_raw_fd());
    CString::new(link).or(Err(Stop::Native))
}

fn open(dir: BorrowedFd<'_>, path: &CStr, flags: OFlag) -> Result<OwnedFd, Stop> {
    let how = OpenHow::new()
        .flags(flags | OFlag::O_PATH | OFlag::O_CLOEXEC)
        .resolve(ResolveFlag::RESOLVE_NO_MAGICLINKS);
    match openat2(dir, path, how) {
        Ok(file) => Ok(file),
        // A magic link on the way leads elsewhere for the target than for us.
        Err(Errno::ELOOP) => Err(Stop::Native),
        Err(e) => Err(e.into()),
    }
}

fn plain(seen: Seen) -> Result<(), Stop> {
    match is(seen, SFlag::S_IFREG) || is(seen, SFlag::S_IFDIR) {
        true => Ok(()),
        false => Err(Stop::Native),
    }
}

fn is(seen: Seen, kind: SFlag) -> bool {
    SFlag::from_bits_truncate(seen.mode) & SFlag::S_IFMT == kind
}

/// Directory and last name of an absolute path. `None`: it has no last name of its own, or is relative, which no case
/// is.
fn split(path: &[u8]) -> Option<(&[u8], &[u8])> {
    let slash = path.iter().rposition(|&byte| byte == b'/')?;
    let (dir, last) = (&path[..slash], &path[slash + 1..]);
    if path[0] != b'/' || matches!(last, b"" | b"." | b"..") {
        return None;
    }
    Some((if dir.is_empty() { b"/" } else { dir }, last))
}

#[cfg(test)]
mod tests {
    #[test]
    fn splits_directory_and_name() {
        let split = |path: &'static str| super::split(path.as_bytes());
        assert_eq!(split("/a/b/c"), Some((&b"/a/b"[..], &b"c"[..])));
        assert_eq!(split("/c"), Some((&b"/"[..], &b"c"[..])));
        for none in ["", "c", "a/b", "/", "/a/", "/a/..", "/a/."] {
            assert_eq!(split(none), None, "{none}");
        }
    }
}
