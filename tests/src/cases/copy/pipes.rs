//! Between pipes and files, and from pipe to pipe.

use super::ends::{close, drain, moves, put, two_files, where_are};
use crate::args;
use crate::cases::world;
use crate::contents::open;
use crate::nameless::{fill, is_ready, pipe, take_all};
use crate::twin::Twin;
use libc::*;
use std::fs;

pub fn pipes_and_files(t: &mut Twin) {
    let [out, into] = pipe(0);
    for offset in [None, Some(0), Some(3), Some(36), Some(100)] {
        for length in [0, 1, 10, 1000] {
            let [source, sink] = two_files(t);
            moves(t, "splice", (source, offset), (into, None), length, 0);
            moves(t, "splice", (source, offset), (into, Some(1)), length, 0);
            moves(t, "splice", (out, Some(1)), (sink, offset), length, 0);
            if is_ready(out, POLLIN) {
                moves(t, "splice", (out, None), (sink, offset), length, 0);
            }
            moves(
                t,
                "splice",
                (out, None),
                (sink, offset),
                length,
                SPLICE_F_NONBLOCK,
            );
            where_are(t, &[source, sink]);
            drain(t, out);
            close(t, &[source, sink]);
            t.tree(".");
        }
    }
    let [source, sink] = two_files(t);
    fill(into);
    moves(
        t,
        "splice",
        (source, None),
        (into, None),
        5,
        SPLICE_F_NONBLOCK,
    );
    moves(
        t,
        "splice",
        (out, None),
        (sink, None),
        1 << 20,
        SPLICE_F_MORE,
    );
    moves(t, "splice", (out, None), (sink, None), 5, SPLICE_F_NONBLOCK);
    t.close(into);
    moves(t, "splice", (out, None), (sink, None), 5, 0);
    where_are(t, &[source, sink]);
    t.tree(".");
}

pub fn pipes_and_pipes(t: &mut Twin) {
    for status in [0, O_NONBLOCK] {
        let [out, into] = pipe(status);
        let [other_out, other_into] = pipe(status);
        for row in ["tee", "splice"] {
            for length in [0, 3, 100] {
                put(t, into, b"in the pipe");
                moves(t, row, (out, None), (other_into, None), length, 0);
                moves(
                    t,
                    row,
                    (out, None),
                    (other_into, Some(0)),
                    length,
                    SPLICE_F_NONBLOCK,
                );
                moves(t, row, (out, None), (into, None), length, SPLICE_F_NONBLOCK);
                moves(
                    t,
                    row,
                    (into, None),
                    (other_into, None),
                    length,
                    SPLICE_F_NONBLOCK,
                );
                moves(
                    t,
                    row,
                    (out, None),
                    (other_out, None),
                    length,
                    SPLICE_F_NONBLOCK,
                );
                drain(t, other_out);
                drain(t, out);
                moves(
                    t,
                    row,
                    (out, None),
                    (other_into, None),
                    length,
                    SPLICE_F_NONBLOCK,
                );
            }
            put(t, into, b"in the pipe");
            fill(other_into);
            moves(
                t,
                row,
                (out, None),
                (other_into, None),
                3,
                SPLICE_F_NONBLOCK,
            );
            drain(t, out);
            take_all(other_out);
        }
        t.close(into);
        for row in ["tee", "splice"] {
            moves(t, row, (out, None), (other_into, None), 3, 0);
            moves(
                t,
                row,
                (out, None),
                (other_into, None),
                3,
                SPLICE_F_NONBLOCK,
            );
        }
        close(t, &[out, other_out, other_into]);
    }
}

pub fn named_pipes(t: &mut Twin) {
    let _reader = world::build("w");
    let [source, sink] = two_files(t);
    let out = open(t, c"w/fifo", O_RDONLY | O_NONBLOCK);
    let into = open(t, c"w/fifo", O_WRONLY);
    let [other_out, other_into] = pipe(O_NONBLOCK);
    moves(t, "splice", (source, None), (into, None), 12, 0);
    moves(t, "tee", (out, None), (other_into, None), 5, 0);
    moves(t, "splice", (out, None), (sink, None), 5, 0);
    moves(t, "splice", (out, None), (other_into, None), 5, 0);
    moves(t, "splice", (out, None), (into, None), 5, 0);
    moves(t, "sendfile", (source, None), (into, None), 5, 0);
    where_are(t, &[source, sink]);
    drain(t, out);
    drain(t, other_out);
    t.tree(".");
}

/// A pipe of one page: what does not fit stays.
pub fn small_pipes(t: &mut Twin) {
    fs::write("large", vec![b'l'; 20_000]).expect("large");
    for (flags, offset) in [(0, None), (SPLICE_F_NONBLOCK, Some(100))] {
        let source = open(t, c"large", O_RDONLY);
        let [_, sink] = two_files(t);
        let [out, into] = pipe(0);
        let [_, other] = pipe(0);
        t.call("fcntl", args![into, F_SETPIPE_SZ, 4096]);
        t.call("fcntl", args![other, F_SETPIPE_SZ, 4096]);
        moves(t, "splice", (source, offset), (into, None), 20_000, flags);
        moves(
            t,
            "splice",
            (source, offset),
            (into, None),
            20_000,
            SPLICE_F_NONBLOCK,
        );
        moves(t, "tee", (out, None), (other, None), 20_000, flags);
        moves(t, "splice", (out, None), (sink, None), 20_000, flags);
        moves(
            t,
            "splice",
            (out, None),
            (other, None),
            20_000,
            SPLICE_F_NONBLOCK,
        );
        where_are(t, &[source, sink]);
        close(t, &[source, sink, out, into, other]);
        t.tree(".");
    }
}

/// No copy is made: what the file becomes later is what is read from the pipe.
pub fn what_a_pipe_holds_is_the_file(t: &mut Twin) {
    let [source, _] = two_files(t);
    let [out, into] = pipe(O_NONBLOCK);
    let [other_out, other_into] = pipe(O_NONBLOCK);
    moves(t, "splice", (source, Some(0)), (into, None), 20, 0);
    t.call("pwrite64", args![source, b"CHANGED", 7, 3]);
    moves(t, "tee", (out, None), (other_into, None), 20, 0);
    t.call("ftruncate", args![source, 5]);
    drain(t, out);
    t.call("pwrite64", args![source, b"again", 5, 0]);
    drain(t, other_out);
}
