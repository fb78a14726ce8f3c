//! read, readv, write and writev where they wait: pipes, FIFOs, counters, terminals.

mod counters;
mod pipes;
mod signals;
mod terminals;

use crate::case;
use crate::case::Family;
use crate::filesystem::FileSystem;
use libc::*;

pub const FAMILY: Family = Family {
    name: "pipes",
    on: FileSystem::HOME,
    cases: &[
        case!(pipes::until_something_comes),
        case!(pipes::all_of_it),
        case!(pipes::whole_or_not_at_all).each_sees(&WRITES, &[EAGAIN]),
        case!(pipes::room_that_ends).each_sees(&READS, &[EFAULT]),
        case!(pipes::bytes_that_end).each_sees(&WRITES, &[EFAULT]),
        case!(pipes::the_end_comes),
        case!(pipes::packets),
        case!(pipes::reader_leaves).each_sees(&WRITES, &[EPIPE]),
        case!(pipes::sigpipe),
        case!(pipes::named),
        case!(counters::wait).each_sees(&["read", "write"], &[EINVAL]),
        case!(counters::cannot_be_read).sees(&[("read", &[EFAULT])]),
        case!(counters::timers),
        case!(terminals::lines),
        case!(terminals::without_lines),
        case!(signals::interrupted).each_sees(&ALL, &[EINTR]),
        case!(signals::restarted),
        case!(signals::interrupted_in_the_middle),
        case!(signals::stopped),
    ],
};

const READS: [&str; 2] = ["read", "readv"];
const WRITES: [&str; 2] = ["write", "writev"];
const ALL: [&str; 4] = ["read", "readv", "write", "writev"];
