//! File systems that bound what a subvolume or a user may take up, each on a loop device that goes with its mount.

use crate::mounts::{IMAGE, image, own_namespace, tool};
use anyhow::{Context, Result};
use nix::sys::quota::{Dqblk, QuotaType, QuotaValidFlags, quotactl_set};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

/// What somebody may take up.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub kilobytes: u64,
    pub inodes: u64,
}

/// A btrfs at `at` of which nobody, not even root, may use more than so many megabytes: btrfs-qgroup(8).
pub fn subvolume(at: &str, megabytes: u64) -> Result<()> {
    // Small as it is, data and metadata have to share their blocks.
    image(64 << 10, "mkfs.btrfs", &["-q", "--mixed", "-n", "4096"])?;
    tool("mount", &["-o", "loop", IMAGE, at])?;
    fs::remove_file(IMAGE)?;
    tool("btrfs", &["quota", "enable", at])?;
    tool("btrfs", &["quota", "rescan", "-w", at])?;
    tool("btrfs", &["qgroup", "limit", &format!("{megabytes}M"), at])
}

/// An ext4 of one-kilobyte blocks at `at`, on which `user` has these limits: quotactl(2).
pub fn of_a_user(at: &str, user: u32, limits: Limits) -> Result<()> {
    let features = "quota,^has_journal,^dir_nlink,^metadata_csum";
    let format = ["-q", "-F", "-b", "1024", "-m", "0", "-O", features];
    image(4096, "mkfs.ext4", &format)?;
    tool("mount", &["-o", "loop,usrquota", IMAGE, at])?;
    fs::remove_file(IMAGE)?;
    let mut quota = Dqblk::default();
    // In blocks of a kilobyte.
    quota.set_blocks_hard_limit(limits.kilobytes);
    quota.set_inodes_hard_limit(limits.inodes);
    let which = QuotaValidFlags::QIF_LIMITS;
    let set = quotactl_set(
        QuotaType::USRQUOTA,
        device(at)?.as_str(),
        user as i32,
        &quota,
        which,
    );
    set.context("quotactl")
}

/// What is mounted at `at`.
fn device(at: &str) -> Result<String> {
    let at = fs::canonicalize(at)?;
    let mounts = fs::read_to_string("/proc/self/mounts")?;
    let mut lines = mounts.lines().map(|line| line.split(' '));
    let found = lines.find_map(|mut words| {
        let device = words.next()?;
        (Path::new(words.next()?) == at).then(|| device.to_owned())
    });
    found.context("not mounted")
}

/// What it would take to have subvolumes with limits, in words.
pub fn missing_for_subvolumes() -> Option<String> {
    static WORKS: OnceLock<bool> = OnceLock::new();
    let works = WORKS.get_or_init(|| tried(|| subvolume("m", 1)));
    (!works).then(|| "btrfs in the kernel, and btrfs-progs".into())
}

/// The same for users.
pub fn missing_for_users() -> Option<String> {
    static WORKS: OnceLock<bool> = OnceLock::new();
    let limits = Limits {
        kilobytes: 1,
        inodes: 1,
    };
    let works = WORKS.get_or_init(|| tried(|| of_a_user("m", 1, limits)));
    (!works).then(|| "a kernel with ext4's quotas (CONFIG_QFMT_V2)".into())
}

/// Whether it can be done, in a directory and a mount namespace of its own.
fn tried(mount: impl FnOnce() -> Result<()>) -> bool {
    let Ok(dir) = tempfile::tempdir() else {
        return false;
    };
    let attempt = || {
        own_namespace()?;
        std::env::set_current_dir(dir.path())?;
        fs::create_dir("m")?;
        mount()
    };
    // SAFETY: the harness has no other threads yet, and the child leaves through `_exit`.
    match unsafe { fork() } {
        Ok(ForkResult::Child) => {
            let done = attempt();
            // SAFETY: ends the child without running the parent's exit handlers.
            unsafe { libc::_exit(i32::from(done.is_err())) }
        }
        Ok(ForkResult::Parent { child }) => {
            matches!(waitpid(child, None), Ok(WaitStatus::Exited(_, 0)))
        }
        Err(_) => false,
    }
}
