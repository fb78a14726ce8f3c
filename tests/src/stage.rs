//! The file system on which a run takes place, if it is not the one that temporary files are on.
//!
//! The stage is a process between runner and launcher, in a mount namespace of its own: what it mounts is seen by the
//! launcher and the run, and vanishes with them. It serves what has to be served, and touches none of it while it does. A run that
//! hangs all the same loses the ground it stands on: the stage goes, and with it the server.

use crate::filesystem::FileSystem;
use crate::launch::{clean_up_for_the_runner, ends};
use crate::mounts;
use anyhow::{Context, Result, bail};
use nix::mount::{MntFlags, umount2};
use nix::unistd::Pid;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// The stage: `--twin-stage SECONDS FILESYSTEM STORE DIR LAUNCHER-ARGUMENT…`.
pub fn main(args: &[String]) -> Result<()> {
    let [seconds, name, store, dir, launcher @ ..] = args else {
        bail!("--twin-stage SECONDS FILESYSTEM STORE DIR LAUNCHER-ARGUMENT…");
    };
    let file_system = FileSystem::named(name).context("no such file system")?;
    mounts::own_namespace()?;
    let served = file_system.mount(Path::new(store), Path::new(dir))?;
    let mut child = Command::new(std::env::current_exe()?)
        .args(launcher)
        .spawn()?;
    let pid = Pid::from_raw(child.id().cast_signed());
    if !ends(pid, Duration::from_secs(seconds.parse()?), &[])? {
        bail!("the launcher on {name} does not end");
    }
    child.wait()?;
    drop(served);
    for mounted in [dir, store] {
        let _ = umount2(mounted.as_str(), MntFlags::MNT_DETACH);
    }
    clean_up_for_the_runner(Path::new(dir));
    Ok(())
}
