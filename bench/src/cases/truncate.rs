//! A size that changes.

use std::path::Path;

use anyhow::ensure;
use nix::fcntl::{OFlag, open};
use nix::sys::stat::{Mode, SFlag, fstat};
use nix::unistd::ftruncate;

use crate::case::{Case, Kind};
use crate::floor::{Answer, Remote};
use crate::stats::Sample;
use crate::sys::Notification;
use crate::target::{path, time};
use crate::workdir::BLOCK;

pub(super) const CASE: Case = Case {
    name: "ftruncate",
    title: "ftruncate",
    about: "ftruncate of a file to 2 KiB, and back to 4 KiB",
    kind: Kind::Call,
    calls: &[("ftruncate", libc::SYS_ftruncate)],
    target,
    bare: answer,
    exact: answer,
};

fn target(iterations: u32, dir: &Path) -> anyhow::Result<Sample> {
    let file = open(
        path(dir, "log")?.as_c_str(),
        OFlag::O_WRONLY | OFlag::O_CLOEXEC,
        Mode::empty(),
    )?;
    let (mut next, mut last) = (BLOCK as i64 / 2, BLOCK as i64);
    let sample = time(iterations, || {
        ftruncate(&file, next)?;
        std::mem::swap(&mut next, &mut last);
        Ok(())
    })?;
    let size = fstat(&file)?.st_size;
    ensure!(size == last, "wrong size {size}");
    Ok(sample)
}

fn answer(remote: &mut Remote, n: &Notification) -> Answer {
    let [fd, length, ..] = n.data.args;
    let file = remote.file(n, fd, SFlag::S_IFREG)?;
    remote.unlimited(n)?;
    remote.vouch(n)?;
    ftruncate(&file, length as i64)?;
    Ok(0)
}
