//! fsync, fdatasync: fsync(2).

use super::stage::outcome;
use super::{Args, Call, Native, Reply, Stage};
use crate::mounts::IDENTIFYING;
use crate::sys::file;
use std::os::fd::{AsFd, OwnedFd};

#[derive(Debug)]
pub struct Sync {
    file: OwnedFd,
    data_only: bool,
}

pub fn fsync(args: &mut Args<'_>) -> Result<Sync, Native> {
    Ok(Sync {
        file: args.file(0)?,
        data_only: false,
    })
}

pub fn fdatasync(args: &mut Args<'_>) -> Result<Sync, Native> {
    Ok(Sync {
        file: args.file(0)?,
        data_only: true,
    })
}

impl Call for Sync {
    fn perform(self, stage: &Stage<'_>) -> Result<Reply, Native> {
        let Sync { file, data_only } = self;
        let (stat, _) = stage.look_at_file(file.as_fd(), IDENTIFYING)?;
        match stat.file_type() {
            libc::S_IFREG | libc::S_IFDIR | libc::S_IFBLK => {}
            _ => return Err(Native::Type),
        }
        outcome(file::sync(file.as_fd(), data_only)).map(Reply::done)
    }
}
