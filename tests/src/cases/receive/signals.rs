//! Signals and stops while there is nothing.

use super::{pairs, streams};
use crate::net::sockets;
use crate::net::ways::{RECEIVES, RECEIVES_WITH_FLAGS, receive};
use crate::other::meanwhile;
use crate::signals::{self, catch, catch_with, caught};
use crate::twin::Twin;
use libc::*;
use nix::sys::signal::{SaFlags, Signal};

pub fn interrupted(t: &mut Twin) {
    catch(Signal::SIGUSR1);
    for way in RECEIVES {
        for [one, two] in pairs() {
            meanwhile(
                t,
                way,
                |caller| caller.signals_until_it_returns(Signal::SIGUSR1),
                |t| receive(t, way, two, 10, 0),
            );
            sockets::send(one, b"here", 0);
            receive(t, way, two, 10, 0);
            sockets::close(&[one, two]);
        }
    }
    t.note("caught", caught() >= 25);
}

/// As if nothing had been.
pub fn restarted(t: &mut Twin) {
    catch_with(Signal::SIGUSR1, SaFlags::SA_RESTART);
    for way in RECEIVES {
        for [one, two] in pairs() {
            meanwhile(
                t,
                way,
                |caller| {
                    caller.signals(Signal::SIGUSR1, 3);
                    sockets::send(one, b"once", 0);
                },
                |t| receive(t, way, two, 10, 0),
            );
            t.note("caught", caught());
            receive(t, "recvfrom", two, 10, MSG_DONTWAIT);
            sockets::close(&[one, two]);
        }
    }
}

/// What has come is not lost: with MSG_WAITALL it is less than was asked for.
pub fn interrupted_in_the_middle(t: &mut Twin) {
    for flags in [SaFlags::empty(), SaFlags::SA_RESTART] {
        catch_with(Signal::SIGUSR1, flags);
        for way in RECEIVES_WITH_FLAGS {
            for [one, two] in streams() {
                sockets::send(one, b"half of", 0);
                sockets::arrived(two, 7);
                meanwhile(
                    t,
                    way,
                    |caller| caller.signals_until_it_returns(Signal::SIGUSR1),
                    |t| receive(t, way, two, 20, MSG_WAITALL),
                );
                sockets::send(one, b" it all", 0);
                sockets::arrived(two, 7);
                receive(t, way, two, 20, MSG_DONTWAIT);
                sockets::close(&[one, two]);
            }
        }
    }
}

/// A time limit keeps the call from being begun anew.
pub fn interrupted_under_a_timeout(t: &mut Twin) {
    catch_with(Signal::SIGUSR1, SaFlags::SA_RESTART);
    for way in RECEIVES {
        for [one, two] in pairs() {
            sockets::set_time(two, SO_RCVTIMEO, 60_000);
            meanwhile(
                t,
                way,
                |caller| caller.signals_until_it_returns(Signal::SIGUSR1),
                |t| receive(t, way, two, 10, 0),
            );
            sockets::close(&[one, two]);
        }
    }
}

/// Ignored, of no consequence by default, or blocked: the call goes on.
pub fn of_no_consequence(t: &mut Twin) {
    signals::ignore(Signal::SIGUSR1);
    catch(Signal::SIGUSR2);
    signals::block(Signal::SIGUSR2);
    for way in RECEIVES {
        for [one, two] in pairs() {
            meanwhile(
                t,
                way,
                |caller| {
                    for signal in [Signal::SIGUSR1, Signal::SIGURG, Signal::SIGWINCH] {
                        caller.signals(signal, 2);
                    }
                    caller.sends(Signal::SIGUSR2);
                    caller.waits();
                    sockets::send(one, b"once", 0);
                },
                |t| receive(t, way, two, 10, 0),
            );
            sockets::close(&[one, two]);
        }
    }
    t.note("caught", caught());
}

pub fn stopped(t: &mut Twin) {
    for way in RECEIVES {
        // Not the command itself, with which asys would stop.
        t.fork("is stopped", |t| {
            for [one, two] in pairs() {
                meanwhile(
                    t,
                    way,
                    |caller| {
                        caller.stops(2);
                        sockets::send(one, b"once", 0);
                    },
                    |t| receive(t, way, two, 10, 0),
                );
                receive(t, "recvfrom", two, 10, MSG_DONTWAIT);
                sockets::close(&[one, two]);
            }
        });
    }
}

pub fn stopped_under_a_timeout(t: &mut Twin) {
    for way in RECEIVES {
        t.fork("is stopped", |t| {
            for [one, two] in pairs() {
                sockets::set_time(two, SO_RCVTIMEO, 60_000);
                meanwhile(
                    t,
                    way,
                    |caller| caller.stops_until_it_returns(),
                    |t| receive(t, way, two, 10, 0),
                );
                sockets::close(&[one, two]);
            }
        });
    }
}
