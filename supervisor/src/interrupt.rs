//! Interrupts workers whose callers have been signalled.
//!
//! Some calls end early for a signal: what a FUSE daemon or another machine
//! is asked, fallocate(2) on tmpfs. A caller that waits for its answer wakes
//! once for a signal it would handle, and then waits killably: in
//! /proc/TID/stat its state goes from `S` to `D`. The event loop looks, at
//! growing intervals, and sends the worker a signal of its own. What the
//! worker is in then fails with EINTR as the caller's would have, having done
//! nothing, and the kernel, for which the caller's signal is pending, repeats it.
//!
//! The worker has the signal blocked but for that very call. One that comes
//! too late ends a later call likewise: that is native, and as exact.

use crate::request::Desk;
use crate::sys::notify::{self, Notification};
use crate::sys::process;
use crate::tree;
use nix::sys::signal::{SigSet, Signal};
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, AtomicU64};

/// Nobody else sends it: the guard rows keep the target from it.
const SIGNAL: Signal = Signal::SIGUSR1;
/// Longest pause between two looks at a caller, in ticks of the event loop.
const LONGEST: u32 = 64;

/// For each worker, whose call it is in.
#[derive(Debug)]
pub struct Interrupts {
    hands: Box<[Hand]>,
}

#[derive(Debug, Default)]
struct Hand {
    worker: AtomicI32,
    /// 0: none that could be interrupted.
    caller: AtomicI32,
    call: AtomicU64,
    /// It is not to wait at all.
    hasty: AtomicBool,
    /// Ticks since the call began.
    age: AtomicU32,
}

/// A worker can be interrupted as long as this lives.
#[derive(Debug)]
pub struct Interruptible<'a> {
    hand: &'a Hand,
}

/// Installs the handler, which does nothing: for the whole process, so only
/// once the command, which is to inherit the disposition, has been cloned.
pub fn prepare() {
    process::catch(SIGNAL);
}

fn mask() -> SigSet {
    SigSet::from(SIGNAL)
}

impl Interrupts {
    #[must_use]
    pub fn new(workers: usize) -> Interrupts {
        Interrupts {
            hands: (0..workers).map(|_| Hand::default()).collect(),
        }
    }

    /// For the calling thread, which is worker `place`, in a call that may be
    /// interrupted, and a `hasty` one will be if it waits.
    #[must_use]
    pub fn open(&self, place: usize, note: &Notification, hasty: bool) -> Interruptible<'_> {
        let hand = &self.hands[place];
        hand.worker.store(process::own_tid(), Relaxed);
        hand.call.store(note.id, Relaxed);
        hand.hasty.store(hasty, Relaxed);
        hand.age.store(0, Relaxed);
        hand.caller.store(note.tid, Release);
        // Never refused; blocked, the call goes on.
        let _ = mask().thread_unblock();
        Interruptible { hand }
    }

    /// Interrupts those whose callers have been signalled or are gone.
    pub fn tick(&self, desk: &Desk) {
        for hand in &self.hands {
            let caller = hand.caller.load(Acquire);
            if caller == 0 {
                continue;
            }
            let age = hand.age.fetch_add(1, Relaxed);
            let due = age > 0 && (age.is_power_of_two() || age.is_multiple_of(LONGEST));
            if due && hand.is_called(caller, desk) {
                // Refused: it has ended.
                let _ = process::signal_thread(hand.worker.load(Relaxed), SIGNAL);
            }
        }
    }
}

impl Hand {
    fn is_called(&self, caller: i32, desk: &Desk) -> bool {
        // Another thread may have the number by now, but only after the call has ended.
        self.hasty.load(Relaxed)
            || tree::state(caller) == Some('D')
            || notify::id_valid(desk.listener(), self.call.load(Relaxed)).is_err()
    }
}

impl Drop for Interruptible<'_> {
    fn drop(&mut self) {
        let _ = mask().thread_block();
        self.hand.caller.store(0, Release);
    }
}
