//! Everyone whose rights to a file may differ: its owner, its group, others, and root with less than all its own.

use crate::args;
use crate::capabilities::{
    CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER, CAP_FSETID, CAP_MKNOD,
    set_effective,
};
use crate::cases::world;
use crate::twin::Twin;
use crate::users::{ALICE, BOB, NOBODY, become_user};
use std::fs;
use std::os::unix::fs::chown;

/// Files of the cast belong to alice and to bob's group.
pub const OWNER: u32 = ALICE;
pub const GROUP: u32 = BOB;

/// A file of theirs, afresh.
pub fn file(name: &str, contents: &str, mode: u32) {
    let _ = fs::remove_file(name);
    world::file(name, contents);
    give(name, mode);
}

/// As [`file`], a directory.
pub fn dir(name: &str, mode: u32) {
    let _ = fs::remove_dir_all(name);
    world::dir(name);
    give(name, mode);
}

fn give(name: &str, mode: u32) {
    chown(name, Some(OWNER), Some(GROUP)).expect(name);
    world::chmod(name, mode);
}

type Becomes = fn(&mut Twin);

fn become_member(t: &mut Twin, uid: u32, gid: u32) {
    let groups = [GROUP];
    t.call("setgroups", args![1, groups.as_ptr()]);
    t.call("setresgid", args![gid, gid, gid]);
    t.call("setresuid", args![uid, uid, uid]);
}

const CAST: &[(&str, Becomes)] = &[
    ("owner", |t| become_user(t, OWNER, OWNER)),
    ("owner in the group", |t| become_member(t, OWNER, OWNER)),
    ("owner of the group", |t| become_user(t, OWNER, GROUP)),
    ("member", |t| become_member(t, NOBODY, NOBODY)),
    ("other", |t| become_user(t, NOBODY, NOBODY)),
    ("owner for now", |t| {
        t.call("setresuid", args![-1, OWNER, -1]);
    }),
    ("owner to file systems", |t| {
        t.call("setfsuid", args![OWNER]);
    }),
    ("group to file systems", |t| {
        t.call("setgroups", args![0, 0]);
        t.call("setfsgid", args![GROUP]);
        t.call("setfsuid", args![NOBODY]);
    }),
    ("root", |_| ()),
    ("root, no CAP_FOWNER", |t| set_effective(t, &[CAP_FOWNER])),
    ("root, no CAP_FSETID", |t| set_effective(t, &[CAP_FSETID])),
    ("root, no CAP_CHOWN", |t| set_effective(t, &[CAP_CHOWN])),
    ("root, no CAP_DAC_*", |t| {
        set_effective(t, &[CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH]);
    }),
    ("root, none of them", |t| {
        set_effective(
            t,
            &[
                CAP_CHOWN,
                CAP_DAC_OVERRIDE,
                CAP_DAC_READ_SEARCH,
                CAP_FOWNER,
                CAP_FSETID,
                CAP_MKNOD,
            ],
        );
    }),
];

/// Each in a child of its own: root sets the scene, then they do what they may.
pub fn everyone(t: &mut Twin, scene: impl Fn(), act: impl Fn(&mut Twin)) {
    for (who, becomes) in CAST {
        scene();
        t.fork(who, |t| {
            becomes(t);
            act(t);
        });
        t.tree(".");
    }
}
