//! The ways to open a path, and what the descriptor is like.

use crate::args;
use crate::path_rows::OpenHow;
use crate::twin::{Twin, blank};
use libc::*;
use std::ffi::CStr;

/// Those that take flags.
pub const ALL: [&str; 3] = ["open", "openat", "openat2"];
/// And the one that does not.
pub const CREATORS: [&str; 4] = ["open", "openat", "openat2", "creat"];

/// Opens `path` by one of the rows, tells what the descriptor is like, and returns it.
pub fn open_by(t: &mut Twin, row: &str, path: &CStr, flags: i32, mode: u32) -> i64 {
    let how = OpenHow {
        flags: flags as u32 as u64,
        mode: mode.into(),
        resolve: 0,
    };
    match row {
        "open" => t.call(row, args![path, flags as u32, mode]),
        "openat" => t.call(row, args![AT_FDCWD, path, flags as u32, mode]),
        "openat2" => t.call(row, args![AT_FDCWD, path, how.arg(), size_of_val(&how)]),
        _ => t.call("creat", args![path, mode]),
    }
}

/// openat2 refuses O_PATH with anything it would ignore.
pub fn without_waiting(flags: i32) -> i32 {
    match flags & O_PATH {
        0 => flags | O_NONBLOCK,
        _ => flags,
    }
}

/// Flags of the descriptor and of the open file, position, and what file it is: by everything but its number, as
/// these cases make their files anew all the time.
pub fn describe(t: &mut Twin, fd: i64) {
    if fd < 0 {
        return;
    }
    t.forget_inodes();
    t.call("fcntl", args![fd, F_GETFD]);
    t.call("fcntl", args![fd, F_GETFL]);
    t.fdinfo(fd);
    let mut st: libc::stat = blank();
    t.call("fstat", args![fd, &raw mut st]);
    t.stat("is", &st);
}

/// Opens in all three ways, describes and closes.
pub fn each_way(t: &mut Twin, path: &CStr, flags: i32, mode: u32) {
    for row in ALL {
        let fd = open_by(t, row, path, flags, mode);
        describe(t, fd);
        t.close(fd);
    }
}
