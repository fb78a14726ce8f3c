//! Robbers whom asys cannot look at, who come from within, or who come by another way.

use crate::Tables;
use crate::attacks::{Victim, call, report, robbed_by, robs, signal, still_served, victims};
use asys_tests::{mounts, part, test};
use nix::errno::Errno;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{Pid, getgid, getuid, setpgid};
use std::fs::{self, File};
use std::os::fd::AsRawFd;

const EVERYTHING: &[&str] = &["-q", "-p", "@all"];

pub const TABLES: Tables = (
    &[
        test!(by_one_who_cannot_be_looked_at),
        test!(by_one_of_the_same_group),
        test!(by_a_bind_mount).unless(why_no_namespaces),
    ],
    &[
        part!(robs_unseen),
        part!(robs_its_group),
        part!(robs_by_a_bind_mount),
    ],
);

fn by_one_who_cannot_be_looked_at() {
    robbed_by("robs_unseen", EVERYTHING);
}

/// As set-uid programs are, and whoever has changed its user.
pub fn robs_unseen(_: &[String]) -> i32 {
    nix::sys::prctl::set_dumpable(false).expect("prctl");
    robs(&[])
}

fn by_one_of_the_same_group() {
    robbed_by("robs_its_group", EVERYTHING);
}

/// Keeper and supervisor; the front's group is the command's own.
pub fn robs_its_group(_: &[String]) -> i32 {
    let leaders = victims()
        .into_iter()
        .filter(|victim| victim.leads_a_group_of_its_own());
    for leader in leaders {
        in_a_child(|| join_and_signal(leader));
    }
    still_served();
    0
}

fn join_and_signal(leader: Victim) {
    let joined = setpgid(Pid::from_raw(0), leader.process);
    report(&format!("setpgid {leader:?}"), joined.map(|()| 0));
    if joined.is_ok() {
        signal(&format!("kill 0 in the group of {leader:?}"), |s| {
            call(libc::SYS_kill, [0, s, 0, 0, 0, 0])
        });
    }
}

/// Whether a child that does this and no more ends well.
fn in_a_child(body: impl FnOnce()) -> bool {
    // SAFETY: the process has one thread, so the child may go on as an ordinary process.
    let child = unsafe { libc::fork() };
    if child == 0 {
        body();
        std::process::exit(0);
    }
    let status = waitpid(Pid::from_raw(child), None);
    matches!(status, Ok(WaitStatus::Exited(_, 0)))
}

/// Root in namespaces of its own.
fn enter() -> nix::Result<()> {
    let ids = [
        ("uid_map", getuid().as_raw()),
        ("gid_map", getgid().as_raw()),
    ];
    unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNS)?;
    let write = |file: &str, text: &str| {
        let written = fs::write(format!("/proc/self/{file}"), text);
        written.map_err(|error| Errno::from_raw(error.raw_os_error().unwrap_or(0)))
    };
    write("setgroups", "deny")?;
    for (map, id) in ids {
        write(map, &format!("0 {id} 1"))?;
    }
    mounts::make_private()
}

fn why_no_namespaces() -> Option<String> {
    let works = in_a_child(|| std::process::exit(i32::from(enter().is_err())));
    (!works).then(|| "user and mount namespaces of its own".into())
}

fn by_a_bind_mount() {
    robbed_by("robs_by_a_bind_mount", EVERYTHING);
}

/// Their directories of procfs go by another name.
pub fn robs_by_a_bind_mount(_: &[String]) -> i32 {
    let victims = victims();
    fs::create_dir("elsewhere").expect("a directory");
    enter().expect("namespaces");
    for victim in victims {
        let (from, none) = (format!("/proc/{}", victim.process), None::<&str>);
        mount(
            Some(from.as_str()),
            "elsewhere",
            none,
            MsFlags::MS_BIND,
            none,
        )
        .expect("bind");
        let dir = File::open("elsewhere").expect("the mount");
        let fd = i64::from(dir.as_raw_fd());
        signal(&format!("pidfd_send_signal, a mount of {victim:?}"), |s| {
            call(libc::SYS_pidfd_send_signal, [fd, s, 0, 0, 0, 0])
        });
        drop(dir);
        nix::mount::umount("elsewhere").expect("umount");
    }
    fs::remove_dir("elsewhere").expect("rmdir");
    still_served();
    0
}
