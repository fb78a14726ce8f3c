//! Bytes for the target.

use std::path::Path;

use anyhow::ensure;
use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;
use nix::sys::uio::pread;

use crate::case::{Case, Kind};
use crate::floor::{Answer, LARGEST, Remote, Stop};
use crate::stats::Sample;
use crate::sys::Notification;
use crate::target::{path, time};
use crate::workdir::{BLOCK, FILL};

pub(super) const CASE: Case = Case {
    name: "pread",
    title: "pread 4 KiB",
    about: "pread of 4 KiB that are in the page cache",
    kind: Kind::Call,
    calls: &[("pread64", libc::SYS_pread64)],
    target,
    bare: answer,
    exact: answer,
};

fn target(iterations: u32, dir: &Path) -> anyhow::Result<Sample> {
    let file = open(
        path(dir, "file")?.as_c_str(),
        OFlag::O_RDONLY | OFlag::O_CLOEXEC,
        Mode::empty(),
    )?;
    let mut block = [0; BLOCK];
    let mut got = 0;
    let sample = time(iterations, || {
        got = pread(&file, &mut block, 0)?;
        Ok(())
    })?;
    ensure!(got == BLOCK && block == [FILL; BLOCK], "wrong bytes");
    Ok(sample)
}

fn answer(remote: &mut Remote, n: &Notification) -> Answer {
    let [fd, buffer, count, offset, ..] = n.data.args;
    if count > LARGEST as u64 {
        return Err(Stop::Native);
    }
    let file = remote.data_file(n, fd)?;
    remote.vouch(n)?;
    let got = pread(&file, &mut remote.data[..count as usize], offset as i64)?;
    remote.write(n, buffer, &remote.data[..got])?;
    Ok(got as i64)
}
