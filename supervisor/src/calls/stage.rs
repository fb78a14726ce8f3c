//! What a call is performed on, and the ways it can turn out not to be for us.

use super::Reply;
use crate::facts::{Facts, Trust};
use crate::lookup::{Entry, Found, Place};
use crate::mounts::{IDENTIFYING, Kind, Mounts, freshness};
use crate::sys::file::{self, Statx, flag};
use crate::sys::process;
use crate::target::Target;
use nix::errno::Errno;
use std::ffi::CString;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::sync::OnceLock;

/// Why the kernel carries a call out after all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Native {
    /// The policy says so.
    Policy,
    /// The kernel lacks `WAIT_KILLABLE_RECV`: a signal could have a call done twice.
    Kernel,
    /// The row is watched or guarded, never carried out.
    Row,
    /// The target's memory or descriptor says something invalid, or
    /// something asys does not know: the kernel's error is the exact one.
    Undecodable,
    /// The directory part of the path could not be resolved, or only through a magic link.
    Unresolved,
    /// The path leads through procfs.
    Procfs,
    /// The file system answers differently to another caller.
    FileSystem,
    /// A device, FIFO, socket … whose opening acts on the caller.
    Type,
    /// It waits for another process (the holder of a lease): the caller's
    /// signals would have to end that.
    Wait,
    /// A symbolic link where a race could lead elsewhere.
    Link,
    /// Larger than a worker takes in one piece.
    Size,
    /// A limit of the target's would not apply to a worker.
    Limit,
    /// asys itself lacked a descriptor or memory.
    Shortage,
    /// The result could not be put into the target; it was undone.
    Injection,
    /// Securebits asys cannot see decide.
    Securebits,
    /// As many calls as the policy allows are in flight.
    Full,
    /// The thread cannot be followed.
    Untracked(Trust),
    /// The thread cannot be looked into.
    Opaque,
    /// The thread is not the one that was known by its number.
    Stale,
}

impl Native {
    /// A word for the trace.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Native::Policy => "policy",
            Native::Kernel => "kernel",
            Native::Row => "row",
            Native::Undecodable => "undecodable",
            Native::Unresolved => "unresolved",
            Native::Procfs => "procfs",
            Native::FileSystem => "filesystem",
            Native::Type => "type",
            Native::Wait => "wait",
            Native::Link => "link",
            Native::Size => "size",
            Native::Limit => "limit",
            Native::Shortage => "shortage",
            Native::Injection => "injection",
            Native::Securebits => "securebits",
            Native::Full => "full",
            Native::Untracked(Trust::Followed) => "untracked",
            Native::Untracked(Trust::Elsewhere) => "namespace",
            Native::Untracked(Trust::Confined) => "confined",
            Native::Untracked(Trust::SharesFs) => "shares-fs",
            Native::Untracked(Trust::Unwearable) => "identity",
            Native::Opaque => "opaque",
            Native::Stale => "stale",
        }
    }
}

/// Whose identity a call is checked against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wears {
    /// The file-system ids and effective capabilities.
    Effective,
    /// The real ids, as access(2).
    Real,
}

/// A decoded call: owns its operands, reads the target's memory no more.
pub trait Call: Sized {
    /// Whether `perform` looks at the caller's descriptors again, by
    /// [`Stage::file`], which asks afterwards whether it still waits.
    const LOOKS_AGAIN: bool = false;

    /// Whether a signal of the caller's may end it early on a local file system, too.
    const WAITS: bool = false;

    /// Whether it is to end early when it waits, signal or not: it was not expected to.
    const HASTY: bool = false;

    fn wears(&self) -> Wears {
        Wears::Effective
    }

    /// Whether the umask matters.
    fn creates(&self) -> bool {
        false
    }

