//! truncate, ftruncate, fallocate: truncate(2), fallocate(2).

use super::attr::What;
use super::stage::outcome;
use super::{Args, Call, Native, Reply, Stage};
use crate::sys::attr;
use crate::sys::file::{self, flag};
use std::os::fd::AsFd;

#[derive(Debug)]
pub struct Truncate {
    what: What,
    length: u64,
    /// Whether it breaks leases: who opened the file for writing has done so already.
    leases: bool,
}

pub fn truncate(args: &mut Args<'_>) -> Result<Truncate, Native> {
    let length = length(args)?;
    let what = What::named(args, 0, true)?;
    let leases = true;
    Ok(Truncate {
        what,
        length,
        leases,
    })
}

pub fn ftruncate(args: &mut Args<'_>) -> Result<Truncate, Native> {
    let length = length(args)?;
    let what = What::File(args.int(0));
    let leases = false;
    Ok(Truncate {
        what,
        length,
        leases,
    })
}

/// A negative one is refused before anything is looked at.
fn length(args: &Args<'_>) -> Result<u64, Native> {
    let length = args.raw(1);
    match i64::try_from(length) {
        Ok(_) => Ok(length),
        Err(_) => Err(Native::Undecodable),
    }
}

impl Call for Truncate {
    fn perform(self, stage: &Stage<'_>) -> Result<Reply, Native> {
        stage.unlimited_file_size()?;
        if self.leases {
            nobody_leases(stage)?;
        }
        let length = self.length;
        let result = self.what.apply(stage, |on| attr::truncate(on, length));
        result.map(Reply::done)
    }
}

/// That no file at all is leased. The wait for its holder, who may be the caller, would be the
/// caller's: its signals end it, and no worker can be asked to wait for none.
fn nobody_leases(stage: &Stage<'_>) -> Result<(), Native> {
    let locks = c"../../locks";
    let locks = file::openat2(stage.own_files, locks, flag::O_CLOEXEC, 0, 0);
    let locks = locks.map_err(|_| Native::Wait)?;
    let mut text = [0; 4096];
    loop {
        // In whole lines: proc_locks(5).
        match file::read(locks.as_fd(), &mut text) {
            Ok(0) => return Ok(()),
            Ok(len) if !text[..len].windows(5).any(|word| word == b"LEASE") => (),
            _ => return Err(Native::Wait),
        }
    }
}

#[derive(Debug)]
pub struct Fallocate {
    fd: i32,
    mode: u64,
    offset: u64,
    len: u64,
}

pub fn fallocate(args: &mut Args<'_>) -> Result<Fallocate, Native> {
    Ok(Fallocate {
        fd: args.int(0),
        mode: args.uint(1).into(),
        offset: args.raw(2),
        len: args.raw(3),
    })
}

impl Call for Fallocate {
    const WAITS: bool = true;

    fn perform(self, stage: &Stage<'_>) -> Result<Reply, Native> {
        let Fallocate {
            fd,
            mode,
            offset,
            len,
        } = self;
        stage.unlimited_file_size()?;
        let (file, _) = stage.local_file(fd)?;
        outcome(attr::fallocate(file.as_fd(), mode, offset, len)).map(Reply::done)
    }
}
