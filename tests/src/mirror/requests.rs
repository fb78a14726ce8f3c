//! The protocol: each request of the kernel's, and its answer.

use super::answers::{ONLY, attr, empty, entry, opened, written, xattr};
use super::backing::{Backing, Change, New};
use super::journal::{Asked, Journal, Kind};
use fuser::{
    AccessFlags, BsdFileFlags, CopyFileRangeFlags, Errno, FileHandle, Filesystem, FopenFlags,
    INodeNo, InitFlags, KernelConfig, LockOwner, OpenFlags, RenameFlags, ReplyAttr, ReplyCreate,
    ReplyData, ReplyDirectory, ReplyDirectoryPlus, ReplyEmpty, ReplyEntry, ReplyLseek, ReplyOpen,
    ReplyStatfs, ReplyWrite, ReplyXattr, Request, TimeOrNow, WriteFlags,
};
use nix::Result;
use nix::unistd::UnlinkatFlags;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

#[derive(Debug)]
pub struct Requests {
    backing: Backing,
    journal: Arc<Journal>,
    trust: Duration,
}

/// As libfuse asks for by default, where the kernel has it.
const WANTED: [InitFlags; 4] = [
    InitFlags::FUSE_AUTO_INVAL_DATA,
    InitFlags::FUSE_DO_READDIRPLUS,
    InitFlags::FUSE_READDIRPLUS_AUTO,
    InitFlags::FUSE_PARALLEL_DIROPS,
];

fn errno(errno: nix::errno::Errno) -> Errno {
    Errno::from_i32(errno as i32)
}

impl Requests {
    pub fn new(backing: Backing, journal: Arc<Journal>, trust: Duration) -> Self {
        Self {
            backing,
            journal,
            trust,
        }
    }

    /// Everything the kernel asks comes through here, before and after it is done.
    fn asked<T>(
        &self,
        kind: Kind,
        by: &Request,
        done: impl FnOnce(&Backing) -> Result<T>,
    ) -> std::result::Result<T, Errno> {
        let (uid, gid, pid) = (by.uid(), by.gid(), by.pid());
        let asked = Asked {
            kind,
            uid,
            gid,
            pid,
        };
        self.journal.append(asked);
        done(&self.backing).map_err(errno)
    }
}

impl Filesystem for Requests {
    fn init(&mut self, _: &Request, config: &mut KernelConfig) -> std::io::Result<()> {
        for wanted in WANTED {
            let _ = config.add_capabilities(wanted);
        }
        Ok(())
    }

    fn lookup(&self, by: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        let done = self.asked(Kind::Lookup, by, |b| b.lookup(parent, name));
        entry(reply, self.trust, done);
    }

    fn forget(&self, _: &Request, ino: INodeNo, lookups: u64) {
        self.backing.forget(ino, lookups);
    }

    fn getattr(&self, by: &Request, ino: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        let done = self.asked(Kind::GetAttr, by, |b| b.getattr(ino));
        attr(reply, self.trust, done);
    }

    fn setattr(
        &self,
        by: &Request,
        ino: INodeNo,
        mode: Option<u32>,
        uid: Option<u32>,
        gid: Option<u32>,
        size: Option<u64>,
        atime: Option<TimeOrNow>,
        mtime: Option<TimeOrNow>,
        _: Option<SystemTime>,
        handle: Option<FileHandle>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<BsdFileFlags>,
        reply: ReplyAttr,
    ) {
        let change = Change {
            mode,
            uid,
            gid,
            size,
            atime,
            mtime,
        };
        let done = self.asked(Kind::SetAttr, by, |b| b.setattr(ino, &change, handle));
        attr(reply, self.trust, done);
    }

    fn readlink(&self, by: &Request, ino: INodeNo, reply: ReplyData) {
        match self.asked(Kind::ReadLink, by, |b| b.readlink(ino)) {
            Ok(target) => reply.data(target.as_bytes()),
            Err(errno) => reply.error(errno),
        }
    }

    fn mknod(
        &self,
        by: &Request,
        parent: INodeNo,
        name: &OsStr,
        mode: u32,
        _: u32,
        rdev: u32,
        reply: ReplyEntry,
    ) {
        let new = New {
            by,
            parent,
            name,
            mode,
        };
        let done = self.asked(Kind::MkNod, by, |b| b.mknod(new, rdev));
        entry(reply, self.trust, done);
    }

    fn mkdir(
        &self,
        by: &Request,
        parent: INodeNo,
        name: &OsStr,
        mode: u32,
        _: u32,
        reply: ReplyEntry,
    ) {
        let new = New {
            by,
            parent,
            name,
            mode: mode & 0o7777 | libc::S_IFDIR,
        };
        let done = self.asked(Kind::MkDir, by, |b| b.mkdir(new));
        entry(reply, self.trust, done);
    }