    /// Carries the call out in the worker, which wears the identity.
    ///
    /// # Errors
    /// [`Native`] when the kernel had better do it, with nothing changed yet.
    fn perform(self, stage: &Stage<'_>) -> Result<Reply, Native>;
}

/// What a path or descriptor leads to, as an O_PATH descriptor of ours.
#[derive(Debug)]
pub struct Object {
    pub file: OwnedFd,
    pub stat: Statx,
}

impl Object {
    /// Its magic link among asys's own, for calls that take a path only.
    ///
    /// # Errors
    /// Never in practice.
    pub fn link(&self) -> Result<CString, Native> {
        let link = format!("/proc/self/fd/{}", self.file.as_raw_fd());
        CString::new(link).map_err(|_| Native::Shortage)
    }
}

/// Somebody who may stop waiting for an answer.
pub trait Waits: std::fmt::Debug {
    /// Whether it has neither been killed nor become another program.
    fn waits(&self) -> bool;
}

/// Where a call is performed.
#[derive(Debug)]
pub struct Stage<'a> {
    pub target: &'a Target,
    pub facts: &'a Facts,
    pub mounts: &'a Mounts,
    /// asys's own /proc/self/fd, to reopen what an O_PATH descriptor stands for.
    pub own_files: BorrowedFd<'a>,
    /// The caller's ids or the identity worn are not asys's own.
    pub foreign: bool,
    /// No other thread of the tree has made itself known.
    pub alone: bool,
    pub caller: &'a dyn Waits,
}

