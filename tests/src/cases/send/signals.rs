//! Signals while there is no room.

use super::Stuck;
use crate::nameless::socket_pair;
use crate::net::sockets::{self, pattern};
use crate::net::ways::{SENDS, send};
use crate::other::meanwhile;
use crate::signals::{catch, catch_with, caught};
use crate::twin::Twin;
use libc::*;
use nix::sys::signal::{SaFlags, Signal};

pub fn interrupted(t: &mut Twin) {
    catch(Signal::SIGUSR1);
    for way in SENDS {
        for stuck in Stuck::each() {
            meanwhile(
                t,
                way,
                |caller| caller.signals_until_it_returns(Signal::SIGUSR1),
                |t| send(t, way, stuck.fd, b"no room", 0),
            );
            stuck.close();
        }
    }
    t.note("caught", caught() >= 10);
}

/// As if nothing had been: all of it is sent, once there is room, and only once.
pub fn restarted(t: &mut Twin) {
    catch_with(Signal::SIGUSR1, SaFlags::SA_RESTART);
    for way in SENDS {
        for stuck in Stuck::each() {
            meanwhile(
                t,
                way,
                |caller| {
                    caller.signals(Signal::SIGUSR1, 3);
                    stuck.read_until(b"there is room");
                },
                |t| send(t, way, stuck.fd, b"there is room", 0),
            );
            t.note("caught", caught());
            stuck.close();
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
        for stuck in Stuck::each() {
            sockets::set_time(stuck.fd, SO_SNDTIMEO, 60_000);
            meanwhile(
                t,
                way,
                |caller| caller.signals_until_it_returns(Signal::SIGUSR1),
                |t| send(t, way, stuck.fd, b"no room", 0),
            );
            stuck.close();
        }
    }
}

pub fn stopped(t: &mut Twin) {
    for way in SENDS {
        // Not the command itself, with which asys would stop.
        t.fork("is stopped", |t| {
            for stuck in Stuck::each() {
                meanwhile(
                    t,
                    way,
                    |caller| {
                        caller.stops(2);
                        stuck.read_until(b"there is room");
                    },
                    |t| send(t, way, stuck.fd, b"there is room", 0),
                );
                stuck.close();
            }
        });
    }
}
