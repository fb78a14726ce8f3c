//! Offsets, and the position that is shared.

use super::vectors::{ALL, HERE, READS, WRITES, reads, seek, writes};
use crate::args;
use crate::cases::world;
use crate::contents::{open, open_contents, where_is};
use crate::twin::Twin;
use libc::*;

pub fn positions(t: &mut Twin) {
    for lengths in [&[3, 4][..], &[20, 20], &[1, 0, 1], &[100]] {
        let fd = open_contents(t);
        for offset in [0, 30, 36, 100, HERE] {
            for (read, write) in READS.iter().zip(WRITES) {
                reads(t, read, fd, lengths, offset);
                where_is(t, fd);
                writes(t, write, fd, lengths, offset);
                where_is(t, fd);
                t.tree(".");
            }
        }
        t.close(fd);
    }
}

pub fn offsets(t: &mut Twin) {
    let fd = open_contents(t);
    let (max, min) = (i64::MAX, i64::MIN);
    for offset in [
        -1,
        -2,
        -8,
        min,
        min + 1,
        max,
        max - 7,
        max - 8,
        max - 1000,
        1 << 32,
        35,
        36,
        37,
        0,
    ] {
        for row in ALL {
            for lengths in [&[][..], &[0], &[1], &[4, 4], &[1000]] {
                if READS.contains(&row) {
                    reads(t, row, fd, lengths, offset);
                } else if offset != 1 << 32 {
                    writes(t, row, fd, lengths, offset);
                    t.call("ftruncate", args![fd, 36]);
                }
            }
        }
        where_is(t, fd);
    }
    t.tree(".");
}

pub fn append(t: &mut Twin) {
    for row in WRITES {
        for offset in [0, 5, 100, HERE] {
            let fd = open_contents(t);
            t.call("fcntl", args![fd, F_SETFL, O_APPEND]);
            let other = open(t, c"file", O_RDWR);
            for fd in [fd, other, fd] {
                writes(t, row, fd, &[2, 3], offset);
                where_is(t, fd);
                t.tree(".");
            }
            t.close(fd);
            t.close(other);
        }
    }
}

pub fn shared_position(t: &mut Twin) {
    let fd = open_contents(t);
    let twin = t.call("dup", args![fd]);
    let apart = open(t, c"file", O_RDWR);
    for fd in [fd, twin, apart] {
        reads(t, "readv", fd, &[2, 1], 0);
        reads(t, "preadv2", fd, &[1, 1], HERE);
        where_is(t, fd);
    }
    t.fork("child", |t| {
        reads(t, "readv", fd, &[1, 1], 0);
        writes(t, "pwritev2", twin, &[2, 2], HERE);
        writes(t, "writev", fd, &[2, 2], 0);
        where_is(t, fd);
    });
    where_is(t, fd);
    where_is(t, apart);
    t.tree(".");
}

pub fn holes(t: &mut Twin) {
    for (read, write) in READS.iter().zip(WRITES) {
        world::file("file", "");
        let fd = open(t, c"file", O_RDWR);
        for offset in [10_000i64, 1 << 20, 1 << 33] {
            seek(t, fd, offset);
            writes(t, write, fd, &[3, 3], offset);
            seek(t, fd, offset - 6);
            reads(t, read, fd, &[5, 0, 10], offset - 6);
            seek(t, fd, 100);
            reads(t, read, fd, &[4, 4], 100);
            where_is(t, fd);
        }
        t.close(fd);
    }
    t.tree(".");
}
