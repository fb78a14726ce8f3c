//! Every flag, alone and with others.

use super::ways::{ALL, describe, each_way, open_by};
use crate::args;
use crate::cases::world;
use crate::twin::Twin;
use libc::*;
use std::ffi::CStr;
use std::fs;

fn every_flag(t: &mut Twin, path: &CStr) {
    for accmode in [O_RDONLY, O_WRONLY, O_RDWR, O_ACCMODE] {
        let _reader = world::build("w");
        each_way(t, path, accmode, 0);
        for bit in 2..32 {
            let flags = accmode | (1u32 << bit) as i32;
            for row in ALL {
                let _reader = world::build("w");
                let mode = if flags & O_CREAT != 0 { 0o640 } else { 0 };
                let fd = open_by(t, row, path, flags, mode);
                describe(t, fd);
                t.close(fd);
            }
        }
    }
    t.tree("w");
}

pub fn every_flag_on_a_file(t: &mut Twin) {
    let _reader = world::build("w");
    every_flag(t, c"w/file");
}

pub fn every_flag_on_a_directory(t: &mut Twin) {
    let _reader = world::build("w");
    every_flag(t, c"w/dir");
}

pub fn every_flag_on_a_link(t: &mut Twin) {
    let _reader = world::build("w");
    every_flag(t, c"w/link");
}

pub fn every_flag_on_a_fifo(t: &mut Twin) {
    let _reader = world::build("w");
    every_flag(t, c"w/fifo");
}

pub fn every_flag_on_nothing(t: &mut Twin) {
    let _reader = world::build("w");
    every_flag(t, c"w/nowhere");
}

const FLAGS: [i32; 15] = [
    O_CREAT,
    O_EXCL,
    O_TRUNC,
    O_APPEND,
    O_NONBLOCK,
    O_DSYNC,
    O_ASYNC,
    O_DIRECT,
    O_LARGEFILE,
    O_DIRECTORY,
    O_NOFOLLOW,
    O_NOATIME,
    O_CLOEXEC,
    O_SYNC,
    O_PATH,
];

pub fn pairs_of_flags(t: &mut Twin) {
    for path in [c"w/file", c"w/dir", c"w/dangling", c"w/new"] {
        let _reader = world::build("w");
        for one in FLAGS {
            for two in FLAGS {
                for row in ["open", "openat"] {
                    let fd = open_by(t, row, path, O_RDWR | one | two, 0o600);
                    if fd >= 0 {
                        t.call("fcntl", args![fd, F_GETFL]);
                    }
                    t.close(fd);
                }
                let _ = fs::remove_file("w/new");
                let _ = fs::remove_file("w/nowhere");
            }
        }
    }
}

/// The upper half of a register is not part of an int.
pub fn flags_wider_than_int(t: &mut Twin) {
    let _reader = world::build("w");
    let high = 0xdead_beef_0000_0000u64;
    for flags in [O_RDONLY, O_RDWR | O_CREAT, O_PATH] {
        let flags = high | flags as u64;
        let mode = high | 0o123_644;
        for path in [c"w/file", c"w/new"] {
            t.opened("open", args![path, flags, mode]);
            t.opened("openat", args![AT_FDCWD, path, flags, mode]);
            t.opened("creat", args![path, mode]);
            t.tree("w");
            let _ = fs::remove_file("w/new");
        }
    }
}
