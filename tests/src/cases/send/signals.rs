//! Signals while there is no room.

use crate::nameless::socket_pair;
use crate::net::sockets::{self, pattern};
use crate::net::ways::{SENDS, send};
use crate::other::meanwhile;
use crate::signals::{catch, catch_with, caught};
use crate::twin::Twin;
use libc::*;
use nix::sys::signal::{SaFlags, Signal};

/// One that takes nothing more, not even a byte.
fn full(t: &mut Twin) -> [[i64; 2]; 2] {
    let pairs = [sockets::tcp_pair(AF_INET), socket_pair(SOCK_STREAM)];
    for [one, two] in pairs {
        sockets::set(two, SO_RCVBUF, 1 << 14);
        sockets::set(one, SO_SNDBUF, 1 << 14);
        sockets::fill(one);
        t.note("full", true);
    }
    pairs
}

pub fn interrupted(t: &mut Twin) {
    catch(Signal::SIGUSR1);
    for way in SENDS {
        for [one, two] in full(t) {
            meanwhile(
                t,
                way,
                |caller| caller.signals_until_it_returns(Signal::SIGUSR1),
                |t| send(t, way, one, b"no room", 0),
            );
            sockets::close(&[one, two]);
        }
    }
    t.note("caught", caught() >= 10);
}

/// As if nothing had been: all of it is sent, once there is room.
pub fn restarted(t: &mut Twin) {
    catch_with(Signal::SIGUSR1, SaFlags::SA_RESTART);
    for way in SENDS {
        for [one, two] in full(t) {
            meanwhile(
                t,
                way,
                |caller| {
                    caller.signals(Signal::SIGUSR1, 3);
                    sockets::close(&[one]);
                    let came = sockets::receive_all(two);
                    assert!(came.ends_with(b"fthere is room"), "it came twice, or not");
                },
                |t| {
                    send(t, way, one, b"there is room", 0);
                    sockets::close(&[one]);
                },
            );
            sockets::close(&[two]);
            t.note("caught", caught());
        }
    }
}

/// What has been sent is said, even if the call could begin anew.
pub fn interrupted_in_the_middle(t: &mut Twin) {
    let bytes = pattern(8 << 20);
    for flags in [SaFlags::empty(), SaFlags::SA_RESTART] {
        catch_with(Signal::SIGUSR1, flags);
        for way in SENDS {
            let pairs = [sockets::tcp_pair(AF_INET), socket_pair(SOCK_STREAM)];
            for [one, two] in pairs {
                let act = |caller: &crate::other::Caller| {
                    caller.signals_until_it_returns(Signal::SIGUSR1);
                };
                let sent = meanwhile(t, way, act, |t| t.quietly(|t| send(t, way, one, &bytes, 0)));
                t.note("part of it", sent > 0 && sent < bytes.len() as i64);
                sockets::close(&[one]);
                let came = sockets::receive_all(two);
                t.note("as much came", came == bytes[..sent.max(0) as usize]);
                sockets::close(&[two]);
            }
        }
    }
}

/// A time limit keeps the call from being begun anew.
pub fn interrupted_under_a_timeout(t: &mut Twin) {
    catch_with(Signal::SIGUSR1, SaFlags::SA_RESTART);
    for way in SENDS {
        for [one, two] in full(t) {
            sockets::set_time(one, SO_SNDTIMEO, 60_000);
            meanwhile(
                t,
                way,
                |caller| caller.signals_until_it_returns(Signal::SIGUSR1),
                |t| send(t, way, one, b"no room", 0),
            );
            sockets::close(&[one, two]);
        }
    }
}

pub fn stopped(t: &mut Twin) {
    for way in SENDS {
        for [one, two] in full(t) {
            // Not the command itself, with which asys would stop.
            t.fork("is stopped", |t| {
                meanwhile(
                    t,
                    way,
                    |caller| {
                        caller.stops(2);
                        sockets::receive_until(two, b"froom");
                    },
                    |t| send(t, way, one, b"room", 0),
                );
            });
            sockets::close(&[one]);
            t.bytes("rest", &sockets::receive_all(two));
            sockets::close(&[two]);
        }
    }
}
