use super::{ROWS, accept, describe};
use crate::args;
use crate::net::Address;
use crate::net::sockets::{self, FAMILIES};
use crate::twin::Twin;
use libc::*;
use nix::sys::resource::{Resource, getrlimit, setrlimit};

pub fn one_after_the_other(t: &mut Twin) {
    for row in ROWS {
        for family in FAMILIES {
            let listener = sockets::listener(family, 8);
            let callers = [(); 3].map(|()| sockets::caller(listener));
            for caller in callers {
                sockets::arrives(listener);
                let fd = accept(t, row, listener);
                describe(t, fd, caller);
            }
            sockets::close(&callers);
            sockets::close(&[listener]);
        }
    }
}

/// Each bit of accept4's, alone.
pub fn flags(t: &mut Twin) {
    let listener = sockets::listener(AF_INET, 8);
    let mut all: Vec<i32> = (0..32).map(|bit| (1u32 << bit).cast_signed()).collect();
    all.extend([SOCK_CLOEXEC | SOCK_NONBLOCK, -1, SOCK_CLOEXEC | 1]);
    for flags in all {
        let caller = sockets::caller(listener);
        sockets::arrives(listener);
        let fd = t.call("accept4", args![listener, 0, 0, flags]);
        match fd {
            0.. => describe(t, fd, caller),
            // It is still there.
            _ => sockets::close(&[sockets::accept(listener)]),
        }
        sockets::close(&[caller]);
    }
    for fd in [-1, 0] {
        t.call("accept4", args![fd, 0, 0, 1]);
        t.call("accept4", args![fd, 1, 1, 1]);
    }
}

/// O_NONBLOCK is not, some options are.
pub fn inherited(t: &mut Twin) {
    for row in ROWS {
        let listener = sockets::listener(AF_INET, 8);
        sockets::nonblocking(listener);
        sockets::set(listener, SO_KEEPALIVE, 1);
        sockets::set(listener, SO_RCVBUF, 1 << 16);
        sockets::set_time(listener, SO_RCVTIMEO, 1234);
        let caller = sockets::caller(listener);
        sockets::arrives(listener);
        let fd = accept(t, row, listener);
        let kept = sockets::get(fd, SO_KEEPALIVE);
        t.note("keepalive", kept);
        let room = sockets::get(fd, SO_RCVBUF);
        t.note("room", room);
        let mut time = [0i64; 2];
        let mut length = 16u32;
        let (place, size) = (time.as_mut_ptr(), &raw mut length);
        t.call(
            "getsockopt",
            args![fd, SOL_SOCKET, SO_RCVTIMEO, place, size],
        );
        t.note("time", format_args!("{time:?}"));
        describe(t, fd, caller);
        sockets::close(&[listener, caller]);
    }
}

/// Callers that have gone, one way or the other, are still let in.
pub fn closed_before(t: &mut Twin) {
    for row in ROWS {
        let listener = sockets::listener(AF_INET, 8);
        sockets::nonblocking(listener);
        let gone = sockets::caller(listener);
        sockets::send(gone, b"goodbye", 0);
        sockets::close(&[gone]);
        sockets::reset(sockets::caller(listener));
        sockets::arrives(listener);
        for _ in 0..3 {
            let fd = accept(t, row, listener);
            if fd < 0 {
                break;
            }
            sockets::happens(fd, POLLRDHUP);
            t.bytes("came", &sockets::receive(fd));
            sockets::error(t, fd);
            sockets::close(&[fd]);
        }
        sockets::close(&[listener]);
    }
}

/// The caller keeps its place.
pub fn no_descriptor_left(t: &mut Twin) {
    for row in ROWS {
        for blocking in [true, false] {
            let listener = sockets::listener(AF_INET, 8);
            if !blocking {
                sockets::nonblocking(listener);
            }
            let caller = sockets::caller(listener);
            sockets::arrives(listener);
            let next = t.call("dup", args![listener]);
            t.close(next);
            let (_, most) = getrlimit(Resource::RLIMIT_NOFILE).expect("limit");
            setrlimit(Resource::RLIMIT_NOFILE, next as u64, most).expect("limit");
            accept(t, row, listener);
            accept(t, row, listener);
            t.call(row, args![-1, 0, 0, 0]);
            t.call(row, args![listener, 1, 1, 0]);
            // Without a caller, too.
            setrlimit(Resource::RLIMIT_NOFILE, most, most).expect("limit");
            let fd = accept(t, row, listener);
            describe(t, fd, caller);
            sockets::close(&[listener, caller]);
            if !blocking {
                empty_without_descriptors(t, row);
            }
        }
    }
}

fn empty_without_descriptors(t: &mut Twin, row: &str) {
    let listener = sockets::listener(AF_INET, 8);
    sockets::nonblocking(listener);
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE).expect("limit");
    setrlimit(Resource::RLIMIT_NOFILE, 3, most).expect("limit");
    accept(t, row, listener);
    setrlimit(Resource::RLIMIT_NOFILE, most, most).expect("limit");
    sockets::close(&[listener]);
}

/// Of the same machine: names are paths, or none, and the caller's credentials are the caller's.
pub fn local(t: &mut Twin) {
    for row in ROWS {
        for kind in [SOCK_STREAM, SOCK_SEQPACKET] {
            let listener = sockets::socket(AF_UNIX, kind);
            sockets::bind(listener, Address::unix("here"));
            sockets::listen(listener, 8);
            for name in [None, Some("caller")] {
                let caller = sockets::socket(AF_UNIX, kind);
                if let Some(name) = name {
                    sockets::bind(caller, Address::unix(name));
                }
                sockets::connect(caller, Address::unix("here"));
                let room = super::Room::of(110);
                let fd = t.call(row, args![listener, &room.address, room.length(), 0]);
                room.show(t, 110);
                describe(t, fd, caller);
                sockets::close(&[caller]);
            }
            sockets::close(&[listener]);
            for path in ["here", "caller"] {
                std::fs::remove_file(path).expect(path);
            }
        }
    }
}
