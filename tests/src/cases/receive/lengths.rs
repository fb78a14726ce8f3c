use super::{datagrams as messages, streams as connections};
use crate::arg::Arg;
use crate::args;
use crate::memory;
use crate::net::Message;
use crate::net::sockets::{self, pattern};
use crate::net::ways::{RECEIVES, pass, receive, receive_into};
use crate::twin::Twin;
use libc::*;

pub fn streams(t: &mut Twin) {
    let bytes = pattern(20_000);
    for way in RECEIVES {
        for [one, two] in connections() {
            sockets::send(one, &bytes, 0);
            sockets::arrived(two, 20_000);
            for length in [0, 1, 2, 100, 4096, 4097, 10_000, 60_000] {
                let spot = memory::room_before(4096, PROT_NONE);
                let spot = match length {
                    ..4096 => spot,
                    _ => memory::large_room_before_a_hole(length),
                };
                receive_into(t, way, two, &spot, length, 0);
            }
            receive(t, way, two, 0, MSG_DONTWAIT);
            sockets::close(&[one]);
            receive(t, way, two, 10, 0);
            receive(t, way, two, 0, 0);
            sockets::close(&[two]);
        }
    }
}

pub fn datagrams(t: &mut Twin) {
    let bytes = pattern(65_507);
    for way in RECEIVES {
        for [one, two] in messages() {
            for length in [1, 100, 1500, 9000, 65_507] {
                sockets::send(one, &bytes[..length], 0);
                sockets::arrives(two);
                let spot = memory::large_room_before_a_hole(70_000);
                receive_into(t, way, two, &spot, 70_000, 0);
                let came = memory::contents(&spot, length);
                t.note("the same", came == bytes[..length]);
            }
            sockets::close(&[one, two]);
        }
    }
}

/// What is too long loses its end, for good; only a message says so.
pub fn datagrams_cut_short(t: &mut Twin) {
    for way in RECEIVES {
        for [one, two] in messages() {
            sockets::set_time(two, SO_RCVTIMEO, 1);
            for length in [0, 1, 5, 9, 10, 11] {
                sockets::send(one, b"ten bytes!", 0);
                sockets::arrives(two);
                receive(t, way, two, length, 0);
                receive(t, way, two, 10, MSG_DONTWAIT | MSG_PEEK);
                receive(t, way, two, 10, 0);
            }
            sockets::close(&[one, two]);
        }
    }
}

pub fn datagrams_of_nothing(t: &mut Twin) {
    for way in RECEIVES {
        for [one, two] in messages() {
            sockets::set_time(two, SO_RCVTIMEO, 1);
            for flags in [0, MSG_PEEK, MSG_TRUNC, MSG_DONTWAIT, MSG_WAITALL] {
                sockets::send(one, b"", 0);
                sockets::send(one, b"next", 0);
                sockets::arrives(two);
                for length in [0, 10, 10] {
                    receive(t, way, two, length, flags);
                }
                sockets::drain_messages(two);
            }
            sockets::close(&[one, two]);
        }
    }
}

pub fn parts(t: &mut Twin) {
    for way in ["recvmsg", "recvmmsg", "readv"] {
        for [one, two] in super::pairs() {
            for cut in [&[][..], &[0], &[3, 0, 4], &[1; 10], &[5, 100], &[20, 20]] {
                sockets::send(one, b"0123456789", 0);
                sockets::arrived(two, 10);
                let room = [b'.'; 128];
                let mut at = room.as_ptr() as usize;
                let mut parts = Vec::new();
                for length in cut {
                    parts.push((at, *length));
                    at += length + 1;
                }
                let message = Message::of(&parts);
                match way {
                    "recvmsg" => t.call(way, args![two, &message.arg(), 0]),
                    "recvmmsg" => pass(t, way, two, &message.arg(), 0),
                    _ => t.call(way, args![two, message.header.msg_hdr.msg_iov, cut.len()]),
                };
                message.show(t);
                t.note("length", message.header.msg_len);
                t.bytes("room", &room[..30]);
                sockets::drain_messages(two);
            }
            sockets::close(&[one, two]);
        }
    }
}

/// Of parts, and of bytes: more than a call can count.
pub fn counts(t: &mut Twin) {
    let room = memory::low();
    for [one, two] in super::pairs() {
        sockets::send(one, b"0123456789", 0);
        sockets::arrived(two, 10);
        let parts = vec![(room.address, 1); 1025];
        for count in [0, 1, 1024, 1025, 1 << 31, usize::MAX] {
            let mut message = Message::of(&parts);
            message.hdr().msg_iovlen = count;
            t.note("parts", count);
            t.call("recvmsg", args![two, &message.arg(), MSG_PEEK]);
            t.call("recvmmsg", args![two, &message.arg(), 1, MSG_PEEK, 0]);
            t.call("readv", args![-1, message.header.msg_hdr.msg_iov, count]);
        }
        for length in [1u64 << 31, 0x7fff_f000, 1 << 32, 1 << 47, 1 << 63, u64::MAX] {
            for place in [&room, &memory::room_before(64, PROT_NONE)] {
                let message = Message::spot(place, length as usize);
                let flags = MSG_PEEK | MSG_DONTWAIT;
                let arg = Arg::at(message.arg().raw, "msg");
                t.note("length", length);
                t.call("recvfrom", args![two, place, length, flags, 0, 0]);
                t.call("recvmsg", args![two, &arg, flags]);
                t.call("recvmmsg", args![two, &arg, 1, flags, 0]);
            }
        }
        sockets::close(&[one, two]);
    }
}
