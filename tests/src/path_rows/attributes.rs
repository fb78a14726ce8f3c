//! Names, attributes and sizes: each row of theirs with a path.

use super::FileHandle;
use crate::arg::Arg;
use crate::args;
use crate::twin::{Twin, blank};
use crate::users::NOBODY;
use libc::*;
use std::ffi::CStr;

/// The world outside: no row may change the root directory's own attributes.
fn leads_to_the_root(dir: &Arg, path: &Arg) -> bool {
    let (mut there, mut root): (libc::stat, libc::stat) = (blank(), blank());
    // SAFETY: the path is the case's, as in `Twin::call`; two places for the answers.
    let found = unsafe {
        libc::stat(c"/".as_ptr(), &raw mut root);
        fstatat(dir.raw as i32, path.raw as *const c_char, &raw mut there, 0)
    };
    found == 0 && (there.st_dev, there.st_ino) == (root.st_dev, root.st_ino)
}

/// A mode that leaves a directory one that can be walked through.
fn passable_mode(dir: &Arg, path: &Arg) -> u32 {
    let mut there: libc::stat = blank();
    // SAFETY: as above.
    let found = unsafe { fstatat(dir.raw as i32, path.raw as *const c_char, &raw mut there, 0) };
    match found == 0 && there.st_mode & S_IFMT == S_IFDIR {
        true => 0o711,
        false => 0o604,
    }
}

/// Calls `change` with a path to anything but the root directory.
fn sparing_the_root(dir: Arg, path: Arg, change: impl FnOnce(Arg, Arg)) {
    if !leads_to_the_root(&dir, &path) {
        change(dir, path);
    }
}

pub(super) fn link_from(t: &mut Twin, _: Arg, path: Arg) {
    t.call("link", args![path, c"linked"]);
}

pub(super) fn link_to(t: &mut Twin, _: Arg, path: Arg) {
    t.call("link", args![c"file", path]);
}

pub(super) fn linkat_from(t: &mut Twin, dir: Arg, path: Arg) {
    t.call("linkat", args![dir, path, AT_FDCWD, c"linked", 0]);
}

pub(super) fn linkat_follows(t: &mut Twin, dir: Arg, path: Arg) {
    t.call(
        "linkat",
        args![dir, path, AT_FDCWD, c"linked", AT_SYMLINK_FOLLOW],
    );
}

pub(super) fn linkat_to(t: &mut Twin, dir: Arg, path: Arg) {
    t.call("linkat", args![AT_FDCWD, c"file", dir, path, 0]);
}

pub(super) fn symlink(t: &mut Twin, _: Arg, path: Arg) {
    t.call("symlink", args![c"text", path]);
}

pub(super) fn symlinkat(t: &mut Twin, dir: Arg, path: Arg) {
    t.call("symlinkat", args![c"text", dir, path]);
}

pub(super) fn mknod(t: &mut Twin, _: Arg, path: Arg) {
    t.call("mknod", args![path, S_IFIFO | 0o640, 0]);
}

pub(super) fn mknodat(t: &mut Twin, dir: Arg, path: Arg) {
    t.call("mknodat", args![dir, path, S_IFREG | 0o640, 0]);
}

pub(super) fn statfs(t: &mut Twin, _: Arg, path: Arg) {
    let mut fs: libc::statfs = blank();
    if t.call("statfs", args![path, &raw mut fs]) == 0 {
        let line = format!("{:x} of {}", fs.f_type, fs.f_bsize);
        t.note("statfs", line);
    }
}

pub(super) fn name_to_handle_at(t: &mut Twin, dir: Arg, path: Arg) {
    for flags in [0, AT_SYMLINK_FOLLOW] {
        let mut handle = FileHandle::with_room(128);
        let mut mount = 0i32;
        t.call(
            "name_to_handle_at",
            args![&dir, &path, handle.arg(), &raw mut mount, flags],
        );
        t.note(
            "handle",
            format_args!("{} of type {}", handle.bytes, handle.kind),
        );
    }
}

pub(super) fn chmod(t: &mut Twin, _: Arg, path: Arg) {
    sparing_the_root(AT_FDCWD.into(), path, |dir, path| {
        let mode = passable_mode(&dir, &path);
        t.call("chmod", args![path, mode]);
    });
}

pub(super) fn fchmodat(t: &mut Twin, dir: Arg, path: Arg) {
    sparing_the_root(dir, path, |dir, path| {
        let mode = passable_mode(&dir, &path);
        t.call("fchmodat", args![dir, path, mode]);
    });
}

pub(super) fn fchmodat2(t: &mut Twin, dir: Arg, path: Arg) {
    sparing_the_root(dir, path, |dir, path| {
        let mode = passable_mode(&dir, &path);
        for flags in [AT_SYMLINK_NOFOLLOW, 0] {
            t.call("fchmodat2", args![&dir, &path, mode, flags]);
        }
    });
}

pub(super) fn chown(t: &mut Twin, _: Arg, path: Arg) {
    sparing_the_root(AT_FDCWD.into(), path, |_, path| {
        t.call("chown", args![path, NOBODY, -1]);
    });
}

pub(super) fn lchown(t: &mut Twin, _: Arg, path: Arg) {
    sparing_the_root(AT_FDCWD.into(), path, |_, path| {
        t.call("lchown", args![path, -1, NOBODY]);
    });
}

pub(super) fn fchownat(t: &mut Twin, dir: Arg, path: Arg) {
    sparing_the_root(dir, path, |dir, path| {
        for flags in [AT_SYMLINK_NOFOLLOW, 0] {
            t.call("fchownat", args![&dir, &path, NOBODY, -1, flags]);
        }
    });
}

