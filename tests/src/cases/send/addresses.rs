use crate::args;
use crate::memory;
use crate::nameless::{is_ready, socket_pair};
use crate::net::address;
use crate::net::sockets::{self, FAMILIES};
use crate::net::ways::{SENDS, SENDS_WITH_FLAGS, pass, send, send_to};
use crate::net::{Address, Message};
use crate::twin::Twin;
use libc::*;

fn came(t: &mut Twin, fd: i64) {
    while is_ready(fd, POLLIN) {
        let came = sockets::receive(fd);
        t.bytes("came", &came);
        if came.is_empty() {
            return;
        }
    }
}

/// Everything that may be wrong with an address, and what may seem to be.
fn addresses(family: i32, right: &Address) -> Vec<Address> {
    let bytes = right.bytes();
    let mut all: Vec<Address> = [0, 1, 2, 4, 8, 15, 16, 24, 28]
        .iter()
        .filter(|length| **length <= bytes.len())
        .map(|length| Address::new(&format!("first {length}"), &bytes[..*length]))
        .collect();
    let longer = [bytes, &[0xaa; 40]].concat();
    all.push(Address::new("longer", &longer));
    let port = right.port();
    let mut other = bytes.to_vec();
    other[0] = 77;
    all.extend([
        Address::new("of no family", &other),
        Address::loopback(family, 0),
        Address::loopback(AF_INET, port),
        Address::loopback(AF_INET6, port),
        Address::v4("0.0.0.0", [0; 4], port),
        Address::v6("::", [0; 16], port),
        Address::v4("127.3.4.5", [127, 3, 4, 5], port),
        Address::mapped("::ffff:127.0.0.1", [127, 0, 0, 1], port),
        Address::unspecified(),
        Address::unix("nowhere"),
    ]);
    all
}

pub fn datagrams_to(t: &mut Twin) {
    for way in SENDS_WITH_FLAGS {
        for family in FAMILIES {
            let receiver = sockets::bound(family, SOCK_DGRAM);
            let to = Address::of("receiver", receiver);
            let sender = sockets::socket(family, SOCK_DGRAM);
            let [connected, _peer] = sockets::udp_pair(family);
            for address in addresses(family, &to) {
                for fd in [sender, connected] {
                    send_to(t, way, fd, b"to", &address);
                    sockets::error(t, fd);
                }
            }
            send_to(t, way, sender, b"last", &to);
            sockets::arrives(receiver);
            came(t, receiver);
            sockets::close(&[receiver, sender, connected]);
        }
    }
}

/// Who is not connected must say where to.
pub fn datagrams_without(t: &mut Twin) {
    for way in SENDS {
        for family in FAMILIES {
            let fd = sockets::socket(family, SOCK_DGRAM);
            send(t, way, fd, b"nowhere", 0);
            send(t, way, fd, b"", 0);
            t.call("sendto", args![fd, b"x", 1, 0, 0, 16]);
            t.call("sendto", args![fd, b"x", 1, 0, 1, 0]);
            sockets::close(&[fd]);
        }
        for kind in [SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET] {
            let fd = sockets::socket(AF_UNIX, kind);
            send(t, way, fd, b"nowhere", MSG_NOSIGNAL);
            sockets::close(&[fd]);
        }
    }
}

