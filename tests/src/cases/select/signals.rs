use super::{Asked, ROWS};
use crate::nameless::pipe;
use crate::net::sockets;
use crate::other::{Caller, meanwhile};
use crate::signals::{self, catch, catch_with, caught};
use crate::twin::Twin;
use libc::*;
use nix::sys::signal::{SaFlags, Signal};

/// For ever, or for so many milliseconds.
fn waits(t: &mut Twin, row: &str, time: Option<i64>, act: impl FnOnce(&Caller, i64)) {
    let [out, into] = pipe(0);
    let asked = Asked::of([&[out], &[], &[]]);
    let asked = match time {
        Some(milliseconds) => asked.within(milliseconds),
        None => asked,
    };
    meanwhile(
        t,
        row,
        |caller| act(caller, into),
        |t| asked.call(t, row, 64),
    );
    sockets::close(&[out, into]);
}

fn comes(into: i64) {
    // SAFETY: live bytes.
    unsafe { write(into as i32, b"here".as_ptr().cast(), 4) };
}

pub fn interrupted(t: &mut Twin) {
    catch(Signal::SIGUSR1);
    for row in ROWS {
        for time in [None, Some(60_000)] {
            waits(t, row, time, |caller, _| {
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
        for time in [None, Some(60_000)] {
            waits(t, row, time, |caller, _| {
                caller.signals_until_it_returns(Signal::SIGUSR1);
            });
        }
    }
}

pub fn of_no_consequence(t: &mut Twin) {
    signals::ignore(Signal::SIGUSR1);
    for row in ROWS {
        for time in [None, Some(60_000)] {
            waits(t, row, time, |caller, into| {
                for signal in [Signal::SIGUSR1, Signal::SIGURG, Signal::SIGWINCH] {
                    caller.signals(signal, 2);
                }
                comes(into);
            });
        }
    }
}

/// Unlike a handler, a stop does not end it.
pub fn stopped(t: &mut Twin) {
    for row in ROWS {
        // Not the command itself, with which asys would stop.
        t.fork("is stopped", |t| {
            waits(t, row, None, |caller, into| {
                caller.stops(3);
                comes(into);
            });
        });
    }
}

pub fn stopped_with_a_timeout(t: &mut Twin) {
    for row in ROWS {
        t.fork("is stopped", |t| {
            waits(t, row, Some(60_000), |caller, into| {
                caller.stops(3);
                comes(into);
            });
            waits(t, row, Some(150), |caller, _| caller.stops(2));
        });
    }
}
