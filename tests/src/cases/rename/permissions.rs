//! Who may rename what, and inode flags.

use super::pairs::{ROWS, rename};
use crate::cases::world::{self, path};
use crate::twin::Twin;
use crate::users::{ALICE, BOB, NOBODY, ordinary};
use crate::{args, mounts};
use libc::*;
use std::os::unix::fs::chown;

/// Who may take an entry out of a directory, or replace one: write permission, and the sticky bit.
pub fn permissions(t: &mut Twin) {
    world::dir("home");
    for row in ROWS {
        for (dir, mode) in [
            ("sticky", 0o1777),
            ("open", 0o777),
            ("closed", 0o755),
            ("blind", 0o722),
        ] {
            let dir = format!("home/{dir}_{row}");
            world::dir(&dir);
            for (name, owner) in [("bobs", BOB), ("ours", NOBODY), ("ours2", NOBODY)] {
                let file = format!("{dir}/{name}");
                world::file(&file, name);
                chown(&file, Some(owner), Some(owner)).expect("chown");
            }
            chown(&dir, Some(ALICE), Some(ALICE)).expect("chown");
            world::chmod(&dir, mode);
        }
    }
    ordinary(t, |t| {
        for row in ROWS {
            for dir in ["sticky", "open", "closed", "blind"] {
                let name = |name: &str| path(&format!("{dir}_{row}/{name}"));
                rename(t, row, &name("bobs"), &name("x"));
                rename(t, row, &name("ours"), &name("bobs"));
                rename(t, row, &name("ours2"), &name("y"));
                rename(t, row, &name("nowhere"), &name("z"));
            }
        }
    });
}

/// A directory that changes its parent has its `..` written: that takes permission to write the directory itself.
pub fn directory_of_somebody_else(t: &mut Twin) {
    world::dir("home");
    for row in ROWS {
        for (from, mode) in [("plain", 0o755), ("shared", 0o777)] {
            let dir = format!("home/{from}_{row}");
            world::dir(&dir);
            chown(&dir, Some(ALICE), Some(ALICE)).expect("chown");
            world::chmod(&dir, mode);
        }
    }
    ordinary(t, |t| {
        world::dir("below");
        for row in ROWS {
            for from in ["plain", "shared"] {
                rename(
                    t,
                    row,
                    &path(&format!("{from}_{row}")),
                    &path(&format!("renamed_{from}_{row}")),
                );
                rename(
                    t,
                    row,
                    &path(&format!("renamed_{from}_{row}")),
                    &path(&format!("below/{from}_{row}")),
                );
            }
        }
    });
}

pub fn immutable(t: &mut Twin) {
    for row in ROWS {
        world::file("fixed", "");
        world::file("file", "");
        mounts::with_inode_flag(mounts::IMMUTABLE, &["fixed"], || {
            rename(t, row, c"fixed", c"new");
            rename(t, row, c"file", c"fixed");
            t.call(
                "renameat2",
                args![AT_FDCWD, c"file", AT_FDCWD, c"fixed", RENAME_EXCHANGE],
            );
        });
    }
}
