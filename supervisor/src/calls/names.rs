//! mkdir, rmdir, unlink, rename and their variants: calls that act on a name.

use super::stage::outcome;
use super::{Args, Call, Native, Reply, Stage};
use crate::lookup::Place;
use crate::sys::file;
use nix::errno::Errno;

#[derive(Debug)]
pub struct Mkdir {
    place: Place,
    mode: u64,
}

pub fn mkdir(args: &mut Args<'_>) -> Result<Mkdir, Native> {
    Ok(Mkdir {
        place: args.place(0)?,
        mode: args.uint(1).into(),
    })
}

pub fn mkdirat(args: &mut Args<'_>) -> Result<Mkdir, Native> {
    Ok(Mkdir {
        place: args.place_at(0, 1)?,
        mode: args.uint(2).into(),
    })
}

impl Call for Mkdir {
    fn creates(&self) -> bool {
        true
    }

    fn perform(self, stage: &Stage<'_>) -> Result<Reply, Native> {
        let Mkdir { place, mode } = self;
        let entry = place.enter()?;
        stage.look_at_directory(&entry)?;
        let (dir, name) = entry.at();
        outcome(file::mkdirat(dir, name, mode)).map(Reply::done)
    }
}

#[derive(Debug)]
pub struct Unlink {
    place: Place,
    flags: u64,
}

const REMOVEDIR: u32 = libc::AT_REMOVEDIR as u32;

pub fn unlink(args: &mut Args<'_>) -> Result<Unlink, Native> {
    Ok(Unlink {
        place: args.place(0)?,
        flags: 0,
    })
}

pub fn rmdir(args: &mut Args<'_>) -> Result<Unlink, Native> {
    Ok(Unlink {
        place: args.place(0)?,
        flags: REMOVEDIR.into(),
    })
}

pub fn unlinkat(args: &mut Args<'_>) -> Result<Unlink, Native> {
    let flags = args.uint(2);
    if flags & !REMOVEDIR != 0 {
        return Err(Native::Undecodable);
    }
    Ok(Unlink {
        place: args.place_at(0, 1)?,
        flags: flags.into(),
    })
}

impl Call for Unlink {
    fn perform(self, stage: &Stage<'_>) -> Result<Reply, Native> {
        let Unlink { place, flags } = self;
        let entry = place.enter()?;
        stage.look(&entry)?;
        let (dir, name) = entry.at();
        outcome(file::unlinkat(dir, name, flags)).map(Reply::done)
    }
}

#[derive(Debug)]
pub struct Rename {
    from: Place,
    to: Place,
    flags: u64,
}

pub fn rename(args: &mut Args<'_>) -> Result<Rename, Native> {
    Ok(Rename {
        from: args.place(0)?,
        to: args.place(1)?,
        flags: 0,
    })
}

pub fn renameat(args: &mut Args<'_>) -> Result<Rename, Native> {
    Ok(Rename {
        from: args.place_at(0, 1)?,
        to: args.place_at(2, 3)?,
        flags: 0,
    })
}

pub fn renameat2(args: &mut Args<'_>) -> Result<Rename, Native> {
    let flags = args.uint(4);
    let known = libc::RENAME_NOREPLACE | libc::RENAME_EXCHANGE | libc::RENAME_WHITEOUT;
    if flags & !known != 0 {
        return Err(Native::Undecodable);
    }
    let (from, to) = (args.place_at(0, 1)?, args.place_at(2, 3)?);
    Ok(Rename {
        from,
        to,
        flags: flags.into(),
    })
}

impl Call for Rename {
    fn perform(self, stage: &Stage<'_>) -> Result<Reply, Native> {
        let Rename { from, to, flags } = self;
        let from = from.enter()?;
        // What succeeds stays on one mount, the one looked at here.
        let found = stage.look(&from)?;
        if matches!(found.stat, Err(Errno::ENOTDIR)) {
            // The kernel does not look at the second path then.
            return Err(Native::Unresolved);
        }
        let to = to.enter()?;
        let result = outcome(file::renameat2(from.at(), to.at(), flags))?;
        if result.is_err() {
            stage.look_at_directory(&to)?;
        }
        Ok(Reply::done(result))
    }
}
