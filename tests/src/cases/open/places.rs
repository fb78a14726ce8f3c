//! Mounts that are read-only, full or in the way, and another root.

use super::how::resolve;
use super::ways::{ALL, CREATORS, describe, each_way, open_by};
use crate::cases::world;
use crate::twin::Twin;
use crate::{args, mounts};
use libc::*;
use std::ffi::CString;
use std::path::Path;

pub fn read_only_mount(t: &mut Twin) {
    let _reader = world::read_only();
    for name in [
        "w/file",
        "w/new",
        "w/dir",
        "w/dir/inner",
        "w/link",
        "w/dangling",
        "w/fifo",
    ] {
        let path = CString::new(name).expect("path");
        for flags in [
            O_RDONLY,
            O_WRONLY,
            O_RDWR,
            O_RDWR | O_CREAT,
            O_RDONLY | O_CREAT,
            O_TRUNC,
            O_TMPFILE | O_RDWR,
        ] {
            each_way(t, &path, flags, 0o600 * u32::from(flags & O_CREAT != 0));
        }
        let fd = open_by(t, "creat", &path, 0, 0o600);
        t.close(fd);
    }
}

pub fn full_file_system(t: &mut Twin) {
    world::tmpfs("size=64k,nr_inodes=3");
    world::file("m/one", "");
    world::file("m/two", "");
    for row in CREATORS {
        open_by(t, row, c"m/three", O_CREAT | O_RDWR, 0o600);
        let fd = open_by(t, row, c"m/one", O_CREAT | O_RDWR, 0o600);
        t.close(fd);
    }
    t.tree("m");
}

pub fn other_mounts(t: &mut Twin) {
    let _reader = world::build("w");
    mounts::tmpfs(Path::new("w/dir"), "size=64k").expect("tmpfs");
    world::file("w/dir/inside", "");
    let dir = t.call("open", args![c"w", O_PATH | O_DIRECTORY, 0]);
    for path in [
        c"dir",
        c"dir/inside",
        c"dir/..",
        c"dir/../file",
        c"file",
        c"/",
        c"..",
    ] {
        for bit in 0..6 {
            resolve(t, dir, path, 1 << bit, O_RDONLY);
        }
    }
    for row in ALL {
        for path in [c"w/dir/inside", c"w/dir/new", c"w/dir/../file"] {
            let fd = open_by(t, row, path, O_CREAT | O_RDWR, 0o600);
            describe(t, fd);
            t.close(fd);
        }
    }
}

pub fn changed_root(t: &mut Twin) {
    let _reader = world::build("w");
    world::file("outside", "");
    let outside = open_by(t, "open", c".", O_RDONLY | O_DIRECTORY, 0);
    t.call("chroot", args![c"w"]);
    for row in ALL {
        for path in [
            c"/file",
            c"/../outside",
            c"outside",
            c"w/file",
            c"/dir/inner",
            c"/absolute",
            c"/magic",
            c"/proc",
        ] {
            let fd = open_by(t, row, path, O_RDONLY, 0);
            t.close(fd);
        }
    }
    t.opened("openat", args![outside, c"outside", O_RDONLY]);
    t.opened("openat", args![outside, c"..", O_RDONLY]);
    t.opened("openat", args![outside, c"/file", O_RDWR | O_CREAT, 0o600]);
    t.call("chdir", args![c"/dir"]);
    for row in ALL {
        for path in [c"inner", c"../file", c"../../../file", c"/new"] {
            let fd = open_by(t, row, path, O_RDWR | O_CREAT, 0o600);
            t.close(fd);
        }
    }
}
