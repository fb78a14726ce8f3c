//! RWF_ flags, and flags of the open file.

use super::vectors::{ALL, HERE, Vector, call, flagged, moves, seek};
use crate::arg::Arg;
use crate::cases::world;
use crate::contents::{CONTENTS, open, open_contents, where_is};
use crate::memory::Spot;
use crate::nameless::one_of_each;
use crate::twin::Twin;
use crate::{args, memory};
use libc::*;
use std::fs;

/// RWF_HIPRI, DSYNC, SYNC, NOWAIT, APPEND, NOAPPEND, ATOMIC, DONTCACHE, and what has no name yet.
fn all_flags() -> Vec<u32> {
    let mut flags: Vec<u32> = (0..32).map(|bit| 1 << bit).collect();
    flags.extend([
        0,
        2 | 4,
        8 | 16,
        16 | 32,
        2 | 16,
        8 | 1,
        64 | 2,
        128 | 4,
        u32::MAX,
    ]);
    flags
}

pub fn flags(t: &mut Twin) {
    for flags in all_flags() {
        for offset in [0, 10, HERE, -2, 36] {
            for (lengths, status) in [(&[4, 4][..], 0), (&[8], O_APPEND), (&[0], 0)] {
                let fd = open_contents(t);
                t.call("fcntl", args![fd, F_SETFL, status]);
                seek(t, fd, 20);
                let mut bytes = *b"WXYZwxyz";
                let vector = Vector::cut(&mut bytes, lengths);
                flagged(t, "pwritev2", fd, &vector, offset, flags);
                where_is(t, fd);
                t.tree(".");
                flagged(t, "preadv2", fd, &vector, offset, flags & !128);
                where_is(t, fd);
                t.bytes("bytes", &bytes);
                t.close(fd);
            }
        }
    }
}

pub fn flags_on_many_descriptors(t: &mut Twin) {
    let _reader = world::build("w");
    let mut fds = [
        (c"w/file", O_RDONLY),
        (c"w/file", O_PATH),
        (c"w/dir", O_RDONLY),
        (c"/dev/null", O_RDWR),
        (c"/dev/zero", O_RDWR),
        (c"/proc/self/comm", O_RDWR),
    ]
    .map(|(path, flags)| open(t, path, flags))
    .to_vec();
    fds.extend(one_of_each());
    fds.extend([-1, 99]);
    for fd in fds {
        for flags in all_flags() {
            for offset in [0, HERE] {
                let mut bytes = *b"WXYZwxyz";
                let vector = Vector::cut(&mut bytes, &[8]);
                flagged(t, "pwritev2", fd, &vector, offset, flags);
                flagged(t, "preadv2", fd, &vector, offset, flags);
                t.bytes("bytes", &bytes);
            }
        }
    }
}

pub fn synchronous(t: &mut Twin) {
    for flags in [
        O_SYNC,
        O_DSYNC,
        O_SYNC | O_APPEND,
        O_NONBLOCK,
        O_ASYNC,
        O_NOATIME,
    ] {
        for row in ALL {
            world::file("file", CONTENTS);
            let fd = open(t, c"file", O_RDWR | flags);
            moves(t, row, fd, &[4, 2], 20);
            where_is(t, fd);
            t.close(fd);
            t.tree(".");
        }
    }
}

pub fn direct(t: &mut Twin) {
    fs::write("file", vec![b'd'; 16384]).expect("file");
    let fd = open(t, c"file", O_RDWR | O_DIRECT);
    let pages = [0, 1].map(|_| memory::room_before(memory::PAGE, PROT_NONE));
    for (skip, count, offset) in [
        (0, 4096, 0),
        (1, 512, 0),
        (0, 100, 0),
        (0, 4096, 1),
        (0, 4096, 12288),
    ] {
        let part = |page: &Spot| (Arg::at(page.address + skip, format!("page+{skip}")), count);
        let vector = Vector::new(pages.iter().map(part));
        for row in ALL {
            seek(t, fd, offset);
            call(t, row, fd, &vector, offset);
            where_is(t, fd);
        }
    }
    t.tree(".");
}
