//! What else bytes are sent to.

use super::ends::{close, drain, moves, put, two_files, where_are};
use crate::contents::open;
use crate::nameless::{fill, pipe, socket_pair};
use crate::twin::Twin;
use libc::*;
use std::fs;

pub fn sendfile_elsewhere(t: &mut Twin) {
    fs::write("large", vec![b'l'; 200_000]).expect("large");
    let large = open(t, c"large", O_RDONLY);
    let [out, into] = pipe(O_NONBLOCK);
    let [one, two] = socket_pair(SOCK_STREAM | SOCK_NONBLOCK);
    let [source, sink] = two_files(t);
    for (into, out) in [(into, out), (one, two)] {
        for offset in [None, Some(30)] {
            moves(t, "sendfile", (source, offset), (into, None), 10, 0);
            where_are(t, &[source]);
            drain(t, out);
        }
        moves(t, "sendfile", (out, None), (sink, None), 10, 0);
        moves(t, "sendfile", (out, Some(0)), (sink, None), 10, 0);
    }
    fill(into);
    for offset in [None, Some(5)] {
        moves(t, "sendfile", (large, offset), (into, None), 200_000, 0);
    }
    moves(t, "sendfile", (source, None), (into, None), 10, 0);
    where_are(t, &[source, large]);
    t.tree(".");
}

pub fn sockets(t: &mut Twin) {
    let [source, sink] = two_files(t);
    let [out, into] = pipe(O_NONBLOCK);
    for kind in [SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET] {
        let [one, two] = socket_pair(kind | SOCK_NONBLOCK);
        put(t, into, b"in the pipe");
        moves(t, "splice", (out, None), (one, None), 5, 0);
        moves(t, "splice", (two, None), (into, None), 3, 0);
        moves(t, "splice", (two, None), (into, None), 3, SPLICE_F_NONBLOCK);
        moves(t, "sendfile", (source, None), (one, None), 5, 0);
        moves(t, "copy_file_range", (source, None), (one, None), 5, 0);
        moves(t, "copy_file_range", (two, None), (sink, None), 5, 0);
        moves(t, "splice", (one, None), (sink, None), 5, 0);
        drain(t, two);
        drain(t, out);
        close(t, &[one, two]);
    }
    where_are(t, &[source, sink]);
    t.tree(".");
}
