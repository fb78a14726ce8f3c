use super::{connect, ends};
use crate::args;
use crate::net::Address;
use crate::net::sockets::{self, FAMILIES};
use crate::net::ways::{receive, send};
use crate::twin::Twin;
use libc::*;

pub fn connected(t: &mut Twin) {
    for family in FAMILIES {
        t.forget_ports();
        let listener = sockets::listener(family, 8);
        let to = Address::of("listener", listener);
        let fd = sockets::socket(family, SOCK_STREAM);
        connect(t, fd, &to);
        ends(t, fd);
        connect(t, fd, &to);
        connect(t, fd, &Address::loopback(family, 0));
        let other = sockets::accept(listener);
        ends(t, other);
        send(t, "write", fd, b"hello", 0);
        receive(t, "read", other, 8, 0);
        // One that listens calls nobody.
        connect(t, listener, &to);
        sockets::close(&[fd, other, listener]);
        dual_stack(t, family);
    }
}

/// IPv4 in the clothes of IPv6.
fn dual_stack(t: &mut Twin, family: i32) {
    let listener = sockets::listener(family, 8);
    let port = Address::of("", listener).port();
    let mapped = Address::mapped("mapped", [127, 0, 0, 1], port);
    for only in [0, 1] {
        t.forget_ports();
        let fd = sockets::socket(AF_INET6, SOCK_STREAM);
        sockets::set_at(fd, IPPROTO_IPV6, IPV6_V6ONLY, only);
        connect(t, fd, &mapped);
        ends(t, fd);
        sockets::close(&[fd]);
    }
    sockets::close(&[listener]);
}

/// Where somebody is who does not listen; and the socket is as good as new.
pub fn refused(t: &mut Twin) {
    for family in FAMILIES {
        t.forget_ports();
        let nobody = sockets::bound(family, SOCK_STREAM);
        let to = Address::of("nobody", nobody);
        let fd = sockets::socket(family, SOCK_STREAM);
        for _ in 0..2 {
            connect(t, fd, &to);
            sockets::error(t, fd);
        }
        receive(t, "recvfrom", fd, 4, 0);
        sockets::listen(nobody, 8);
        connect(t, fd, &to);
        sockets::close(&[fd, nobody]);
    }
}

/// The first call begins it, the others ask how far it is.
pub fn without_waiting(t: &mut Twin) {
    for family in FAMILIES {
        t.forget_ports();
        let (listener, to) = sockets::busy(family);
        let fd = sockets::socket(family, SOCK_STREAM);
        sockets::nonblocking(fd);
        for _ in 0..3 {
            connect(t, fd, &to);
            sockets::error(t, fd);
        }
        send(t, "sendto", fd, b"too early", MSG_NOSIGNAL);
        receive(t, "recvfrom", fd, 4, 0);
        sockets::close(&[sockets::accept(listener)]);
        sockets::happens(fd, POLLOUT);
        sockets::error(t, fd);
        ends(t, fd);
        for _ in 0..3 {
            connect(t, fd, &to);
        }
        sockets::close(&[fd, listener]);
    }
}

/// The error is said once: by SO_ERROR or by the next call.
pub fn refused_without_waiting(t: &mut Twin) {
    for family in FAMILIES {
        t.forget_ports();
        for ask in [0, 1, 2] {
            let nobody = sockets::bound(family, SOCK_STREAM);
            let to = Address::of("nobody", nobody);
            let fd = sockets::socket(family, SOCK_STREAM);
            sockets::nonblocking(fd);
            connect(t, fd, &to);
            sockets::happens(fd, POLLERR | POLLHUP);
            match ask {
                0 => sockets::error(t, fd),
                1 => drop(receive(t, "read", fd, 4, 0)),
                _ => drop(send(t, "sendto", fd, b"x", MSG_NOSIGNAL)),
            }
            sockets::error(t, fd);
            receive(t, "read", fd, 4, 0);
            connect(t, fd, &to);
            sockets::close(&[fd, nobody]);
        }
        // Without a question in between.
        let nobody = sockets::bound(family, SOCK_STREAM);
        let to = Address::of("nobody", nobody);
        let fd = sockets::socket(family, SOCK_STREAM);
        sockets::nonblocking(fd);
        connect(t, fd, &to);
        sockets::happens(fd, POLLERR | POLLHUP);
        connect(t, fd, &to);
        sockets::error(t, fd);
        sockets::close(&[fd, nobody]);
    }
}

/// SO_SNDTIMEO: how long the call waits, not the attempt.
pub fn time_runs_out(t: &mut Twin) {
    for family in FAMILIES {
        t.forget_ports();
        let (listener, to) = sockets::busy(family);
        let fd = sockets::socket(family, SOCK_STREAM);
        sockets::set_time(fd, SO_SNDTIMEO, 30);
        for _ in 0..2 {
            connect(t, fd, &to);
            sockets::error(t, fd);
        }
        sockets::close(&[sockets::accept(listener)]);
        sockets::set_time(fd, SO_SNDTIMEO, 0);
        connect(t, fd, &to);
        ends(t, fd);
        sockets::close(&[fd, listener]);
    }
}

/// Not as patient as usual.
pub fn nobody_answers(t: &mut Twin) {
    for family in FAMILIES {
        t.forget_ports();
        let (listener, to) = sockets::busy(family);
        let fd = sockets::socket(family, SOCK_STREAM);
        sockets::set_at(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 200);
        sockets::set_at(fd, IPPROTO_TCP, TCP_SYNCNT, 1);
        connect(t, fd, &to);
        sockets::error(t, fd);
        sockets::close(&[fd, listener]);
    }
}

/// By AF_UNSPEC, from any state.
pub fn disconnected(t: &mut Twin) {
    for family in FAMILIES {
        t.forget_ports();
        let listener = sockets::listener(family, 8);
        let to = Address::of("listener", listener);
        let fd = sockets::socket(family, SOCK_STREAM);
        connect(t, fd, &Address::unspecified());
        connect(t, fd, &to);
        let other = sockets::accept(listener);
        connect(t, fd, &Address::unspecified());
        ends(t, fd);
        sockets::happens(other, POLLHUP);
        sockets::error(t, other);
        connect(t, fd, &to);
        connect(t, listener, &Address::unspecified());
        // It listens no longer.
        t.call("accept", args![listener, 0, 0]);
        sockets::close(&[fd, other, listener]);
    }
}

/// Two connections between the same ends cannot be told apart.
pub fn same_address_twice(t: &mut Twin) {
    for family in FAMILIES {
        t.forget_ports();
        let listener = sockets::listener(family, 8);
        let to = Address::of("listener", listener);
        let one = sockets::socket(family, SOCK_STREAM);
        let two = sockets::socket(family, SOCK_STREAM);
        sockets::set(one, SO_REUSEPORT, 1);
        sockets::set(two, SO_REUSEPORT, 1);
        sockets::bind(one, Address::loopback(family, 0));
        sockets::bind(two, Address::of("", one));
        connect(t, one, &to);
        connect(t, two, &to);
        sockets::error(t, two);
        sockets::close(&[one, two, listener]);
    }
}
