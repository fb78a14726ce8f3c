//! What a file may not become: seals, inode flags, a full file system, a size limit.

use super::ends::{FILES, close, moves, put, two_files, where_are};
use crate::cases::world;
use crate::contents::{CONTENTS, open};
use crate::nameless::SEALS;
use crate::nameless::{fill, memory, pipe};
use crate::twin::Twin;
use crate::{args, limits, mounts, signals};
use libc::*;
use nix::sys::signal::Signal;
use std::fs;

pub fn sealed_memory(t: &mut Twin) {
    for seal in SEALS {
        let [source, sink] = [0, 1].map(|_| memory(MFD_ALLOW_SEALING));
        let [out, into] = pipe(O_NONBLOCK);
        for fd in [source, sink, into] {
            put(t, fd, b"before");
        }
        t.call("fcntl", args![sink, F_ADD_SEALS, seal]);
        for row in FILES {
            moves(t, row, (source, Some(0)), (sink, None), 4, 0);
            t.call("lseek", args![sink, 0, SEEK_SET]);
            moves(t, row, (source, Some(1)), (sink, None), 4, 0);
        }
        moves(t, "splice", (out, None), (sink, Some(4)), 4, 0);
        let mut buffer = [b'.'; 16];
        t.call("pread64", args![sink, &mut buffer, 16, 0]);
        t.bytes("is", &buffer);
        close(t, &[source, sink, out, into]);
    }
}

pub fn immutable(t: &mut Twin) {
    for flag in [mounts::IMMUTABLE, mounts::APPEND_ONLY] {
        let [source, sink] = two_files(t);
        let [out, into] = pipe(O_NONBLOCK);
        put(t, into, b"in the pipe");
        mounts::with_inode_flag(flag, &["to"], || {
            for row in FILES {
                moves(t, row, (source, Some(0)), (sink, None), 4, 0);
            }
            moves(t, "splice", (out, None), (sink, None), 4, 0);
        });
        close(t, &[source, sink, out, into]);
        t.tree(".");
    }
}

pub fn full_file_system(t: &mut Twin) {
    world::tmpfs("size=64k");
    fs::write("m/from", vec![b'm'; 40_960]).expect("from");
    let source = open(t, c"m/from", O_RDONLY);
    let [out, into] = pipe(O_NONBLOCK);
    for row in FILES {
        let sink = open(t, c"m/to", O_CREAT | O_RDWR | O_TRUNC);
        for offset in [0, 4096, 0] {
            moves(t, row, (source, Some(offset)), (sink, None), 40_960, 0);
            where_are(t, &[sink]);
        }
        t.close(sink);
        t.tree("m");
    }
    fill(into);
    let sink = open(t, c"m/to", O_RDWR);
    for _ in 0..3 {
        moves(t, "splice", (out, None), (sink, Some(60_000)), 65_536, 0);
    }
    t.tree("m");
}

/// Up to the limit what fits is moved; beyond it EFBIG, and SIGXFSZ for the thread.
pub fn file_size_limit(t: &mut Twin) {
    signals::catch(Signal::SIGXFSZ);
    let [source, sink] = two_files(t);
    let [out, into] = pipe(O_NONBLOCK);
    put(t, into, CONTENTS.as_bytes());
    limits::file_size(14);
    for row in ["copy_file_range", "sendfile", "splice"] {
        let from = if row == "splice" {
            (out, None)
        } else {
            (source, Some(0))
        };
        for to in [8, 10, 14, 20] {
            t.call("lseek", args![sink, to, SEEK_SET]);
            moves(t, row, from, (sink, None), 10, 0);
            where_are(t, &[sink]);
            t.note("signals", signals::caught());
        }
        moves(t, row, from, (sink, None), 0, 0);
        t.tree(".");
    }
    moves(t, "splice", (source, None), (into, None), 30, 0);
    limits::any_file_size();
    moves(t, "copy_file_range", (source, Some(0)), (sink, None), 30, 0);
    t.tree(".");
}
