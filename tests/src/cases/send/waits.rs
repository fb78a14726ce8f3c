//! When there is no room: at once, after a time, or when there is.

use super::Stuck;
use crate::nameless::socket_pair;
use crate::net::sockets::{self, FAMILIES, pattern};
use crate::net::ways::{SENDS, SENDS_WITH_FLAGS, send};
use crate::other::meanwhile;
use crate::signals;
use crate::twin::Twin;
use libc::*;
use nix::sys::signal::Signal;

/// Sends all it can, without waiting; how much, the network decides.
fn fill(t: &mut Twin, way: &str, fd: i64, bytes: &[u8]) -> usize {
    let mut sent = 0;
    loop {
        let done = t.quietly(|t| send(t, way, fd, &bytes[sent..], MSG_DONTWAIT));
        match usize::try_from(done) {
            Ok(more) => sent += more,
            Err(_) => return sent,
        }
    }
}

/// As much as was said to be sent is what comes.
pub fn full_streams(t: &mut Twin) {
    let bytes = pattern(8 << 20);
    for way in SENDS {
        for family in FAMILIES {
            let [one, two] = sockets::tcp_pair(family);
            sockets::set(two, SO_RCVBUF, 1 << 16);
            sockets::set(one, SO_SNDBUF, 1 << 16);
            sockets::nonblocking(one);
            let sent = fill(t, way, one, &bytes);
            t.note("part of it", sent > 0 && sent < bytes.len());
            // An acknowledgement may still make room for a little.
            let more = fill(t, way, one, &bytes[sent..]);
            send(t, way, one, b"", 0);
            t.note("and hardly more", more < bytes.len() / 2);
            t.call_until_it_fails(|t| send(t, way, one, b"!", MSG_DONTWAIT));
            sockets::close(&[one]);
            let came = sockets::receive_all(two);
            let whole = &came[..sent + more];
            t.note("what was sent came", whole == &bytes[..sent + more]);
            sockets::close(&[two]);
        }
    }
}

/// Here the kernel counts exactly.
pub fn full_local_sockets(t: &mut Twin) {
    let bytes = pattern(1 << 20);
    for way in SENDS {
        for kind in [SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET] {
            for length in [1, 1000, 9000, 100_000, 1 << 20] {
                let [one, two] = socket_pair(kind | SOCK_NONBLOCK);
                sockets::set(one, SO_SNDBUF, 1 << 15);
                for _ in 0..400 {
                    if send(t, way, one, &bytes[..length], 0) < 0 {
                        break;
                    }
                }
                let all: usize = std::iter::repeat_with(|| sockets::receive(two).len())
                    .take_while(|length| *length > 0)
                    .sum();
                t.note("came", all);
                send(t, way, one, &bytes[..length.min(1000)], 0);
                sockets::close(&[one, two]);
            }
        }
    }
}

/// More than any buffer holds: the call comes back when all of it has gone.
pub fn all_of_it(t: &mut Twin) {
    let bytes = pattern(3 << 20);
    for way in SENDS {
        for [one, two] in [
            sockets::tcp_pair(AF_INET),
            sockets::tcp_pair(AF_INET6),
            socket_pair(SOCK_STREAM),
        ] {
            sockets::set(one, SO_SNDBUF, 1 << 16);
            meanwhile(
                t,
                way,
                |caller| {
                    caller.waits();
                    sockets::close(&[one]);
                    let came = sockets::receive_all(two);
                    assert!(came == pattern(3 << 20), "{} bytes came", came.len());
                },
                |t| {
                    send(t, way, one, &bytes, 0);
                    sockets::close(&[one]);
                },
            );
            sockets::close(&[two]);
        }
    }
}

pub fn timeouts(t: &mut Twin) {
    let bytes = pattern(8 << 20);
    for way in SENDS {
        for [one, two] in [sockets::tcp_pair(AF_INET), socket_pair(SOCK_STREAM)] {
            sockets::set(two, SO_RCVBUF, 1 << 16);
            sockets::set(one, SO_SNDBUF, 1 << 16);
            sockets::set_time(one, SO_SNDTIMEO, 30);
            let sent = t.quietly(|t| send(t, way, one, &bytes, 0));
            t.note("part of it", sent > 0 && sent < bytes.len() as i64);
            sockets::close(&[one, two]);
        }
        for stuck in Stuck::each() {
            sockets::set_time(stuck.fd, SO_SNDTIMEO, 30);
            for _ in 0..2 {
                send(t, way, stuck.fd, b"no room", 0);
            }
            stuck.close();
        }
    }
}

/// Nobody will ever make room: what was sent is said, and only then the error.
pub fn reader_leaves(t: &mut Twin) {
    signals::ignore(Signal::SIGPIPE);
    let bytes = pattern(8 << 20);
    for way in SENDS_WITH_FLAGS.into_iter().chain(["writev"]) {
        let [one, two] = socket_pair(SOCK_STREAM);
        sockets::set(one, SO_SNDBUF, 1 << 16);
        meanwhile(
            t,
            way,
            |caller| {
                sockets::arrives(two);
                caller.waits();
                sockets::shutdown(two, SHUT_RD);
            },
            |t| {
                let sent = t.quietly(|t| send(t, way, one, &bytes, 0));
                t.note("part of it", sent > 0 && sent < bytes.len() as i64);
                send(t, way, one, &bytes, 0);
            },
        );
        sockets::close(&[one, two]);
    }
}
