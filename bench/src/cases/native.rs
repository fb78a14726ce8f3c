//! What a call costs that is trapped for nothing.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use anyhow::ensure;
use nix::fcntl::{AT_FDCWD, AtFlags};
use nix::sys::stat::fstatat;

use crate::case::{Case, Kind};
use crate::floor::Stop;
use crate::stats::Sample;
use crate::target::time;

pub(super) const CASE: Case = Case {
    name: "native",
    title: "stat, answered native",
    about: "stat of /proc/self/stat: trapped, but answered \"let the kernel do it\"",
    kind: Kind::Native,
    calls: super::stat::CASE.calls,
    target,
    bare: |_, _| Err(Stop::Native),
    exact: super::stat::exact,
};

fn target(iterations: u32, _: &Path) -> anyhow::Result<Sample> {
    let mut seen = 0;
    let sample = time(iterations, || {
        seen = fstatat(AT_FDCWD, c"/proc/self/stat", AtFlags::empty())?.st_ino;
        Ok(())
    })?;
    // Carried out by another process it would be another file. Asked last: procfs may renumber a file it forgot.
    let native = std::fs::metadata("/proc/self/stat")?.ino();
    ensure!(seen == native, "wrong inode {seen}, not {native}");
    Ok(sample)
}
