//! What reading and writing leave on a file besides bytes: mode and times.

use super::WRITES;
use crate::cases::world;
use crate::contents::{open, open_contents};
use crate::twin::Twin;
use crate::users::self_and_ordinary;
use crate::{args, stamps};
use libc::*;

/// Writing takes set-user-ID and set-group-ID away, unless the writer is privileged.
pub fn privilege_bits(t: &mut Twin) {
    self_and_ordinary(t, |t| {
        for mode in world::PRIVILEGE_BITS {
            for row in WRITES {
                world::file("f", "x");
                world::chmod("f", mode);
                let fd = open(t, c"f", O_RDWR);
                t.call(row, args![fd, b"y", 0, 0]);
                t.tree(".");
                t.call(row, args![fd, b"y", 1, 0]);
                t.close(fd);
                t.tree(".");
            }
        }
    });
}

/// Reading and writing set the times they should, or not.
pub fn times(t: &mut Twin) {
    for (row, count) in [
        ("read", 4),
        ("read", 0),
        ("pread64", 4),
        ("write", 4),
        ("write", 0),
        ("pwrite64", 4),
    ] {
        for flags in [O_RDWR, O_RDWR | O_NOATIME] {
            let fd = open_contents(t);
            t.close(fd);
            stamps::make_old("file");
            let fd = open(t, c"file", flags);
            t.call(row, args![fd, &mut [0u8; 8], count, 0]);
            t.close(fd);
            stamps::note_old(t, "file");
        }
    }
}
