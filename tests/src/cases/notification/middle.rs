//! What happens to a caller while somebody has its call in hand.

use crate::arg::Arg;
use crate::args;
use crate::cases::world;
use crate::deadline::until;
use crate::faults::Pages;
use crate::proc;
use crate::signals;
use crate::twin::Twin;
use crate::word::Word;
use libc::*;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::ffi::CStr;

/// A process that makes `call` with a page that is missing; once it waits, and `meanwhile` has been done by a child of its,
/// the page says `text`.
pub fn in_the_middle(
    t: &mut Twin,
    text: &CStr,
    call: impl FnOnce(&mut Twin, &Pages),
    meanwhile: impl FnOnce(Pid),
) {
    let over = Word::new();
    t.fork("caller", |t| {
        setrlimit(Resource::RLIMIT_CORE, 0, 0).expect("limit");
        let page = Pages::missing(1).expect("a page");
        let caller = Pid::this();
        // SAFETY: the process has one thread; the child leaves through `_exit`.
        if unsafe { fork() } == 0 {
            page.wait_for_a_touch();
            meanwhile(caller);
            page.give(0, text);
            over.say();
            // SAFETY: ends the child at once.
            unsafe { _exit(0) };
        }
        call(t, &page);
    });
    over.hear();
}

pub type Middle = (&'static str, fn(usize) -> Vec<Arg>);

/// Calls that find what they need in the missing page.
pub const MIDDLES: &[Middle] = &[
    ("mkdir", |at| args![Arg::at(at, "missing"), 0o777].to_vec()),
    ("open", |at| {
        args![Arg::at(at, "missing"), O_CREAT | O_WRONLY, 0o666].to_vec()
    }),
    ("rename", |at| {
        args![c"file", Arg::at(at, "missing")].to_vec()
    }),
    ("unlink", |at| args![Arg::at(at, "missing")].to_vec()),
];

pub fn kill_by(caller: Pid, signal: Signal) {
    kill(caller, signal).expect("kill");
    until("the caller's end", || !proc::is_alive(caller));
}

/// What was in hand when its caller was killed has not been done, and is not.
pub fn user_notification_kill_in_middle(t: &mut Twin) {
    for (call, args) in MIDDLES {
        world::file("file", "text");
        let make = |t: &mut Twin, page: &Pages| {
            t.call(call, &args(page.address(0)));
        };
        in_the_middle(t, c"made", make, |caller| kill_by(caller, Signal::SIGKILL));
        t.tree(".");
        crate::tree::remove("made".as_ref());
    }
}

/// It comes while the call is in hand: the call is done once, then handled, whatever was said of restarting.
pub fn user_notification_signal(t: &mut Twin) {
    for (call, args) in MIDDLES {
        for restarting in [false, true] {
            world::file("file", "text");
            let make = |t: &mut Twin, page: &Pages| {
                match restarting {
                    true => signals::catch_and_restart(Signal::SIGUSR1),
                    false => signals::catch(Signal::SIGUSR1),
                }
                t.call(call, &args(page.address(0)));
                t.note("caught", signals::caught());
            };
            let name = if *call == "unlink" { c"file" } else { c"made" };
            in_the_middle(t, name, make, |caller| {
                kill(caller, Signal::SIGUSR1).expect("kill");
            });
            t.tree(".");
            crate::tree::remove("made".as_ref());
        }
    }
}
