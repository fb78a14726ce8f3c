//! From mount to mount, on one that is read-only, and where there is no room.

use super::pairs::{ROWS, rename};
use crate::cases::world::{self, path};
use crate::mounts;
use crate::twin::Twin;
use std::fs;

pub fn across_mounts(t: &mut Twin) {
    let _reader = world::with_mount();
    world::dir("same");
    mounts::bind("w", "same", false);
    for row in ROWS {
        for (from, to) in [
            (c"w/file", c"w/dir/moved"),
            (c"w/dir/inside", c"w/moved"),
            (c"w/file", c"same/moved"),
            (c"w/dir", c"w/moved"),
            (c"w/full/sub", c"w/dir"),
            (c"same", c"moved"),
            (c"w/dir/inside", c"w/dir/renamed"),
            (c"w/dir/renamed", c"w/dir/inside"),
        ] {
            rename(t, row, from, to);
        }
    }
    t.tree("w");
}

pub fn read_only_mount(t: &mut Twin) {
    let _reader = world::read_only();
    for row in ROWS {
        for (from, to) in [
            (c"w/file", c"w/new"),
            (c"w/file", c"w/link"),
            (c"w/nowhere", c"w/new"),
            (c"w/file", c"w/file"),
            (c"w/file", c"out"),
        ] {
            rename(t, row, from, to);
        }
    }
}

/// A directory that must grow by a block there is none of.
pub fn full_file_system(t: &mut Twin) {
    world::dir("m");
    mounts::ext4("m", 1024, || (), &[]);
    for name in ["m/from", "m/to"] {
        world::dir(name);
    }
    for i in 0..200 {
        world::file(&format!("m/from/{i}"), "");
    }
    // Block by block: one large write would leave some free.
    let mut filler = fs::File::create("m/filler").expect("filler");
    while std::io::Write::write_all(&mut filler, &[0; 1024]).is_ok() {}
    for i in 0..200 {
        let from = path(&format!("m/from/{i}"));
        // Long names: a block of one kilobyte holds three, and a few blocks are kept for just this.
        let to = path(&format!("m/to/{i}{}", "n".repeat(250)));
        rename(t, ROWS[i % 3], &from, &to);
    }
}

pub fn too_many_links(t: &mut Twin) {
    world::dir("m");
    let fill = || ["m/d", "m/e"].into_iter().for_each(world::dir);
    mounts::ext4("m", 1024, fill, &["set_inode_field /d links_count 65000"]);
    for row in ROWS {
        rename(t, row, c"m/e", c"m/d/e");
    }
}
