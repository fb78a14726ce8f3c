//! recvfrom, recvmsg, recvmmsg, and read and readv on sockets.

mod addresses;
mod broken;
mod descriptors;
mod errors;
mod faults;
mod flags;
mod lengths;
mod many;
mod signals;
mod waits;

use crate::case;
use crate::case::Family;
use crate::filesystem::FileSystem;
use crate::net::ways::{RECEIVES, RECEIVES_WITH_FLAGS};
use libc::*;

pub const FAMILY: Family = Family {
    name: "receive",
    on: FileSystem::HOME,
    cases: &[
        case!(lengths::streams),
        case!(lengths::datagrams),
        case!(lengths::datagrams_cut_short),
        case!(lengths::datagrams_of_nothing),
        case!(lengths::parts),
        case!(lengths::counts),
        case!(flags::each_flag).each_sees(&RECEIVES_WITH_FLAGS, &[EINVAL]),
        case!(flags::peek),
        case!(flags::peek_offset),
        case!(flags::truncated),
        case!(flags::all_of_it),
        case!(flags::urgent).each_sees(&RECEIVES_WITH_FLAGS, &[EAGAIN, EINVAL]),
        case!(flags::errors_queued).each_sees(&RECEIVES_WITH_FLAGS, &[EAGAIN]),
        case!(faults::bad_room).each_sees(&RECEIVES, &[EFAULT]),
        case!(faults::room_that_ends).each_sees(&RECEIVES, &[EFAULT]),
        case!(faults::room_that_ends_between_parts),
        case!(faults::read_only_room).each_sees(&RECEIVES, &[EFAULT]),
        case!(faults::bad_messages).each_sees(&["recvmsg", "recvmmsg"], &[EFAULT]),
        case!(faults::lengths_of_messages),
        case!(addresses::who_sent_it),
        case!(addresses::room_for_an_address).each_sees(&RECEIVES_WITH_FLAGS, &[EINVAL]),
        case!(addresses::bad_addresses).each_sees(&["recvfrom"], &[EFAULT]),
        case!(addresses::of_a_stream),
        case!(descriptors::wrong_descriptors).each_sees(&RECEIVES, &[EBADF]),
        case!(descriptors::no_sockets).each_sees(&RECEIVES_WITH_FLAGS, &[ENOTSOCK]),
        case!(descriptors::not_connected).each_sees(&RECEIVES_WITH_FLAGS, &[ENOTCONN]),
        case!(descriptors::shared),
        case!(broken::ends),
        case!(broken::shut_down),
        case!(broken::reset),
        case!(errors::refused).each_sees(&RECEIVES, &[ECONNREFUSED]),
        case!(errors::extended),
        case!(many::many),
        case!(many::one_of_them_is_bad),
        case!(many::times).each_sees(&["recvmmsg"], &[EINVAL, EFAULT]),
        case!(many::limits),
        case!(waits::nothing_there).each_sees(&RECEIVES, &[EAGAIN]),
        case!(waits::until_something_comes),
        case!(waits::low_water),
        case!(waits::timeouts).each_sees(&RECEIVES, &[EAGAIN]),
        case!(waits::the_end_comes),
        case!(waits::all_of_it_in_pieces),
        case!(signals::interrupted).each_sees(&RECEIVES, &[EINTR]),
        case!(signals::restarted),
        case!(signals::interrupted_in_the_middle),
        case!(signals::interrupted_under_a_timeout).each_sees(&RECEIVES, &[EINTR]),
        case!(signals::of_no_consequence),
        case!(signals::stopped),
        case!(signals::stopped_under_a_timeout),
    ],
};

use crate::nameless::socket_pair;
use crate::net::sockets;

/// One of each that brings bytes as they come.
fn streams() -> [[i64; 2]; 3] {
    [
        sockets::tcp_pair(AF_INET),
        sockets::tcp_pair(AF_INET6),
        socket_pair(SOCK_STREAM),
    ]
}

/// One of each that keeps messages apart.
fn datagrams() -> [[i64; 2]; 4] {
    [
        sockets::udp_pair(AF_INET),
        sockets::udp_pair(AF_INET6),
        socket_pair(SOCK_DGRAM),
        socket_pair(SOCK_SEQPACKET),
    ]
}

/// All of them.
fn pairs() -> Vec<[i64; 2]> {
    streams().into_iter().chain(datagrams()).collect()
}
