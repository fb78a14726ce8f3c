//! Which kind of file system a call lands on, known without touching it.
//!
//! The unique mount id that statx(2) gives (Linux 6.8) names a mount for
//! ever, so what was learnt of one is kept for ever. Without it the kind is
//! asked of the object each time.

use crate::sys::file::{self, Statx, flag};
use crate::sys::mount;
use crate::tree;
use nix::errno::Errno;
use nix::unistd::{Pid, getpid};
use std::collections::HashMap;
use std::ffi::CStr;
use std::fs::File;
use std::io::{Read, Seek};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::RwLock;
use std::sync::atomic::{AtomicBool, Ordering};

/// What a file system's answers depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// On file-system ids, groups and capabilities only: a worker's call is the target's.
    Local,
    /// Likewise, but another machine or process answers, which may take for
    /// ever, and some (FUSE) look at the caller's real ids.
    Remote,
    /// On who asks (procfs, devpts …), or nobody here knows: native.
    Peculiar,
}

/// Names as in /proc/filesystems. A FUSE subtype comes as "fuse" here.
const LOCAL: &[&str] = &[
    "ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "tmpfs", "ramfs", "devtmpfs", "overlay",
    "vfat", "msdos", "exfat", "ntfs3", "iso9660", "udf", "squashfs", "erofs", "zfs", "bcachefs",
    "jfs", "reiserfs", "nilfs2", "minix", "hfsplus", "rootfs",
];
const REMOTE: &[&str] = &[
    "nfs", "nfs4", "cifs", "smb3", "fuse", "fuseblk", "ceph", "9p", "gfs2", "ocfs2", "afs",
    "virtiofs",
];

/// The same by magic number (`linux/magic.h`), for kernels without statmount(2).
const LOCAL_MAGIC: &[u64] = &[
    0xef53,
    0x5846_5342,
    0x9123_683e,
    0xf2f5_2010,
    0x0102_1994,
    0x8584_58f6,
    0x794c_7630,
    0x4d44,
    0x2011_bab0,
    0x7366_746e,
    0x9660,
    0x1501_3346,
    0x7371_7368,
    0xe0f5_e1e2,
    0x2fc1_2fc1,
    0xca45_1a4e,
    0x3153_464a,
    0x5265_4973,
    0x3434,
];
const REMOTE_MAGIC: &[u64] = &[
    0x6969,
    0xff53_4d42,
    0xfe53_4d42,
    0x6573_5546,
    0x00c3_6400,
    0x0102_1997,
    0x0116_1970,
    0x7461_636f,
    0x5346_414f,
];

/// Mounts come and go; their ids are never used again.
const MOST_KNOWN: usize = 4096;
/// `STATX_MNT_ID_UNIQUE`.
const MNT_ID_UNIQUE: u64 = 0x4000;
/// `STATX_ATTR_AUTOMOUNT`: a walk without AT_NO_AUTOMOUNT would mount something here.
const ATTR_AUTOMOUNT: u64 = 0x1000;

/// What of an object is asked: its type, mode, and the mount it lies on.
pub const IDENTIFYING: u64 = libc::STATX_TYPE as u64 | MNT_ID_UNIQUE;
/// As [`IDENTIFYING`], and all that stat(2) returns.
pub const BASIC: u64 = libc::STATX_BASIC_STATS as u64 | MNT_ID_UNIQUE;

/// What only identifies an object never changes: asys's own looks must not
/// refresh what a network file system or FUSE has cached of the rest.
#[must_use]
pub fn freshness(mask: u64) -> u64 {
    match mask {
        IDENTIFYING => libc::AT_STATX_DONT_SYNC as u64,
        _ => 0,
    }
}

/// Mounts seen so far.
#[derive(Debug)]
pub struct Mounts {
    known: RwLock<HashMap<u64, Kind>>,
    has_statmount: bool,
    /// See proc_pid_mounts(5).
    table: Option<File>,
    remote: AtomicBool,
    automounter_within: AtomicBool,
    /// The command's process group.
    group: i32,
}

impl Mounts {
    /// Finds out what the kernel offers. `group` is the command's process group.
    #[must_use]
    pub fn new(group: i32) -> Mounts {
        let has_statmount = statmount_works().is_ok();
        let mounts = Mounts {
            known: RwLock::default(),
            has_statmount,
            table: File::open("/proc/self/mountinfo").ok(),
            remote: AtomicBool::new(true),
            automounter_within: AtomicBool::new(false),
            group,
        };
        mounts.refresh();
        mounts
    }

    /// Whether any mount is of a network file system or FUSE. Known as soon as
    /// the event loop was told.
    #[must_use]
    pub fn may_be_remote(&self) -> bool {
        self.remote.load(Ordering::Relaxed)
    }

    /// Whether a process of the tree serves an automount. The kernel knows it
    /// by its process group and lets it pass; a worker in its place would
    /// wait for it, and it for the worker.
    #[must_use]
    pub fn automounter_within(&self) -> bool {
        self.automounter_within.load(Ordering::Relaxed)
    }