/// Of both families, on one socket: whom it came from looks like IPv6, too.
pub fn dual_stack(t: &mut Twin) {
    let dual = sockets::socket(AF_INET6, SOCK_DGRAM);
    sockets::set_at(dual, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    sockets::bind(dual, Address::v6("::", [0; 16], 0));
    let port = Address::of("dual", dual).port();
    for family in FAMILIES {
        let fd = sockets::bound(family, SOCK_DGRAM);
        for way in SENDS_WITH_FLAGS {
            t.forget_ports();
            send_to(t, way, fd, b"to both", &Address::loopback(family, port));
            sockets::arrives(dual);
            let message = Message::of(&[]).room_for_name(28);
            t.call("recvmsg", args![dual, &message.arg(), 0]);
            message.show(t);
            let to = match family {
                AF_INET => Address::mapped("mapped", [127, 0, 0, 1], Address::of("", fd).port()),
                _ => Address::of("sender", fd),
            };
            send_to(t, way, dual, b"back", &to);
            sockets::arrives(fd);
            came(t, fd);
            let from = address::shown(t, Address::of("", fd).bytes());
            t.note("sender", from);
        }
    }
    let only = sockets::socket(AF_INET6, SOCK_DGRAM);
    sockets::set_at(only, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    for way in SENDS_WITH_FLAGS {
        let to = Address::mapped("mapped", [127, 0, 0, 1], port);
        send_to(t, way, only, b"refused", &to);
    }
}

/// Of a connection the address is fixed.
pub fn streams_to(t: &mut Twin) {
    for way in SENDS_WITH_FLAGS {
        let [one, two] = sockets::tcp_pair(AF_INET);
        for address in addresses(AF_INET, &Address::of("self", one)) {
            send_to(t, way, one, b"to", &address);
        }
        sockets::close(&[one]);
        t.note("came", sockets::receive_all(two).len());
        for kind in [SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET] {
            let [one, two] = socket_pair(kind);
            send_to(t, way, one, b"to", &Address::unix("nowhere"));
            send_to(t, way, one, b"to", &Address::unix(""));
            send_to(t, way, one, b"to", &Address::unspecified());
            sockets::close(&[one]);
            came(t, two);
            sockets::close(&[two]);
        }
        local_datagrams(t, way);
    }
}

/// By a name in the directory.
fn local_datagrams(t: &mut Twin, way: &str) {
    let receiver = sockets::socket(AF_UNIX, SOCK_DGRAM);
    sockets::bind(receiver, Address::unix("here"));
    let fd = sockets::socket(AF_UNIX, SOCK_DGRAM);
    std::fs::write("file", "").expect("file");
    for path in ["here", "./here", "nowhere", "file", "here/below", "."] {
        send_to(t, way, fd, b"to a name", &Address::unix(path));
    }
    came(t, receiver);
    sockets::close(&[receiver]);
    send_to(t, way, fd, b"to nobody", &Address::unix("here"));
    sockets::close(&[fd]);
    std::fs::remove_file("here").expect("here");
}

pub fn bad_addresses(t: &mut Twin) {
    for fd in [
        sockets::socket(AF_INET, SOCK_DGRAM),
        sockets::tcp_pair(AF_INET)[0],
        socket_pair(SOCK_DGRAM)[0],
    ] {
        for spot in memory::bad() {
            for length in [0u32, 1, 16, 28, 128, 129, 1 << 31, u32::MAX] {
                t.call("sendto", args![fd, b"x", 1, MSG_NOSIGNAL, &spot, length]);
                for way in ["sendmsg", "sendmmsg"] {
                    let mut message = Message::bytes(b"x");
                    message.hdr().msg_name = spot.address as *mut c_void;
                    message.hdr().msg_namelen = length;
                    pass(t, way, fd, &message.arg(), 0);
                }
            }
        }
        let half = memory::before_the_edge(&[2, 0, 0, 0, 127, 0, 0, 1]);
        t.call("sendto", args![fd, b"x", 1, 0, &half, 16]);
    }
}

/// Only who has said so beforehand.
pub fn broadcast(t: &mut Twin) {
    for way in SENDS_WITH_FLAGS {
        let fd = sockets::socket(AF_INET, SOCK_DGRAM);
        // The network's own: no packet leaves the machine.
        let all = Address::v4("127.255.255.255", [127, 255, 255, 255], 9);
        send_to(t, way, fd, b"all", &all);
        sockets::set(fd, SO_BROADCAST, 1);
        send_to(t, way, fd, b"all", &all);
        sockets::set(fd, SO_BROADCAST, 0);
        send_to(t, way, fd, b"all", &all);
        sockets::close(&[fd]);
    }
}
