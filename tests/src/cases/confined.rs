//! Programs that confine themselves, enter other namespaces, or make their calls by another door.

use super::credentials::scene::belongings;
use super::process::cloned;
use super::world;
use crate::args;
use crate::case;
use crate::case::Family;
use crate::filesystem::FileSystem;
use crate::landlock;
use crate::needs::Need;
use crate::outer;
use crate::signals;
use crate::thirty_two_bits::{self as bits, Low, Operand, nr};
use crate::twin::{Twin, blank};
use crate::uring::{Operation, Ring};
use crate::users::{ALICE, BOB, become_user};
use crate::word::Word;
use libc::*;
use nix::sys::signal::Signal;
use std::ffi::CStr;
use std::fs;
use std::os::fd::AsRawFd;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::Barrier;

pub const FAMILY: Family = Family {
    name: "confined",
    on: FileSystem::HOME,
    cases: &[
        case!(landlock_of_an_orphan).needs(&[Need::Landlock]),
        case!(landlock_of_a_thread).needs(&[Need::Landlock]),
        case!(landlock_and_a_program).needs(&[Need::Landlock, Need::Tool("sh")]),
        case!(landlock_of_a_process_never_seen).needs(&[Need::Landlock]),
        case!(own_filter),
        case!(own_filter_of_what_asys_watches),
        case!(own_filter_of_a_thread),
        case!(rings).needs(&[Need::Rings]),
        case!(ring_of_another_user).needs(&[Need::Rings, Need::Root]),
        case!(calls_of_32_bits).needs(&[Need::ThirtyTwoBits]),
        case!(credentials_by_calls_of_32_bits).needs(&[Need::ThirtyTwoBits, Need::Root]),
        case!(root_by_a_call_of_32_bits).needs(&[Need::ThirtyTwoBits, Need::Root]),
        case!(program_of_32_bits).needs(&[Need::ThirtyTwoBits, Need::Tool("sh")]),
        case!(mounts_of_a_thread).needs(&[Need::Mounts]),
        case!(mounts_and_back).needs(&[Need::Mounts]),
        case!(another_root).needs(&[Need::Mounts]),
        case!(born_in_a_user_namespace).needs(&[Need::UserNamespace]),
        case!(joins_a_user_namespace).needs(&[Need::UserNamespace]),
    ],
};

/// What is forbidden by Landlock: reading any file, and making one.
const FORBIDDEN: u64 = landlock::READ_FILE | landlock::MAKE_REG;

/// Reads and makes a file, if it may.
fn read_and_make(t: &mut Twin) {
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
fn landlock_of_an_orphan(t: &mut Twin) {
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
fn landlock_of_a_thread(t: &mut Twin) {
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
fn landlock_and_a_program(t: &mut Twin) {
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
fn landlock_of_a_process_never_seen(t: &mut Twin) {
    world::file("file", "text");
    t.fork("confined", |t| {
        landlock::confine_oneself(FORBIDDEN);
        t.fork("silent", |t| t.fork("first seen", read_and_make));
        t.fork("first seen", read_and_make);
    });
    t.fork("not confined", read_and_make);
}

fn confine(t: &mut Twin, call: c_long, action: u32, flags: c_ulong) {
    let done = outer::confine_oneself(call, action, flags);
    t.note("confined", done.is_ok());
}

const ACTIONS: [u32; 7] = [
    SECCOMP_RET_ALLOW,
    SECCOMP_RET_LOG,
    SECCOMP_RET_ERRNO | EXDEV as u32,
    SECCOMP_RET_ERRNO,
    SECCOMP_RET_TRAP,
    SECCOMP_RET_KILL_THREAD,
    SECCOMP_RET_KILL_PROCESS,
];

/// Whoever says no, it is no: the program's filter comes before asys.
fn own_filter(t: &mut Twin) {
    world::file("file", "text");
    signals::catch(Signal::SIGSYS);
    for call in [SYS_mkdir, SYS_open, SYS_stat, SYS_unlink, SYS_close] {
        for action in ACTIONS {
            t.note("filter", format_args!("{call} {action:#x}"));
            t.fork("child", |t| {
                nix::sys::resource::setrlimit(nix::sys::resource::Resource::RLIMIT_CORE, 0, 0)
                    .expect("limit");
                t.opened("open", args![c"file", O_RDONLY]);
                confine(t, call, action, 0);
                read_and_make(t);
                t.note("SIGSYS", signals::caught());
            });
            let _ = fs::remove_dir("dir");
            let _ = fs::remove_file("made");
        }
    }
}

/// What did not happen has changed nothing.
fn own_filter_of_what_asys_watches(t: &mut Twin) {
    for action in [SECCOMP_RET_ERRNO, SECCOMP_RET_ERRNO | EPERM as u32] {
        t.fork("child", |t| {
            for call in [SYS_umask, SYS_chdir, SYS_execve, SYS_setresuid, SYS_kill] {
                confine(t, call, action, 0);
            }
            t.call("umask", args![0o077]);
            t.call("chdir", args![c"/"]);
            t.call("setresuid", args![ALICE, ALICE, ALICE]);
            let ran = Command::new("true").spawn();
            t.note("ran", ran.map_err(|error| error.kind()).is_ok());
            // SAFETY: to nobody but oneself.
            t.note("kill", unsafe { kill(getpid(), SIGKILL) });
            make(t, c"made");
        });
        t.tree(".");
        fs::remove_file("made").expect("made");
    }
}

/// A file made now, and whose it is.
fn make(t: &mut Twin, name: &CStr) {
    let fd = t.call("open", args![name, O_CREAT | O_RDWR, 0o666]);
    let mut st: stat = blank();
    t.call("fstat", args![fd, &raw mut st]);
    t.note(
        "is",
        format!("{:o} {} {}", st.st_mode, st.st_uid, st.st_gid),
    );
    t.close(fd);
}

/// It is a thread's own without SECCOMP_FILTER_FLAG_TSYNC.
fn own_filter_of_a_thread(t: &mut Twin) {
    let (confined, done) = (Barrier::new(2), Barrier::new(2));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let errno = SECCOMP_RET_ERRNO | EXDEV as u32;
            outer::confine_oneself(SYS_mkdir, errno, 0).expect("a filter");
            confined.wait();
            let made = fs::create_dir("confined").map_err(|error| error.raw_os_error());
            assert_eq!(made, Err(Some(EXDEV)));
            done.wait();
        });
        confined.wait();
        t.call("mkdir", args![c"free", 0o777]);
        done.wait();
    });
    t.tree(".");
}

