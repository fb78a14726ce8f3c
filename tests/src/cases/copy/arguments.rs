//! Flags, and descriptors of every kind: what is refused, and when.

use super::ends::{ALL, close, drain, moves, put, two_files, where_are};
use crate::args;
use crate::cases::world;
use crate::contents::open;
use crate::nameless::{one_of_each, pipe};
use crate::twin::Twin;
use libc::*;

pub fn flags(t: &mut Twin) {
    let mut flags: Vec<u32> = (0..32).map(|bit| 1 << bit).collect();
    flags.extend([0, 3, 7, 15, 12, 16 | 2, u32::MAX]);
    for flags in flags {
        for length in [0, 5] {
            let [source, sink] = two_files(t);
            let [out, into] = pipe(O_NONBLOCK);
            let [other_out, other_into] = pipe(O_NONBLOCK);
            moves(
                t,
                "copy_file_range",
                (source, None),
                (sink, None),
                length,
                flags,
            );
            moves(t, "splice", (source, None), (into, None), length, flags);
            moves(t, "tee", (out, None), (other_into, None), length, flags);
            moves(t, "splice", (out, None), (other_into, None), length, flags);
            moves(
                t,
                "splice",
                (other_out, None),
                (sink, Some(1)),
                length,
                flags,
            );
            where_are(t, &[source, sink]);
            drain(t, out);
            drain(t, other_out);
            close(t, &[source, sink, out, into, other_out, other_into]);
            t.tree(".");
        }
    }
}

/// Every kind of thing at either end; a pipe with something in it opposite.
pub fn wrong_descriptors(t: &mut Twin) {
    let _reader = world::build("w");
    let mut others = [
        (c"w/file", O_RDONLY),
        (c"w/file", O_WRONLY),
        (c"w/file", O_PATH),
        (c"w/dir", O_RDONLY),
        (c"w/fifo", O_RDWR | O_NONBLOCK),
        (c"w/fifo", O_PATH),
        (c"/dev/null", O_RDWR),
        (c"/dev/zero", O_RDWR),
        (c"/proc/self/comm", O_RDWR),
    ]
    .map(|(path, flags)| open(t, path, flags))
    .to_vec();
    others.extend(one_of_each());
    others.extend([-1, 99, i64::from(AT_FDCWD), i64::from(i32::MIN)]);
    for other in others {
        for length in [0, 4] {
            opposite(t, other, length);
        }
        t.close(other);
    }
    t.tree("w");
}

fn opposite(t: &mut Twin, other: i64, length: u64) {
    let [source, sink] = two_files(t);
    let [out, into] = pipe(O_NONBLOCK);
    put(t, into, b"in the pipe");
    for row in ALL {
        for offset in [None, Some(2)] {
            moves(t, row, (other, offset), (sink, None), length, 0);
            moves(t, row, (source, None), (other, offset), length, 0);
            moves(t, row, (other, offset), (into, None), length, 0);
            moves(t, row, (out, None), (other, offset), length, 0);
            moves(t, row, (other, None), (other, offset), length, 0);
        }
    }
    where_are(t, &[source, sink]);
    drain(t, out);
    close(t, &[source, sink, out, into]);
    t.tree(".");
}

/// Descriptors and flags are ints, whatever stands beside them in their registers.
pub fn upper_halves(t: &mut Twin) {
    let high = 0xdead_beef_0000_0000u64;
    let [source, sink] = two_files(t);
    let [out, into] = pipe(O_NONBLOCK);
    let wide = |fd: i64| high | fd as u64;
    t.call(
        "copy_file_range",
        args![wide(source), 0, wide(sink), 0, 4, high],
    );
    t.call("sendfile", args![wide(sink), wide(source), 0, 4]);
    t.call("splice", args![wide(source), 0, wide(into), 0, 4, high | 2]);
    t.call("splice", args![wide(out), 0, wide(sink), 0, 3, high]);
    let [_, other] = pipe(O_NONBLOCK);
    t.call("tee", args![wide(out), wide(other), 4, high | 2]);
    t.call("copy_file_range", args![wide(source), 0, wide(99), 0, 4, 0]);
    where_are(t, &[source, sink]);
    t.tree(".");
}
