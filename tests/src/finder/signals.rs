//! Signals that actors send each other and themselves, and how often each has caught one.
//!
//! # Safety
//! The handlers touch atomics only, and leave errno as it was.

use crate::finder::actor::{own_id, raw};
use crate::finder::constants;
use crate::finder::language::ACTORS;
use nix::errno::Errno;
use std::ptr;
use std::sync::atomic::{AtomicI32, AtomicU32, Ordering};

/// What signals each actor's thread has caught, and which thread that is.
pub static THREADS: [AtomicI32; ACTORS] = [const { AtomicI32::new(0) }; ACTORS];
pub static CAUGHT: [AtomicU32; ACTORS] = [const { AtomicU32::new(0) }; ACTORS];

pub extern "C" fn count(_: libc::c_int) {
    let errno = Errno::last_raw();
    let me = own_id(libc::SYS_gettid);
    if let Some(i) = THREADS
        .iter()
        .position(|tid| tid.load(Ordering::Relaxed) == me)
    {
        CAUGHT[i].fetch_add(1, Ordering::Relaxed);
    }
    Errno::set_raw(errno);
}

/// Does nothing, but ends a wait: what would never end otherwise, ends with EINTR.
extern "C" fn nothing(_: libc::c_int) {}

pub fn set_handler(signal: i32, handler: usize, flags: i32) -> i64 {
    let mut action: libc::sigaction = crate::twin::blank();
    action.sa_sigaction = handler;
    action.sa_flags = flags;
    // SAFETY: a valid action; both handlers touch atomics only.
    match unsafe { libc::sigaction(signal, &raw const action, ptr::null_mut()) } {
        0 => 0,
        _ => -i64::from(Errno::last_raw()),
    }
}

pub fn catch_all() {
    for signal in constants::SIGNAL.iter().map(|(_, signal)| *signal as i32) {
        set_handler(signal, count as *const () as usize, libc::SA_RESTART);
    }
}

pub fn mask(signal: i32, how: i32) -> i64 {
    let set = 1u64 << (signal.clamp(1, 64) - 1);
    raw(
        libc::SYS_rt_sigprocmask,
        [how as u64, &raw const set as u64, 0, 8, 0, 0],
    )
}

pub fn mask_poke(how: i32) {
    mask(poke(), how);
}

/// The signal by which the conductor ends a wait.
pub fn poke() -> i32 {
    libc::SIGRTMAX()
}

/// How often an actor of this process has caught one.
pub fn caught(actor: usize) -> u32 {
    CAUGHT[actor].load(Ordering::Relaxed)
}

/// From here on the calling thread is that actor.
pub fn introduce(actor: usize) -> i32 {
    set_handler(poke(), nothing as *const () as usize, 0);
    let tid = own_id(libc::SYS_gettid);
    THREADS[actor].store(tid, Ordering::Relaxed);
    tid
}
