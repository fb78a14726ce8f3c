//! Processes that know themselves by another number.

use crate::args;
use crate::cases::process::cloned;
use crate::twin::{Twin, blank};
use crate::users::is_root;
use crate::word::Word;
use libc::*;
use std::ffi::CString;
use std::fs;

/// Flags for a child in a namespace of processes of its own, of which it is the first.
pub fn first_of_a_namespace() -> c_int {
    match is_root() {
        true => CLONE_NEWPID,
        false => CLONE_NEWPID | CLONE_NEWUSER,
    }
}

pub fn work(t: &mut Twin, name: &str) {
    let name = CString::new(name).expect("a name");
    t.call("mkdir", args![name.as_c_str(), 0o777]);
    t.call("chdir", args![name.as_c_str()]);
    let fd = t.call("open", args![c"file", O_CREAT | O_RDWR, 0o666]);
    t.call("write", args![fd, b"text", 4]);
    t.call("fsync", args![fd]);
    t.call("rename", args![c"file", c"renamed"]);
    let mut st: stat = blank();
    t.call("fstat", args![fd, &raw mut st]);
    t.close(fd);
    t.opened("open", args![c"/proc/self/stat", O_RDONLY]);
    // SAFETY: no memory is involved.
    t.note("I am", unsafe { getpid() });
    t.call("kill", args![1, 0]);
    t.call("kill", args![2, 0]);
    t.call("chdir", args![c".."]);
}

/// The number in a notification is not the one that the caller knows itself by.
pub fn user_notification_child_pid_ns(t: &mut Twin) {
    cloned(t, first_of_a_namespace(), |t| {
        work(t, "first");
        t.fork("second", |t| work(t, "second"));
        cloned(t, CLONE_NEWPID, |t| work(t, "deeper"));
    });
    t.tree(".");
}

/// Two processes of one number, side by side, that make calls at the same time.
pub fn user_notification_sibling_pid_ns(t: &mut Twin) {
    let [begin, done] = [(); 2].map(|()| Word::new());
    let siblings = ["left", "right"];
    siblings
        .iter()
        .for_each(|name| sibling(name, &begin, &done));
    siblings.iter().for_each(|_| begin.say());
    siblings.iter().for_each(|_| done.hear());
    t.tree(".");
}

/// Makes calls in a namespace of its own, all the time that the other one does.
pub fn sibling(name: &str, begin: &Word, done: &Word) {
    // SAFETY: without CLONE_VM this is a fork; the child leaves through `_exit`.
    let child = unsafe { syscall(SYS_clone, first_of_a_namespace() | SIGCHLD, 0, 0, 0, 0) };
    assert!(child >= 0, "clone");
    if child != 0 {
        return;
    }
    begin.hear();
    fs::create_dir(name).expect("mkdir");
    for round in 0..100 {
        let [file, renamed] = ["file", "renamed"].map(|file| format!("{name}/{file}{}", round % 3));
        fs::write(&file, format!("{name} {round}")).expect("write");
        fs::rename(&file, &renamed).expect("rename");
        let text = fs::read_to_string(&renamed).expect("read");
        assert_eq!(text, format!("{name} {round}"));
        assert_eq!(std::process::id(), 1);
    }
    done.say();
    // SAFETY: ends the child at once.
    unsafe { _exit(0) };
}
