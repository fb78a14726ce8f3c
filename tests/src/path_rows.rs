//! How each row that looks up a path is called with a path that is the point of the case.

mod attributes;

pub use attributes::{XATTR_ARGS_SIZE, XattrArgs};

use crate::arg::Arg;
use crate::args;
use crate::twin::{Twin, blank};
use attributes::{
    chmod, chown, fchmodat, fchmodat2, fchownat, futimesat, getxattr, getxattrat, lchown,
    lgetxattr, link_from, link_to, linkat_follows, linkat_from, linkat_to, listxattr, listxattrat,
    llistxattr, lremovexattr, lsetxattr, mknod, mknodat, name_to_handle_at, removexattr,
    removexattrat, setxattr, setxattrat, statfs, symlink, symlinkat, truncate, utime, utimensat,
    utimes,
};
use libc::*;

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

/// `struct file_handle` of name_to_handle_at(2), with the most room there is.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileHandle {
    pub bytes: u32,
    pub kind: i32,
    pub handle: [u8; 128],
}

impl FileHandle {
    pub fn with_room(bytes: u32) -> Self {
        Self {
            bytes,
            kind: 0,
            handle: [0; 128],
        }
    }

    pub fn arg(&mut self) -> Arg {
        let shown = format!("handle[{}]", self.bytes);
        Arg::at(self as *mut Self as usize, shown)
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
    changes("link",      "link_from",                   false, link_from),
    changes("link",      "link_to",                     false, link_to),
    changes("linkat",    "linkat_from",                 true,  linkat_from),
    changes("linkat",    "linkat_follows",              true,  linkat_follows),
    changes("linkat",    "linkat_to",                   true,  linkat_to),
    changes("symlink",   "symlink",                     false, symlink),
    changes("symlinkat", "symlinkat",                   true,  symlinkat),
    changes("mknod",     "mknod",                       false, mknod),
    changes("mknodat",   "mknodat",                     true,  mknodat),
    looks(  "statfs",    "statfs",                      false, statfs),
    looks(  "name_to_handle_at", "name_to_handle_at",           true,  name_to_handle_at),
    changes("chmod",     "chmod",                       false, chmod),
    changes("fchmodat",  "fchmodat",                    true,  fchmodat),
    changes("fchmodat2", "fchmodat2",                   true,  fchmodat2),
    changes("chown",     "chown",                       false, chown),
    changes("lchown",    "lchown",                      false, lchown),
    changes("fchownat",  "fchownat",                    true,  fchownat),
    changes("utime",     "utime",                       false, utime),
    changes("utimes",    "utimes",                      false, utimes),
    changes("futimesat", "futimesat",                   true,  futimesat),
    changes("utimensat", "utimensat",                   true,  utimensat),
    changes("truncate",  "truncate",                    false, truncate),
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
