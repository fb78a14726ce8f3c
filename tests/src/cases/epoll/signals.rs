use super::{ROWS, add, new, wait};
use crate::nameless::pipe;
use crate::net::sockets;
use crate::other::{Caller, meanwhile};
use crate::signals::{self, catch, catch_with, caught};
use crate::twin::Twin;
use libc::*;
use nix::sys::signal::{SaFlags, Signal};

fn waits(t: &mut Twin, row: &str, milliseconds: i64, act: impl FnOnce(&Caller, i64)) {
    let epoll = new();
    let [out, into] = pipe(0);
    add(t, epoll, out, EPOLLIN);
    meanwhile(
        t,
        row,
        |caller| act(caller, into),
        |t| wait(t, row, epoll, 4, milliseconds),
    );
    sockets::close(&[epoll, out, into]);
}

pub fn interrupted(t: &mut Twin) {
    catch(Signal::SIGUSR1);
    for row in ROWS {
        for milliseconds in [-1, 60_000] {
            waits(t, row, milliseconds, |caller, _| {
                caller.signals_until_it_returns(Signal::SIGUSR1);
            });
        }
    }
    t.note("caught", caught() >= 6);
}

/// SA_RESTART means nothing to it.
pub fn never_restarted(t: &mut Twin) {
    catch_with(Signal::SIGUSR1, SaFlags::SA_RESTART);
    for row in ROWS {
        for milliseconds in [-1, 60_000] {
            waits(t, row, milliseconds, |caller, _| {
                caller.signals_until_it_returns(Signal::SIGUSR1);
            });
        }
    }
}

pub fn of_no_consequence(t: &mut Twin) {
    signals::ignore(Signal::SIGUSR1);
    for row in ROWS {
        for milliseconds in [-1, 60_000] {
            waits(t, row, milliseconds, |caller, into| {
                for signal in [Signal::SIGUSR1, Signal::SIGURG, Signal::SIGWINCH] {
                    caller.signals(signal, 2);
                }
                // SAFETY: live bytes.
                unsafe { write(into as i32, b"here".as_ptr().cast(), 4) };
            });
        }
    }
}

/// Here a stop is enough to end it: signal(7).
pub fn stopped(t: &mut Twin) {
    for row in ROWS {
        // Not the command itself, with which asys would stop.
        t.fork("is stopped", |t| {
            for milliseconds in [-1, 60_000] {
                waits(t, row, milliseconds, |caller, _| {
                    caller.stops_until_it_returns()
                });
            }
        });
    }
}
