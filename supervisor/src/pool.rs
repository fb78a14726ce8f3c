//! Workers: who leads, who follows, who is stuck.
//!
//! ```text
//!            promote            received            answered
//!  PARKED ───────────► WAITING ─────────► BUSY ───────────────► WAITING
//!    ▲  │ long idle                        │ a slow row, or busy for a millisecond:
//!    │  └──────► FREE                      ▼ the next one leads
//!    └────────────────────────────────  DETACHED   (answered: parks, or leads if nobody does)
//! ```
//! Leaders are the slots that are WAITING or BUSY. One waits, or two while
//! calls queue up: each one more that waits makes every call dearer, because
//! the kernel wakes them all.

use mio::Waker;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// What one slot's worker is doing.
mod state {
    pub(super) const FREE: u8 = 0;
    pub(super) const PARKED: u8 = 1;
    pub(super) const WAITING: u8 = 2;
    pub(super) const BUSY: u8 = 3;
    pub(super) const DETACHED: u8 = 4;
}

/// How long a leader may be busy before another one leads.
const PATIENCE: Duration = Duration::from_millis(1);
/// How long a spare worker stays parked before it retires.
const IDLE: Duration = Duration::from_secs(5);
/// Parked workers that never retire.
const SPARES: usize = 1;
/// Ticks with calls queued before a second leader waits, and without before it goes.
const SECOND_AFTER: usize = 2;
const ALONE_AFTER: usize = 50;

/// A place for one worker.
#[derive(Debug)]
struct Slot {
    state: AtomicU8,
    /// When its call was received, in nanoseconds since the pool's epoch.
    since: AtomicU64,
    thread: Mutex<Option<Thread>>,
}

/// All workers' places.
#[derive(Debug)]
pub struct Pool {
    slots: Box<[Slot]>,
    leaders: AtomicUsize,
    wanted: AtomicUsize,
    in_hand: AtomicUsize,
    ticking: AtomicBool,
    closed: AtomicBool,
    served: AtomicU64,
    queued_ticks: AtomicUsize,
    bell: Waker,
    epoch: Instant,
}

/// What a worker that has answered does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    Lead,
    Park,
}

impl Pool {
    /// `bell` wakes the event loop, which alone spawns workers.
    #[must_use]
    pub fn new(workers: usize, bell: Waker) -> Pool {
        let slot = || Slot {
            state: AtomicU8::new(state::FREE),
            since: AtomicU64::new(0),
            thread: Mutex::default(),
        };
        Pool {
            slots: (0..workers.max(1)).map(|_| slot()).collect(),
            leaders: AtomicUsize::new(0),
            wanted: AtomicUsize::new(1),
            in_hand: AtomicUsize::new(0),
            ticking: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            served: AtomicU64::new(0),
            queued_ticks: AtomicUsize::new(0),
            bell,
            epoch: Instant::now(),
        }
    }

    /// Calls received and not yet answered.
    #[must_use]
    pub fn in_hand(&self) -> usize {
        self.in_hand.load(Relaxed)
    }

    /// Calls received so far.
    #[must_use]
    pub fn served(&self) -> u64 {
        self.served.load(Relaxed)
    }

