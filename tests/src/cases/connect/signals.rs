use super::{connect, ends};
use crate::net::sockets::{self, FAMILIES};
use crate::other::meanwhile;
use crate::signals::{catch, catch_with, caught};
use crate::twin::Twin;
use libc::*;
use nix::sys::signal::{SaFlags, Signal};

/// The call ends, the attempt goes on.
pub fn interrupted(t: &mut Twin) {
    catch(Signal::SIGUSR1);
    for family in FAMILIES {
        t.forget_ports();
        let (listener, to) = sockets::busy(family);
        let fd = sockets::socket(family, SOCK_STREAM);
        for _ in 0..2 {
            meanwhile(
                t,
                "connect",
                |other| other.signals_until_it_returns(Signal::SIGUSR1),
                |t| connect(t, fd, &to),
            );
        }
        sockets::close(&[sockets::accept(listener)]);
        sockets::happens(fd, POLLOUT);
        sockets::error(t, fd);
        ends(t, fd);
        connect(t, fd, &to);
        connect(t, fd, &to);
        sockets::close(&[fd, listener]);
    }
    t.note("caught", caught() >= 4);
}

pub fn restarted(t: &mut Twin) {
    catch_with(Signal::SIGUSR1, SaFlags::SA_RESTART);
    for family in FAMILIES {
        t.forget_ports();
        let (listener, to) = sockets::busy(family);
        let fd = sockets::socket(family, SOCK_STREAM);
        meanwhile(
            t,
            "connect",
            |other| {
                other.signals(Signal::SIGUSR1, 3);
                sockets::accept(listener);
            },
            |t| connect(t, fd, &to),
        );
        t.note("caught", caught());
        ends(t, fd);
        sockets::close(&[fd, listener]);
    }
}

/// A time limit keeps the call from being begun anew.
pub fn interrupted_under_a_timeout(t: &mut Twin) {
    catch_with(Signal::SIGUSR1, SaFlags::SA_RESTART);
    for family in FAMILIES {
        t.forget_ports();
        let (listener, to) = sockets::busy(family);
        let fd = sockets::socket(family, SOCK_STREAM);
        sockets::set_time(fd, SO_SNDTIMEO, 60_000);
        meanwhile(
            t,
            "connect",
            |other| other.signals_until_it_returns(Signal::SIGUSR1),
            |t| connect(t, fd, &to),
        );
        sockets::close(&[fd, listener]);
    }
}

pub fn stopped(t: &mut Twin) {
    for family in FAMILIES {
        t.forget_ports();
        // Not the command itself, with which asys would stop.
        t.fork("is stopped", |t| {
            let (listener, to) = sockets::busy(family);
            let fd = sockets::socket(family, SOCK_STREAM);
            meanwhile(
                t,
                "connect",
                |other| {
                    other.stops(2);
                    sockets::accept(listener);
                },
                |t| connect(t, fd, &to),
            );
            ends(t, fd);
            sockets::close(&[fd, listener]);
        });
    }
}
