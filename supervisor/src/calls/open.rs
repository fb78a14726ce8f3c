//! open, openat, openat2, creat: open(2), openat2(2).
//!
//! Only regular files and directories are opened by a worker: what else
//! there is (terminals, FIFOs, devices) does something to whoever opens it,
//! and its type is known before. O_PATH descriptors cannot be injected.

use super::stage::outcome;
use super::{Arg, Args, Call, Native, Reply, Row, Stage};
use crate::lookup::{Entry, Found, Place};
use crate::mounts::{IDENTIFYING, Kind};
use crate::sys::creds::CapSet;
use crate::sys::file::{self, flag};
use nix::errno::Errno;
use std::ffi::CString;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

#[derive(Debug)]
pub struct Open {
    place: Place,
    flags: u64,
    mode: u64,
    resolve: u64,
}

/// `VALID_OPEN_FLAGS` of the kernel's fcntl.h, on x86_64.
const VALID: u64 = 0o37_777_703;
const O_LARGEFILE: u64 = 0o100_000;
const O_ASYNC: u64 = libc::O_ASYNC as u64;
const PERMISSIONS: u64 = 0o7777;
const READ_SEARCH: CapSet = CapSet::DAC_READ_SEARCH;
/// What a worker restricts a walk by, too.
const KNOWN: u64 = flag::RESOLVE_NO_XDEV
    | flag::RESOLVE_NO_MAGICLINKS
    | flag::RESOLVE_NO_SYMLINKS
    | flag::RESOLVE_BENEATH
    | flag::RESOLVE_IN_ROOT;
/// Size of `struct open_how` in its first version.
const HOW_SIZE: u64 = 24;
/// A page: what is longer is E2BIG, whatever is in it.
const LONGEST_HOW: u64 = 4096;

pub fn open(args: &mut Args<'_>) -> Result<Open, Native> {
    legacy(args.place(0)?, args.uint(1), args.uint(2))
}

pub fn openat(args: &mut Args<'_>) -> Result<Open, Native> {
    legacy(args.place_at(0, 1)?, args.uint(2), args.uint(3))
}

pub fn creat(args: &mut Args<'_>) -> Result<Open, Native> {
    let flags = libc::O_CREAT | libc::O_WRONLY | libc::O_TRUNC;
    legacy(args.place(0)?, flags as u32, args.uint(1))
}

/// The older calls ignore bits they do not know, and imply O_LARGEFILE.
fn legacy(place: Place, flags: u32, mode: u32) -> Result<Open, Native> {
    let flags = u64::from(flags) & VALID | O_LARGEFILE;
    let mode = if may_create(flags) {
        u64::from(mode) & PERMISSIONS
    } else {
        0
    };
    Open {
        place,
        flags,
        mode,
        resolve: 0,
    }
    .checked()
}

pub fn openat2(args: &mut Args<'_>) -> Result<Open, Native> {
    if args.raw(3) != HOW_SIZE {
        return Err(Native::Undecodable);
    }
    let [flags, mode, resolve] = how(args, 2)?;
    let stray = flags & !VALID | mode & !PERMISSIONS | resolve & !KNOWN;
    if stray != 0 || (mode != 0 && !may_create(flags)) {
        return Err(Native::Undecodable);
    }
    // Under RESOLVE_IN_ROOT even an absolute path starts at the directory.
    let path = args.path(1)?;
    if path.to_bytes().starts_with(b"/")
        && resolve & (flag::RESOLVE_IN_ROOT | flag::RESOLVE_BENEATH) != 0
    {
        return Err(Native::Unresolved);
    }
    let place = args.start(args.int(0), path)?;
    Open {
        place,
        flags,
        mode,
        resolve,
    }
    .checked()
}

/// How an open that is left to the kernel goes about links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Links {
    /// The kernel refuses it before it looks at the path, or it opens nothing
    /// that is there.
    Unasked,
    None,
    /// All but one at the very end.
    Before,
    All,
}

/// Of which links who looks into the path may read without leaving a time of
/// access that the kernel would not have left.
#[must_use]
pub fn links_of(row: &Row, args: &Args<'_>, place: &Place) -> Links {
    let number = |kind| row.args.iter().position(|arg| *arg == kind);
    let (flags, resolve) = match (number(Arg::OpenFlags), number(Arg::How)) {
        (Some(i), _) => (with_path_only(u64::from(args.uint(i)) & VALID), 0),
        (_, Some(i)) => match refused_or_how(args, i) {
            Some([flags, _, resolve]) => (flags, resolve),
            None => return Links::Unasked,
        },
        _ => (0, 0),
    };
    let has = |bits: u64| flags & bits == bits;
    let unnamed = has(flag::TMPFILE) && (!has(flag::O_DIRECTORY) || flags & 3 == 0);
    let slashed = place.path.to_bytes().ends_with(b"/");
    // Of a directory that is no EINVAL before Linux 6.3, but no opening either.
    let makes_new = has(flag::O_CREAT) && (slashed || has(flag::O_EXCL) || has(flag::O_DIRECTORY));
    if unnamed || makes_new {
        Links::Unasked
    } else if resolve & flag::RESOLVE_NO_SYMLINKS != 0 {
        Links::None
    } else if has(flag::O_NOFOLLOW) {
        Links::Before
    } else {
        Links::All
    }
}

