//! link, symlink, mknod and their variants: link(2), symlink(2), mknod(2).

use super::stage::outcome;
use super::{Args, Call, Native, Reply, Stage};
use crate::lookup::Place;
use crate::sys::file;
use nix::fcntl::AT_FDCWD;
use std::ffi::CString;

#[derive(Debug)]
pub struct Link {
    from: Place,
    to: Place,
    follow: bool,
}

pub fn link(args: &mut Args<'_>) -> Result<Link, Native> {
    Ok(Link {
        from: args.place(0)?,
        to: args.place(1)?,
        follow: false,
    })
}

pub fn linkat(args: &mut Args<'_>) -> Result<Link, Native> {
    let flags = args.uint(4);
    // AT_EMPTY_PATH asks for more privilege on older kernels, whatever the path.
    if flags & !(libc::AT_SYMLINK_FOLLOW as u32) != 0 {
        return Err(Native::Undecodable);
    }
    Ok(Link {
        from: args.place_at(0, 1)?,
        to: args.place_at(2, 3)?,
        follow: flags & libc::AT_SYMLINK_FOLLOW as u32 != 0,
    })
}

impl Call for Link {
    fn perform(self, stage: &Stage<'_>) -> Result<Reply, Native> {
        let Link { from, to, follow } = self;
        let (result, to) = if follow {
            let object = match stage.find(from, true)? {
                Ok(object) => object,
                Err(errno) => return Ok(Reply::error(errno)),
            };
            let flags = libc::AT_SYMLINK_FOLLOW as u64;
            let to = to.enter()?;
            let result = file::linkat((AT_FDCWD, &object.link()?), to.at(), flags);
            (result, to)
        } else {
            let from = from.enter()?;
            if from.has_slash() {
                // Followed even so, magic links too; and nothing but an error comes of it.
                return Err(Native::Link);
            }
            if stage.look(&from)?.stat.is_err() {
                // The kernel does not look at the second path then.
                return Err(Native::Unresolved);
            }
            let to = to.enter()?;
            (file::linkat(from.at(), to.at(), 0), to)
        };
        let result = outcome(result)?;
        if result.is_err() {
            // What succeeds stays on one mount, the one looked at.
            stage.look_at_directory(&to)?;
        }
        Ok(Reply::done(result))
    }
}

#[derive(Debug)]
pub struct Symlink {
    text: CString,
    place: Place,
}

pub fn symlink(args: &mut Args<'_>) -> Result<Symlink, Native> {
    Ok(Symlink {
        text: text(args)?,
        place: args.place(1)?,
    })
}

pub fn symlinkat(args: &mut Args<'_>) -> Result<Symlink, Native> {
    Ok(Symlink {
        text: text(args)?,
        place: args.place_at(1, 2)?,
    })
}

/// What the link will say: anything but nothing.
fn text(args: &mut Args<'_>) -> Result<CString, Native> {
    let text = args.path(0)?;
    if text.is_empty() {
        return Err(Native::Undecodable);
    }
    Ok(text)
}

impl Call for Symlink {
    fn perform(self, stage: &Stage<'_>) -> Result<Reply, Native> {
        let Symlink { text, place } = self;
        let entry = place.enter()?;
        stage.look_at_directory(&entry)?;
        outcome(file::symlinkat(&text, entry.dir(), entry.name())).map(Reply::done)
    }
}

#[derive(Debug)]
pub struct Mknod {
    place: Place,
    mode: u64,
    device: u64,
}

pub fn mknod(args: &mut Args<'_>) -> Result<Mknod, Native> {
    let place = args.place(0)?;
    no_device(place, args.uint(1), args.uint(2))
}

pub fn mknodat(args: &mut Args<'_>) -> Result<Mknod, Native> {
    let place = args.place_at(0, 1)?;
    no_device(place, args.uint(2), args.uint(3))
}

/// Whether a device may be made the caller's control group decides.
fn no_device(place: Place, mode: u32, device: u32) -> Result<Mknod, Native> {
    if matches!(mode & libc::S_IFMT, libc::S_IFCHR | libc::S_IFBLK) {
        return Err(Native::Type);
    }
    let (mode, device) = (mode.into(), device.into());
    Ok(Mknod {
        place,
        mode,
        device,
    })
}

impl Call for Mknod {
    fn creates(&self) -> bool {
        true
    }

    fn perform(self, stage: &Stage<'_>) -> Result<Reply, Native> {
        let Mknod {
            place,
            mode,
            device,
        } = self;
        let entry = place.enter()?;
        stage.look_at_directory(&entry)?;
        outcome(file::mknodat(entry.dir(), entry.name(), mode, device)).map(Reply::done)
    }
}
