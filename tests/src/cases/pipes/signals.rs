use super::{ALL, READS, WRITES};
use crate::nameless::{fill, pipe, take_all, take_page};
use crate::net::sockets::{close, pattern};
use crate::net::ways::{receive, send};
use crate::other::meanwhile;
use crate::signals::{catch, catch_with, caught};
use crate::twin::Twin;
use nix::sys::signal::{SaFlags, Signal};

/// Empty for those who read, full for those who write.
fn stuck(row: &str) -> [i64; 2] {
    let [out, into] = pipe(0);
    if WRITES.contains(&row) {
        fill(into);
    }
    [out, into]
}

fn call(t: &mut Twin, row: &str, [out, into]: [i64; 2]) -> i64 {
    match READS.contains(&row) {
        true => receive(t, row, out, 8, 0),
        false => send(t, row, into, b"bytes", 0),
    }
}

/// What the call has waited for.
fn help(row: &str, [out, into]: [i64; 2]) {
    match READS.contains(&row) {
        // SAFETY: live bytes.
        true => drop(unsafe { libc::write(into as i32, b"here".as_ptr().cast(), 4) }),
        false => drop(take_page(out)),
    }
}

pub fn interrupted(t: &mut Twin) {
    catch(Signal::SIGUSR1);
    for row in ALL {
        let ends = stuck(row);
        meanwhile(
            t,
            row,
            |caller| caller.signals_until_it_returns(Signal::SIGUSR1),
            |t| call(t, row, ends),
        );
        t.note("in it", take_all(ends[0]).len());
        close(&ends);
    }
    t.note("caught", caught() >= 4);
}

pub fn restarted(t: &mut Twin) {
    catch_with(Signal::SIGUSR1, SaFlags::SA_RESTART);
    for row in ALL {
        let ends = stuck(row);
        meanwhile(
            t,
            row,
            |caller| {
                caller.signals(Signal::SIGUSR1, 3);
                help(row, ends);
            },
            |t| call(t, row, ends),
        );
        t.note("caught", caught());
        t.note("in it", take_all(ends[0]).len());
        close(&ends);
    }
}

/// What has gone is said, even if the call could begin anew.
pub fn interrupted_in_the_middle(t: &mut Twin) {
    let bytes = pattern(1 << 20);
    for flags in [SaFlags::empty(), SaFlags::SA_RESTART] {
        catch_with(Signal::SIGUSR1, flags);
        for row in WRITES {
            let [out, into] = pipe(0);
            meanwhile(
                t,
                row,
                |caller| {
                    crate::net::sockets::arrived(out, 1 << 16);
                    caller.signals_until_it_returns(Signal::SIGUSR1);
                },
                |t| send(t, row, into, &bytes, 0),
            );
            let came = take_all(out);
            t.note("in it", came.len());
            t.note("the same", bytes.starts_with(&came));
            close(&[out, into]);
        }
    }
}

pub fn stopped(t: &mut Twin) {
    for row in ALL {
        // Not the command itself, with which asys would stop.
        t.fork("is stopped", |t| {
            let ends = stuck(row);
            meanwhile(
                t,
                row,
                |caller| {
                    caller.stops(2);
                    help(row, ends);
                },
                |t| call(t, row, ends),
            );
            t.note("in it", take_all(ends[0]).len());
            close(&ends);
        });
    }
}
