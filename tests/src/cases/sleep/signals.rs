use super::{ROWS, sleep, time};
use crate::arg::Arg;
use crate::args;
use crate::memory;
use crate::other::{Caller, meanwhile};
use crate::signals::{self, catch, catch_with, caught};
use crate::twin::{Twin, blank};
use libc::*;
use nix::sys::signal::{SaFlags, Signal};

/// A minute, which is more than anything here takes.
const MINUTE: [i64; 2] = [60, 0];

fn pesters(caller: &Caller) {
    caller.signals_until_it_returns(Signal::SIGUSR1);
}

/// What is left is less than it was, and more than nothing.
fn some_rest(t: &mut Twin, rest: [i64; 2]) {
    let sane = rest < MINUTE && rest > [20, 0] && (0..1_000_000_000).contains(&rest[1]);
    t.note("some rest", sane);
}

fn is_interrupted(t: &mut Twin) {
    for row in ROWS {
        let rest = Box::new([7, 7]);
        let place = Arg::at(rest.as_ptr() as usize, "rest");
        meanwhile(t, row, pesters, |t| sleep(t, row, &time(&MINUTE), &place));
        some_rest(t, *rest);
        meanwhile(t, row, pesters, |t| {
            sleep(t, row, &time(&MINUTE), &0.into())
        });
    }
    t.note("caught", caught() >= 4);
}

pub fn interrupted(t: &mut Twin) {
    catch(Signal::SIGUSR1);
    is_interrupted(t);
}

/// SA_RESTART means nothing to it.
pub fn never_restarted(t: &mut Twin) {
    catch_with(Signal::SIGUSR1, SaFlags::SA_RESTART);
    is_interrupted(t);
}

/// Who sleeps until a moment is begun anew, where that is wanted, and told no rest.
pub fn until_a_moment(t: &mut Twin) {
    for flags in [SaFlags::empty(), SaFlags::SA_RESTART] {
        catch_with(Signal::SIGUSR1, flags);
        let mut now: timespec = blank();
        // SAFETY: a place for the answer.
        unsafe { clock_gettime(CLOCK_MONOTONIC, &raw mut now) };
        // Begun anew it ends by itself.
        let ahead = if flags.is_empty() { 60 } else { 1 };
        let then = [now.tv_sec + ahead, now.tv_nsec];
        let rest = [7, 7];
        meanwhile(
            t,
            "clock_nanosleep",
            |caller| match flags.is_empty() {
                true => pesters(caller),
                false => caller.signals(Signal::SIGUSR1, 3),
            },
            |t| {
                let then = Arg::at(then.as_ptr() as usize, "then");
                let flags = TIMER_ABSTIME;
                t.call(
                    "clock_nanosleep",
                    args![CLOCK_MONOTONIC, flags, &then, time(&rest)],
                )
            },
        );
        t.note("rest", format_args!("{rest:?}"));
    }
}

pub fn nowhere_for_the_rest(t: &mut Twin) {
    catch(Signal::SIGUSR1);
    for row in ROWS {
        for spot in memory::bad().into_iter().chain([memory::read_only()]) {
            let place = Arg::from(&spot);
            meanwhile(t, row, pesters, |t| sleep(t, row, &time(&MINUTE), &place));
        }
    }
}

/// The time and the rest may be one place.
pub fn rest_in_place(t: &mut Twin) {
    catch(Signal::SIGUSR1);
    for row in ROWS {
        let both = Box::new(MINUTE);
        let place = Arg::at(both.as_ptr() as usize, "both");
        meanwhile(t, row, pesters, |t| sleep(t, row, &place, &place));
        some_rest(t, *both);
    }
}

pub fn of_no_consequence(t: &mut Twin) {
    signals::ignore(Signal::SIGUSR1);
    for row in ROWS {
        let rest = [7, 7];
        meanwhile(
            t,
            row,
            |caller| {
                for signal in [Signal::SIGUSR1, Signal::SIGURG, Signal::SIGWINCH] {
                    caller.signals(signal, 1);
                }
            },
            |t| sleep(t, row, &time(&[0, 150_000_000]), &time(&rest)),
        );
        t.note("rest", format_args!("{rest:?}"));
    }
}

/// A stop does not end it, and the time goes on.
pub fn stopped(t: &mut Twin) {
    for row in ROWS {
        // Not the command itself, with which asys would stop.
        t.fork("is stopped", |t| {
            let rest = Box::new([7, 7]);
            let place = time(&rest);
            meanwhile(
                t,
                row,
                |caller| caller.stops(2),
                |t| sleep(t, row, &time(&[0, 150_000_000]), &place),
            );
            // It may have been written at the stop.
            t.note("no rest", *rest == [7, 7] || *rest < [0, 150_000_000]);
        });
    }
}
