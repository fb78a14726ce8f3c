//! What every worker reports to.

use super::destination::{Destination, cause};
use super::queue::{Event, Queue};
use super::summary;
use super::tally::Tally;
use super::writer::Writer;
use super::{CallEvent, Header, ProcessEvent};
use crate::request::Counts;
use anyhow::{Result, anyhow};
use asys_policy::Policy;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long the end of a run waits for workers to report.
const REPORT_BOUND: Duration = Duration::from_millis(100);
/// How long it then waits for the trace to be written.
const FINISH_BOUND: Duration = Duration::from_secs(5);

/// Counts every call and, when a trace is wanted, has it written.
///
/// Reporting costs a few atomic additions, and with a trace a short lock. It
/// waits for room at most some milliseconds, whatever the disk does.
pub struct Recorder {
    tally: Tally,
    queue: Arc<Queue>,
    /// A trace is wanted, whether or not it can be written.
    wanted: bool,
    tracing: Arc<AtomicBool>,
    /// Workers with a call in hand that they will report.
    serving: AtomicUsize,
    started: Instant,
    writer: Mutex<State>,
}

/// The writer's life.
enum State {
    /// None is wanted, or it is over.
    Absent,
    Prepared(Box<Writer>),
    /// Its thread tells when it ends.
    Running(Receiver<()>),
}

/// How the trace ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Finished {
    /// Events that have no line in the trace.
    pub lost: u64,
    /// What the operator does not know yet, as `object: cause: what that means`.
    pub problem: Option<String>,
}

impl Recorder {
    /// A recorder that has started nothing yet. Without a `destination` it only counts.
    #[must_use]
    pub fn new(destination: Option<Destination>, header: Header, policy: Arc<Policy>) -> Recorder {
        let wanted = destination.is_some();
        let writer = match destination {
            None => State::Absent,
            Some(to) => State::Prepared(Box::new(Writer::new(to, header, policy))),
        };
        Recorder {
            tally: Tally::new(),
            queue: Arc::default(),
            wanted,
            tracing: Arc::new(AtomicBool::new(wanted)),
            serving: AtomicUsize::new(0),
            started: Instant::now(),
            writer: Mutex::new(writer),
        }
    }

    /// Starts the thread that writes, if there is anything to write. Every
    /// signal must be blocked, and nothing may fork afterwards.
    ///
    /// # Errors
    /// When no thread can be had.
    pub fn start(&self) -> Result<()> {
        let mut state = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let writer = match std::mem::replace(&mut *state, State::Absent) {
            State::Prepared(writer) => writer,
            other => {
                *state = other;
                return Ok(());
            }
        };
        let (queue, tracing) = (Arc::clone(&self.queue), Arc::clone(&self.tracing));
        let started = self.started;
        let (tell, told) = channel();
        let body = move || {
            writer.run(&queue, started, &tracing);
            // Nobody listens any more when the end came too late.
            let _ = tell.send(());
        };
        let thread = std::thread::Builder::new()
            .name("asys-trace".into())
            .spawn(body);
        thread.map_err(|error| anyhow!("trace: writer thread: {}", cause(&error)))?;
        *state = State::Running(told);
        Ok(())
    }

    /// Whether there is a trace, so that it is worth finding out paths and files.
    #[must_use]
    pub fn traces(&self) -> bool {
        self.tracing.load(Ordering::Relaxed)
    }

    /// A worker has a call in hand, until what this returns is dropped.
    ///
    /// The caller goes on before its call is reported, and may be gone:
    /// [`Recorder::finish`] waits for the report.
    #[must_use]
    pub fn serving(&self) -> Serving<'_> {
        self.serving.fetch_add(1, Ordering::Relaxed);
        Serving(&self.serving)
    }

    /// A call is over: counts it, and queues it for the trace if it is to be recorded.
    pub fn call(&self, event: CallEvent) {
        self.tally.count(&event);
        if event.recorded {
            self.queue(Event::Call(event));
        }
    }

    /// Something happened to a process.
    pub fn process(&self, event: ProcessEvent) {
        self.queue(Event::Process(event));
    }

    fn queue(&self, event: Event) {
        match (self.wanted, self.traces()) {
            (true, true) => self.queue.push(event),
            (true, false) => self.queue.lose(1),
            (false, _) => {}
        }
    }

    /// Waits for workers to report, writes what is queued, and the footer.
    /// What is reported later is lost.
    ///
    /// Workers that hang cost a tenth of a second, a destination that hangs
    /// five seconds: neither must keep asys.
    pub fn finish(&self) -> Finished {
        self.wait_for_workers();
        let started = self.start();
        self.queue.close();
        let state = {
            let mut state = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *state, State::Absent)
        };
        let problem = match (started, state) {
            (Err(error), _) => Some(error.to_string()),
            (_, State::Running(told)) => outcome(&told),
            (_, State::Absent | State::Prepared(_)) => None,
        };
        // Unset already when the trace broke, which the operator was told.
        let whole = self.tracing.swap(false, Ordering::Relaxed);
        let lost = self.queue.lost();
        let slow = || (whole && lost > 0).then(|| too_slow(lost));
        Finished {
            lost,
            problem: problem.or_else(slow),
        }
    }

    fn wait_for_workers(&self) {
        let deadline = Instant::now() + REPORT_BOUND;
        while self.serving.load(Ordering::Acquire) > 0 && Instant::now() < deadline {
            std::thread::sleep(Duration::from_micros(200));
        }
    }

    /// The table of `--summary`, each line with its line feed. `counts` are
    /// what became of answers; `colours` is what `--color` came to.
    #[must_use]
    pub fn summary(&self, counts: &Counts, colours: bool) -> String {
        summary::render(&self.tally, counts, self.queue.lost(), colours)
    }
}

