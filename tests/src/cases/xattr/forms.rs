//! The four forms of each call, and the file they are about.

use crate::arg::Arg;
use crate::args;
use crate::cases::world;
use crate::path_rows::{XATTR_ARGS_SIZE, XattrArgs};
use crate::twin::Twin;
use libc::*;
use std::ffi::CStr;

pub const GET: [&str; 4] = ["getxattr", "lgetxattr", "fgetxattr", "getxattrat"];

pub const LIST: [&str; 4] = ["listxattr", "llistxattr", "flistxattr", "listxattrat"];

pub const SET: [&str; 4] = ["setxattr", "lsetxattr", "fsetxattr", "setxattrat"];

pub const REMOVE: [&str; 4] = [
    "removexattr",
    "lremovexattr",
    "fremovexattr",
    "removexattrat",
];

/// The newest form of each.
pub const AT: [&str; 4] = ["getxattrat", "listxattrat", "setxattrat", "removexattrat"];
/// All that take the name of an attribute.
#[rustfmt::skip]
pub const NAMED: [&str; 12] = [
    "getxattr",    "lgetxattr",    "fgetxattr",    "getxattrat",
    "setxattr",    "lsetxattr",    "fsetxattr",    "setxattrat",
    "removexattr", "lremovexattr", "fremovexattr", "removexattrat",
];

/// What an attribute belongs to, as the four forms of a call name it.
#[derive(Debug, Clone, Copy)]
pub struct On<'a> {
    pub path: &'a CStr,
    pub fd: i64,
}

/// Opened for reading, for the forms that take a descriptor.
pub fn on<'a>(t: &mut Twin, path: &'a CStr) -> On<'a> {
    let fd = t.call("open", args![path, O_RDONLY | O_NONBLOCK]);
    On { path, fd }
}

pub fn get(t: &mut Twin, row: &str, on: On<'_>, name: &Arg, out: &Arg, size: usize) -> i64 {
    let xattr = XattrArgs::new(out, size, 0);
    match row {
        "fgetxattr" => t.call(row, args![on.fd, name, out, size]),
        "getxattrat" => t.call(
            row,
            args![AT_FDCWD, on.path, 0, name, xattr.arg(), XATTR_ARGS_SIZE],
        ),
        _ => t.call(row, args![on.path, name, out, size]),
    }
}

pub fn list(t: &mut Twin, row: &str, on: On<'_>, out: &Arg, size: usize) -> i64 {
    match row {
        "flistxattr" => t.call(row, args![on.fd, out, size]),
        "listxattrat" => t.call(row, args![AT_FDCWD, on.path, 0, out, size]),
        _ => t.call(row, args![on.path, out, size]),
    }
}

pub fn set(
    t: &mut Twin,
    row: &str,
    on: On<'_>,
    name: &Arg,
    (value, size): (&Arg, usize),
    flags: u64,
) -> i64 {
    let xattr = XattrArgs::new(value, size, flags as u32);
    match row {
        "fsetxattr" => t.call(row, args![on.fd, name, value, size, flags]),
        "setxattrat" => t.call(
            row,
            args![AT_FDCWD, on.path, 0, name, xattr.arg(), XATTR_ARGS_SIZE],
        ),
        _ => t.call(row, args![on.path, name, value, size, flags]),
    }
}

pub fn put(t: &mut Twin, row: &str, on: On<'_>, name: &CStr, value: &[u8]) -> i64 {
    let from = Arg::from(value);
    set(t, row, on, &Arg::from(name), (&from, value.len()), 0)
}

pub fn remove(t: &mut Twin, row: &str, on: On<'_>, name: &Arg) -> i64 {
    match row {
        "fremovexattr" => t.call(row, args![on.fd, name]),
        "removexattrat" => t.call(row, args![AT_FDCWD, on.path, 0, name]),
        _ => t.call(row, args![on.path, name]),
    }
}

/// What `row` says the value is.
pub fn value(t: &mut Twin, row: &str, on: On<'_>, name: &CStr) {
    let mut buffer = [b'.'; 64];
    let out = Arg::from(&mut buffer);
    get(t, row, on, &Arg::from(name), &out, 64);
    t.bytes("value", &buffer);
}

pub fn names(t: &mut Twin, row: &str, on: On<'_>) {
    let mut buffer = [b'.'; 256];
    let out = Arg::from(&mut buffer);
    list(t, row, on, &out, 256);
    t.bytes("names", &buffer);
}

/// Everything there is about it, by every form.
pub fn all(t: &mut Twin, on: On<'_>, name: &CStr) {
    GET.iter().for_each(|row| value(t, row, on, name));
    LIST.iter().for_each(|row| names(t, row, on));
}

pub fn file(t: &mut Twin) -> On<'static> {
    world::file("file", "contents");
    on(t, c"file")
}
