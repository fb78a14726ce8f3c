//! Everything onto everything else, odd names, and two bad ones.

use super::pairs::{KINDS, ROWS, rename};
use crate::args;
use crate::cases::world::{self, path};
use crate::twin::Twin;
use libc::*;
use std::fs;

pub fn everything_onto_everything(t: &mut Twin) {
    for (i, from) in KINDS.iter().enumerate() {
        for (j, to) in KINDS.iter().enumerate() {
            // Every pair by one row, the errnos of the table by all of them.
            let rows = if i < 4 && j < 4 {
                &ROWS[..]
            } else {
                &ROWS[(i + j) % 3..][..1]
            };
            for row in rows {
                let _reader = world::build("w");
                rename(
                    t,
                    row,
                    &path(&format!("w/{from}")),
                    &path(&format!("w/{to}")),
                );
                t.tree("w");
            }
        }
    }
    for row in ROWS {
        let _reader = world::build("w");
        for (from, to) in [
            (c"w/full", c"w/full/sub/x"),
            (c"w/nowhere", c"w/x"),
            (c"w/file/x", c"w/y"),
            (c"w/dir", c"w/full"),
        ] {
            rename(t, row, from, to);
        }
    }
}

const ODD_NAMES: &str =
    ". .. / dir/ file/ dir/. dir/.. new/ dirlink/ link/ here/ new/new full/sub/";

pub fn odd_names(t: &mut Twin) {
    for row in ROWS {
        for name in ODD_NAMES.split(' ').chain([""]) {
            for forth in [true, false] {
                let _reader = world::build("w");
                let odd = path(&if name == "/" {
                    name.into()
                } else {
                    format!("w/{name}")
                });
                for plain in [c"w/full", c"w/file"] {
                    match forth {
                        true => rename(t, row, plain, &odd),
                        false => rename(t, row, &odd, plain),
                    }
                }
                t.tree("w");
            }
        }
        let _reader = world::build("w");
        rename(t, row, c"w", c"w/dir/w");
        rename(t, row, c".", c"w/x");
        rename(t, row, c"w", c".");
    }
}

pub fn both_paths(t: &mut Twin) {
    let bad = world::dead_ends();
    let bad = bad.each_ref().map(|path| path.as_c_str());
    for row in ROWS {
        let _reader = world::build("w");
        let good = [c"w/file", c"w/dir"];
        for one in bad {
            for other in bad.iter().copied().chain(good) {
                rename(t, row, one, other);
                rename(t, row, other, one);
            }
        }
    }
}

pub fn hard_links(t: &mut Twin) {
    for row in ROWS {
        world::file("one", "contents");
        fs::hard_link("one", "two").expect("link");
        // Two names of one file: nothing happens, and that is success.
        rename(t, row, c"one", c"two");
        t.tree(".");
        rename(t, row, c"one", c"one");
        t.call(
            "renameat2",
            args![AT_FDCWD, c"one", AT_FDCWD, c"two", RENAME_EXCHANGE],
        );
        t.tree(".");
        fs::remove_file("one").expect("one");
        fs::remove_file("two").expect("two");
    }
}

pub fn bad_second_pointer(t: &mut Twin) {
    world::file("file", "");
    for spot in crate::memory::bad() {
        for from in [c"file", c"nowhere", c""] {
            t.call("rename", args![from, &spot]);
            t.call("renameat", args![AT_FDCWD, from, AT_FDCWD, &spot]);
            t.call(
                "renameat2",
                args![AT_FDCWD, from, -1, &spot, RENAME_NOREPLACE],
            );
            t.call(
                "renameat2",
                args![AT_FDCWD, &spot, AT_FDCWD, &spot, 1u32 << 31],
            );
        }
    }
    t.tree(".");
}
