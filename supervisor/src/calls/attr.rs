//! chmod, chown, utime and their variants: chmod(2), chown(2), utimensat(2).

use super::stage::outcome;
use super::{Args, Call, Native, Object, Reply, Stage};
use crate::lookup::Place;
use crate::sys::attr::{self, On, Times};
use nix::errno::Errno;
use std::os::fd::AsFd;

#[derive(Debug)]
pub struct SetAttr {
    what: What,
    change: Change,
}

/// What is changed.
#[derive(Debug)]
pub enum What {
    Named {
        place: Place,
        follow: bool,
    },
    /// An open file, by a call that takes no O_PATH descriptor.
    File(i32),
    /// Whatever a descriptor stands for (`AT_EMPTY_PATH`).
    Behind(i32),
}

#[derive(Debug)]
enum Change {
    Mode(u64),
    Owner {
        uid: u64,
        gid: u64,
    },
    /// Access and modification; `None` is now.
    Times(Option<Times>),
}

const NOFOLLOW: u32 = libc::AT_SYMLINK_NOFOLLOW as u32;
const EMPTY_PATH: u32 = libc::AT_EMPTY_PATH as u32;

impl What {
    /// The path `arg`, relative to the working directory.
    ///
    /// # Errors
    /// As [`Args::place`].
    pub fn named(args: &mut Args<'_>, arg: usize, follow: bool) -> Result<What, Native> {
        let place = args.place(arg)?;
        Ok(What::Named { place, follow })
    }

    /// What `dirfd`, path and `AT_*` flags name together.
    ///
    /// # Errors
    /// As [`Args::place_at`]; an unknown flag.
    pub fn at(args: &mut Args<'_>, dirfd: usize, path: usize, flags: u32) -> Result<What, Native> {
        if flags & !(NOFOLLOW | EMPTY_PATH) != 0 {
            return Err(Native::Undecodable);
        }
        let text = args.path(path)?;
        if text.is_empty() && flags & EMPTY_PATH != 0 {
            return Ok(What::Behind(args.int(dirfd)));
        }
        let place = args.start(args.int(dirfd), text)?;
        let follow = flags & NOFOLLOW == 0;
        Ok(What::Named { place, follow })
    }

    /// The object, for calls that take an O_PATH descriptor; or the look-up's errno.
    ///
    /// # Errors
    /// [`Native`] when it is not for a worker.
    pub fn find(self, stage: &Stage<'_>) -> Result<Result<Object, Errno>, Native> {
        match self {
            What::Named { place, follow } => stage.find(place, follow),
            What::Behind(fd) => stage.behind(fd).map(Ok),
            What::File(_) => Err(Native::Undecodable),
        }
    }