impl Stage<'_> {
    /// A duplicate of the caller's descriptor: shares position and status flags.
    ///
    /// # Errors
    /// [`Native`] when there is none, or nobody waits any more.
    pub fn file(&self, fd: i32) -> Result<OwnedFd, Native> {
        let file = self.target.file(fd).map_err(|_| Native::Undecodable)?;
        // Or it is one of the program's that took the caller's place.
        if self.caller.waits() {
            Ok(file)
        } else {
            Err(Native::Stale)
        }
    }

    /// What lies at `entry`, if a worker's call there is as good as the target's.
    ///
    /// # Errors
    /// [`Native`] when it is not.
    pub fn look(&self, entry: &Entry) -> Result<Found, Native> {
        // Not its times: a file whose times were asked gets finer ones at the
        // next change (multigrain timestamps), which the target could tell.
        self.look_for(entry, IDENTIFYING)
    }

    /// As [`Stage::look`], asking statx(2) for `mask`.
    ///
    /// # Errors
    /// As [`Stage::look`].
    pub fn look_for(&self, entry: &Entry, mask: u64) -> Result<Found, Native> {
        let found = entry.look(self.mounts, mask)?;
        self.accept(found.kind)?;
        match found.stat {
            Err(errno) if is_shortage(errno) => Err(Native::Shortage),
            _ => Ok(found),
        }
    }

    /// What lies at `place`, with a link at its end followed or not, likewise;
    /// or the errno of the look-up.
    ///
    /// # Errors
    /// As [`Stage::look`].
    pub fn find(&self, place: Place, follow: bool) -> Result<Result<Object, Errno>, Native> {
        let entry = place.enter()?;
        if entry.has_slash() {
            return self.object(entry.place().follow(0)?).map(Ok);
        }
        let file = match entry.open() {
            Ok(file) => file,
            Err(errno) => {
                self.look_at_directory(&entry)?;
                return outcome(Err(errno));
            }
        };
        let object = self.object(file)?;
        if follow && object.stat.file_type() == libc::S_IFLNK {
            return self.object(entry.place().follow(0)?).map(Ok);
        }
        Ok(Ok(object))
    }

    /// What descriptor `fd` of the caller's, or its working directory
    /// (`AT_FDCWD`), stands for. Without a duplicate, whose close would be a FLUSH.
    ///
    /// # Errors
    /// [`Native`] when there is none, or as [`Stage::look`].
    pub fn behind(&self, fd: i32) -> Result<Object, Native> {
        let name = match fd {
            libc::AT_FDCWD => CString::from(c"cwd"),
            fd if fd < 0 => return Err(Native::Undecodable),
            fd => CString::new(format!("fd/{fd}")).map_err(|_| Native::Undecodable)?,
        };
        let dir = self.target.thread.dir.as_fd();
        let file = file::openat2(dir, &name, flag::O_PATH | flag::O_CLOEXEC, 0, 0);
        let file = file.map_err(|_| Native::Undecodable)?;
        // Or it is of the program that took the caller's place.
        if !self.caller.waits() {
            return Err(Native::Stale);
        }
        self.object(file)
    }

    fn object(&self, file: OwnedFd) -> Result<Object, Native> {
        let (stat, _) = self.look_at_file(file.as_fd(), IDENTIFYING)?;
        Ok(Object { file, stat })
    }

    /// The directory of `entry`, likewise, before something is made in it.
    ///
    /// # Errors
    /// As [`Stage::look`].
    pub fn look_at_directory(&self, entry: &Entry) -> Result<Kind, Native> {
        let kind = entry.directory(self.mounts)?;
        self.accept(kind).map(|()| kind)
    }

    /// An open file, likewise, with what `mask` asks of it.
    ///
    /// # Errors
    /// As [`Stage::look`].
    pub fn look_at_file(&self, file: BorrowedFd<'_>, mask: u64) -> Result<(Statx, Kind), Native> {
        let (stat, kind) = self.seen(file, mask)?;
        self.accept(kind).map(|()| (stat, kind))
    }

    fn seen(&self, file: BorrowedFd<'_>, mask: u64) -> Result<(Statx, Kind), Native> {
        let flags = libc::AT_EMPTY_PATH as u64 | freshness(mask);
        let stat = file::statx(file, c"", flags, mask).map_err(|_| Native::Undecodable)?;
        let kind = self.mounts.kind_of(&stat, file);
        Ok((stat, kind))
    }

    /// The file system of a descriptor of the target's, without a duplicate of it.
    ///
    /// # Errors
    /// [`Native::Undecodable`] when there is no such descriptor.
    pub fn look_at_descriptor(&self, fd: i32) -> Result<Kind, Native> {
        self.look_from_outside(fd).map(|(_, kind)| kind)
    }

    fn look_from_outside(&self, fd: i32) -> Result<(Statx, Kind), Native> {
        let name = CString::new(format!("fd/{fd}")).map_err(|_| Native::Undecodable)?;
        let dir = self.target.thread.dir.as_fd();
        let stat = file::statx(dir, &name, freshness(IDENTIFYING), IDENTIFYING)
            .map_err(|_| Native::Undecodable)?;
        let kind = self.mounts.kind_at(&stat, dir, &name);
        Ok((stat, kind))
    }

    /// A duplicate of the caller's descriptor of a file on a local file system.
    /// Elsewhere closing it would be a FLUSH to a FUSE daemon or an NFS
    /// server, which natively does not happen.
    ///
    /// # Errors
    /// [`Native`] for any other.
    pub fn local_file(&self, fd: i32) -> Result<(OwnedFd, Statx), Native> {
        if self.mounts.may_be_remote() {
            // Looked at from outside first.
            self.look_at_descriptor(fd).and_then(only_local)?;
        }
        let file = self.file(fd)?;
        let (stat, kind) = self.look_at_file(file.as_fd(), IDENTIFYING)?;
        only_local(kind).map(|()| (file, stat))
    }

    /// A duplicate of a pipe's or a regular file's descriptor, the latter as
    /// [`Stage::local_file`], and which of the two it is.
    ///
    /// # Errors
    /// [`Native`] for any other.
    pub fn pipe_or_local_file(&self, fd: i32) -> Result<(OwnedFd, u32), Native> {
        if self.mounts.may_be_remote() {
            // As there.
            let (seen, kind) = self.look_from_outside(fd)?;
            pipe_or_local(&seen, kind)?;
        }
        let file = self.file(fd)?;
        let (seen, kind) = self.seen(file.as_fd(), IDENTIFYING)?;
        pipe_or_local(&seen, kind).map(|which| (file, which))
    }

    fn accept(&self, kind: Kind) -> Result<(), Native> {
        match kind {
            Kind::Local => Ok(()),
            // FUSE compares real and saved ids too, which workers never wear.
            Kind::Remote if !self.foreign => Ok(()),
            Kind::Remote | Kind::Peculiar => Err(Native::FileSystem),
        }
    }

    /// How many descriptors the target may have.
    ///
    /// # Errors
    /// [`Native::Limit`] when that cannot be told.
    pub fn descriptor_limit(&self) -> Result<u64, Native> {
        self.soft_limit(libc::RLIMIT_NOFILE, "Max open files")
    }

    /// Whether the target's next descriptor would exceed its limit.
    ///
    /// # Errors
    /// [`Native::Limit`] when that cannot be told.
    pub fn table_is_full(&self) -> Result<bool, Native> {
        Ok(self.descriptors_left()? == 0)
    }

    /// Whether the target's next descriptor may exceed its limit by the time
    /// it gets it: known before an open has an effect, because the kernel
    /// takes the number first. Other threads take numbers, too, meanwhile.
    ///
    /// # Errors
    /// [`Native::Limit`] when that cannot be told.
    pub fn table_may_fill_up(&self) -> Result<bool, Native> {
        Ok(self.descriptors_left()? < TAKEN_MEANWHILE)
    }

    fn descriptors_left(&self) -> Result<u64, Native> {
        let limit = self.descriptor_limit()?;
        let dir = self.target.thread.dir.as_fd();
        let stat =
            file::statx(dir, c"fd", 0, libc::STATX_SIZE.into()).map_err(|_| Native::Limit)?;
        // The size is the number of open descriptors since Linux 6.2.
        let open = match stat.size() {
            0 => count_entries(dir)?,
            open => open,
        };
        Ok(limit.saturating_sub(open))
    }

    /// Whether writes of the target may grow a file without end.
    ///
    /// # Errors
    /// [`Native::Limit`] when they may not, or it cannot be told.
    pub fn unlimited_file_size(&self) -> Result<(), Native> {
        if !own_file_size_is_unlimited() {
            return Err(Native::Limit);
        }
        match self.soft_limit(libc::RLIMIT_FSIZE, "Max file size")? {
            libc::RLIM_INFINITY => Ok(()),
            _ => Err(Native::Limit),
        }
    }

    fn soft_limit(&self, resource: u32, line: &str) -> Result<u64, Native> {
        match process::soft_limit(self.target.thread.tid, resource) {
            Ok(limit) => Ok(limit),
            // Another user's: the text of /proc is open to all.
            Err(_) => limit_in_text(self.target, line).ok_or(Native::Limit),
        }
    }
}

