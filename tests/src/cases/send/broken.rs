use crate::nameless::{pipe, socket_pair};
use crate::net::sockets;
use crate::net::ways::{SENDS, SENDS_WITH_FLAGS, receive, send};
use crate::siginfo;
use crate::signals;
use crate::twin::Twin;
use libc::*;
use nix::sys::signal::Signal;

fn streams() -> [[i64; 2]; 4] {
    [
        sockets::tcp_pair(AF_INET),
        sockets::tcp_pair(AF_INET6),
        socket_pair(SOCK_STREAM),
        socket_pair(SOCK_SEQPACKET),
    ]
}

pub fn shut_down(t: &mut Twin) {
    signals::ignore(Signal::SIGPIPE);
    for way in SENDS {
        for how in [SHUT_RD, SHUT_WR, SHUT_RDWR] {
            for [one, two] in streams() {
                send(t, way, one, b"before", 0);
                sockets::shutdown(one, how);
                send(t, way, one, b"after", 0);
                send(t, way, one, b"", 0);
                if how == SHUT_RD {
                    sockets::close(&[one]);
                }
                t.bytes("came", &sockets::receive_all(two));
                sockets::close(&[one, two]);
            }
            datagrams_shut_down(t, way, how);
        }
    }
}

fn datagrams_shut_down(t: &mut Twin, way: &str, how: i32) {
    for [one, two] in [sockets::udp_pair(AF_INET), socket_pair(SOCK_DGRAM)] {
        sockets::shutdown(one, how);
        send(t, way, one, b"after", 0);
        send(t, way, two, b"back", 0);
        sockets::error(t, one);
        sockets::close(&[one, two]);
    }
}

/// Said once; from then on the pipe is broken.
pub fn reset(t: &mut Twin) {
    signals::ignore(Signal::SIGPIPE);
    for way in SENDS {
        for [one, two] in [sockets::tcp_pair(AF_INET), sockets::tcp_pair(AF_INET6)] {
            sockets::reset(two);
            sockets::happens(one, POLLERR | POLLHUP);
            for _ in 0..3 {
                send(t, way, one, b"after", 0);
            }
            sockets::error(t, one);
            sockets::close(&[one]);
        }
        for kind in [SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM] {
            let [one, two] = socket_pair(kind);
            send(t, way, one, b"never read", 0);
            send(t, way, two, b"never read", 0);
            sockets::close(&[two]);
            for _ in 0..3 {
                send(t, way, one, b"after", 0);
            }
            sockets::error(t, one);
            sockets::close(&[one]);
        }
    }
}

/// A datagram that nobody wanted comes back as an error of the next call, once.
pub fn refused(t: &mut Twin) {
    for way in SENDS {
        let [one, two] = sockets::udp_pair(AF_INET);
        // Connected to somebody else, it takes nothing from here.
        let [three, _four] = sockets::udp_pair(AF_INET);
        sockets::connect(one, crate::net::Address::of("", three));
        send(t, way, one, b"to nobody", 0);
        sockets::happens(one, POLLERR);
        send(t, way, one, b"refused", 0);
        sockets::happens(one, POLLERR | POLLOUT);
        sockets::close(&[one, two, three]);
    }
}

/// With and without MSG_NOSIGNAL; who sent it, and why.
pub fn sigpipe(t: &mut Twin) {
    siginfo::catch(Signal::SIGPIPE);
    for way in SENDS {
        for [one, two] in streams() {
            sockets::shutdown(one, SHUT_WR);
            send(t, way, one, b"x", 0);
            siginfo::tell(t);
            if SENDS_WITH_FLAGS.contains(&way) {
                send(t, way, one, b"x", MSG_NOSIGNAL);
                siginfo::tell(t);
            }
            send(t, way, one, b"", 0);
            siginfo::tell(t);
            sockets::close(&[one, two]);
        }
    }
    for way in ["write", "writev"] {
        let [out, into] = pipe(0);
        sockets::close(&[out]);
        send(t, way, into, b"x", 0);
        siginfo::tell(t);
    }
}

/// It is the one that made the call which gets it, not the first, nor any.
pub fn sigpipe_of_a_thread(t: &mut Twin) {
    siginfo::catch(Signal::SIGPIPE);
    for way in SENDS {
        for [one, two] in streams() {
            sockets::shutdown(one, SHUT_WR);
            std::thread::scope(|scope| {
                let call = || {
                    send(t, way, one, b"x", 0);
                    siginfo::tell(t);
                };
                scope.spawn(call).join().expect("the thread");
            });
            sockets::close(&[one, two]);
        }
    }
}

pub fn sigpipe_blocked(t: &mut Twin) {
    signals::default(Signal::SIGPIPE);
    signals::block(Signal::SIGPIPE);
    for way in SENDS {
        for [one, two] in streams() {
            sockets::shutdown(one, SHUT_WR);
            send(t, way, one, b"x", 0);
            siginfo::take_pending(t, Signal::SIGPIPE);
            if SENDS_WITH_FLAGS.contains(&way) {
                send(t, way, one, b"x", MSG_NOSIGNAL);
                siginfo::take_pending(t, Signal::SIGPIPE);
            }
            sockets::close(&[one, two]);
        }
    }
}

pub fn sigpipe_kills(t: &mut Twin) {
    signals::default(Signal::SIGPIPE);
    for way in SENDS {
        for [one, two] in streams() {
            sockets::shutdown(one, SHUT_WR);
            t.fork("sends to nobody", |t| {
                if SENDS_WITH_FLAGS.contains(&way) {
                    send(t, way, one, b"x", MSG_NOSIGNAL);
                }
                send(t, way, one, b"x", 0);
                t.note("not", "reached");
            });
            receive(t, "recvfrom", two, 1, MSG_DONTWAIT);
            sockets::close(&[one, two]);
        }
    }
}
