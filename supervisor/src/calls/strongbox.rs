//! What of asys lies open in procfs, and whether a path leads there.
//!
//! Root may look into any process, and asys runs as root with it. This is for
//! paths that are about to be opened natively; the kernel itself refuses an
//! ordinary user, because asys's processes are not dumpable.

use super::open::Links;
use crate::lookup::{Base, Place};
use crate::sys::file::{self, flag};
use crate::sys::mount;
use crate::target::Target;
use nix::fcntl::AT_FDCWD;
use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

/// Entries of /proc/PID that give memory or descriptors away.
const SECRETS: [&str; 5] = ["mem", "environ", "fd", "map_files", "pagemap"];
/// As many links as the kernel follows: path_resolution(7).
const MOST_LINKS: usize = 40;
/// `PROC_SUPER_MAGIC`.
const PROCFS: u64 = 0x9fa0;

/// Whether `place` leads into memory or descriptors of a process that
/// `is_ours`, by whatever detour.
#[must_use]
pub fn is_laid_open(
    target: &Target,
    own_files: BorrowedFd<'_>,
    place: &Place,
    links: Links,
    is_ours: impl Fn(i32) -> bool,
) -> bool {
    if links == Links::Unasked {
        return false;
    }
    let start = match &place.base {
        Base::Root => Some(String::new()),
        // Nothing is below a link.
        Base::Dir(dir) if is_symlink(dir.as_fd(), c"", libc::AT_EMPTY_PATH) => None,
        Base::Dir(dir) => read_link(own_files, &dir.as_fd().as_raw_fd().to_string()),
    };
    let walk = Walk::new(target, links, is_ours);
    match (start, place.path.to_str()) {
        (Some(start), Ok(path)) => walk.meets_a_secret(&start, path),
        // A name that is not text names nothing of procfs.
        _ => false,
    }
}

/// A path followed link by link, in text: a worker that let the kernel walk
/// would be led to its own "self".
struct Walk<'a, F> {
    target: &'a Target,
    is_ours: F,
    /// Which it may follow.
    links: Links,
    /// The target's root directory, in its own mount namespace.
    root: String,
}

impl<'a, F: Fn(i32) -> bool> Walk<'a, F> {
    fn new(target: &'a Target, links: Links, is_ours: F) -> Self {
        let root = format!("/proc/{}/root", target.thread.tid);
        Walk {
            target,
            is_ours,
            links,
            root,
        }
    }

    fn meets_a_secret(&self, start: &str, path: &str) -> bool {
        let mut at = start.trim_end_matches('/').to_owned();
        let mut ahead: Vec<String> = path.split('/').rev().map(str::to_owned).collect();
        let mut links = 0;
        while let Some(name) = ahead.pop() {
            match name.as_str() {
                "" | "." => continue,
                ".." => at.truncate(at.rfind('/').unwrap_or(0)),
                name => {
                    let next = format!("{at}/{name}");
                    if self.is_secret(&next) {
                        return true;
                    }
                    let at_the_end = ahead.is_empty() && self.links == Links::Before;
                    if at_the_end || self.links == Links::None {
                        at = next;
                        continue;
                    }
                    match self.follow(&at, name) {
                        None => at = next,
                        Some(_) if links == MOST_LINKS => return false,
                        // A link of procfs's own leads to an object, of which this is the name.
                        // What is named may be a link, which is not followed then.
                        Some(link) if link.starts_with('/') && self.is_procfs(&at) => {
                            if self.is_secret(&link) {
                                return true;
                            }
                            if self.is_link(&link) {
                                return false;
                            }
                            links += 1;
                            at = link;
                        }
                        Some(link) => {
                            links += 1;
                            if link.starts_with('/') {
                                at.clear();
                            }
                            ahead.extend(link.split('/').rev().map(str::to_owned));
                        }
                    }
                }
            }
        }
        false
    }

    fn is_secret(&self, path: &str) -> bool {
        let dir = &path[..path.rfind('/').unwrap_or(0)];
        secret_of(path).is_some_and(&self.is_ours) && self.is_procfs(dir)
    }

    /// Where the link `name` in `dir` leads the target, if it is one.
    fn follow(&self, dir: &str, name: &str) -> Option<String> {
        let thread = &self.target.thread;
        match name {
            "self" if self.is_procfs(dir) => Some(thread.process.tgid.to_string()),
            "thread-self" if self.is_procfs(dir) => {
                Some(format!("{}/task/{}", thread.process.tgid, thread.tid))
            }
            name => read_link(AT_FDCWD, &format!("{}{dir}/{name}", self.root)),
        }
    }

    fn is_procfs(&self, dir: &str) -> bool {
        let Ok(dir) = CString::new(format!("{}{dir}/", self.root)) else {
            return false;
        };
        let dir = file::openat2(AT_FDCWD, &dir, flag::O_PATH | flag::O_CLOEXEC, 0, 0);
        dir.is_ok_and(|dir| mount::magic(dir.as_fd()) == Ok(PROCFS))
    }

    fn is_link(&self, path: &str) -> bool {
        let Ok(path) = CString::new(format!("{}{path}", self.root)) else {
            return false;
        };
        is_symlink(AT_FDCWD, &path, libc::AT_SYMLINK_NOFOLLOW)
    }
}

fn is_symlink(dir: BorrowedFd<'_>, path: &CStr, flags: i32) -> bool {
    let stat = file::statx(dir, path, flags as u64, u64::from(libc::STATX_TYPE));
    stat.is_ok_and(|stat| stat.file_type() == libc::S_IFLNK)
}

fn read_link(dir: BorrowedFd<'_>, path: &str) -> Option<String> {
    let mut buffer = vec![0; libc::PATH_MAX as usize];
    let len = file::readlinkat(dir, &CString::new(path).ok()?, &mut buffer).ok()?;
    Some(String::from_utf8_lossy(&buffer[..len]).into_owned())
}

/// The process in a resolved path of procfs, if the rest is one of its secrets.
fn secret_of(path: &str) -> Option<i32> {
    let mut parts = path.split('/').filter(|part| !part.is_empty());
    let process = parts.find_map(|part| part.parse().ok())?;
    parts.any(|part| SECRETS.contains(&part)).then_some(process)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_known_by_their_names() {
        for path in [
            "/proc/17/mem",
            "/proc/17/task/18/mem",
            "/mnt/p/17/fd/3",
            "/proc/17/environ/",
        ] {
            assert_eq!(secret_of(path), Some(17), "{path}");
        }
        for path in ["/proc/17/stat", "/proc/mem", "/proc/17", "/proc/sys/fd"] {
            assert_eq!(secret_of(path), None, "{path}");
        }
    }
}
