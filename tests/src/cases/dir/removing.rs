//! What can be removed, by which call, and by whom.

use crate::args;
use crate::cases::world::{self, path};
use crate::twin::Twin;
use crate::users::{ALICE, BOB, NOBODY, ordinary};
use libc::*;
use std::ffi::CStr;
use std::fs;
use std::os::unix::fs::chown;

pub fn remove(t: &mut Twin, row: &str, path: &CStr) {
    match row {
        "unlinkat" => t.call(row, args![AT_FDCWD, path, 0]),
        "removedir" => t.call("unlinkat", args![AT_FDCWD, path, AT_REMOVEDIR]),
        _ => t.call(row, args![path]),
    };
}

pub const REMOVERS: [&str; 4] = ["unlink", "unlinkat", "removedir", "rmdir"];

pub fn remove_everything(t: &mut Twin) {
    let names = [
        "file",
        "dir",
        "full",
        "full/sub",
        "link",
        "dirlink",
        "dirlink/",
        "dangling",
        "loop",
        "fifo",
        "socket",
        "here",
        "here/",
        ".",
        "..",
        "dir/.",
        "full/sub/.",
        "full/..",
        "dir/..",
        "file/.",
        "full/sub/",
        "dir/inner",
        "nowhere",
    ];
    for row in REMOVERS {
        for name in names {
            let _reader = world::build("w");
            let path = path(&format!("w/{name}"));
            remove(t, row, &path);
            t.tree("w");
            remove(t, row, &path);
        }
    }
}

pub fn unlinkat_flags(t: &mut Twin) {
    for bit in 0..32 {
        let _reader = world::build("w");
        for path in [c"w/file", c"w/full/sub", c""] {
            t.call("unlinkat", args![AT_FDCWD, path, 1u32 << bit]);
            t.call(
                "unlinkat",
                args![AT_FDCWD, path, 1u32 << bit | AT_REMOVEDIR as u32],
            );
        }
    }
    let _reader = world::build("w");
    let high = 0xdead_beef_0000_0000u64;
    t.call(
        "unlinkat",
        args![
            high | u64::from(AT_FDCWD as u32),
            c"w/full/sub",
            high | AT_REMOVEDIR as u64
        ],
    );
    t.tree("w");
}

pub fn open_files_and_hard_links(t: &mut Twin) {
    world::file("file", "contents");
    fs::hard_link("file", "second").expect("link");
    let fd = t.call("open", args![c"file", O_RDWR]);
    for path in [c"file", c"second"] {
        t.call("unlink", args![path]);
        let mut st: stat = crate::twin::blank();
        t.call("fstat", args![fd, &raw mut st]);
        t.stat("open", &st);
        t.tree(".");
    }
}

/// Not even root removes the root, or makes it anew.
pub fn root_directory(t: &mut Twin) {
    for path in [c"/", c"/.", c"/..", c"//"] {
        t.call("rmdir", args![path]);
        t.call("unlink", args![path]);
        t.call("unlinkat", args![AT_FDCWD, path, AT_REMOVEDIR]);
        t.call("mkdir", args![path, 0o755]);
    }
}

pub fn sticky_directory(t: &mut Twin) {
    world::dir("home");
    for (dir, owner) in [("home/alices", ALICE), ("home/ours", NOBODY)] {
        world::dir(dir);
        chown(dir, Some(owner), Some(owner)).expect("chown");
        world::chmod(dir, 0o1777);
        for (name, owner) in [("bobs", BOB), ("ours", NOBODY)] {
            for row in REMOVERS {
                let path = format!("{dir}/{name}_{row}");
                match row {
                    "unlink" | "unlinkat" => world::file(&path, ""),
                    _ => world::dir(&path),
                }
                chown(&path, Some(owner), Some(owner)).expect("chown");
            }
        }
    }
    ordinary(t, |t| {
        for dir in ["alices", "ours"] {
            for name in ["bobs", "ours"] {
                for row in REMOVERS {
                    remove(t, row, &path(&format!("{dir}/{name}_{row}")));
                }
            }
        }
    });
}
