//! Files and descriptors of every kind, by every call.

use super::lines::{newfstatat, statx};
use crate::arg::Arg;
use crate::args;
use crate::cases::world;
use crate::nameless::one_of_each;
use crate::twin::{Twin, blank};
use libc::*;
use std::ffi::CString;
use std::fs;

pub fn every_kind(t: &mut Twin) {
    let _reader = world::build("w");
    fs::hard_link("w/file", "w/second").expect("link");
    for name in [
        "file", "second", "dir", "full", "link", "dirlink", "fifo", "socket", "dangling", "loop",
        "here",
    ] {
        let path = CString::new(format!("w/{name}")).expect("path");
        for row in ["stat", "lstat"] {
            let mut st: libc::stat = blank();
            if t.call(row, args![path.as_c_str(), &raw mut st]) == 0 {
                t.stat(row, &st);
            }
        }
        for flags in [0, AT_SYMLINK_NOFOLLOW] {
            newfstatat(t, AT_FDCWD, path.as_c_str(), flags as u32);
            statx(
                t,
                AT_FDCWD,
                path.as_c_str(),
                flags,
                STATX_BASIC_STATS | STATX_BTIME,
            );
        }
    }
}

/// All rows tell the same numbers, and /proc/self/fdinfo (which no worker answers) the same inode.
pub fn agree_with_each_other(t: &mut Twin) {
    let _reader = world::build("w");
    for path in [c"w/file", c"w/dir", c"w/fifo", c"/dev/null", c"/"] {
        let mut all: [libc::stat; 4] = blank();
        let fd = t.call("open", args![path, O_RDONLY | O_NONBLOCK]);
        let [one, two, three, four] = &mut all;
        t.call("stat", args![path, &raw mut *one]);
        t.call("lstat", args![path, &raw mut *two]);
        t.call("fstat", args![fd, &raw mut *three]);
        t.call("newfstatat", args![AT_FDCWD, path, &raw mut *four, 0]);
        let bytes = all.map(|st| format!("{st:?}"));
        t.note("equal", bytes.iter().all(|st| *st == bytes[0]));
        let info = fs::read_to_string(format!("/proc/self/fdinfo/{fd}")).expect("fdinfo");
        let inode = info.lines().find_map(|line| line.strip_prefix("ino:\t"));
        t.note(
            "as in fdinfo",
            inode.is_none_or(|text| text == all[0].st_ino.to_string()),
        );
        let mut st: libc::statx = blank();
        t.call(
            "statx",
            args![fd, c"", AT_EMPTY_PATH, STATX_ALL, &raw mut st],
        );
        t.note(
            "as in statx",
            st.stx_ino == all[0].st_ino && st.stx_blocks == all[0].st_blocks as u64,
        );
        t.close(fd);
    }
}

pub fn sizes_and_holes(t: &mut Twin) {
    for size in [0, 1, 4096, 1 << 31, 1 << 33, 1 << 40] {
        let file = fs::File::create("file").expect("file");
        file.set_len(size).expect("length");
        let mut st: libc::stat = blank();
        t.call("stat", args![c"file", &raw mut st]);
        t.note(
            "size",
            format_args!("{} blocks {}", st.st_size, st.st_blocks),
        );
        statx(t, AT_FDCWD, c"file", 0, STATX_SIZE | STATX_BLOCKS);
    }
    fs::remove_file("file").expect("file");
}

pub fn every_kind_of_descriptor(t: &mut Twin) {
    let _reader = world::build("w");
    for fd in one_of_each().into_iter().chain([0, 1, 2]) {
        t.forget_inodes();
        let mut st: libc::stat = blank();
        t.call("fstat", args![fd, &raw mut st]);
        t.stat("fstat", &st);
        newfstatat(t, fd, c"", AT_EMPTY_PATH as u32);
        statx(t, fd, c"", AT_EMPTY_PATH, STATX_BASIC_STATS);
    }
}

/// procfs must see the caller, not a worker: the files belong to it, and its links lead where it stands.
pub fn own_proc_files(t: &mut Twin) {
    let number = std::process::id();
    let mine = CString::new(format!("/proc/{number}")).expect("path");
    let inode = |t: &mut Twin, path: &std::ffi::CStr| {
        let mut st: libc::stat = blank();
        let shown = Arg::at(path.as_ptr() as usize, "a process");
        t.call("stat", args![shown, &raw mut st]);
        (st.st_dev, st.st_ino)
    };
    let (own, via_self) = (inode(t, &mine), inode(t, c"/proc/self"));
    t.note("/proc/self is me", own == via_self);
    let (here, via_cwd) = (inode(t, c"."), inode(t, c"/proc/self/cwd"));
    t.note("/proc/self/cwd is here", here == via_cwd);
    for path in [
        c"/proc/self/fd/0",
        c"/proc/self/fd/99",
        c"/dev/stdin",
        c"/proc/self/root",
        c"/proc/self/ns/mnt",
    ] {
        let mut st: libc::stat = blank();
        if t.call("stat", args![path, &raw mut st]) == 0 {
            t.forget_inodes();
            t.stat("stat", &st);
        }
    }
}

pub fn deleted_files(t: &mut Twin) {
    world::file("file", "contents");
    world::dir("dir");
    let file = t.call("open", args![c"file", O_RDWR]);
    let dir = t.call("open", args![c"dir", O_RDONLY]);
    fs::remove_file("file").expect("file");
    fs::remove_dir("dir").expect("dir");
    for fd in [file, dir] {
        let mut st: libc::stat = blank();
        t.call("fstat", args![fd, &raw mut st]);
        t.stat("fstat", &st);
        newfstatat(t, fd, c"", AT_EMPTY_PATH as u32);
        newfstatat(t, fd, c".", 0);
        newfstatat(t, fd, c"..", 0);
        let link = CString::new(format!("/proc/self/fd/{fd}")).expect("path");
        newfstatat(t, AT_FDCWD, link.as_c_str(), 0);
        newfstatat(t, AT_FDCWD, link.as_c_str(), AT_SYMLINK_NOFOLLOW as u32);
    }
}
