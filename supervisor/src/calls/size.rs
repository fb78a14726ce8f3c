//! truncate, ftruncate, fallocate: truncate(2), fallocate(2).

use super::attr::What;
use super::stage::outcome;
use super::{Args, Call, Native, Reply, Stage};
use crate::sys::attr;
use std::os::fd::AsFd;

#[derive(Debug)]
pub struct Truncate {
    what: What,
    length: u64,
}

pub fn truncate(args: &mut Args<'_>) -> Result<Truncate, Native> {
    let what = What::named(args, 0, true)?;
    let length = args.raw(1);
    Ok(Truncate { what, length })
}

pub fn ftruncate(args: &mut Args<'_>) -> Result<Truncate, Native> {
    let what = What::File(args.int(0));
    let length = args.raw(1);
    Ok(Truncate { what, length })
}

impl Call for Truncate {
    fn perform(self, stage: &Stage<'_>) -> Result<Reply, Native> {
        stage.unlimited_file_size()?;
        let length = self.length;
        let result = self.what.apply(stage, |on| attr::truncate(on, length));
        result.map(Reply::done)
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
