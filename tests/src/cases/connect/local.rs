//! Local sockets, which are called by a path, and know who called.

use super::connect;
use crate::args;
use crate::net::Address;
use crate::net::sockets;
use crate::twin::{Twin, blank};
use crate::users::self_and_ordinary;
use libc::*;

fn listener(kind: i32, path: &str, backlog: i32) -> i64 {
    let fd = sockets::socket(AF_UNIX, kind);
    sockets::bind(fd, Address::unix(path));
    if kind != SOCK_DGRAM {
        sockets::listen(fd, backlog);
    }
    fd
}

pub fn by_path(t: &mut Twin) {
    let kinds = [SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET];
    for (kind, path) in kinds.into_iter().zip(["stream", "datagrams", "packets"]) {
        listener(kind, path, 8);
    }
    std::fs::write("file", "").expect("file");
    std::os::unix::fs::symlink("stream", "link").expect("link");
    std::fs::create_dir("locked").expect("directory");
    listener(SOCK_STREAM, "locked/inner", 8);
    crate::cases::world::chmod("locked", 0);
    sockets::close(&[listener(SOCK_STREAM, "left", 8)]);
    let long = "x".repeat(107);
    self_and_ordinary(t, |t| {
        for kind in kinds {
            for path in [
                "stream",
                "datagrams",
                "packets",
                "file",
                "link",
                "locked/inner",
                "left",
                "nowhere",
                "file/below",
                ".",
                "",
                &long,
            ] {
                for path in [path.to_owned(), format!("../{path}")] {
                    let fd = sockets::socket(AF_UNIX, kind);
                    connect(t, fd, &Address::unix(&path[..path.len().min(107)]));
                    sockets::close(&[fd]);
                }
            }
        }
    });
    crate::cases::world::chmod("locked", 0o755);
}

pub fn queue_is_full(t: &mut Twin) {
    let listener = listener(SOCK_STREAM, "here", 0);
    let to = Address::unix("here");
    for _ in 0..3 {
        let fd = sockets::socket(AF_UNIX, SOCK_STREAM);
        sockets::nonblocking(fd);
        connect(t, fd, &to);
    }
    let fd = sockets::socket(AF_UNIX, SOCK_STREAM);
    sockets::set_time(fd, SO_SNDTIMEO, 30);
    connect(t, fd, &to);
    sockets::close(&[sockets::accept(listener)]);
    connect(t, fd, &to);
}

/// One that wants its peers' credentials gets a name of its own.
pub fn named_as_it_connects(t: &mut Twin) {
    for kind in [SOCK_STREAM, SOCK_DGRAM] {
        let listener = listener(kind, "here", 8);
        let fd = sockets::socket(AF_UNIX, kind);
        sockets::set(fd, SO_PASSCRED, 1);
        connect(t, fd, &Address::unix("here"));
        let own = Address::of("", fd);
        t.note("named", own.bytes().len() == 8 && own.bytes()[2] == 0);
        sockets::close(&[fd, listener]);
        std::fs::remove_file("here").expect("here");
    }
}

/// Of whoever connected, and of whoever listened: the program's own, not those of somebody in between.
pub fn credentials(t: &mut Twin) {
    for kind in [SOCK_STREAM, SOCK_SEQPACKET] {
        let listener = listener(kind, "here", 8);
        for parent in [true, false] {
            let connects = |t: &mut Twin| {
                let fd = sockets::socket(AF_UNIX, kind);
                connect(t, fd, &Address::unix("here"));
                let other = sockets::accept(listener);
                for fd in [fd, other] {
                    peer(t, fd);
                }
                sockets::close(&[fd, other]);
            };
            match parent {
                true => connects(t),
                false => t.fork("child", connects),
            }
        }
        sockets::close(&[listener]);
        std::fs::remove_file("here").expect("here");
    }
}

fn peer(t: &mut Twin, fd: i64) {
    let mut peer: ucred = blank();
    let mut length = size_of::<ucred>() as u32;
    let (place, size) = (&raw mut peer, &raw mut length);
    t.call(
        "getsockopt",
        args![fd, SOL_SOCKET, SO_PEERCRED, place, size],
    );
    // SAFETY: no arguments.
    let (own, parent) = unsafe { (getpid(), getppid()) };
    let who = match peer.pid {
        pid if pid == own => "this process",
        pid if pid == parent => "its parent",
        _ => "another",
    };
    t.note("peer", format_args!("{who} {} {}", peer.uid, peer.gid));
}
