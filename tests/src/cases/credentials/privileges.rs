//! Capabilities, the bits that keep them, and a user namespace where they mean something else.

use super::scene::{belongings, look_around, make, two_directories};
use crate::args;
use crate::capabilities::{
    CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER, CAP_FSETID, OWN, set_effective,
};
use crate::cases::world::{self, path};
use crate::twin::{Twin, blank};
use crate::users::{ALICE, BOB, become_user, ordinary};
use libc::*;
use std::fs;

pub fn dropped_capabilities(t: &mut Twin) {
    belongings();
    let sets: [&[u32]; 6] = [
        &[CAP_DAC_OVERRIDE],
        &[CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH],
        &[CAP_FOWNER],
        &[CAP_CHOWN, CAP_FSETID],
        &[
            CAP_DAC_OVERRIDE,
            CAP_DAC_READ_SEARCH,
            CAP_FOWNER,
            CAP_CHOWN,
            CAP_FSETID,
        ],
        &[],
    ];
    for (i, dropped) in sets.iter().enumerate() {
        set_effective(t, dropped);
        look_around(t, &format!("caps{i}"));
        t.call(
            "rmdir",
            args![path(&format!("shared/caps{i}_bobs")).as_c_str()],
        );
    }
}

/// Another user with root's capabilities, raised again after the change of user.
pub fn kept_capabilities(t: &mut Twin) {
    belongings();
    t.call("prctl", args![PR_SET_KEEPCAPS, 1]);
    become_user(t, ALICE, ALICE);
    look_around(t, "lowered");
    set_effective(t, &[]);
    look_around(t, "raised");
    set_effective(t, &[CAP_DAC_OVERRIDE]);
    look_around(t, "partly");
}

pub fn root_without_capabilities(t: &mut Twin) {
    belongings();
    let none = [0u32; 6];
    t.call("capset", args![&raw const OWN, none.as_ptr()]);
    look_around(t, "none");
}

/// SECBIT_NO_SETUID_FIXUP: changing ids changes no capabilities, so they are no function of the ids.
pub fn securebits(t: &mut Twin) {
    belongings();
    t.call("prctl", args![PR_SET_SECUREBITS, 1 << 2]);
    t.call("setresuid", args![ALICE, ALICE, 0]);
    look_around(t, "alice");
    t.call("setfsuid", args![BOB]);
    look_around(t, "bob");
}

/// Where ids mean something else: root in there, an ordinary user out here, or nobody at all without a map.
pub fn user_namespace(t: &mut Twin) {
    two_directories();
    for mapped in [true, false] {
        ordinary(t, |t| {
            // A change of user took the right to write one's own maps.
            t.call("prctl", args![PR_SET_DUMPABLE, 1]);
            world::file("mine", "");
            let (uid, gid) = (nix::unistd::geteuid(), nix::unistd::getegid());
            // SAFETY: no memory is involved.
            let entered = unsafe { unshare(CLONE_NEWUSER | CLONE_NEWNS) } == 0;
            t.note("entered", entered);
            let maps = [
                ("setgroups", "deny".into()),
                ("uid_map", format!("0 {uid} 1")),
                ("gid_map", format!("0 {gid} 1")),
            ];
            for (file, line) in maps.iter().filter(|_| mapped && entered) {
                t.note(file, fs::write(format!("/proc/self/{file}"), line).is_ok());
            }
            inside_user_namespace(t);
            fs::remove_file("mine").expect("mine");
        });
    }
}

fn inside_user_namespace(t: &mut Twin) {
    let mut st: stat = blank();
    for path in [c"mine", c"/", c"../a"] {
        t.call("stat", args![path, &raw mut st]);
        t.stat("stat", &st);
    }
    make(t, "inside");
    t.opened("open", args![c"/etc/shadow", O_RDONLY]);
    t.opened("open", args![c"mine", O_RDONLY | O_NOATIME]);
    let _ = fs::create_dir("m");
    t.note(
        "tmpfs",
        crate::mounts::tmpfs(std::path::Path::new("m"), "size=64k").is_ok(),
    );
    t.opened("open", args![c"m/file", O_CREAT | O_RDWR, 0o600]);
    t.tree(".");
}
