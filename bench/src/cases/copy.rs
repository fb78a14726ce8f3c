//! Bytes from file to file.

use std::path::Path;

use anyhow::ensure;
use nix::fcntl::{OFlag, copy_file_range, open};
use nix::sys::stat::{Mode, SFlag};
use nix::sys::uio::RemoteIoVec;

use crate::case::{Case, Kind};
use crate::floor::{Answer, Remote, Stop};
use crate::stats::Sample;
use crate::sys::Notification;
use crate::target::{path, time};
use crate::workdir::BLOCK;

pub(super) const CASE: Case = Case {
    name: "copy",
    title: "copy_file_range 4 KiB",
    about: "copy_file_range of 4 KiB that are in the page cache, to where there are some already",
    kind: Kind::Call,
    calls: &[("copy_file_range", libc::SYS_copy_file_range)],
    target,
    bare: answer,
    exact: answer,
};

fn target(iterations: u32, dir: &Path) -> anyhow::Result<Sample> {
    let opened = |name, flags| -> anyhow::Result<_> {
        let flags = flags | OFlag::O_CLOEXEC;
        Ok(open(path(dir, name)?.as_c_str(), flags, Mode::empty())?)
    };
    let from = opened("file", OFlag::O_RDONLY)?;
    let to = opened("log", OFlag::O_WRONLY)?;
    let mut copied = 0;
    let sample = time(iterations, || {
        let (mut read, mut written) = (0, 0);
        copied = copy_file_range(&from, Some(&mut read), &to, Some(&mut written), BLOCK)?;
        Ok(())
    })?;
    ensure!(copied == BLOCK, "short copy {copied}");
    Ok(sample)
}

fn answer(remote: &mut Remote, n: &Notification) -> Answer {
    let [from, read, to, written, count, flags] = n.data.args;
    if flags != 0 || read == 0 || written == 0 {
        return Err(Stop::Native);
    }
    let from = remote.file(n, from, SFlag::S_IFREG)?;
    let to = remote.file(n, to, SFlag::S_IFREG)?;
    let places = [read, written].map(|address| RemoteIoVec {
        base: address as usize,
        len: size_of::<i64>(),
    });
    let [mut read, mut written] = remote.offsets(n, &places)?;
    remote.unlimited(n)?;
    remote.vouch(n)?;
    let (reading, writing) = (Some(&mut read), Some(&mut written));
    let copied = copy_file_range(&from, reading, &to, writing, count as usize)?;
    let moved = [read.to_ne_bytes(), written.to_ne_bytes()];
    remote.scatter(n, moved.as_flattened(), &places)?;
    Ok(copied as i64)
}
