use super::{ROWS, add, control, new, wait};
use crate::arg::Arg;
use crate::args;
use crate::nameless::{one_of_each, pipe, socket_pair};
use crate::net::sockets;
use crate::twin::Twin;
use libc::*;

fn put(t: &mut Twin, into: i64, bytes: &[u8]) {
    t.call("write", args![into, bytes, bytes.len()]);
}

/// As long as it is so.
pub fn level(t: &mut Twin) {
    for row in ROWS {
        let epoll = new();
        let [out, into] = pipe(0);
        add(t, epoll, out, EPOLLIN);
        wait(t, row, epoll, 4, 0);
        put(t, into, b"12345678");
        for _ in 0..3 {
            wait(t, row, epoll, 4, 0);
        }
        t.call("read", args![out, &mut [0u8; 8], 4]);
        wait(t, row, epoll, 4, 0);
        t.call("read", args![out, &mut [0u8; 8], 4]);
        wait(t, row, epoll, 4, 0);
        sockets::close(&[epoll, out, into]);
    }
}

/// Once for each time that something comes: whoever looks for somebody else has lost it.
pub fn edge(t: &mut Twin) {
    for row in ROWS {
        let epoll = new();
        let [out, into] = pipe(O_NONBLOCK);
        add(t, epoll, out, EPOLLIN | EPOLLET);
        add(t, epoll, into, EPOLLOUT | EPOLLET);
        for _ in 0..3 {
            put(t, into, b"1234");
            for _ in 0..2 {
                wait(t, row, epoll, 4, 0);
            }
            t.call("read", args![out, &mut [0u8; 8], 2]);
            wait(t, row, epoll, 4, 0);
        }
        // Asked for anew, it is new.
        control(t, epoll, EPOLL_CTL_MOD, out, EPOLLIN | EPOLLET);
        wait(t, row, epoll, 4, 0);
        wait(t, row, epoll, 4, 5);
        sockets::close(&[epoll, out, into]);
    }
}

pub fn once(t: &mut Twin) {
    for row in ROWS {
        let epoll = new();
        let [out, into] = pipe(0);
        add(t, epoll, out, EPOLLIN | EPOLLONESHOT);
        for _ in 0..2 {
            put(t, into, b"1234");
            for _ in 0..2 {
                wait(t, row, epoll, 4, 0);
            }
            control(t, epoll, EPOLL_CTL_MOD, out, EPOLLIN | EPOLLONESHOT);
        }
        wait(t, row, epoll, 4, 0);
        sockets::close(&[epoll, out, into]);
    }
}

/// Every bit that one may ask for.
pub fn exclusive_and_others(t: &mut Twin) {
    for row in ROWS {
        for bit in 0..32 {
            let epoll = new();
            let [one, two] = socket_pair(SOCK_STREAM);
            sockets::send(two, b"here", 0);
            add(t, epoll, one, (1u32 << bit).cast_signed());
            add(
                t,
                epoll,
                two,
                (1u32 << bit).cast_signed() | EPOLLIN | EPOLLOUT,
            );
            wait(t, row, epoll, 4, 0);
            wait(t, row, epoll, 4, 0);
            sockets::close(&[epoll, one, two]);
        }
    }
}

/// With room for less than there is, each has its turn.
pub fn in_turn(t: &mut Twin) {
    for row in ROWS {
        for flags in [0, EPOLLET, EPOLLONESHOT] {
            for most in [1, 2, 3] {
                let epoll = new();
                let pipes = [(); 5].map(|()| pipe(0));
                for [out, into] in pipes {
                    add(t, epoll, out, EPOLLIN | flags);
                    put(t, into, b"x");
                }
                for _ in 0..7 {
                    wait(t, row, epoll, most, 0);
                }
                sockets::close(pipes.as_flattened());
                sockets::close(&[epoll]);
            }
        }
    }
}

pub fn many(t: &mut Twin) {
    for row in ROWS {
        let epoll = new();
        let [_out, into] = pipe(0);
        let all: Vec<i64> = (0..300).map(|_| t.call("dup", args![into])).collect();
        for fd in &all {
            t.quietly(|t| add(t, epoll, *fd, EPOLLOUT));
        }
        for most in [1, 100, 299, 300, 1000] {
            let room = vec![0u8; 12 * most];
            let place = Arg::at(room.as_ptr() as usize, "room");
            let done = super::wait_at(t, row, epoll, &place, most as i64, 0);
            let (events, _) = room.as_chunks::<12>();
            let sum: u64 = events[..done.max(0) as usize]
                .iter()
                .map(|event| u64::from(event[4]) + u64::from(event[5]) * 256)
                .sum();
            t.note("sum of them", sum);
        }
        sockets::close(&all);
        sockets::close(&[epoll]);
    }
}

/// One in another, which passes it on.
pub fn nested(t: &mut Twin) {
    for row in ROWS {
        let [inner, outer] = [new(), new()];
        let [out, into] = pipe(0);
        add(t, inner, out, EPOLLIN);
        add(t, outer, inner, EPOLLIN | EPOLLET);
        wait(t, row, outer, 4, 0);
        put(t, into, b"x");
        wait(t, row, outer, 4, 0);
        wait(t, row, outer, 4, 0);
        wait(t, row, inner, 4, 0);
        add(t, inner, outer, EPOLLIN);
        add(t, inner, inner, EPOLLIN);
        sockets::close(&[inner, outer, out, into]);
    }
}

pub fn states(t: &mut Twin) {
    for row in ROWS {
        let epoll = new();
        for fd in one_of_each() {
            add(t, epoll, fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLPRI);
        }
        wait(t, row, epoll, 16, 0);
        let epoll = new();
        let [one, two] = sockets::tcp_pair(AF_INET);
        add(t, epoll, one, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLPRI);
        wait(t, row, epoll, 4, 0);
        sockets::send(two, b"!", MSG_OOB);
        sockets::happens(one, POLLPRI);
        wait(t, row, epoll, 4, 0);
        sockets::shutdown(two, SHUT_WR);
        sockets::happens(one, POLLRDHUP);
        wait(t, row, epoll, 4, 0);
        sockets::reset(two);
        sockets::happens(one, POLLERR);
        wait(t, row, epoll, 4, 0);
        sockets::error(t, one);
        wait(t, row, epoll, 4, 0);
        sockets::close(&[one, epoll]);
    }
}

/// All 64 bits of it come back.
pub fn data(t: &mut Twin) {
    for row in ROWS {
        let epoll = new();
        let [_out, into] = pipe(0);
        for data in [0, u64::MAX, 0x0123_4567_89ab_cdef] {
            let event = epoll_event {
                events: EPOLLOUT as u32,
                u64: data,
            };
            for what in [EPOLL_CTL_ADD, EPOLL_CTL_MOD] {
                let place = &raw const event;
                t.call("epoll_ctl", args![epoll, what, into, place]);
            }
            wait(t, row, epoll, 1, 0);
        }
        sockets::close(&[epoll]);
    }
}
