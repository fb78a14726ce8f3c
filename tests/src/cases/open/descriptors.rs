//! The number, how many there may be, what one is good for, and opening through another.

use super::ways::{ALL, CREATORS, describe, each_way, open_by, without_waiting};
use crate::args;
use crate::cases::world;
use crate::twin::Twin;
use libc::*;
use std::ffi::CString;
use std::fs;

/// A descriptor that stands for a place: what it can do, and what it cannot.
pub fn path_only(t: &mut Twin) {
    let _reader = world::build("w");
    let paths = "w/file w/dir w/link w/dangling w/fifo w/socket w/nowhere /dev/null";
    for path in paths.split(' ') {
        let path = CString::new(path).expect("path");
        for flags in [
            0,
            O_NOFOLLOW,
            O_DIRECTORY,
            O_CLOEXEC,
            O_RDWR,
            O_CREAT | O_RDWR,
            O_TRUNC,
            O_NOFOLLOW | O_DIRECTORY,
        ] {
            for row in ALL {
                let fd = open_by(t, row, &path, O_PATH | flags, 0);
                describe(t, fd);
                use_descriptor(t, fd);
                t.close(fd);
            }
        }
    }
}

fn use_descriptor(t: &mut Twin, fd: i64) {
    let mut buffer = [0u8; 64];
    if fd < 0 {
        return;
    }
    t.call("read", args![fd, &mut buffer, 8]);
    t.call("write", args![fd, &buffer, 8]);
    t.call("pread64", args![fd, &mut buffer, 8, 0]);
    t.call("pwrite64", args![fd, &buffer, 8, 0]);
    t.call("getdents64", args![fd, &mut buffer, 64]);
    t.call("fsync", args![fd]);
    t.call("lseek", args![fd, 0, SEEK_SET]);
}

/// The lowest free number, whatever was closed in between.
pub fn descriptor_numbers(t: &mut Twin) {
    world::file("file", "");
    let first: Vec<i64> = (0..8)
        .map(|_| open_by(t, "openat", c"file", O_RDONLY, 0))
        .collect();
    for i in [2, 5, 0] {
        t.call("close", args![first[i]]);
    }
    for row in ["open", "creat", "openat2", "openat"] {
        open_by(t, row, c"file", O_RDONLY, 0o600);
    }
    t.call("close", args![0]);
    open_by(t, "open", c"file", O_RDONLY, 0);
    t.call("dup2", args![3, 700]);
    for row in ALL {
        open_by(t, row, c"file", O_RDONLY | O_CLOEXEC, 0);
    }
}

/// At the limit nothing is created and nothing truncated.
pub fn too_many_files(t: &mut Twin) {
    world::file("file", "keep me");
    let limit = |soft| {
        nix::sys::resource::setrlimit(nix::sys::resource::Resource::RLIMIT_NOFILE, soft, 4096)
    };
    for soft in [3, 4, 0] {
        limit(soft).expect("limit");
        for row in CREATORS {
            for path in [c"new", c"file", c"nowhere/new", c"."] {
                let fd = open_by(t, row, path, O_CREAT | O_TRUNC | O_WRONLY, 0o600);
                t.close(fd);
            }
        }
        // A number above the limit that was there before stays good.
        limit(1024).expect("limit");
        t.tree(".");
        fs::write("file", "keep me").expect("file");
        let _ = fs::remove_file("new");
    }
}

/// A name below /proc/self/fd opens the file anew: position and flags of its own.
pub fn through_descriptors(t: &mut Twin) {
    world::file("file", "0123456789");
    world::file("gone", "unlinked");
    world::dir("dir");
    world::file("dir/inner", "x");
    let fd = open_by(t, "open", c"file", O_RDONLY, 0);
    let gone = open_by(t, "open", c"gone", O_RDWR, 0);
    let dir = open_by(t, "open", c"dir", O_RDONLY, 0);
    let place = open_by(t, "open", c"file", O_PATH, 0);
    fs::remove_file("gone").expect("gone");
    let mut buffer = [0u8; 16];
    t.call("read", args![fd, &mut buffer, 4]);
    for row in ALL {
        for root in ["/proc/self/fd", "/dev/fd", "/proc/thread-self/fd"] {
            for fd in [fd, gone, dir, place, 0, 99] {
                let path = CString::new(format!("{root}/{fd}")).expect("path");
                for flags in [
                    O_RDONLY,
                    O_RDWR,
                    O_RDONLY | O_DIRECTORY,
                    O_PATH,
                    O_PATH | O_NOFOLLOW,
                    O_NOFOLLOW,
                ] {
                    let fd = open_by(t, row, &path, without_waiting(flags), 0);
                    t.fdinfo(fd);
                    t.close(fd);
                }
            }
        }
        let path = CString::new(format!("/proc/self/fd/{dir}/inner")).expect("path");
        each_way(t, &path, O_RDONLY, 0);
    }
}