    fn now(&self) -> u64 {
        u64::try_from(self.epoch.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    // What workers do.

    /// Sleeps until promoted. `false`: idle for too long, the thread ends.
    pub fn await_promotion(&self, me: usize) -> bool {
        let slot = &self.slots[me];
        *slot.thread.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread::current());
        loop {
            if slot.state.load(Acquire) != state::PARKED {
                return true;
            }
            let asleep = Instant::now();
            thread::park_timeout(IDLE);
            let spare = self.count(state::PARKED) > SPARES;
            if asleep.elapsed() >= IDLE && spare && slot.change(state::PARKED, state::FREE) {
                return false;
            }
        }
    }

    /// A call is in the hands of worker `me`.
    pub fn received(&self, me: usize) {
        let slot = &self.slots[me];
        slot.since.store(self.now(), Relaxed);
        slot.state.store(state::BUSY, SeqCst);
        self.in_hand.fetch_add(1, Relaxed);
        self.served.fetch_add(1, Relaxed);
        if !self.ticking.load(SeqCst) && !self.ticking.swap(true, SeqCst) {
            self.ring();
        }
    }

    /// The call will take long: somebody else leads from now on, if there is anybody.
    pub fn step_aside(&self, me: usize) {
        if self.slots.len() > 1 && self.slots[me].change(state::BUSY, state::DETACHED) {
            self.leaders.fetch_sub(1, AcqRel);
            self.promote();
        }
    }

    /// The call is answered.
    pub fn answered(&self, me: usize) -> Next {
        self.in_hand.fetch_sub(1, Relaxed);
        let slot = &self.slots[me];
        if slot.change(state::BUSY, state::WAITING) {
            if self.leaders.load(Acquire) <= self.wanted.load(Relaxed) || !self.resign() {
                return Next::Lead;
            }
        } else if self.claim() {
            slot.state.store(state::WAITING, Release);
            return Next::Lead;
        }
        slot.state.store(state::PARKED, Release);
        // Between the refused claim and parking, the last leader may have gone.
        self.promote();
        Next::Park
    }

    /// The listener has hung up: no call will come, and worker `me` ends.
    pub fn close(&self, me: usize) {
        self.closed.store(true, Release);
        self.leave(me, false);
    }

    /// Worker `me` ends: it panicked, or there is nothing to wait for.
    pub fn leave(&self, me: usize, with_call: bool) {
        let before = self.slots[me].state.swap(state::FREE, AcqRel);
        if with_call {
            self.in_hand.fetch_sub(1, Relaxed);
        }
        if matches!(before, state::BUSY | state::WAITING) {
            self.leaders.fetch_sub(1, AcqRel);
        }
        // Whoever led may be stuck for want of a slot: this one is free now.
        if with_call {
            self.promote();
        }
    }

    fn claim(&self) -> bool {
        let wanted = self.wanted.load(Relaxed);
        let more = |n: usize| (n < wanted).then_some(n + 1);
        self.leaders.fetch_update(AcqRel, Acquire, more).is_ok()
    }

    fn resign(&self) -> bool {
        let wanted = self.wanted.load(Relaxed);
        let fewer = |n: usize| (n > wanted).then(|| n - 1);
        self.leaders.fetch_update(AcqRel, Acquire, fewer).is_ok()
    }

    /// Makes parked workers leaders until there are as many as wanted.
    fn promote(&self) {
        if !self.promote_parked() {
            self.ring();
        }
    }

    /// `false` when there are too few.
    fn promote_parked(&self) -> bool {
        while self.claim() {
            let promoted = self
                .slots
                .iter()
                .find(|slot| slot.change(state::PARKED, state::WAITING));
            match promoted {
                Some(slot) => slot.wake(),
                None => {
                    self.leaders.fetch_sub(1, AcqRel);
                    return false;
                }
            }
        }
        true
    }

    fn ring(&self) {
        // The loop is gone only when the process is about to end.
        let _ = self.bell.wake();
    }

    fn count(&self, wanted: u8) -> usize {
        self.slots
            .iter()
            .filter(|slot| slot.state.load(Relaxed) == wanted)
            .count()
    }

    // What the event loop does.

    /// Looks after the leaders: relieves those that are stuck, and has a
    /// second one wait while calls queue up. Returns slots to be given a new
    /// worker by [`Pool::occupy`].
    pub fn tick(&self, queued: bool) {
        let now = self.now();
        for slot in &self.slots {
            let busy = slot.state.load(Acquire) == state::BUSY;
            let late = now.saturating_sub(slot.since.load(Relaxed)) > PATIENCE.as_nanos() as u64;
            if busy && late && slot.change(state::BUSY, state::DETACHED) {
                self.leaders.fetch_sub(1, AcqRel);
            }
        }
        self.adapt(queued);
        // The loop, which is here, looks for missing leaders next.
        self.promote_parked();
    }

    fn adapt(&self, queued: bool) {
        let ticks = if queued {
            self.queued_ticks.fetch_add(1, Relaxed) + 1
        } else {
            let ticks = self.queued_ticks.load(Relaxed).saturating_sub(1);
            self.queued_ticks.store(ticks, Relaxed);
            ticks
        };
        self.queued_ticks.fetch_min(ALONE_AFTER, Relaxed);
        if ticks >= SECOND_AFTER && self.slots.len() > 1 {
            self.wanted.store(2, Relaxed);
        } else if ticks == 0 {
            self.wanted.store(1, Relaxed);
        }
    }

    /// Whether calls flow. Asked by the loop before it sleeps for good.
    pub fn rest(&self) -> bool {
        self.ticking.store(false, SeqCst);
        // A worker that became busy before it saw the flag fall did not ring.
        let quiet = self
            .slots
            .iter()
            .all(|s| s.state.load(SeqCst) != state::BUSY);
        if !quiet {
            self.ticking.store(true, SeqCst);
        }
        quiet
    }

    /// Whether no leader waits: what is pending then has to queue.
    #[must_use]
    pub fn all_busy(&self) -> bool {
        self.count(state::WAITING) == 0
    }

    /// Whether the loop must tick.
    #[must_use]
    pub fn is_ticking(&self) -> bool {
        self.ticking.load(SeqCst)
    }

    /// Takes a free slot for a new worker, if a leader is missing or, with
    /// `spare`, if no follower stands by.
    pub fn occupy(&self, spare: bool) -> Option<usize> {
        let leaderless = self.leaders.load(Acquire) < self.wanted.load(Relaxed);
        let short = self.count(state::PARKED) < SPARES;
        let needed = leaderless || (spare && short);
        if !needed || self.closed.load(Acquire) {
            return None;
        }
        let place = self
            .slots
            .iter()
            .position(|s| s.change(state::FREE, state::PARKED))?;
        *self.slots[place]
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = None;
        Some(place)
    }

    /// A worker for `place` could not be had after all.
    pub fn vacate(&self, place: usize) {
        let before = self.slots[place].state.swap(state::FREE, AcqRel);
        if before == state::WAITING {
            self.leaders.fetch_sub(1, AcqRel);
        }
    }

    /// Lets new workers lead, if leaders are missing.
    pub fn muster(&self) {
        self.promote();
    }
}

impl Slot {
    fn change(&self, from: u8, to: u8) -> bool {
        self.state
            .compare_exchange(from, to, AcqRel, Acquire)
            .is_ok()
    }

