//! Who may see and change which name space.

use super::forms::{GET, LIST, On, REMOVE, SET, all, file, names, on, put, remove, value};
use crate::capabilities::{CAP_SYS_ADMIN, set_effective};
use crate::cases::world;
use crate::twin::Twin;
use crate::users::{ALICE, NOBODY, ordinary};
use std::ffi::{CStr, CString};
use std::os::unix::fs::chown;

const SPACES: [&CStr; 6] = [
    c"user.x",
    c"trusted.x",
    c"security.x",
    c"system.x",
    c"system.posix_acl_access",
    c"system.posix_acl_default",
];

/// Everything with an attribute of every name space.
fn walk_spaces(t: &mut Twin, on: On<'_>) {
    for name in SPACES {
        for i in 0..4 {
            put(t, SET[i], on, name, b"mine");
            value(t, GET[i], on, name);
            names(t, LIST[i], on);
            remove(t, REMOVE[i], on, &name.into());
        }
    }
}

fn with_attributes_of_root(t: &mut Twin) -> On<'static> {
    let on = file(t);
    for name in [c"user.root", c"trusted.root", c"security.root"] {
        put(t, "setxattr", on, name, b"root's");
    }
    on
}

pub fn name_spaces_of_root(t: &mut Twin) {
    let on = with_attributes_of_root(t);
    walk_spaces(t, on);
    all(t, on, c"trusted.root");
}

pub fn name_spaces_without_the_capability(t: &mut Twin) {
    let on = with_attributes_of_root(t);
    set_effective(t, &[CAP_SYS_ADMIN]);
    walk_spaces(t, on);
    for name in [c"user.root", c"trusted.root", c"security.root"] {
        all(t, on, name);
    }
}

pub fn name_spaces_of_others(t: &mut Twin) {
    ordinary(t, |t| {
        let on = file(t);
        walk_spaces(t, on);
    });
}

/// By modes and owners; a sticky directory's attributes are its owner's alone.
pub fn others_files(t: &mut Twin) {
    world::dir("home");
    for (name, owner, mode) in [
        ("private", ALICE, 0o600),
        ("readable", ALICE, 0o644),
        ("writable", ALICE, 0o666),
        ("blind", ALICE, 0o222),
        ("unreadable", NOBODY, 0o200),
        ("unwritable", NOBODY, 0o400),
        ("nothing", NOBODY, 0),
    ] {
        let path = format!("home/{name}");
        world::file(&path, "");
        described(t, &path, owner, mode);
    }
    for (name, owner, mode) in [
        ("sticky", ALICE, 0o1777),
        ("ours", NOBODY, 0o1777),
        ("open", ALICE, 0o777),
    ] {
        let path = format!("home/{name}");
        world::dir(&path);
        described(t, &path, owner, mode);
    }
    ordinary(t, |t| {
        for name in "private readable writable blind unreadable unwritable nothing sticky ours open"
            .split(' ')
        {
            let path = CString::new(name).expect("path");
            let on = on(t, &path);
            for attribute in [c"user.root", c"trusted.root", c"security.root"] {
                all(t, on, attribute);
            }
            walk_spaces(t, on);
            t.close(on.fd);
        }
    });
    t.tree("home");
}

fn described(t: &mut Twin, path: &str, owner: u32, mode: u32) {
    let text = CString::new(path).expect("path");
    for name in [c"user.root", c"trusted.root", c"security.root"] {
        let on = On {
            path: &text,
            fd: -1,
        };
        put(t, "setxattr", on, name, b"root's");
    }
    chown(path, Some(owner), Some(owner)).expect("chown");
    world::chmod(path, mode);
}
