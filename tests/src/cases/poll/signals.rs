use super::{ROWS, answers, one, poll};
use crate::nameless::pipe;
use crate::net::sockets;
use crate::other::{Caller, meanwhile};
use crate::signals::{self, catch, catch_with, caught};
use crate::twin::Twin;
use libc::*;
use nix::sys::signal::{SaFlags, Signal};

fn waits(t: &mut Twin, row: &str, milliseconds: i64, act: impl FnOnce(&Caller, i64)) {
    let [out, into] = pipe(0);
    let fds = [one(out, POLLIN)];
    meanwhile(
        t,
        row,
        |caller| act(caller, into),
        |t| poll(t, row, &fds, milliseconds),
    );
    answers(t, &fds);
    sockets::close(&[out, into]);
}

fn comes(into: i64) {
    // SAFETY: live bytes.
    unsafe { write(into as i32, b"here".as_ptr().cast(), 4) };
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
    t.note("caught", caught() >= 4);
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
    catch(Signal::SIGUSR2);
    signals::block(Signal::SIGUSR2);
    for row in ROWS {
        for milliseconds in [-1, 60_000] {
            waits(t, row, milliseconds, |caller, into| {
                for signal in [Signal::SIGUSR1, Signal::SIGURG, Signal::SIGWINCH] {
                    caller.signals(signal, 2);
                }
                caller.sends(Signal::SIGUSR2);
                caller.waits();
                comes(into);
            });
        }
    }
    t.note("caught", caught());
}

/// Unlike a handler, a stop does not end it.
pub fn stopped(t: &mut Twin) {
    for row in ROWS {
        // Not the command itself, with which asys would stop.
        t.fork("is stopped", |t| {
            waits(t, row, -1, |caller, into| {
                caller.stops(3);
                comes(into);
            });
        });
    }
}

pub fn stopped_with_a_timeout(t: &mut Twin) {
    for row in ROWS {
        t.fork("is stopped", |t| {
            waits(t, row, 60_000, |caller, into| {
                caller.stops(3);
                comes(into);
            });
            waits(t, row, 150, |caller, _| caller.stops(2));
        });
    }
}
