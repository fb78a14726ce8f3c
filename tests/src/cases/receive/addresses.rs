use super::{datagrams, pairs, streams};
use crate::arg::Arg;
use crate::args;
use crate::memory;
use crate::nameless::socket_pair;
use crate::net::address;
use crate::net::sockets::{self, FAMILIES};
use crate::net::ways::RECEIVES_WITH_FLAGS;
use crate::net::{Address, Message};
use crate::twin::Twin;
use libc::*;

/// By any of the calls: the bytes of the address's room, and the length that the kernel says.
fn receive(t: &mut Twin, way: &str, fd: i64, length: u32) {
    let room = [0u8; 16];
    let mut message = Message::of(&[(room.as_ptr() as usize, 16)]).room_for_name(length as usize);
    message.hdr().msg_namelen = length;
    let mut said = length;
    let name = message.hdr().msg_name as usize;
    match way {
        "recvfrom" => {
            let (name, said) = (Arg::at(name, "room"), &raw mut said);
            t.call(way, args![fd, &room, 16, MSG_DONTWAIT, name, said])
        }
        "recvmsg" => t.call(way, args![fd, &message.arg(), MSG_DONTWAIT]),
        _ => t.call(way, args![fd, &message.arg(), 1, MSG_DONTWAIT, 0]),
    };
    t.bytes("came", &room);
    if way == "recvfrom" {
        message.hdr().msg_namelen = said;
    }
    message.show(t);
    message.show_all_of_the_name(t);
}

pub fn who_sent_it(t: &mut Twin) {
    for way in RECEIVES_WITH_FLAGS {
        for family in FAMILIES {
            t.forget_ports();
            let [one, two] = [(); 2].map(|()| sockets::bound(family, SOCK_DGRAM));
            for length in [128, 28, 16] {
                sockets::send_to(one, b"hello", Address::of("", two));
                sockets::arrives(two);
                receive(t, way, two, length);
            }
            let sender = address::shown(t, Address::of("", one).bytes());
            t.note("sender", sender);
            sockets::close(&[one, two]);
        }
        local_senders(t, way);
    }
}

/// With a path, a name that is no path, and none.
fn local_senders(t: &mut Twin, way: &str) {
    let receiver = sockets::socket(AF_UNIX, SOCK_DGRAM);
    sockets::bind(receiver, Address::unix("here"));
    for name in [Some("a name"), None] {
        let fd = sockets::socket(AF_UNIX, SOCK_DGRAM);
        if let Some(name) = name {
            sockets::bind(fd, Address::unix(name));
        }
        for length in [128, 8, 2, 0] {
            sockets::send_to(fd, b"hello", Address::unix("here"));
            receive(t, way, receiver, length);
        }
        sockets::close(&[fd]);
    }
    sockets::close(&[receiver]);
    for path in ["here", "a name"] {
        std::fs::remove_file(path).expect(path);
    }
}

/// As much of it as there is room for, and how long it would have been.
pub fn room_for_an_address(t: &mut Twin) {
    for way in RECEIVES_WITH_FLAGS {
        for [one, two] in datagrams() {
            t.forget_ports();
            for length in [0, 1, 2, 3, 8, 15, 17, 27, 29, 127, 129, 1 << 31, u32::MAX] {
                sockets::send(one, b"hello", 0);
                sockets::arrives(two);
                receive(t, way, two, length);
            }
            sockets::drain_messages(two);
            sockets::close(&[one, two]);
        }
    }
}

pub fn bad_addresses(t: &mut Twin) {
    for [one, two] in pairs() {
        t.forget_ports();
        let room = [0u8; 16];
        let name = [0u8; 128];
        for spot in memory::bad().into_iter().chain([memory::read_only()]) {
            for length in [0u32, 16, 128, u32::MAX] {
                let said = length;
                sockets::send(one, b"hello", 0);
                sockets::arrived(two, 5);
                let place = &raw const said;
                t.note("length", length);
                t.call("recvfrom", args![two, &room, 5, MSG_DONTWAIT, &spot, place]);
                t.note("said", said);
                sockets::drain_messages(two);
            }
            for name in [Arg::from(&name), 0.into()] {
                sockets::send(one, b"hello", 0);
                sockets::arrived(two, 5);
                t.call("recvfrom", args![two, &room, 5, MSG_DONTWAIT, &name, &spot]);
                sockets::drain_messages(two);
            }
        }
        // Nothing to receive: nobody looks at the rest.
        t.call("recvfrom", args![two, &room, 5, MSG_DONTWAIT, 1, 1]);
        let half = memory::room_before(8, PROT_NONE);
        let said = 16u32;
        sockets::send(one, b"hello", 0);
        sockets::arrived(two, 5);
        let place = &raw const said;
        t.call("recvfrom", args![two, &room, 5, 0, &half, place]);
        let came = address::shown(t, &memory::contents(&half, 8));
        t.note("room", came);
        t.note("said", said);
        sockets::close(&[one, two]);
    }
}

/// Connections do not say whom they are to.
pub fn of_a_stream(t: &mut Twin) {
    for way in RECEIVES_WITH_FLAGS {
        for [one, two] in streams().into_iter().chain([socket_pair(SOCK_SEQPACKET)]) {
            for length in [0, 16, 128] {
                sockets::send(one, b"hello", 0);
                sockets::arrived(two, 5);
                receive(t, way, two, length);
            }
            sockets::close(&[one]);
            sockets::arrives(two);
            receive(t, way, two, 128);
            sockets::close(&[two]);
        }
    }
}
