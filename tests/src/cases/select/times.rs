use super::{Asked, ROWS};
use crate::nameless::{pipe, socket_pair};
use crate::net::sockets;
use crate::other::meanwhile;
use crate::twin::Twin;
use libc::*;

pub fn short(t: &mut Twin) {
    let [out, into] = pipe(0);
    for row in ROWS {
        for milliseconds in [0, 1, 30] {
            Asked::of([&[out], &[], &[]])
                .within(milliseconds)
                .call(t, row, 64);
            Asked::of([&[], &[], &[]])
                .within(milliseconds)
                .call(t, row, 0);
        }
        for milliseconds in [0, 1, 60_000] {
            Asked::of([&[out], &[into], &[]])
                .within(milliseconds)
                .call(t, row, 64);
        }
        Asked::of([&[out], &[into], &[]]).call(t, row, 64);
    }
}

/// select(2) says how much; pselect6, the kernel's own, does, too.
pub fn what_is_left(t: &mut Twin) {
    let [out, into] = pipe(0);
    for row in ROWS {
        let mut asked = Asked::of([&[out], &[], &[]]).within(20);
        asked.time[1] = 20;
        asked.call(t, row, 64);
        let done = Asked::of([&[], &[into], &[]])
            .within(60_000)
            .call(t, row, 64);
        t.note("ready", done);
    }
}

pub fn until_something_comes(t: &mut Twin) {
    for row in ROWS {
        for for_ever in [true, false] {
            for [one, two] in [
                socket_pair(SOCK_STREAM),
                pipe(0),
                sockets::tcp_pair(AF_INET),
                sockets::udp_pair(AF_INET6),
            ] {
                let mut asked = Asked::of([&[one], &[], &[one]]).within(60_000);
                asked.for_ever = for_ever;
                meanwhile(
                    t,
                    row,
                    |caller| {
                        caller.waits();
                        // SAFETY: live bytes.
                        unsafe { write(two as i32, b"here".as_ptr().cast(), 4) };
                    },
                    |t| asked.call(t, row, 64),
                );
                sockets::close(&[one, two]);
            }
        }
    }
}
