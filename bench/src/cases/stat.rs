//! Looking at a file.

use std::path::Path;

use anyhow::ensure;
use nix::fcntl::{AT_FDCWD, AtFlags};
use nix::sys::stat::fstatat;

use crate::case::{Case, Kind};
use crate::floor::{Answer, Remote, Stop, is_cwd};
use crate::stats::Sample;
use crate::sys::{self, Notification};
use crate::target::{path, time};
use crate::workdir::BLOCK;

pub(super) const CASE: Case = Case {
    name: "stat",
    title: "stat",
    about: "stat of an existing file",
    kind: Kind::Call,
    calls: &[("newfstatat", libc::SYS_newfstatat)],
    target,
    bare,
    exact,
};

fn target(iterations: u32, dir: &Path) -> anyhow::Result<Sample> {
    let file = path(dir, "file")?;
    let mut size = 0;
    let sample = time(iterations, || {
        size = fstatat(AT_FDCWD, file.as_c_str(), AtFlags::empty())?.st_size;
        Ok(())
    })?;
    ensure!(size == BLOCK as i64, "wrong size {size}");
    Ok(sample)
}

fn bare(remote: &mut Remote, n: &Notification) -> Answer {
    let [dirfd, path, buffer, flags, ..] = n.data.args;
    if !is_cwd(dirfd) || flags != 0 {
        return Err(Stop::Native);
    }
    let stat = fstatat(AT_FDCWD, remote.path(n, path)?, AtFlags::empty())?;
    remote.write(n, buffer, sys::stat_bytes(&stat))?;
    Ok(0)
}

pub(super) fn exact(remote: &mut Remote, n: &Notification) -> Answer {
    let [dirfd, path, buffer, flags, ..] = n.data.args;
    if !is_cwd(dirfd) || flags != 0 {
        return Err(Stop::Native);
    }
    let place = remote.place(n, path)?;
    remote.vouch(n)?;
    remote.look_at_plain(&place)?;
    // NOFOLLOW although the target asked to follow: it is no link, and must not have become one.
    let stat = fstatat(&place.dir, place.last(), AtFlags::AT_SYMLINK_NOFOLLOW)?;
    remote.write(n, buffer, sys::stat_bytes(&stat))?;
    Ok(0)
}
