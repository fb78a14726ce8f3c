//! What is in a directory.

use std::fs::File;
use std::path::Path;

use anyhow::ensure;
use nix::fcntl::{OFlag, open};
use nix::sys::stat::{Mode, SFlag};
use nix::unistd::{Whence, lseek};

use crate::case::{Case, Kind};
use crate::floor::{Answer, LARGEST, Remote, Stop};
use crate::stats::Sample;
use crate::sys::{self, Notification};
use crate::target::{path, time};

pub(super) const CASE: Case = Case {
    name: "getdents",
    title: "getdents64, 22 names",
    about: "getdents64 of a directory with 20 files in it, from its start",
    kind: Kind::Call,
    calls: &[("getdents64", libc::SYS_getdents64)],
    target,
    bare,
    exact,
};

/// Two of 24 bytes, for the directory and the one above, and one of 32 for each file.
const LISTED: usize = 2 * 24 + 20 * 32;

fn target(iterations: u32, dir: &Path) -> anyhow::Result<Sample> {
    let listed = dir.join("listed");
    std::fs::create_dir(&listed)?;
    for n in 0..20 {
        File::create(listed.join(format!("entry-{n:02}")))?;
    }
    let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    let file = open(path(dir, "listed")?.as_c_str(), flags, Mode::empty())?;
    let mut entries = [0; 4096];
    let mut got = 0;
    let sample = time(iterations, || {
        lseek(&file, 0, Whence::SeekSet)?;
        got = sys::getdents64(&file, &mut entries)?;
        Ok(())
    })?;
    ensure!(got == LISTED, "wrong length {got}");
    Ok(sample)
}

fn bare(remote: &mut Remote, n: &Notification) -> Answer {
    let [fd, buffer, size, ..] = n.data.args;
    if size > LARGEST as u64 {
        return Err(Stop::Native);
    }
    let dir = remote.file(n, fd, SFlag::S_IFDIR)?;
    let got = sys::getdents64(&dir, &mut remote.data[..size as usize])?;
    remote.write(n, buffer, &remote.data[..got])?;
    Ok(got as i64)
}

/// The position is put back if what was read cannot be delivered.
fn exact(remote: &mut Remote, n: &Notification) -> Answer {
    let [fd, buffer, size, ..] = n.data.args;
    if size > LARGEST as u64 {
        return Err(Stop::Native);
    }
    let dir = remote.file(n, fd, SFlag::S_IFDIR)?;
    remote.vouch(n)?;
    let before = lseek(&dir, 0, Whence::SeekCur)?;
    let got = sys::getdents64(&dir, &mut remote.data[..size as usize])?;
    if remote.write(n, buffer, &remote.data[..got]).is_err() {
        lseek(&dir, before, Whence::SeekSet)?;
        return Err(Stop::Native);
    }
    Ok(got as i64)
}