/// Access and modification, in whatever parts of a second the row takes.
static TIMES: [[i64; 2]; 2] = [[1_000_000_000, 5], [1_100_000_000, 7]];

fn times() -> Arg {
    Arg::at(TIMES.as_ptr() as usize, "two times")
}

pub(super) fn utime(t: &mut Twin, _: Arg, path: Arg) {
    sparing_the_root(AT_FDCWD.into(), path, |_, path| {
        t.call("utime", args![path, times()]);
    });
}

pub(super) fn utimes(t: &mut Twin, _: Arg, path: Arg) {
    sparing_the_root(AT_FDCWD.into(), path, |_, path| {
        t.call("utimes", args![path, 0]);
    });
}

pub(super) fn futimesat(t: &mut Twin, dir: Arg, path: Arg) {
    sparing_the_root(dir, path, |dir, path| {
        t.call("futimesat", args![dir, path, times()]);
    });
}

pub(super) fn utimensat(t: &mut Twin, dir: Arg, path: Arg) {
    sparing_the_root(dir, path, |dir, path| {
        for flags in [AT_SYMLINK_NOFOLLOW, 0] {
            t.call("utimensat", args![&dir, &path, times(), flags]);
        }
    });
}

pub(super) fn truncate(t: &mut Twin, _: Arg, path: Arg) {
    t.call("truncate", args![path, 3]);
}

/// `struct xattr_args`, which libc does not have yet.
#[repr(C, align(8))]
#[derive(Debug, Clone, Copy, Default)]
pub struct XattrArgs {
    pub value: u64,
    pub size: u32,
    pub flags: u32,
}

pub const XATTR_ARGS_SIZE: usize = size_of::<XattrArgs>();

impl XattrArgs {
    pub fn new(value: &Arg, size: usize, flags: u32) -> Self {
        Self {
            value: value.raw as u64,
            size: size as u32,
            flags,
        }
    }

    pub fn arg(&self) -> Arg {
        let shown = format!("{{{:#x}, {:#x}}}", self.size, self.flags);
        Arg::at(self as *const Self as usize, shown)
    }
}

/// An attribute that only these files have, made anew: a call that changes it elsewhere finds none.
const MARK: &CStr = c"user.twin";

fn mark() {
    for path in [c"file", c"dir", c"dir/inner", c"readonly", c"sticky/file"] {
        // SAFETY: the strings are terminated and the value is one readable byte.
        unsafe { libc::setxattr(path.as_ptr(), MARK.as_ptr(), c"m".as_ptr().cast(), 1, 0) };
    }
}

pub(super) fn getxattr(t: &mut Twin, _: Arg, path: Arg) {
    mark();
    let mut value = [b'.'; 8];
    t.call("getxattr", args![path, MARK, &mut value, 8]);
    t.bytes("value", &value);
}

pub(super) fn lgetxattr(t: &mut Twin, _: Arg, path: Arg) {
    mark();
    let mut value = [b'.'; 8];
    t.call("lgetxattr", args![path, MARK, &mut value, 8]);
    t.bytes("value", &value);
}

pub(super) fn getxattrat(t: &mut Twin, dir: Arg, path: Arg) {
    mark();
    for flags in [0, AT_SYMLINK_NOFOLLOW] {
        let mut value = [b'.'; 8];
        let xattr = XattrArgs::new(&Arg::from(&mut value), 8, 0);
        let rest = args![&dir, &path, flags, MARK, xattr.arg(), XATTR_ARGS_SIZE];
        t.call("getxattrat", rest);
        t.bytes("value", &value);
    }
}

pub(super) fn listxattr(t: &mut Twin, _: Arg, path: Arg) {
    mark();
    let mut names = [b'.'; 64];
    t.call("listxattr", args![path, &mut names, 64]);
    t.bytes("names", &names);
}

pub(super) fn llistxattr(t: &mut Twin, _: Arg, path: Arg) {
    mark();
    let mut names = [b'.'; 64];
    t.call("llistxattr", args![path, &mut names, 64]);
    t.bytes("names", &names);
}

pub(super) fn listxattrat(t: &mut Twin, dir: Arg, path: Arg) {
    mark();
    for flags in [0, AT_SYMLINK_NOFOLLOW] {
        let mut names = [b'.'; 64];
        t.call("listxattrat", args![&dir, &path, flags, &mut names, 64]);
        t.bytes("names", &names);
    }
}

pub(super) fn setxattr(t: &mut Twin, _: Arg, path: Arg) {
    mark();
    t.call("setxattr", args![path, MARK, b"new", 3, XATTR_REPLACE]);
}

pub(super) fn lsetxattr(t: &mut Twin, _: Arg, path: Arg) {
    mark();
    t.call("lsetxattr", args![path, MARK, b"new", 3, XATTR_REPLACE]);
}

pub(super) fn setxattrat(t: &mut Twin, dir: Arg, path: Arg) {
    mark();
    let xattr = XattrArgs::new(&Arg::from(b"new"), 3, XATTR_REPLACE as u32);
    let rest = args![dir, path, 0, MARK, xattr.arg(), XATTR_ARGS_SIZE];
    t.call("setxattrat", rest);
}

pub(super) fn removexattr(t: &mut Twin, _: Arg, path: Arg) {
    mark();
    t.call("removexattr", args![path, MARK]);
}

pub(super) fn lremovexattr(t: &mut Twin, _: Arg, path: Arg) {
    mark();
    t.call("lremovexattr", args![path, MARK]);
}

pub(super) fn removexattrat(t: &mut Twin, dir: Arg, path: Arg) {
    mark();
    t.call("removexattrat", args![dir, path, 0, MARK]);
}
