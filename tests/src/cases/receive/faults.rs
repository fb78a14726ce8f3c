//! Room that is not there. Of a stream nothing may be lost by it.

use super::{pairs, streams};
use crate::arg::Arg;
use crate::args;
use crate::memory;
use crate::net::Message;
use crate::net::sockets::{self, pattern};
use crate::net::ways::{RECEIVES, pass, receive, receive_into};
use crate::twin::Twin;
use libc::*;

/// What can still be had.
fn rest(t: &mut Twin, one: i64, two: i64) {
    sockets::send(one, b"|last", MSG_DONTWAIT);
    sockets::arrives(two);
    let all = sockets::receive_until(two, b"|last");
    t.note("rest", all.len());
    t.bytes("rest", &all[..all.len().min(40)]);
    sockets::close(&[one, two]);
}

pub fn bad_room(t: &mut Twin) {
    for way in RECEIVES {
        for [one, two] in pairs() {
            for spot in memory::bad() {
                for length in [0, 1, 5, 100] {
                    sockets::send(one, b"hello", 0);
                    sockets::arrived(two, 5);
                    t.note("into", &spot.name);
                    let message = Message::spot(&spot, length);
                    let arg = message.arg();
                    match way {
                        "recvfrom" => t.call(way, args![two, &spot, length, 0, 0, 0]),
                        "read" => t.call(way, args![two, &spot, length]),
                        "readv" => t.call(way, args![two, message.header.msg_hdr.msg_iov, 1]),
                        "recvmsg" => t.call(way, args![two, &arg, 0]),
                        _ => t.call(way, args![two, &arg, 1, 0, 0]),
                    };
                }
            }
            rest(t, one, two);
        }
    }
}

pub fn room_that_ends(t: &mut Twin) {
    let bytes = pattern(30_000);
    for way in RECEIVES {
        for room in [0, 1, 100, 4096] {
            for length in [room + 1, room + 5000] {
                for [one, two] in pairs() {
                    sockets::send(one, &bytes[..20_000], 0);
                    sockets::arrived(two, 20_000);
                    let spot = memory::room_before(room, PROT_NONE);
                    receive_partly(t, way, two, &spot, length, room);
                    receive_partly(t, way, two, &spot, length, room);
                    let large = memory::large_room_before_a_hole(5000 + room);
                    receive_partly(t, way, two, &large, 25_000, 5000 + room);
                    rest(t, one, two);
                }
            }
        }
    }
}

/// As [`receive_into`], but there is less than the call is told.
fn receive_partly(
    t: &mut Twin,
    way: &str,
    fd: i64,
    spot: &memory::Spot,
    length: usize,
    room: usize,
) {
    let message = Message::spot(spot, length);
    let arg = message.arg();
    let flags = MSG_DONTWAIT;
    match way {
        "recvfrom" => t.call(way, args![fd, spot, length, flags, 0, 0]),
        "recvmsg" => t.call(way, args![fd, &arg, flags]),
        "recvmmsg" => t.call(way, args![fd, &arg, 1, flags, 0]),
        _ => {
            // These have no flag that keeps them from waiting.
            sockets::nonblocking(fd);
            match way {
                "read" => t.call(way, args![fd, spot, length]),
                _ => t.call(way, args![fd, message.header.msg_hdr.msg_iov, 1]),
            }
        }
    };
    t.bytes("room", &memory::contents(spot, room.min(40)));
}

/// A good part, a bad one, and a good one after it.
pub fn room_that_ends_between_parts(t: &mut Twin) {
    let bytes = pattern(9000);
    for way in ["recvmsg", "recvmmsg", "readv"] {
        for [one, two] in pairs() {
            for (first, second) in [(10, 10), (10, 5000), (0, 10), (4000, 1)] {
                sockets::send(one, &bytes, 0);
                sockets::arrived(two, 9000);
                let good = memory::room_before(4096, PROT_NONE);
                let parts = [(good.address, first), (1, second), (good.address, 50)];
                let message = Message::of(&parts);
                match way {
                    "recvmsg" => t.call(way, args![two, &message.arg(), 0]),
                    "recvmmsg" => pass(t, way, two, &message.arg(), MSG_DONTWAIT),
                    _ => t.call(way, args![two, message.header.msg_hdr.msg_iov, 3]),
                };
                t.bytes("room", &memory::contents(&good, 60));
            }
            rest(t, one, two);
        }
    }
}

