//! What reading and writing leave on a file besides bytes: mode and times.

use super::vectors::{ALL, WRITES, moves, writes};
use crate::cases::world;
use crate::contents::{CONTENTS, open};
use crate::stamps;
use crate::twin::Twin;
use crate::users::self_and_ordinary;
use libc::*;

/// Writing takes set-user-ID and set-group-ID away, unless the writer is privileged.
pub fn privilege_bits(t: &mut Twin) {
    self_and_ordinary(t, |t| {
        for mode in world::PRIVILEGE_BITS {
            for row in WRITES {
                world::file("f", "x");
                world::chmod("f", mode);
                let fd = open(t, c"f", O_RDWR);
                writes(t, row, fd, &[0, 0], 0);
                t.tree(".");
                writes(t, row, fd, &[0, 1], 0);
                t.close(fd);
                t.tree(".");
            }
        }
    });
}

/// Reading and writing set the times they should, or not.
pub fn times(t: &mut Twin) {
    for row in ALL {
        for lengths in [&[2, 2][..], &[0]] {
            for flags in [O_RDWR, O_RDWR | O_NOATIME] {
                world::file("file", CONTENTS);
                stamps::make_old("file");
                let fd = open(t, c"file", flags);
                moves(t, row, fd, lengths, 0);
                t.close(fd);
                stamps::note_old(t, "file");
            }
        }
    }
}
