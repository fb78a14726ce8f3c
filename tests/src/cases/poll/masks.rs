//! ppoll's mask: in force while the call waits, and only then.

use super::{answers, one};
use crate::arg::Arg;
use crate::args;
use crate::nameless::pipe;
use crate::other::meanwhile;
use crate::signals::{self, catch, catch_with, caught};
use crate::twin::Twin;
use libc::*;
use nix::sys::signal::{SaFlags, SigSet, Signal, raise};

fn ppoll(t: &mut Twin, fd: i64, seconds: i64, mask: &SigSet) -> i64 {
    let fds = [one(fd, POLLIN | POLLOUT)];
    let time = timespec {
        tv_sec: seconds,
        tv_nsec: 0,
    };
    let place = Arg::at(fds.as_ptr() as usize, "one");
    let time = Arg::at(&raw const time as usize, format!("{seconds} s"));
    let mask = Arg::at(std::ptr::from_ref(mask.as_ref()) as usize, "mask");
    let done = t.call("ppoll", args![&place, 1, &time, &mask, 8]);
    answers(t, &fds);
    done
}

/// One that waits already is delivered, though nothing waits.
pub fn pending(t: &mut Twin) {
    catch_with(Signal::SIGUSR1, SaFlags::SA_RESTART);
    signals::block(Signal::SIGUSR1);
    let [out, _into] = pipe(0);
    for seconds in [0, 60] {
        raise(Signal::SIGUSR1).expect("raise");
        ppoll(t, out, seconds, &SigSet::empty());
        t.note("caught", caught());
    }
    raise(Signal::SIGUSR1).expect("raise");
    // Still blocked.
    ppoll(t, out, 0, &SigSet::from(Signal::SIGUSR1));
    t.note("caught", caught());
}

pub fn swapped(t: &mut Twin) {
    catch(Signal::SIGUSR1);
    signals::block(Signal::SIGUSR1);
    let [out, _into] = pipe(0);
    meanwhile(
        t,
        "ppoll",
        |caller| {
            caller.waits();
            caller.sends(Signal::SIGUSR1);
        },
        |t| ppoll(t, out, 60, &SigSet::empty()),
    );
    t.note("caught", caught());
    let mut other = SigSet::empty();
    other.add(Signal::SIGUSR2);
    catch(Signal::SIGUSR2);
    meanwhile(
        t,
        "ppoll",
        |caller| {
            caller.waits();
            caller.sends(Signal::SIGUSR2);
            caller.waits();
            caller.sends(Signal::SIGUSR1);
        },
        |t| ppoll(t, out, 60, &other),
    );
    // The second came when the call was over.
    t.note("caught", caught());
}

/// What is ready is said, and the signal stays where it was.
pub fn ready_and_pending(t: &mut Twin) {
    catch(Signal::SIGUSR1);
    signals::block(Signal::SIGUSR1);
    let [_out, into] = pipe(0);
    raise(Signal::SIGUSR1).expect("raise");
    for _ in 0..2 {
        ppoll(t, into, 60, &SigSet::empty());
        t.note("caught", caught());
    }
}

/// The mask of before is in force again, whatever came of the call.
pub fn back_again(t: &mut Twin) {
    signals::block(Signal::SIGUSR2);
    let [out, into] = pipe(0);
    for fd in [out, into, -1, 99] {
        ppoll(t, fd, 0, &SigSet::all());
        let now = SigSet::thread_get_mask().expect("sigprocmask");
        let blocked: Vec<_> = now.iter().collect();
        t.note("blocked", format_args!("{blocked:?}"));
    }
}
