//! poll, ppoll.

mod descriptors;
mod limits;
mod masks;
mod memory;
mod signals;
mod times;

use crate::arg::Arg;
use crate::args;
use crate::case;
use crate::case::Family;
use crate::filesystem::FileSystem;
use crate::twin::Twin;
use libc::*;

pub const FAMILY: Family = Family {
    name: "poll",
    on: FileSystem::HOME,
    cases: &[
        case!(descriptors::kinds),
        case!(descriptors::events),
        case!(descriptors::states_of_sockets),
        case!(descriptors::closed_and_negative),
        case!(descriptors::twice),
        case!(descriptors::only_the_answer_is_written),
        case!(limits::counts).each_sees(&ROWS, &[EINVAL]),
        case!(limits::many),
        case!(limits::more_than_may_be_open).each_sees(&ROWS, &[EINVAL]),
        case!(memory::bad).each_sees(&ROWS, &[EFAULT]),
        case!(memory::cannot_be_written).each_sees(&ROWS, &[EFAULT]),
        case!(memory::times_and_masks).sees(&[("ppoll", &[EFAULT, EINVAL])]),
        case!(times::short),
        case!(times::until_something_comes),
        case!(times::the_other_end_goes),
        case!(times::what_is_left),
        case!(masks::pending).sees(&[("ppoll", &[EINTR])]),
        case!(masks::swapped).sees(&[("ppoll", &[EINTR])]),
        case!(masks::ready_and_pending),
        case!(masks::back_again),
        case!(signals::interrupted).each_sees(&ROWS, &[EINTR]),
        case!(signals::never_restarted).each_sees(&ROWS, &[EINTR]),
        case!(signals::of_no_consequence),
        case!(signals::stopped),
        case!(signals::stopped_with_a_timeout),
    ],
};

const ROWS: [&str; 2] = ["poll", "ppoll"];

/// In milliseconds; a negative one is for ever.
fn poll(t: &mut Twin, row: &str, fds: &[pollfd], milliseconds: i64) -> i64 {
    let place = Arg::at(fds.as_ptr() as usize, asked(fds));
    poll_at(t, row, &place, fds.len(), milliseconds)
}

fn poll_at(t: &mut Twin, row: &str, fds: &Arg, count: usize, milliseconds: i64) -> i64 {
    if row == "poll" {
        return t.call(row, args![fds, count, milliseconds as i32]);
    }
    let time = timespec {
        tv_sec: milliseconds / 1000,
        tv_nsec: milliseconds % 1000 * 1_000_000,
    };
    let place = match milliseconds {
        ..0 => 0.into(),
        _ => Arg::at(&raw const time as usize, format!("{milliseconds} ms")),
    };
    t.call(row, args![fds, count, &place, 0, 8])
}

fn asked(fds: &[pollfd]) -> String {
    let all = fds
        .iter()
        .take(8)
        .map(|fd| format!("{}:{:#x}", fd.fd, fd.events));
    all.collect::<Vec<_>>().join(" ")
}

fn one(fd: i64, events: i16) -> pollfd {
    pollfd {
        fd: fd as i32,
        events,
        // Whatever was there before.
        revents: 0x55,
    }
}

fn answers(t: &mut Twin, fds: &[pollfd]) {
    let all = fds
        .iter()
        .map(|fd| format!("{}:{:#x}:{:#x}", fd.fd, fd.events, fd.revents));
    t.note("answers", all.collect::<Vec<_>>().join(" "));
}

/// At once, by both.
fn look(t: &mut Twin, fds: &mut [pollfd]) {
    for row in ROWS {
        fds.iter_mut().for_each(|fd| fd.revents = 0x55);
        poll(t, row, fds, 0);
        answers(t, fds);
    }
}
