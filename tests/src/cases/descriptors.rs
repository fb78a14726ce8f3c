//! Descriptors and what hangs on them: the file a number stands for, its locks, its last close; and the process's limits.

use super::process::STACK;
use super::world;
use crate::arg::Arg;
use crate::args;
use crate::case;
use crate::case::Family;
use crate::filesystem::FileSystem;
use crate::needs::{Need, find};
use crate::signals;
use crate::twin::{Twin, blank};
use libc::*;
use nix::errno::Errno;
use nix::sys::signal::Signal;
use std::ffi::{CStr, CString};
use std::fs;
use std::os::fd::AsRawFd;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

pub const FAMILY: Family = Family {
    name: "descriptors",
    on: FileSystem::HOME,
    cases: &[
        case!(number_that_is_two_files),
        case!(number_that_is_two_files_of_a_relative),
        case!(number_that_is_a_pipe),
        case!(number_that_is_two_directories),
        case!(record_locks_kept),
        case!(record_locks_lost_by_a_close),
        case!(flock_ends_with_the_last_close),
        case!(written_then_run)
            .needs(&[Need::Tool("true")])
            .within(60),
        case!(limits_set_from_outside),
    ],
};

const LENGTH: usize = 4096;

/// Puts one thing after the other in the place of `fd` while `look` looks, and counts what was seen.
fn swapped(t: &mut Twin, fd: i64, things: [i64; 2], look: impl Fn() -> &'static str) {
    let over = AtomicBool::new(false);
    let seen = std::thread::scope(|scope| {
        scope.spawn(|| swap(fd, things, &over));
        let mut seen: Vec<_> = (0..3000).map(|_| look()).collect();
        over.store(true, Ordering::Relaxed);
        seen.sort_unstable();
        seen.dedup();
        seen
    });
    t.note("seen", format!("{seen:?}"));
}

fn swap(fd: i64, things: [i64; 2], over: &AtomicBool) {
    while !over.load(Ordering::Relaxed) {
        for thing in things {
            // SAFETY: descriptors that the case has opened.
            unsafe { syscall(SYS_dup2, thing, fd) };
        }
    }
}

/// Two files of one letter each, and a number that is the first of them.
fn two_files(t: &mut Twin) -> (i64, [i64; 2]) {
    world::file("a", &"a".repeat(LENGTH));
    world::file("b", &"b".repeat(LENGTH));
    let [a, b] = [c"a", c"b"].map(|name| t.call("open", args![name, O_RDWR]));
    (t.call("dup", args![a]), [a, b])
}

/// All of it is one file's or the other's.
fn letter_at(fd: i64) -> &'static str {
    let mut buffer = [b'.'; LENGTH];
    // SAFETY: the buffer has this length.
    let read = unsafe { syscall(SYS_pread64, fd, buffer.as_mut_ptr(), LENGTH, 0) };
    match (read, buffer.iter().all(|byte| *byte == buffer[0])) {
        (4096, true) => "either",
        (-1, _) if Errno::last_raw() == ESPIPE => "either",
        _ => "neither",
    }
}

/// Reads are from one of the two, writes into one of the two.
fn number_that_is_two_files(t: &mut Twin) {
    let (fd, things) = two_files(t);
    swapped(t, fd, things, || letter_at(fd));
    swapped(t, fd, things, || {
        // SAFETY: four bytes of a constant.
        match unsafe { syscall(SYS_pwrite64, fd, c"here".as_ptr(), 4, LENGTH) } {
            4 => "either",
            _ => "neither",
        }
    });
    // Which of the two was written is chance.
    for thing in things {
        t.call("pwrite64", args![thing, b"here", 4, LENGTH]);
    }
    t.tree(".");
}

