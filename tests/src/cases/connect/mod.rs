//! connect: calling somebody, and whom a datagram socket talks to.

mod addresses;
mod datagrams;
mod descriptors;
mod local;
mod signals;
mod streams;

use crate::args;
use crate::case;
use crate::case::Family;
use crate::filesystem::FileSystem;
use crate::net::Address;
use crate::twin::Twin;
use libc::*;

pub const FAMILY: Family = Family {
    name: "connect",
    on: FileSystem::HOME,
    cases: &[
        case!(streams::connected).sees(&[("connect", &[EISCONN])]),
        case!(streams::refused).sees(&[("connect", &[ECONNREFUSED])]),
        case!(streams::without_waiting).sees(&[("connect", &[EINPROGRESS, EALREADY, EISCONN])]),
        case!(streams::refused_without_waiting).sees(&[("connect", &[EINPROGRESS, ECONNREFUSED])]),
        case!(streams::time_runs_out).sees(&[("connect", &[EINPROGRESS, EALREADY])]),
        case!(streams::nobody_answers).sees(&[("connect", &[ETIMEDOUT])]),
        case!(streams::disconnected),
        case!(streams::same_address_twice).sees(&[("connect", &[EADDRNOTAVAIL])]),
        case!(datagrams::to_one_only),
        case!(datagrams::to_nobody_again),
        case!(local::named_as_it_connects),
        case!(addresses::lengths).sees(&[("connect", &[EINVAL])]),
        case!(addresses::families).sees(&[("connect", &[EAFNOSUPPORT])]),
        case!(addresses::bad_memory).sees(&[("connect", &[EFAULT])]),
        case!(addresses::unreachable).sees(&[("connect", &[ENETUNREACH, EACCES])]),
        case!(descriptors::wrong_descriptors).sees(&[("connect", &[EBADF, ENOTSOCK])]),
        case!(local::by_path).sees(&[("connect", &[ECONNREFUSED, EPROTOTYPE])]),
        case!(local::queue_is_full).sees(&[("connect", &[EAGAIN])]),
        case!(local::credentials),
        case!(signals::interrupted).sees(&[("connect", &[EINTR])]),
        case!(signals::restarted),
        case!(signals::interrupted_under_a_timeout).sees(&[("connect", &[EINTR])]),
        case!(signals::stopped),
    ],
};

fn connect(t: &mut Twin, fd: i64, to: &Address) -> i64 {
    t.call("connect", args![fd, to, to.length])
}

/// Connected to whom, and from where.
fn ends(t: &mut Twin, fd: i64) {
    for call in ["getsockname", "getpeername"] {
        let room = Address::new("room", &[0; 128]);
        let mut length = 128u32;
        let place = &raw mut length;
        let done = t.call(call, args![fd, &room, place]);
        if done == 0 {
            let is = crate::net::address::shown(t, &room.bytes()[..length as usize]);
            t.note(call, is);
        }
    }
}