    /// Does `call` to it.
    ///
    /// # Errors
    /// [`Native`] when it is not for a worker.
    pub fn apply<T>(
        self,
        stage: &Stage<'_>,
        call: impl FnOnce(On<'_>) -> Result<T, Errno>,
    ) -> Result<Result<T, Errno>, Native> {
        if let What::File(fd) = self {
            let (file, _) = stage.local_file(fd)?;
            return outcome(call(On::File(file.as_fd())));
        }
        match self.find(stage)? {
            Ok(object) => outcome(call(On::Path(&object.link()?))),
            Err(errno) => Ok(Err(errno)),
        }
    }
}

pub fn chmod(args: &mut Args<'_>) -> Result<SetAttr, Native> {
    let what = What::named(args, 0, true)?;
    mode(what, args.uint(1))
}

pub fn fchmod(args: &mut Args<'_>) -> Result<SetAttr, Native> {
    mode(What::File(args.int(0)), args.uint(1))
}

pub fn fchmodat(args: &mut Args<'_>) -> Result<SetAttr, Native> {
    let what = What::at(args, 0, 1, 0)?;
    mode(what, args.uint(2))
}

pub fn fchmodat2(args: &mut Args<'_>) -> Result<SetAttr, Native> {
    let what = What::at(args, 0, 1, args.uint(3))?;
    mode(what, args.uint(2))
}

fn mode(what: What, mode: u32) -> Result<SetAttr, Native> {
    let change = Change::Mode(mode.into());
    Ok(SetAttr { what, change })
}

pub fn chown(args: &mut Args<'_>) -> Result<SetAttr, Native> {
    let what = What::named(args, 0, true)?;
    owner(what, args.uint(1), args.uint(2))
}

pub fn lchown(args: &mut Args<'_>) -> Result<SetAttr, Native> {
    let what = What::named(args, 0, false)?;
    owner(what, args.uint(1), args.uint(2))
}

pub fn fchown(args: &mut Args<'_>) -> Result<SetAttr, Native> {
    owner(What::File(args.int(0)), args.uint(1), args.uint(2))
}

pub fn fchownat(args: &mut Args<'_>) -> Result<SetAttr, Native> {
    let what = What::at(args, 0, 1, args.uint(4))?;
    owner(what, args.uint(2), args.uint(3))
}

fn owner(what: What, uid: u32, gid: u32) -> Result<SetAttr, Native> {
    let (uid, gid) = (uid.into(), gid.into());
    let change = Change::Owner { uid, gid };
    Ok(SetAttr { what, change })
}

pub fn utime(args: &mut Args<'_>) -> Result<SetAttr, Native> {
    let times = read(args, 1, 2)?.map(|words| [[words[0], 0], [words[1], 0]]);
    let what = What::named(args, 0, true)?;
    set(what, times)
}

pub fn utimes(args: &mut Args<'_>) -> Result<SetAttr, Native> {
    let times = timevals(args, 1)?;
    let what = What::named(args, 0, true)?;
    set(what, times)
}

pub fn futimesat(args: &mut Args<'_>) -> Result<SetAttr, Native> {
    let times = timevals(args, 2)?;
    let what = file_or_named(args, 0)?;
    set(what, times)
}

pub fn utimensat(args: &mut Args<'_>) -> Result<SetAttr, Native> {
    let times = read(args, 2, 4)?.map(|w| [[w[0], w[1]], [w[2], w[3]]]);
    let omits = |time: &[i64; 2]| time[1] == libc::UTIME_OMIT;
    if times.is_some_and(|times| times.iter().all(omits)) {
        // Nothing at all is looked at.
        return Err(Native::Undecodable);
    }
    let flags = args.uint(3);
    let what = file_or_named(args, flags)?;
    set(what, times)
}

/// Without a path they act on the descriptor.
fn file_or_named(args: &mut Args<'_>, flags: u32) -> Result<What, Native> {
    match (args.raw(1), args.int(0)) {
        (0, libc::AT_FDCWD) => Err(Native::Undecodable),
        (0, fd) if flags == 0 => Ok(What::File(fd)),
        (0, _) => Err(Native::Undecodable),
        _ => What::at(args, 0, 1, flags),
    }
}

fn set(what: What, times: Option<Times>) -> Result<SetAttr, Native> {
    let change = Change::Times(times);
    Ok(SetAttr { what, change })
}

/// `count` words at `arg`, unless that is null.
fn read(args: &Args<'_>, arg: usize, count: usize) -> Result<Option<Vec<i64>>, Native> {
    if args.raw(arg) == 0 {
        return Ok(None);
    }
    let bytes = args.bytes(arg, count * 8)?;
    let word = |i: usize| i64::from_ne_bytes(std::array::from_fn(|b| bytes[i * 8 + b]));
    Ok(Some((0..count).map(word).collect()))
}

/// Two `struct timeval`. Microseconds out of range are the kernel's to refuse.
fn timevals(args: &Args<'_>, arg: usize) -> Result<Option<Times>, Native> {
    let Some(words) = read(args, arg, 4)? else {
        return Ok(None);
    };
    let time = |i: usize| match words[i + 1] {
        micros @ 0..1_000_000 => Ok([words[i], micros * 1000]),
        _ => Err(Native::Undecodable),
    };
    Ok(Some([time(0)?, time(2)?]))
}

impl Call for SetAttr {
    fn perform(self, stage: &Stage<'_>) -> Result<Reply, Native> {
        let SetAttr { what, change } = self;
        let result = what.apply(stage, |on| match change {
            Change::Mode(mode) => attr::chmod(on, mode),
            Change::Owner { uid, gid } => attr::chown(on, uid, gid),
            Change::Times(times) => attr::set_times(on, times.as_ref()),
        });
        result.map(Reply::done)
    }
}