/// Of io_uring_register(2) and the operations' numbers.
mod op {
    pub const FSYNC: u8 = 3;
    pub const FALLOCATE: u8 = 17;
    pub const OPENAT: u8 = 18;
    pub const CLOSE: u8 = 19;
    pub const STATX: u8 = 21;
    pub const READ: u8 = 22;
    pub const WRITE: u8 = 23;
    pub const RENAMEAT: u8 = 35;
    pub const UNLINKAT: u8 = 36;
    pub const MKDIRAT: u8 = 37;
    pub const SYMLINKAT: u8 = 38;
}

fn through(t: &mut Twin, ring: &mut Ring, what: &str, operation: Operation) -> i64 {
    let result = ring.make(operation);
    t.note(what, crate::twin::shown(result));
    result
}

fn by_name(opcode: u8, name: &CStr, length: u32, flags: i32) -> Operation {
    Operation {
        opcode,
        fd: AT_FDCWD,
        address: name.as_ptr().addr() as u64,
        length,
        of_the_call: flags as u32,
        ..Operation::default()
    }
}

fn of_file(opcode: u8, fd: i64, buffer: &mut [u8], offset: u64) -> Operation {
    Operation {
        opcode,
        fd: fd as i32,
        offset,
        address: match buffer {
            [] => 0,
            _ => buffer.as_mut_ptr().addr() as u64,
        },
        length: buffer.len() as u32,
        ..Operation::default()
    }
}

fn second_name(mut operation: Operation, name: &CStr) -> Operation {
    operation.offset = name.as_ptr().addr() as u64;
    operation
}

/// What is done through a ring, and what is done by calls, is done to the same files by the same program.
fn rings(t: &mut Twin) {
    let mut ring = Ring::new().expect("a ring");
    t.call("umask", args![0o027]);
    let made = O_CREAT | O_RDWR;
    let fd = through(
        t,
        &mut ring,
        "open",
        by_name(op::OPENAT, c"file", 0o666, made),
    );
    let mut text = *b"through the ring";
    through(t, &mut ring, "write", of_file(op::WRITE, fd, &mut text, 0));
    let mut buffer = [b'.'; 20];
    t.call("pread64", args![fd, &mut buffer, 20, 0]);
    t.bytes("read", &buffer);
    t.call("pwrite64", args![fd, b"by a call ", 10, 0]);
    through(t, &mut ring, "read", of_file(op::READ, fd, &mut buffer, 0));
    t.bytes("read", &buffer);
    through(t, &mut ring, "fsync", of_file(op::FSYNC, fd, &mut [], 0));
    let more = Operation {
        opcode: op::FALLOCATE,
        fd: fd as i32,
        address: 100,
        ..Operation::default()
    };
    through(t, &mut ring, "fallocate", more);
    t.call("chdir", args![c"/tmp"]);
    through(
        t,
        &mut ring,
        "open",
        by_name(op::OPENAT, c"file", 0, O_RDONLY | O_EXCL),
    );
    let mut st: stat = blank();
    t.call("fstat", args![fd, &raw mut st]);
    t.stat("fstat", &st);
    through(t, &mut ring, "close", of_file(op::CLOSE, fd, &mut [], 0));
    t.call("fsync", args![fd]);
}

