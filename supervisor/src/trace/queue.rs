//! From the workers to the writer: bounded, in order, and never in a call's way for long.
//!
//! The writer sleeps while nothing happens. Woken, it lets events gather for
//! a moment, so that a busy program costs one wake-up per [`NAP`] and not one
//! per call. Where it cannot keep up, workers wait for it, each a little;
//! events are lost only when it stands still.

use super::{CallEvent, ProcessEvent};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Most events that wait to be written.
const MOST_EVENTS: usize = 65_536;
/// Most memory that their paths may take.
const MOST_BYTES: usize = 16 << 20;
/// Most that the writer takes at once: a worker that waits for room gets it soon.
const BATCH: usize = 256;
/// How long a worker waits for room before its event is lost.
const PATIENCE: Duration = Duration::from_millis(5);
/// How long events gather.
const NAP: Duration = Duration::from_millis(10);

/// What the trace has a line for.
#[derive(Debug)]
pub(super) enum Event {
    Call(CallEvent),
    Process(ProcessEvent),
}

/// What the writer got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// More are waiting.
    Some,
    /// The queue is empty.
    All,
    /// None, and none will come any more.
    End,
}

/// Events not yet written.
#[derive(Debug, Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    /// For the writer: events, or the end.
    ready: Condvar,
    /// For workers: room.
    room: Condvar,
    lost: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    /// With the memory their strings take.
    events: VecDeque<(usize, Event)>,
    bytes: usize,
    writer: Writer,
    /// A worker has waited in vain since the writer last came: no other will.
    stalled: bool,
    end: End,
}

/// What the writer does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Writer {
    /// Writing, or not started: it will come by itself.
    #[default]
    Busy,
    /// Until there is an event.
    Sleeps,
    /// Until there is a batch, or [`NAP`] has passed.
    Naps,
}

/// Whether events are still taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    #[default]
    Open,
    /// Nothing can be written any more; what comes until the end is lost.
    Broken,
    /// What is queued is written, nothing more.
    Closed,
}

impl State {
    fn full(&self) -> bool {
        self.events.len() >= MOST_EVENTS || self.bytes >= MOST_BYTES
    }

    /// Enough for the writer to take at once.
    fn gathered(&self) -> bool {
        self.events.len() >= BATCH || self.bytes >= MOST_BYTES / 2
    }

    fn wakes_writer(&self) -> bool {
        match self.writer {
            Writer::Busy => false,
            Writer::Sleeps => true,
            Writer::Naps => self.gathered(),
        }
    }
}

impl Queue {
    /// Queues `event`, or after a few milliseconds without room counts it as lost.
    pub(super) fn push(&self, event: Event) {
        let weight = weight(&event);
        let mut state = self.lock();
        if state.full() && !state.stalled && state.end == End::Open {
            let waiting = |s: &mut State| s.full() && !s.stalled && s.end == End::Open;
            let waited = self.room.wait_timeout_while(state, PATIENCE, waiting);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        if state.full() || state.end != End::Open {
            state.stalled = true;
            self.lose(1);
            return;
        }
        state.events.push_back((weight, event));
        state.bytes += weight;
        if state.wakes_writer() {
            state.writer = Writer::Busy;
            drop(state);
            self.ready.notify_one();
        }
    }

    /// Waits for events and moves the first into `batch`.
    pub(super) fn take(&self, batch: &mut VecDeque<Event>) -> Taken {
        let mut state = self.wait_for_events();
        state.writer = Writer::Busy;
        state.stalled = false;
        let taken = state.events.len().min(BATCH);
        let mut weight = 0;
        batch.extend(state.events.drain(..taken).map(|(bytes, event)| {
            weight += bytes;
            event
        }));
        state.bytes -= weight;
        let more = !state.events.is_empty();
        drop(state);
        self.room.notify_all();
        match (taken, more) {
            (0, _) => Taken::End,
            (_, true) => Taken::Some,
            (_, false) => Taken::All,
        }
    }

    fn wait_for_events(&self) -> MutexGuard<'_, State> {
        let none = |s: &mut State| s.events.is_empty() && s.end == End::Open;
        let few = |s: &mut State| s.end == End::Open && !s.gathered();
        let mut state = self.lock();
        state.writer = Writer::Sleeps;
        let woken = self.ready.wait_while(state, none);
        state = woken.unwrap_or_else(PoisonError::into_inner);
        state.writer = Writer::Naps;
        let gathered = self.ready.wait_timeout_while(state, NAP, few);
        gathered.unwrap_or_else(PoisonError::into_inner).0
    }

