//! `kill(-1, …)`, which would be the end of everything, asys and this machine included: it is tried in a process
//! namespace of its own only, where there is nothing else to kill.

use crate::Tables;
use crate::attacks::{report, still_served};
use asys_tests::{mounts, part, play, proc, test};
use nix::errno::Errno;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;
use std::fs;
use std::os::unix::process::CommandExt;
use std::process::Command;

pub const TABLES: Tables = (
    &[test!(everybody).unless(why_no_namespace)],
    &[part!(enters_a_namespace), part!(kills_everybody)],
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
    let session = asys_tests::session::Session::native();
    let outside = own_namespace();
    let asys = session.asys_path().display().to_string();
    let ended = session.run(&play::part("enters_a_namespace", &[&asys, &outside]));
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
    let robber = play::part(
        "kills_everybody",
        &args[1..].iter().map(String::as_str).collect::<Vec<_>>(),
    );
    let mut asys = Command::new(&args[0]);
    asys.args(["run", "-q", "-p", "@all", "--"]).args(robber);
    asys.process_group(0);
    asys.status().expect("asys").code().unwrap_or(99)
}

/// Refuses to be anywhere but in that namespace.
pub fn kills_everybody(args: &[String]) -> i32 {
    assert_ne!(
        own_namespace(),
        args[0],
        "this is the machine's own namespace"
    );
    assert!(
        proc::all().len() < FEW && std::process::id() < 100,
        "others are here"
    );
    for signal in [libc::SIGKILL, libc::SIGSTOP] {
        // SAFETY: plain numbers; who may be hit was seen to above.
        let result = Errno::result(unsafe { libc::kill(-1, signal) });
        report(&format!("kill -1 {signal}"), result.map(i64::from));
    }
    still_served();
    0
}