fn too_slow(lost: u64) -> String {
    format!("trace: events lost: {lost}: they came faster than they could be written")
}

fn outcome(told: &Receiver<()>) -> Option<String> {
    match told.recv_timeout(FINISH_BOUND) {
        Ok(()) => None,
        Err(RecvTimeoutError::Timeout) => {
            let seconds = FINISH_BOUND.as_secs();
            Some(format!(
                "trace: not written within {seconds} seconds: it is incomplete"
            ))
        }
        Err(RecvTimeoutError::Disconnected) => {
            Some("trace: its writer died: it is incomplete".to_owned())
        }
    }
}

/// A call in hand.
#[derive(Debug)]
pub struct Serving<'a>(&'a AtomicUsize);

impl Drop for Serving<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Release);
    }
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recorder")
            .field("traces", &self.traces())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::sink::Format;
    use super::super::testing::{dir, event, policy};
    use super::*;
    use std::fs::File;
    use std::path::Path;

    fn recorder(destination: Option<Destination>) -> Recorder {
        let policy = Arc::new(policy());
        let header = Header::new(&["true".into()], policy.digest());
        Recorder::new(destination, header, policy)
    }

    fn footer(path: &Path) -> serde_json::Value {
        let text = std::fs::read_to_string(path).unwrap();
        serde_json::from_str(text.lines().last().unwrap()).unwrap()
    }

    #[test]
    fn without_a_destination_it_only_counts() {
        let recorder = recorder(None);
        recorder.start().unwrap();
        assert!(!recorder.traces());
        recorder.call(event("stat", [0; 6]));
        assert_eq!(recorder.finish(), Finished::default());
        let summary = recorder.summary(&Counts::default(), false);
        assert!(summary.contains("stat") && summary.contains("total"));
    }

    #[test]
    fn many_workers_lose_nothing() {
        let dir = dir("many");
        let path = dir.join("t.jsonl");
        let recorder = recorder(Some(Destination::open(&path, false).unwrap()));
        recorder.start().unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..5000).for_each(|_| recorder.call(event("fsync", [1; 6]))));
            }
        });
        let mut quiet = event("fsync", [1; 6]);
        quiet.recorded = false;
        recorder.call(quiet);
        assert_eq!(recorder.finish(), Finished::default());
        assert_eq!(footer(&path)["calls"]["offloaded"], 20_000);
        assert_eq!(recorder.finish(), Finished::default());
    }

    #[test]
    fn a_run_that_never_began_leaves_a_whole_trace() {
        let dir = dir("never");
        let path = dir.join("t.jsonl");
        let recorder = recorder(Some(Destination::open(&path, false).unwrap()));
        assert_eq!(recorder.finish(), Finished::default());
        assert_eq!(footer(&path)["lost"], 0);
        assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 2);
    }

    #[test]
    fn a_broken_file_stops_the_collecting() {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let recorder = recorder(Some(Destination::for_test(full, Format::JsonLines)));
        recorder.start().unwrap();
        while recorder.traces() {
            std::thread::sleep(Duration::from_millis(1));
        }
        recorder.call(event("fsync", [1; 6]));
        assert_eq!(
            recorder.finish(),
            Finished {
                lost: 1,
                problem: None
            }
        );
    }

    #[test]
    fn the_end_waits_for_reports() {
        let dir = dir("reports");
        let path = dir.join("t.jsonl");
        let recorder = recorder(Some(Destination::open(&path, false).unwrap()));
        let serving = recorder.serving();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(Duration::from_millis(20));
                recorder.call(event("fsync", [1; 6]));
                drop(serving);
            });
            assert_eq!(recorder.finish().lost, 0);
        });
        assert_eq!(footer(&path)["calls"]["offloaded"], 1);
        let _hanging = recorder.serving();
        recorder.finish();
    }

    #[test]
    fn a_reader_that_hangs_does_not_hold_calls_up() {
        let (reader, writer) = std::io::pipe().unwrap();
        let file = File::from(std::os::fd::OwnedFd::from(writer));
        let recorder = recorder(Some(Destination::for_test(file, Format::JsonLines)));
        recorder.start().unwrap();
        let began = Instant::now();
        (0..100_000).for_each(|_| recorder.call(event("fsync", [1; 6])));
        assert!(began.elapsed() < Duration::from_secs(4));
        assert!(recorder.queue.lost() > 0);
        drop(reader);
        let finished = recorder.finish();
        assert!(finished.lost > 0 && finished.problem.is_none());
    }
}
