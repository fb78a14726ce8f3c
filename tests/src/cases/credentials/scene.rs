//! Files of several owners, looked at in every way that rights matter; and somebody beside.

use crate::args;
use crate::cases::world::{self, path};
use crate::twin::{Twin, blank};
use crate::users::{ALICE, BOB};
use libc::*;
use std::ffi::CStr;
use std::os::unix::fs::chown;
use std::sync::Barrier;

/// Files of root, alice and bob, each for its owner and group only, and a directory anyone may write to.
pub fn belongings() {
    for (name, owner) in [("roots", 0), ("alices", ALICE), ("bobs", BOB)] {
        world::file(name, name);
        chown(name, Some(owner), Some(owner)).expect("chown");
        world::chmod(name, 0o640);
        let dir = format!("dir_{name}");
        world::dir(&dir);
        world::file(&format!("{dir}/inner"), "");
        chown(&dir, Some(owner), Some(owner)).expect("chown");
        world::chmod(&dir, 0o750);
    }
    world::dir("shared");
    world::chmod("shared", 0o1777);
}

/// Tries all of them in every way rights matter, and leaves a file named `tag`.
pub fn look_around(t: &mut Twin, tag: &str) {
    for name in ["roots", "alices", "bobs"] {
        let (file, dir) = (path(name), path(&format!("dir_{name}")));
        let inner = path(&format!("dir_{name}/inner"));
        t.opened("open", args![file.as_c_str(), O_RDWR]);
        t.opened("openat", args![AT_FDCWD, dir.as_c_str(), O_RDONLY]);
        t.opened("open", args![inner.as_c_str(), O_RDONLY | O_NOATIME]);
        let mut st: stat = blank();
        t.call("stat", args![inner.as_c_str(), &raw mut st]);
        t.call("access", args![file.as_c_str(), R_OK | W_OK]);
        t.call(
            "faccessat2",
            args![AT_FDCWD, file.as_c_str(), W_OK, AT_EACCESS],
        );
        let made = path(&format!("dir_{name}/{tag}"));
        t.call("mkdir", args![made.as_c_str(), 0o755]);
        t.call(
            "rename",
            args![
                made.as_c_str(),
                path(&format!("shared/{tag}_{name}")).as_c_str()
            ],
        );
    }
    let mine = path(&format!("shared/{tag}"));
    t.opened(
        "open",
        args![mine.as_c_str(), O_CREAT | O_RDWR | O_EXCL, 0o666],
    );
}

/// Runs `step` in a thread that lives until the case ends its scope, so that thread and caller exist side by side.
pub fn beside(t: &mut Twin, step: impl FnOnce() + Send, then: impl FnOnce(&mut Twin)) {
    let (stepped, done) = (Barrier::new(2), Barrier::new(2));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            step();
            stepped.wait();
            done.wait();
        });
        stepped.wait();
        then(t);
        done.wait();
    });
}

pub fn make(t: &mut Twin, name: &str) {
    let (file, dir) = (path(&format!("{name}.file")), path(&format!("{name}.dir")));
    t.opened("open", args![file.as_c_str(), O_CREAT | O_RDWR, 0o666]);
    t.call("mkdir", args![dir.as_c_str(), 0o777]);
}

pub fn two_directories() {
    for name in ["a", "b"] {
        world::dir(name);
        world::file(&format!("{name}/name"), name);
    }
}

pub fn read_name(t: &mut Twin, name: &CStr) {
    let fd = t.call("open", args![name, O_RDONLY]);
    let mut buffer = [b'.'; 4];
    t.call("read", args![fd, &mut buffer, 4]);
    t.bytes("name", &buffer);
    t.close(fd);
}
