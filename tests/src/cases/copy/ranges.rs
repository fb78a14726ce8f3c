//! From where to where, and how much.

use super::ends::{FILES, close, drain, moves, put, two_files, where_are};
use crate::args;
use crate::cases::world;
use crate::contents::{CONTENTS, much, open};
use crate::nameless::pipe;
use crate::twin::Twin;
use libc::*;
use std::fs;

pub fn ranges(t: &mut Twin) {
    for row in FILES {
        for from in [None, Some(0), Some(30), Some(36), Some(100)] {
            for to in [None, Some(0), Some(5), Some(100)] {
                let [source, sink] = two_files(t);
                for length in [0, 4, 10, 36, 1000] {
                    moves(t, row, (source, from), (sink, to), length, 0);
                    where_are(t, &[source, sink]);
                }
                t.tree(".");
                close(t, &[source, sink]);
            }
        }
    }
}

/// Ranges that overlap are refused, by one descriptor or two; those that touch are not.
pub fn within_one_file(t: &mut Twin) {
    for row in FILES {
        for (from, to) in [
            (0, 18),
            (0, 17),
            (17, 0),
            (18, 0),
            (5, 5),
            (0, 36),
            (20, 30),
            (30, 20),
            (0, 100),
        ] {
            for length in [1, 18, 100] {
                world::file("from", CONTENTS);
                let one = open(t, c"from", O_RDWR);
                let two = open(t, c"from", O_RDWR);
                moves(t, row, (one, Some(from)), (one, Some(to)), length, 0);
                t.call("lseek", args![two, to, SEEK_SET]);
                moves(t, row, (one, Some(from)), (two, None), length, 0);
                where_are(t, &[one, two]);
                close(t, &[one, two]);
                t.tree(".");
            }
        }
    }
}

const LENGTHS: [u64; 9] = [
    0x7fff_f000,
    0x7fff_ffff,
    1 << 31,
    1 << 32,
    (1 << 32) + 4,
    i64::MAX as u64 - 100,
    i64::MAX as u64,
    1 << 63,
    u64::MAX,
];

pub fn lengths(t: &mut Twin) {
    for row in FILES {
        for length in LENGTHS {
            for offset in [None, Some(30), Some(200)] {
                let [source, sink] = two_files(t);
                moves(t, row, (source, offset), (sink, offset), length, 0);
                where_are(t, &[source, sink]);
                close(t, &[source, sink]);
                t.tree(".");
            }
        }
    }
    let [out, into] = pipe(O_NONBLOCK);
    for length in LENGTHS {
        let [source, sink] = two_files(t);
        moves(t, "splice", (source, None), (into, None), length, 0);
        moves(t, "tee", (out, None), (into, None), length, 0);
        moves(t, "splice", (out, None), (sink, Some(3)), length, 0);
        where_are(t, &[source, sink]);
        drain(t, out);
        close(t, &[source, sink]);
        t.tree(".");
    }
}

/// A file may not be made to end beyond what its file system can address, wherever that lies.
pub fn offsets(t: &mut Twin) {
    let odd = [
        -1,
        -8,
        i64::MIN,
        i64::MAX,
        i64::MAX - 1,
        i64::MAX - 36,
        i64::MAX - 1000,
    ];
    for row in FILES {
        for offset in odd {
            for length in [0, 1, 10, 2000] {
                let [source, sink] = two_files(t);
                moves(t, row, (source, Some(offset)), (sink, None), length, 0);
                moves(t, row, (source, Some(0)), (sink, Some(offset)), length, 0);
                moves(
                    t,
                    row,
                    (source, Some(offset)),
                    (sink, Some(offset)),
                    length,
                    0,
                );
                where_are(t, &[source, sink]);
                t.call("ftruncate", args![sink, 10]);
                close(t, &[source, sink]);
            }
        }
    }
    let [out, into] = pipe(O_NONBLOCK);
    for offset in odd {
        let [source, sink] = two_files(t);
        put(t, into, b"in the pipe");
        moves(t, "splice", (source, Some(offset)), (into, None), 5, 0);
        moves(t, "splice", (out, None), (sink, Some(offset)), 5, 0);
        drain(t, out);
        t.call("ftruncate", args![sink, 10]);
        close(t, &[source, sink]);
    }
    t.tree(".");
}

pub fn append(t: &mut Twin) {
    for (source_flags, sink_flags) in [
        (0, O_APPEND),
        (O_APPEND, 0),
        (O_APPEND, O_APPEND),
        (O_SYNC, O_SYNC),
        (0, O_NONBLOCK),
    ] {
        for offset in [None, Some(2)] {
            let [source, sink] = two_files(t);
            let [out, into] = pipe(O_NONBLOCK);
            put(t, into, b"in the pipe");
            t.call("fcntl", args![source, F_SETFL, source_flags]);
            t.call("fcntl", args![sink, F_SETFL, sink_flags]);
            for row in FILES {
                moves(t, row, (source, offset), (sink, offset), 4, 0);
            }
            moves(t, "splice", (source, offset), (into, None), 4, 0);
            moves(t, "splice", (out, None), (sink, offset), 4, 0);
            where_are(t, &[source, sink]);
            drain(t, out);
            close(t, &[source, sink, out, into]);
            t.tree(".");
        }
    }
}

/// One open file has one position, whoever moves it.
pub fn shared_positions(t: &mut Twin) {
    let [source, sink] = two_files(t);
    let [out, into] = pipe(O_NONBLOCK);
    for row in FILES {
        moves(t, row, (source, None), (sink, None), 3, 0);
        t.fork("child", |t| {
            moves(t, row, (source, None), (sink, None), 3, 0);
            moves(t, "splice", (source, None), (into, None), 3, 0);
            where_are(t, &[source, sink]);
        });
        where_are(t, &[source, sink]);
        t.fork("child", |t| {
            moves(t, "splice", (out, None), (sink, None), 2, 0);
        });
        where_are(t, &[source, sink]);
    }
    t.tree(".");
}

pub fn holes(t: &mut Twin) {
    for row in FILES {
        let [source, sink] = two_files(t);
        t.call("ftruncate", args![source, 1 << 20]);
        t.call("pwrite64", args![source, b"data", 4, 500_000]);
        for (from, to, length) in [
            (0, 0, 1 << 19),
            (400_000, 2 << 20, 200_000),
            (1_000_000, 0, 1 << 20),
        ] {
            moves(t, row, (source, Some(from)), (sink, Some(to)), length, 0);
            let mut st: stat = crate::twin::blank();
            t.call("fstat", args![sink, &raw mut st]);
            t.note("size", st.st_size);
        }
        close(t, &[source, sink]);
        t.tree(".");
    }
}

/// Larger than any pipe or bounce buffer.
pub fn large_files(t: &mut Twin) {
    let bytes = much();
    for row in FILES {
        fs::write("from", &bytes).expect("from");
        world::file("to", "");
        let [source, sink] = [c"from", c"to"].map(|path| open(t, path, O_RDWR));
        let mut left = bytes.len() as i64;
        while left > 0 {
            let moved = moves(t, row, (source, None), (sink, None), 20_000_000, 0);
            left -= moved.max(1);
        }
        t.note("the same", fs::read("to").expect("to") == bytes);
        close(t, &[source, sink]);
    }
    fs::remove_file("to").expect("to");
}
