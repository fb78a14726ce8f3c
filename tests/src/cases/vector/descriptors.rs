//! Descriptors of other kinds.

use super::vectors::{ALL, HERE, READS, Vector, WRITES, moves, raw, reads, writes};
use crate::cases::world;
use crate::contents::{CONTENTS, open, open_contents, where_is};
use crate::twin::Twin;
use libc::*;
use std::fs;

pub fn wrong_descriptors(t: &mut Twin) {
    world::file("file", CONTENTS);
    let high = 0xdead_beef_0000_0000u64;
    let opened = [O_RDONLY, O_WRONLY, O_PATH, O_ACCMODE].map(|flags| open(t, c"file", flags));
    let others = [-1, 99, i32::MAX, i32::MIN, AT_FDCWD].map(i64::from);
    for fd in opened.into_iter().chain(others) {
        for fd in [fd as u64, high | (fd as u64 & 0xffff_ffff)] {
            for row in ALL {
                for lengths in [&[4, 4][..], &[0]] {
                    let mut bytes = [b'.'; 8];
                    let vector = Vector::cut(&mut bytes, lengths);
                    let count = lengths.len();
                    raw(t, row, &fd.into(), (&vector.arg(), &count.into()), 2, 0);
                    t.bytes("bytes", &bytes);
                }
            }
        }
    }
    t.tree(".");
}

pub fn directories(t: &mut Twin) {
    world::dir("dir");
    for flags in [O_RDONLY, O_PATH] {
        let fd = open(t, c"dir", flags);
        for row in READS {
            reads(t, row, fd, &[4, 4], 0);
            reads(t, row, fd, &[0], 0);
            reads(t, row, fd, &[], 0);
        }
        for row in WRITES {
            writes(t, row, fd, &[4, 4], 0);
        }
    }
}

pub fn devices(t: &mut Twin) {
    for path in [c"/dev/null", c"/dev/zero", c"/dev/full"] {
        let fd = open(t, path, O_RDWR);
        for offset in [0, 1 << 40, HERE] {
            ALL.iter()
                .for_each(|row| moves(t, row, fd, &[4, 4], offset));
        }
        where_is(t, fd);
    }
}

pub fn own_memory(t: &mut Twin) {
    let fd = open(t, c"/proc/self/mem", O_RDWR);
    for offset in [0, 4096, HERE] {
        ALL.iter()
            .for_each(|row| moves(t, row, fd, &[4, 4], offset));
    }
}

pub fn deleted_file(t: &mut Twin) {
    let fd = open_contents(t);
    fs::remove_file("file").expect("file");
    for row in ALL {
        moves(t, row, fd, &[3, 3], 2);
        where_is(t, fd);
    }
    reads(t, "preadv", fd, &[20, 30], 0);
}
