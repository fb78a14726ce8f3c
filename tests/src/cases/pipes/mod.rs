//! read, readv, write and writev where they wait: pipes, FIFOs, counters, terminals.

mod bytes;
mod counters;
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
        case!(bytes::until_something_comes),
        case!(bytes::all_of_it),
        case!(bytes::whole_or_not_at_all).each_sees(&WRITES, &[EAGAIN]),
        case!(bytes::room_that_ends).each_sees(&READS, &[EFAULT]),
        case!(bytes::bytes_that_end).each_sees(&WRITES, &[EFAULT]),
        case!(bytes::the_end_comes),
        case!(bytes::packets),
        case!(bytes::reader_leaves).each_sees(&WRITES, &[EPIPE]),
        case!(bytes::sigpipe),
        case!(bytes::named),
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