    fn wake(&self) {
        if let Some(thread) = &*self.thread.lock().unwrap_or_else(PoisonError::into_inner) {
            thread.unpark();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(workers: usize) -> (mio::Poll, Pool) {
        let poll = mio::Poll::new().unwrap();
        let bell = Waker::new(poll.registry(), mio::Token(0)).unwrap();
        (poll, Pool::new(workers, bell))
    }

    fn states(pool: &Pool) -> Vec<u8> {
        pool.slots.iter().map(|s| s.state.load(Relaxed)).collect()
    }

    #[test]
    fn the_first_worker_leads_and_a_spare_follows() {
        let (_poll, pool) = pool(4);
        assert_eq!(pool.occupy(true), Some(0));
        pool.muster();
        assert_eq!(pool.occupy(true), Some(1));
        assert_eq!(pool.occupy(true), None);
        assert_eq!(
            states(&pool),
            [state::WAITING, state::PARKED, state::FREE, state::FREE]
        );
    }

    #[test]
    fn a_slow_call_makes_the_follower_lead() {
        let (_poll, pool) = pool(2);
        for _ in 0..2 {
            pool.occupy(true);
            pool.muster();
        }
        pool.received(0);
        pool.step_aside(0);
        assert_eq!(states(&pool), [state::DETACHED, state::WAITING]);
        assert_eq!(pool.answered(0), Next::Park);
        assert_eq!(
            (pool.in_hand(), states(&pool)),
            (0, vec![state::PARKED, state::WAITING])
        );
    }

    #[test]
    fn whoever_is_done_first_leads_when_all_are_stuck() {
        let (_poll, pool) = pool(2);
        for _ in 0..2 {
            pool.occupy(true);
            pool.muster();
        }
        for me in [0, 1] {
            pool.received(me);
            pool.step_aside(me);
        }
        assert_eq!(pool.leaders.load(Relaxed), 0);
        assert_eq!(pool.answered(1), Next::Lead);
        assert_eq!(pool.answered(0), Next::Park);
    }

    #[test]
    fn one_worker_alone_never_steps_aside() {
        let (_poll, pool) = pool(1);
        pool.occupy(true);
        pool.muster();
        pool.received(0);
        pool.step_aside(0);
        assert_eq!(pool.answered(0), Next::Lead);
    }

    #[test]
    fn a_second_leader_waits_while_calls_queue_up() {
        let (_poll, pool) = pool(3);
        for _ in 0..3 {
            pool.occupy(true);
            pool.muster();
        }
        for _ in 0..SECOND_AFTER {
            pool.tick(true);
        }
        assert_eq!(pool.leaders.load(Relaxed), 2);
        for _ in 0..ALONE_AFTER {
            pool.tick(false);
        }
        pool.received(0);
        assert_eq!(pool.answered(0), Next::Park);
        assert_eq!(pool.leaders.load(Relaxed), 1);
    }
}
