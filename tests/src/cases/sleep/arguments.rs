use super::{ROWS, sleep, time};
use crate::arg::Arg;
use crate::args;
use crate::memory;
use crate::twin::{Twin, blank};
use libc::*;
use std::time::{Duration, Instant};

/// Out of range, and so short that it is over at once. The rest is untouched.
pub fn times(t: &mut Twin) {
    for row in ROWS {
        for asked in [
            [0, 0],
            [0, 1],
            [0, 1_000_000],
            [0, 1_000_000_000],
            [0, i64::MAX],
            [0, -1],
            [-1, 0],
            [-1, 5],
            [i64::MIN, 0],
            [i64::MAX, 1_000_000_000],
        ] {
            let rest = [7, 7];
            sleep(t, row, &time(&asked), &time(&rest));
            t.note("rest", format_args!("{rest:?}"));
            sleep(t, row, &time(&asked), &0.into());
        }
    }
}

pub fn memory(t: &mut Twin) {
    let short = [0, 1];
    for row in ROWS {
        for spot in memory::bad().into_iter().chain([memory::read_only()]) {
            sleep(t, row, &Arg::from(&spot), &0.into());
            // Nothing is left: nobody writes.
            sleep(t, row, &time(&short), &Arg::from(&spot));
        }
        let half = memory::before_the_edge(&[0; 8]);
        sleep(t, row, &Arg::from(&half), &0.into());
    }
}

/// Known and unknown, of this process and thread, and of others; which flags there are.
pub fn clocks(t: &mut Twin) {
    let short = [0, 1];
    let wrong = [0, -1];
    for clock in -10..20 {
        if clock == CLOCK_PROCESS_CPUTIME_ID || clock == -6 || clock == -2 {
            // Who sleeps uses no time.
            continue;
        }
        t.call("clock_nanosleep", args![clock, 0, time(&wrong), 0]);
        t.call("clock_nanosleep", args![clock, 0, 1, 1]);
        t.call(
            "clock_nanosleep",
            args![clock, TIMER_ABSTIME, time(&wrong), 0],
        );
        if clock >= 0 {
            t.call("clock_nanosleep", args![clock, 0, time(&short), 0]);
        }
    }
    for clock in [1000, i32::MAX, i32::MIN] {
        t.call("clock_nanosleep", args![clock, 0, time(&short), 0]);
    }
    for flags in [0, 1, 2, 3, 4, 1 << 30, -1, i32::MIN] {
        let done = t.call(
            "clock_nanosleep",
            args![CLOCK_MONOTONIC, flags, time(&short), 0],
        );
        t.note("done", done);
    }
}

/// One that has been, and one that comes soon.
pub fn moments(t: &mut Twin) {
    for clock in [CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_TAI] {
        let mut now: timespec = blank();
        // SAFETY: a place for the answer.
        unsafe { clock_gettime(clock, &raw mut now) };
        for ahead in [-1_000_000_000, 0, 5_000_000] {
            let all = i128::from(now.tv_sec) * 1_000_000_000 + i128::from(now.tv_nsec) + ahead;
            let then = [(all / 1_000_000_000) as i64, (all % 1_000_000_000) as i64];
            let place = Arg::at(then.as_ptr() as usize, format!("now and {ahead}"));
            let rest = [7, 7];
            t.call(
                "clock_nanosleep",
                args![clock, TIMER_ABSTIME, place, time(&rest)],
            );
            t.note("rest", format_args!("{rest:?}"));
            let mut after: timespec = blank();
            // SAFETY: a place for the answer.
            unsafe { clock_gettime(clock, &raw mut after) };
            t.note("it has come", [after.tv_sec, after.tv_nsec] >= then);
        }
    }
}

/// Never less.
pub fn long_enough(t: &mut Twin) {
    for row in ROWS {
        for milliseconds in [1, 30] {
            let start = Instant::now();
            sleep(t, row, &time(&[0, milliseconds * 1_000_000]), &0.into());
            let enough = start.elapsed() >= Duration::from_millis(milliseconds as u64);
            t.note("long enough", enough);
        }
    }
}
