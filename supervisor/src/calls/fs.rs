//! statfs, fstatfs, name_to_handle_at: statfs(2), name_to_handle_at(2).

use super::attr::What;
use super::stage::outcome;
use super::{Args, Call, Native, Patch, Reply, Stage};
use crate::lookup::Place;
use crate::sys::attr;
use crate::sys::file::{self, Handle};
use nix::errno::Errno;
use std::os::fd::AsFd;

#[derive(Debug)]
pub struct Statfs {
    what: What,
    out: u64,
}

pub fn statfs(args: &mut Args<'_>) -> Result<Statfs, Native> {
    let what = What::named(args, 0, true)?;
    let out = args.raw(1);
    Ok(Statfs { what, out })
}

pub fn fstatfs(args: &mut Args<'_>) -> Result<Statfs, Native> {
    let fd = args.int(0);
    if fd < 0 {
        return Err(Native::Undecodable);
    }
    Ok(Statfs {
        what: What::Behind(fd),
        out: args.raw(1),
    })
}

impl Call for Statfs {
    fn perform(self, stage: &Stage<'_>) -> Result<Reply, Native> {
        let object = match self.what.find(stage)? {
            Ok(object) => object,
            Err(errno) => return Ok(Reply::error(errno)),
        };
        Ok(match outcome(attr::fstatfs(object.file.as_fd()))? {
            Ok(bytes) => Reply::with_memory(0, self.out, bytes),
            Err(errno) => Reply::error(errno),
        })
    }
}

#[derive(Debug)]
pub struct NameToHandle {
    place: Place,
    follow: bool,
    /// `handle_bytes`: how much the caller has room for.
    room: u32,
    handle: u64,
    mount: u64,
    flags: u64,
}

/// `MAX_HANDLE_SZ` of the kernel's exportfs.h.
const MOST_ROOM: u32 = 128;
const HEAD: usize = 8;
const HANDLE_FID: u32 = 0x200;
/// A mount id of eight bytes instead of four.
const MNT_ID_UNIQUE: u32 = 1;

pub fn name_to_handle_at(args: &mut Args<'_>) -> Result<NameToHandle, Native> {
    let flags = args.uint(4);
    let known = libc::AT_SYMLINK_FOLLOW as u32 | HANDLE_FID | MNT_ID_UNIQUE;
    let head = args.bytes(2, HEAD)?;
    let room = u32::from_ne_bytes([head[0], head[1], head[2], head[3]]);
    if flags & !known != 0 || room > MOST_ROOM {
        return Err(Native::Undecodable);
    }
    Ok(NameToHandle {
        place: args.place_at(0, 1)?,
        follow: flags & libc::AT_SYMLINK_FOLLOW as u32 != 0,
        room,
        handle: args.raw(2),
        mount: args.raw(3),
        flags: (flags & !(libc::AT_SYMLINK_FOLLOW as u32)).into(),
    })
}

impl Call for NameToHandle {
    fn perform(self, stage: &Stage<'_>) -> Result<Reply, Native> {
        let object = match stage.find(self.place, self.follow)? {
            Ok(object) => object,
            // A kernel that does not know them refuses flags first.
            Err(_) if self.flags != 0 => return Err(Native::Undecodable),
            Err(errno) => return Ok(Reply::error(errno)),
        };
        let mut handle = Handle {
            mount: [0; 8],
            bytes: [0; HEAD + MOST_ROOM as usize],
        };
        handle.bytes[..4].copy_from_slice(&self.room.to_ne_bytes());
        let result = file::handle_of(object.file.as_fd(), &mut handle, self.flags);
        let written = match outcome(result)? {
            Ok(()) => HEAD + used(&handle, self.room)?,
            // The size that is needed.
            Err(Errno::EOVERFLOW) => HEAD,
            Err(errno) => return Ok(Reply::error(errno)),
        };
        let mount = match self.flags & u64::from(MNT_ID_UNIQUE) {
            0 => &handle.mount[..4],
            _ => &handle.mount[..],
        };
        let patch = |address, bytes: &[u8]| Patch {
            address,
            bytes: bytes.to_vec(),
        };
        Ok(Reply {
            memory: vec![
                patch(self.mount, mount),
                patch(self.handle, &handle.bytes[..written]),
            ],
            ..Reply::done(result)
        })
    }
}

fn used(handle: &Handle, room: u32) -> Result<usize, Native> {
    let bytes = &handle.bytes;
    let used = u32::from_ne_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    match used <= room {
        true => Ok(used as usize),
        false => Err(Native::Undecodable),
    }
}
