//! What went wrong once: each case was found by a reviewer, and failed before it was mended.

use crate::args;
use crate::case;
use crate::case::Family;
use crate::filesystem::FileSystem;
use crate::needs::Need;
use crate::twin::{Twin, blank};
use libc::*;
use std::fs;

pub const FAMILY: Family = Family {
    name: "reviewed",
    on: FileSystem::ALL,
    cases: &[
        case!(umask_of_a_relative),
        case!(root_of_a_relative).needs(&[Need::Root]),
        case!(umask_by_a_32_bit_call),
        case!(landlock_among_others),
        case!(more_openers_than_workers).within(30),
    ],
};

/// A file made now, and its mode.
fn make(t: &mut Twin, name: &std::ffi::CStr) {
    let fd = t.call("open", args![name, O_CREAT | O_WRONLY, 0o666]);
    let mut st: stat = blank();
    t.call("fstat", args![fd, &raw mut st]);
    t.note("mode", format!("{:o}", st.st_mode));
    t.close(fd);
}

/// Runs `body` in a child that shares umask, root and working directory.
fn in_a_relative(body: impl FnOnce()) {
    // SAFETY: without CLONE_VM this is a fork; the child makes raw calls only and leaves through `_exit`.
    let child = unsafe { syscall(SYS_clone, CLONE_FS | SIGCHLD, 0, 0, 0, 0) };
    if child == 0 {
        body();
        // SAFETY: ends the child without running the parent's exit handlers.
        unsafe { _exit(0) };
    }
    // SAFETY: no status is wanted.
    unsafe { waitpid(child as i32, std::ptr::null_mut(), 0) };
}

fn umask_of_a_relative(t: &mut Twin) {
    make(t, c"before");
    in_a_relative(|| {
        // SAFETY: umask cannot fail.
        unsafe { syscall(SYS_umask, 0o077) };
    });
    make(t, c"after");
}

fn root_of_a_relative(t: &mut Twin) {
    fs::create_dir("jail").expect("jail");
    fs::write("jail/inside", "").expect("inside");
    make(t, c"before");
    in_a_relative(|| {
        // SAFETY: a C string.
        unsafe { syscall(SYS_chroot, c"jail".as_ptr()) };
    });
    t.opened("open", args![c"/etc/passwd", O_RDONLY]);
    t.opened("open", args![c"/inside", O_RDONLY]);
}

#[cfg(target_arch = "x86_64")]
fn umask_by_a_32_bit_call(t: &mut Twin) {
    make(t, c"before");
    let was: i64;
    // SAFETY: umask of the 32-bit table: a number in, a number out. The kernel
    // keeps the other registers but r8 to r11; rbx is saved by hand.
    unsafe {
        std::arch::asm!(
            "push rbx", "mov ebx, 0x3f", "int 0x80", "pop rbx",
            inlateout("rax") 60_i64 => was,
            out("r8") _, out("r9") _, out("r10") _, out("r11") _,
        );
    }
    t.note("umask was", format!("{was:o}"));
    make(t, c"after");
}

/// A process that confines itself is confined; the others are as before.
fn landlock_among_others(t: &mut Twin) {
    fs::write("file", "text").expect("file");
    make(t, c"before");
    t.fork("confined", |t| {
        let handled: u64 = 1 << 2;
        // SAFETY: a ruleset attribute of eight bytes, then plain numbers.
        let rules = unsafe { syscall(SYS_landlock_create_ruleset, &raw const handled, 8, 0) };
        t.note("has landlock", rules >= 0);
        // SAFETY: plain numbers.
        unsafe {
            prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
            syscall(SYS_landlock_restrict_self, rules, 0);
        }
        t.call("open", args![c"file", O_RDONLY]);
        t.fork("its child", |t| {
            t.call("open", args![c"file", O_RDONLY]);
        });
    });
    t.opened("open", args![c"file", O_RDONLY]);
}

/// As many as asys has workers, and some, wait for a lease; its holder must be served.
fn more_openers_than_workers(t: &mut Twin) {
    fs::write("leased", "").expect("leased");
    let fd = t.call("open", args![c"leased", O_RDWR]);
    // SAFETY: SIGIO, which tells of the break, is ignored; then plain numbers.
    let leased = unsafe {
        signal(SIGIO, SIG_IGN);
        fcntl(fd as i32, F_SETLEASE, F_WRLCK)
    };
    t.note("leased", leased);
    let openers: Vec<i32> = (0..80)
        .map(|_| {
            // SAFETY: the child makes raw calls only and leaves through `_exit`.
            let child = unsafe { fork() };
            if child == 0 {
                // SAFETY: a C string; ends the child at once.
                unsafe { _exit(i32::from(open(c"leased".as_ptr(), O_RDONLY) < 0)) };
            }
            child
        })
        .collect();
    let mut st: stat = blank();
    for _ in 0..100 {
        // SAFETY: plain numbers; the openers get their turn.
        unsafe { sched_yield() };
        assert_eq!(t.call("stat", args![c".", &raw mut st]), 0);
    }
    // SAFETY: plain numbers.
    t.note("given back", unsafe {
        fcntl(fd as i32, F_SETLEASE, F_UNLCK)
    });
    for child in openers {
        let mut status = 0;
        // SAFETY: a status to write.
        unsafe { waitpid(child, &raw mut status, 0) };
        t.note("opener", status);
    }
    t.close(fd);
}
