//! RENAME_ flags.

use super::pairs::KINDS;
use crate::args;
use crate::cases::world::{self, path};
use crate::twin::Twin;
use crate::users::self_and_ordinary;
use libc::*;

pub fn flags(t: &mut Twin) {
    let high = 0xdead_beef_0000_0000u64;
    let mut all: Vec<u64> = (0..32).map(|bit| 1 << bit).collect();
    all.extend([0, 3, 5, 6, 7, 8 | 1, u64::MAX, high, high | 1, high | 2]);
    for flags in all {
        for (from, to) in [
            (c"w/file", c"w/dir/inner"),
            (c"w/file", c"w/new"),
            (c"w/nowhere", c"w/file"),
            (c"w/full", c"w/dir"),
        ] {
            let _reader = world::build("w");
            t.call("renameat2", args![AT_FDCWD, from, AT_FDCWD, to, flags]);
            t.tree("w");
        }
    }
}

pub fn exchange(t: &mut Twin) {
    for from in KINDS {
        for to in KINDS {
            let _reader = world::build("w");
            let (from, to) = (path(&format!("w/{from}")), path(&format!("w/{to}")));
            t.call(
                "renameat2",
                args![
                    AT_FDCWD,
                    from.as_c_str(),
                    AT_FDCWD,
                    to.as_c_str(),
                    RENAME_EXCHANGE
                ],
            );
            t.tree("w");
        }
    }
}

pub fn no_replace(t: &mut Twin) {
    for to in KINDS.into_iter().chain(["new", "new/", "dir/", "", "."]) {
        for from in ["file", "full", "nowhere", "link"] {
            let _reader = world::build("w");
            let (from, to) = (path(&format!("w/{from}")), path(&format!("w/{to}")));
            t.call(
                "renameat2",
                args![
                    AT_FDCWD,
                    from.as_c_str(),
                    AT_FDCWD,
                    to.as_c_str(),
                    RENAME_NOREPLACE
                ],
            );
            t.tree("w");
        }
    }
}

/// Leaves a character device 0:0 behind, which takes CAP_MKNOD only before Linux 5.8.
pub fn whiteout(t: &mut Twin) {
    self_and_ordinary(t, |t| {
        let _reader = world::build("w");
        for (from, to) in [
            (c"w/file", c"w/moved"),
            (c"w/full", c"w/also"),
            (c"w/nowhere", c"w/x"),
            (c"w/link", c"w/dir/inner"),
        ] {
            for flags in [RENAME_WHITEOUT, RENAME_WHITEOUT | RENAME_NOREPLACE] {
                t.call("renameat2", args![AT_FDCWD, from, AT_FDCWD, to, flags]);
                t.tree("w");
            }
        }
    });
}
