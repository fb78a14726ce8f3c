//! Pipes and sockets: nothing there, no room, nobody.

use super::vectors::{HERE, READS, Vector, WRITES, call, reads, writes};
use crate::nameless::{is_ready, pipe, socket_pair};
use crate::signals;
use crate::twin::Twin;
use libc::*;
use nix::sys::signal::Signal;

pub fn pipes(t: &mut Twin) {
    signals::catch(Signal::SIGPIPE);
    let [out, into] = pipe(O_NONBLOCK);
    for offset in [HERE, 0] {
        for (read, write) in READS.iter().zip(WRITES) {
            reads(t, read, out, &[4, 4], offset);
            writes(t, write, into, &[4, 6], offset);
            reads(t, read, out, &[3, 3, 0, 10], offset);
            writes(t, write, out, &[4], offset);
            reads(t, read, into, &[4], offset);
        }
    }
    for row in ["writev", "pwritev2"] {
        while is_ready(into, POLLOUT) {
            writes(t, row, into, &[60_000, 1], HERE);
        }
        writes(t, row, into, &[1], HERE);
    }
    t.close(out);
    for row in WRITES {
        writes(t, row, into, &[1, 1], HERE);
        writes(t, row, into, &[0], HERE);
        t.note("SIGPIPE", signals::caught());
    }
}

pub fn broken_pipe_kills(t: &mut Twin) {
    let [out, into] = pipe(0);
    t.close(out);
    for row in ["writev", "pwritev2"] {
        t.fork("writes to nobody", |t| {
            signals::default(Signal::SIGPIPE);
            writes(t, row, into, &[1, 1], HERE);
            t.note("not", "reached");
        });
    }
}

/// A vector is one datagram.
pub fn sockets(t: &mut Twin) {
    signals::ignore(Signal::SIGPIPE);
    for kind in [SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET] {
        let [one, two] = socket_pair(kind | SOCK_NONBLOCK);
        for (read, write) in READS.iter().zip(WRITES) {
            for offset in [HERE, 0] {
                writes(t, write, one, &[3, 0, 4], offset);
                writes(t, write, one, &[2], offset);
                reads(t, read, two, &[2, 2], offset);
                reads(t, read, two, &[20], offset);
            }
        }
        t.close(two);
        writes(t, "writev", one, &[1, 1], 0);
        t.close(one);
    }
    // SAFETY: no memory is involved.
    let fd = unsafe { socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0) };
    for row in WRITES {
        writes(t, row, fd.into(), &[1, 1], HERE);
    }
}

pub fn interrupted(t: &mut Twin) {
    let [out, into] = pipe(0);
    let mut bytes = vec![0u8; 1 << 20];
    let small = Vector::cut(&mut bytes, &[4, 4]);
    let large = Vector::cut(&mut bytes, &[1 << 19, 1 << 19]);
    for row in ["readv", "preadv2"] {
        signals::interrupting(|| call(t, row, out, &small, HERE));
    }
    // The pipe fills: first a partial count, then nothing at all.
    for row in ["writev", "pwritev2"] {
        signals::interrupting(|| call(t, row, into, &large, HERE));
        signals::interrupting(|| call(t, row, into, &small, HERE));
    }
    t.note("caught", signals::caught() >= 6);
}
