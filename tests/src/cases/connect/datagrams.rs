use super::{connect, ends};
use crate::net::Address;
use crate::net::sockets::{self, FAMILIES};
use crate::net::ways::{receive, send};
use crate::twin::Twin;
use libc::*;

/// From then on only he is heard.
pub fn to_one_only(t: &mut Twin) {
    for family in FAMILIES {
        t.forget_ports();
        let [one, two, three] = [(); 3].map(|()| sockets::bound(family, SOCK_DGRAM));
        for whom in [two, three, three] {
            connect(t, one, &Address::of("peer", whom));
            ends(t, one);
            for from in [two, three] {
                sockets::send_to(from, b"may I?", Address::of("", one));
            }
            sockets::arrives(one);
            receive(t, "recvfrom", one, 8, 0);
            receive(t, "recvfrom", one, 8, MSG_DONTWAIT);
            send(t, "write", one, b"to you", 0);
            sockets::arrives(whom);
            receive(t, "recvfrom", whom, 8, 0);
        }
        sockets::close(&[one, two, three]);
    }
}

/// AF_UNSPEC takes it back; whether the port stays depends on who chose it.
pub fn to_nobody_again(t: &mut Twin) {
    for family in FAMILIES {
        t.forget_ports();
        for bound in [false, true] {
            let peer = sockets::bound(family, SOCK_DGRAM);
            let fd = match bound {
                true => sockets::bound(family, SOCK_DGRAM),
                false => sockets::socket(family, SOCK_DGRAM),
            };
            for length in [16, 2] {
                t.forget_ports();
                connect(t, fd, &Address::of("peer", peer));
                ends(t, fd);
                let mut nobody = Address::unspecified();
                nobody.length = length;
                connect(t, fd, &nobody);
                ends(t, fd);
                send(t, "write", fd, b"to whom?", 0);
                connect(t, fd, &Address::unspecified());
            }
            sockets::close(&[fd, peer]);
        }
    }
}
