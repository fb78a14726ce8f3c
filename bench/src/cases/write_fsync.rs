//! What an append-only log does all day.

use std::path::Path;

use anyhow::ensure;
use nix::fcntl::{OFlag, open};
use nix::sys::stat::{Mode, SFlag};
use nix::unistd::{Whence, fsync, lseek, write};

use crate::case::{Case, Kind};
use crate::floor::{Answer, LARGEST, Remote, Stop};
use crate::stats::Sample;
use crate::sys::Notification;
use crate::target::{path, time};
use crate::workdir::{BLOCK, FILL};

pub(super) const CASE: Case = Case {
    name: "write-fsync",
    title: "write 4 KiB + fsync",
    about: "write of 4 KiB, and fsync",
    kind: Kind::Disk,
    calls: &[("write", libc::SYS_write), ("fsync", libc::SYS_fsync)],
    target,
    bare: answer,
    exact: answer,
};

/// Always the same block: a growing file would measure the file system's journal as much as the call.
fn target(iterations: u32, dir: &Path) -> anyhow::Result<Sample> {
    let file = open(
        path(dir, "log")?.as_c_str(),
        OFlag::O_WRONLY | OFlag::O_CLOEXEC,
        Mode::empty(),
    )?;
    let block = [FILL; BLOCK];
    let mut put = 0;
    let sample = time(iterations, || {
        lseek(&file, 0, Whence::SeekSet)?;
        put = write(&file, &block)?;
        fsync(&file)
    })?;
    ensure!(put == BLOCK, "short write {put}");
    Ok(sample)
}

fn answer(remote: &mut Remote, n: &Notification) -> Answer {
    let [fd, buffer, count, ..] = n.data.args;
    if libc::c_long::from(n.data.nr) == libc::SYS_fsync {
        let file = remote.file(n, fd, SFlag::S_IFREG)?;
        remote.vouch(n)?;
        return Ok(fsync(file).map(|()| 0)?);
    }
    if count > LARGEST as u64 {
        return Err(Stop::Native);
    }
    let count = count as usize;
    let file = remote.data_file(n, fd)?;
    remote.fetch(n, buffer, count)?;
    remote.unlimited(n)?;
    remote.vouch(n)?;
    Ok(write(&file, &remote.data[..count])? as i64)
}
