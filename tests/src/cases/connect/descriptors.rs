use super::connect;
use crate::args;
use crate::nameless::{one_of_each, socket_pair};
use crate::net::Address;
use crate::net::sockets;
use crate::twin::Twin;
use libc::*;

pub fn wrong_descriptors(t: &mut Twin) {
    std::fs::write("file", "").expect("file");
    let file = t.call("open", args![c"file", O_RDWR]);
    let path_only = t.call("open", args![c"file", O_PATH]);
    let listener = sockets::listener(AF_INET, 8);
    let to = Address::of("listener", listener);
    for fd in [
        -1,
        99,
        i64::from(i32::MAX),
        i64::from(i32::MIN),
        file,
        path_only,
    ] {
        connect(t, fd, &to);
        t.call("connect", args![fd, 1, 16]);
        t.call("connect", args![fd, 1, -1]);
    }
    for fd in one_of_each() {
        connect(t, fd, &to);
    }
    for kind in [SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET] {
        for fd in socket_pair(kind) {
            connect(t, fd, &to);
            connect(t, fd, &Address::unspecified());
        }
    }
    // Only the lower half of the register counts.
    let fd = sockets::socket(AF_INET, SOCK_STREAM);
    let high = 0xdead_beef_0000_0000u64 | fd as u64;
    t.note("high", true);
    t.call("connect", args![high, &to, 0x1_0000_0010u64]);
    connect(t, fd, &to);
}
