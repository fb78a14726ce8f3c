//! fsync, fdatasync: fsync(2).

use super::stage::outcome;
use super::{Args, Call, Native, Reply, Stage};
use crate::sys::file;
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
