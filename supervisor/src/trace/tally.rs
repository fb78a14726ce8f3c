//! Counts for the summary: kept always, by every worker at once.

use super::{CallEvent, Outcome};
use crate::calls::{TABLE, index_of};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// More than there are reasons.
const MOST_REASONS: usize = 32;

/// What was counted so far.
#[derive(Debug)]
pub(super) struct Tally {
    /// By row of the table.
    rows: Box<[Counters]>,
    reasons: [Reason; MOST_REASONS],
}

/// Of one row. A cache line of its own: workers count different calls at the same time.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Counters {
    offloaded: AtomicU64,
    replayed: AtomicU64,
    native: AtomicU64,
    denied: AtomicU64,
    cancelled: AtomicU64,
    errors: AtomicU64,
    nanoseconds: AtomicU64,
    longest: AtomicU64,
}

/// Why calls were native: the place of a word is taken by the first that needs it.
#[derive(Debug, Default)]
struct Reason {
    word: OnceLock<&'static str>,
    calls: AtomicU64,
}

/// The counts of one call, or of all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// With those replayed.
    pub(super) offloaded: u64,
    pub(super) replayed: u64,
    pub(super) native: u64,
    pub(super) denied: u64,
    pub(super) cancelled: u64,
    /// Calls that asys answered with an error.
    pub(super) errors: u64,
    /// From receiving to answering, of all of them.
    pub(super) time: Duration,
    pub(super) longest: Duration,
}

impl Tally {
    pub(super) fn new() -> Tally {
        let rows = TABLE.iter().map(|_| Counters::default()).collect();
        Tally {
            rows,
            reasons: Default::default(),
        }
    }

    pub(super) fn count(&self, event: &CallEvent) {
        let Some(counters) = index_of(event.row.nr).and_then(|place| self.rows.get(place)) else {
            return;
        };
        let counter = match event.outcome {
            Outcome::Offloaded | Outcome::Replayed => &counters.offloaded,
            Outcome::Native(_) => &counters.native,
            Outcome::Denied => &counters.denied,
            Outcome::Cancelled => &counters.cancelled,
        };
        add(counter, 1);
        if event.outcome == Outcome::Replayed {
            add(&counters.replayed, 1);
        }
        if let Some(why) = event.outcome.why() {
            self.count_reason(why);
        }
        if matches!(event.result, Some(Err(_))) {
            add(&counters.errors, 1);
        }
        let nanoseconds = super::line::nanoseconds(event.duration);
        add(&counters.nanoseconds, nanoseconds);
        counters.longest.fetch_max(nanoseconds, Ordering::Relaxed);
    }

    fn count_reason(&self, why: &'static str) {
        let place = self
            .reasons
            .iter()
            .find(|r| *r.word.get_or_init(|| why) == why);
        if let Some(reason) = place {
            add(&reason.calls, 1);
        }
    }

    /// The calls that were made at all, the most frequent first.
    pub(super) fn calls(&self) -> Vec<(&'static str, Counts)> {
        let rows = TABLE.iter().zip(&self.rows);
        let counted = rows.map(|(row, counters)| (row.name, counters.read()));
        let mut made: Vec<_> = counted.filter(|(_, counts)| counts.calls() > 0).collect();
        made.sort_by_key(|(_, counts)| std::cmp::Reverse(counts.calls()));
        made
    }

    /// Why calls were native, the most frequent reason first.
    pub(super) fn reasons(&self) -> Vec<(&'static str, u64)> {
        let known = self
            .reasons
            .iter()
            .filter_map(|r| Some((*r.word.get()?, read(&r.calls))));
        let mut known: Vec<_> = known.collect();
        known.sort_by_key(|(_, calls)| std::cmp::Reverse(*calls));
        known
    }
}

impl Counters {
    fn read(&self) -> Counts {
        Counts {
            offloaded: read(&self.offloaded),
            replayed: read(&self.replayed),
            native: read(&self.native),
            denied: read(&self.denied),
            cancelled: read(&self.cancelled),
            errors: read(&self.errors),
            time: Duration::from_nanos(read(&self.nanoseconds)),
            longest: Duration::from_nanos(read(&self.longest)),
        }
    }
}

impl Counts {
    pub(super) fn calls(&self) -> u64 {
        self.offloaded + self.native + self.denied + self.cancelled
    }

    pub(super) fn mean(&self) -> Duration {
        let nanoseconds = self.time.as_nanos() / u128::from(self.calls().max(1));
        Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
    }

    pub(super) fn plus(self, other: Counts) -> Counts {
        Counts {
            offloaded: self.offloaded + other.offloaded,
            replayed: self.replayed + other.replayed,
            native: self.native + other.native,
            denied: self.denied + other.denied,
            cancelled: self.cancelled + other.cancelled,
            errors: self.errors + other.errors,
            time: self.time.saturating_add(other.time),
            longest: self.longest.max(other.longest),
        }
    }
}

fn add(counter: &AtomicU64, more: u64) {
    counter.fetch_add(more, Ordering::Relaxed);
}

fn read(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use super::super::testing::event;
    use super::*;
    use crate::calls::Native;
    use nix::errno::Errno;

    #[test]
    fn outcomes_are_counted_apart() {
        let tally = Tally::new();
        let mut call = event("fsync", [3; 6]);
        tally.count(&call);
        call.result = Some(Err(Errno::EIO));
        call.duration = Duration::from_millis(1);
        call.outcome = Outcome::Replayed;
        tally.count(&call);
        for why in [Native::Type, Native::Procfs, Native::Procfs] {
            call.outcome = Outcome::Native(why);
            call.result = None;
            tally.count(&call);
        }
        let (name, counts) = tally.calls()[0];
        assert_eq!(
            (name, counts.calls(), counts.offloaded, counts.native),
            ("fsync", 5, 2, 3)
        );
        assert_eq!((counts.replayed, counts.errors), (1, 1));
        assert_eq!(counts.longest, Duration::from_millis(1));
        assert_eq!(tally.reasons(), [("procfs", 2), ("type", 1)]);
    }

    #[test]
    fn workers_count_at_once() {
        let tally = Tally::new();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..1000).for_each(|_| tally.count(&event("stat", [0; 6]))));
            }
        });
        assert_eq!(tally.calls()[0].1.calls(), 4000);
    }
}
