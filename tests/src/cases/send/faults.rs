use crate::arg::Arg;
use crate::args;
use crate::memory;
use crate::nameless::{is_ready, socket_pair};
use crate::net::Message;
use crate::net::message::control;
use crate::net::sockets::{self, pattern};
use crate::net::ways::{SENDS, pass, send, send_from};
use crate::twin::Twin;
use crate::users::ordinary;
use libc::*;

fn pairs() -> [[i64; 2]; 4] {
    [
        sockets::tcp_pair(AF_INET),
        sockets::udp_pair(AF_INET6),
        socket_pair(SOCK_STREAM),
        socket_pair(SOCK_DGRAM),
    ]
}

/// What has come so far, if anything: a fault sends nothing.
fn rest(t: &mut Twin, two: i64) {
    while is_ready(two, POLLIN) {
        let came = sockets::receive(two);
        t.note("came", came.len());
        if came.is_empty() {
            return;
        }
    }
}

pub fn bad_bytes(t: &mut Twin) {
    for [one, two] in pairs() {
        for spot in memory::bad() {
            for way in SENDS {
                for length in [0, 1, 100, 5000] {
                    t.note("at", &spot.name);
                    send_from(t, way, one, spot.address, length, MSG_NOSIGNAL);
                }
            }
        }
        send(t, "sendto", one, b"last", 0);
        sockets::arrives(two);
        rest(t, two);
        sockets::close(&[one, two]);
    }
}

/// Bytes that end before their count does: a stream may take what there is, a datagram is whole or nothing.
pub fn bytes_that_end(t: &mut Twin) {
    for way in SENDS {
        for there in [0, 1, 100, 4096] {
            let bytes = pattern(there);
            for [one, two] in pairs() {
                let spot = memory::before_the_edge(&bytes);
                let mut sent = 4;
                for more in [0, 1, 10_000] {
                    sent += send_from(t, way, one, spot.address, there + more, 0).max(0);
                }
                let large = memory::large_room_before_a_hole(70_000 + there);
                // How far a stream comes depends on what the thread has sent by other sockets before.
                sent += t
                    .call_for_what_it_does(|t| {
                        send_from(t, way, one, large.address, 75_000 + there, MSG_DONTWAIT)
                    })
                    .max(0);
                shutdown_and_count(t, one, two, sent);
            }
        }
    }
}

fn shutdown_and_count(t: &mut Twin, one: i64, two: i64, sent: i64) {
    // A datagram socket has no end.
    send(t, "sendto", one, b"last", MSG_DONTWAIT);
    let came = sockets::receive_until(two, b"last").len();
    t.note("all that was sent came", i64::try_from(came) == Ok(sent));
    sockets::close(&[one, two]);
}

pub fn bad_messages(t: &mut Twin) {
    let [one, two] = sockets::udp_pair(AF_INET);
    for spot in memory::bad() {
        t.call("sendmsg", args![one, &spot, 0]);
        t.call("sendmmsg", args![one, &spot, 1, 0]);
        t.call("sendmmsg", args![one, &spot, 0, 0]);
        for field in 0..3 {
            for count in [0, 1] {
                for way in ["sendmsg", "sendmmsg"] {
                    let mut message = Message::bytes(b"hello").control(&[]);
                    let header = message.hdr();
                    match field {
                        0 => header.msg_iov = spot.address as *mut iovec,
                        1 => header.msg_name = spot.address as *mut c_void,
                        _ => header.msg_control = spot.address as *mut c_void,
                    }
                    match field {
                        0 => header.msg_iovlen = count,
                        1 => header.msg_namelen = 16 * count as u32,
                        _ => header.msg_controllen = 32 * count,
                    }
                    t.note("field", format_args!("{field} is {}, {count}", spot.name));
                    pass(t, way, one, &Arg::at(message.arg().raw, "msg"), 0);
                }
            }
        }
    }
    // A structure that ends too early.
    for there in [0, 8, 48, 55, 56] {
        let whole = Message::bytes(b"short");
        let bytes = whole.raw_bytes();
        let spot = memory::before_the_edge(&bytes[..there]);
        t.call("sendmsg", args![one, &spot, 0]);
        t.call("sendmmsg", args![one, &spot, 1, 0]);
    }
    rest(t, two);
    sockets::close(&[one, two]);
}

pub fn lengths_of_messages(t: &mut Twin) {
    for [one, two] in pairs() {
        for way in ["sendmsg", "sendmmsg"] {
            for length in [0, 1, 2, 15, 16, 28, 128, 129, 1 << 31, u32::MAX] {
                let mut message = Message::bytes(b"hello").room_for_name(128);
                message.hdr().msg_namelen = length;
                pass(t, way, one, &message.arg(), 0);
            }
            for length in [1, 15, 16, 17, 1 << 20, 1 << 31, 1 << 32, usize::MAX] {
                let mut message = Message::bytes(b"hello").room_for_control(64);
                message.hdr().msg_controllen = length;
                pass(t, way, one, &message.arg(), 0);
            }
            // Flags of the message itself mean nothing.
            let mut message = Message::bytes(b"hello");
            message.hdr().msg_flags = -1;
            pass(t, way, one, &message.arg(), 0);
        }
        sockets::close(&[one, two]);
    }
}

/// Of levels and types that a socket knows, or not.
pub fn control_data(t: &mut Twin) {
    let mut ttl = Vec::new();
    for (level, kind, data) in [
        (IPPROTO_IP, IP_TTL, &[7u8, 0, 0, 0][..]),
        (IPPROTO_IP, IP_TTL, &[7, 0]),
        (IPPROTO_IP, IP_TTL, &[0, 1, 0, 0]),
        (IPPROTO_IP, IP_TOS, &[16, 0, 0, 0]),
        (IPPROTO_IPV6, IPV6_HOPLIMIT, &[7, 0, 0, 0]),
        (SOL_SOCKET, SCM_RIGHTS, &[0, 0, 0, 0]),
        (SOL_SOCKET, 99, &[0, 0, 0, 0]),
        (99, 99, &[0, 0, 0, 0]),
    ] {
        ttl.push(control(level, kind, data));
    }
    for [one, two] in pairs() {
        for data in &ttl {
            for way in ["sendmsg", "sendmmsg"] {
                let message = Message::bytes(b"hello").control(data);
                t.bytes("control", data);
                pass(t, way, one, &message.arg(), 0);
            }
        }
        send(t, "sendto", one, b"last", 0);
        sockets::arrives(two);
        sockets::close(&[one, two]);
    }
}

/// A socket that somebody else has made is used by whoever has it.
pub fn own_memory_sent_by_another_user(t: &mut Twin) {
    for [one, two] in pairs() {
        ordinary(t, |t| {
            for way in SENDS {
                send(t, way, one, b"not root", 0);
            }
        });
        sockets::arrives(two);
        sockets::close(&[one, two]);
    }
}