/// The ring's operations are made with the credentials of whoever makes them.
fn ring_of_another_user(t: &mut Twin) {
    belongings();
    t.fork("alice", |t| {
        let mut ring = Ring::new().expect("a ring");
        become_user(t, ALICE, ALICE);
        for name in [c"roots", c"alices", c"bobs"] {
            let fd = through(t, &mut ring, "open", by_name(op::OPENAT, name, 0, O_RDONLY));
            t.close(fd);
            t.opened("open", args![name, O_RDONLY]);
        }
        let dir = by_name(op::MKDIRAT, c"shared/dir", 0o777, 0);
        through(t, &mut ring, "mkdir", dir);
        let target = by_name(op::SYMLINKAT, c"nowhere", 0, 0);
        let link = second_name(target, c"shared/link");
        through(t, &mut ring, "symlink", link);
        let mut old = second_name(
            by_name(op::RENAMEAT, c"shared/dir", 0, 0),
            c"shared/renamed",
        );
        old.length = AT_FDCWD as u32;
        through(t, &mut ring, "rename", old);
        t.call("rmdir", args![c"shared/dir"]);
        t.call("rename", args![c"shared/renamed", c"shared/again"]);
        through(
            t,
            &mut ring,
            "unlink",
            by_name(op::UNLINKAT, c"shared/link", 0, 0),
        );
        let mut status = [0u8; 256];
        let look = by_name(op::STATX, c"shared/again", STATX_BASIC_STATS, 0);
        let look = Operation {
            offset: status.as_mut_ptr().addr() as u64,
            ..look
        };
        through(t, &mut ring, "statx", look);
        t.bytes("statx", &status[..4]);
    });
    t.tree("shared");
}

fn by_32_bits(t: &mut Twin, what: &str, number: u32, args: [u32; 3]) -> i64 {
    let result = bits::call(number, args).into();
    t.note(
        what,
        format_args!("{} by 32 bits", crate::twin::shown(result)),
    );
    result
}

/// Both kinds of calls in one program, on the same files.
fn calls_of_32_bits(t: &mut Twin) {
    let mut low = Low::new();
    let [dir, file, inner, new, link] =
        [c"dir", c"file", c"inner", c"new", c"link"].map(|name| low.text(name));
    by_32_bits(t, "mkdir", nr::MKDIR, [dir, 0o777, 0]);
    by_32_bits(t, "umask", nr::UMASK, [0o077, 0, 0]);
    make(t, c"made");
    let fd = by_32_bits(
        t,
        "open",
        nr::OPEN,
        [file, (O_CREAT | O_RDWR) as u32, 0o666],
    );
    let text = low.put(b"by 32 bits");
    by_32_bits(t, "write", nr::WRITE, [fd as u32, text, 10]);
    let mut buffer = [b'.'; 16];
    t.call("pread64", args![fd, &mut buffer, 16, 0]);
    t.bytes("read", &buffer);
    t.call("write", args![fd, b" and 64", 7]);
    by_32_bits(t, "close", nr::CLOSE, [fd as u32, 0, 0]);
    t.call("fsync", args![fd]);
    by_32_bits(t, "chdir", nr::CHDIR, [dir, 0, 0]);
    make(t, c"inner");
    by_32_bits(t, "chmod", nr::CHMOD, [inner, 0o640, 0]);
    by_32_bits(t, "rename", nr::RENAME, [inner, new, 0]);
    by_32_bits(t, "symlink", nr::SYMLINK, [new, link, 0]);
    t.opened("open", args![c"link", O_RDONLY]);
    by_32_bits(t, "unshare", nr::UNSHARE, [CLONE_FS as u32, 0, 0]);
    by_32_bits(t, "umask", nr::UMASK, [0o007, 0, 0]);
    make(t, c"last");
    t.call("chdir", args![c".."]);
    t.tree(".");
}

