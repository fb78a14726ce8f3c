use super::{flock, open, others};
use crate::net::sockets::close;
use crate::other::{Caller, meanwhile};
use crate::signals::{catch, catch_with, caught};
use crate::twin::Twin;
use libc::*;
use nix::sys::signal::{SaFlags, Signal};

/// Somebody else has it until the end of `act`.
fn waits(t: &mut Twin, operation: i32, act: impl FnOnce(&Caller)) {
    let [held, fd] = [open(t), open(t)];
    flock(t, held, LOCK_EX);
    meanwhile(t, "flock", act, |t| {
        t.close(held);
        flock(t, fd, operation);
    });
    others(t);
    close(&[fd]);
}

pub fn interrupted(t: &mut Twin) {
    catch(Signal::SIGUSR1);
    for operation in [LOCK_SH, LOCK_EX] {
        waits(t, operation, |caller| {
            caller.signals_until_it_returns(Signal::SIGUSR1);
        });
    }
    t.note("caught", caught() >= 2);
}

pub fn restarted(t: &mut Twin) {
    catch_with(Signal::SIGUSR1, SaFlags::SA_RESTART);
    for operation in [LOCK_SH, LOCK_EX] {
        waits(t, operation, |caller| caller.signals(Signal::SIGUSR1, 3));
        t.note("caught", caught());
    }
}

pub fn stopped(t: &mut Twin) {
    for operation in [LOCK_SH, LOCK_EX] {
        // Not the command itself, with which asys would stop.
        t.fork("is stopped", |t| {
            waits(t, operation, |caller| caller.stops(2))
        });
    }
}
