//! The two calls that list, and the entries that each of them writes.

use crate::args;
use crate::twin::Twin;
use libc::*;
use std::ffi::CStr;

#[derive(Debug)]
pub struct Form {
    pub row: &'static str,
    /// Notes what the call has written.
    pub entries: fn(&mut Twin, &[u8]),
}

pub const NEW: Form = Form {
    row: "getdents64",
    entries,
};
pub const OLD: Form = Form {
    row: "getdents",
    entries: old_entries,
};

/// One call with a buffer of this size, and what is in it then.
pub fn getdents(t: &mut Twin, form: &Form, fd: i64, size: usize) -> i64 {
    let mut buffer = vec![0xaau8; size];
    let length = t.call(form.row, args![fd, &mut buffer[..], size]);
    if let Ok(length) = usize::try_from(length) {
        (form.entries)(t, &buffer[..length]);
        t.note(
            "untouched",
            buffer[length..].iter().all(|byte| *byte == 0xaa),
        );
    }
    length
}

/// From where the position is to the end.
pub fn rest(t: &mut Twin, form: &Form, fd: i64, size: usize) {
    while getdents(t, form, fd, size) > 0 {}
}

pub fn list(t: &mut Twin, form: &Form, path: &CStr, size: usize) {
    let fd = t.call("open", args![path, O_RDONLY | O_DIRECTORY]);
    rest(t, form, fd, size);
    getdents(t, form, fd, size);
    t.call("lseek", args![fd, 0, SEEK_CUR]);
    t.close(fd);
}

/// Entry by entry what getdents64 wrote: everything but the padding, which the kernel leaves as it was.
fn entries(t: &mut Twin, bytes: &[u8]) {
    let mut at = 0;
    while at + 19 <= bytes.len() {
        let word = |from: usize| {
            u64::from_ne_bytes(bytes[from..from + 8].try_into().expect("eight bytes"))
        };
        let length = u16::from_ne_bytes([bytes[at + 16], bytes[at + 17]]) as usize;
        let name = &bytes[at + 19..at + length];
        let name = &name[..name
            .iter()
            .position(|byte| *byte == 0)
            .unwrap_or(name.len())];
        let inode = t.inode(0, word(at));
        t.note(
            "entry",
            format_args!(
                "{} type {} length {length} {inode} next {:x}",
                name.escape_ascii(),
                bytes[at + 18],
                word(at + 8)
            ),
        );
        at += length;
    }
}

/// `struct linux_dirent`: the type is its last byte, the name ends with NUL somewhere before.
fn old_entries(t: &mut Twin, bytes: &[u8]) {
    let mut at = 0;
    while at + 18 < bytes.len() {
        let number = u64::from_ne_bytes(bytes[at..at + 8].try_into().expect("eight bytes"));
        let length = usize::from(u16::from_ne_bytes([bytes[at + 16], bytes[at + 17]]));
        let record = &bytes[at..at + length];
        let name = CStr::from_bytes_until_nul(&record[18..]).expect("a name");
        let name = name.to_bytes();
        let inode = t.inode(0, number);
        let next = u64::from_ne_bytes(record[8..16].try_into().expect("eight bytes"));
        let kind = record[length - 1];
        let line = format!("type {kind} length {length} {inode} next {next:x}");
        t.note(&name.escape_ascii().to_string(), line);
        at += length;
    }
}
