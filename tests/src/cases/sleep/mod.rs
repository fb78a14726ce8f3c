//! nanosleep, clock_nanosleep.

mod arguments;
mod signals;

use crate::arg::Arg;
use crate::args;
use crate::case;
use crate::case::Family;
use crate::filesystem::FileSystem;
use crate::twin::Twin;
use libc::*;

pub const FAMILY: Family = Family {
    name: "sleep",
    on: FileSystem::HOME,
    cases: &[
        case!(arguments::times).each_sees(&ROWS, &[EINVAL]),
        case!(arguments::memory).each_sees(&ROWS, &[EFAULT]),
        case!(arguments::clocks).sees(&[("clock_nanosleep", &[EINVAL, ENOTSUP])]),
        case!(arguments::moments),
        case!(arguments::long_enough),
        case!(signals::interrupted).each_sees(&ROWS, &[EINTR]),
        case!(signals::never_restarted).each_sees(&ROWS, &[EINTR]),
        case!(signals::until_a_moment).sees(&[("clock_nanosleep", &[EINTR])]),
        case!(signals::nowhere_for_the_rest).each_sees(&ROWS, &[EFAULT]),
        case!(signals::rest_in_place),
        case!(signals::of_no_consequence),
        case!(signals::stopped),
    ],
};

const ROWS: [&str; 2] = ["nanosleep", "clock_nanosleep"];

/// So long, by any clock that goes on.
fn sleep(t: &mut Twin, row: &str, time: &Arg, rest: &Arg) -> i64 {
    match row {
        "nanosleep" => t.call(row, args![time, rest]),
        _ => t.call(row, args![CLOCK_MONOTONIC, 0, time, rest]),
    }
}

fn time(time: &[i64; 2]) -> Arg {
    Arg::at(time.as_ptr() as usize, format!("{time:?}"))
}
