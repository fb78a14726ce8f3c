use crate::args;
use crate::nameless::one_of_each;
use crate::net::Address;
use crate::net::sockets;
use crate::net::ways::{SENDS, SENDS_WITH_FLAGS, send, send_to};
use crate::twin::Twin;
use libc::*;

pub fn wrong_descriptors(t: &mut Twin) {
    let [one, two] = sockets::udp_pair(AF_INET);
    let path_only = t.call("open", args![c".", O_PATH]);
    let high = 0xdead_beef_0000_0000u64 | one as u64;
    for fd in [-1, 99, i64::from(i32::MAX), i64::from(i32::MIN), path_only] {
        for way in SENDS {
            send(t, way, fd, b"x", 0);
        }
        t.call("sendto", args![fd, 1, 1, 0, 1, 1]);
        t.call("sendmsg", args![fd, 1, 0]);
        t.call("sendmmsg", args![fd, 1, 1, 0]);
        t.call("sendmmsg", args![fd, 1, 0, 0]);
    }
    // Only the lower half of the register counts.
    t.call("sendto", args![high, b"high", 4, 0, 0, 0]);
    sockets::arrives(two);
    t.bytes("came", &sockets::receive(two));
}

pub fn no_sockets(t: &mut Twin) {
    std::fs::write("file", "").expect("file");
    let file = t.call("open", args![c"file", O_RDWR]);
    let directory = t.call("open", args![c".", O_RDONLY]);
    let all = one_of_each();
    for way in SENDS_WITH_FLAGS {
        for fd in [file, directory].into_iter().chain(all.iter().copied()) {
            send(t, way, fd, b"x", MSG_NOSIGNAL);
            send(t, way, fd, b"x", -1);
        }
    }
}

pub fn not_connected(t: &mut Twin) {
    crate::signals::ignore(nix::sys::signal::Signal::SIGPIPE);
    for way in SENDS {
        let listener = sockets::listener(AF_INET, 1);
        let address = Address::of("listener", listener);
        for fd in [
            sockets::socket(AF_INET, SOCK_STREAM),
            sockets::bound(AF_INET6, SOCK_STREAM),
            listener,
            sockets::socket(AF_UNIX, SOCK_STREAM),
            sockets::socket(AF_UNIX, SOCK_DGRAM),
            sockets::socket(AF_UNIX, SOCK_SEQPACKET),
        ] {
            send(t, way, fd, b"to nobody", 0);
            send(t, way, fd, b"", 0);
            if SENDS_WITH_FLAGS.contains(&way) {
                send_to(t, way, fd, b"to", &address);
            }
            sockets::error(t, fd);
            sockets::close(&[fd]);
        }
    }
}
