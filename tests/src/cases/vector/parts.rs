//! How many parts there are, how long, and where.

use super::vectors::{ALL, READS, Vector, WRITES, call, raw, reads, seek, writes};
use crate::arg::Arg;
use crate::cases::world;
use crate::contents::{much, open, open_contents, where_is};
use crate::memory;
use crate::twin::Twin;
use libc::*;
use std::fs;

pub fn parts(t: &mut Twin) {
    let thousand = [1; 1000];
    let most = [2; 1024];
    let empty = [0; 1024];
    for lengths in [
        &[0][..],
        &[0, 0, 0],
        &[0, 5],
        &[5, 0],
        &[0, 5, 0, 0, 5, 0],
        &[36],
        &[1, 35],
        &[35, 1, 1],
        &[4096, 4096],
        &thousand,
        &most,
        &empty,
    ] {
        let fd = open_contents(t);
        for row in READS {
            seek(t, fd, 0);
            reads(t, row, fd, lengths, 2);
            where_is(t, fd);
        }
        for row in WRITES {
            seek(t, fd, 7);
            writes(t, row, fd, lengths, 2);
            where_is(t, fd);
            t.tree(".");
        }
        t.close(fd);
    }
}

/// Later parts overwrite what earlier ones were given.
pub fn overlapping_parts(t: &mut Twin) {
    for (first, second) in [
        ((0, 10), (5, 10)),
        ((5, 10), (0, 10)),
        ((0, 20), (0, 20)),
        ((3, 4), (2, 9)),
    ] {
        let fd = open_contents(t);
        for row in ALL {
            let mut bytes = [b'.'; 40];
            let base = bytes.as_mut_ptr() as usize;
            let part = |(at, length)| (Arg::at(base + at, "part"), length);
            let vector = Vector::new([first, second, first].map(part));
            seek(t, fd, 0);
            call(t, row, fd, &vector, 1);
            t.bytes("bytes", &bytes);
        }
        t.close(fd);
        t.tree(".");
    }
}

/// The vector is read before anything is written, so it may lie where the bytes go.
pub fn parts_over_the_vector(t: &mut Twin) {
    let bytes: Vec<u8> = (0..64u8).collect();
    fs::write("file", &bytes).expect("file");
    let fd = open(t, c"file", O_RDWR);
    for row in READS {
        let mut behind = [b'.'; 16];
        let mut vector = [[0usize; 2]; 2];
        let place = vector.as_mut_ptr() as usize;
        vector = [[place, 32], [behind.as_mut_ptr() as usize, 16]];
        let shown = Arg::at(vector.as_ptr() as usize, "itself");
        seek(t, fd, 0);
        raw(t, row, &fd.into(), (&shown, &2.into()), 0, 0);
        t.note("words", format_args!("{vector:x?}"));
        t.bytes("behind", &behind);
    }
}

pub fn counts(t: &mut Twin) {
    let fd = open_contents(t);
    let mut bytes = [b'.'; 4096];
    let vector = Vector::cut(&mut bytes, &[1; 1100]);
    let counts = [
        Arg::from(0),
        1.into(),
        1024.into(),
        1025.into(),
        1100.into(),
        (-1).into(),
        i32::MIN.into(),
        i32::MAX.into(),
        (1u64 << 32).into(),
        ((1u64 << 32) + 1).into(),
        (1u64 << 63).into(),
        u32::MAX.into(),
    ];
    for row in ALL {
        for count in &counts {
            seek(t, fd, 0);
            raw(t, row, &fd.into(), (&vector.arg(), count), 3, 0);
            where_is(t, fd);
        }
        raw(t, row, &fd.into(), (&0.into(), &0.into()), 0, 0);
        raw(t, row, &99.into(), (&0.into(), &0.into()), 0, 0);
    }
    t.bytes("bytes", &bytes[..64]);
    t.tree(".");
}

/// Lengths no part or no sum may have, and those the kernel cuts.
pub fn lengths(t: &mut Twin) {
    let fd = open_contents(t);
    let low = memory::low();
    let most = i64::MAX as usize;
    let rows = ALL
        .into_iter()
        .filter(|row| row.starts_with("p") || *row == "readv");
    for row in rows.chain(["writev"]) {
        for lengths in [
            &[most][..],
            &[most + 1],
            &[usize::MAX],
            &[most, 1],
            &[1, most],
            &[4, usize::MAX],
            &[1 << 62, 1 << 62],
            &[usize::MAX, usize::MAX],
        ] {
            let vector = Vector::new(lengths.iter().map(|&length| (Arg::from(&low), length)));
            seek(t, fd, 0);
            call(t, row, fd, &vector, 0);
            where_is(t, fd);
        }
    }
    for row in READS {
        for lengths in [
            &[0x7fff_f000][..],
            &[0x7fff_f001, 8],
            &[4, 0x7fff_ffff],
            &[1 << 40, 8],
        ] {
            let vector = Vector::new(lengths.iter().map(|&length| (Arg::from(&low), length)));
            seek(t, fd, 0);
            call(t, row, fd, &vector, 0);
            where_is(t, fd);
            t.bytes("low", &memory::contents(&low, 40));
        }
    }
    t.tree(".");
}

/// Larger than any bounce buffer, in parts and as a whole.
pub fn large_transfers(t: &mut Twin) {
    let mut bytes = much();
    let mut back = vec![0u8; bytes.len()];
    for lengths in [
        &[9_000_001][..],
        &[3_000_000, 1, 5_000_000, 1_000_000],
        &[8_388_608, 611_393],
    ] {
        for (read, write) in READS.iter().zip(WRITES) {
            world::file("file", "");
            let fd = open(t, c"file", O_RDWR);
            let from = Vector::cut(&mut bytes, lengths);
            call(t, write, fd, &from, 0);
            where_is(t, fd);
            seek(t, fd, 0);
            back.fill(0);
            let to = Vector::cut(&mut back, lengths);
            call(t, read, fd, &to, 0);
            where_is(t, fd);
            t.note("the same came back", back == bytes);
            t.close(fd);
        }
    }
}
