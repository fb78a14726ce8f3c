use super::{ROWS, accept, describe};
use crate::net::sockets::{self, FAMILIES};
use crate::other::meanwhile;
use crate::twin::Twin;
use libc::*;

pub fn nobody_calls(t: &mut Twin) {
    for row in ROWS {
        for family in FAMILIES {
            let listener = sockets::listener(family, 8);
            for milliseconds in [1, 30] {
                sockets::set_time(listener, SO_RCVTIMEO, milliseconds);
                accept(t, row, listener);
            }
            sockets::nonblocking(listener);
            accept(t, row, listener);
            sockets::close(&[listener]);
        }
    }
}

pub fn until_somebody_calls(t: &mut Twin) {
    for row in ROWS {
        for family in FAMILIES {
            let listener = sockets::listener(family, 8);
            let fd = meanwhile(
                t,
                row,
                |other| {
                    other.waits();
                    let caller = sockets::caller(listener);
                    sockets::send(caller, b"hello", 0);
                    sockets::receive(caller);
                },
                |t| {
                    let fd = accept(t, row, listener);
                    t.bytes("heard", &sockets::receive(fd));
                    sockets::close(&[fd]);
                    sockets::caller(listener)
                },
            );
            let last = accept(t, row, listener);
            describe(t, last, fd);
            sockets::close(&[listener, fd]);
        }
    }
}

pub fn the_listener_is_shut_down(t: &mut Twin) {
    for row in ROWS {
        for family in FAMILIES {
            let listener = sockets::listener(family, 8);
            meanwhile(
                t,
                row,
                |other| {
                    other.waits();
                    sockets::shutdown(listener, SHUT_RD);
                },
                |t| accept(t, row, listener),
            );
            accept(t, row, listener);
            sockets::close(&[listener]);
        }
    }
}