    fn unlink(&self, by: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        let what = UnlinkatFlags::NoRemoveDir;
        let done = self.asked(Kind::Unlink, by, |b| b.unlink(parent, name, what));
        empty(reply, done);
    }

    fn rmdir(&self, by: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        let what = UnlinkatFlags::RemoveDir;
        let done = self.asked(Kind::RmDir, by, |b| b.unlink(parent, name, what));
        empty(reply, done);
    }

    fn symlink(
        &self,
        by: &Request,
        parent: INodeNo,
        name: &OsStr,
        target: &Path,
        reply: ReplyEntry,
    ) {
        let new = New {
            by,
            parent,
            name,
            mode: libc::S_IFLNK,
        };
        let done = self.asked(Kind::SymLink, by, |b| b.symlink(new, target));
        entry(reply, self.trust, done);
    }

    fn rename(
        &self,
        by: &Request,
        parent: INodeNo,
        name: &OsStr,
        new_parent: INodeNo,
        new_name: &OsStr,
        flags: RenameFlags,
        reply: ReplyEmpty,
    ) {
        let (from, to) = ((parent, name), (new_parent, new_name));
        let done = self.asked(Kind::Rename, by, |b| b.rename(from, to, flags.bits()));
        empty(reply, done);
    }

    fn link(&self, by: &Request, ino: INodeNo, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        let done = self.asked(Kind::Link, by, |b| b.link(ino, parent, name));
        entry(reply, self.trust, done);
    }

    fn create(
        &self,
        by: &Request,
        parent: INodeNo,
        name: &OsStr,
        mode: u32,
        _: u32,
        flags: i32,
        reply: ReplyCreate,
    ) {
        let new = New {
            by,
            parent,
            name,
            mode: mode & 0o7777 | libc::S_IFREG,
        };
        match self.asked(Kind::Create, by, |b| b.create(new, flags)) {
            Ok((attributes, handle)) => {
                reply.created(&self.trust, &attributes, ONLY, handle, FopenFlags::empty());
            }
            Err(errno) => reply.error(errno),
        }
    }

    fn open(&self, by: &Request, ino: INodeNo, flags: OpenFlags, reply: ReplyOpen) {
        let done = self.asked(Kind::Open, by, |b| b.open(ino, flags.0));
        opened(reply, done);
    }

    fn read(
        &self,
        by: &Request,
        _: INodeNo,
        handle: FileHandle,
        offset: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        match self.asked(Kind::Read, by, |b| b.read(handle, offset, size)) {
            Ok(data) => reply.data(&data),
            Err(errno) => reply.error(errno),
        }
    }

    fn write(
        &self,
        by: &Request,
        _: INodeNo,
        handle: FileHandle,
        offset: u64,
        data: &[u8],
        _: WriteFlags,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        let done = self.asked(Kind::Write, by, |b| b.write(handle, offset, data));
        written(reply, done);
    }

    fn flush(&self, by: &Request, _: INodeNo, _: FileHandle, _: LockOwner, reply: ReplyEmpty) {
        // Nothing is held back.
        let done = self.asked(Kind::Flush, by, |_| Ok(()));
        empty(reply, done);
    }

    fn release(
        &self,
        by: &Request,
        _: INodeNo,
        handle: FileHandle,
        _: OpenFlags,
        _: Option<LockOwner>,
        _: bool,
        reply: ReplyEmpty,
    ) {
        let done = self.asked(Kind::Release, by, |b| {
            b.release(handle);
            Ok(())
        });
        empty(reply, done);
    }

    fn fsync(
        &self,
        by: &Request,
        _: INodeNo,
        handle: FileHandle,
        data_only: bool,
        reply: ReplyEmpty,
    ) {
        let done = self.asked(Kind::Fsync, by, |b| b.fsync(handle, data_only));
        empty(reply, done);
    }

    fn opendir(&self, by: &Request, _: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        let done = self.asked(Kind::OpenDir, by, |b| Ok(b.opendir()));
        opened(reply, done);
    }

    fn readdir(
        &self,
        by: &Request,
        ino: INodeNo,
        handle: FileHandle,
        offset: u64,
        mut reply: ReplyDirectory,
    ) {
        let done = self.asked(Kind::ReadDir, by, |b| b.listing(ino, handle, offset));
        let listing = match done {
            Ok(listing) => listing,
            Err(errno) => return reply.error(errno),
        };
        for (at, listed) in listing.iter().enumerate().skip(offset as usize) {
            if reply.add(listed.ino, at as u64 + 1, listed.kind, &listed.name) {
                break;
            }
        }
        reply.ok();
    }

