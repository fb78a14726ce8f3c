//! The small tree in which every sequence begins, made natively for both runs.

use crate::users::{ALICE, BOB, is_root};
use anyhow::Result;
use nix::sys::stat::{Mode, SFlag, mknod};
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::Path;

enum Kind {
    Dir,
    File(&'static [u8]),
    Link(&'static str),
    Hard(&'static str),
    Node(SFlag),
}

use Kind::{Dir, File, Hard, Link, Node};

/// Name, kind, mode, and whose it is where root makes it.
const TREE: &[(&str, Kind, u32, u32)] = &[
    ("d", Dir, 0o755, 0),
    ("d/f", File(b"the file in the directory"), 0o644, 0),
    ("d/e", Dir, 0o755, ALICE),
    ("d/e/g", File(b"deep"), 0o600, ALICE),
    ("f", File(&[b'f'; 100]), 0o644, 0),
    ("h", Hard("f"), 0, 0),
    ("x", File(b"\0no program"), 0o755, 0),
    ("n", File(b"not to be read"), 0o000, 0),
    ("u", File(b"set-user-ID"), 0o6755, ALICE),
    ("b", File(&[b'b'; 9000]), 0o666, BOB),
    ("o", Dir, 0o700, ALICE),
    ("o/f", File(b"alice's"), 0o640, ALICE),
    ("t", Dir, 0o1777, 0),
    ("t/f", File(b"bob's"), 0o644, BOB),
    ("g", Dir, 0o2775, BOB),
    ("p", Node(SFlag::S_IFIFO), 0o666, 0),
    ("s", Node(SFlag::S_IFSOCK), 0o666, 0),
    ("l", Link("f"), 0, 0),
    ("ld", Link("d"), 0, 0),
    ("lp", Link("p"), 0, 0),
    ("loop", Link("loop"), 0, 0),
    ("dangle", Link("nowhere"), 0, 0),
    ("d/up", Link("../f"), 0, 0),
];

pub fn make(root: &Path) -> Result<()> {
    fs::create_dir_all(root)?;
    for (name, kind, mode, owner) in TREE {
        let path = root.join(name);
        match kind {
            Dir => fs::create_dir(&path)?,
            File(bytes) => fs::write(&path, bytes)?,
            Link(target) => symlink(target, &path)?,
            Hard(other) => fs::hard_link(root.join(other), &path)?,
            Node(kind) => mknod(&path, *kind, Mode::empty(), 0)?,
        }
        if matches!(kind, Link(_) | Hard(_)) {
            continue;
        }
        if is_root() {
            chown(&path, Some(*owner), Some(*owner))?;
        }
        if ATTRIBUTED.contains(name) {
            attribute(&path)?;
        }
        fs::set_permissions(&path, Permissions::from_mode(*mode))?;
    }
    Ok(())
}

/// What has an extended attribute, where the file system has them.
const ATTRIBUTED: &[&str] = &["d", "f", "d/f", "b"];

fn attribute(path: &Path) -> Result<()> {
    let path = std::ffi::CString::new(path.as_os_str().as_encoded_bytes())?;
    let value = b"something";
    // SAFETY: terminated strings, and a value of the length given.
    unsafe {
        libc::setxattr(
            path.as_ptr(),
            c"user.a".as_ptr(),
            value.as_ptr().cast(),
            value.len(),
            0,
        )
    };
    Ok(())
}

/// What was read long ago is stamped again when it is next read, whatever the mount's options.
pub fn age(root: &Path) -> Result<()> {
    const LONG_AGO: i64 = 1_000_000_000;
    let long_ago = libc::timespec {
        tv_sec: LONG_AGO,
        tv_nsec: 5,
    };
    let kept = libc::timespec {
        tv_sec: 0,
        tv_nsec: libc::UTIME_OMIT,
    };
    for (name, ..) in TREE.iter().rev() {
        let path = std::ffi::CString::new(root.join(name).into_os_string().into_encoded_bytes())?;
        let times = [long_ago, kept];
        // SAFETY: a terminated path and two times.
        unsafe {
            libc::utimensat(
                libc::AT_FDCWD,
                path.as_ptr(),
                times.as_ptr(),
                libc::AT_SYMLINK_NOFOLLOW,
            )
        };
    }
    Ok(())
}
