//! Flags, masks, empty paths, and no paths.

use super::lines::{newfstatat, statx, statx_line};
use crate::arg::Arg;
use crate::cases::world;
use crate::twin::{Twin, blank};
use crate::{args, memory};
use libc::*;

pub fn bad_descriptors(t: &mut Twin) {
    let mut st: libc::stat = blank();
    let high = 0xdead_beef_0000_0000u64;
    for fd in [-1, -100, 99, i32::MAX, i32::MIN, 1 << 20] {
        t.call("fstat", args![fd, &raw mut st]);
        newfstatat(t, fd, c"", AT_EMPTY_PATH as u32);
        newfstatat(t, fd, c"x", 0);
        statx(t, fd, c"", AT_EMPTY_PATH, STATX_ALL);
        statx(t, fd, c"x", 0, STATX_ALL);
    }
    for fd in [high, high | 99, high | 0xffff_ffff] {
        t.call("fstat", args![fd, &raw mut st]);
    }
    t.call("fstat", args![99, 0]);
}

pub fn flags(t: &mut Twin) {
    let _reader = world::build("w");
    for path in [c"w/file", c"w/link", c"w/dangling", c"", c"w"] {
        for bit in 0..32 {
            newfstatat(t, AT_FDCWD, path, 1 << bit);
            statx(t, AT_FDCWD, path, (1u32 << bit) as i32, STATX_BASIC_STATS);
        }
        for flags in [0x1900, 0x900, 0x1100, 0x1800, u32::MAX] {
            newfstatat(t, AT_FDCWD, path, flags);
            statx(t, AT_FDCWD, path, flags as i32, STATX_BASIC_STATS);
        }
    }
    let high = 0xdead_beef_0000_0000u64;
    let mut st: libc::stat = blank();
    t.call(
        "newfstatat",
        args![
            high | u64::from(AT_FDCWD as u32),
            c"w/link",
            &raw mut st,
            high | 0x100
        ],
    );
    t.stat("wide", &st);
    let mut st: libc::statx = blank();
    t.call(
        "statx",
        args![AT_FDCWD, c"w/link", high | 0x100, high | 0x7ff, &raw mut st],
    );
    statx_line(t, &st);
}

/// AT_EMPTY_PATH asks about the descriptor; so does, since 6.11, no path at all.
pub fn empty_and_null_paths(t: &mut Twin) {
    let _reader = world::build("w");
    let held = [
        (c"w/file", O_RDONLY),
        (c"w/file", O_PATH),
        (c"w/link", O_PATH | O_NOFOLLOW),
        (c"w/dir", O_PATH),
        (c"w/dir", O_RDONLY),
        (c"w/socket", O_PATH),
        (c"w/fifo", O_RDWR),
        (c"/dev/null", O_RDWR),
        (c"/proc/self/stat", O_RDONLY),
    ];
    for (path, flags) in held {
        let fd = t.call("open", args![path, flags]);
        for flags in [
            0,
            AT_EMPTY_PATH,
            AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW,
            AT_EMPTY_PATH | AT_NO_AUTOMOUNT,
        ] {
            let unreadable = memory::before_the_edge(b"");
            for path in [
                Arg::from(c""),
                Arg::from(0),
                Arg::from(&unreadable),
                Arg::from(c"/"),
            ] {
                newfstatat(t, fd, path.clone(), flags as u32);
                statx(t, fd, path, flags, STATX_BASIC_STATS);
            }
        }
        t.close(fd);
    }
}

pub fn empty_and_null_paths_here(t: &mut Twin) {
    for flags in [0, AT_EMPTY_PATH] {
        for path in [Arg::from(c""), Arg::from(0)] {
            newfstatat(t, AT_FDCWD, path.clone(), flags as u32);
            statx(t, AT_FDCWD, path, flags, STATX_BASIC_STATS);
        }
    }
}

pub fn masks(t: &mut Twin) {
    let _reader = world::build("w");
    for bit in 0..32 {
        statx(t, AT_FDCWD, c"w/file", 0, 1 << bit);
    }
    for mask in [
        0,
        STATX_TYPE,
        STATX_BASIC_STATS,
        STATX_ALL,
        0x7fff_ffff,
        u32::MAX,
    ] {
        for path in [
            c"w/file",
            c"w/dir",
            c"w/fifo",
            c"/",
            c"/proc/self/stat",
            c"/dev/null",
            c"/sys",
        ] {
            statx(t, AT_FDCWD, path, 0, mask);
        }
    }
}

pub fn statx_flags(t: &mut Twin) {
    let _reader = world::build("w");
    for sync in [
        AT_STATX_SYNC_AS_STAT,
        AT_STATX_FORCE_SYNC,
        AT_STATX_DONT_SYNC,
        0x6000,
    ] {
        for more in [0, AT_SYMLINK_NOFOLLOW, AT_NO_AUTOMOUNT, AT_EMPTY_PATH] {
            for path in [c"w/file", c"w/link", c"w/nowhere"] {
                statx(t, AT_FDCWD, path, sync | more, STATX_BASIC_STATS);
            }
        }
    }
}
