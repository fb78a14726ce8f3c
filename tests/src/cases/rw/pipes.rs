//! Pipes and sockets: nothing there, no room, nobody.

use crate::nameless::{pipe, socket_pair};
use crate::twin::Twin;
use crate::{args, signals};
use libc::*;
use nix::sys::signal::Signal;

pub fn pipes(t: &mut Twin) {
    signals::catch(Signal::SIGPIPE);
    let [out, into] = pipe(O_NONBLOCK);
    let mut buffer = [b'.'; 16];
    t.call("read", args![out, &mut buffer, 16]);
    t.call("write", args![into, b"some bytes", 10]);
    t.call("read", args![out, &mut buffer, 4]);
    t.call("read", args![out, &mut buffer, 16]);
    t.bytes("buffer", &buffer);
    for fd in [out, into] {
        t.call("read", args![fd, &mut buffer, 1]);
        t.call("write", args![fd, &buffer, 1]);
        t.call("pread64", args![fd, &mut buffer, 1, 0]);
        t.call("pwrite64", args![fd, &buffer, 1, 0]);
        t.call("read", args![fd, &mut buffer, 0]);
        t.call("write", args![fd, &buffer, 0]);
    }
    t.call("read", args![out, 1, 8]);
    t.call("write", args![into, 1, 8]);
    let much = vec![b'p'; 1 << 20];
    t.call("write", args![into, &much[..], much.len()]);
    t.call("write", args![into, &much[..], 1]);
    t.close(into);
    let mut all = vec![0u8; 1 << 20];
    while t.call("read", args![out, &mut all[..], all.len()]) > 0 {}
    let [out, into] = pipe(0);
    t.close(out);
    t.call("write", args![into, b"x", 1]);
    t.note("SIGPIPE", signals::caught());
    signals::ignore(Signal::SIGPIPE);
    t.call("write", args![into, b"x", 1]);
    t.call("write", args![into, b"x", 0]);
}

pub fn sockets(t: &mut Twin) {
    signals::ignore(Signal::SIGPIPE);
    let mut buffer = [b'.'; 8];
    for kind in [SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET] {
        let [one, two] = socket_pair(kind | SOCK_NONBLOCK);
        t.call("read", args![two, &mut buffer, 8]);
        t.call("write", args![one, b"datagram", 8]);
        t.call("write", args![one, b"next", 4]);
        t.call("read", args![two, &mut buffer, 3]);
        t.call("read", args![two, &mut buffer, 8]);
        t.bytes("buffer", &buffer);
        t.call("pread64", args![two, &mut buffer, 8, 0]);
        t.call("pwrite64", args![two, &buffer, 8, 0]);
        let much = vec![0u8; 4 << 20];
        while t.call("write", args![one, &much[..4096], 4096]) > 0 {}
        t.close(two);
        t.call("write", args![one, b"x", 1]);
        t.call("read", args![one, &mut buffer, 8]);
        t.close(one);
    }
    for family in [AF_UNIX, AF_INET] {
        // SAFETY: no memory is involved.
        let fd = unsafe { socket(family, SOCK_DGRAM | SOCK_NONBLOCK, 0) };
        t.call("write", args![fd, b"x", 1]);
        t.call("read", args![fd, &mut buffer, 8]);
        t.close(fd.into());
    }
}

pub fn interrupted(t: &mut Twin) {
    let [out, into] = pipe(0);
    let mut buffer = [0u8; 8];
    signals::interrupting(|| t.call("read", args![out, &mut buffer, 8]));
    let much = vec![0u8; 1 << 20];
    // The pipe fills: first a partial count, then nothing at all.
    signals::interrupting(|| t.call("write", args![into, &much[..], much.len()]));
    signals::interrupting(|| t.call("write", args![into, &much[..], 8]));
    t.note("caught", signals::caught() >= 3);
}

pub fn broken_pipe_kills(t: &mut Twin) {
    let [out, into] = pipe(0);
    t.close(out);
    t.fork("writes to nobody", |t| {
        signals::default(Signal::SIGPIPE);
        t.call("write", args![into, b"x", 1]);
        t.note("not", "reached");
    });
}
