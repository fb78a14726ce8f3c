use super::{datagrams, pairs, streams};
use crate::net::sockets;
use crate::net::ways::{RECEIVES, receive};
use crate::twin::Twin;
use libc::*;

/// What is there comes first; the end comes again and again.
pub fn ends(t: &mut Twin) {
    for way in RECEIVES {
        for [one, two] in streams() {
            sockets::send(one, b"the last words", 0);
            sockets::close(&[one]);
            sockets::happens(two, POLLRDHUP);
            for flags in [MSG_PEEK, 0, 0, MSG_DONTWAIT, MSG_PEEK, MSG_TRUNC] {
                receive(t, way, two, 8, flags);
            }
            sockets::error(t, two);
            sockets::close(&[two]);
        }
    }
}

pub fn shut_down(t: &mut Twin) {
    for way in RECEIVES {
        for how in [SHUT_RD, SHUT_WR, SHUT_RDWR] {
            for [one, two] in streams() {
                sockets::send(one, b"before", 0);
                sockets::arrived(two, 6);
                sockets::shutdown(two, how);
                receive(t, way, two, 4, MSG_DONTWAIT);
                if how != SHUT_WR {
                    receive(t, way, two, 4, 0);
                    receive(t, way, two, 4, 0);
                }
                // The other end.
                if how != SHUT_RD {
                    receive(t, way, one, 4, 0);
                }
                sockets::close(&[one, two]);
            }
            for [one, two] in datagrams() {
                sockets::send(one, b"before", 0);
                sockets::arrived(two, 6);
                sockets::shutdown(two, how);
                receive(t, way, two, 6, MSG_DONTWAIT);
                if how != SHUT_WR {
                    receive(t, way, two, 6, 0);
                    receive(t, way, two, 6, MSG_PEEK);
                }
                sockets::close(&[one, two]);
            }
        }
    }
}

/// An error is said once, then it is the end. What has come before is lost, or not, with the socket's kind.
pub fn reset(t: &mut Twin) {
    for way in RECEIVES {
        for look_first in [false, true] {
            for unread in [false, true] {
                for [one, two] in pairs() {
                    sockets::send(one, b"said before", 0);
                    sockets::arrived(two, 11);
                    if unread {
                        sockets::send(two, b"never read", 0);
                        sockets::arrived(one, 10);
                    }
                    sockets::reset(one);
                    sockets::arrives(two);
                    if look_first {
                        sockets::error(t, two);
                    }
                    sockets::set_time(two, SO_RCVTIMEO, 1);
                    for _ in 0..4 {
                        receive(t, way, two, 6, 0);
                    }
                    sockets::error(t, two);
                    sockets::close(&[two]);
                }
            }
        }
    }
}
