//! Mounts, roots and users of another namespace.

use super::filters::make;
use super::thirty_two_bits::look_at_both;
use crate::args;
use crate::cases::process::cloned;
use crate::cases::world;
use crate::twin::{Twin, blank};
use crate::word::Word;
use libc::*;
use std::fs;
use std::os::fd::AsRawFd;
use std::sync::Barrier;

pub fn mount_here() {
    crate::mounts::make_private().expect("private");
    crate::mounts::tmpfs("here".as_ref(), "size=64k").expect("tmpfs");
    world::file("here/mounted", "");
}

pub fn a_directory_to_mount_at() {
    world::dir("here");
    world::file("here/file", "");
}

/// One thread sees what the others do not.
pub fn mounts_of_a_thread(t: &mut Twin) {
    a_directory_to_mount_at();
    look_at_both(t);
    let (mounted, done) = (Barrier::new(2), Barrier::new(2));
    let sees = || ["here/file", "here/mounted"].map(|name| fs::File::open(name).is_ok());
    let seen = std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            let before = sees();
            // SAFETY: no memory is involved.
            assert_eq!(unsafe { unshare(CLONE_NEWNS) }, 0);
            mount_here();
            let after = sees();
            mounted.wait();
            done.wait();
            (before, after)
        });
        mounted.wait();
        look_at_both(t);
        done.wait();
        thread.join().expect("a thread")
    });
    t.note("thread", format!("{seen:?}"));
    look_at_both(t);
}

/// Into another mount namespace, and into the first one again.
pub fn mounts_and_back(t: &mut Twin) {
    a_directory_to_mount_at();
    let here = std::env::current_dir().expect("here");
    let first = fs::File::open("/proc/self/ns/mnt").expect("the namespace");
    for _ in 0..2 {
        look_at_both(t);
        mount_here();
        look_at_both(t);
        // SAFETY: an open descriptor of a namespace.
        t.note("setns", unsafe { setns(first.as_raw_fd(), CLONE_NEWNS) });
        t.opened("open", args![c"etc", O_RDONLY]);
        std::env::set_current_dir(&here).expect("here");
        look_at_both(t);
    }
}

/// By pivot_root(2): for the process that asks, and for others in that namespace.
pub fn another_root(t: &mut Twin) {
    a_directory_to_mount_at();
    mount_here();
    world::dir("here/old");
    let [asked, pivoted] = [(); 2].map(|()| Word::new());
    // SAFETY: the process has one thread; the child leaves through `_exit`.
    let child = unsafe { fork() };
    if child == 0 {
        t.opened("open", args![c"here/mounted", O_RDONLY]);
        asked.say();
        pivoted.hear();
        look_at_the_new_root(t);
        // SAFETY: ends the child at once.
        unsafe { _exit(0) };
    }
    asked.hear();
    // SAFETY: terminated names.
    let done = unsafe { syscall(SYS_pivot_root, c"here".as_ptr(), c"here/old".as_ptr()) };
    t.note("pivot_root", done);
    look_at_the_new_root(t);
    pivoted.say();
    // SAFETY: no status is wanted.
    unsafe { waitpid(child, std::ptr::null_mut(), 0) };
}

pub fn look_at_the_new_root(t: &mut Twin) {
    for name in [
        c"/mounted",
        c"/old/etc/passwd",
        c"/etc/passwd",
        c"here/file",
        c"here/mounted",
    ] {
        t.opened("open", args![name, O_RDONLY]);
    }
    make(t, c"/made");
}

pub fn inside(t: &mut Twin) {
    let mut st: stat = blank();
    t.call("stat", args![c"file", &raw mut st]);
    t.stat("file", &st);
    make(t, c"made");
    t.opened("open", args![c"/etc/shadow", O_RDONLY]);
    t.call("chown", args![c"made", 0, 0]);
    t.call("unlink", args![c"made"]);
}

/// Its first call ever is made in there.
pub fn born_in_a_user_namespace(t: &mut Twin) {
    world::file("file", "");
    for flags in [CLONE_NEWUSER, CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID] {
        cloned(t, flags, inside);
        cloned(t, flags, |t| t.fork("child", inside));
        inside(t);
    }
}

/// setns(2) into that of a child.
pub fn joins_a_user_namespace(t: &mut Twin) {
    world::file("file", "");
    let [entered, leave] = [(); 2].map(|()| Word::new());
    // SAFETY: the process has one thread; the child leaves through `_exit`.
    let child = unsafe { fork() };
    if child == 0 {
        // SAFETY: no memory is involved.
        unsafe { unshare(CLONE_NEWUSER) };
        entered.say();
        leave.hear();
        // SAFETY: ends the child at once.
        unsafe { _exit(0) };
    }
    entered.hear();
    let namespace = fs::File::open(format!("/proc/{child}/ns/user")).expect("its namespace");
    t.fork("joins", |t| {
        inside(t);
        // SAFETY: an open descriptor of a namespace.
        t.note("setns", unsafe {
            setns(namespace.as_raw_fd(), CLONE_NEWUSER)
        });
        inside(t);
        t.fork("child", inside);
    });
    leave.say();
    // SAFETY: no status is wanted.
    unsafe { waitpid(child, std::ptr::null_mut(), 0) };
}
