//! Waiting for what must happen. No test waits for time to pass, or cares how long anything takes.

use std::time::{Duration, Instant};

/// Long enough on any busy machine: what takes longer never happens.
pub const PATIENCE: Duration = Duration::from_secs(30);

const BETWEEN_LOOKS: Duration = Duration::from_millis(2);

/// Looks again and again until `done`; false when that never happens.
pub fn comes_true(mut done: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + PATIENCE;
    while !done() {
        if Instant::now() > deadline {
            return false;
        }
        std::thread::park_timeout(BETWEEN_LOOKS);
    }
    true
}

/// As [`comes_true`], for what a test cannot go on without.
pub fn until(what: &str, done: impl FnMut() -> bool) {
    assert!(comes_true(done), "waited for nothing: {what}");
}

/// The first thing `found` finds.
pub fn first<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let mut thing = None;
    until(what, || {
        thing = found();
        thing.is_some()
    });
    thing.expect("until has just seen it")
}
