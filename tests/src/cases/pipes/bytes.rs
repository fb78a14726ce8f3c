use super::{READS, WRITES};
use crate::args;
use crate::memory;
use crate::nameless::{fill, is_ready, pipe, take_all};
use crate::net::Message;
use crate::net::sockets::{close, pattern};
use crate::net::ways::{receive, receive_into, send, send_from};
use crate::other::meanwhile;
use crate::siginfo;
use crate::signals;
use crate::twin::Twin;
use libc::*;
use nix::sys::signal::Signal;
use nix::unistd::write;
use std::os::fd::BorrowedFd;

/// Without a line.
fn put(fd: i64, bytes: &[u8]) {
    // SAFETY: the case has it open.
    let fd = unsafe { BorrowedFd::borrow_raw(fd as i32) };
    assert_eq!(write(fd, bytes), Ok(bytes.len()));
}

pub fn until_something_comes(t: &mut Twin) {
    for row in READS {
        for length in [1, 3, 100] {
            let [out, into] = pipe(0);
            meanwhile(
                t,
                row,
                |caller| {
                    caller.waits();
                    put(into, b"hello");
                },
                |t| receive(t, row, out, length, 0),
            );
            t.bytes("rest", &take_all(out));
            close(&[out, into]);
        }
    }
}

/// Much more than a pipe holds.
pub fn all_of_it(t: &mut Twin) {
    let bytes = pattern(1 << 20);
    for row in WRITES {
        let [out, into] = pipe(0);
        meanwhile(
            t,
            row,
            |caller| {
                close(&[into]);
                caller.waits();
                let mut all = Vec::new();
                while all.len() < 1 << 20 {
                    all.extend(crate::nameless::take_page(out));
                }
                assert!(all == pattern(1 << 20), "something else came");
            },
            |t| send(t, row, into, &bytes, 0),
        );
        t.note("rest", take_all(out).len());
        close(&[out, into]);
    }
}

/// Up to 4096 bytes are one piece; beyond, as much as there is room for.
pub fn whole_or_not_at_all(t: &mut Twin) {
    let bytes = pattern(1 << 18);
    for row in WRITES {
        for (length, left) in [
            (1, 0),
            (4096, 0),
            (4097, 0),
            (100, 1),
            (4096, 1),
            (4097, 1),
            (10_000, 2),
        ] {
            let [out, into] = pipe(O_NONBLOCK);
            fill(into);
            let mut room = [0u8; 4096];
            for _ in 0..left {
                t.call("read", args![out, &mut room, 4096]);
            }
            send(t, row, into, &bytes[..length], 0);
            send(t, row, into, &bytes[..length], 0);
            t.note("in it", take_all(out).len());
            send(t, row, into, &bytes, 0);
            send(t, row, into, b"", 0);
            t.note("in it", take_all(out).len());
            close(&[out, into]);
        }
    }
}

/// What did not fit is still there.
pub fn room_that_ends(t: &mut Twin) {
    let bytes = pattern(20_000);
    for row in READS {
        for room in [0, 1, 100, 4096] {
            let [out, into] = pipe(O_NONBLOCK);
            put(into, &bytes);
            for _ in 0..3 {
                let spot = memory::room_before(room, PROT_NONE);
                let message = Message::spot(&spot, room + 5000);
                match row {
                    "read" => t.call(row, args![out, &spot, room + 5000]),
                    _ => t.call(row, args![out, message.header.msg_hdr.msg_iov, 1]),
                };
                t.bytes("room", &memory::contents(&spot, room.min(40)));
            }
            let fixed = memory::read_only();
            t.call("read", args![out, &fixed, 10]);
            let large = memory::large_room_before_a_hole(9000);
            receive_into(t, row, out, &large, 9000, 0);
            let rest = take_all(out);
            t.note("rest", rest.len());
            t.note("the same", bytes.ends_with(&rest));
            close(&[out, into]);
        }
    }
}

pub fn bytes_that_end(t: &mut Twin) {
    for row in WRITES {
        for there in [0, 1, 100, 4096] {
            let [out, into] = pipe(O_NONBLOCK);
            let spot = memory::before_the_edge(&pattern(there));
            for more in [0, 1, 10_000] {
                send_from(t, row, into, spot.address, there + more, 0);
            }
            let large = memory::large_room_before_a_hole(30_000 + there);
            send_from(t, row, into, large.address, 50_000, 0);
            for spot in memory::bad() {
                send_from(t, row, into, spot.address, 10, 0);
            }
            t.note("in it", take_all(out).len());
            close(&[out, into]);
        }
    }
}

pub fn the_end_comes(t: &mut Twin) {
    for row in READS {
        let [out, into] = pipe(0);
        meanwhile(
            t,
            row,
            |caller| {
                caller.waits();
                // The last that has it is this process.
            },
            |t| {
                t.close(into);
                receive(t, row, out, 10, 0)
            },
        );
        receive(t, row, out, 10, 0);
        close(&[out]);
    }
}

/// O_DIRECT: each write is one, and what is not read of it is lost.
pub fn packets(t: &mut Twin) {
    for (read, write) in READS.into_iter().zip(WRITES) {
        let [out, into] = pipe(O_DIRECT | O_NONBLOCK);
        for length in [0, 1, 10, 4096, 5000] {
            send(t, write, into, &pattern(length), 0);
        }
        for length in [10, 4, 0, 4096, 100, 4096, 4096] {
            receive(t, read, out, length, 0);
        }
        t.note("ready", is_ready(out, POLLIN));
        close(&[out, into]);
    }
}

/// What was written before is said; the signal comes all the same.
pub fn reader_leaves(t: &mut Twin) {
    siginfo::catch(Signal::SIGPIPE);
    let bytes = pattern(1 << 20);
    for row in WRITES {
        let [out, into] = pipe(0);
        meanwhile(
            t,
            row,
            |caller| {
                crate::net::sockets::arrived(out, 1 << 16);
                caller.waits();
            },
            |t| {
                t.close(out);
                send(t, row, into, &bytes, 0);
                siginfo::tell(t);
                send(t, row, into, &bytes, 0);
                siginfo::tell(t);
            },
        );
        close(&[into]);
    }
}

/// In the thread that writes; blocked it waits there.
pub fn sigpipe(t: &mut Twin) {
    siginfo::catch(Signal::SIGPIPE);
    for row in WRITES {
        let [out, into] = pipe(0);
        close(&[out]);
        std::thread::scope(|scope| {
            let call = || {
                send(t, row, into, b"x", 0);
                siginfo::tell(t);
                signals::block(Signal::SIGPIPE);
                send(t, row, into, b"x", 0);
                siginfo::take_pending(t, Signal::SIGPIPE);
            };
            scope.spawn(call).join().expect("the thread");
        });
        siginfo::take_pending(t, Signal::SIGPIPE);
        close(&[into]);
    }
}

/// A pipe with a name.
pub fn named(t: &mut Twin) {
    nix::unistd::mkfifo("fifo", nix::sys::stat::Mode::S_IRWXU).expect("fifo");
    let both = t.call("open", args![c"fifo", O_RDWR]);
    for row in READS {
        meanwhile(
            t,
            row,
            |caller| {
                caller.waits();
                put(both, b"through a name");
            },
            |t| receive(t, row, both, 5, 0),
        );
        t.bytes("rest", &take_all(both));
    }
    let out = t.call("open", args![c"fifo", O_RDONLY | O_NONBLOCK]);
    t.close(both);
    for row in READS {
        receive(t, row, out, 5, 0);
    }
}
