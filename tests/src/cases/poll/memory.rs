use super::{ROWS, one, poll_at};
use crate::arg::Arg;
use crate::args;
use crate::memory::{self, Spot};
use crate::nameless::pipe;
use crate::twin::Twin;
use libc::*;

fn bytes(fds: &[pollfd]) -> Vec<u8> {
    fds.iter()
        .flat_map(|fd| {
            let [a, b, c, d] = fd.fd.to_ne_bytes();
            let [e, f] = fd.events.to_ne_bytes();
            let [g, h] = fd.revents.to_ne_bytes();
            [a, b, c, d, e, f, g, h]
        })
        .collect()
}

pub fn bad(t: &mut Twin) {
    let [_out, into] = pipe(0);
    for row in ROWS {
        for spot in memory::bad() {
            for count in [0, 1, 2, 1000] {
                poll_at(t, row, &Arg::from(&spot), count, 0);
            }
        }
        let two = bytes(&[one(into, POLLOUT), one(-1, 0)]);
        for there in [4, 8, 12, 16] {
            for count in [1, 2, 3] {
                let spot = memory::before_the_edge(&two[..there]);
                poll_at(t, row, &Arg::from(&spot), count, 0);
                t.bytes("answers", &memory::contents(&spot, there));
            }
        }
    }
}

/// All or part of it; ready, not ready, and after a wait.
pub fn cannot_be_written(t: &mut Twin) {
    let [out, into] = pipe(0);
    for row in ROWS {
        for fds in [[into, into], [out, out], [into, -1]] {
            for milliseconds in [0, 5] {
                let asked = bytes(&fds.map(|fd| one(fd, POLLIN | POLLOUT)));
                let fixed = memory::before_the_edge(&asked);
                memory::protect(&fixed, PROT_READ);
                poll_at(t, row, &Arg::from(&fixed), 2, milliseconds);
                t.bytes("answers", &memory::contents(&fixed, 16));
                let half = memory::room_before(8, PROT_READ);
                memory::fill(&half, &asked[..8]);
                poll_at(t, row, &Arg::from(&half), 2, milliseconds);
                t.bytes("answers", &memory::contents(&half, 16));
            }
        }
    }
}

/// ppoll's other two.
pub fn times_and_masks(t: &mut Twin) {
    let [_out, into] = pipe(0);
    let fds = [one(into, POLLOUT)];
    let place = Arg::at(fds.as_ptr() as usize, "one");
    let mask = 0u64;
    let mask = Arg::at(&raw const mask as usize, "no signals");
    let mut bad = memory::bad();
    bad.push(memory::read_only());
    for spot in &bad {
        t.call("ppoll", args![&place, 1, spot, 0, 8]);
        t.call("ppoll", args![&place, 1, 0, spot, 8]);
        t.call("ppoll", args![&place, 1, spot, spot, 8]);
    }
    for size in [0u64, 1, 4, 7, 8, 9, 16, 128, 1 << 32, u64::MAX] {
        t.call("ppoll", args![&place, 1, 0, &mask, size]);
        t.call("ppoll", args![&place, 1, 0, 0, size]);
        t.call("ppoll", args![&place, 1, 0, 1, size]);
    }
    for (seconds, nanoseconds) in [
        (0, 0),
        (0, 999_999_999),
        (0, 1_000_000_000),
        (0, -1),
        (-1, 0),
        (-1, -1),
        (i64::MAX, 0),
        (i64::MAX, 999_999_999),
        (i64::MIN, 0),
    ] {
        for fd in [&place, &0.into()] {
            let time = memory::room_before(16, PROT_NONE);
            memory::fill_words(&time, &[seconds, nanoseconds]);
            t.note("time", format_args!("{seconds} {nanoseconds}"));
            let count = usize::from(fd.raw != 0);
            // With nothing to wait for, a long time is long.
            if count == 1 || seconds == 0 && nanoseconds == 0 {
                t.call("ppoll", args![fd, count, &time, 0, 8]);
            }
            show_time(t, &time, seconds);
        }
    }
}

fn show_time(t: &mut Twin, time: &Spot, seconds: i64) {
    let bytes = memory::contents(time, 16);
    let left = i64::from_ne_bytes(bytes[..8].try_into().expect("eight"));
    t.note("no more is left", left <= seconds && left >= seconds.min(0));
}
