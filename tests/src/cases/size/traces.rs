//! What a change of size leaves on a file besides: mode and times.

use crate::cases::world;
use crate::contents::{open, open_contents};
use crate::twin::Twin;
use crate::users::self_and_ordinary;
use crate::{args, stamps};
use libc::*;

/// Changing a file takes set-user-ID and set-group-ID away, unless it is done by the privileged.
pub fn privilege_bits(t: &mut Twin) {
    self_and_ordinary(t, |t| {
        for mode in world::PRIVILEGE_BITS {
            for allocates in [false, true] {
                world::file("f", "x");
                world::chmod("f", mode);
                let fd = open(t, c"f", O_RDWR);
                match allocates {
                    true => t.call("fallocate", args![fd, 0, 0, 10]),
                    false => t.call("ftruncate", args![fd, 1]),
                };
                t.close(fd);
                t.tree(".");
            }
        }
    });
}

pub fn times(t: &mut Twin) {
    let keep = FALLOC_FL_KEEP_SIZE;
    let changes: [(&str, i32, i64); 6] = [
        ("ftruncate", 0, 36),
        ("ftruncate", 0, 20),
        ("ftruncate", 0, 50),
        ("fallocate", keep, 36),
        ("fallocate", keep, 10_000),
        ("fallocate", keep | FALLOC_FL_PUNCH_HOLE, 4),
    ];
    for (row, mode, length) in changes {
        let fd = open_contents(t);
        stamps::make_old("file");
        match row {
            "ftruncate" => t.call(row, args![fd, length]),
            _ => t.call(row, args![fd, mode, 0, length]),
        };
        t.close(fd);
        stamps::note_old(t, "file");
    }
}
