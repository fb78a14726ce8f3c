use super::{Asked, ROWS};
use crate::arg::Arg;
use crate::args;
use crate::memory;
use crate::nameless::pipe;
use crate::twin::Twin;
use libc::*;

fn no_time() -> (Box<[i64; 2]>, Arg) {
    let time = Box::new([0i64; 2]);
    let arg = Arg::at(time.as_ptr() as usize, "no time");
    (time, arg)
}

pub fn bad_sets(t: &mut Twin) {
    let (_time, time) = no_time();
    for row in ROWS {
        for spot in memory::bad() {
            for count in [0, 1, 64, 1024] {
                t.call(row, args![count, &spot, 0, 0, &time, 0]);
                t.call(row, args![count, 0, &spot, 0, &time, 0]);
                t.call(row, args![count, 0, 0, &spot, &time, 0]);
            }
        }
        // As long as the count says, in whole words.
        for there in [1, 7, 8, 9, 16] {
            for count in [0, 1, 8, 63, 64, 65, 128, 129] {
                let spot = memory::before_the_edge(&vec![0; there]);
                t.call(row, args![count, 0, &spot, 0, &time, 0]);
            }
        }
    }
}

/// Nothing is written before it is known what; then as much as can be.
pub fn cannot_be_written(t: &mut Twin) {
    let (_time, time) = no_time();
    let [out, into] = pipe(0);
    let set = |fd: i64, protection: i32| {
        let spot = memory::before_the_edge(&(1u64 << fd).to_ne_bytes());
        memory::protect(&spot, protection);
        spot
    };
    for row in ROWS {
        for fixed in 0..3 {
            for fd in [into, out] {
                let sets: Vec<_> = (0..3)
                    .map(|at| {
                        set(
                            fd,
                            if at == fixed {
                                PROT_READ
                            } else {
                                PROT_READ | PROT_WRITE
                            },
                        )
                    })
                    .collect();
                t.call(row, args![64, &sets[0], &sets[1], &sets[2], &time, 0]);
                for set in &sets {
                    t.bytes("set", &memory::contents(set, 8));
                }
            }
        }
    }
}

pub fn bad_times(t: &mut Twin) {
    let [_out, into] = pipe(0);
    let mut bad = memory::bad();
    bad.push(memory::read_only());
    for row in ROWS {
        let set = super::bits(&[into]);
        for spot in &bad {
            let place = Arg::at(set.as_ptr() as usize, "set");
            t.call(row, args![64, 0, &place, 0, spot, 0]);
        }
        for (seconds, fraction) in [
            (0, 999_999),
            (0, 1_000_000),
            (0, 5_000_000),
            (0, 999_999_999),
            (0, 1_000_000_000),
            (0, -1),
            (-1, 0),
            (1, -1),
            (-1, 2_000_000),
            (i64::MAX, 0),
            (i64::MAX, 999_999),
            (i64::MIN, 0),
            (i64::MAX, i64::MAX),
        ] {
            let mut asked = Asked::of([&[], &[into], &[]]).within(0);
            *asked.time = [seconds, fraction];
            let place = Arg::at(asked.sets[1].as_ptr() as usize, "set");
            let time = Arg::at(
                asked.time.as_ptr() as usize,
                format!("{seconds} {fraction}"),
            );
            t.call(row, args![64, 0, &place, 0, &time, 0]);
            t.note("set", super::shown(&asked.sets[1]));
            t.note("a sane time", asked.time[0] <= seconds.max(6));
        }
    }
}

/// A pair of a mask's address and its size.
pub fn bad_masks(t: &mut Twin) {
    let (_time, time) = no_time();
    let mask = 0u64;
    let address = &raw const mask as u64;
    for spot in memory::bad() {
        t.call("pselect6", args![0, 0, 0, 0, &time, &spot]);
        let pair = [spot.address as u64, 8];
        t.note("mask", &spot.name);
        let place = Arg::at(pair.as_ptr() as usize, "pair");
        t.call("pselect6", args![0, 0, 0, 0, &time, place]);
    }
    for size in [0, 1, 4, 7, 8, 9, 16, 128, 1 << 32, u64::MAX] {
        for mask in [address, 0] {
            let pair = [mask, size];
            t.note("size", size);
            let place = Arg::at(pair.as_ptr() as usize, "pair");
            t.call("pselect6", args![0, 0, 0, 0, &time, place]);
        }
    }
    let half = memory::before_the_edge(&address.to_ne_bytes());
    t.call("pselect6", args![0, 0, 0, 0, &time, &half]);
}
