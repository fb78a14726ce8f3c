//! What a vector of messages adds.

use super::pairs;
use crate::arg::Arg;
use crate::args;
use crate::memory;
use crate::net::sockets;
use crate::other::meanwhile;
use crate::twin::{Twin, blank};
use libc::*;

/// Messages with eight bytes of room each.
struct Vector {
    messages: Vec<mmsghdr>,
    _parts: Vec<iovec>,
    room: Vec<u8>,
}

impl Vector {
    fn of(count: usize) -> Self {
        let mut room = vec![b'.'; 8 * count];
        let part = |chunk: &mut [u8]| iovec {
            iov_base: chunk.as_mut_ptr().cast(),
            iov_len: 8,
        };
        let mut parts: Vec<iovec> = room.chunks_mut(8).map(part).collect();
        let message = |part: &mut iovec| {
            let mut message: mmsghdr = blank();
            message.msg_hdr.msg_iov = part;
            message.msg_hdr.msg_iovlen = 1;
            message.msg_len = 77;
            message
        };
        let messages = parts.iter_mut().map(message).collect();
        Self {
            messages,
            _parts: parts,
            room,
        }
    }

    fn arg(&self) -> Arg {
        let start = self.messages.as_ptr() as usize;
        Arg::at(start, format!("mmsg[{}]", self.messages.len()))
    }

    fn show(&self, t: &mut Twin) {
        let seen = |message: &mmsghdr| (message.msg_len, message.msg_hdr.msg_flags);
        let all: Vec<_> = self.messages.iter().take(8).map(seen).collect();
        t.note("messages", format_args!("{all:?}"));
        t.bytes("room", &self.room[..self.room.len().min(64)]);
    }
}

fn three(one: i64, two: i64) {
    sockets::bring(one, two, &[b"one", b"two two two", b"", b"four"]);
}

pub fn many(t: &mut Twin) {
    for [one, two] in pairs() {
        for count in [0, 1, 3, 4, 6] {
            for flags in [
                MSG_DONTWAIT,
                MSG_WAITFORONE,
                MSG_PEEK | MSG_DONTWAIT,
                MSG_TRUNC | MSG_WAITFORONE,
            ] {
                three(one, two);
                let vector = Vector::of(6);
                t.call("recvmmsg", args![two, &vector.arg(), count, flags, 0]);
                vector.show(t);
                t.call("recvmmsg", args![two, &vector.arg(), 6, MSG_DONTWAIT, 0]);
                vector.show(t);
                sockets::drain_messages(two);
            }
        }
        sockets::close(&[one, two]);
    }
}

/// Those before it are there, and its error comes with the next call.
pub fn one_of_them_is_bad(t: &mut Twin) {
    for bad in [0, 1, 3] {
        for fault in 0..4 {
            for [one, two] in pairs() {
                three(one, two);
                let mut vector = Vector::of(6);
                let header = &mut vector.messages[bad].msg_hdr;
                match fault {
                    0 => header.msg_iov = memory::NOWHERE as *mut iovec,
                    1 => header.msg_iovlen = 2000,
                    2 => {
                        (header.msg_name, header.msg_namelen) = (memory::NOWHERE as *mut c_void, 16)
                    }
                    _ => header.msg_namelen = u32::MAX,
                }
                t.note("bad", format_args!("{bad} by {fault}"));
                for _ in 0..3 {
                    t.call("recvmmsg", args![two, &vector.arg(), 6, MSG_DONTWAIT, 0]);
                    vector.show(t);
                    sockets::error(t, two);
                }
                sockets::close(&[one, two]);
            }
        }
    }
}

/// The time is looked at after each message; it says what is left, if anything came.
pub fn times(t: &mut Twin) {
    let [one, two] = sockets::udp_pair(AF_INET);
    for (seconds, nanoseconds) in [
        (0, 0),
        (10, 0),
        (1, 999_999_999),
        (1, 1_000_000_000),
        (1, -1),
        (-1, 0),
        (i64::MAX, 0),
    ] {
        for flags in [MSG_DONTWAIT, MSG_WAITFORONE] {
            three(one, two);
            sockets::send(one, b"five", 0);
            let time = timespec {
                tv_sec: seconds,
                tv_nsec: nanoseconds,
            };
            let vector = Vector::of(4);
            t.note("time", format_args!("{seconds} {nanoseconds}"));
            let place = Arg::at(&raw const time as usize, "time");
            t.call("recvmmsg", args![two, &vector.arg(), 4, flags, &place]);
            let less = (time.tv_sec, time.tv_nsec) <= (seconds, nanoseconds);
            t.note("no more is left", less && time.tv_sec >= seconds.min(0));
            vector.show(t);
            sockets::drain_messages(two);
        }
    }
    for spot in memory::bad().into_iter().chain([memory::read_only()]) {
        three(one, two);
        let vector = Vector::of(4);
        t.call(
            "recvmmsg",
            args![two, &vector.arg(), 4, MSG_DONTWAIT, &spot],
        );
        vector.show(t);
        sockets::drain_messages(two);
    }
    waits_for_the_first(t, one, two);
    sockets::close(&[one, two]);
}

/// However short the time is: it is not for the first message.
fn waits_for_the_first(t: &mut Twin, one: i64, two: i64) {
    for flags in [0, MSG_WAITFORONE] {
        let vector = Vector::of(4);
        let time: timespec = blank();
        let place = Arg::at(&raw const time as usize, "time");
        meanwhile(
            t,
            "recvmmsg",
            |caller| {
                caller.waits();
                sockets::send(one, b"first", 0);
            },
            |t| t.call("recvmmsg", args![two, &vector.arg(), 4, flags, &place]),
        );
        vector.show(t);
    }
}

/// More than there is, and vectors that end or cannot be written.
pub fn limits(t: &mut Twin) {
    for [one, two] in pairs() {
        let vector = Vector::of(1100);
        for count in [1024u32, 1025, 1100, 1 << 31, u32::MAX] {
            three(one, two);
            // A count beyond the vector: there are never so many messages.
            t.call(
                "recvmmsg",
                args![two, &vector.arg(), count, MSG_DONTWAIT, 0],
            );
            vector.show(t);
            sockets::drain_messages(two);
        }
        let small = Vector::of(3);
        let start = small.messages.as_ptr().cast::<u8>();
        // SAFETY: three live structures, zeroed before their fields were set.
        let bytes = unsafe { std::slice::from_raw_parts(start, 3 * size_of::<mmsghdr>()) };
        for there in [64, 100, 128, 184, 190] {
            three(one, two);
            let spot = memory::before_the_edge(&bytes[..there]);
            t.call("recvmmsg", args![two, &spot, 3, MSG_DONTWAIT, 0]);
            t.bytes("room", &small.room);
            t.call("recvmmsg", args![two, &small.arg(), 3, MSG_DONTWAIT, 0]);
            small.show(t);
            sockets::drain_messages(two);
        }
        three(one, two);
        let fixed = memory::before_the_edge(bytes);
        memory::protect(&fixed, PROT_READ);
        t.call("recvmmsg", args![two, &fixed, 3, MSG_DONTWAIT, 0]);
        t.bytes("room", &small.room);
        sockets::close(&[one, two]);
    }
}
