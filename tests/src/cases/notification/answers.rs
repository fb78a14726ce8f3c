//! What cannot be read, what is left to the kernel, and where a caller runs.

use super::middle::MIDDLES;
use crate::arg::Arg;
use crate::args;
use crate::cases::world;
use crate::faults::Pages;
use crate::twin::{Twin, blank};
use libc::*;
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// What a call points to goes away while somebody waits for it: EFAULT, and the next call is served as any other.
pub fn user_notification_fault_recv(t: &mut Twin) {
    world::file("file", "text");
    for (call, args) in MIDDLES {
        let page = Pages::missing(1).expect("a page");
        std::thread::scope(|scope| {
            scope.spawn(|| {
                page.wait_for_a_touch();
                page.take_away(0);
            });
            t.call(call, &args(page.address(0)));
        });
        t.opened("open", args![c"file", O_RDONLY]);
    }
    t.tree(".");
}

/// Calls that asys looks at and leaves to the kernel act on the caller.
pub fn user_notification_continue(t: &mut Twin) {
    world::file("file", "text");
    let me = Arg::at(std::process::id() as usize, "me");
    for _ in 0..3 {
        t.opened("open", args![c"file", O_PATH]);
        t.call("umask", args![0o027]);
        t.call("kill", args![&me, 0]);
        let mut link = [b'.'; 8];
        let mut name = [b'.'; 16];
        t.call("readlink", args![c"/proc/self/fd/99", &mut link, 8]);
        let comm = t.call("open", args![c"/proc/thread-self/comm", O_RDWR]);
        t.call("write", args![comm, b"renamed", 7]);
        t.call("pread64", args![comm, &mut name, 16, 0]);
        t.bytes("name", &name);
        t.close(comm);
        let (out, into) = nix::unistd::pipe().expect("a pipe");
        t.call("write", args![into.as_raw_fd(), b"piped", 5]);
        t.call("read", args![out.as_raw_fd(), &mut name, 16]);
        t.bytes("read", &name);
    }
}

/// Another thread changes the path all the time, also while somebody looks at it: what is opened is one or the other,
/// whoever opens it.
pub fn user_notification_continue_of_a_changing_path(t: &mut Twin) {
    const NAMES: [&[u8; 8]; 3] = [b"some/abc", b"/dev/fd/", b"././././"];
    world::dir("some");
    world::file("some/abc", "");
    let words = NAMES.map(|name| u64::from_ne_bytes(*name));
    let path = [AtomicU64::new(words[0]), AtomicU64::new(0)];
    let over = AtomicBool::new(false);
    let failed = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                words
                    .iter()
                    .for_each(|word| path[0].store(*word, Ordering::Relaxed));
            }
        });
        let fails = |_: &i32| {
            // SAFETY: there is a NUL after the word, whichever it is.
            let fd = unsafe { syscall(SYS_open, path.as_ptr(), O_RDONLY) };
            // SAFETY: just opened, if it was.
            unsafe { syscall(SYS_close, fd) };
            fd < 0
        };
        let failed = (0..3000).filter(fails).count();
        over.store(true, Ordering::Relaxed);
        failed
    });
    t.note("failed", failed);
}

/// Wherever a caller runs, it runs there afterwards, and as it did.
pub fn user_notification_sync(t: &mut Twin) {
    world::file("file", "text");
    // SAFETY: sets and structures of our own; the calls read or fill them.
    unsafe {
        let mut all: cpu_set_t = blank();
        sched_getaffinity(0, size_of_val(&all), &raw mut all);
        for cpu in (0..CPU_SETSIZE as usize).filter(|cpu| CPU_ISSET(*cpu, &all)) {
            let mut one: cpu_set_t = blank();
            CPU_SET(cpu, &mut one);
            sched_setaffinity(0, size_of_val(&one), &raw const one);
            for policy in [SCHED_OTHER, SCHED_BATCH, SCHED_IDLE] {
                t.fork("child", |t| {
                    let param: sched_param = blank();
                    sched_setscheduler(0, policy, &raw const param);
                    setpriority(PRIO_PROCESS, 0, 5);
                    let fd = t.call("open", args![c"file", O_RDWR]);
                    t.call("write", args![fd, b"text", 4]);
                    t.call("fsync", args![fd]);
                    let mut now: cpu_set_t = blank();
                    sched_getaffinity(0, size_of_val(&now), &raw mut now);
                    t.note("same", CPU_EQUAL(&now, &one));
                    t.note("policy", sched_getscheduler(0) == policy);
                    t.note("nice", getpriority(PRIO_PROCESS, 0));
                });
            }
        }
    }
}
