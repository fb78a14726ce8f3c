//! Set, replaced, removed; what that does to the time, and to a file without a name.

use super::at::at;
use super::forms::{GET, LIST, REMOVE, SET, all, file, names, on, put, remove, set, value};
use crate::arg::Arg;
use crate::cases::world;
use crate::twin::Twin;
use libc::*;
use std::ffi::CString;
use std::fs;

pub fn round_trip(t: &mut Twin) {
    world::dir("dir");
    world::link("file", "link");
    let file = file(t);
    let dir = on(t, c"dir");
    let link = on(t, c"link");
    for on in [file, dir, link] {
        all(t, on, c"user.none");
        for (i, row) in SET.iter().enumerate() {
            let name = CString::new(format!("user.{i}")).expect("a name");
            put(t, row, on, &name, b"a value");
            put(t, row, on, &name, b"");
            all(t, on, &name);
            put(t, row, on, &name, row.as_bytes());
            all(t, on, &name);
        }
    }
    t.tree(".");
}

pub fn removing(t: &mut Twin) {
    let on = file(t);
    for row in REMOVE {
        put(t, "setxattr", on, c"user.a", b"one");
        put(t, "setxattr", on, c"user.b", b"two");
        for name in [c"user.none", c"user.a", c"user.a", c"user.b"] {
            remove(t, row, on, &name.into());
            names(t, "listxattr", on);
        }
    }
}

/// In the structure of setxattrat there is no upper half: what would be one is no argument at all.
pub fn create_and_replace(t: &mut Twin) {
    let on = file(t);
    let high = 0xdead_beef_0000_0000u64;
    let mut flags: Vec<u64> = (0..32).map(|bit| 1 << bit).collect();
    flags.extend([0, 3, 4 | 1, u64::from(u32::MAX), high, high | 1, high | 2]);
    for row in SET {
        for &flags in &flags {
            for name in [c"user.old", c"user.new"] {
                let from = Arg::from(b"value");
                set(t, row, on, &name.into(), (&from, 5), flags);
                value(t, "getxattr", on, name);
            }
            remove(t, "removexattr", on, &c"user.new".into());
            put(t, "setxattr", on, c"user.old", b"old");
        }
    }
}

/// Setting and removing count as changes, looking does not.
pub fn change_the_time(t: &mut Twin) {
    use std::os::unix::fs::MetadataExt;
    let on = file(t);
    let changed = || {
        let meta = fs::metadata("file").expect("file");
        (meta.ctime(), meta.ctime_nsec())
    };
    for i in 0..4 {
        for what in ["set", "get", "list", "remove"] {
            let before = changed();
            crate::stamps::next_tick();
            match what {
                "set" => drop(put(t, SET[i], on, c"user.x", b"value")),
                "get" => value(t, GET[i], on, c"user.x"),
                "list" => names(t, LIST[i], on),
                _ => drop(remove(t, REMOVE[i], on, &c"user.x".into())),
            }
            t.note("changed", changed() != before);
        }
    }
}

pub fn deleted_file(t: &mut Twin) {
    let on = file(t);
    put(t, "setxattr", on, c"user.x", b"value");
    fs::remove_file("file").expect("file");
    all(t, on, c"user.x");
    put(t, "fsetxattr", on, c"user.x", b"other");
    all(t, on, c"user.x");
    remove(t, "fremovexattr", on, &c"user.x".into());
    at(t, &on.fd.into(), &c"".into(), AT_EMPTY_PATH as u64);
}
