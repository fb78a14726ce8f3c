//! Times to the nanosecond.

use crate::args;
use crate::cases::world;
use crate::twin::{Twin, blank};
use libc::*;
use std::fs;
use std::time::{Duration, UNIX_EPOCH};

/// Times somebody set are exact to the nanosecond, before 1970 and after 2038 too.
pub fn exact_times(t: &mut Twin) {
    for (seconds, nanos) in [
        (0i64, 0),
        (1_000_000_000, 123_456_789),
        (5_000_000_000, 999_999_999),
        (-5, 1),
    ] {
        world::file("file", "x");
        let at = match u64::try_from(seconds) {
            Ok(after) => UNIX_EPOCH + Duration::new(after, nanos),
            Err(_) => UNIX_EPOCH - Duration::from_secs(5) + Duration::new(0, nanos),
        };
        let file = fs::File::options().write(true).open("file").expect("file");
        file.set_times(fs::FileTimes::new().set_accessed(at).set_modified(at))
            .expect("times");
        let mut st: libc::stat = blank();
        for row in ["stat", "lstat"] {
            t.call(row, args![c"file", &raw mut st]);
            t.note(
                "times",
                format_args!(
                    "{} {} {} {}",
                    st.st_mtime, st.st_mtime_nsec, st.st_atime, st.st_atime_nsec
                ),
            );
        }
        let mut st: libc::statx = blank();
        t.call("statx", args![AT_FDCWD, c"file", 0, STATX_ALL, &raw mut st]);
        t.note(
            "times",
            format_args!(
                "{} {} {}",
                st.stx_mtime.tv_sec, st.stx_mtime.tv_nsec, st.stx_atime.tv_sec
            ),
        );
    }
}

fn now(clock: clockid_t) -> (i64, i64) {
    let mut time: timespec = blank();
    // SAFETY: a place for the answer.
    unsafe { clock_gettime(clock, &raw mut time) };
    (time.tv_sec, time.tv_nsec)
}

/// What the kernel sets lies between the coarse clock before and the fine one after.
pub fn times_follow_the_clock(t: &mut Twin) {
    let before = now(CLOCK_REALTIME_COARSE);
    world::file("file", "x");
    fs::set_permissions("file", fs::metadata("file").expect("file").permissions()).expect("ctime");
    let after = now(CLOCK_REALTIME);
    let mut st: libc::stat = blank();
    t.call("stat", args![c"file", &raw mut st]);
    for (name, time) in [
        ("modified", (st.st_mtime, st.st_mtime_nsec)),
        ("changed", (st.st_ctime, st.st_ctime_nsec)),
        ("read", (st.st_atime, st.st_atime_nsec)),
    ] {
        t.note(name, before <= time && time <= after);
    }
    let mut st: libc::statx = blank();
    t.call("statx", args![AT_FDCWD, c"file", 0, STATX_ALL, &raw mut st]);
    let birth = (st.stx_btime.tv_sec, i64::from(st.stx_btime.tv_nsec));
    t.note(
        "born",
        st.stx_mask & STATX_BTIME == 0 || (before <= birth && birth <= after),
    );
}
