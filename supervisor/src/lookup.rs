//! Finds what a path names for the target, without being led astray.
//!
//! A path is split before its last component. The directory part is resolved
//! without magic links (they would lead into the worker), the object then
//! looked at without following or opening it. Only when its type and file
//! system are known does a call act on it, relative to that directory.

use crate::calls::Native;
use crate::mounts::{IDENTIFYING, Kind, Mounts, freshness};
use crate::sys::file::{self, Statx, flag};
use nix::errno::Errno;
use nix::fcntl::AT_FDCWD;
use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

const OF_ITSELF: u64 = libc::AT_EMPTY_PATH as u64;

/// Where a relative path starts.
#[derive(Debug)]
pub enum Base {
    /// The path is absolute: the target's root is asys's own.
    Root,
    Dir(OwnedFd),
}

impl Base {
    /// Where a look-up starts.
    #[must_use]
    pub fn fd(&self) -> BorrowedFd<'_> {
        match self {
            // Workers' own working directory is the root.
            Base::Root => AT_FDCWD,
            Base::Dir(dir) => dir.as_fd(),
        }
    }
}

/// A path as the target gave it, and where it starts.
#[derive(Debug)]
pub struct Place {
    pub base: Base,
    pub path: CString,
}

/// A place whose directory part is resolved.
#[derive(Debug)]
pub struct Entry {
    parent: Parent,
    /// The last component, with the slashes that followed it.
    last: CString,
    /// Where in `last` those slashes begin.
    bare: usize,
    place: Place,
}

#[derive(Debug)]
enum Parent {
    /// The directory part was empty.
    Base,
    Dir(OwnedFd),
}

/// What lies at an entry, not followed; or why nothing can be said to.
#[derive(Debug)]
pub struct Found {
    /// Of the object's file system, or of the directory's when there is none.
    pub kind: Kind,
    pub stat: Result<Statx, Errno>,
}

impl Found {
    /// Whether it is a symbolic link.
    #[must_use]
    pub fn is_symlink(&self) -> bool {
        self.stat
            .as_ref()
            .is_ok_and(|stat| stat.file_type() == libc::S_IFLNK)
    }
}

impl Place {
    /// Resolves all but the last component.
    ///
    /// # Errors
    /// [`Native`] when that fails in any way: the kernel knows the exact error.
    pub fn enter(self) -> Result<Entry, Native> {
        let text = self.path.to_bytes();
        refuse_procfs(text)?;
        let (start, bare) = last_component(text);
        let (parent, last) = text.split_at(start);
        let last = CString::new(last).map_err(|_| Native::Undecodable)?;
        let parent = match parent {
            b"" => Parent::Base,
            path => {
                let path = CString::new(path).map_err(|_| Native::Undecodable)?;
                Parent::Dir(open_path(self.base.fd(), &path, flag::O_DIRECTORY, 0)?)
            }
        };
        Ok(Entry {
            parent,
            last,
            bare,
            place: self,
        })
    }

    /// Resolves the whole path, following its last component, under the
    /// caller's own `resolve` restrictions.
    ///
    /// # Errors
    /// [`Native`] when that fails in any way.
    pub fn follow(&self, resolve: u64) -> Result<OwnedFd, Native> {
        refuse_procfs(self.path.to_bytes())?;
        open_path(self.base.fd(), &self.path, 0, resolve)
    }
}

fn open_path(
    dir: BorrowedFd<'_>,
    path: &CStr,
    flags: u64,
    resolve: u64,
) -> Result<OwnedFd, Native> {
    let flags = flags | flag::O_PATH | flag::O_CLOEXEC;
    let resolve = resolve | flag::RESOLVE_NO_MAGICLINKS;
    file::openat2(dir, path, flags, 0, resolve).map_err(|_| Native::Unresolved)
}

/// A text that leads through procfs names the caller, most likely.
fn refuse_procfs(text: &[u8]) -> Result<(), Native> {
    let through = text == b"/proc" || text.windows(6).any(|w| w == b"/proc/");
    if through { Err(Native::Procfs) } else { Ok(()) }
}

/// Where the last component starts, and its length without trailing slashes.
/// The root directory is a component of its own.
fn last_component(text: &[u8]) -> (usize, usize) {
    let end = text.iter().rposition(|b| *b != b'/').map_or(0, |i| i + 1);
    if end == 0 {
        return (0, text.len());
    }
    let start = text[..end]
        .iter()
        .rposition(|b| *b == b'/')
        .map_or(0, |i| i + 1);
    (start, end - start)
}

