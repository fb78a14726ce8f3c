use super::{answers, look, one, poll};
use crate::args;
use crate::nameless::{fill, one_of_each, pipe, socket_pair};
use crate::net::sockets;
use crate::twin::Twin;
use libc::*;

const ALL: i16 = POLLIN | POLLPRI | POLLOUT | POLLERR | POLLHUP | POLLRDHUP | 0x3c0;

pub fn kinds(t: &mut Twin) {
    std::fs::write("file", "in the file").expect("file");
    let mut fds: Vec<i64> = [
        c"file",
        c".",
        c"/dev/null",
        c"/dev/zero",
        c"/proc/self/mounts",
    ]
    .iter()
    .map(|path| t.call("open", args![*path, O_RDONLY]))
    .collect();
    fds.push(t.call("open", args![c"file", O_PATH]));
    fds.extend(one_of_each());
    for events in [0, POLLIN, POLLOUT, ALL, -1] {
        let mut all: Vec<_> = fds.iter().map(|fd| one(*fd, events)).collect();
        look(t, &mut all);
        for fd in &mut all {
            look(t, std::slice::from_mut(fd));
        }
    }
}

/// Each bit, on what is ready for everything, and for nothing.
pub fn events(t: &mut Twin) {
    let [one_end, other_end] = socket_pair(SOCK_STREAM);
    sockets::send(other_end, b"here", 0);
    let [out, into] = pipe(O_NONBLOCK);
    fill(into);
    let [empty, _writer] = pipe(0);
    let [broken, reader] = pipe(0);
    sockets::close(&[reader]);
    let [reader, broken_writer] = pipe(0);
    sockets::close(&[reader]);
    for bit in 0..16 {
        let events = (1u16 << bit).cast_signed();
        let fds = [one_end, out, into, empty, broken, broken_writer];
        let mut all = fds.map(|fd| one(fd, events));
        look(t, &mut all);
    }
}

pub fn states_of_sockets(t: &mut Twin) {
    let seen = |t: &mut Twin, what: &str, fds: &[i64]| {
        t.note("state", what);
        let mut all: Vec<_> = fds.iter().map(|fd| one(*fd, ALL)).collect();
        look(t, &mut all);
    };
    for family in sockets::FAMILIES {
        seen(
            t,
            "new",
            &[
                sockets::socket(family, SOCK_STREAM),
                sockets::bound(family, SOCK_STREAM),
            ],
        );
        let listener = sockets::listener(family, 8);
        seen(t, "listens", &[listener]);
        let caller = sockets::caller(listener);
        sockets::arrives(listener);
        seen(t, "is called", &[listener, caller]);
        let fd = sockets::accept(listener);
        seen(t, "connected", &[listener, caller, fd]);
        sockets::send(caller, b"data", 0);
        sockets::send(caller, b"!", MSG_OOB);
        sockets::happens(fd, POLLPRI);
        sockets::arrives(fd);
        seen(t, "data", &[caller, fd]);
        sockets::shutdown(caller, SHUT_WR);
        sockets::happens(fd, POLLRDHUP);
        seen(t, "half closed", &[caller, fd]);
        sockets::shutdown(fd, SHUT_WR);
        sockets::happens(caller, POLLRDHUP);
        sockets::happens(fd, POLLHUP);
        seen(t, "closed", &[caller, fd]);
        let [one, two] = sockets::tcp_pair(family);
        sockets::reset(two);
        sockets::happens(one, POLLERR);
        seen(t, "reset", &[one]);
        sockets::error(t, one);
        seen(t, "reset, and said", &[one]);
    }
    for kind in [SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET] {
        let [one, two] = socket_pair(kind);
        sockets::shutdown(one, SHUT_WR);
        seen(t, "local, half closed", &[one, two]);
        sockets::close(&[two]);
        seen(t, "local, alone", &[one]);
    }
}

/// No error: their place in the answer says so.
pub fn closed_and_negative(t: &mut Twin) {
    let [out, into] = pipe(0);
    let gone = t.call("dup", args![out]);
    t.close(gone);
    let fds = [
        -1,
        gone,
        into,
        i64::from(i32::MIN),
        1 << 20,
        i64::from(i32::MAX),
        out,
    ];
    let mut all = fds.map(|fd| one(fd, POLLIN | POLLOUT));
    look(t, &mut all);
    for fd in &mut all {
        look(t, std::slice::from_mut(fd));
    }
    // With time to wait, and nothing to wait for.
    for row in super::ROWS {
        let mut fds = [one(gone, 0)];
        poll(t, row, &fds, -1);
        answers(t, &fds);
        fds[0] = one(-5, POLLIN);
        poll(t, row, &fds, 5);
        answers(t, &fds);
    }
}

pub fn twice(t: &mut Twin) {
    let [out, into] = pipe(0);
    let other = t.call("dup", args![into]);
    let mut all = [into, into, other, out, into].map(|fd| one(fd, POLLOUT));
    all[1].events = POLLIN;
    look(t, &mut all);
}

/// What was asked may lie where nobody writes at that moment: only the answers change.
pub fn only_the_answer_is_written(t: &mut Twin) {
    let [_out, into] = pipe(0);
    for row in super::ROWS {
        let fds = [into, -1, into].map(|fd| one(fd, POLLOUT));
        poll(t, row, &fds[..2], 0);
        answers(t, &fds);
        poll(t, row, &fds[1..], 0);
        answers(t, &fds);
        poll(t, row, &fds[..0], 0);
        answers(t, &fds);
    }
}