    fn readdirplus(
        &self,
        by: &Request,
        ino: INodeNo,
        handle: FileHandle,
        offset: u64,
        mut reply: ReplyDirectoryPlus,
    ) {
        let done = self.asked(Kind::ReadDirPlus, by, |b| b.listing(ino, handle, offset));
        let listing = match done {
            Ok(listing) => listing,
            Err(errno) => return reply.error(errno),
        };
        for (at, listed) in listing.iter().enumerate().skip(offset as usize) {
            let dots = [".", ".."].map(OsStr::new).contains(&&*listed.name);
            // Telling of an entry is a look-up, but for these two.
            let attributes = match dots {
                true => self.backing.getattr(ino),
                false => self.backing.lookup(ino, &listed.name),
            };
            let Ok(attributes) = attributes else { continue };
            let (number, next) = (listed.ino, at as u64 + 1);
            if reply.add(number, next, &listed.name, &self.trust, &attributes, ONLY) {
                if !dots {
                    self.backing.forget(number, 1);
                }
                break;
            }
        }
        reply.ok();
    }

    fn releasedir(
        &self,
        by: &Request,
        _: INodeNo,
        handle: FileHandle,
        _: OpenFlags,
        reply: ReplyEmpty,
    ) {
        let done = self.asked(Kind::ReleaseDir, by, |b| {
            b.releasedir(handle);
            Ok(())
        });
        empty(reply, done);
    }

    fn fsyncdir(&self, by: &Request, ino: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        let done = self.asked(Kind::FsyncDir, by, |b| b.fsyncdir(ino));
        empty(reply, done);
    }

    fn statfs(&self, by: &Request, ino: INodeNo, reply: ReplyStatfs) {
        match self.asked(Kind::StatFs, by, |b| b.statfs(ino)) {
            Ok(fs) => reply.statfs(
                fs.blocks(),
                fs.blocks_free(),
                fs.blocks_available(),
                fs.files(),
                fs.files_free(),
                fs.block_size() as u32,
                fs.name_max() as u32,
                fs.fragment_size() as u32,
            ),
            Err(errno) => reply.error(errno),
        }
    }

    fn setxattr(
        &self,
        by: &Request,
        ino: INodeNo,
        name: &OsStr,
        value: &[u8],
        flags: i32,
        _: u32,
        reply: ReplyEmpty,
    ) {
        let done = self.asked(Kind::SetXattr, by, |b| b.setxattr(ino, name, value, flags));
        empty(reply, done);
    }

    fn getxattr(&self, by: &Request, ino: INodeNo, name: &OsStr, size: u32, reply: ReplyXattr) {
        let done = self.asked(Kind::GetXattr, by, |b| b.getxattr(ino, name));
        xattr(reply, size, done);
    }

    fn listxattr(&self, by: &Request, ino: INodeNo, size: u32, reply: ReplyXattr) {
        let done = self.asked(Kind::ListXattr, by, |b| b.listxattr(ino));
        xattr(reply, size, done);
    }

    fn removexattr(&self, by: &Request, ino: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        let done = self.asked(Kind::RemoveXattr, by, |b| b.removexattr(ino, name));
        empty(reply, done);
    }

    /// Only without `default_permissions`, where everything is allowed.
    fn access(&self, by: &Request, _: INodeNo, _: AccessFlags, reply: ReplyEmpty) {
        let done = self.asked(Kind::Access, by, |_| Ok(()));
        empty(reply, done);
    }

    fn fallocate(
        &self,
        by: &Request,
        _: INodeNo,
        handle: FileHandle,
        offset: u64,
        length: u64,
        mode: i32,
        reply: ReplyEmpty,
    ) {
        let done = self.asked(Kind::Fallocate, by, |b| {
            b.fallocate(handle, offset, length, mode)
        });
        empty(reply, done);
    }

    fn lseek(
        &self,
        by: &Request,
        _: INodeNo,
        handle: FileHandle,
        offset: i64,
        whence: i32,
        reply: ReplyLseek,
    ) {
        match self.asked(Kind::Lseek, by, |b| b.lseek(handle, offset, whence)) {
            Ok(offset) => reply.offset(offset),
            Err(errno) => reply.error(errno),
        }
    }

    fn copy_file_range(
        &self,
        by: &Request,
        _: INodeNo,
        source: FileHandle,
        from: u64,
        _: INodeNo,
        target: FileHandle,
        to: u64,
        length: u64,
        _: CopyFileRangeFlags,
        reply: ReplyWrite,
    ) {
        let done = self.asked(Kind::CopyFileRange, by, |b| {
            b.copy((source, from), (target, to), length)
        });
        written(reply, done);
    }
}
