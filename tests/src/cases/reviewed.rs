//! What went wrong once: each case was found by a reviewer, and failed before it was mended.

use super::credentials::scene::{belongings, beside};
use super::world;
use crate::arg::Arg;
use crate::args;
use crate::capabilities::{CAP_DAC_READ_SEARCH, CAP_SYS_CHROOT, set_capabilities};
use crate::case;
use crate::case::Family;
use crate::deadline::until;
use crate::faults::Pages;
use crate::filesystem::FileSystem;
use crate::landlock;
use crate::needs::{Need, find};
use crate::proc;
use crate::signals;
use crate::thirty_two_bits;
use crate::twin::{Twin, blank};
use crate::users::{ALICE, become_user};
use libc::*;
use nix::sys::signal::Signal;
use nix::unistd::Pid;
use std::ffi::CString;
use std::fs;
use std::io::{PipeReader, PipeWriter, Read, Write, pipe};
use std::os::fd::AsRawFd;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::atomic::{AtomicI32, Ordering};

pub const FAMILY: Family = Family {
    name: "reviewed",
    on: FileSystem::ALL,
    cases: &[
        case!(umask_of_a_relative),
        case!(root_of_a_relative).needs(&[Need::Root]),
        case!(umask_by_a_32_bit_call).needs(&[Need::ThirtyTwoBits]),
        case!(landlock_among_others).needs(&[Need::Landlock]),
        case!(umask_of_a_thread).needs(&[Need::Root]),
        case!(root_of_a_thread).needs(&[Need::Root]),
        case!(capabilities_before_a_program).needs(&[Need::Root, Need::Tool("cat")]),
        case!(program_in_the_place_of_its_caller).needs(&[
            Need::Root,
            Need::SetUid,
            Need::Faults,
            Need::Tool("cat"),
        ]),
        case!(caller_that_others_wait_for)
            .needs(&[Need::Faults])
            .within(10),
        case!(directory_made_as_a_file),
        case!(more_openers_than_workers).within(30),
        case!(lease_and_a_signal).within(10),
        case!(lease_given_back_by_its_breaker).within(10),
        case!(lease_and_a_killed_opener),
        case!(lease_and_a_fatal_signal).within(10),
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

fn umask_by_a_32_bit_call(t: &mut Twin) {
    make(t, c"before");
    let was = thirty_two_bits::call(thirty_two_bits::nr::UMASK, [0o077, 0, 0]);
    t.note("umask was", format!("{was:o}"));
    make(t, c"after");
}

/// A process that confines itself is confined; the others are as before.
fn landlock_among_others(t: &mut Twin) {
    fs::write("file", "text").expect("file");
    make(t, c"before");
    t.fork("confined", |t| {
        landlock::confine_oneself(landlock::READ_FILE);
        t.call("open", args![c"file", O_RDONLY]);
        t.fork("its child", |t| {
            t.call("open", args![c"file", O_RDONLY]);
        });
    });
    t.opened("open", args![c"file", O_RDONLY]);
}

/// What another thread does is seen by this one, also when it is another user's than asys.
fn umask_of_a_thread(t: &mut Twin) {
    belongings();
    t.fork("alice", |t| {
        become_user(t, ALICE, ALICE);
        make(t, c"shared/before");
        let step = || {
            // SAFETY: umask cannot fail.
            unsafe { syscall(SYS_umask, 0o077) };
        };
        beside(t, step, |t| make(t, c"shared/beside"));
        make(t, c"shared/after");
    });
}

fn become_alice_with(t: &mut Twin, capability: u32) {
    t.call("prctl", args![PR_SET_KEEPCAPS, 1]);
    become_user(t, ALICE, ALICE);
    set_capabilities(t, &[capability]);
}

fn root_of_a_thread(t: &mut Twin) {
    belongings();
    t.fork("alice", |t| {
        become_alice_with(t, CAP_SYS_CHROOT);
        make(t, c"shared/before");
        t.opened("open", args![c"/etc/passwd", O_RDONLY]);
        let step = || {
            // SAFETY: a C string.
            unsafe { syscall(SYS_chroot, c"shared".as_ptr()) };
        };
        beside(t, step, |t| {
            t.opened("open", args![c"/etc/passwd", O_RDONLY]);
            t.opened("open", args![c"/before", O_RDONLY]);
        });
    });
}

/// They are gone when another thread runs a program, which has the number of this one then.
fn capabilities_before_a_program(t: &mut Twin) {
    belongings();
    t.fork("alice", |t| {
        become_alice_with(t, CAP_DAC_READ_SEARCH);
        t.opened("open", args![c"roots", O_RDONLY]);
        t.opened("open", args![c"bobs", O_RDONLY]);
        let mut cat = Command::new("cat");
        cat.args(["roots", "bobs"]).env("LC_ALL", "C");
        std::thread::scope(|scope| {
            scope.spawn(move || cat.exec());
        });
    });
}

/// Two pipes between a program, whose stdin and stdout they are, and somebody else.
struct Wire {
    to_program: (PipeReader, PipeWriter),
    from_program: (PipeReader, PipeWriter),
}

impl Wire {
    fn new() -> Self {
        let [to_program, from_program] = [(); 2].map(|()| pipe().expect("a pipe"));
        Self {
            to_program,
            from_program,
        }
    }

    fn of_the_program(self) -> (PipeReader, PipeWriter) {
        (self.to_program.0, self.from_program.1)
    }

    fn of_the_other(self) -> (PipeReader, PipeWriter) {
        (self.from_program.0, self.to_program.1)
    }
}

/// The leader's call waits for its path; meanwhile another thread runs a set-uid program. The call dies with its
/// caller, and is not the program's.
fn program_in_the_place_of_its_caller(t: &mut Twin) {
    world::file("victim", "");
    fs::copy(find("cat").expect("cat"), "cat").expect("cat");
    world::chmod("cat", 0o4755);
    t.fork("program", |t| {
        let page = Pages::missing(1).expect("a page");
        let wire = Wire::new();
        // SAFETY: the process has one thread; the child leaves through `_exit`.
        if unsafe { fork() } == 0 {
            give_to_who_is_gone(&page, wire);
        }
        become_user(t, ALICE, ALICE);
        let (mut input, output) = wire.of_the_program();
        std::thread::spawn(move || {
            input.read_exact(&mut [0]).expect("a word");
            let mut cat = Command::new("./cat");
            cat.stdin(input).stdout(output).exec()
        });
        t.call("unlink", args![Arg::at(page.address(0), "missing")]);
    });
}

/// Gives the page once the program runs, and keeps that running for a while.
fn give_to_who_is_gone(page: &Pages, wire: Wire) -> ! {
    const LONG_ENOUGH: usize = 100;
    let (mut answers, mut words) = wire.of_the_other();
    page.wait_for_a_touch();
    words.write_all(b"x").expect("a word");
    for round in 0..LONG_ENOUGH {
        words.write_all(b"x").expect("a word");
        answers.read_exact(&mut [0]).expect("an answer");
        if round == 0 {
            page.give(0, c"victim");
        }
    }
    // SAFETY: ends the child, and by the end of its input the program.
    unsafe { _exit(0) }
}

/// Everyone waits for pages, more than asys has workers; who gives them makes calls itself.
fn caller_that_others_wait_for(t: &mut Twin) {
    const WAITING: usize = 80;
    world::file("file", "");
    let pages = Pages::missing(WAITING).expect("pages");
    let opened = std::thread::scope(|scope| {
        let address = |page| pages.address(page);
        let openers: Vec<_> = (0..WAITING)
            .map(|page| scope.spawn(move || open_at(address(page))))
            .collect();
        pages.wait_for_a_touch();
        let others = proc::threads(Pid::this());
        until("all wait", || {
            others[1..].iter().all(|opener| proc::waits(*opener))
        });
        let mut st: stat = blank();
        t.call("stat", args![c"file", &raw mut st]);
        (0..WAITING).for_each(|page| pages.give(page, c"file"));
        let opened = openers
            .into_iter()
            .map(|opener| opener.join().expect("an opener"));
        opened.filter(|opened| *opened).count()
    });
    t.note("opened", opened);
}

fn open_at(address: usize) -> bool {
    // SAFETY: the address of a page that will hold a C string; the descriptor is nobody else's.
    unsafe {
        let fd = syscall(SYS_open, address, O_RDONLY);
        fd >= 0 && syscall(SYS_close, fd) == 0
    }
}

/// EISDIR before anything is looked up, whatever else is wrong.
fn directory_made_as_a_file(t: &mut Twin) {
    let long = CString::new("x".repeat(300) + "/").expect("no NUL in it");
    for path in [&long, c"nowhere/", c"nowhere/deeper/"] {
        for flags in [O_CREAT, O_CREAT | O_WRONLY, O_CREAT | O_EXCL, O_RDONLY] {
            t.opened("open", args![path, flags, 0o666]);
        }
    }
}

/// As many as asys has workers, and some, wait for a lease; its holder must be served.
fn more_openers_than_workers(t: &mut Twin) {
    signals::ignore(Signal::SIGIO);
    let fd = lease(t);
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
    give_back(t, fd);
    for child in openers {
        let mut status = 0;
        // SAFETY: a status to write.
        unsafe { waitpid(child, &raw mut status, 0) };
        t.note("opener", status);
    }
    t.close(fd);
}

/// A file that everyone else who opens it must wait for; SIGIO tells of that.
fn lease(t: &mut Twin) -> i64 {
    fs::write("leased", "precious").expect("leased");
    let fd = t.call("open", args![c"leased", O_RDWR]);
    t.call("fcntl", args![fd, F_SETLEASE, F_WRLCK]);
    fd
}

fn give_back(t: &mut Twin, fd: i64) {
    t.call("fcntl", args![fd, F_SETLEASE, F_UNLCK]);
}

/// The holder does not give it back: the wait ends by a signal only.
fn lease_and_a_signal(t: &mut Twin) {
    signals::ignore(Signal::SIGIO);
    let fd = lease(t);
    signals::interrupting(|| t.call("open", args![c"leased", O_RDONLY]));
    give_back(t, fd);
    t.opened("open", args![c"leased", O_RDONLY]);
}

/// What [`give_it_back`] gives back.
static LEASED: AtomicI32 = AtomicI32::new(-1);

extern "C" fn give_it_back(_: c_int) {
    // SAFETY: plain numbers.
    unsafe {
        syscall(
            SYS_fcntl,
            LEASED.load(Ordering::Relaxed),
            F_SETLEASE,
            F_UNLCK,
        )
    };
}

/// The handler runs in the very thread that waits, which goes on or begins anew at once.
fn lease_given_back_by_its_breaker(t: &mut Twin) {
    for flags in [0, SA_RESTART] {
        handle(SIGIO, give_it_back, flags);
        let fd = lease(t);
        LEASED.store(fd as i32, Ordering::Relaxed);
        t.opened("open", args![c"leased", O_RDONLY]);
        t.close(fd);
    }
}

fn handle(signal: c_int, handler: extern "C" fn(c_int), flags: c_int) {
    let mut action: sigaction = blank();
    action.sa_sigaction = handler as *const () as usize;
    action.sa_flags = flags;
    // SAFETY: the handlers here make raw calls only.
    let set = unsafe { sigaction(signal, &raw const action, std::ptr::null_mut()) };
    assert_eq!(set, 0, "sigaction");
}

/// Returns when somebody wants to have what is leased. SIGIO must be blocked.
fn wait_for_an_opener() {
    // SAFETY: a set of our own.
    unsafe {
        let mut set = blank();
        sigaddset(&raw mut set, SIGIO);
        while sigwaitinfo(&raw const set, std::ptr::null_mut()) != SIGIO {}
    }
}

/// A child that opens what is leased, and is sent signals as it waits.
fn opener_of_what_is_leased(
    t: &mut Twin,
    flags: c_int,
    prepare: impl FnOnce(),
    end: impl FnOnce(Pid),
) {
    let fd = lease(t);
    nix::sys::signal::SigSet::from(Signal::SIGIO)
        .thread_block()
        .expect("sigprocmask");
    // SAFETY: the process has one thread; the child leaves through `_exit`.
    let child = unsafe { fork() };
    if child == 0 {
        prepare();
        // SAFETY: a C string; ends the child at once.
        unsafe { _exit(i32::from(open(c"leased".as_ptr(), flags) < 0)) };
    }
    wait_for_an_opener();
    end(Pid::from_raw(child));
    let mut status = 0;
    // SAFETY: a status to write.
    unsafe { waitpid(child, &raw mut status, 0) };
    t.note("opener", status);
    give_back(t, fd);
}

/// What it wanted to do is not done in its name afterwards.
fn lease_and_a_killed_opener(t: &mut Twin) {
    opener_of_what_is_leased(
        t,
        O_WRONLY | O_TRUNC,
        || {},
        |opener| {
            nix::sys::signal::kill(opener, Signal::SIGKILL).expect("kill");
        },
    );
    t.opened("open", args![c"leased", O_RDONLY]);
    let left = fs::read("leased").expect("leased");
    t.bytes("left", &left);
}

/// The writing end of a pipe to [`tell`].
static TOLD: AtomicI32 = AtomicI32::new(-1);

extern "C" fn tell(_: c_int) {
    // SAFETY: one byte of a constant.
    unsafe { syscall(SYS_write, TOLD.load(Ordering::Relaxed), c"x".as_ptr(), 1) };
}

/// After a handler has run the opener waits again, and can be ended as before.
fn lease_and_a_fatal_signal(t: &mut Twin) {
    let (mut told, teller) = pipe().expect("a pipe");
    TOLD.store(teller.as_raw_fd(), Ordering::Relaxed);
    let handles = || handle(SIGUSR1, tell, SA_RESTART);
    opener_of_what_is_leased(t, O_RDONLY, handles, |opener| {
        for signal in [Signal::SIGUSR1, Signal::SIGTERM] {
            nix::sys::signal::kill(opener, signal).expect("kill");
            if signal == Signal::SIGUSR1 {
                told.read_exact(&mut [0]).expect("the handler");
            }
        }
    });
}
