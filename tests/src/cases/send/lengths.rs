use crate::args;
use crate::memory;
use crate::nameless::{is_ready, socket_pair};
use crate::net::Message;
use crate::net::sockets::{self, FAMILIES, pattern};
use crate::net::ways::{SENDS, pass, send, send_from};
use crate::twin::Twin;
use libc::*;

/// What comes out at the other end is noted by its length and whether it is what went in.
pub fn streams(t: &mut Twin) {
    let bytes = pattern(1 << 16);
    for way in SENDS {
        for family in FAMILIES {
            let [one, two] = sockets::tcp_pair(family);
            for length in [0, 1, 100, 4096, 5000, 40_000] {
                send(t, way, one, &bytes[..length], 0);
            }
            sockets::close(&[one]);
            let all = sockets::receive_all(two);
            t.note("came", all.len());
            t.note("the last is the same", all.ends_with(&bytes[..40_000]));
            sockets::close(&[two]);
        }
    }
}

pub fn datagrams(t: &mut Twin) {
    let bytes = pattern(1 << 16);
    for way in SENDS {
        for [one, two] in [
            sockets::udp_pair(AF_INET),
            sockets::udp_pair(AF_INET6),
            socket_pair(SOCK_DGRAM),
            socket_pair(SOCK_SEQPACKET),
        ] {
            for length in [0, 1, 100, 9000, 65_507, 65_508, 65_527, 65_528, 65_535] {
                if send(t, way, one, &bytes[..length], 0) >= 0 && has_come(two, length) {
                    let came = sockets::receive(two);
                    t.note("came", came.len());
                    t.note("the same", came == bytes[..length]);
                }
            }
            sockets::close(&[one, two]);
        }
        too_large_for_a_local_socket(t, way);
    }
}

/// A write of nothing sends nothing through some sockets.
fn has_come(fd: i64, length: usize) -> bool {
    if length > 0 {
        sockets::arrives(fd);
    }
    is_ready(fd, POLLIN)
}

fn too_large_for_a_local_socket(t: &mut Twin, way: &str) {
    let bytes = pattern(1 << 20);
    let [one, two] = socket_pair(SOCK_DGRAM);
    sockets::set(one, SO_SNDBUF, 1);
    send(t, way, one, &bytes, 0);
    send(t, way, one, &bytes[..100], 0);
    sockets::close(&[one, two]);
}

/// A message is what its parts are, one after the other.
pub fn parts(t: &mut Twin) {
    let bytes = pattern(20_000);
    let start = bytes.as_ptr() as usize;
    for cut in [
        &[][..],
        &[0],
        &[0, 0, 0],
        &[1, 0, 2],
        &[100; 100],
        &[1; 1024],
        &[4096, 1, 4096, 7],
    ] {
        let mut at = start;
        let parts: Vec<_> = cut
            .iter()
            .map(|length| {
                at += length;
                (at - length, *length)
            })
            .collect();
        for [one, two] in [sockets::tcp_pair(AF_INET), sockets::udp_pair(AF_INET)] {
            for way in ["sendmsg", "sendmmsg", "writev"] {
                let message = Message::of(&parts);
                match way {
                    "sendmsg" => t.call(way, args![one, &message.arg(), 0]),
                    "sendmmsg" => pass(t, way, one, &message.arg(), 0),
                    _ => t.call(way, args![one, message.header.msg_hdr.msg_iov, parts.len()]),
                };
                t.note("length", message.header.msg_len);
                let length: usize = cut.iter().sum();
                if length > 0 {
                    sockets::arrived(two, length as i32);
                    t.note("the same", sockets::receive(two) == bytes[..length]);
                }
            }
            sockets::close(&[one, two]);
        }
    }
}

pub fn counts_of_parts(t: &mut Twin) {
    let bytes = pattern(2048);
    let parts = vec![(bytes.as_ptr() as usize, 1); 1025];
    let [one, two] = sockets::udp_pair(AF_INET);
    for count in [0, 1, 1024, 1025, 1 << 31, usize::MAX] {
        for way in ["sendmsg", "sendmmsg"] {
            let mut message = Message::of(&parts);
            message.hdr().msg_iovlen = count;
            t.note("parts", count);
            match way {
                "sendmsg" => t.call(way, args![one, &message.arg(), 0]),
                _ => pass(t, way, one, &message.arg(), 0),
            };
        }
    }
    // Beyond the address space, or what a call can count.
    let low = memory::low();
    for length in [1usize << 31, 1 << 32, 1 << 47, 1 << 63, usize::MAX] {
        for way in SENDS {
            send_from(t, way, one, low.address, length, 0);
        }
    }
    sockets::close(&[one, two]);
}
