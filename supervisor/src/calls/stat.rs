//! stat, lstat, fstat, newfstatat, statx: stat(2), statx(2).

use super::stage::outcome;
use super::{Args, Call, Native, Reply, Stage};
use crate::lookup::Place;
use crate::mounts::{BASIC, IDENTIFYING, freshness};
use crate::sys::file::{self, Statx};
use nix::errno::Errno;
use std::ffi::{CStr, CString};
use std::os::fd::AsFd;

#[derive(Debug)]
pub struct Stat {
    what: What,
    form: Form,
    /// Where the target wants it.
    out: u64,
}

#[derive(Debug)]
enum What {
    Named { place: Place, follow: bool },
    Descriptor(i32),
}

/// The structure wanted.
#[derive(Clone, Copy, Debug)]
enum Form {
    Stat,
    Statx { sync: u64, mask: u64 },
}

const EMPTY_PATH: u32 = libc::AT_EMPTY_PATH as u32;
const NOFOLLOW: u32 = libc::AT_SYMLINK_NOFOLLOW as u32;
const NO_AUTOMOUNT: u32 = libc::AT_NO_AUTOMOUNT as u32;
const SYNC: u32 = libc::AT_STATX_SYNC_TYPE as u32;
/// `STATX__RESERVED`: refused.
const RESERVED: u32 = 0x8000_0000;

pub fn stat(args: &mut Args<'_>) -> Result<Stat, Native> {
    let what = What::Named {
        place: args.place(0)?,
        follow: true,
    };
    Ok(Stat {
        what,
        form: Form::Stat,
        out: args.raw(1),
    })
}

pub fn lstat(args: &mut Args<'_>) -> Result<Stat, Native> {
    let what = What::Named {
        place: args.place(0)?,
        follow: false,
    };
    Ok(Stat {
        what,
        form: Form::Stat,
        out: args.raw(1),
    })
}

pub fn fstat(args: &mut Args<'_>) -> Result<Stat, Native> {
    let fd = args.int(0);
    if fd < 0 {
        return Err(Native::Undecodable);
    }
    Ok(Stat {
        what: What::Descriptor(fd),
        form: Form::Stat,
        out: args.raw(1),
    })
}

pub fn newfstatat(args: &mut Args<'_>) -> Result<Stat, Native> {
    let flags = args.uint(3);
    if flags & !(EMPTY_PATH | NOFOLLOW | NO_AUTOMOUNT) != 0 {
        return Err(Native::Undecodable);
    }
    let what = what(args, flags)?;
    Ok(Stat {
        what,
        form: Form::Stat,
        out: args.raw(2),
    })
}

pub fn statx(args: &mut Args<'_>) -> Result<Stat, Native> {
    let (flags, mask) = (args.uint(2), args.uint(3));
    let odd = flags & !(EMPTY_PATH | NOFOLLOW | NO_AUTOMOUNT | SYNC) != 0;
    if odd || flags & SYNC == SYNC || mask & RESERVED != 0 {
        return Err(Native::Undecodable);
    }
    let what = what(args, flags)?;
    let form = Form::Statx {
        sync: (flags & SYNC).into(),
        mask: mask.into(),
    };
    Ok(Stat {
        what,
        form,
        out: args.raw(4),
    })
}

fn what(args: &mut Args<'_>, flags: u32) -> Result<What, Native> {
    let path = args.path(1)?;
    if path.is_empty() && flags & EMPTY_PATH != 0 {
        return Ok(What::Descriptor(args.int(0)));
    }
    let place = args.start(args.int(0), path)?;
    Ok(What::Named {
        place,
        follow: flags & NOFOLLOW == 0,
    })
}

impl Call for Stat {
    fn perform(self, stage: &Stage<'_>) -> Result<Reply, Native> {
        let Stat { what, form, out } = self;
        let result = match what {
            What::Descriptor(fd) => descriptor(stage, fd, form)?,
            What::Named { place, follow } => named(stage, place, follow, form)?,
        };
        Ok(match result {
            Ok(stat) => Reply::with_memory(0, out, form.bytes(&stat)),
            Err(errno) => Reply::error(errno),
        })
    }
}

