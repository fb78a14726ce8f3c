//! Vectors and parts in memory that is not there, ends, or cannot be written.

use super::vectors::{ALL, Vector, WRITES, call, raw, seek};
use crate::arg::Arg;
use crate::contents::{open, open_contents, where_is};
use crate::memory::{self, Spot};
use crate::twin::Twin;
use libc::*;
use std::fs;

pub fn bad_vectors(t: &mut Twin) {
    let fd = open_contents(t);
    let mut bytes = [b'.'; 64];
    let good = Vector::cut(&mut bytes, &[4, 4]);
    let words: Vec<u8> = good
        .parts
        .iter()
        .flatten()
        .flat_map(|word| word.to_ne_bytes())
        .collect();
    let mut places = memory::bad();
    places.push(memory::read_only());
    places.extend([8, 15, 16, 24, 31, 32].map(|length| memory::before_the_edge(&words[..length])));
    for row in ALL {
        for place in &places {
            for count in [0, 1, 2, 3] {
                seek(t, fd, 0);
                raw(t, row, &fd.into(), (&place.into(), &count.into()), 0, 0);
                where_is(t, fd);
            }
        }
    }
    t.tree(".");
}

/// One part of three leads nowhere: what comes before it counts.
pub fn bad_parts(t: &mut Twin) {
    let mut places = memory::bad();
    places.push(memory::read_only());
    for row in ALL {
        for place in &places {
            for wrong in 0..3 {
                for length in [0usize, 1, 8] {
                    one_bad_part(t, row, (place, length), wrong);
                }
            }
        }
    }
    t.tree(".");
}

fn one_bad_part(t: &mut Twin, row: &str, (place, length): (&Spot, usize), wrong: usize) {
    let fd = open_contents(t);
    let mut bytes = [b'.'; 16];
    let base = bytes.as_mut_ptr() as usize;
    let vector = Vector::new((0..3).map(|i| match i == wrong {
        true => (Arg::from(place), length),
        false => (Arg::at(base + i * 5, "part"), 5),
    }));
    call(t, row, fd, &vector, 10);
    where_is(t, fd);
    t.bytes("bytes", &bytes);
    t.close(fd);
    if WRITES.contains(&row) {
        t.tree(".");
    }
}

/// A part that goes on where memory does not.
pub fn parts_that_end(t: &mut Twin) {
    for row in ALL {
        for room in [0, 1, 5, 4095, 4096] {
            for second in [PROT_NONE, PROT_READ] {
                for wrong in [0, 1] {
                    one_part_that_ends(t, row, (room, second), wrong);
                }
            }
        }
    }
}

fn one_part_that_ends(t: &mut Twin, row: &str, (room, second): (usize, i32), wrong: usize) {
    fs::write("file", vec![b'f'; 9000]).expect("file");
    let fd = open(t, c"file", O_RDWR);
    let spot = memory::room_before(room, second);
    // FUSE writes up to the end of memory what is resident already, and nothing otherwise.
    let readable = if second == PROT_NONE { room } else { room + 10 };
    memory::contents(&spot, readable);
    let mut bytes = vec![b'.'; 4100];
    let mut parts = vec![(Arg::from(&mut bytes[..]), 4100)];
    parts.insert(wrong, (Arg::from(&spot), room + 10));
    call(t, row, fd, &Vector::new(parts), 3);
    where_is(t, fd);
    t.bytes("room", &memory::contents(&spot, room.min(20)));
    t.bytes("bytes", &bytes[..20]);
    t.close(fd);
    t.tree(".");
}