/// /proc/PID/mem would write there.
pub fn read_only_room(t: &mut Twin) {
    for way in RECEIVES {
        for [one, two] in pairs() {
            sockets::send(one, b"hello", 0);
            sockets::send(one, b"again", 0);
            sockets::arrived(two, 5);
            let fixed = memory::read_only();
            receive_partly(t, way, two, &fixed, 5, 5);
            let half = memory::room_before(2, PROT_READ);
            receive_partly(t, way, two, &half, 5, 2);
            receive_into(
                t,
                way,
                two,
                &memory::room_before(16, PROT_NONE),
                3,
                MSG_DONTWAIT,
            );
            rest(t, one, two);
        }
    }
}

/// The structure, and what it points to.
pub fn bad_messages(t: &mut Twin) {
    for [one, two] in [sockets::udp_pair(AF_INET), streams()[0]] {
        for spot in memory::bad().into_iter().chain([memory::read_only()]) {
            sockets::send(one, b"hello", 0);
            sockets::arrived(two, 5);
            let flags = MSG_DONTWAIT;
            t.call("recvmsg", args![two, &spot, flags]);
            t.call("recvmmsg", args![two, &spot, 1, flags, 0]);
            t.call("recvmmsg", args![two, &spot, 0, flags, 0]);
            for field in 0..3 {
                for way in ["recvmsg", "recvmmsg"] {
                    for count in [0, 1] {
                        let room = [0u8; 64];
                        let mut message = Message::of(&[(room.as_ptr() as usize, 3)]);
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
                        pass(
                            t,
                            way,
                            two,
                            &Arg::at(message.arg().raw, "msg"),
                            MSG_DONTWAIT,
                        );
                        t.bytes("room", &room[..8]);
                        sockets::send(one, b"hello", 0);
                        sockets::arrived(two, 3);
                    }
                }
            }
            sockets::drain_messages(two);
        }
        // A structure that ends too early, or whose end cannot be written.
        for there in [0, 8, 48, 55, 56] {
            let room = [0u8; 8];
            let whole = Message::of(&[(room.as_ptr() as usize, 3)]);
            let bytes = whole.raw_bytes();
            sockets::send(one, b"hello", 0);
            sockets::arrived(two, 3);
            let spot = memory::before_the_edge(&bytes[..there]);
            t.call("recvmsg", args![two, &spot, MSG_DONTWAIT]);
            t.call("recvmmsg", args![two, &spot, 1, MSG_DONTWAIT, 0]);
            let fixed = memory::before_the_edge(&bytes);
            memory::protect(&fixed, PROT_READ);
            sockets::send(one, b"hello", 0);
            sockets::arrived(two, 3);
            t.call("recvmsg", args![two, &fixed, MSG_DONTWAIT]);
            t.bytes("room", &room);
        }
        sockets::drain_messages(two);
        receive(t, "recvfrom", two, 10, MSG_DONTWAIT);
        sockets::close(&[one, two]);
    }
}

pub fn lengths_of_messages(t: &mut Twin) {
    for [one, two] in pairs() {
        for way in ["recvmsg", "recvmmsg"] {
            for length in [0, 1, 2, 15, 16, 28, 128, 129, 1 << 31, u32::MAX] {
                sockets::send(one, b"hello", 0);
                sockets::arrived(two, 5);
                let room = [0u8; 16];
                let mut message = Message::of(&[(room.as_ptr() as usize, 5)]).room_for_name(128);
                message.hdr().msg_namelen = length;
                pass(t, way, two, &message.arg(), MSG_DONTWAIT);
                message.show(t);
                t.bytes("room", &room[..8]);
            }
            sockets::drain_messages(two);
            for length in [1, 15, 16, 17, 1 << 20, 1 << 31, 1 << 32, usize::MAX] {
                sockets::send(one, b"hello", 0);
                sockets::arrived(two, 5);
                let room = [0u8; 16];
                let mut message = Message::of(&[(room.as_ptr() as usize, 5)]).room_for_control(64);
                message.hdr().msg_controllen = length;
                message.hdr().msg_flags = -1;
                pass(t, way, two, &message.arg(), MSG_DONTWAIT);
                message.show(t);
            }
            sockets::drain_messages(two);
        }
        sockets::close(&[one, two]);
    }
}
