use super::connect;
use crate::args;
use crate::memory;
use crate::net::Address;
use crate::net::sockets::{self, FAMILIES};
use crate::twin::Twin;
use libc::*;

/// Shorter and longer than an address is.
pub fn lengths(t: &mut Twin) {
    for kind in [SOCK_STREAM, SOCK_DGRAM] {
        for family in FAMILIES {
            let listener = sockets::bound(family, kind);
            if kind == SOCK_STREAM {
                sockets::listen(listener, 64);
            }
            let to = Address::of("listener", listener);
            let bytes = [to.bytes(), &[0; 112]].concat();
            for length in [0, 1, 2, 3, 15, 16, 17, 23, 24, 27, 28, 29, 127, 128] {
                let fd = sockets::socket(family, kind);
                connect(t, fd, &Address::new("cut", &bytes[..length]));
                sockets::close(&[fd]);
            }
            for length in [-1i64, 129, 1 << 31, 1 << 32, (1 << 32) + 28, i64::MIN] {
                let fd = sockets::socket(family, kind);
                t.call("connect", args![fd, &to, length]);
                sockets::close(&[fd]);
            }
            sockets::close(&[listener]);
        }
    }
}

pub fn families(t: &mut Twin) {
    for kind in [SOCK_STREAM, SOCK_DGRAM] {
        for family in [AF_INET, AF_INET6, AF_UNIX] {
            for other in [
                AF_UNSPEC, AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, 45, 65_535,
            ] {
                if family == other {
                    continue;
                }
                let fd = sockets::socket(family, kind);
                let mut bytes = [0; 28];
                bytes[..2].copy_from_slice(&(other as u16).to_ne_bytes());
                t.note("family", format_args!("{family} to {other}"));
                connect(t, fd, &Address::new("other", &bytes));
                sockets::close(&[fd]);
            }
        }
    }
}

pub fn bad_memory(t: &mut Twin) {
    for (family, kind) in [
        (AF_INET, SOCK_STREAM),
        (AF_INET6, SOCK_DGRAM),
        (AF_UNIX, SOCK_STREAM),
    ] {
        let fd = sockets::socket(family, kind);
        for spot in memory::bad() {
            for length in [0u32, 1, 16, 28, 128, 129, u32::MAX] {
                t.call("connect", args![fd, &spot, length]);
            }
        }
        let half = memory::before_the_edge(&[2, 0, 0, 9, 127, 0, 0, 1]);
        for length in [2, 8, 9, 16] {
            t.call("connect", args![fd, &half, length]);
        }
        sockets::close(&[fd]);
    }
}

/// Places to which there is no way, and which no packet leaves for.
pub fn unreachable(t: &mut Twin) {
    for kind in [SOCK_STREAM, SOCK_DGRAM] {
        for to in [
            Address::v4("127.255.255.255", [127, 255, 255, 255], 9),
            Address::v4("240.0.0.1", [240, 0, 0, 1], 9),
            Address::v4("255.255.255.255", [255; 4], 9),
            Address::v6(
                "multicast",
                [0xff, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
                9,
            ),
        ] {
            let family = if to.length == 16 { AF_INET } else { AF_INET6 };
            let fd = sockets::socket(family, kind);
            sockets::nonblocking(fd);
            // Bound here, it can go nowhere else.
            sockets::bind(fd, Address::loopback(family, 0));
            connect(t, fd, &to);
            sockets::error(t, fd);
            sockets::close(&[fd]);
        }
    }
}