/// Who asys thinks the caller is must be who it is.
fn credentials_by_calls_of_32_bits(t: &mut Twin) {
    belongings();
    let mut low = Low::new();
    let wide = low.put(&BOB.to_ne_bytes());
    let narrow = low.put(&(BOB as u16).to_ne_bytes());
    let ways: [(&str, u32, [u32; 3]); 6] = [
        ("setresuid32", nr::SETRESUID32, [ALICE; 3]),
        ("setresuid", nr::SETRESUID, [ALICE; 3]),
        ("setfsuid32", nr::SETFSUID32, [ALICE, 0, 0]),
        ("setfsuid", nr::SETFSUID, [ALICE, 0, 0]),
        ("setgroups32", nr::SETGROUPS32, [1, wide, 0]),
        ("setgroups", nr::SETGROUPS, [1, narrow, 0]),
    ];
    for (what, number, args) in ways {
        t.fork(what, |t| {
            if what.starts_with("setgroups") {
                t.call("setfsuid", args![ALICE]);
            }
            // What is known of before is void afterwards.
            make(t, c"shared/before");
            by_32_bits(t, what, number, args);
            for name in [c"roots", c"alices", c"bobs"] {
                t.opened("open", args![name, O_RDONLY]);
            }
            make(t, c"shared/after");
            t.call("unlink", args![c"shared/after"]);
        });
        fs::remove_file("shared/before").expect("before");
    }
}

fn root_by_a_call_of_32_bits(t: &mut Twin) {
    world::dir("jail");
    world::file("jail/inside", "");
    let jail = Low::new().text(c"jail");
    make(t, c"before");
    by_32_bits(t, "chroot", nr::CHROOT, [jail, 0, 0]);
    t.opened("open", args![c"/etc/passwd", O_RDONLY]);
    t.opened("open", args![c"/inside", O_RDONLY]);
    make(t, c"/after");
}

/// A child of another architecture, which in turn runs a program of ours.
fn program_of_32_bits(t: &mut Twin) {
    use Operand::{Number, Text};
    let zero = Number(0);
    let made = Number((O_CREAT | O_RDWR) as u32);
    let program = bits::program(&[
        (nr::UMASK, [Number(0o027), zero, zero]),
        (nr::MKDIR, [Text(c"by32"), Number(0o777), zero]),
        (nr::OPEN, [Text(c"made32"), made, Number(0o666)]),
        (nr::WRITE, [Number(3), Text(c"by 32 bits\n"), Number(11)]),
        (nr::CHDIR, [Text(c"by32"), zero, zero]),
        (nr::EXECVE, [Text(c"../script"), zero, zero]),
    ]);
    fs::write("program", program).expect("program");
    let script = "#!/bin/sh\numask; cat ../made32; echo text >made64; mkdir by64; exit 5\n";
    world::file("script", script);
    for name in ["program", "script"] {
        world::chmod(name, 0o755);
    }
    let ran = Command::new("./program").output().expect("the program");
    t.note("ran", ran.status);
    t.bytes("said", &[ran.stdout, ran.stderr].concat());
    t.tree(".");
}

fn look_at_both(t: &mut Twin) {
    for name in [c"here/file", c"here/mounted"] {
        t.opened("open", args![name, O_RDONLY]);
    }
    make(t, c"here/made");
    t.call("unlink", args![c"here/made"]);
}

fn mount_here() {
    crate::mounts::make_private().expect("private");
    crate::mounts::tmpfs("here".as_ref(), "size=64k").expect("tmpfs");
    world::file("here/mounted", "");
}

fn a_directory_to_mount_at() {
    world::dir("here");
    world::file("here/file", "");
}

/// One thread sees what the others do not.
fn mounts_of_a_thread(t: &mut Twin) {
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
fn mounts_and_back(t: &mut Twin) {
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
fn another_root(t: &mut Twin) {
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

fn look_at_the_new_root(t: &mut Twin) {
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

fn inside(t: &mut Twin) {
    let mut st: stat = blank();
    t.call("stat", args![c"file", &raw mut st]);
    t.stat("file", &st);
    make(t, c"made");
    t.opened("open", args![c"/etc/shadow", O_RDONLY]);
    t.call("chown", args![c"made", 0, 0]);
    t.call("unlink", args![c"made"]);
}

/// Its first call ever is made in there.
fn born_in_a_user_namespace(t: &mut Twin) {
    world::file("file", "");
    for flags in [CLONE_NEWUSER, CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID] {
        cloned(t, flags, inside);
        cloned(t, flags, |t| t.fork("child", inside));
        inside(t);
    }
}

/// setns(2) into that of a child.
fn joins_a_user_namespace(t: &mut Twin) {
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