    /// Has an exception whenever mounts come or go: time to [`Mounts::refresh`].
    #[must_use]
    pub fn table(&self) -> Option<BorrowedFd<'_>> {
        self.table.as_ref().map(AsFd::as_fd)
    }

    /// Mounts have come or gone.
    pub fn refresh(&self) {
        let mut text = String::new();
        let Some(mut table) = self.table.as_ref() else {
            return;
        };
        let read = table
            .rewind()
            .and_then(|()| table.read_to_string(&mut text));
        // After " - ": the type, with a FUSE subtype behind a dot, source and options.
        let mounts = text.lines().filter_map(|line| line.split_once(" - "));
        let (mut remote, mut within) = (read.is_err(), false);
        for (_, mount) in mounts {
            let name = mount.split([' ', '.']).next().unwrap_or_default();
            remote |= kind_by_name(name) == Kind::Remote;
            within |= name == "autofs" && self.is_served_within(mount);
        }
        self.remote.store(remote, Ordering::Relaxed);
        self.automounter_within.store(within, Ordering::Relaxed);
    }

    /// Whether the process group in autofs's options is one of the tree's.
    fn is_served_within(&self, mount: &str) -> bool {
        let mut options = mount.split([' ', ',']);
        let group = options.find_map(|option| option.strip_prefix("pgrp="));
        let group = group.and_then(|group| group.parse().ok());
        let of_the_tree =
            |group| group == self.group || tree::descends(Pid::from_raw(group), getpid());
        group.is_some_and(of_the_tree)
    }

    /// The kind of file system of the object `path` in `dir`, which `seen`
    /// (asked with [`IDENTIFYING`]) describes. The last component is not followed.
    #[must_use]
    pub fn kind_at(&self, seen: &Statx, dir: BorrowedFd<'_>, path: &CStr) -> Kind {
        if seen.attributes() & ATTR_AUTOMOUNT != 0 {
            return Kind::Peculiar;
        }
        if self.has_statmount && u64::from(seen.mask()) & MNT_ID_UNIQUE != 0 {
            return self.kind_of_mount(seen.mount_id());
        }
        let flags = flag::O_PATH | flag::O_NOFOLLOW | flag::O_CLOEXEC;
        match file::openat2(dir, path, flags, 0, flag::RESOLVE_NO_MAGICLINKS) {
            Ok(object) => kind_by_magic(object.as_fd()),
            Err(_) => Kind::Peculiar,
        }
    }

    /// As [`Mounts::kind_at`], of an open file.
    #[must_use]
    pub fn kind_of(&self, seen: &Statx, file: BorrowedFd<'_>) -> Kind {
        if seen.attributes() & ATTR_AUTOMOUNT != 0 {
            return Kind::Peculiar;
        }
        if self.has_statmount && u64::from(seen.mask()) & MNT_ID_UNIQUE != 0 {
            return self.kind_of_mount(seen.mount_id());
        }
        kind_by_magic(file)
    }

    fn kind_of_mount(&self, id: u64) -> Kind {
        if let Some(kind) = self
            .known
            .read()
            .ok()
            .and_then(|known| known.get(&id).copied())
        {
            return kind;
        }
        // ENOENT: a mount of the kernel's own (pipes, memfds) or of another namespace.
        let kind = match mount::type_name(id) {
            Ok(name) => kind_by_name(&name),
            Err(Errno::ENOENT) => Kind::Peculiar,
            Err(_) => return Kind::Peculiar,
        };
        if let Ok(mut known) = self.known.write() {
            if known.len() >= MOST_KNOWN {
                known.clear();
            }
            known.insert(id, kind);
        }
        kind
    }
}

impl Default for Mounts {
    fn default() -> Self {
        Mounts::new(0)
    }
}

/// Asks statmount(2) of the root directory.
///
/// # Errors
/// ENOSYS before Linux 6.8, EPERM where a profile forbids it.
pub fn statmount_works() -> Result<String, Errno> {
    let root = file::statx(nix::fcntl::AT_FDCWD, c"/", 0, IDENTIFYING)?;
    if u64::from(root.mask()) & MNT_ID_UNIQUE == 0 {
        return Err(Errno::ENOSYS);
    }
    mount::type_name(root.mount_id())
}

fn kind_by_name(name: &str) -> Kind {
    match name {
        name if LOCAL.contains(&name) => Kind::Local,
        name if REMOTE.contains(&name) => Kind::Remote,
        _ => Kind::Peculiar,
    }
}

fn kind_by_magic(file: BorrowedFd<'_>) -> Kind {
    match mount::magic(file) {
        Ok(magic) if LOCAL_MAGIC.contains(&magic) => Kind::Local,
        Ok(magic) if REMOTE_MAGIC.contains(&magic) => Kind::Remote,
        _ => Kind::Peculiar,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;

    fn kinds(path: &str) -> [Kind; 2] {
        let file = File::open(path).unwrap();
        let seen = file::statx_fd(file.as_fd(), IDENTIFYING).unwrap();
        let old = Mounts {
            has_statmount: false,
            ..Mounts::new(0)
        };
        [
            Mounts::new(0).kind_of(&seen, file.as_fd()),
            old.kind_of(&seen, file.as_fd()),
        ]
    }

    #[test]
    fn procfs_is_peculiar_both_ways() {
        assert_eq!(kinds("/proc"), [Kind::Peculiar; 2]);
        assert_eq!(kinds("/proc/self/stat"), [Kind::Peculiar; 2]);
    }

    #[test]
    fn the_directory_of_this_source_is_not() {
        let [new, old] = kinds(env!("CARGO_MANIFEST_DIR"));
        assert_ne!(new, Kind::Peculiar);
        assert_eq!(new, old);
    }
}
