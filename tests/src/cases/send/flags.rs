use crate::args;
use crate::nameless::socket_pair;
use crate::net::Message;
use crate::net::sockets::{self, FAMILIES};
use crate::net::ways::{SENDS_WITH_FLAGS, receive, send};
use crate::twin::Twin;
use libc::*;

/// All 32 bits, one by one. What has come at the other end by the time a last message is there tells what they did.
pub fn each_flag(t: &mut Twin) {
    for way in SENDS_WITH_FLAGS {
        for bit in 0..32 {
            let flag = (1u32 << bit).cast_signed();
            for family in FAMILIES {
                let [one, two] = sockets::tcp_pair(family);
                send(t, way, one, b"flagged", flag);
                sockets::close(&[one]);
                let came = sockets::receive_all(two);
                t.bytes("came", &came);
                sockets::close(&[two]);
            }
            for [one, two] in [sockets::udp_pair(AF_INET), socket_pair(SOCK_DGRAM)] {
                send(t, way, one, b"flagged", flag);
                send(t, way, one, b"last", 0);
                sockets::arrives(two);
                t.bytes("came", &sockets::receive(two));
                sockets::close(&[one, two]);
            }
            let [one, two] = socket_pair(SOCK_STREAM);
            send(t, way, one, b"flagged", flag);
            sockets::close(&[one]);
            t.bytes("came", &sockets::receive_all(two));
            sockets::close(&[two]);
        }
    }
}

/// One byte that overtakes the others, and the signal that says so.
pub fn urgent(t: &mut Twin) {
    for way in SENDS_WITH_FLAGS {
        for inline in [0, 1] {
            let [one, two] = sockets::tcp_pair(AF_INET);
            sockets::set(two, SO_OOBINLINE, inline);
            send(t, way, one, b"before", 0);
            send(t, way, one, b"xyz!", MSG_OOB);
            send(t, way, one, b"after", 0);
            sockets::happens(two, POLLPRI);
            sockets::arrived(two, 6);
            receive(t, "recvfrom", two, 1, MSG_OOB);
            for _ in 0..3 {
                receive(t, "recvfrom", two, 9, MSG_DONTWAIT);
            }
            sockets::close(&[one]);
            t.bytes("rest", &sockets::receive_all(two));
            sockets::close(&[two]);
        }
    }
}

/// With MSG_MORE datagrams grow until one is sent without.
pub fn held_back(t: &mut Twin) {
    for way in SENDS_WITH_FLAGS {
        for family in FAMILIES {
            let [one, two] = sockets::udp_pair(family);
            send(t, way, one, b"one ", MSG_MORE);
            send(t, way, one, b"two ", MSG_MORE);
            receive(t, "recvfrom", two, 16, MSG_DONTWAIT);
            send(t, way, one, b"three", 0);
            sockets::arrives(two);
            receive(t, "recvfrom", two, 16, MSG_DONTWAIT);
            let message = Message::bytes(b"another ");
            t.call("sendmsg", args![one, &message.arg(), MSG_MORE]);
            t.call("write", args![one, b"end", 3]);
            sockets::arrives(two);
            receive(t, "recvfrom", two, 16, MSG_DONTWAIT);
            sockets::close(&[one, two]);
        }
    }
}
