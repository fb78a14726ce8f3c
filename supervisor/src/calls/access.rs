//! access, faccessat, faccessat2: access(2).

use super::stage::outcome;
use super::{Args, Call, Native, Reply, Stage, Wears};
use crate::lookup::Place;
use crate::mounts::IDENTIFYING;
use crate::sys::file;
use std::os::fd::AsFd;

#[derive(Debug)]
pub struct Access {
    place: Place,
    mode: u64,
    follow: bool,
    wears: Wears,
}

const MODES: u32 = 7;

pub fn access(args: &mut Args<'_>) -> Result<Access, Native> {
    checked(args.place(0)?, args.uint(1), 0)
}

pub fn faccessat(args: &mut Args<'_>) -> Result<Access, Native> {
    checked(args.place_at(0, 1)?, args.uint(2), 0)
}

pub fn faccessat2(args: &mut Args<'_>) -> Result<Access, Native> {
    checked(args.place_at(0, 1)?, args.uint(2), args.uint(3))
}

fn checked(place: Place, mode: u32, flags: u32) -> Result<Access, Native> {
    let known = (libc::AT_EACCESS | libc::AT_SYMLINK_NOFOLLOW | libc::AT_EMPTY_PATH) as u32;
    if mode & !MODES != 0 || flags & !known != 0 {
        return Err(Native::Undecodable);
    }
    let effective = flags & libc::AT_EACCESS as u32 != 0;
    Ok(Access {
        place,
        mode: mode.into(),
        follow: flags & libc::AT_SYMLINK_NOFOLLOW as u32 == 0,
        wears: if effective {
            Wears::Effective
        } else {
            Wears::Real
        },
    })
}

impl Call for Access {
    fn wears(&self) -> Wears {
        self.wears
    }

    fn perform(self, stage: &Stage<'_>) -> Result<Reply, Native> {
        let Access {
            place,
            mode,
            follow,
            wears: _,
        } = self;
        // The worker wears as effective what the target is checked with.
        let flags = libc::AT_EACCESS as u64;
        let entry = place.enter()?;
        let found = stage.look(&entry)?;
        if let Err(errno) = found.stat {
            return Ok(Reply::error(errno));
        }
        let result = if found.is_symlink() && (follow || entry.has_slash()) {
            let object = entry.place().follow(0)?;
            stage.look_at_file(object.as_fd(), IDENTIFYING)?;
            file::faccessat2(
                object.as_fd(),
                c"",
                mode,
                flags | libc::AT_EMPTY_PATH as u64,
            )
        } else {
            let flags = flags | libc::AT_SYMLINK_NOFOLLOW as u64;
            file::faccessat2(entry.dir(), entry.name(), mode, flags)
        };
        outcome(result).map(Reply::done)
    }
}
