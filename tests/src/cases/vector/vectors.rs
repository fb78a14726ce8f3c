//! The vectors that cases hand over, and calls with them.

use crate::arg::Arg;
use crate::args;
use crate::twin::Twin;
use libc::*;

pub const READS: [&str; 3] = ["readv", "preadv", "preadv2"];

pub const WRITES: [&str; 3] = ["writev", "pwritev", "pwritev2"];

pub const ALL: [&str; 6] = [
    "readv", "preadv", "preadv2", "writev", "pwritev", "pwritev2",
];

/// preadv2's and pwritev2's: at the shared position.
pub const HERE: i64 = -1;

/// A `struct iovec` for each part.
#[derive(Debug)]
pub struct Vector {
    pub parts: Vec<[usize; 2]>,
    shown: String,
}

impl Vector {
    pub fn new(parts: impl IntoIterator<Item = (Arg, usize)>) -> Self {
        let (mut all, mut shown) = (Vec::new(), Vec::new());
        for (place, length) in parts {
            all.push([place.raw, length]);
            shown.push(format!("{}:{length:#x}", place.shown));
        }
        shown.truncate(4);
        Self {
            shown: format!("{}[{}]", shown.join(" "), all.len()),
            parts: all,
        }
    }

    /// Into or from one stretch of memory, cut into these lengths.
    pub fn cut(bytes: &mut [u8], lengths: &[usize]) -> Self {
        let mut at = bytes.as_mut_ptr() as usize;
        Self::new(lengths.iter().map(|&length| {
            let part = (Arg::at(at, "part"), length);
            at += length;
            part
        }))
    }

    pub fn arg(&self) -> Arg {
        Arg::at(self.parts.as_ptr() as usize, self.shown.clone())
    }
}

/// With any vector and count; `offset` for those that take one, flags for those that take some.
pub fn raw(
    t: &mut Twin,
    row: &str,
    fd: &Arg,
    (vector, count): (&Arg, &Arg),
    offset: i64,
    flags: u32,
) -> i64 {
    let high = 0x1234_5678u64;
    match row {
        "readv" | "writev" => t.call(row, args![fd, vector, count]),
        "preadv" | "pwritev" => t.call(row, args![fd, vector, count, offset, high]),
        _ => t.call(row, args![fd, vector, count, offset, high, flags]),
    }
}

pub fn call(t: &mut Twin, row: &str, fd: i64, vector: &Vector, offset: i64) -> i64 {
    let count = Arg::from(vector.parts.len());
    raw(t, row, &fd.into(), (&vector.arg(), &count), offset, 0)
}

pub fn flagged(t: &mut Twin, row: &str, fd: i64, vector: &Vector, offset: i64, flags: u32) -> i64 {
    let count = Arg::from(vector.parts.len());
    raw(t, row, &fd.into(), (&vector.arg(), &count), offset, flags)
}

pub fn seek(t: &mut Twin, fd: i64, to: i64) {
    t.call("lseek", args![fd, to, SEEK_SET]);
}

/// Reads into parts of these lengths, and shows what came.
pub fn reads(t: &mut Twin, row: &str, fd: i64, lengths: &[usize], offset: i64) {
    let mut bytes = vec![b'.'; lengths.iter().sum()];
    let vector = Vector::cut(&mut bytes, lengths);
    call(t, row, fd, &vector, offset);
    t.bytes("read", &bytes[..bytes.len().min(100)]);
}

pub fn writes(t: &mut Twin, row: &str, fd: i64, lengths: &[usize], offset: i64) {
    let length = lengths.iter().sum::<usize>();
    let mut bytes: Vec<u8> = (b'A'..=b'Z').cycle().take(length).collect();
    let vector = Vector::cut(&mut bytes, lengths);
    call(t, row, fd, &vector, offset);
}

pub fn moves(t: &mut Twin, row: &str, fd: i64, lengths: &[usize], offset: i64) {
    match READS.contains(&row) {
        true => reads(t, row, fd, lengths, offset),
        false => writes(t, row, fd, lengths, offset),
    }
}
