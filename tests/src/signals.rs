//! Signals a case sends itself.

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use std::sync::atomic::{AtomicU32, Ordering};

static CAUGHT: AtomicU32 = AtomicU32::new(0);

extern "C" fn count(_: libc::c_int) {
    CAUGHT.fetch_add(1, Ordering::Relaxed);
}

/// How often the handler of [`catch`] has run.
pub fn caught() -> u32 {
    CAUGHT.load(Ordering::Relaxed)
}

/// Counts `signal` from here on; the calls it interrupts are not restarted.
pub fn catch(signal: Signal) {
    catch_with(signal, SaFlags::empty());
}

pub fn catch_with(signal: Signal, flags: SaFlags) {
    set(signal, SigHandler::Handler(count), flags);
}

/// As [`catch`], but the calls it interrupts are restarted.
pub fn catch_and_restart(signal: Signal) {
    catch_with(signal, SaFlags::SA_RESTART);
}

pub fn ignore(signal: Signal) {
    set(signal, SigHandler::SigIgn, SaFlags::empty());
}

/// What the kernel does by itself. The Rust runtime ignores SIGPIPE.
pub fn default(signal: Signal) {
    set(signal, SigHandler::SigDfl, SaFlags::empty());
}

pub fn block(signal: Signal) {
    SigSet::from(signal).thread_block().expect("sigprocmask");
}

fn set(signal: Signal, handler: SigHandler, flags: SaFlags) {
    let action = SigAction::new(handler, flags, SigSet::empty());
    // SAFETY: the handler only adds to an atomic.
    unsafe { sigaction(signal, &action) }.expect("sigaction");
}

/// Runs `call`, which waits for something that never comes, under a timer that interrupts it: again and again, as the
/// first alarm may come before the wait has begun.
pub fn interrupting<T>(call: impl FnOnce() -> T) -> T {
    catch(Signal::SIGALRM);
    timer(20_000);
    let done = call();
    timer(0);
    done
}

/// SIGALRM this often; 0 stops it.
pub fn timer(microseconds: libc::suseconds_t) {
    let every = libc::timeval {
        tv_sec: 0,
        tv_usec: microseconds,
    };
    let timer = libc::itimerval {
        it_interval: every,
        it_value: every,
    };
    // SAFETY: the new value is read only; no old one is asked for.
    let set = unsafe { libc::setitimer(libc::ITIMER_REAL, &raw const timer, std::ptr::null_mut()) };
    assert_eq!(set, 0, "setitimer");
}
