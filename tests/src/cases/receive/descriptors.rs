use crate::args;
use crate::nameless::{one_of_each, socket_pair};
use crate::net::sockets;
use crate::net::ways::{RECEIVES, RECEIVES_WITH_FLAGS, receive};
use crate::twin::Twin;
use libc::*;

pub fn wrong_descriptors(t: &mut Twin) {
    let [one, two] = sockets::udp_pair(AF_INET);
    let path_only = t.call("open", args![c".", O_PATH]);
    for fd in [-1, 99, i64::from(i32::MAX), i64::from(i32::MIN), path_only] {
        for way in RECEIVES {
            receive(t, way, fd, 1, 0);
            receive(t, way, fd, 1, -1);
        }
        t.call("recvfrom", args![fd, 1, 1, 0, 1, 1]);
        t.call("recvmsg", args![fd, 1, 0]);
        t.call("recvmmsg", args![fd, 1, 1, 0, 0]);
        t.call("recvmmsg", args![fd, 1, 0, 0, 0]);
    }
    // Only the lower half of the register counts.
    let high = 0xdead_beef_0000_0000u64 | two as u64;
    let room = [0u8; 8];
    sockets::send(one, b"high", 0);
    sockets::arrives(two);
    t.call("recvfrom", args![high, &room, 8, 0, 0, 0]);
    t.bytes("came", &room);
}

pub fn no_sockets(t: &mut Twin) {
    std::fs::write("file", "in the file").expect("file");
    let file = t.call("open", args![c"file", O_RDWR]);
    let directory = t.call("open", args![c".", O_RDONLY]);
    let all = one_of_each();
    for way in RECEIVES_WITH_FLAGS {
        for fd in [file, directory].into_iter().chain(all.iter().copied()) {
            receive(t, way, fd, 1, 0);
            receive(t, way, fd, 1, -1);
        }
    }
}

pub fn not_connected(t: &mut Twin) {
    for way in RECEIVES {
        for fd in [
            sockets::socket(AF_INET, SOCK_STREAM),
            sockets::bound(AF_INET6, SOCK_STREAM),
            sockets::listener(AF_INET, 1),
            sockets::socket(AF_UNIX, SOCK_STREAM),
            sockets::socket(AF_UNIX, SOCK_SEQPACKET),
        ] {
            receive(t, way, fd, 1, 0);
            receive(t, way, fd, 0, 0);
            receive(t, way, fd, 1, MSG_DONTWAIT | MSG_PEEK);
            sockets::close(&[fd]);
        }
    }
}

/// By a duplicate, by a child that has it from its parent: one socket.
pub fn shared(t: &mut Twin) {
    for way in RECEIVES {
        for [one, two] in [sockets::tcp_pair(AF_INET), socket_pair(SOCK_DGRAM)] {
            sockets::bring(one, two, &[b"first!", b"second", b"third!"]);
            let other = t.call("dup", args![two]);
            receive(t, way, other, 6, 0);
            t.close(two);
            t.fork("child", |t| {
                receive(t, way, other, 6, 0);
                t.close(other);
            });
            receive(t, way, other, 6, 0);
            sockets::close(&[one, other]);
        }
    }
}
