use super::{ROWS, accept};
use crate::args;
use crate::nameless::{one_of_each, socket_pair};
use crate::net::sockets::{self, FAMILIES};
use crate::twin::Twin;
use libc::*;

pub fn wrong_descriptors(t: &mut Twin) {
    std::fs::write("file", "").expect("file");
    let file = t.call("open", args![c"file", O_RDWR]);
    let path_only = t.call("open", args![c"file", O_PATH]);
    let all = one_of_each();
    for row in ROWS {
        for fd in [
            -1,
            99,
            i64::from(i32::MAX),
            i64::from(i32::MIN),
            path_only,
            file,
        ] {
            accept(t, row, fd);
            t.call(row, args![fd, 1, 1, 0]);
        }
        for fd in &all {
            accept(t, row, *fd);
        }
        // Only the lower half of the register counts.
        let listener = sockets::listener(AF_INET, 8);
        let caller = sockets::caller(listener);
        sockets::arrives(listener);
        let high = 0xdead_beef_0000_0000u64 | listener as u64;
        t.note("high", true);
        let fd = t.call(row, args![high, 0, 0, 0]);
        sockets::close(&[fd, listener, caller]);
    }
}

/// Sockets to which nobody can come.
pub fn no_listeners(t: &mut Twin) {
    for row in ROWS {
        for family in FAMILIES {
            let [one, two] = sockets::tcp_pair(family);
            let [three, four] = sockets::udp_pair(family);
            for fd in [
                sockets::socket(family, SOCK_STREAM),
                sockets::bound(family, SOCK_STREAM),
                one,
                two,
                three,
                four,
            ] {
                accept(t, row, fd);
                t.call(row, args![fd, 1, 1, 0]);
                sockets::close(&[fd]);
            }
        }
        for kind in [SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET] {
            for fd in socket_pair(kind) {
                accept(t, row, fd);
                sockets::close(&[fd]);
            }
        }
    }
}