/// As above, by another process with the same descriptors.
fn number_that_is_two_files_of_a_relative(t: &mut Twin) {
    let (fd, things) = two_files(t);
    let over = AtomicBool::new(false);
    let mut stack = vec![0u128; STACK / 16];
    struct Swaps<'a>(i64, [i64; 2], &'a AtomicBool);
    extern "C" fn swaps(what: *mut c_void) -> c_int {
        // SAFETY: the parent waits for this process.
        let Swaps(fd, things, over) = unsafe { &*what.cast::<Swaps>() };
        swap(*fd, *things, over);
        0
    }
    let mut what = Swaps(fd, things, &over);
    let shared = CLONE_VM | CLONE_FILES | CLONE_FS | SIGCHLD;
    // SAFETY: the stack and what the child is given live until it has ended; it makes raw calls only.
    let child = unsafe {
        let top = stack.as_mut_ptr().add(stack.len()).cast();
        clone(swaps, top, shared, (&raw mut what).cast())
    };
    let mut seen: Vec<_> = (0..3000).map(|_| letter_at(fd)).collect();
    over.store(true, Ordering::Relaxed);
    // SAFETY: no status is wanted.
    unsafe { waitpid(child, std::ptr::null_mut(), 0) };
    seen.sort_unstable();
    seen.dedup();
    t.note("seen", format!("{seen:?}"));
}

/// Nobody may wait for the pipe, which is read without waiting.
fn number_that_is_a_pipe(t: &mut Twin) {
    let (fd, [a, _]) = two_files(t);
    let (out, _into) = nix::unistd::pipe2(nix::fcntl::OFlag::O_NONBLOCK).expect("a pipe");
    let things = [a, i64::from(out.as_raw_fd())];
    swapped(t, fd, things, || letter_at(fd));
    swapped(t, fd, things, || {
        let mut byte = [0u8; 1];
        // SAFETY: the buffer has this length.
        match unsafe { syscall(SYS_read, fd, byte.as_mut_ptr(), 1) } {
            0 | 1 => "either",
            _ if Errno::last_raw() == EAGAIN => "either",
            _ => "neither",
        }
    });
}

/// A name below it is found in one directory or the other.
fn number_that_is_two_directories(t: &mut Twin) {
    for dir in ["a", "b"] {
        world::dir(dir);
        world::file(&format!("{dir}/{dir}"), dir);
        world::file(&format!("{dir}/both"), dir);
    }
    let [a, b] = [c"a", c"b"].map(|name| t.call("open", args![name, O_RDONLY]));
    let fd = t.call("dup", args![a]);
    swapped(t, fd, [a, b], || {
        let found = |name: &CStr| {
            // SAFETY: a C string.
            let opened = unsafe { syscall(SYS_openat, fd, name.as_ptr(), O_RDONLY) };
            // SAFETY: just opened, if it was.
            unsafe { syscall(SYS_close, opened) };
            opened >= 0
        };
        if found(c"both") { "either" } else { "neither" }
    });
}

/// Whether another process would get the lock.
fn who_else(t: &mut Twin, who: &str, fd: i64) {
    t.fork(who, |t| {
        let mut lock: flock = blank();
        lock.l_type = F_WRLCK as i16;
        t.call("fcntl", args![fd, F_GETLK, &raw mut lock]);
        t.note(
            "locked",
            format!("{} {} {}", lock.l_type, lock.l_start, lock.l_len),
        );
    });
}

fn lock_record(t: &mut Twin, fd: i64) {
    let mut lock: flock = blank();
    (lock.l_type, lock.l_start, lock.l_len) = (F_WRLCK as i16, 2, 5);
    t.call("fcntl", args![fd, F_SETLK, &raw mut lock]);
}

