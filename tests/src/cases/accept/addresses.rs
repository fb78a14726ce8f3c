use super::{ROWS, Room, describe};
use crate::arg::Arg;
use crate::args;
use crate::memory;
use crate::net::Address;
use crate::net::address;
use crate::net::sockets::{self, FAMILIES};
use crate::twin::Twin;
use libc::*;

pub fn who_called(t: &mut Twin) {
    for row in ROWS {
        for family in FAMILIES {
            t.forget_ports();
            let listener = sockets::listener(family, 8);
            let caller = sockets::caller(listener);
            sockets::arrives(listener);
            let room = Room::of(128);
            let fd = t.call(row, args![listener, &room.address, room.length(), 0]);
            room.show(t, 128);
            let own = address::shown(t, Address::of("", caller).bytes());
            t.note("caller", own);
            describe(t, fd, caller);
            sockets::close(&[listener, caller]);
        }
        dual_stack(t, row);
    }
}

/// One who calls by IPv4 looks like IPv6.
fn dual_stack(t: &mut Twin, row: &str) {
    let listener = sockets::socket(AF_INET6, SOCK_STREAM);
    sockets::set_at(listener, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    sockets::bind(listener, Address::v6("::", [0; 16], 0));
    sockets::listen(listener, 8);
    let port = Address::of("", listener).port();
    for family in FAMILIES {
        t.forget_ports();
        let caller = sockets::socket(family, SOCK_STREAM);
        sockets::connect(caller, Address::loopback(family, port));
        sockets::arrives(listener);
        let room = Room::of(28);
        let fd = t.call(row, args![listener, &room.address, room.length(), 0]);
        room.show(t, 28);
        describe(t, fd, caller);
        sockets::close(&[caller]);
    }
    sockets::close(&[listener]);
}

/// As much as there is room for; how long it would have been is said.
pub fn room(t: &mut Twin) {
    for row in ROWS {
        for family in FAMILIES {
            t.forget_ports();
            let listener = sockets::listener(family, 8);
            for length in [0, 1, 2, 3, 8, 15, 16, 17, 27, 28, 29, 127, 128, 200] {
                t.forget_ports();
                let caller = sockets::caller(listener);
                sockets::arrives(listener);
                let room = Room::of(length);
                let fd = t.call(row, args![listener, &room.address, room.length(), 0]);
                room.show(t, length);
                describe(t, fd, caller);
                sockets::close(&[caller]);
            }
            sockets::close(&[listener]);
        }
    }
}

/// Whoever was let in by a call that fails is gone.
pub fn bad_addresses(t: &mut Twin) {
    for row in ROWS {
        let listener = sockets::listener(AF_INET, 8);
        sockets::nonblocking(listener);
        let mut bad = memory::bad();
        bad.push(memory::read_only());
        for spot in &bad {
            for length in [0u32, 16, u32::MAX, 1 << 31] {
                let room = Room::of(length);
                t.note("length", length);
                one(t, row, listener, spot.into(), room.length());
                t.note("said", *room.length);
            }
            let room = Room::of(16);
            one(t, row, listener, Arg::from(&room.address), spot.into());
            room.show(t, 16);
            one(t, row, listener, 0.into(), spot.into());
            // Nobody is there: nobody looks at them.
            t.call(row, args![listener, spot, spot, 0]);
        }
        let half = memory::room_before(6, PROT_NONE);
        one(t, row, listener, Arg::from(&half), Room::of(16).length());
        sockets::close(&[listener]);
    }
}

fn one(t: &mut Twin, row: &str, listener: i64, address: Arg, length: Arg) {
    t.forget_ports();
    let caller = sockets::caller(listener);
    sockets::arrives(listener);
    let fd = t.call(row, args![listener, &address, &length, 0]);
    describe(t, fd, caller);
    t.opened(row, args![listener, 0, 0, 0]);
    sockets::close(&[caller]);
}
