//! The way through /proc.

use crate::Tables;
use crate::attacks::{Victim, report, robbed_by, still_served, victims};
use asys_tests::needs::Need;
use asys_tests::{mounts, part, test};
use nix::errno::Errno;
use nix::fcntl::{OFlag, open, openat};
use nix::sys::stat::Mode;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;

pub const TABLES: Tables = (
    &[
        test!(by_everything),
        test!(by_default),
        test!(by_observation),
        test!(without_a_row),
        test!(as_another_user).needs(&[Need::Root]),
        test!(the_environment),
        test!(by_detours),
        test!(by_another_mount).needs(&[Need::Mounts]),
    ],
    &[
        part!(looks),
        part!(looks_into_the_environment),
        part!(looks_by_detours),
        part!(looks_from_elsewhere),
    ],
);

fn result(opened: nix::Result<OwnedFd>) -> Result<i64, Errno> {
    opened.map(|fd| i64::from(fd.as_raw_fd()))
}

fn try_open(path: &str, flags: OFlag) {
    let opened = open(path, flags, Mode::empty());
    report(&format!("open {path} {flags:?}"), result(opened));
}

/// Memory and descriptors are what can be stolen.
fn files_of(victim: Victim) {
    let Victim { process, thread } = victim;
    for dir in [
        format!("/proc/{thread}"),
        format!("/proc/{process}/task/{thread}"),
    ] {
        for flags in [OFlag::O_RDONLY, OFlag::O_WRONLY, OFlag::O_RDWR] {
            try_open(&format!("{dir}/mem"), flags);
        }
        for fd in 0..24 {
            let path = format!("{dir}/fd/{fd}");
            // ENOENT is for those who may look.
            if std::fs::symlink_metadata(&path).is_ok() {
                try_open(&path, OFlag::O_RDONLY);
            }
        }
    }
}

pub fn looks(_: &[String]) -> i32 {
    victims().into_iter().for_each(files_of);
    still_served();
    0
}

fn by_everything() {
    robbed_by("looks", &["-q", "-p", "@all"]);
}

fn by_default() {
    robbed_by("looks", &["-q"]);
}

fn by_observation() {
    robbed_by("looks", &["-q", "-p", "@observe"]);
}

fn without_a_row() {
    let dir = tempfile::tempdir().expect("a directory");
    let policy = dir.path().join("policy.toml");
    std::fs::write(&policy, "version = 1\n").expect("write");
    robbed_by(
        "looks",
        &["-q", "-p", policy.to_str().expect("a plain path")],
    );
}

fn as_another_user() {
    robbed_by("looks", &["-q", "-p", "@all", "-u", "nobody"]);
}

/// It may hold what the target was not given.
fn the_environment() {
    robbed_by("looks_into_the_environment", &["-q", "-p", "@all"]);
}

pub fn looks_into_the_environment(_: &[String]) -> i32 {
    for Victim { process, thread } in victims() {
        try_open(&format!("/proc/{thread}/environ"), OFlag::O_RDONLY);
        try_open(
            &format!("/proc/{process}/task/{thread}/environ"),
            OFlag::O_RDONLY,
        );
    }
    still_served();
    0
}

fn by_detours() {
    robbed_by("looks_by_detours", &["-q", "-p", "@all"]);
}

/// The same file by names that do not say so.
pub fn looks_by_detours(_: &[String]) -> i32 {
    for Victim { process, .. } in victims() {
        let dir = format!("/proc/{process}");
        let _ = std::fs::remove_file("link");
        std::os::unix::fs::symlink(&dir, "link").expect("symlink");
        for path in [
            "link/mem".into(),
            format!("/proc/self/../{process}/mem"),
            format!("/proc/../proc/./{process}/task/../mem"),
            format!("/proc/self/root/proc/{process}/mem"),
            "/proc/self/cwd/link/mem".into(),
        ] {
            try_open(&path, OFlag::O_RDWR);
        }
        by_descriptor(&dir);
    }
    std::env::set_current_dir("/proc").expect("chdir");
    for Victim { process, .. } in victims() {
        try_open(&format!("{process}/mem"), OFlag::O_RDWR);
        try_open(&format!("./self/../{process}/mem"), OFlag::O_RDWR);
    }
    std::env::set_current_dir(Path::new("/tmp")).expect("chdir");
    println!("still served");
    0
}

/// From the directory, and from a descriptor that was opened for nothing yet.
fn by_descriptor(dir: &str) {
    let path = OFlag::O_PATH;
    if let Ok(at) = open(dir, path, Mode::empty()) {
        let opened = openat(&at, "mem", OFlag::O_RDWR, Mode::empty());
        report(&format!("openat {dir}, mem"), result(opened));
        let through = format!("/proc/self/fd/{}/mem", at.as_raw_fd());
        try_open(&through, OFlag::O_RDWR);
    }
    if let Ok(mem) = open(format!("{dir}/mem").as_str(), path, Mode::empty()) {
        try_open(&format!("/proc/self/fd/{}", mem.as_raw_fd()), OFlag::O_RDWR);
        try_open(&format!("/dev/fd/{}", mem.as_raw_fd()), OFlag::O_RDWR);
    }
}

fn by_another_mount() {
    robbed_by("looks_from_elsewhere", &["-q", "-p", "@all"]);
}

/// In a mount namespace of its own, where /proc is also elsewhere.
pub fn looks_from_elsewhere(_: &[String]) -> i32 {
    mounts::own_namespace().expect("a namespace");
    std::fs::create_dir("elsewhere").expect("mkdir");
    mounts::bind("/proc", "elsewhere", false);
    for victim in victims() {
        files_of(victim);
        try_open(&format!("elsewhere/{}/mem", victim.process), OFlag::O_RDWR);
    }
    still_served();
    0
}
