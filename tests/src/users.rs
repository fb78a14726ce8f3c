//! Whose eyes a case looks through.

use crate::args;
use crate::twin::Twin;
use std::fs;
use std::os::unix::fs::chown;

/// nobody, who owns nothing.
pub const NOBODY: u32 = 65534;
/// Users and groups of no account, for files of "somebody else".
pub const ALICE: u32 = 40001;
pub const BOB: u32 = 40002;

pub fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// For good, by raw calls: real, effective and saved ids, no supplementary groups.
pub fn become_user(t: &mut Twin, uid: u32, gid: u32) {
    assert_eq!(t.call("setgroups", args![0, 0]), 0);
    assert_eq!(t.call("setresgid", args![gid, gid, gid]), 0);
    assert_eq!(t.call("setresuid", args![uid, uid, uid]), 0);
}

/// Runs `body` in a child that is an ordinary user, in a directory `home` of its own: as root it drops its privileges
/// first, an ordinary user's run just goes on.
pub fn ordinary(t: &mut Twin, body: impl FnOnce(&mut Twin)) {
    if !fs::exists("home").expect("home") {
        fs::create_dir("home").expect("home");
    }
    if is_root() {
        chown("home", Some(NOBODY), Some(NOBODY)).expect("chown home");
    }
    t.fork("ordinary user", |t| {
        std::env::set_current_dir("home").expect("chdir home");
        if is_root() {
            become_user(t, NOBODY, NOBODY);
        }
        body(t);
    });
}

/// As [`ordinary`], and again as whoever runs this.
pub fn ordinary_and_self(t: &mut Twin, body: impl Fn(&mut Twin)) {
    ordinary(t, &body);
    body(t);
}
