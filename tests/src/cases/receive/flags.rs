use super::{datagrams, pairs, streams};
use crate::args;
use crate::memory;
use crate::net::Message;
use crate::net::sockets;
use crate::net::ways::{RECEIVES_WITH_FLAGS, receive};
use crate::other::meanwhile;
use crate::twin::Twin;
use libc::*;

/// All 32 bits, one by one, and what is there afterwards.
pub fn each_flag(t: &mut Twin) {
    for way in RECEIVES_WITH_FLAGS {
        for bit in 0..32 {
            let flag = (1u32 << bit).cast_signed();
            for [one, two] in pairs() {
                sockets::bring(one, two, &[b"flagged", b"next"]);
                // With MSG_WAITALL more than there is would be waited for.
                receive(t, way, two, 5, flag);
                receive(t, way, two, 4, MSG_DONTWAIT);
                sockets::close(&[one, two]);
            }
        }
        let [one, two] = sockets::udp_pair(AF_INET);
        for flags in [
            -1,
            i32::MIN,
            MSG_PEEK | MSG_TRUNC,
            MSG_CMSG_CLOEXEC | MSG_PEEK,
        ] {
            sockets::send(one, b"flagged", 0);
            sockets::arrives(two);
            receive(t, way, two, 3, flags);
        }
        // Those of a recvmmsg's own.
        sockets::arrives(two);
        receive(t, way, two, 3, MSG_WAITFORONE);
        receive(t, way, two, 3, MSG_WAITFORONE | MSG_DONTWAIT);
        sockets::close(&[one, two]);
    }
}

/// What is looked at stays.
pub fn peek(t: &mut Twin) {
    for way in RECEIVES_WITH_FLAGS {
        for [one, two] in pairs() {
            sockets::bring(one, two, &[b"first ", b"second"]);
            for length in [0, 3, 6, 6, 2] {
                receive(t, way, two, length, MSG_PEEK);
                receive(t, way, two, length, MSG_PEEK | MSG_DONTWAIT);
            }
            receive(t, way, two, 4, 0);
            receive(t, way, two, 2, MSG_PEEK);
            receive(t, way, two, 2, MSG_PEEK | MSG_WAITALL);
            receive(t, way, two, 2, 0);
            sockets::close(&[one, two]);
        }
    }
}

/// A socket can remember how far it has been looked at.
pub fn peek_offset(t: &mut Twin) {
    for way in RECEIVES_WITH_FLAGS {
        for [one, two] in pairs() {
            sockets::send(one, b"0123456789", 0);
            sockets::arrived(two, 10);
            for offset in [0, 3, 9, 20, -1] {
                let value = [offset];
                let place = value.as_ptr();
                t.call("setsockopt", args![two, SOL_SOCKET, SO_PEEK_OFF, place, 4]);
                receive(t, way, two, 2, MSG_PEEK | MSG_DONTWAIT);
                receive(t, way, two, 2, MSG_PEEK | MSG_DONTWAIT);
                let offset = sockets::get(two, SO_PEEK_OFF);
                t.note("offset", offset);
            }
            receive(t, way, two, 4, 0);
            let offset = sockets::get(two, SO_PEEK_OFF);
            t.note("offset", offset);
            sockets::close(&[one, two]);
        }
    }
}

/// The real length of what was cut; of a stream, so much is thrown away.
pub fn truncated(t: &mut Twin) {
    for way in RECEIVES_WITH_FLAGS {
        for [one, two] in pairs() {
            for flags in [MSG_TRUNC, MSG_TRUNC | MSG_PEEK, MSG_TRUNC | MSG_DONTWAIT] {
                sockets::send(one, b"0123456789", 0);
                sockets::arrived(two, 10);
                receive(t, way, two, 4, flags);
                receive(t, way, two, 20, MSG_DONTWAIT);
            }
            sockets::send(one, b"0123456789", 0);
            sockets::arrived(two, 10);
            // Of a TCP socket nothing is written: any address will do.
            t.call("recvfrom", args![two, 1, 4, MSG_TRUNC, 0, 0]);
            t.call(
                "recvfrom",
                args![two, 0, 1 << 20, MSG_TRUNC | MSG_DONTWAIT, 0, 0],
            );
            receive(t, way, two, 20, MSG_DONTWAIT);
            sockets::close(&[one, two]);
        }
    }
}

