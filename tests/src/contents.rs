//! A file whose contents show what was moved.

use crate::args;
use crate::cases::world;
use crate::twin::Twin;
use libc::{O_RDWR, SEEK_CUR};
use std::ffi::CStr;

pub const CONTENTS: &str = "0123456789abcdefghijklmnopqrstuvwxyz";

pub fn open(t: &mut Twin, path: &CStr, flags: i32) -> i64 {
    t.call("open", args![path, flags, 0o644])
}

/// `file`, afresh.
pub fn open_contents(t: &mut Twin) -> i64 {
    world::file("file", CONTENTS);
    open(t, c"file", O_RDWR)
}

pub fn where_is(t: &mut Twin, fd: i64) {
    t.call("lseek", args![fd, 0, SEEK_CUR]);
}

/// More than any pipe or bounce buffer holds, and no part of it like another.
pub fn much() -> Vec<u8> {
    (0..9_000_001u32)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect()
}
