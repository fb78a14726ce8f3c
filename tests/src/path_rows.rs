//! How each row that looks up a path is called with a path that is the point of the case.

use crate::arg::Arg;
use crate::args;
use crate::twin::{Twin, blank};
use libc::*;
use std::ffi::CStr;

/// Called with the directory descriptor and the path.
type Call = fn(&mut Twin, Arg, Arg);

/// One way to hand a path to a row.
#[derive(Debug, Clone, Copy)]
pub struct PathRow {
    pub name: &'static str,
    /// The case that walks every path with it.
    pub case: &'static str,
    /// Takes a directory descriptor; without one the first argument of `call` is ignored.
    pub at: bool,
    /// May change the tree.
    pub changes: bool,
    pub call: Call,
}

const fn looks(name: &'static str, case: &'static str, at: bool, call: Call) -> PathRow {
    PathRow {
        name,
        case,
        at,
        changes: false,
        call,
    }
}

const fn changes(name: &'static str, case: &'static str, at: bool, call: Call) -> PathRow {
    PathRow {
        name,
        case,
        at,
        changes: true,
        call,
    }
}

/// What openat2 takes. The libc crate's cannot be built outside it.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
pub struct OpenHow {
    pub flags: u64,
    pub mode: u64,
    pub resolve: u64,
}

impl OpenHow {
    pub fn flags(flags: i32) -> Self {
        Self {
            flags: flags as u32 as u64,
            ..Self::default()
        }
    }

    pub fn arg(&self) -> Arg {
        Arg::at(
            self as *const Self as usize,
            format!(
                "{{{:#x}, {:#o}, {:#x}}}",
                self.flags, self.mode, self.resolve
            ),
        )
    }
}

const HOW_SIZE: usize = size_of::<OpenHow>();
const STATX_MASK: u32 = STATX_BASIC_STATS | STATX_BTIME;

fn open(t: &mut Twin, _: Arg, path: Arg) {
    t.opened("open", args![path, O_RDONLY | O_NONBLOCK, 0]);
}

fn openat(t: &mut Twin, dir: Arg, path: Arg) {
    t.opened("openat", args![dir, path, O_RDONLY | O_NONBLOCK, 0]);
}

fn openat_creates(t: &mut Twin, dir: Arg, path: Arg) {
    let flags = O_RDWR | O_CREAT | O_NONBLOCK | O_CLOEXEC;
    t.opened("openat", args![dir, path, flags, 0o640]);
}

fn openat2(t: &mut Twin, dir: Arg, path: Arg) {
    let how = OpenHow::flags(O_RDONLY | O_NONBLOCK);
    t.opened("openat2", args![dir, path, how.arg(), HOW_SIZE]);
}

fn creat(t: &mut Twin, _: Arg, path: Arg) {
    t.opened("creat", args![path, 0o644]);
}

fn stat(t: &mut Twin, _: Arg, path: Arg) {
    let mut st: libc::stat = blank();
    if t.call("stat", args![path, &raw mut st]) == 0 {
        t.stat("stat", &st);
    }
}

fn lstat(t: &mut Twin, _: Arg, path: Arg) {
    let mut st: libc::stat = blank();
    if t.call("lstat", args![path, &raw mut st]) == 0 {
        t.stat("lstat", &st);
    }
}

fn newfstatat(t: &mut Twin, dir: Arg, path: Arg) {
    for flags in [0, AT_SYMLINK_NOFOLLOW] {
        let mut st: libc::stat = blank();
        if t.call("newfstatat", args![&dir, &path, &raw mut st, flags]) == 0 {
            t.stat("newfstatat", &st);
        }
    }
}

fn statx(t: &mut Twin, dir: Arg, path: Arg) {
    let mut st: libc::statx = blank();
    if t.call("statx", args![dir, path, 0, STATX_MASK, &raw mut st]) == 0 {
        let line = format!(
            "{:x} mode {:o} size {}",
            st.stx_mask, st.stx_mode, st.stx_size
        );
        t.note("statx", line);
    }
}

fn access(t: &mut Twin, _: Arg, path: Arg) {
    t.call("access", args![path, R_OK]);
}

