//! Reads of more than any worker holds: up to four gibibytes, where memory or the file ends in the middle.

use crate::arg::Arg;
use crate::args;
use crate::case;
use crate::case::Family;
use crate::filesystem::FileSystem;
use crate::memory::{self, Spot};
use crate::twin::Twin;
use libc::*;
use std::fs::File;
use std::os::unix::fs::FileExt;

pub const FAMILY: Family = Family {
    name: "streams",
    on: &[FileSystem::Home, FileSystem::Tmpfs],
    cases: &[
        case!(four_gibibytes)
            .not_on(&[(FileSystem::Tmpfs, "a minute more")])
            .within(120),
        case!(ends_of_the_file),
        case!(cut_into_parts),
        case!(memory_that_ends),
        case!(offsets_at_the_edge).sees(&[("pread64", &[EINVAL]), ("preadv", &[EINVAL])]),
        case!(shared_position),
        case!(flags_of_one_read),
    ],
};

const MIB: usize = 1 << 20;
const GIB: usize = 1 << 30;
/// preadv2's: at the shared position.
const HERE: i64 = -1;

/// A sparse file of this size with something here and there, its last byte among it.
fn sparse(t: &mut Twin, size: usize) -> i64 {
    let file = File::create("sparse").expect("create");
    file.set_len(size as u64).expect("truncate");
    for at in (0..size).step_by(size / 13) {
        let line = format!("here begins {at:#x}");
        file.write_all_at(line.as_bytes(), at as u64)
            .expect("write");
    }
    file.write_all_at(b"!", size as u64 - 1).expect("write");
    t.call("open", args![c"sparse", O_RDWR])
}

fn where_is(t: &mut Twin, fd: i64) {
    t.call("lseek", args![fd, 0, SEEK_CUR]);
}

fn seek(t: &mut Twin, fd: i64, to: usize) {
    t.call("lseek", args![fd, to, SEEK_SET]);
}

/// FNV-1a by words: there are many.
fn sum(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks();
    let words = words.iter().copied().map(u64::from_ne_bytes);
    let rest = rest.iter().copied().map(u64::from);
    words.chain(rest).fold(0xcbf2_9ce4_8422_2325, |sum, word| {
        (sum ^ word).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Into one stretch of memory cut into these lengths.
fn parts(into: &Spot, lengths: &[usize]) -> Vec<[usize; 2]> {
    let mut at = into.address;
    let cut = |&length: &usize| {
        at += length;
        [at - length, length]
    };
    lengths.iter().map(cut).collect()
}

/// By any of the rows, with `offset` for those that take one.
fn read(t: &mut Twin, row: &str, fd: i64, into: &Spot, lengths: &[usize], offset: i64) {
    let vector = parts(into, lengths);
    let vector = (
        Arg::at(vector.as_ptr() as usize, format!("{lengths:x?}")),
        vector,
    );
    let (iov, count) = (&vector.0, lengths.len());
    match row {
        "read" => t.call(row, args![fd, into, lengths[0]]),
        "pread64" => t.call(row, args![fd, into, lengths[0], offset]),
        "readv" => t.call(row, args![fd, iov, count]),
        "preadv" => t.call(row, args![fd, iov, count, offset, 0]),
        _ => t.call(row, args![fd, iov, count, offset, 0, 0]),
    };
}

const ROWS: [&str; 5] = ["read", "pread64", "readv", "preadv", "preadv2"];

/// No call moves as much: it ends a page before two gibibytes.
fn four_gibibytes(t: &mut Twin) {
    const WINDOW: usize = 16 * MIB;
    let fd = sparse(t, 4 * GIB + 5);
    let into = memory::repeated(WINDOW, 4 * GIB);
    for row in ["read", "preadv2", "read"] {
        read(t, row, fd, &into, &[4 * GIB], HERE);
        where_is(t, fd);
        t.note("window", sum(&memory::contents(&into, WINDOW)));
    }
}

fn ends_of_the_file(t: &mut Twin) {
    const SIZE: usize = 20 * MIB + 3;
    let fd = sparse(t, SIZE);
    for row in ROWS {
        for from in [0, 1, 11 * MIB, SIZE - 1, SIZE, SIZE + 1] {
            let into = memory::repeated(24 * MIB, 24 * MIB);
            seek(t, fd, from);
            read(t, row, fd, &into, &[24 * MIB], from as i64);
            where_is(t, fd);
            t.note("memory", sum(&memory::contents(&into, 24 * MIB)));
        }
    }
}

fn cut_into_parts(t: &mut Twin) {
    let fd = sparse(t, 30 * MIB);
    for lengths in [
        &[9 * MIB, 0, 1, 4095, 10 * MIB][..],
        &[1; 1024],
        &[20_000; 1024],
        &[0, 0, 40 * MIB],
    ] {
        for row in &ROWS[2..] {
            let into = memory::repeated(40 * MIB, 40 * MIB);
            seek(t, fd, 3);
            read(t, row, fd, &into, lengths, 3);
            where_is(t, fd);
            t.note("memory", sum(&memory::contents(&into, 40 * MIB)));
        }
    }
}

/// As far as there is memory, to the byte; the position comes as far.
fn memory_that_ends(t: &mut Twin) {
    let fd = sparse(t, 30 * MIB);
    for row in ROWS {
        for room in [0, 1, 4096, 9 * MIB, 12 * MIB + 4096 + 7] {
            let into = memory::large_room_before_a_hole(room);
            seek(t, fd, 1);
            read(t, row, fd, &into, &[20 * MIB], 1);
            where_is(t, fd);
            t.note("memory", sum(&memory::contents(&into, room)));
        }
    }
}

fn offsets_at_the_edge(t: &mut Twin) {
    let fd = sparse(t, 10 * MIB);
    let into = memory::repeated(MIB, 9 * MIB);
    for row in ["pread64", "preadv", "preadv2"] {
        for offset in [i64::MAX, i64::MAX - 9 * MIB as i64, -2, i64::MIN] {
            read(t, row, fd, &into, &[9 * MIB], offset);
        }
    }
    for row in ["read", "readv", "preadv2"] {
        for offset in [1 << 43, 1 << 44, i64::MAX] {
            t.call("lseek", args![fd, offset, SEEK_SET]);
            read(t, row, fd, &into, &[9 * MIB], HERE);
            where_is(t, fd);
        }
    }
}

/// Of a parent and its child, who take turns.
fn shared_position(t: &mut Twin) {
    let fd = sparse(t, 40 * MIB);
    let into = memory::repeated(10 * MIB, 10 * MIB);
    for _ in 0..2 {
        t.fork("child", |t| {
            read(t, "read", fd, &into, &[9 * MIB], HERE);
            where_is(t, fd);
        });
        read(t, "readv", fd, &into, &[5 * MIB, 5 * MIB], HERE);
        where_is(t, fd);
        t.note("memory", sum(&memory::contents(&into, 10 * MIB)));
    }
}

/// What preadv2 may be asked besides.
fn flags_of_one_read(t: &mut Twin) {
    let fd = sparse(t, 12 * MIB);
    let into = memory::repeated(10 * MIB, 10 * MIB);
    let vector = parts(&into, &[10 * MIB]);
    let iov = Arg::at(vector.as_ptr() as usize, "vector");
    for flags in [RWF_HIPRI, RWF_DSYNC, RWF_SYNC, 1 << 30] {
        t.call("preadv2", args![fd, &iov, 1, 0, 0, flags]);
        t.call("preadv2", args![fd, &iov, 1, HERE, 0, flags]);
        where_is(t, fd);
    }
}
