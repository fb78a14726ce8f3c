//! Calls that wait in one thread, while another one does something to the process that both are.

mod descriptors;
mod signals;

use crate::arg::Arg;
use crate::args;
use crate::case;
use crate::case::Family;
use crate::filesystem::FileSystem;
use crate::nameless::{pipe, socket_pair};
use crate::net::sockets;
use crate::net::ways::receive;
use crate::twin::Twin;
use libc::*;

pub const FAMILY: Family = Family {
    name: "threads",
    on: FileSystem::HOME,
    cases: &[
        case!(descriptors::closed),
        case!(descriptors::replaced),
        case!(descriptors::closed_for_good),
        case!(descriptors::one_each),
        case!(signals::to_the_process).each_sees(&WAITS, &[EINTR]),
        case!(signals::to_the_thread).each_sees(&WAITS, &[EINTR]),
        case!(signals::for_another),
    ],
};

/// One of each sort.
const WAITS: [&str; 8] = [
    "recvfrom",
    "recvmsg",
    "read",
    "accept",
    "poll",
    "select",
    "epoll_wait",
    "flock",
];

/// What a call waits for, and how it is given.
struct Wait {
    call: &'static str,
    /// What the call is told.
    fd: i64,
    /// Where it comes from.
    from: i64,
}

impl Wait {
    fn new(call: &'static str) -> Self {
        let [fd, from] = match call {
            "accept" => [sockets::listener(AF_INET, 8), -1],
            "read" => pipe(0),
            "flock" => locked(),
            "epoll_wait" => watched(),
            "poll" | "select" => socket_pair(SOCK_STREAM),
            _ => socket_pair(SOCK_DGRAM),
        };
        Self { call, fd, from }
    }

    fn wait(&self, t: &mut Twin) -> i64 {
        let fd = self.fd;
        let bits = Box::new([1u64 << fd]);
        let polled = Box::new([fd as u64 | (POLLIN as u64) << 32]);
        let room = Box::new([0u8; 16]);
        let at = |address: *const u64| Arg::at(address as usize, "place");
        match self.call {
            "accept" => t.call_beside("accept", args![fd, 0, 0]).min(0),
            "flock" => t.call("flock", args![fd, LOCK_EX]),
            "poll" => t.call("poll", args![at(polled.as_ptr()), 1, -1]),
            "select" => t.call("select", args![64, at(bits.as_ptr()), 0, 0, 0]),
            "epoll_wait" => {
                let room = Arg::at(room.as_ptr() as usize, "room");
                t.call("epoll_wait", args![fd, room, 1, -1])
            }
            way => receive(t, way, fd, 8, 0),
        }
    }

    fn give(&self) {
        match self.call {
            "accept" => drop(sockets::caller(self.fd)),
            // SAFETY: plain numbers.
            "flock" => drop(unsafe { flock(self.from as i32, LOCK_UN) }),
            // SAFETY: live bytes.
            _ => drop(unsafe { write(self.from as i32, b"here".as_ptr().cast(), 4) }),
        }
    }

    fn close(&self) {
        sockets::close(&[self.fd, self.from]);
    }
}

/// An opening that waits for another one to be unlocked.
fn locked() -> [i64; 2] {
    let open = || {
        // SAFETY: a terminated path.
        let fd = unsafe { open(c"file".as_ptr(), O_CREAT | O_RDWR, 0o644) };
        i64::from(fd)
    };
    let [fd, held] = [open(), open()];
    // SAFETY: plain numbers.
    unsafe { flock(held as i32, LOCK_EX) };
    [fd, held]
}

fn watched() -> [i64; 2] {
    let [out, into] = pipe(0);
    // SAFETY: plain numbers.
    let epoll = unsafe { epoll_create1(0) };
    let mut event = epoll_event {
        events: EPOLLIN as u32,
        u64: 1,
    };
    // SAFETY: a live structure.
    unsafe { epoll_ctl(epoll, EPOLL_CTL_ADD, out as i32, &raw mut event) };
    [i64::from(epoll), into]
}
