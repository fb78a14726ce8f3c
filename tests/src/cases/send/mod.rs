//! sendto, sendmsg, sendmmsg, and write and writev on sockets.

mod addresses;
mod broken;
mod descriptors;
mod faults;
mod flags;
mod lengths;
mod many;
mod signals;
mod waits;

use crate::case;
use crate::case::Family;
use crate::filesystem::FileSystem;
use crate::nameless::{fill, socket_pair};
use crate::needs::Need;
use crate::net::sockets;
use crate::net::ways::{SENDS, SENDS_WITH_FLAGS};
use libc::*;

pub const FAMILY: Family = Family {
    name: "send",
    on: FileSystem::HOME,
    cases: &[
        case!(lengths::streams),
        case!(lengths::datagrams).each_sees(&SENDS, &[EMSGSIZE]),
        case!(lengths::parts),
        case!(lengths::counts_of_parts).each_sees(&["sendmsg", "sendmmsg"], &[EMSGSIZE]),
        case!(flags::each_flag).each_sees(&SENDS_WITH_FLAGS, &[EOPNOTSUPP]),
        case!(flags::urgent),
        case!(flags::held_back),
        case!(faults::bad_bytes).each_sees(&SENDS, &[EFAULT]),
        case!(faults::bytes_that_end),
        case!(faults::bad_messages).each_sees(&["sendmsg", "sendmmsg"], &[EFAULT]),
        case!(faults::lengths_of_messages).each_sees(&["sendmsg", "sendmmsg"], &[EINVAL]),
        case!(faults::control_data),
        case!(addresses::datagrams_to).each_sees(&SENDS_WITH_FLAGS, &[EDESTADDRREQ, EINVAL]),
        case!(addresses::datagrams_without).each_sees(&SENDS, &[EDESTADDRREQ]),
        case!(addresses::dual_stack),
        case!(addresses::streams_to).each_sees(&SENDS_WITH_FLAGS, &[EISCONN]),
        case!(addresses::bad_addresses).each_sees(&SENDS_WITH_FLAGS, &[EFAULT]),
        case!(addresses::broadcast).each_sees(&SENDS_WITH_FLAGS, &[EACCES]),
        case!(descriptors::wrong_descriptors).each_sees(&SENDS, &[EBADF]),
        case!(descriptors::no_sockets).each_sees(&SENDS_WITH_FLAGS, &[ENOTSOCK]),
        case!(descriptors::not_connected).each_sees(&SENDS_WITH_FLAGS, &[EPIPE, ENOTCONN]),
        case!(broken::shut_down).each_sees(&SENDS, &[EPIPE]),
        case!(broken::reset).each_sees(&SENDS, &[ECONNRESET, EPIPE]),
        case!(broken::refused),
        case!(broken::sigpipe),
        case!(broken::sigpipe_of_a_thread),
        case!(broken::sigpipe_blocked),
        case!(broken::sigpipe_kills),
        case!(many::many),
        case!(many::one_of_them_is_bad),
        case!(many::limits),
        case!(waits::full_streams).each_sees(&SENDS, &[EAGAIN]),
        case!(waits::full_local_sockets).each_sees(&SENDS, &[EAGAIN]),
        case!(waits::all_of_it),
        case!(waits::timeouts).each_sees(&SENDS, &[EAGAIN]),
        case!(waits::reader_leaves),
        case!(signals::interrupted).each_sees(&SENDS, &[EINTR]),
        case!(signals::restarted),
        case!(signals::interrupted_in_the_middle),
        case!(signals::interrupted_under_a_timeout).each_sees(&SENDS, &[EINTR]),
        case!(signals::stopped),
        case!(faults::own_memory_sent_by_another_user).needs(&[Need::Root]),
    ],
};

/// A socket through which nothing goes, not even a byte: a connection that has not come about, and a local one that
/// is full. A connection that is full may have room again, all by itself.
struct Stuck {
    fd: i64,
    /// Who listens, or reads.
    other: i64,
    connects: bool,
}

impl Stuck {
    fn each() -> [Self; 2] {
        [Self::connecting(), Self::full()]
    }

    fn connecting() -> Self {
        let (other, mut to) = sockets::busy(AF_INET);
        let fd = sockets::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK);
        // SAFETY: a live address of this length.
        let begun = unsafe { connect(fd as i32, to.pointer(), to.length) };
        assert_eq!(begun, -1, "it has come about at once");
        // SAFETY: plain numbers.
        unsafe { fcntl(fd as i32, F_SETFL, 0) };
        Self {
            fd,
            other,
            connects: true,
        }
    }

    fn full() -> Self {
        let [fd, other] = socket_pair(SOCK_STREAM);
        sockets::set(fd, SO_SNDBUF, 1 << 14);
        fill(fd);
        Self {
            fd,
            other,
            connects: false,
        }
    }

    /// Makes room, until this has come through; what else does is lost.
    fn read_until(&self, end: &[u8]) {
        let from = match self.connects {
            true => {
                sockets::close(&[sockets::accept(self.other)]);
                sockets::accept(self.other)
            }
            false => self.other,
        };
        sockets::receive_until(from, end);
        sockets::shutdown(self.fd, SHUT_WR);
        let rest = sockets::receive_all(from);
        assert!(rest.is_empty(), "more came: {}", rest.escape_ascii());
    }

    fn close(&self) {
        sockets::close(&[self.fd, self.other]);
    }
}
