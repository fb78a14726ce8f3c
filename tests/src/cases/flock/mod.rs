//! flock: locks of a file's openings.

mod openings;
mod signals;

use crate::args;
use crate::case;
use crate::case::Family;
use crate::filesystem::FileSystem;
use crate::twin::Twin;
use libc::*;

pub const FAMILY: Family = Family {
    name: "flock",
    on: FileSystem::ALL,
    cases: &[
        case!(openings::operations).sees(&[("flock", &[EINVAL])]),
        case!(openings::wrong_descriptors).sees(&[("flock", &[EBADF])]),
        case!(openings::kinds),
        case!(openings::two_openings).sees(&[("flock", &[EWOULDBLOCK])]),
        case!(openings::duplicates),
        case!(openings::conversions).sees(&[("flock", &[EWOULDBLOCK])]),
        case!(openings::of_another_process).sees(&[("flock", &[EWOULDBLOCK])]),
        case!(openings::released_at_the_end),
        case!(openings::waits_its_turn),
        case!(openings::other_kinds_of_locks),
        case!(signals::interrupted).sees(&[("flock", &[EINTR])]),
        case!(signals::restarted),
        case!(signals::stopped),
    ],
};

fn open(t: &mut Twin) -> i64 {
    t.call("open", args![c"file", O_CREAT | O_RDWR, 0o644])
}

fn flock(t: &mut Twin, fd: i64, operation: i32) -> i64 {
    t.call("flock", args![fd, operation])
}

/// Whether somebody else could have it, shared or alone; asked by a child with an opening of its own.
fn others(t: &mut Twin) {
    t.fork("another process", |t| {
        let fd = open(t);
        for operation in [LOCK_SH, LOCK_EX] {
            if flock(t, fd, operation | LOCK_NB) == 0 {
                flock(t, fd, LOCK_UN);
            }
        }
    });
}