/// Through the target's own /proc directory: no duplicate whose close would
/// be a FLUSH to FUSE and NFS.
fn descriptor(stage: &Stage<'_>, fd: i32, form: Form) -> Result<Result<Statx, Errno>, Native> {
    let name = match fd {
        libc::AT_FDCWD => CString::from(c"cwd"),
        fd if fd < 0 => return Err(Native::Undecodable),
        fd => CString::new(format!("fd/{fd}")).map_err(|_| Native::Undecodable)?,
    };
    let dir = stage.target.thread.dir.as_fd();
    if stage.foreign {
        let stat = file::statx(dir, &name, freshness(IDENTIFYING), IDENTIFYING)
            .map_err(|_| Native::Undecodable)?;
        let anonymous = matches!(stat.file_type(), libc::S_IFIFO | libc::S_IFSOCK | 0);
        if !anonymous && stage.mounts.kind_at(&stat, dir, &name) != crate::mounts::Kind::Local {
            return Err(Native::FileSystem);
        }
    }
    // Any error (EBADF as ENOENT) has another name natively.
    form.ask(dir, &name, 0)
        .map(Ok)
        .map_err(|_| Native::Undecodable)
}

fn named(
    stage: &Stage<'_>,
    place: Place,
    follow: bool,
    form: Form,
) -> Result<Result<Statx, Errno>, Native> {
    let entry = place.enter()?;
    let mask = match form {
        Form::Stat => BASIC,
        Form::Statx { .. } => IDENTIFYING,
    };
    let found = stage.look_for(&entry, mask)?;
    if found.is_symlink() && (follow || entry.has_slash()) {
        let object = entry.place().follow(0)?;
        let (stat, _) = stage.look_at_file(object.as_fd(), mask)?;
        return match form {
            Form::Stat => Ok(Ok(stat)),
            Form::Statx { .. } => {
                outcome(form.ask(object.as_fd(), c"", libc::AT_EMPTY_PATH as u64))
            }
        };
    }
    match (form, found.stat) {
        (Form::Stat, Ok(stat)) if !entry.has_slash() => Ok(Ok(stat)),
        (_, Err(errno)) => Ok(Err(errno)),
        _ => outcome(form.ask(entry.dir(), entry.name(), libc::AT_SYMLINK_NOFOLLOW as u64)),
    }
}

impl Form {
    fn ask(
        self,
        dir: std::os::fd::BorrowedFd<'_>,
        path: &CStr,
        flags: u64,
    ) -> Result<Statx, Errno> {
        let flags = flags | libc::AT_NO_AUTOMOUNT as u64;
        match self {
            Form::Stat => file::statx(dir, path, flags, libc::STATX_BASIC_STATS.into()),
            Form::Statx { sync, mask } => file::statx(dir, path, flags | sync, mask),
        }
    }

    fn bytes(self, stat: &Statx) -> Vec<u8> {
        match self {
            Form::Stat => legacy(stat),
            Form::Statx { .. } => stat.0.to_vec(),
        }
    }
}

/// `struct stat` of x86_64, as the kernel's `cp_new_stat` fills it.
fn legacy(stat: &Statx) -> Vec<u8> {
    let mut out = Vec::with_capacity(144);
    let mut put = |value: u64| out.extend_from_slice(&value.to_ne_bytes());
    put(device(stat.dev()));
    put(stat.ino());
    put(stat.nlink().into());
    put(u64::from(stat.mode()) | u64::from(stat.uid()) << 32);
    put(stat.gid().into());
    put(device(stat.rdev()));
    put(stat.size());
    put(stat.blksize().into());
    put(stat.blocks());
    let [access, modification, change] = stat.times();
    for (seconds, nanoseconds) in [access, modification, change] {
        put(seconds.cast_unsigned());
        put(nanoseconds.into());
    }
    out.resize(144, 0);
    out
}

/// `new_encode_dev` of the kernel.
fn device((major, minor): (u32, u32)) -> u64 {
    u64::from(minor & 0xff | major << 8 | (minor & !0xff) << 12)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsFd;

    /// The kernel's own struct stat of the same object is the oracle.
    #[test]
    fn a_struct_stat_is_the_kernels() {
        for path in [
            "/",
            "/dev/null",
            "/proc",
            "/etc/passwd",
            env!("CARGO_MANIFEST_DIR"),
        ] {
            let file = std::fs::File::open(path).unwrap();
            let ours = legacy(&file::statx_fd(file.as_fd(), BASIC).unwrap());
            assert_eq!(ours, file::raw_fstat(file.as_fd()).unwrap(), "{path}");
        }
    }
}
