//! The exact floor: the bare one plus the checks without which an answer could differ from the kernel's.
//!
//! Each call: the caller's identity is compared with the worn one. Memory: the id is checked again after reading and
//! before writing. Names: the directory is opened without magic links, the object is looked at before it is touched
//! (type, and the type of its file system), and the act is relative to that directory, so that what was checked is what
//! is acted on. Descriptors: the type of the file is checked.

use std::collections::HashMap;
use std::ffi::CStr;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, AtFlags, OFlag, OpenHow, ResolveFlag, openat2, renameat};
use nix::sys::stat::{FchmodatFlags, Mode, SFlag, fchmodat, fstatat};
use nix::sys::statfs::{PROC_SUPER_MAGIC, fstatfs};
use nix::sys::uio::pread;
use nix::unistd::{fsync, write};

use crate::sys::{self, Answer, Notification, Seen};

use super::call::Call;
use super::remote::{self, Remote, RemotePath};

/// What the exact floor keeps between calls.
#[derive(Debug, Default)]
pub(super) struct Checks {
    worn: Option<[u32; 8]>,
    /// By unique mount id, which is never reused: is it procfs?
    procfs: HashMap<u64, bool>,
}

/// An error is the floor's own failure; the call's error is an `Answer`.
pub(super) fn answer(remote: &mut Remote, n: &Notification) -> nix::Result<Answer> {
    let call = Call::decode(&n.data);
    if matches!(call, Call::Other) || !wears_its_identity(remote, n)? {
        return Ok(Answer::Native);
    }
    match call {
        Call::Stat { path, buffer, .. } => stat(remote, n, path, buffer),
        Call::Open { path, flags, .. } => open(remote, n, path, flags),
        Call::Rename { old, new } => rename(remote, n, old, new),
        Call::Chmod { path, mode } => chmod(remote, n, path, mode),
        Call::Pread {
            fd,
            buffer,
            count,
            offset,
        } => read(remote, n, fd, buffer, count, offset),
        Call::Write { fd, buffer, count } => {
            let Some(file) = regular(remote, n, fd)? else {
                return Ok(Answer::Native);
            };
            remote.read_data(n.pid, buffer, count)?;
            sys::id_valid(remote.listener(), n.id)?;
            Ok(write(&file, &remote.data[..count]).into())
        }
        Call::Fsync { fd } => Ok(match regular(remote, n, fd)? {
            Some(file) => fsync(file).into(),
            None => Answer::Native,
        }),
        Call::Other => Ok(Answer::Native),
    }
}

/// The floor changes no identity: it may act for who has its own.
fn wears_its_identity(remote: &mut Remote, n: &Notification) -> nix::Result<bool> {
    let caller = sys::identity(remote.thread(n.pid)?)?;
    let worn = match remote.checks.worn {
        Some(worn) => worn,
        None => {
            let own = sys::identity(sys::pidfd_open(std::process::id())?.as_fd())?;
            *remote.checks.worn.insert(own)
        }
    };
    Ok(caller == worn)
}

/// The id is checked before: the pid could by now be another process.
fn write_back(remote: &Remote, n: &Notification, address: u64, bytes: &[u8]) -> nix::Result<()> {
    sys::id_valid(remote.listener(), n.id)?;
    remote::write(n.pid, address, bytes)
}

/// The target's descriptor, if it is of a regular file.
fn regular(remote: &mut Remote, n: &Notification, fd: i32) -> nix::Result<Option<OwnedFd>> {
    let file = remote.descriptor(n.pid, fd)?;
    let seen = sys::look_at(file.as_fd(), c"")?;
    Ok(is(seen.mode, SFlag::S_IFREG).then_some(file))
}

fn is(mode: u32, kind: SFlag) -> bool {
    SFlag::from_bits_truncate(mode) & SFlag::S_IFMT == kind
}

fn read(
    remote: &mut Remote,
    n: &Notification,
    fd: i32,
    buffer: u64,
    count: usize,
    offset: i64,
) -> nix::Result<Answer> {
    let Some(file) = regular(remote, n, fd)? else {
        return Ok(Answer::Native);
    };
    match pread(&file, &mut remote.data[..count], offset) {
        Ok(got) => {
            write_back(remote, n, buffer, &remote.data[..got])?;
            Ok(Answer::Value(got as i64))
        }
        Err(e) => Ok(Answer::Error(e)),
    }
}

fn stat(remote: &mut Remote, n: &Notification, path: u64, buffer: u64) -> nix::Result<Answer> {
    remote.paths[0].read(n.pid, path)?;
    sys::id_valid(remote.listener(), n.id)?;
    let looked = match look_up(&mut remote.paths[0], &mut remote.checks) {
        Ok(Some(looked)) => looked,
        Ok(None) => return Ok(Answer::Native),
        Err(e) => return Ok(Answer::Error(e)),
    };
    // NOFOLLOW although the target asked to follow: it is no link, and must not have become one.
    match fstatat(&looked.dir, looked.last, AtFlags::AT_SYMLINK_NOFOLLOW) {
        Ok(stat) => {
            write_back(remote, n, buffer, sys::stat_bytes(&stat))?;
            Ok(Answer::Value(0))
        }
        Err(e) => Ok(Answer::Error(e)),
    }
}