impl Entry {
    /// The directory, for a call relative to it.
    #[must_use]
    pub fn dir(&self) -> BorrowedFd<'_> {
        match &self.parent {
            Parent::Base => self.place.base.fd(),
            Parent::Dir(dir) => dir.as_fd(),
        }
    }

    /// The last component as the target wrote it, slashes included.
    #[must_use]
    pub fn name(&self) -> &CStr {
        &self.last
    }

    /// Directory and name.
    #[must_use]
    pub fn at(&self) -> (BorrowedFd<'_>, &CStr) {
        (self.dir(), self.name())
    }

    /// What lies here, not followed, as an O_PATH descriptor.
    ///
    /// # Errors
    /// The kernel's.
    pub fn open(&self) -> Result<OwnedFd, Errno> {
        let flags = flag::O_PATH | flag::O_NOFOLLOW | flag::O_CLOEXEC;
        let resolve = flag::RESOLVE_NO_MAGICLINKS;
        file::openat2(self.dir(), self.name(), flags, 0, resolve)
    }

    /// A trailing slash follows even a link that must not be followed.
    #[must_use]
    pub fn has_slash(&self) -> bool {
        self.bare < self.last.to_bytes().len()
    }

    /// The whole path again, to be resolved anew.
    #[must_use]
    pub fn into_place(self) -> Place {
        self.place
    }

    /// The whole path again.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// What lies here; `mask` is what statx(2) is asked.
    ///
    /// # Errors
    /// [`Native`] when its file system is peculiar.
    pub fn look(&self, mounts: &Mounts, mask: u64) -> Result<Found, Native> {
        let bare;
        let name = if self.has_slash() {
            bare = CString::new(&self.last.to_bytes()[..self.bare])
                .map_err(|_| Native::Undecodable)?;
            &bare
        } else {
            &self.last
        };
        let flags = (libc::AT_SYMLINK_NOFOLLOW | libc::AT_NO_AUTOMOUNT) as u64;
        match file::statx(self.dir(), name, flags | freshness(mask), mask) {
            Ok(stat) => match mounts.kind_at(&stat, self.dir(), name) {
                Kind::Peculiar => Err(Native::FileSystem),
                kind => Ok(Found {
                    kind,
                    stat: Ok(stat),
                }),
            },
            Err(errno) if self.is_the_directorys(errno, name) => Ok(Found {
                kind: self.directory(mounts)?,
                stat: Err(errno),
            }),
            // A file system that is mounted here refuses to be looked at.
            Err(_) => Err(Native::FileSystem),
        }
    }

    /// Whether an error comes of looking `name` up, and not of what was found.
    fn is_the_directorys(&self, errno: Errno, name: &CStr) -> bool {
        let certain = [Errno::ENOENT, Errno::ENOTDIR, Errno::ENAMETOOLONG];
        let flags = flag::O_PATH | flag::O_NOFOLLOW | flag::O_CLOEXEC;
        let look_up = || file::openat2(self.dir(), name, flags, 0, 0);
        certain.contains(&errno) || look_up().is_err_and(|again| again == errno)
    }

    /// The kind of file system of the directory itself.
    ///
    /// # Errors
    /// [`Native`] when it is peculiar or cannot be looked at.
    pub fn directory(&self, mounts: &Mounts) -> Result<Kind, Native> {
        let stat = match self.dir() {
            dir if dir.as_raw_fd() == AT_FDCWD.as_raw_fd() => {
                file::statx(dir, c"/", freshness(IDENTIFYING), IDENTIFYING)
            }
            dir => file::statx(dir, c"", OF_ITSELF | freshness(IDENTIFYING), IDENTIFYING),
        };
        let stat = stat.map_err(|_| Native::Unresolved)?;
        match mounts.kind_at(&stat, self.dir(), c".") {
            Kind::Peculiar => Err(Native::FileSystem),
            kind => Ok(kind),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> (&str, &str, usize) {
        let (start, bare) = last_component(text.as_bytes());
        (&text[..start], &text[start..], bare)
    }

    #[test]
    fn a_path_is_split_before_its_last_component() {
        assert_eq!(split("a"), ("", "a", 1));
        assert_eq!(split("a/b"), ("a/", "b", 1));
        assert_eq!(split("/a"), ("/", "a", 1));
        assert_eq!(split("/a/bc//"), ("/a/", "bc//", 2));
        assert_eq!(split("a/.."), ("a/", "..", 2));
        assert_eq!(split("/"), ("", "/", 1));
        assert_eq!(split("///"), ("", "///", 3));
    }

    #[test]
    fn procfs_is_known_by_its_name() {
        for text in [
            "/proc",
            "/proc/",
            "/proc/self/fd/3",
            "../../proc/x/mem",
            "/proc/17/stat",
            "/x/proc/y",
        ] {
            assert_eq!(
                refuse_procfs(text.as_bytes()),
                Err(Native::Procfs),
                "{text}"
            );
        }
        for text in ["/process", "proc", "/procs/x", "a/proc"] {
            assert_eq!(refuse_procfs(text.as_bytes()), Ok(()), "{text}");
        }
    }
}
