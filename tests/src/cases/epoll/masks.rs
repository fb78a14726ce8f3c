//! The mask is in force while the call waits, and only then.

use super::{MASKED, add, new, show};
use crate::arg::Arg;
use crate::args;
use crate::nameless::pipe;
use crate::other::meanwhile;
use crate::signals::{self, catch, catch_with, caught};
use crate::twin::Twin;
use libc::*;
use nix::sys::signal::{SaFlags, SigSet, Signal, raise};

fn pwait(t: &mut Twin, row: &str, epoll: i64, seconds: i64, mask: &SigSet) {
    let room = [b'.'; 24];
    let place = Arg::at(room.as_ptr() as usize, "room");
    let time = [seconds, 0];
    let time = match row {
        "epoll_pwait" => (1000 * seconds).into(),
        _ => Arg::at(time.as_ptr() as usize, format!("{seconds} s")),
    };
    let mask = Arg::at(std::ptr::from_ref(mask.as_ref()) as usize, "mask");
    let done = t.call(row, args![epoll, &place, 1, &time, &mask, 8]);
    show(t, &room, done);
    let now = SigSet::thread_get_mask().expect("sigprocmask");
    t.note(
        "blocked",
        now.iter()
            .map(|signal| format!("{signal} "))
            .collect::<String>(),
    );
    t.note("caught", caught());
}

/// One that waits already is delivered, though nothing waits.
pub fn pending(t: &mut Twin) {
    catch_with(Signal::SIGUSR1, SaFlags::SA_RESTART);
    signals::block(Signal::SIGUSR1);
    for row in MASKED {
        let epoll = new();
        for seconds in [60, 0] {
            raise(Signal::SIGUSR1).expect("raise");
            pwait(t, row, epoll, seconds, &SigSet::empty());
        }
        raise(Signal::SIGUSR1).expect("raise");
        pwait(t, row, epoll, 0, &SigSet::from(Signal::SIGUSR1));
    }
}

pub fn swapped(t: &mut Twin) {
    catch(Signal::SIGUSR1);
    catch(Signal::SIGUSR2);
    signals::block(Signal::SIGUSR1);
    for row in MASKED {
        let epoll = new();
        let kept_out = SigSet::from(Signal::SIGUSR2);
        for (first, mask) in [(None, SigSet::empty()), (Some(Signal::SIGUSR2), kept_out)] {
            meanwhile(
                t,
                row,
                |caller| {
                    caller.waits();
                    if let Some(first) = first {
                        caller.sends(first);
                        caller.waits();
                    }
                    caller.sends(Signal::SIGUSR1);
                },
                |t| pwait(t, row, epoll, 60, &mask),
            );
        }
    }
}

/// What is ready is said, and the signal stays where it was.
pub fn ready_and_pending(t: &mut Twin) {
    catch(Signal::SIGUSR1);
    signals::block(Signal::SIGUSR1);
    for row in MASKED {
        let epoll = new();
        let [_out, into] = pipe(0);
        add(t, epoll, into, EPOLLOUT);
        raise(Signal::SIGUSR1).expect("raise");
        for seconds in [0, 60] {
            pwait(t, row, epoll, seconds, &SigSet::empty());
        }
    }
}
