//! The bare floor: read the operands, do the call, write the result. Right for the cases, wrong for the world.

use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, AtFlags, OFlag, openat, renameat};
use nix::sys::stat::{FchmodatFlags, Mode, fchmodat, fstatat};
use nix::sys::uio::pread;
use nix::unistd::{fsync, write};

use crate::case::Case;
use crate::sys::{self, Answer, Notification};

use super::call::Call;
use super::remote::{self, Remote};

/// An error is the floor's own failure; the call's error is an `Answer`.
pub(super) fn answer(remote: &mut Remote, n: &Notification, case: Case) -> nix::Result<Answer> {
    if case == Case::Native {
        return Ok(Answer::Native);
    }
    let tid = n.pid;
    match Call::decode(&n.data) {
        Call::Stat {
            path,
            buffer,
            flags,
        } => stat(remote, tid, path, buffer, flags),
        Call::Open { path, flags, mode } => open(remote, n, path, flags, mode),
        Call::Rename { old, new } => {
            remote.paths[0].read(tid, old)?;
            remote.paths[1].read(tid, new)?;
            let [old, new] = &remote.paths;
            Ok(renameat(AT_FDCWD, old.whole()?, AT_FDCWD, new.whole()?).into())
        }
        Call::Chmod { path, mode } => {
            remote.paths[0].read(tid, path)?;
            let mode = Mode::from_bits_retain(mode);
            let follow = FchmodatFlags::FollowSymlink;
            Ok(fchmodat(AT_FDCWD, remote.paths[0].whole()?, mode, follow).into())
        }
        Call::Pread {
            fd,
            buffer,
            count,
            offset,
        } => {
            let file = remote.descriptor(tid, fd)?;
            match pread(&file, &mut remote.data[..count], offset) {
                Ok(got) => {
                    remote::write(tid, buffer, &remote.data[..got])?;
                    Ok(Answer::Value(got as i64))
                }
                Err(e) => Ok(Answer::Error(e)),
            }
        }
        Call::Write { fd, buffer, count } => {
            let file = remote.descriptor(tid, fd)?;
            remote.read_data(tid, buffer, count)?;
            Ok(write(&file, &remote.data[..count]).into())
        }
        Call::Fsync { fd } => Ok(fsync(remote.descriptor(tid, fd)?).into()),
        Call::Other => Ok(Answer::Native),
    }
}

fn stat(remote: &mut Remote, tid: u32, path: u64, buffer: u64, flags: i32) -> nix::Result<Answer> {
    remote.paths[0].read(tid, path)?;
    let flags = AtFlags::from_bits_retain(flags);
    match fstatat(AT_FDCWD, remote.paths[0].whole()?, flags) {
        Ok(stat) => {
            remote::write(tid, buffer, sys::stat_bytes(&stat))?;
            Ok(Answer::Value(0))
        }
        Err(e) => Ok(Answer::Error(e)),
    }
}

fn open(
    remote: &mut Remote,
    n: &Notification,
    path: u64,
    flags: i32,
    mode: u32,
) -> nix::Result<Answer> {
    remote.paths[0].read(n.pid, path)?;
    let (flags, mode) = (OFlag::from_bits_retain(flags), Mode::from_bits_retain(mode));
    // Ours must not leak into a target started meanwhile, whatever the target asked for.
    match openat(
        AT_FDCWD,
        remote.paths[0].whole()?,
        flags | OFlag::O_CLOEXEC,
        mode,
    ) {
        Ok(fd) => remote.give(n, fd, flags),
        Err(e) => Ok(Answer::Error(e)),
    }
}

impl From<nix::Result<()>> for Answer {
    fn from(result: Result<(), Errno>) -> Answer {
        result.map_or_else(Answer::Error, |()| Answer::Value(0))
    }
}

impl From<nix::Result<usize>> for Answer {
    fn from(result: Result<usize, Errno>) -> Answer {
        result.map_or_else(Answer::Error, |count| Answer::Value(count as i64))
    }
}