/// `struct open_how` where the kernel takes it: openat2(2), under EINVAL and E2BIG.
fn refused_or_how(args: &Args<'_>, arg: usize) -> Option<[u64; 3]> {
    let size = args.raw(arg + 1);
    if !(HOW_SIZE..=LONGEST_HOW).contains(&size) {
        return None;
    }
    let whole = args.bytes(arg, size as usize).ok()?;
    if whole[HOW_SIZE as usize..].iter().any(|byte| *byte != 0) {
        return None;
    }
    let [flags, mode, resolve] = how(args, arg).ok()?;
    let scopes = flag::RESOLVE_BENEATH | flag::RESOLVE_IN_ROOT;
    let stray = flags & !VALID | mode & !PERMISSIONS | resolve & !(KNOWN | flag::RESOLVE_CACHED);
    let refused = stray != 0
        || with_path_only(flags) != flags
        || (mode != 0 && !may_create(flags))
        || resolve & scopes == scopes;
    (!refused).then_some([flags, mode, resolve])
}

/// What of the flags has a meaning beside O_PATH: the older calls drop the rest.
fn with_path_only(flags: u64) -> u64 {
    const LEFT: u64 = flag::O_PATH | flag::O_DIRECTORY | flag::O_NOFOLLOW | flag::O_CLOEXEC;
    match flags & flag::O_PATH {
        0 => flags,
        _ => flags & LEFT,
    }
}

fn how(args: &Args<'_>, arg: usize) -> Result<[u64; 3], Native> {
    let how = args.bytes(arg, HOW_SIZE as usize)?;
    let word = |i: usize| u64::from_ne_bytes(std::array::from_fn(|b| how[i * 8 + b]));
    Ok([word(0), word(1), word(2)])
}

fn may_create(flags: u64) -> bool {
    flags & (flag::O_CREAT | flag::TMPFILE) != 0
}

impl Open {
    /// Leaves what the kernel refuses, or what needs the caller itself, to the kernel.
    fn checked(self) -> Result<Open, Native> {
        let has = |bits: u64| self.flags & bits != 0;
        let odd = self.flags & 3 == 3
            || has(O_ASYNC)
            || (has(flag::TMPFILE) && (!has(flag::O_DIRECTORY) || self.flags & 3 == 0))
            || (has(flag::O_CREAT) && has(flag::O_DIRECTORY));
        if has(flag::O_PATH) {
            return Err(Native::Type);
        }
        if odd {
            Err(Native::Undecodable)
        } else {
            Ok(self)
        }
    }

    fn has(&self, bits: u64) -> bool {
        self.flags & bits != 0
    }
}

impl Call for Open {
    fn creates(&self) -> bool {
        may_create(self.flags)
    }

    fn perform(self, stage: &Stage<'_>) -> Result<Reply, Native> {
        let close_on_exec = self.has(flag::O_CLOEXEC);
        match self.open(stage)? {
            Ok(file) => Ok(Reply::with_file(file, close_on_exec)),
            // The kernel takes a descriptor before it looks at the path.
            Err(_) if stage.table_is_full()? => Err(Native::Limit),
            Err(errno) => Ok(Reply::error(errno)),
        }
    }
}

impl Open {
    fn open(self, stage: &Stage<'_>) -> Result<Result<OwnedFd, Errno>, Native> {
        if self.has(flag::O_CREAT | flag::O_TRUNC | flag::TMPFILE) && stage.table_may_fill_up()? {
            return Err(Native::Limit);
        }
        if self.has(flag::TMPFILE) && !stage.facts.identity.effective.contains(READ_SEARCH) {
            // linkat(2) gives it a name only if opened with the very same credentials.
            return Err(Native::Limit);
        }
        if self.resolve != 0 {
            return self.open_followed(stage);
        }
        let Open {
            place,
            flags,
            mode,
            resolve,
        } = self;
        let entry = place.enter()?;
        if entry.has_slash() && flags & flag::O_CREAT != 0 {
            // EISDIR, before anything is looked up.
            return Err(Native::Undecodable);
        }
        let found = stage.look(&entry)?;
        if found.is_symlink() {
            let place = entry.into_place();
            return Open {
                place,
                flags,
                mode,
                resolve,
            }
            .open_followed(stage);
        }
        open_entry(&entry, &found, flags, mode)
    }

    /// Through a link at the end, or under restrictions: found first, then
    /// opened through our own descriptor of what was found.
    fn open_followed(self, stage: &Stage<'_>) -> Result<Result<OwnedFd, Errno>, Native> {
        if self.has(flag::O_CREAT | flag::TMPFILE | flag::O_NOFOLLOW) {
            return Err(Native::Link);
        }
        let object = self.place.follow(self.resolve)?;
        let (stat, kind) = stage.look_at_file(object.as_fd(), IDENTIFYING)?;
        openable(stat.file_type(), kind)?;
        reopen(stage, object.as_fd(), self.flags)
    }
}

