//! The measured program: warms up, times each call, and prints the result as JSON.

use std::ffi::CString;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, bail, ensure};
use nix::fcntl::{AT_FDCWD, AtFlags, OFlag, open, openat, renameat};
use nix::sys::stat::{FchmodatFlags, Mode, fchmodat, fstatat};
use nix::sys::uio::pread;
use nix::unistd::{Whence, fsync, lseek, write};

use crate::case::Case;
use crate::stats::Sample;
use crate::workdir::{BLOCK, FILL};

pub(crate) fn main(case: Case, iterations: u32, dir: &Path) -> anyhow::Result<()> {
    let sample = match case {
        Case::Stat => stat(iterations, dir),
        Case::Open => open_close(iterations, dir),
        Case::Pread => read(iterations, dir),
        Case::Rename => rename(iterations, dir),
        Case::Chmod => chmod(iterations, dir),
        Case::WriteFsync => write_fsync(iterations, dir),
        Case::Native => procfs(iterations),
        Case::StartUp => bail!("start-up: is measured from outside"),
    }
    .with_context(|| case.name())?;
    println!("{}", serde_json::to_string(&sample)?);
    Ok(())
}

/// One clock read per call: each call is timed from the end of the one before.
fn time(iterations: u32, mut call: impl FnMut() -> nix::Result<()>) -> anyhow::Result<Sample> {
    for _ in 0..(iterations / 10).max(10) {
        call()?;
    }
    let mut spans = Vec::with_capacity(iterations as usize);
    let mut before = Instant::now();
    for _ in 0..iterations {
        call()?;
        let now = Instant::now();
        spans.push((now - before).as_nanos() as u64);
        before = now;
    }
    Sample::of(spans).context("no iterations")
}

fn path(dir: &Path, name: &str) -> anyhow::Result<CString> {
    Ok(CString::new(dir.join(name).into_os_string().into_vec())?)
}

fn stat(iterations: u32, dir: &Path) -> anyhow::Result<Sample> {
    let file = path(dir, "file")?;
    let mut size = 0;
    let sample = time(iterations, || {
        size = fstatat(AT_FDCWD, file.as_c_str(), AtFlags::empty())?.st_size;
        Ok(())
    })?;
    ensure!(size == BLOCK as i64, "wrong size {size}");
    Ok(sample)
}

fn procfs(iterations: u32) -> anyhow::Result<Sample> {
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

fn open_close(iterations: u32, dir: &Path) -> anyhow::Result<Sample> {
    let file = path(dir, "file")?;
    time(iterations, || {
        openat(
            AT_FDCWD,
            file.as_c_str(),
            OFlag::O_RDONLY | OFlag::O_CLOEXEC,
            Mode::empty(),
        )
        .map(drop)
    })
}

fn read(iterations: u32, dir: &Path) -> anyhow::Result<Sample> {
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

fn rename(iterations: u32, dir: &Path) -> anyhow::Result<Sample> {
    let (mut from, mut to) = (path(dir, "from")?, path(dir, "to")?);
    time(iterations, || {
        renameat(AT_FDCWD, from.as_c_str(), AT_FDCWD, to.as_c_str())?;
        std::mem::swap(&mut from, &mut to);
        Ok(())
    })
}

fn chmod(iterations: u32, dir: &Path) -> anyhow::Result<Sample> {
    let file = path(dir, "file")?;
    let (mut next, mut last) = (
        Mode::from_bits_truncate(0o640),
        Mode::from_bits_truncate(0o644),
    );
    let sample = time(iterations, || {
        fchmodat(
            AT_FDCWD,
            file.as_c_str(),
            next,
            FchmodatFlags::FollowSymlink,
        )?;
        std::mem::swap(&mut next, &mut last);
        Ok(())
    })?;
    let mode = fstatat(AT_FDCWD, file.as_c_str(), AtFlags::empty())?.st_mode & 0o777;
    ensure!(mode == last.bits(), "wrong mode {mode:o}");
    Ok(sample)
}

/// Always the same block: a growing file would measure the file system's journal as much as the call.
fn write_fsync(iterations: u32, dir: &Path) -> anyhow::Result<Sample> {
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
