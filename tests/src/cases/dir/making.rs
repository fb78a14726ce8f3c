//! What a new directory is like, and where there can be none.

use crate::args;
use crate::cases::world::{self, path};
use crate::twin::Twin;
use crate::users::{ALICE, BOB, is_root, ordinary};
use libc::*;
use std::os::unix::fs::chown;

pub fn mkdir_modes(t: &mut Twin) {
    for umask in [0, 0o022, 0o077, 0o777] {
        t.call("umask", args![umask]);
        for mode in [
            0u64,
            0o755,
            0o777,
            0o1777,
            0o2777,
            0o4777,
            0o7777,
            0o17777,
            !0,
            0xdead_beef_0000_01ff,
        ] {
            t.call("mkdir", args![c"one", mode]);
            t.call("mkdirat", args![AT_FDCWD, c"two", mode]);
            t.tree(".");
            t.call("rmdir", args![c"one"]);
            t.call("unlinkat", args![AT_FDCWD, c"two", AT_REMOVEDIR]);
        }
    }
    t.call("umask", args![0o022]);
}

/// Group and set-group-ID bit come from such a parent, link counts go up.
pub fn mkdir_inherits(t: &mut Twin) {
    world::dir("home");
    world::dir("home/parent");
    if is_root() {
        chown("home/parent", Some(ALICE), Some(BOB)).expect("chown");
    }
    world::chmod("home/parent", 0o2777);
    t.call("mkdir", args![c"home/parent/as_us", 0o700]);
    ordinary(t, |t| {
        t.call("mkdir", args![c"parent/one", 0o755]);
        t.call("mkdirat", args![AT_FDCWD, c"parent/two", 0o2700]);
        t.call("mkdir", args![c"parent/one/below", 0o777]);
    });
    t.tree("home");
}

pub fn mkdir_exists(t: &mut Twin) {
    let _reader = world::build("w");
    for name in [
        "file",
        "dir",
        "link",
        "dirlink",
        "dangling",
        "loop",
        "fifo",
        "dir/",
        "dirlink/",
        "dangling/",
        "new/",
        "new/.",
    ] {
        let path = path(&format!("w/{name}"));
        t.call("mkdir", args![path.as_c_str(), 0o755]);
        t.call("mkdirat", args![AT_FDCWD, path.as_c_str(), 0o755]);
        t.tree("w");
    }
}