fn faccessat(t: &mut Twin, dir: Arg, path: Arg) {
    t.call("faccessat", args![dir, path, F_OK]);
}

fn faccessat2(t: &mut Twin, dir: Arg, path: Arg) {
    t.call("faccessat2", args![&dir, &path, W_OK, AT_EACCESS]);
    t.call("faccessat2", args![dir, path, F_OK, AT_SYMLINK_NOFOLLOW]);
}

fn mkdir(t: &mut Twin, _: Arg, path: Arg) {
    t.call("mkdir", args![path, 0o750]);
}

fn mkdirat(t: &mut Twin, dir: Arg, path: Arg) {
    t.call("mkdirat", args![dir, path, 0o750]);
}

fn unlink(t: &mut Twin, _: Arg, path: Arg) {
    t.call("unlink", args![path]);
}

fn unlinkat(t: &mut Twin, dir: Arg, path: Arg) {
    t.call("unlinkat", args![dir, path, 0]);
}

fn unlinkat_removes_directory(t: &mut Twin, dir: Arg, path: Arg) {
    t.call("unlinkat", args![dir, path, AT_REMOVEDIR]);
}

fn rmdir(t: &mut Twin, _: Arg, path: Arg) {
    t.call("rmdir", args![path]);
}

fn rename_from(t: &mut Twin, _: Arg, path: Arg) {
    t.call("rename", args![path, c"renamed"]);
}

fn rename_to(t: &mut Twin, _: Arg, path: Arg) {
    t.call("rename", args![c"file", path]);
}

fn renameat_from(t: &mut Twin, dir: Arg, path: Arg) {
    t.call("renameat", args![dir, path, AT_FDCWD, c"renamed"]);
}

fn renameat_to(t: &mut Twin, dir: Arg, path: Arg) {
    t.call("renameat", args![AT_FDCWD, c"dir", dir, path]);
}

fn renameat2_from(t: &mut Twin, dir: Arg, path: Arg) {
    t.call(
        "renameat2",
        args![dir, path, AT_FDCWD, c"file", RENAME_EXCHANGE],
    );
}

fn renameat2_to(t: &mut Twin, dir: Arg, path: Arg) {
    t.call(
        "renameat2",
        args![AT_FDCWD, c"file", dir, path, RENAME_NOREPLACE],
    );
}

fn readlink(t: &mut Twin, _: Arg, path: Arg) {
    let mut text = [b'.'; 64];
    t.call("readlink", args![path, &mut text, text.len()]);
    t.bytes("link", &text);
}

