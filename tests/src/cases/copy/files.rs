//! Files of other file systems, of the kernel, and of no name.

use super::ends::{FILES, drain, moves, put, two_files, where_are};
use crate::args;
use crate::cases::world;
use crate::contents::open;
use crate::nameless::{memory, pipe};
use crate::twin::Twin;
use libc::*;
use std::fs;

pub fn across_file_systems(t: &mut Twin) {
    let memory = memory(0);
    put(t, memory, b"in memory");
    let [source, sink] = two_files(t);
    let proc = open(t, c"/proc/self/comm", O_RDWR);
    for row in FILES {
        for (from, to) in [
            (source, memory),
            (memory, sink),
            (proc, sink),
            (memory, memory),
        ] {
            moves(t, row, (from, Some(1)), (to, Some(20)), 4, 0);
            t.call("lseek", args![to, 3, SEEK_SET]);
            moves(t, row, (from, Some(0)), (to, None), 5, 0);
            where_are(t, &[from, to]);
        }
    }
    let mut buffer = [b'.'; 40];
    t.call("pread64", args![memory, &mut buffer, 40, 0]);
    t.bytes("memory", &buffer);
    t.tree(".");
}

pub fn kernel_files(t: &mut Twin) {
    let [_, sink] = two_files(t);
    let [out, into] = pipe(O_NONBLOCK);
    for path in [
        c"/proc/self/comm",
        c"/dev/zero",
        c"/dev/null",
        c"/proc/sys/kernel/ostype",
        c"/sys/kernel/notes",
    ] {
        let fd = open(t, path, O_RDONLY);
        for row in FILES {
            moves(t, row, (fd, None), (sink, None), 4, 0);
            moves(t, row, (fd, Some(0)), (sink, None), 4, 0);
        }
        moves(t, "splice", (fd, None), (into, None), 4, 0);
        drain(t, out);
        t.close(fd);
    }
    let null = open(t, c"/dev/null", O_WRONLY);
    put(t, into, b"in the pipe");
    moves(t, "splice", (out, None), (null, None), 4, 0);
    drain(t, out);
    t.tree(".");
}

pub fn deleted_files(t: &mut Twin) {
    let [source, sink] = two_files(t);
    let [out, into] = pipe(O_NONBLOCK);
    for path in ["from", "to"] {
        fs::remove_file(path).expect(path);
    }
    for row in FILES {
        moves(t, row, (source, None), (sink, None), 5, 0);
    }
    moves(t, "splice", (source, None), (into, None), 5, 0);
    moves(t, "splice", (out, None), (sink, None), 5, 0);
    let mut buffer = [b'.'; 40];
    t.call("pread64", args![sink, &mut buffer, 40, 0]);
    t.bytes("is", &buffer);
}

/// A file that is read or written past the page cache, at aligned places and others.
pub fn direct(t: &mut Twin) {
    for (source_flags, sink_flags) in [(O_DIRECT, 0), (0, O_DIRECT), (O_DIRECT, O_DIRECT)] {
        fs::write("from", vec![b'd'; 16_384]).expect("from");
        world::file("to", "");
        let source = open(t, c"from", O_RDWR | source_flags);
        let sink = open(t, c"to", O_RDWR | sink_flags);
        let [out, into] = pipe(O_NONBLOCK);
        for (from, to, length) in [(0, 0, 4096), (4096, 8192, 100), (1, 0, 4096), (0, 1, 512)] {
            for row in FILES {
                moves(t, row, (source, Some(from)), (sink, Some(to)), length, 0);
            }
            moves(t, "splice", (source, Some(from)), (into, None), length, 0);
            moves(t, "splice", (out, None), (sink, Some(to)), length, 0);
        }
        where_are(t, &[source, sink]);
        drain(t, out);
        for fd in [source, sink, out, into] {
            t.close(fd);
        }
        t.tree(".");
    }
}