/// MSG_WAITALL: as much as asked for, or the end, or one datagram.
pub fn all_of_it(t: &mut Twin) {
    for way in RECEIVES_WITH_FLAGS {
        for [one, two] in streams() {
            sockets::send(one, b"some ", 0);
            sockets::arrived(two, 5);
            meanwhile(
                t,
                way,
                |caller| {
                    caller.waits();
                    sockets::send(one, b"more", 0);
                    caller.waits();
                    sockets::send(one, b" and the rest", 0);
                },
                |t| receive(t, way, two, 16, MSG_WAITALL),
            );
            receive(t, way, two, 16, MSG_WAITALL | MSG_DONTWAIT);
            sockets::send(one, b"last", 0);
            sockets::close(&[one]);
            receive(t, way, two, 16, MSG_WAITALL);
            receive(t, way, two, 16, MSG_WAITALL);
            sockets::close(&[two]);
        }
        for [one, two] in datagrams() {
            sockets::send(one, b"one", 0);
            sockets::send(one, b"two", 0);
            sockets::arrives(two);
            receive(t, way, two, 16, MSG_WAITALL);
            sockets::close(&[one, two]);
        }
    }
}

pub fn urgent(t: &mut Twin) {
    for way in RECEIVES_WITH_FLAGS {
        for inline in [0, 1] {
            for [one, two] in pairs() {
                receive(t, way, two, 1, MSG_OOB | MSG_DONTWAIT);
                sockets::close(&[one, two]);
            }
            let [one, two] = sockets::tcp_pair(AF_INET);
            sockets::set(two, SO_OOBINLINE, inline);
            sockets::send(one, b"before", 0);
            sockets::send(one, b"!", MSG_OOB);
            sockets::send(one, b"after", 0);
            sockets::happens(two, POLLPRI);
            sockets::arrived(two, 6);
            receive(t, way, two, 1, MSG_OOB | MSG_PEEK);
            receive(t, way, two, 0, MSG_OOB);
            receive(t, way, two, 1, MSG_OOB);
            receive(t, way, two, 1, MSG_OOB);
            at_mark(t, two);
            // A read ends at the mark.
            receive(t, way, two, 20, MSG_DONTWAIT);
            at_mark(t, two);
            sockets::close(&[one]);
            t.bytes("rest", &sockets::receive_all(two));
            sockets::close(&[two]);
        }
    }
}

/// The queue of errors is another one; it is never waited for.
pub fn errors_queued(t: &mut Twin) {
    for way in RECEIVES_WITH_FLAGS {
        for [one, two] in pairs() {
            // To local sockets the flag means nothing.
            sockets::set_time(two, SO_RCVTIMEO, 1);
            receive(t, way, two, 10, MSG_ERRQUEUE);
            receive(t, way, two, 10, MSG_ERRQUEUE | MSG_DONTWAIT);
            sockets::send(one, b"data", 0);
            sockets::arrives(two);
            receive(t, way, two, 10, MSG_ERRQUEUE);
            let spot = memory::room_before(16, PROT_NONE);
            let message = Message::spot(&spot, 16).room_for_control(128);
            t.call("recvmsg", args![two, &message.arg(), 0]);
            message.show(t);
            sockets::close(&[one, two]);
        }
    }
}

fn at_mark(t: &mut Twin, fd: i64) {
    let mut is = 0;
    // SIOCATMARK: a place for the answer.
    t.call("ioctl", args![fd, 0x8905, &raw mut is]);
    t.note("at the mark", is);
}
