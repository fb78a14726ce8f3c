//! Attacks that could hit anybody, in a process namespace of its own only, where there is nobody else to be hit:
//! `kill(-1, …)`, which would be the end of everything, asys and this machine included, and numbers that nobody has yet.

use crate::Tables;
use crate::attacks::{report, still_served};
use asys_tests::deadline::until;
use asys_tests::faults::Pages;
use asys_tests::needs::Need;
use asys_tests::{mounts, part, play, proc, test};
use nix::errno::Errno;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;
use std::fs;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};

pub const TABLES: Tables = (
    &[
        test!(everybody).unless(why_no_namespace),
        test!(next_worker)
            .needs(&[Need::Faults])
            .unless(why_no_namespace),
    ],
    &[
        part!(enters_a_namespace),
        part!(kills_everybody),
        part!(waits_for_the_next_worker),
    ],
);

/// Processes below which a namespace is surely not the machine's.
const FEW: usize = 12;

fn own_namespace() -> String {
    let link = fs::read_link("/proc/self/ns/pid").expect("/proc");
    link.display().to_string()
}

fn why_no_namespace() -> Option<String> {
    let first = || i32::from(own_proc().is_err());
    let works = in_a_child(move || match enter() {
        Ok(()) => in_a_child(first).unwrap_or(1),
        Err(_) => 1,
    });
    (works != Some(0)).then(|| "a process namespace of its own".into())
}

/// The exit status of a child that does this and no more.
fn in_a_child(body: impl FnOnce() -> i32) -> Option<i32> {
    // SAFETY: the child makes system calls, or executes something, and leaves through `_exit`.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let status = body();
        // SAFETY: ends the child without running the parent's exit handlers.
        unsafe { libc::_exit(status) };
    }
    match waitpid(Pid::from_raw(child), None) {
        Ok(WaitStatus::Exited(_, status)) => Some(status),
        _ => None,
    }
}

/// For the first process of a namespace, in a mount namespace of its own.
fn own_proc() -> nix::Result<()> {
    let none: Option<&str> = None;
    mount(Some("proc"), "/proc", Some("proc"), MsFlags::empty(), none)
}

/// Children will be in a process namespace of their own; this process itself stays where it is.
fn enter() -> nix::Result<()> {
    let mut flags = CloneFlags::CLONE_NEWPID | CloneFlags::CLONE_NEWNS;
    if !nix::unistd::geteuid().is_root() {
        flags |= CloneFlags::CLONE_NEWUSER;
    }
    unshare(flags)?;
    mounts::make_private()
}

fn everybody() {
    robbed_in_a_namespace("kills_everybody");
}

/// Asys has as many workers as there are calls that wait: a number is guarded before a worker has it.
fn next_worker() {
    robbed_in_a_namespace("waits_for_the_next_worker");
}

fn robbed_in_a_namespace(robber: &str) {
    let session = asys_tests::session::Session::native();
    let outside = own_namespace();
    let asys = session.asys_path().display().to_string();
    let ended = session.run(&play::part(
        "enters_a_namespace",
        &[&asys, robber, &outside],
    ));
    assert_eq!(ended.out, "still served\n", "{}", ended.err);
    assert_eq!((ended.status.code(), ended.err), (Some(0), String::new()));
}

/// Becomes the namespace's first process, and runs asys and the robber in it.
pub fn enters_a_namespace(args: &[String]) -> i32 {
    enter().expect("a process namespace");
    in_a_child(|| first_process(args)).expect("the first process")
}

fn first_process(args: &[String]) -> i32 {
    own_proc().expect("a /proc of its own");
    nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL).expect("prctl");
    let [asys, robber, outside] = args else {
        panic!("ASYS ROBBER NAMESPACE");
    };
    let robber = play::part(robber, &[outside]);
    let mut asys = Command::new(asys);
    asys.args(["run", "-q", "-p", "@all", "--"]).args(robber);
    asys.process_group(0);
    asys.status().expect("asys").code().unwrap_or(99)
}

fn assert_alone(outside: &str) {
    assert_ne!(
        own_namespace(),
        outside,
        "this is the machine's own namespace"
    );
    assert!(
        proc::all().len() < FEW && std::process::id() < 100,
        "others are here"
    );
}

/// Refuses to be anywhere but in that namespace.
pub fn kills_everybody(args: &[String]) -> i32 {
    assert_alone(&args[0]);
    for signal in [libc::SIGKILL, libc::SIGSTOP] {
        // SAFETY: plain numbers; who may be hit was seen to above.
        let result = Errno::result(unsafe { libc::kill(-1, signal) });
        report(&format!("kill -1 {signal}"), result.map(i64::from));
    }
    still_served();
    0
}

const OPENERS: usize = 50;
const TRIES_FOR_EACH: usize = 50;

/// Holds one worker after the other by pages that are missing, and asks meanwhile for the number that the next one gets.
pub fn waits_for_the_next_worker(args: &[String]) -> i32 {
    assert_alone(&args[0]);
    let pages = Pages::missing(OPENERS).expect("pages");
    let (ready, tries) = (Barrier::new(OPENERS + 1), AtomicUsize::new(0));
    let opener = |page: usize| {
        ready.wait();
        until("its turn", || {
            tries.load(Ordering::Relaxed) >= page * TRIES_FOR_EACH
        });
        // SAFETY: the address of a page that will hold a C string.
        unsafe { libc::syscall(libc::SYS_access, pages.address(page), 0) };
    };
    std::thread::scope(|scope| {
        for page in 0..OPENERS {
            let opener = &opener;
            scope.spawn(move || opener(page));
        }
        let last = fs::read_to_string("/proc/sys/kernel/ns_last_pid").expect("the last number");
        ready.wait();
        ask_for_each(last.trim().parse().expect("a number"), &tries);
        (0..OPENERS).for_each(|page| pages.give(page, c"."));
    });
    still_served();
    0
}

/// Of the numbers after `last`, each until asys has it. Signal 0 hurts nobody.
fn ask_for_each(last: i32, tries: &AtomicUsize) {
    let mut number = last + 1;
    while tries.fetch_add(1, Ordering::Relaxed) < OPENERS * TRIES_FOR_EACH {
        // SAFETY: plain numbers.
        match Errno::result(unsafe { libc::kill(number, 0) }) {
            Err(Errno::ESRCH) => {}
            Err(Errno::EPERM) => number += 1,
            other => {
                report(&format!("kill {number} 0"), other.map(i64::from));
                number += 1;
            }
        }
    }
    assert!(number > last + 1, "nobody new in asys");
}
