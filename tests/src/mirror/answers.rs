//! Answers, by what was asked for.

use fuser::{
    Errno, FileAttr, FileHandle, FopenFlags, Generation, ReplyAttr, ReplyEmpty, ReplyEntry,
    ReplyOpen, ReplyWrite, ReplyXattr,
};
use std::time::Duration;

/// Numbers are never given to another file while the kernel knows them.
pub const ONLY: Generation = Generation(0);

type Done<T> = std::result::Result<T, Errno>;

pub fn empty(reply: ReplyEmpty, done: Done<()>) {
    match done {
        Ok(()) => reply.ok(),
        Err(errno) => reply.error(errno),
    }
}

/// What is told of a file holds for `trust`.
pub fn entry(reply: ReplyEntry, trust: Duration, done: Done<FileAttr>) {
    match done {
        Ok(attributes) => reply.entry(&trust, &attributes, ONLY),
        Err(errno) => reply.error(errno),
    }
}

pub fn attr(reply: ReplyAttr, trust: Duration, done: Done<FileAttr>) {
    match done {
        Ok(attributes) => reply.attr(&trust, &attributes),
        Err(errno) => reply.error(errno),
    }
}

pub fn opened(reply: ReplyOpen, done: Done<FileHandle>) {
    match done {
        Ok(handle) => reply.opened(handle, FopenFlags::empty()),
        Err(errno) => reply.error(errno),
    }
}

pub fn written(reply: ReplyWrite, done: Done<u32>) {
    match done {
        Ok(length) => reply.written(length),
        Err(errno) => reply.error(errno),
    }
}

/// A size of nothing asks how much there is.
pub fn xattr(reply: ReplyXattr, size: u32, done: Done<Vec<u8>>) {
    match done {
        Ok(value) if size == 0 => reply.size(value.len() as u32),
        Ok(value) if value.len() > size as usize => reply.error(Errno::ERANGE),
        Ok(value) => reply.data(&value),
        Err(errno) => reply.error(errno),
    }
}