fn open_entry(
    entry: &Entry,
    found: &Found,
    flags: u64,
    mode: u64,
) -> Result<Result<OwnedFd, Errno>, Native> {
    let mut flags = flags | flag::O_CLOEXEC;
    match &found.stat {
        Ok(stat) => openable(stat.file_type(), found.kind)?,
        Err(Errno::ENOENT) if flags & flag::O_CREAT != 0 => {
            openable(libc::S_IFREG, found.kind)?;
            // What another process puts there meanwhile is of unknown type.
            flags |= flag::O_EXCL;
        }
        Err(errno) => return Ok(Err(*errno)),
    }
    let resolve = flag::RESOLVE_NO_SYMLINKS | flag::RESOLVE_NO_MAGICLINKS;
    let opened = open_at_once(flags, |flags| {
        file::openat2(entry.dir(), entry.name(), flags, mode, resolve)
    });
    match opened {
        Ok(Err(Errno::EEXIST)) if found.stat.is_err() => Err(Native::Link),
        other => other,
    }
}

fn openable(file_type: u32, kind: Kind) -> Result<(), Native> {
    match (file_type, kind) {
        (libc::S_IFDIR, _) | (libc::S_IFREG, Kind::Local) => Ok(()),
        // The close of the worker's own would be one more FLUSH.
        (libc::S_IFREG, _) => Err(Native::FileSystem),
        _ => Err(Native::Type),
    }
}

/// Opens what an O_PATH descriptor of ours stands for, by its magic link.
fn reopen(
    stage: &Stage<'_>,
    object: BorrowedFd<'_>,
    flags: u64,
) -> Result<Result<OwnedFd, Errno>, Native> {
    let name = CString::new(object.as_raw_fd().to_string()).map_err(|_| Native::Shortage)?;
    open_at_once(flags, |flags| {
        file::openat2(stage.own_files, &name, flags | flag::O_CLOEXEC, 0, 0)
    })
}

/// Opens without waiting for the holder of a lease: that wait is the caller's,
/// whose signals end it.
fn open_at_once(
    flags: u64,
    open: impl Fn(u64) -> Result<OwnedFd, Errno>,
) -> Result<Result<OwnedFd, Errno>, Native> {
    if flags & flag::O_NONBLOCK != 0 {
        return outcome(open(flags));
    }
    match open(flags | flag::O_NONBLOCK) {
        Ok(file) => outcome(file::set_status_flags(file.as_fd(), flags).map(|()| file)),
        Err(Errno::EWOULDBLOCK) => Err(Native::Wait),
        Err(errno) => outcome(Err(errno)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lookup::Base;

    fn decoded(flags: i32, mode: u32) -> Result<(u64, u64), Native> {
        let place = Place {
            base: Base::Root,
            path: c"/x".into(),
        };
        legacy(place, flags as u32, mode).map(|open| (open.flags, open.mode))
    }

    #[test]
    fn the_older_calls_are_decoded_as_build_open_how_does() {
        assert_eq!(decoded(libc::O_RDONLY, 0o777), Ok((O_LARGEFILE, 0)));
        let creating = libc::O_CREAT | libc::O_WRONLY;
        assert_eq!(
            decoded(creating, 0o17_7777),
            Ok((creating as u64 | O_LARGEFILE, 0o7777))
        );
        // An unknown bit is dropped.
        assert_eq!(decoded(1 << 30, 0), Ok((O_LARGEFILE, 0)));
    }

    #[test]
    fn what_acts_on_the_caller_is_native() {
        assert_eq!(decoded(libc::O_PATH, 0), Err(Native::Type));
        assert_eq!(decoded(libc::O_ASYNC, 0), Err(Native::Undecodable));
        assert_eq!(decoded(3, 0), Err(Native::Undecodable));
        assert_eq!(decoded(libc::O_TMPFILE, 0), Err(Native::Undecodable));
        assert_eq!(
            decoded(libc::O_CREAT | libc::O_DIRECTORY, 0),
            Err(Native::Undecodable)
        );
        assert_eq!(
            decoded(flag::TMPFILE as i32 | libc::O_RDWR, 0),
            Err(Native::Undecodable)
        );
    }

    #[test]
    fn the_valid_flags_are_the_c_librarys() {
        let all = libc::O_ACCMODE
            | libc::O_CREAT
            | libc::O_EXCL
            | libc::O_NOCTTY
            | libc::O_TRUNC
            | libc::O_APPEND
            | libc::O_NONBLOCK
            | libc::O_SYNC
            | libc::O_DSYNC
            | libc::O_ASYNC
            | libc::O_DIRECT
            | libc::O_DIRECTORY
            | libc::O_NOFOLLOW
            | libc::O_NOATIME
            | libc::O_CLOEXEC
            | libc::O_PATH
            | libc::O_TMPFILE;
        assert_eq!(VALID, all as u64 | O_LARGEFILE);
    }
}
