//! accept, accept4: whom a listener lets in.

mod addresses;
mod descriptors;
mod queue;
mod signals;
mod waits;

use crate::arg::Arg;
use crate::args;
use crate::case;
use crate::case::Family;
use crate::filesystem::FileSystem;
use crate::net::Address;
use crate::net::sockets;
use crate::twin::Twin;
use libc::*;

pub const FAMILY: Family = Family {
    name: "accept",
    on: FileSystem::HOME,
    cases: &[
        case!(queue::one_after_the_other),
        case!(queue::flags).sees(&[("accept4", &[EINVAL])]),
        case!(queue::inherited),
        case!(queue::closed_before).each_sees(&ROWS, &[EAGAIN]),
        case!(queue::no_descriptor_left).each_sees(&ROWS, &[EMFILE]),
        case!(queue::local),
        case!(addresses::who_called),
        case!(addresses::room),
        case!(addresses::bad_addresses).each_sees(&ROWS, &[EFAULT, EINVAL]),
        case!(descriptors::wrong_descriptors).each_sees(&ROWS, &[EBADF, ENOTSOCK]),
        case!(descriptors::no_listeners).each_sees(&ROWS, &[EINVAL, EOPNOTSUPP]),
        case!(waits::nobody_calls).each_sees(&ROWS, &[EAGAIN]),
        case!(waits::until_somebody_calls),
        case!(waits::the_listener_is_shut_down).each_sees(&ROWS, &[EINVAL]),
        case!(signals::interrupted).each_sees(&ROWS, &[EINTR]),
        case!(signals::restarted),
        case!(signals::interrupted_under_a_timeout).each_sees(&ROWS, &[EINTR]),
        case!(signals::stopped),
        case!(signals::stopped_under_a_timeout).each_sees(&ROWS, &[EINTR]),
    ],
};

const ROWS: [&str; 2] = ["accept", "accept4"];

fn accept(t: &mut Twin, row: &str, listener: i64) -> i64 {
    t.call(row, args![listener, 0, 0, 0])
}

/// Room for an address, and what the kernel is told of it.
struct Room {
    address: Address,
    length: Box<u32>,
}

impl Room {
    fn of(length: u32) -> Self {
        Self {
            address: Address::new("room", &[b'.'; 128]),
            length: Box::new(length),
        }
    }

    fn length(&self) -> Arg {
        Arg::at(&raw const *self.length as usize, "length")
    }

    fn show(&self, t: &mut Twin, there: u32) {
        let said = *self.length;
        let there = there.min(said).min(128) as usize;
        let is = crate::net::address::shown(t, &self.address.bytes()[..there]);
        t.note("address", format_args!("{said}: {is}"));
        let touched = self.address.bytes().iter().rposition(|byte| *byte != b'.');
        t.note("touched", touched.map_or(0, |last| last + 1));
    }
}

/// What the new one brings with it, and that it leads to the caller.
fn describe(t: &mut Twin, fd: i64, caller: i64) {
    if fd < 0 {
        return;
    }
    t.call("fcntl", args![fd, F_GETFD]);
    t.call("fcntl", args![fd, F_GETFL]);
    sockets::send(caller, b"hello", 0);
    t.bytes("heard", &sockets::receive(fd));
    sockets::close(&[fd]);
}
