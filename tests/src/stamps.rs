//! Which of a file's times something changes, and to what. A time that the clock chose is only "now".

use crate::deadline::until;
use crate::twin::Twin;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, UNIX_EPOCH};

type Stamp = (i64, i64);

/// Access, modification and change of what lies there, not followed.
fn of(path: &str) -> Option<[Stamp; 3]> {
    let meta = fs::symlink_metadata(path).ok()?;
    Some([
        (meta.atime(), meta.atime_nsec()),
        (meta.mtime(), meta.mtime_nsec()),
        (meta.ctime(), meta.ctime_nsec()),
    ])
}

fn now() -> Stamp {
    let mut time: libc::timespec = crate::twin::blank();
    // SAFETY: a place for the answer.
    unsafe { libc::clock_gettime(libc::CLOCK_REALTIME_COARSE, &raw mut time) };
    (time.tv_sec, time.tv_nsec)
}

/// Until the clock that files are stamped by has gone on: what is stamped from now on shows.
pub fn next_tick() {
    let start = now();
    until("the clock's next tick", || now() > start);
}

/// Long before any test.
const OLD: i64 = 1_000_000_000;

/// Read and written long ago.
pub fn make_old(path: &str) {
    let old = UNIX_EPOCH + Duration::from_secs(OLD as u64);
    let file = fs::File::options().write(true).open(path).expect(path);
    let times = fs::FileTimes::new().set_accessed(old).set_modified(old);
    file.set_times(times).expect(path);
}

/// Which of the times that [`make_old`] set are still there.
pub fn note_old(t: &mut Twin, path: &str) {
    let meta = fs::metadata(path).expect(path);
    let [read, written] = [meta.atime(), meta.mtime()].map(|time| time == OLD);
    t.note(
        "untouched",
        format_args!("{path} read {read} written {written}"),
    );
}

/// What `body` does to the times of each path.
pub fn changes(t: &mut Twin, paths: &[&str], body: impl FnOnce(&mut Twin)) {
    let before: Vec<_> = paths.iter().map(|path| of(path)).collect();
    next_tick();
    let start = now();
    body(t);
    // Stamps can be finer than this clock, and ahead of it.
    let end = (now().0 + 2, 0);
    for (path, before) in paths.iter().zip(before) {
        let Some((before, after)) = before.zip(of(path)) else {
            t.note("times", format_args!("{path} is not there"));
            continue;
        };
        let word = |i: usize| match after[i] {
            same if same == before[i] => "kept".into(),
            stamp if start <= stamp && stamp <= end => "now".into(),
            (seconds, nanos) => format!("{seconds}.{nanos:09}"),
        };
        let [read, written, changed] = [0, 1, 2].map(word);
        t.note(
            "times",
            format_args!("{path} read {read}, written {written}, changed {changed}"),
        );
    }
}