    /// No event is taken any more; those queued are written.
    pub(super) fn close(&self) {
        self.end(End::Closed);
    }

    /// Nothing can be written any more: what is queued is lost, and what comes until
    /// the queue is closed, for which this waits.
    pub(super) fn give_up(&self) {
        self.end(End::Broken);
        let mut state = self.lock();
        let queued = std::mem::take(&mut state.events).len();
        self.lose(queued as u64);
        state.bytes = 0;
        while state.end != End::Closed {
            state = self
                .ready
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn end(&self, end: End) {
        let mut state = self.lock();
        state.end = state.end.max(end);
        drop(state);
        self.ready.notify_all();
        self.room.notify_all();
    }

    /// Counts events that were taken and could not be written.
    pub(super) fn lose(&self, events: u64) {
        self.lost.fetch_add(events, Ordering::Relaxed);
    }

    /// Events that are not in the trace.
    pub(super) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A thread that panicked holding it left whole entries only.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Memory the event's strings take.
fn weight(event: &Event) -> usize {
    match event {
        Event::Call(call) => {
            let texts = call.paths.iter().chain(&call.files);
            texts.map(|(_, text)| text.as_bytes().len()).sum()
        }
        Event::Process(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::event;
    use super::*;
    use std::ffi::CString;
    use std::sync::Arc;
    use std::time::Instant;

    fn call() -> Event {
        Event::Call(event("fsync", [3; 6]))
    }

    #[test]
    fn events_come_in_order_and_all() {
        let queue = Arc::new(Queue::default());
        let theirs = Arc::clone(&queue);
        let reader = std::thread::spawn(move || {
            let (mut batch, mut seen) = (VecDeque::new(), Vec::new());
            while theirs.take(&mut batch) != Taken::End {
                seen.extend(batch.drain(..).map(|event| match event {
                    Event::Call(call) => call.raw[0],
                    Event::Process(_) => unreachable!(),
                }));
            }
            seen
        });
        for i in 0..100_000 {
            // As fast as calls can be: the queue is never full for long.
            if i % 1000 == 0 {
                std::thread::sleep(Duration::from_millis(1));
            }
            queue.push(Event::Call(event("fsync", [i; 6])));
        }
        queue.close();
        let seen = reader.join().unwrap();
        assert_eq!(queue.lost(), 0);
        assert!(seen.iter().copied().eq(0..100_000));
    }

    #[test]
    fn a_full_queue_costs_one_worker_its_patience_and_the_others_nothing() {
        let queue = Queue::default();
        for _ in 0..MOST_EVENTS {
            queue.push(call());
        }
        let began = Instant::now();
        for _ in 0..100 {
            queue.push(call());
        }
        assert!(began.elapsed() >= PATIENCE);
        assert!(began.elapsed() < 20 * PATIENCE);
        assert_eq!(queue.lost(), 100);
        let mut batch = VecDeque::new();
        assert_eq!(queue.take(&mut batch), Taken::Some);
        assert_eq!(batch.len(), BATCH);
        queue.push(call());
        assert_eq!(queue.lost(), 100);
    }

    #[test]
    fn long_paths_fill_it_too() {
        let queue = Queue::default();
        for _ in 0..MOST_BYTES / 4096 + 10 {
            let mut long = event("unlink", [0; 6]);
            long.paths = vec![(0, CString::new(vec![b'x'; 4096]).unwrap())];
            queue.push(Event::Call(long));
        }
        assert_eq!(queue.lost(), 10);
    }

    #[test]
    fn after_the_end_everything_is_lost() {
        let queue = Queue::default();
        queue.push(call());
        queue.close();
        queue.push(call());
        assert_eq!(queue.lost(), 1);
        // Closed already: it does not wait.
        queue.give_up();
        assert_eq!(queue.lost(), 2);
        assert_eq!(queue.take(&mut VecDeque::new()), Taken::End);
    }
}