fn open(remote: &mut Remote, n: &Notification, path: u64, flags: i32) -> nix::Result<Answer> {
    let flags = OFlag::from_bits_retain(flags);
    if flags.intersects(OFlag::O_PATH | OFlag::O_CREAT) {
        return Ok(Answer::Native);
    }
    remote.paths[0].read(n.pid, path)?;
    sys::id_valid(remote.listener(), n.id)?;
    let looked = match look_up(&mut remote.paths[0], &mut remote.checks) {
        Ok(Some(looked)) => looked,
        Ok(None) => return Ok(Answer::Native),
        Err(e) => return Ok(Answer::Error(e)),
    };
    let how = OpenHow::new()
        .flags(flags | OFlag::O_CLOEXEC)
        .resolve(ResolveFlag::RESOLVE_NO_SYMLINKS | ResolveFlag::RESOLVE_NO_MAGICLINKS);
    match openat2(&looked.dir, looked.last, how) {
        Ok(fd) => remote.give(n, fd, flags),
        Err(e) => Ok(Answer::Error(e)),
    }
}

/// On what was looked at, and not on its name: that could have become a link.
fn chmod(remote: &mut Remote, n: &Notification, path: u64, mode: u32) -> nix::Result<Answer> {
    remote.paths[0].read(n.pid, path)?;
    sys::id_valid(remote.listener(), n.id)?;
    let looked = match look_up(&mut remote.paths[0], &mut remote.checks) {
        Ok(Some(looked)) => looked,
        Ok(None) => return Ok(Answer::Native),
        Err(e) => return Ok(Answer::Error(e)),
    };
    let how = OpenHow::new()
        .flags(OFlag::O_PATH | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC)
        .resolve(ResolveFlag::RESOLVE_NO_MAGICLINKS);
    let object = openat2(&looked.dir, looked.last, how)?;
    let link = format!("/proc/self/fd/{}", object.as_raw_fd());
    let mode = Mode::from_bits_retain(mode);
    Ok(fchmodat(AT_FDCWD, link.as_str(), mode, FchmodatFlags::FollowSymlink).into())
}

fn rename(remote: &mut Remote, n: &Notification, old: u64, new: u64) -> nix::Result<Answer> {
    remote.paths[0].read(n.pid, old)?;
    remote.paths[1].read(n.pid, new)?;
    sys::id_valid(remote.listener(), n.id)?;
    let [old, new] = &mut remote.paths;
    let looked = look_up(old, &mut remote.checks)
        .and_then(|from| Ok((from, parent(new, &mut remote.checks)?)));
    let (from, to) = match looked {
        Ok((Some(from), Some(to))) => (from, to),
        Ok(_) => return Ok(Answer::Native),
        Err(e) => return Ok(Answer::Error(e)),
    };
    Ok(renameat(&from.dir, from.last, &to.dir, to.last).into())
}

/// A directory that was checked, and a name in it.
#[derive(Debug)]
struct Looked<'a> {
    dir: OwnedFd,
    last: &'a CStr,
}

/// `None`: only the kernel can do this one exactly (procfs, links, devices).
fn look_up<'a>(path: &'a mut RemotePath, checks: &mut Checks) -> nix::Result<Option<Looked<'a>>> {
    let Some(looked) = open_parent(path)? else {
        return Ok(None);
    };
    let seen = sys::look_at(looked.dir.as_fd(), looked.last)?;
    let plain = is(seen.mode, SFlag::S_IFREG) || is(seen.mode, SFlag::S_IFDIR);
    Ok((plain && !on_procfs(&looked, looked.last, seen, checks)?).then_some(looked))
}

/// The same for a name that need not exist: the directory is what is looked at.
fn parent<'a>(path: &'a mut RemotePath, checks: &mut Checks) -> nix::Result<Option<Looked<'a>>> {
    let Some(looked) = open_parent(path)? else {
        return Ok(None);
    };
    let seen = sys::look_at(looked.dir.as_fd(), c"")?;
    Ok((!on_procfs(&looked, c".", seen, checks)?).then_some(looked))
}

fn open_parent(path: &mut RemotePath) -> nix::Result<Option<Looked<'_>>> {
    let Some((dir, last)) = path.split() else {
        return Ok(None);
    };
    let how = OpenHow::new()
        .flags(OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC)
        .resolve(ResolveFlag::RESOLVE_NO_MAGICLINKS);
    match openat2(AT_FDCWD, dir, how) {
        Ok(dir) => Ok(Some(Looked { dir, last })),
        // A magic link on the way leads elsewhere for the target than for us.
        Err(Errno::ELOOP) => Ok(None),
        Err(e) => Err(e),
    }
}

/// `name` in that directory is what was `seen`: it may be the root of another mount than its directory's.
fn on_procfs(
    looked: &Looked<'_>,
    name: &CStr,
    seen: Seen,
    checks: &mut Checks,
) -> nix::Result<bool> {
    if let Some(&known) = checks.procfs.get(&seen.mount) {
        return Ok(known);
    }
    let how = OpenHow::new()
        .flags(OFlag::O_PATH | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC)
        .resolve(ResolveFlag::RESOLVE_NO_MAGICLINKS);
    let object = openat2(&looked.dir, name, how)?;
    let procfs = fstatfs(object)?.filesystem_type() == PROC_SUPER_MAGIC;
    checks.procfs.insert(seen.mount, procfs);
    Ok(procfs)
}
