//! What lies in the lower layer of an overlay: looked at there, copied up when it is changed, hidden when it is removed.

use crate::args;
use crate::case;
use crate::case::Family;
use crate::filesystem::FileSystem;
use crate::twin::{Twin, blank};
use libc::*;
use std::ffi::CStr;

pub const FAMILY: Family = Family {
    name: "layers",
    on: &[FileSystem::Overlay],
    cases: &[
        case!(opened_before_and_after),
        case!(each_way_to_open),
        case!(removed_and_made_again),
        case!(renamed),
        case!(synced),
        case!(by_an_ordinary_user),
    ],
};

const FILE: &CStr = c"below/file";

fn stat(t: &mut Twin, path: &CStr) {
    let mut st: stat = blank();
    if t.call("stat", args![path, &raw mut st]) == 0 {
        t.stat("stat", &st);
    }
}

fn fstat(t: &mut Twin, fd: i64) {
    let mut st: stat = blank();
    if t.call("fstat", args![fd, &raw mut st]) == 0 {
        t.stat("fstat", &st);
    }
}

fn read(t: &mut Twin, fd: i64) {
    let mut buffer = [b'.'; 16];
    t.call("pread64", args![fd, &mut buffer, 16, 0]);
    t.bytes("read", &buffer);
}

fn list(t: &mut Twin, path: &CStr) {
    let fd = t.call("open", args![path, O_RDONLY]);
    let mut buffer = [0u8; 4096];
    t.call("getdents64", args![fd, &mut buffer, 4096]);
    t.close(fd);
    t.tree(path.to_str().expect("a plain path"));
}

/// Descriptors from before and from after the copy.
fn opened_before_and_after(t: &mut Twin) {
    stat(t, FILE);
    let before = t.call("open", args![FILE, O_RDONLY]);
    let writer = t.call("open", args![FILE, O_RDWR | O_APPEND]);
    t.call("write", args![writer, b"more", 4]);
    let after = t.call("open", args![c"below/link", O_RDONLY]);
    for fd in [before, writer, after] {
        fstat(t, fd);
        read(t, fd);
        t.close(fd);
    }
    stat(t, FILE);
}

/// By the first flags that write it is copied, not before.
fn each_way_to_open(t: &mut Twin) {
    for flags in [
        O_RDONLY | O_NOATIME,
        O_RDONLY | O_CREAT,
        O_WRONLY | O_CREAT | O_EXCL,
        O_RDONLY | O_DIRECTORY,
        O_WRONLY,
        O_RDWR | O_TRUNC,
    ] {
        let fd = t.call("open", args![FILE, flags, 0o600]);
        fstat(t, fd);
        t.close(fd);
        stat(t, FILE);
    }
}

fn removed_and_made_again(t: &mut Twin) {
    let held = t.call("open", args![FILE, O_RDONLY]);
    t.call("unlink", args![FILE]);
    stat(t, FILE);
    fstat(t, held);
    t.call("rmdir", args![c"below/dir"]);
    t.call("unlink", args![c"below/dir/inner"]);
    t.call("rmdir", args![c"below/dir"]);
    list(t, c"below");
    t.call("mkdir", args![FILE, 0o755]);
    t.call("mkdir", args![c"below/dir", 0o755]);
    list(t, c"below");
    t.close(held);
}

/// A directory of the lower layer cannot be, where overlays do not redirect.
fn renamed(t: &mut Twin) {
    t.call("rename", args![c"below/dir", c"below/moved"]);
    t.call("rename", args![c"below/dir/inner", c"inner"]);
    t.call("rename", args![FILE, c"below/dir/inner"]);
    t.call("rename", args![c"below/link", FILE]);
    let exchange = RENAME_EXCHANGE;
    let both = args![AT_FDCWD, FILE, AT_FDCWD, c"inner", exchange];
    t.call("renameat2", both);
    list(t, c".");
}

fn synced(t: &mut Twin) {
    for (path, flags) in [(FILE, O_RDONLY), (FILE, O_RDWR), (c"below/dir", O_RDONLY)] {
        let fd = t.call("open", args![path, flags]);
        t.call("fsync", args![fd]);
        t.call("fdatasync", args![fd]);
        t.close(fd);
    }
}

fn by_an_ordinary_user(t: &mut Twin) {
    t.fork("nobody", |t| {
        crate::users::become_user(t, crate::users::NOBODY, crate::users::NOBODY);
        t.opened("open", args![FILE, O_RDONLY]);
        t.opened("open", args![FILE, O_RDWR]);
        t.opened("open", args![c"below/open", O_RDWR]);
        t.call("unlink", args![FILE]);
        t.call("access", args![c"below/open", W_OK]);
    });
    stat(t, c"below/open");
}
