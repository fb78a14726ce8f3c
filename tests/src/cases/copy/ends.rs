//! Both ends of a move: descriptors, the offsets handed along with them, and what became of either.

use crate::arg::Arg;
use crate::args;
use crate::cases::world;
use crate::contents::{CONTENTS, open};
use crate::nameless::is_ready;
use crate::twin::Twin;
use libc::*;

/// Those that take files, and those that take a pipe.
pub const FILES: [&str; 2] = ["copy_file_range", "sendfile"];

pub const ALL: [&str; 4] = ["copy_file_range", "sendfile", "splice", "tee"];

/// A descriptor, and the offset that is handed along with it.
type End = (i64, Option<i64>);

fn pointer(cell: &mut i64, offset: Option<i64>) -> Arg {
    match offset {
        Some(offset) => {
            *cell = offset;
            Arg::at(&raw mut *cell as usize, format!("&{offset}"))
        }
        None => Arg::from(0),
    }
}

/// Makes the call with offsets in memory of its own, and says what became of them.
pub fn moves(t: &mut Twin, row: &str, from: End, to: End, length: u64, flags: u32) -> i64 {
    let mut cells = [77, 77];
    let [source, sink] = &mut cells;
    let (source, sink) = (pointer(source, from.1), pointer(sink, to.1));
    let ends = ((&from.0.into(), &source), (&to.0.into(), &sink));
    let moved = raw(t, row, ends, length, flags);
    t.note("offsets", format_args!("{cells:?}"));
    moved
}

/// With any descriptors and offsets; each row takes what it takes.
pub fn raw(
    t: &mut Twin,
    row: &str,
    (from, to): ((&Arg, &Arg), (&Arg, &Arg)),
    length: u64,
    flags: u32,
) -> i64 {
    match row {
        "sendfile" => t.call(row, args![to.0, from.0, from.1, length]),
        "tee" => t.call(row, args![from.0, to.0, length, flags]),
        _ => t.call(row, args![from.0, from.1, to.0, to.1, length, flags]),
    }
}

/// A source with contents and a sink with others.
pub fn two_files(t: &mut Twin) -> [i64; 2] {
    world::file("from", CONTENTS);
    world::file("to", "----------");
    [c"from", c"to"].map(|path| open(t, path, O_RDWR))
}

pub fn where_are(t: &mut Twin, fds: &[i64]) {
    for fd in fds {
        t.call("lseek", args![*fd, 0, SEEK_CUR]);
    }
}

pub fn close(t: &mut Twin, fds: &[i64]) {
    fds.iter().for_each(|fd| t.close(*fd));
}

/// What is in a pipe or socket now.
pub fn drain(t: &mut Twin, fd: i64) {
    while is_ready(fd, POLLIN) {
        let mut buffer = [b'.'; 80];
        let got = t.call("read", args![fd, &mut buffer, 80]);
        t.bytes("read", &buffer);
        if got <= 0 {
            break;
        }
    }
}

pub fn put(t: &mut Twin, into: i64, bytes: &[u8]) {
    t.call("write", args![into, bytes, bytes.len()]);
}
