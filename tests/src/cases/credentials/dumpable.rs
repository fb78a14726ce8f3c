//! Processes that nobody may look into.

use super::scene::{belongings, look_around, make, read_name, two_directories};
use crate::args;
use crate::twin::Twin;
use crate::users::{BOB, become_user, self_and_ordinary};
use libc::*;

/// Nobody may look into such a process; its calls are to be the same all the same.
pub fn not_dumpable(t: &mut Twin) {
    self_and_ordinary(t, |t| {
        two_directories();
        for dumpable in [0, 1, 0] {
            t.call("prctl", args![PR_SET_DUMPABLE, dumpable]);
            read_name(t, c"a/name");
            make(t, &format!("d{dumpable}"));
            t.call("rename", args![c"a", c"c"]);
            t.call("rename", args![c"c", c"a"]);
            t.opened("open", args![c"/proc/self/mem", O_RDWR]);
            t.opened("open", args![c"/proc/self/fd", O_RDONLY]);
            t.call("chdir", args![c"b"]);
            read_name(t, c"name");
            t.call("chdir", args![c".."]);
        }
        t.tree(".");
    });
}

/// A change of user makes a process undumpable by itself.
pub fn not_dumpable_after_dropping(t: &mut Twin) {
    belongings();
    t.call("prctl", args![PR_SET_DUMPABLE, 0]);
    look_around(t, "root");
    become_user(t, BOB, BOB);
    look_around(t, "bob");
    t.call("prctl", args![PR_GET_DUMPABLE]);
    t.call("prctl", args![PR_SET_DUMPABLE, 1]);
    look_around(t, "dumpable");
}
