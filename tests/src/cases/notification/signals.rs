//! Signals that come while somebody has a call in hand, or has just answered it.

use super::middle::{in_the_middle, kill_by};
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
use nix::sys::signal::{SigSet, Signal, kill};
use nix::unistd::Pid;
use std::fs;

/// Signals that do not kill wait until a call that somebody has in hand is answered.
pub fn user_notification_wait_killable(t: &mut Twin) {
    world::file("file", "text");
    let make = |t: &mut Twin, page: &Pages| {
        signals::catch(Signal::SIGUSR1);
        signals::catch_and_restart(Signal::SIGALRM);
        signals::ignore(Signal::SIGTERM);
        SigSet::from(Signal::SIGUSR2)
            .thread_block()
            .expect("sigprocmask");
        let made = args![Arg::at(page.address(0), "missing"), O_CREAT | O_RDWR, 0o666];
        t.call("open", made);
        t.note("caught", signals::caught());
        let waits = SigSet::from(Signal::SIGUSR2).wait();
        t.note("waited", format!("{waits:?}"));
    };
    in_the_middle(t, c"made", make, |caller| {
        for signal in [
            Signal::SIGUSR1,
            Signal::SIGUSR2,
            Signal::SIGALRM,
            Signal::SIGTERM,
            Signal::SIGWINCH,
            Signal::SIGCHLD,
        ] {
            kill(caller, signal).expect("kill");
        }
    });
    t.tree(".");
}

/// A stop comes after the answer, and what follows after SIGCONT.
pub fn user_notification_wait_killable_stopped(t: &mut Twin) {
    let [given, over] = [(); 2].map(|()| Word::new());
    t.fork("caller", |t| {
        let page = Pages::missing(1).expect("a page");
        let caller = Pid::this();
        // SAFETY: the process has one thread; the child leaves through `_exit`.
        if unsafe { fork() } == 0 {
            page.wait_for_a_touch();
            kill(caller, Signal::SIGSTOP).expect("kill");
            page.give(0, c"made");
            given.say();
            until("the stop", || proc::is_stopped(caller));
            let made = fs::exists("made").expect("made");
            fs::write("seen", made.to_string()).expect("seen");
            kill(caller, Signal::SIGCONT).expect("kill");
            over.say();
            // SAFETY: ends the child at once.
            unsafe { _exit(0) };
        }
        t.call("mkdir", args![Arg::at(page.address(0), "missing"), 0o777]);
        t.call("rmdir", args![c"made"]);
    });
    given.hear();
    over.hear();
    t.tree(".");
}

/// Whoever is killed is dead before anybody has answered.
pub fn user_notification_wait_killable_fatal(t: &mut Twin) {
    for signal in [
        Signal::SIGKILL,
        Signal::SIGTERM,
        Signal::SIGALRM,
        Signal::SIGUSR1,
    ] {
        let make = |t: &mut Twin, page: &Pages| {
            t.call("mkdir", args![Arg::at(page.address(0), "missing"), 0o777]);
        };
        in_the_middle(t, c"made", make, |caller| kill_by(caller, signal));
        t.tree(".");
    }
}

/// A signal that dumps a core does not kill before the call is over.
pub fn user_notification_wait_killable_fatal_with_a_core(t: &mut Twin) {
    for signal in [Signal::SIGQUIT, Signal::SIGSYS, Signal::SIGXCPU] {
        let make = |t: &mut Twin, page: &Pages| {
            t.call("mkdir", args![Arg::at(page.address(0), "missing"), 0o777]);
            t.note("not", "reached");
        };
        in_the_middle(t, c"made", make, |caller| {
            kill(caller, signal).expect("kill");
        });
        t.tree(".");
        t.call("rmdir", args![c"made"]);
    }
}

/// Signals without end, whenever: every call is done once, and its answer is its caller's.
pub fn user_notification_wait_killable_after_reply(t: &mut Twin) {
    world::file("file", "");
    let open = || fs::read_dir("/proc/self/fd").expect("fds").count();
    let before = open();
    signals::catch_and_restart(Signal::SIGALRM);
    signals::timer(1000);
    let mut strange = Vec::new();
    let mut done = |what: &str, done: bool| {
        if !done {
            strange.push(format!("{what}: {}", nix::errno::Errno::last()));
        }
    };
    while signals::caught() < 300 {
        // SAFETY: terminated names.
        unsafe {
            done("mkdir", syscall(SYS_mkdir, c"dir".as_ptr(), 0o777) == 0);
            done(
                "rename",
                syscall(SYS_rename, c"dir".as_ptr(), c"other".as_ptr()) == 0,
            );
            done("rmdir", syscall(SYS_rmdir, c"other".as_ptr()) == 0);
            let fd = syscall(SYS_open, c"file".as_ptr(), O_RDONLY);
            done("open", fd >= 0);
            done("close", syscall(SYS_close, fd) == 0);
        }
    }
    signals::timer(0);
    t.note("strange", strange.join(", "));
    t.note("open", format!("{}", open() - before));
}
