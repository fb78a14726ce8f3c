//! The calls, and what is renamed.

use crate::args;
use crate::twin::Twin;
use libc::*;
use std::ffi::CStr;

pub const ROWS: [&str; 3] = ["rename", "renameat", "renameat2"];

pub fn rename(t: &mut Twin, row: &str, from: &CStr, to: &CStr) {
    match row {
        "rename" => t.call(row, args![from, to]),
        "renameat" => t.call(row, args![AT_FDCWD, from, AT_FDCWD, to]),
        _ => t.call(row, args![AT_FDCWD, from, AT_FDCWD, to, 0]),
    };
}

pub const KINDS: [&str; 12] = [
    "file",
    "dir",
    "full",
    "full/sub",
    "link",
    "dirlink",
    "dangling",
    "fifo",
    "socket",
    "dir/inner",
    "loop",
    "nowhere",
];
