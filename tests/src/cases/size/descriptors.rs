//! Descriptors of every kind.

use super::file_systems::statfs_of;
use crate::arg::Arg;
use crate::args;
use crate::cases::world;
use crate::nameless::one_of_each;
use crate::twin::Twin;
use libc::*;

pub fn each(t: &mut Twin, fd: impl Into<Arg>) {
    let fd = fd.into();
    for length in [0, 10, -1] {
        t.call("ftruncate", args![&fd, length]);
    }
    let keep = FALLOC_FL_KEEP_SIZE;
    for mode in [0, keep, keep | FALLOC_FL_PUNCH_HOLE, FALLOC_FL_ZERO_RANGE] {
        t.call("fallocate", args![&fd, mode, 0, 10]);
    }
    t.call("fallocate", args![&fd, 0, 0, 0]);
    t.call("fallocate", args![&fd, FALLOC_FL_COLLAPSE_RANGE, 0, 4096]);
    statfs_of(t, fd);
}

pub fn every_kind_of_descriptor(t: &mut Twin) {
    let _reader = world::build("w");
    let more = [
        (c"/dev/null", O_RDWR),
        (c"/dev/zero", O_RDONLY),
        (c"/proc/self/comm", O_RDWR),
        (c"/proc", O_RDONLY),
        (c"/sys/kernel", O_RDONLY),
        (c"w", O_TMPFILE | O_RDWR),
    ];
    let held = world::HELD.into_iter().chain(more);
    let mut fds: Vec<i64> = held
        .map(|(path, flags)| t.call("open", args![path, flags, 0o600]))
        .collect();
    fds.extend(one_of_each());
    fds.extend([-1, 99, i64::from(AT_FDCWD), i64::from(i32::MIN)]);
    let high = 0xdead_beef_0000_0000u64;
    for fd in fds {
        each(t, fd);
        each(t, high | (fd as u64 & 0xffff_ffff));
    }
    t.tree("w");
}