type Step = (&'static str, fn(&mut Twin, i64) -> Vec<Arg>);

/// Calls that look at an open file, or at the same by its name, each of which asys makes with a descriptor of its own.
const HARMLESS: &[Step] = &[
    ("pread64", |_, fd| args![fd, LENT.as_ptr(), 0, 0].to_vec()),
    ("read", |_, fd| args![fd, LENT.as_ptr(), 0].to_vec()),
    ("pwrite64", |_, fd| {
        args![fd, c"text".as_ptr(), 4, 0].to_vec()
    }),
    ("fsync", |_, fd| args![fd].to_vec()),
    ("fchmod", |_, fd| args![fd, 0o640].to_vec()),
    ("ftruncate", |_, fd| args![fd, 100].to_vec()),
    ("truncate", |_, _| args![c"file", 50].to_vec()),
    ("chmod", |_, _| args![c"file", 0o644].to_vec()),
    ("access", |_, _| args![c"file", R_OK].to_vec()),
    ("rename", |_, _| args![c"file", c"file"].to_vec()),
];

static LENT: [u8; 1] = [0];

/// A lock belongs to the process: nobody else's close of the file ends it.
fn record_locks_kept(t: &mut Twin) {
    world::file("file", "some text");
    let fd = t.call("open", args![c"file", O_RDWR]);
    lock_record(t, fd);
    for (call, args) in HARMLESS {
        let args = args(t, fd);
        t.call(call, &args);
        who_else(t, call, fd);
    }
}

/// One's own close of any descriptor of the file ends it, also of one that asys has handed over.
fn record_locks_lost_by_a_close(t: &mut Twin) {
    world::file("file", "some text");
    let fd = t.call("open", args![c"file", O_RDWR]);
    lock_record(t, fd);
    let other = t.call("open", args![c"file", O_RDONLY]);
    who_else(t, "opened", fd);
    t.close(other);
    who_else(t, "closed", fd);
}

/// The lock is free as soon as close has returned: no worker holds the file any longer.
fn flock_ends_with_the_last_close(t: &mut Twin) {
    world::file("file", "some text");
    for round in 0..20 {
        for (call, args) in HARMLESS {
            let fd = t.call("open", args![c"file", O_RDWR]);
            // SAFETY: plain numbers.
            t.note("flock", unsafe { flock(fd as i32, LOCK_EX | LOCK_NB) });
            let args = args(t, fd);
            t.call(call, &args);
            t.close(fd);
            let again = t.call("open", args![c"file", O_RDWR]);
            // SAFETY: plain numbers.
            let locked = unsafe { flock(again as i32, LOCK_EX | LOCK_NB) };
            t.note("flock again", format_args!("{round}: {locked}"));
            t.close(again);
        }
    }
}

/// Whatever was the last thing done to a program's file, it can be run once it is closed.
fn written_then_run(t: &mut Twin) {
    const LAST: &[Step] = &[
        ("pwrite64", |_, fd| {
            args![fd, c"\x7fELF".as_ptr(), 4, 0].to_vec()
        }),
        ("fsync", |_, fd| args![fd].to_vec()),
        ("fdatasync", |_, fd| args![fd].to_vec()),
        ("fchmod", |_, fd| args![fd, 0o755].to_vec()),
        ("fchown", |_, fd| args![fd, -1, -1].to_vec()),
        ("pread64", |_, fd| args![fd, LENT.as_ptr(), 0, 0].to_vec()),
        ("sync_file_range", |_, fd| args![fd, 0, 0, 2].to_vec()),
        ("fallocate", |_, fd| {
            args![fd, FALLOC_FL_KEEP_SIZE, 0, 100].to_vec()
        }),
        ("syncfs", |_, fd| args![fd].to_vec()),
    ];
    let program = fs::read(find("true").expect("true")).expect("true");
    for round in 0..5 {
        for (call, args) in LAST {
            let name = CString::new(format!("{call}{round}")).expect("a name");
            let fd = t.call("open", args![name.as_c_str(), O_CREAT | O_RDWR, 0o755]);
            t.call("write", args![fd, &program[..], program.len()]);
            let args = args(t, fd);
            t.call(call, &args);
            t.close(fd);
            let ran = Command::new(format!("./{call}{round}")).status();
            t.note(call, format!("{ran:?}"));
        }
    }
}

/// By whoever may: the next call obeys.
fn limits_set_from_outside(t: &mut Twin) {
    world::file("file", "");
    let fd = t.call("open", args![c"file", O_RDWR]);
    t.call("write", args![fd, b"before", 6]);
    let me = Arg::at(std::process::id() as usize, "parent");
    let limit = |t: &mut Twin, what: u32, soft: u64| {
        t.fork("child", |t| {
            let new = [soft, 4096];
            t.call("prlimit64", args![&me, what, new.as_ptr(), 0]);
        });
    };
    signals::catch(Signal::SIGXFSZ);
    limit(t, RLIMIT_FSIZE, 8);
    t.call("write", args![fd, b"after", 5]);
    t.call("write", args![fd, b"after", 5]);
    t.call("ftruncate", args![fd, 9]);
    t.note("SIGXFSZ", signals::caught());
    limit(t, RLIMIT_NOFILE, 4);
    t.opened("open", args![c"file", O_RDONLY]);
    t.opened("open", args![c"new", O_CREAT | O_RDWR, 0o600]);
    t.tree(".");
}
