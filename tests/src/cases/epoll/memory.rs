use super::{MASKED, ROWS, add, new, wait, wait_at};
use crate::arg::Arg;
use crate::args;
use crate::memory;
use crate::nameless::pipe;
use crate::net::sockets;
use crate::twin::Twin;
use libc::*;

fn ready(t: &mut Twin, flags: i32) -> (i64, Vec<i64>) {
    let epoll = new();
    let fds: Vec<i64> = (0..3).map(|_| pipe(0)[1]).collect();
    for fd in &fds {
        add(t, epoll, *fd, EPOLLOUT | flags);
    }
    (epoll, fds)
}

/// Room for how many: none, or more than there can be.
pub fn counts(t: &mut Twin) {
    let (epoll, _fds) = ready(t, 0);
    let room = memory::low();
    let place = Arg::from(&room);
    for row in ROWS {
        for most in [
            0,
            -1,
            i64::from(i32::MIN),
            100,
            178_956_970,
            178_956_971,
            i64::from(i32::MAX),
            1 << 31,
            1 << 32,
            (1 << 32) + 1,
        ] {
            wait_at(t, row, epoll, &place, most, 0);
            wait_at(t, row, epoll, &1.into(), most, 0);
        }
    }
}

/// Nothing is lost by it: what could not be told is told later.
pub fn bad(t: &mut Twin) {
    for row in ROWS {
        for flags in [0, EPOLLET, EPOLLONESHOT] {
            let mut bad = memory::bad();
            bad.push(memory::read_only());
            for spot in &bad {
                let (epoll, fds) = ready(t, flags);
                for _ in 0..2 {
                    wait_at(t, row, epoll, &spot.into(), 4, 0);
                }
                wait(t, row, epoll, 4, 0);
                wait(t, row, epoll, 4, 0);
                sockets::close(&fds);
                sockets::close(&[epoll]);
            }
            // There is nothing to be told.
            let epoll = new();
            for spot in &bad {
                wait_at(t, row, epoll, &spot.into(), 4, 0);
            }
            sockets::close(&[epoll]);
        }
    }
}

/// Room for some, or for half a one.
pub fn that_ends(t: &mut Twin) {
    for row in ROWS {
        for flags in [0, EPOLLET, EPOLLONESHOT] {
            for room in [0, 4, 11, 12, 13, 24, 30] {
                for protection in [PROT_NONE, PROT_READ] {
                    let (epoll, fds) = ready(t, flags);
                    let spot = memory::room_before(room, protection);
                    wait_at(t, row, epoll, &Arg::from(&spot), 3, 0);
                    t.bytes("room", &memory::contents(&spot, room));
                    wait(t, row, epoll, 4, 0);
                    wait(t, row, epoll, 4, 0);
                    sockets::close(&fds);
                    sockets::close(&[epoll]);
                }
            }
        }
    }
}

pub fn times_and_masks(t: &mut Twin) {
    let (epoll, _fds) = ready(t, 0);
    let room = [0u8; 64];
    let room = Arg::at(room.as_ptr() as usize, "room");
    let mask = 0u64;
    let mask = Arg::at(&raw const mask as usize, "no signals");
    for row in MASKED {
        for spot in memory::bad() {
            t.call(row, args![epoll, &room, 4, 0, &spot, 8]);
            t.call(row, args![epoll, &room, 0, 0, &spot, 8]);
        }
        for size in [0u64, 1, 4, 7, 8, 9, 16, 128, 1 << 32, u64::MAX] {
            t.call(row, args![epoll, &room, 4, 0, &mask, size]);
            t.call(row, args![epoll, &room, 4, 0, 0, size]);
            t.call(row, args![epoll, &room, 4, 0, 1, size]);
        }
    }
    for spot in memory::bad().into_iter().chain([memory::read_only()]) {
        t.call("epoll_pwait2", args![epoll, &room, 4, &spot, 0, 8]);
    }
    for time in [
        [0, 0],
        [0, 999_999_999],
        [0, 1_000_000_000],
        [0, -1],
        [-1, 0],
        [i64::MAX, 0],
        [i64::MAX, 999_999_999],
        [i64::MIN, 0],
    ] {
        let place = Arg::at(time.as_ptr() as usize, format!("{time:?}"));
        t.call("epoll_pwait2", args![epoll, &room, 4, &place, 0, 8]);
        t.call("epoll_pwait2", args![epoll, &room, 0, &place, 0, 8]);
        t.call("epoll_pwait2", args![-1, &room, 1, &place, 0, 8]);
        t.note("time", format_args!("{time:?}"));
    }
}