fn readlinkat(t: &mut Twin, dir: Arg, path: Arg) {
    let mut text = [b'.'; 64];
    t.call("readlinkat", args![dir, path, &mut text, text.len()]);
    t.bytes("link", &text);
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

fn getxattr(t: &mut Twin, _: Arg, path: Arg) {
    mark();
    let mut value = [b'.'; 8];
    t.call("getxattr", args![path, MARK, &mut value, 8]);
    t.bytes("value", &value);
}

fn lgetxattr(t: &mut Twin, _: Arg, path: Arg) {
    mark();
    let mut value = [b'.'; 8];
    t.call("lgetxattr", args![path, MARK, &mut value, 8]);
    t.bytes("value", &value);
}

fn getxattrat(t: &mut Twin, dir: Arg, path: Arg) {
    mark();
    for flags in [0, AT_SYMLINK_NOFOLLOW] {
        let mut value = [b'.'; 8];
        let xattr = XattrArgs::new(&Arg::from(&mut value), 8, 0);
        let rest = args![&dir, &path, flags, MARK, xattr.arg(), XATTR_ARGS_SIZE];
        t.call("getxattrat", rest);
        t.bytes("value", &value);
    }
}

fn listxattr(t: &mut Twin, _: Arg, path: Arg) {
    mark();
    let mut names = [b'.'; 64];
    t.call("listxattr", args![path, &mut names, 64]);
    t.bytes("names", &names);
}

fn llistxattr(t: &mut Twin, _: Arg, path: Arg) {
    mark();
    let mut names = [b'.'; 64];
    t.call("llistxattr", args![path, &mut names, 64]);
    t.bytes("names", &names);
}

fn listxattrat(t: &mut Twin, dir: Arg, path: Arg) {
    mark();
    for flags in [0, AT_SYMLINK_NOFOLLOW] {
        let mut names = [b'.'; 64];
        t.call("listxattrat", args![&dir, &path, flags, &mut names, 64]);
        t.bytes("names", &names);
    }
}

fn setxattr(t: &mut Twin, _: Arg, path: Arg) {
    mark();
    t.call("setxattr", args![path, MARK, b"new", 3, XATTR_REPLACE]);
}

fn lsetxattr(t: &mut Twin, _: Arg, path: Arg) {
    mark();
    t.call("lsetxattr", args![path, MARK, b"new", 3, XATTR_REPLACE]);
}

fn setxattrat(t: &mut Twin, dir: Arg, path: Arg) {
    mark();
    let xattr = XattrArgs::new(&Arg::from(b"new"), 3, XATTR_REPLACE as u32);
    let rest = args![dir, path, 0, MARK, xattr.arg(), XATTR_ARGS_SIZE];
    t.call("setxattrat", rest);
}

fn removexattr(t: &mut Twin, _: Arg, path: Arg) {
    mark();
    t.call("removexattr", args![path, MARK]);
}

fn lremovexattr(t: &mut Twin, _: Arg, path: Arg) {
    mark();
    t.call("lremovexattr", args![path, MARK]);
}

fn removexattrat(t: &mut Twin, dir: Arg, path: Arg) {
    mark();
    t.call("removexattrat", args![dir, path, 0, MARK]);
}

#[rustfmt::skip]
pub const PATH_ROWS: &[PathRow] = &[
    looks(  "open",       "open",                         false, open),
    looks(  "openat",     "openat",                       true,  openat),
    changes("openat",     "openat_creates",               true,  openat_creates),
    looks(  "openat2",    "openat2",                      true,  openat2),
    changes("creat",      "creat",                        false, creat),
    looks(  "stat",       "stat",                         false, stat),
    looks(  "lstat",      "lstat",                        false, lstat),
    looks(  "newfstatat", "newfstatat",                   true,  newfstatat),
    looks(  "statx",      "statx",                        true,  statx),
    looks(  "access",     "access",                       false, access),
    looks(  "faccessat",  "faccessat",                    true,  faccessat),
    looks(  "faccessat2", "faccessat2",                   true,  faccessat2),
    changes("mkdir",      "mkdir",                        false, mkdir),
    changes("mkdirat",    "mkdirat",                      true,  mkdirat),
    changes("unlink",     "unlink",                       false, unlink),
    changes("unlinkat",   "unlinkat",                     true,  unlinkat),
    changes("unlinkat",   "unlinkat_removes_directory",   true,  unlinkat_removes_directory),
    changes("rmdir",      "rmdir",                        false, rmdir),
    changes("rename",     "rename_from",                  false, rename_from),
    changes("rename",     "rename_to",                    false, rename_to),
    changes("renameat",   "renameat_from",                true,  renameat_from),
    changes("renameat",   "renameat_to",                  true,  renameat_to),
    changes("renameat2",  "renameat2_from",               true,  renameat2_from),
    changes("renameat2",  "renameat2_to",                 true,  renameat2_to),
    looks(  "readlink",   "readlink",                     false, readlink),
    looks(  "readlinkat", "readlinkat",                   true,  readlinkat),
    looks(  "getxattr",   "getxattr",                     false, getxattr),
    looks(  "lgetxattr",  "lgetxattr",                    false, lgetxattr),
    looks(  "getxattrat", "getxattrat",                   true,  getxattrat),
    looks(  "listxattr",  "listxattr",                    false, listxattr),
    looks(  "llistxattr", "llistxattr",                   false, llistxattr),
    looks(  "listxattrat", "listxattrat",                 true,  listxattrat),
    changes("setxattr",   "setxattr",                     false, setxattr),
    changes("lsetxattr",  "lsetxattr",                    false, lsetxattr),
    changes("setxattrat", "setxattrat",                   true,  setxattrat),
    changes("removexattr", "removexattr",                 false, removexattr),
    changes("lremovexattr", "lremovexattr",               false, lremovexattr),
    changes("removexattrat", "removexattrat",             true,  removexattrat),
];
