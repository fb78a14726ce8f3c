//! File systems of a case's own, in a mount namespace of its own: they vanish with the case.

use nix::Result;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use std::fs::File;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::process::Command;

pub const IMMUTABLE: libc::c_long = 0x10;
pub const APPEND_ONLY: libc::c_long = 0x20;

const NONE: Option<&str> = None;

/// From here on, mounts made by this process are seen by it and its children only.
pub fn own_namespace() {
    unshare(CloneFlags::CLONE_NEWNS).expect("unshare");
    make_private().expect("make the mounts private");
}

/// Nothing mounted from here on propagates to where we came from.
pub fn make_private() -> Result<()> {
    mount(NONE, "/", NONE, MsFlags::MS_REC | MsFlags::MS_PRIVATE, NONE)
}

/// A tmpfs at `dir`, with options such as `size=64k,nr_inodes=8`.
pub fn tmpfs(dir: &Path, options: &str) -> Result<()> {
    mount(
        Some("tmpfs"),
        dir,
        Some("tmpfs"),
        MsFlags::empty(),
        Some(options),
    )
}

/// Whether something is mounted at `dir`.
pub fn is_mount_point(dir: &Path) -> std::io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let above = dir.parent().unwrap_or(dir);
    Ok(dir.metadata()?.dev() != above.metadata()?.dev())
}

/// `from` seen at `to` as well; read-only if asked for.
pub fn bind(from: &str, to: &str, read_only: bool) {
    mount(Some(from), to, NONE, MsFlags::MS_BIND, NONE).expect("bind");
    if read_only {
        let flags = MsFlags::MS_BIND | MsFlags::MS_REMOUNT | MsFlags::MS_RDONLY;
        mount(NONE, to, NONE, flags, NONE).expect("read-only");
    }
}

/// An ext4 file system of one-kilobyte blocks at `at`, on a loop device that goes with the mount. `fill` runs in a
/// first mount, then the `debugfs` commands are applied to the image. Its file loses its name at the end: what mkfs
/// writes differs from run to run.
pub fn ext4(at: &str, kilobytes: u64, fill: impl FnOnce(), debugfs: &[&str]) {
    const IMAGE: &str = "image";
    let file = File::create(IMAGE).expect("image");
    file.set_len(kilobytes << 10).expect("image");
    let features = "^has_journal,^dir_nlink,^metadata_csum";
    tool(
        "mkfs.ext4",
        &[
            "-q", "-F", "-b", "1024", "-N", "512", "-m", "0", "-O", features, IMAGE,
        ],
    );
    tool("mount", &["-o", "loop", IMAGE, at]);
    fill();
    if !debugfs.is_empty() {
        nix::mount::umount(at).expect("umount");
        for command in debugfs {
            tool("debugfs", &["-w", "-R", command, IMAGE]);
        }
        tool("mount", &["-o", "loop", IMAGE, at]);
    }
    std::fs::remove_file(IMAGE).expect("image");
}

fn tool(name: &str, args: &[&str]) {
    let path = crate::needs::find(name).expect(name);
    let output = Command::new(path).args(args).output().expect(name);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name} {args:?}: {said}");
}

/// A frozen file system: who writes to it waits, and cannot be killed. Thaws when dropped.
#[derive(Debug)]
pub struct Ice(File);

/// Freezes the file system that `dir` is on: ioctl_fsfreeze(2).
pub fn freeze(dir: &Path) -> Ice {
    let dir = File::open(dir).expect("open");
    freezer(&dir, FIFREEZE).expect("freeze");
    Ice(dir)
}

impl Drop for Ice {
    fn drop(&mut self) {
        freezer(&self.0, FITHAW).expect("thaw");
    }
}

const FIFREEZE: libc::c_ulong = 0xc004_5877;
const FITHAW: libc::c_ulong = 0xc004_5878;

fn freezer(dir: &File, request: libc::c_ulong) -> Result<i32> {
    // SAFETY: neither request looks at its argument.
    let done = unsafe { libc::ioctl(dir.as_raw_fd(), request, 0) };
    nix::errno::Errno::result(done)
}

/// Runs `body` while each of these has the flag.
pub fn with_inode_flag(flag: libc::c_long, paths: &[&str], body: impl FnOnce()) {
    let held: Vec<File> = paths
        .iter()
        .map(|path| File::open(path).expect(path))
        .collect();
    let set = |on: bool| {
        for file in &held {
            set_inode_flag(file, flag, on).expect("inode flag");
        }
    };
    set(true);
    body();
    set(false);
}

/// Sets or clears one flag, as chattr(1) does.
pub fn set_inode_flag(file: &File, flag: libc::c_long, on: bool) -> Result<()> {
    const GET: libc::c_ulong = 0x8008_6601;
    const SET: libc::c_ulong = 0x4008_6602;
    let mut flags: libc::c_long = 0;
    // SAFETY: the request writes one long, which lives across the call.
    let got = unsafe { libc::ioctl(file.as_raw_fd(), GET, &raw mut flags) };
    nix::errno::Errno::result(got)?;
    flags = if on { flags | flag } else { flags & !flag };
    // SAFETY: the request reads one long, which lives across the call.
    let set = unsafe { libc::ioctl(file.as_raw_fd(), SET, &raw const flags) };
    nix::errno::Errno::result(set).map(drop)
}