/// More descriptors than the threads of a process take between a look at their
/// number and the answer to a call.
const TAKEN_MEANWHILE: u64 = 64;

/// asys raises its limit as far as it may; a worker's write has to fit into that, too.
fn own_file_size_is_unlimited() -> bool {
    static UNLIMITED: OnceLock<bool> = OnceLock::new();
    let own = || process::soft_limit(0, libc::RLIMIT_FSIZE) == Ok(libc::RLIM_INFINITY);
    *UNLIMITED.get_or_init(own)
}

fn only_local(kind: Kind) -> Result<(), Native> {
    if kind == Kind::Local {
        Ok(())
    } else {
        Err(Native::FileSystem)
    }
}

/// Which of the two it is. A pipe is on no file system.
fn pipe_or_local(stat: &Statx, kind: Kind) -> Result<u32, Native> {
    match stat.file_type() {
        libc::S_IFIFO => Ok(libc::S_IFIFO),
        libc::S_IFREG => only_local(kind).map(|()| libc::S_IFREG),
        _ => Err(Native::Type),
    }
}

fn limit_in_text(target: &Target, line: &str) -> Option<u64> {
    let dir = target.thread.dir.as_fd();
    let file = file::openat2(dir, c"limits", flag::O_CLOEXEC, 0, 0).ok()?;
    let mut text = [0; 4096];
    let len = file::read(file.as_fd(), &mut text).ok()?;
    let text = std::str::from_utf8(&text[..len]).ok()?;
    let line = text.lines().find_map(|l| l.strip_prefix(line))?;
    match line.split_ascii_whitespace().next()? {
        "unlimited" => Some(libc::RLIM_INFINITY),
        number => number.parse().ok(),
    }
}

fn count_entries(dir: BorrowedFd<'_>) -> Result<u64, Native> {
    let flags = flag::O_DIRECTORY | flag::O_CLOEXEC;
    let dir = file::openat2(dir, c"fd", flags, 0, 0).map_err(|_| Native::Limit)?;
    let mut buffer = [0; 16384];
    let mut entries = 0u64;
    loop {
        let len = file::getdents64(dir.as_fd(), &mut buffer).map_err(|_| Native::Limit)?;
        if len == 0 {
            // "." and ".." are no descriptors.
            return Ok(entries.saturating_sub(2));
        }
        let mut at = 0;
        while at < len {
            // d_reclen: getdents64(2)
            at += usize::from(u16::from_ne_bytes([buffer[at + 16], buffer[at + 17]])).max(1);
            entries += 1;
        }
    }
}

/// Errors that speak of asys's own process, not of the target's call.
#[must_use]
pub fn is_shortage(errno: Errno) -> bool {
    matches!(
        errno,
        Errno::EMFILE | Errno::ENFILE | Errno::ENOMEM | Errno::EINTR | Errno::ENOSYS
    )
}

/// The outcome of a call made relative to a resolved directory, as the
/// target's: errors that could be the worker's own are left to the kernel.
///
/// # Errors
/// [`Native`] for those.
pub fn outcome<T>(result: Result<T, Errno>) -> Result<Result<T, Errno>, Native> {
    match result {
        Err(Errno::ELOOP | Errno::EXDEV) => Err(Native::Link),
        Err(errno) if is_shortage(errno) => Err(Native::Shortage),
        other => Ok(other),
    }
}
