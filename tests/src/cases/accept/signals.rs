use super::{ROWS, accept, describe};
use crate::net::sockets;
use crate::other::{Caller, meanwhile};
use crate::signals::{catch, catch_with, caught};
use crate::twin::Twin;
use libc::*;
use nix::sys::signal::{SaFlags, Signal};

/// A call that comes once `before` is over is let in, and only once.
fn let_in_after(t: &mut Twin, row: &str, listener: i64, before: impl FnOnce(&Caller)) {
    let fd = meanwhile(
        t,
        row,
        |other| {
            before(other);
            sockets::caller(listener);
        },
        |t| accept(t, row, listener),
    );
    t.note("heard", sockets::receive(fd).len());
    sockets::close(&[fd]);
    let caller = sockets::caller(listener);
    let next = accept(t, row, listener);
    describe(t, next, caller);
    sockets::close(&[caller]);
}

pub fn interrupted(t: &mut Twin) {
    catch(Signal::SIGUSR1);
    for row in ROWS {
        let listener = sockets::listener(AF_INET, 8);
        meanwhile(
            t,
            row,
            |other| other.signals_until_it_returns(Signal::SIGUSR1),
            |t| accept(t, row, listener),
        );
        let_in_after(t, row, listener, Caller::waits);
    }
    t.note("caught", caught() >= 2);
}

pub fn restarted(t: &mut Twin) {
    catch_with(Signal::SIGUSR1, SaFlags::SA_RESTART);
    for row in ROWS {
        let listener = sockets::listener(AF_INET6, 8);
        let_in_after(t, row, listener, |other| other.signals(Signal::SIGUSR1, 3));
        t.note("caught", caught());
    }
}

/// A time limit keeps the call from being begun anew.
pub fn interrupted_under_a_timeout(t: &mut Twin) {
    catch_with(Signal::SIGUSR1, SaFlags::SA_RESTART);
    for row in ROWS {
        let listener = sockets::listener(AF_INET, 8);
        sockets::set_time(listener, SO_RCVTIMEO, 60_000);
        meanwhile(
            t,
            row,
            |other| other.signals_until_it_returns(Signal::SIGUSR1),
            |t| accept(t, row, listener),
        );
    }
}

pub fn stopped(t: &mut Twin) {
    for row in ROWS {
        // Not the command itself, with which asys would stop.
        t.fork("is stopped", |t| {
            let listener = sockets::listener(AF_INET, 8);
            let_in_after(t, row, listener, |other| other.stops(2));
        });
    }
}

pub fn stopped_under_a_timeout(t: &mut Twin) {
    for row in ROWS {
        t.fork("is stopped", |t| {
            let listener = sockets::listener(AF_INET, 8);
            sockets::set_time(listener, SO_RCVTIMEO, 60_000);
            meanwhile(
                t,
                row,
                |other| other.stops_until_it_returns(),
                |t| accept(t, row, listener),
            );
        });
    }
}
