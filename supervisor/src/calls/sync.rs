//! fsync, fdatasync, sync_file_range, syncfs, sync: fsync(2), sync(2).

use super::stage::outcome;
use super::{Args, Call, Native, Reply, Stage};
use crate::sys::{data, file};
use std::os::fd::AsFd;

#[derive(Debug)]
pub struct Sync {
    fd: i32,
    data_only: bool,
}

pub fn fsync(args: &mut Args<'_>) -> Result<Sync, Native> {
    Ok(Sync {
        fd: args.int(0),
        data_only: false,
    })
}

pub fn fdatasync(args: &mut Args<'_>) -> Result<Sync, Native> {
    Ok(Sync {
        fd: args.int(0),
        data_only: true,
    })
}

impl Call for Sync {
    const LOOKS_AGAIN: bool = true;

    fn perform(self, stage: &Stage<'_>) -> Result<Reply, Native> {
        let Sync { fd, data_only } = self;
        let (file, stat) = stage.local_file(fd)?;
        match stat.file_type() {
            libc::S_IFREG | libc::S_IFDIR | libc::S_IFBLK => {}
            _ => return Err(Native::Type),
        }
        outcome(file::sync(file.as_fd(), data_only)).map(Reply::done)
    }
}

#[derive(Debug)]
pub struct SyncRange {
    fd: i32,
    offset: u64,
    len: u64,
    flags: u64,
}

pub fn sync_file_range(args: &mut Args<'_>) -> Result<SyncRange, Native> {
    Ok(SyncRange {
        fd: args.int(0),
        offset: args.raw(1),
        len: args.raw(2),
        flags: args.uint(3).into(),
    })
}

impl Call for SyncRange {
    const LOOKS_AGAIN: bool = true;

    fn perform(self, stage: &Stage<'_>) -> Result<Reply, Native> {
        let (file, _) = stage.local_file(self.fd)?;
        let result = data::sync_file_range(file.as_fd(), self.offset, self.len, self.flags);
        outcome(result).map(Reply::done)
    }
}

#[derive(Debug)]
pub struct SyncFs(i32);

pub fn syncfs(args: &mut Args<'_>) -> Result<SyncFs, Native> {
    Ok(SyncFs(args.int(0)))
}

impl Call for SyncFs {
    const LOOKS_AGAIN: bool = true;

    fn perform(self, stage: &Stage<'_>) -> Result<Reply, Native> {
        let (file, _) = stage.local_file(self.0)?;
        outcome(data::syncfs(file.as_fd())).map(Reply::done)
    }
}

#[derive(Debug)]
pub struct SyncAll;

pub fn sync(_: &mut Args<'_>) -> Result<SyncAll, Native> {
    Ok(SyncAll)
}

impl Call for SyncAll {
    fn perform(self, _: &Stage<'_>) -> Result<Reply, Native> {
        data::sync();
        Ok(Reply::done(Ok(())))
    }
}
