//! What a handler is told of a signal, and in which thread it runs.

use crate::twin::{Twin, blank};
use libc::{c_int, c_void, siginfo_t};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use std::sync::atomic::{AtomicI32, Ordering};

static TIMES: AtomicI32 = AtomicI32::new(0);
static CODE: AtomicI32 = AtomicI32::new(0);
static SENDER: AtomicI32 = AtomicI32::new(0);
static THREAD: AtomicI32 = AtomicI32::new(0);

extern "C" fn remember(_: c_int, info: *mut siginfo_t, _: *mut c_void) {
    // SAFETY: the kernel has filled it for this handler; of these signals it says who sent them.
    let (code, sender) = unsafe { ((*info).si_code, (*info).si_pid()) };
    CODE.store(code, Ordering::SeqCst);
    SENDER.store(sender, Ordering::SeqCst);
    THREAD.store(thread(), Ordering::SeqCst);
    TIMES.fetch_add(1, Ordering::SeqCst);
}

/// The calling one.
pub fn thread() -> i32 {
    // SAFETY: no arguments.
    unsafe { libc::gettid() }
}

/// From here on [`tell`] has something to tell.
pub fn catch(signal: Signal) {
    let handler = SigHandler::SigAction(remember);
    let action = SigAction::new(handler, SaFlags::SA_SIGINFO, SigSet::empty());
    // SAFETY: the handler makes one call that is safe there, and stores numbers.
    unsafe { sigaction(signal, &action) }.expect("sigaction");
}

/// How often it came so far, why, from whom, and whether to the calling thread.
pub fn tell(t: &mut Twin) {
    let times = TIMES.load(Ordering::SeqCst);
    if times == 0 {
        return t.note("signals", 0);
    }
    let code = CODE.load(Ordering::SeqCst);
    let own = SENDER.load(Ordering::SeqCst) == std::process::id().cast_signed();
    let here = THREAD.load(Ordering::SeqCst) == thread();
    t.note(
        "signals",
        format_args!("{times}, code {code}, from itself {own}, to this thread {here}"),
    );
}

/// A blocked signal that waits, taken; and whether it waited for this thread or for the process.
pub fn take_pending(t: &mut Twin, signal: Signal) {
    let status = std::fs::read_to_string("/proc/thread-self/status").unwrap_or_default();
    let pends = |field: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(field));
        let set = line.and_then(|set| u64::from_str_radix(set.trim(), 16).ok());
        set.is_some_and(|set| set >> (signal as i32 - 1) & 1 == 1)
    };
    t.note(
        "pending",
        format_args!("thread {} process {}", pends("SigPnd:"), pends("ShdPnd:")),
    );
    let set = SigSet::from(signal);
    let mut info: siginfo_t = blank();
    let now: libc::timespec = blank();
    // SAFETY: live structures.
    let taken = unsafe { libc::sigtimedwait(set.as_ref(), &raw mut info, &raw const now) };
    if taken < 0 {
        return t.note("taken", "none");
    }
    // SAFETY: of such a signal the kernel says who sent it.
    let sender = unsafe { info.si_pid() };
    let own = sender == std::process::id().cast_signed();
    t.note(
        "taken",
        format_args!("{taken} code {} from itself {own}", info.si_code),
    );
}
