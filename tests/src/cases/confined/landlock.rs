//! Landlock: of a thread, and of what comes of it.

use crate::args;
use crate::cases::world;
use crate::landlock;
use crate::twin::{Twin, blank};
use crate::word::Word;
use libc::*;
use std::fs;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::Barrier;

/// What is forbidden by Landlock: reading any file, and making one.
const FORBIDDEN: u64 = landlock::READ_FILE | landlock::MAKE_REG;

/// Reads and makes a file, if it may.
pub fn read_and_make(t: &mut Twin) {
    t.opened("open", args![c"file", O_RDONLY]);
    t.opened("open", args![c"file", O_WRONLY]);
    t.opened("open", args![c"made", O_CREAT | O_WRONLY, 0o666]);
    t.call("unlink", args![c"made"]);
    t.call("mkdir", args![c"dir", 0o777]);
    t.call("rmdir", args![c"dir"]);
    let mut st: stat = blank();
    t.call("stat", args![c"file", &raw mut st]);
}

/// Its parent, which confined itself, is gone when it makes its first call.
pub fn landlock_of_an_orphan(t: &mut Twin) {
    world::file("file", "text");
    let [alone, done] = [(); 2].map(|()| Word::new());
    t.fork("parent", |t| {
        landlock::confine_oneself(FORBIDDEN);
        // SAFETY: the process has one thread; the child leaves through `_exit`.
        if unsafe { fork() } == 0 {
            alone.hear();
            read_and_make(t);
            t.fork("its child", read_and_make);
            done.say();
            // SAFETY: ends the child at once.
            unsafe { _exit(0) };
        }
    });
    alone.say();
    done.hear();
    read_and_make(t);
}

/// It is a thread's own, and its children's.
pub fn landlock_of_a_thread(t: &mut Twin) {
    world::file("file", "text");
    let (confined, done) = (Barrier::new(2), Barrier::new(2));
    let may = || ["file", "file2"].map(|name| fs::write(name, "text").and(fs::read(name)).is_ok());
    let seen = std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            let before = may();
            landlock::confine_oneself(FORBIDDEN);
            let after = may();
            confined.wait();
            done.wait();
            (before, after)
        });
        confined.wait();
        read_and_make(t);
        done.wait();
        thread.join().expect("a thread")
    });
    t.note("thread", format!("{seen:?}"));
    t.fork("child of the other", read_and_make);
}

/// It stays confined whatever it runs.
pub fn landlock_and_a_program(t: &mut Twin) {
    world::file("file", "text\n");
    for _ in 0..3 {
        let mut sh = Command::new("sh");
        sh.args([
            "-c",
            "cat file; (: >made) 2>/dev/null; echo $?; mkdir dir && rmdir dir",
        ]);
        // SAFETY: the process has one thread.
        unsafe {
            sh.pre_exec(|| {
                landlock::confine_oneself(landlock::MAKE_REG);
                Ok(())
            });
        }
        let ran = sh.output().expect("sh");
        t.note("sh", ran.status);
        t.bytes("said", &[ran.stdout, ran.stderr].concat());
        read_and_make(t);
    }
}

/// Grandchildren of a confined process that made no call asys looks at, each seen for the first time.
pub fn landlock_of_a_process_never_seen(t: &mut Twin) {
    world::file("file", "text");
    t.fork("confined", |t| {
        landlock::confine_oneself(FORBIDDEN);
        t.fork("silent", |t| t.fork("first seen", read_and_make));
        t.fork("first seen", read_and_make);
    });
    t.fork("not confined", read_and_make);
}
