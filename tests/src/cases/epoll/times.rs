use super::{ROWS, add, new, wait};
use crate::nameless::{pipe, socket_pair};
use crate::net::sockets;
use crate::other::meanwhile;
use crate::twin::Twin;
use libc::*;

pub fn short(t: &mut Twin) {
    for row in ROWS {
        let epoll = new();
        let [out, into] = pipe(0);
        for milliseconds in [0, 1, 30] {
            wait(t, row, epoll, 4, milliseconds);
        }
        add(t, epoll, out, EPOLLIN);
        wait(t, row, epoll, 4, 1);
        add(t, epoll, into, EPOLLOUT);
        for milliseconds in [0, 1, 60_000, -1, i64::from(i32::MIN)] {
            wait(t, row, epoll, 4, milliseconds);
        }
        sockets::close(&[epoll, out, into]);
    }
}

pub fn until_something_comes(t: &mut Twin) {
    for row in ROWS {
        for milliseconds in [-1, 60_000] {
            for flags in [0, EPOLLET, EPOLLONESHOT, EPOLLET | EPOLLEXCLUSIVE] {
                for [one, two] in [socket_pair(SOCK_DGRAM), pipe(0), sockets::tcp_pair(AF_INET)] {
                    let epoll = new();
                    add(t, epoll, one, EPOLLIN | flags);
                    meanwhile(
                        t,
                        row,
                        |caller| {
                            caller.waits();
                            // SAFETY: live bytes.
                            unsafe { write(two as i32, b"here".as_ptr().cast(), 4) };
                        },
                        |t| wait(t, row, epoll, 4, milliseconds),
                    );
                    wait(t, row, epoll, 4, 0);
                    sockets::close(&[epoll, one, two]);
                }
            }
        }
    }
}
