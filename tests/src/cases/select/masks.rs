//! pselect6's mask: in force while the call waits, and only then.

use super::{bits, shown};
use crate::arg::Arg;
use crate::args;
use crate::nameless::pipe;
use crate::other::meanwhile;
use crate::signals::{self, catch, catch_with, caught};
use crate::twin::Twin;
use nix::sys::signal::{SaFlags, SigSet, Signal, raise};

/// Whether there is something to read; for so long at the most.
fn pselect(t: &mut Twin, fd: i64, seconds: i64, mask: &SigSet) -> i64 {
    let set = bits(&[fd]);
    let time = [seconds, 0];
    let pair = [std::ptr::from_ref(mask.as_ref()) as u64, 8];
    let place = Arg::at(set.as_ptr() as usize, "set");
    let time = Arg::at(time.as_ptr() as usize, format!("{seconds} s"));
    let mask = Arg::at(pair.as_ptr() as usize, "mask");
    let done = t.call("pselect6", args![64, &place, 0, 0, &time, &mask]);
    t.note("set", shown(&set));
    let now = SigSet::thread_get_mask().expect("sigprocmask");
    t.note(
        "blocked",
        now.iter()
            .map(|signal| format!("{signal} "))
            .collect::<String>(),
    );
    done
}

/// One that waits already is delivered, though nothing waits.
pub fn pending(t: &mut Twin) {
    catch_with(Signal::SIGUSR1, SaFlags::SA_RESTART);
    signals::block(Signal::SIGUSR1);
    let [out, _into] = pipe(0);
    for seconds in [0, 60] {
        raise(Signal::SIGUSR1).expect("raise");
        pselect(t, out, seconds, &SigSet::empty());
        t.note("caught", caught());
    }
    raise(Signal::SIGUSR1).expect("raise");
    pselect(t, out, 0, &SigSet::from(Signal::SIGUSR1));
    t.note("caught", caught());
}

pub fn swapped(t: &mut Twin) {
    catch(Signal::SIGUSR1);
    catch(Signal::SIGUSR2);
    signals::block(Signal::SIGUSR1);
    let [out, _into] = pipe(0);
    for (first, second, mask) in [
        (None, Signal::SIGUSR1, SigSet::empty()),
        (
            Some(Signal::SIGUSR2),
            Signal::SIGUSR1,
            SigSet::from(Signal::SIGUSR2),
        ),
    ] {
        meanwhile(
            t,
            "pselect6",
            |caller| {
                caller.waits();
                if let Some(first) = first {
                    caller.sends(first);
                    caller.waits();
                }
                caller.sends(second);
            },
            |t| pselect(t, out, 60, &mask),
        );
        // The one that the call kept out comes when it is over.
        t.note("caught", caught());
    }
}

/// What is ready is said, and the signal stays where it was.
pub fn ready_and_pending(t: &mut Twin) {
    catch(Signal::SIGUSR1);
    signals::block(Signal::SIGUSR1);
    let [out, into] = pipe(0);
    t.call("write", args![into, b"here", 4]);
    raise(Signal::SIGUSR1).expect("raise");
    for _ in 0..2 {
        pselect(t, out, 60, &SigSet::empty());
        t.note("caught", caught());
    }
}
