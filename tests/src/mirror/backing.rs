//! What is asked, done to the directory behind.
//!
//! By a privileged process, with the caller's ids for what it makes: whether the caller may is the kernel's to say.

use super::attributes::{attributes, to_set};
use super::nodes::Nodes;
use super::xattr;
use fuser::{FileAttr, FileHandle, FileType, INodeNo, Request, TimeOrNow};
use nix::Result;
use nix::dir::{Dir, Type};
use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, AtFlags, OFlag, RenameFlags, openat, readlinkat, renameat2};
use nix::sys::stat::{self, FchmodatFlags, Mode, SFlag, UtimensatFlags};
use nix::sys::statvfs::{Statvfs, fstatvfs};
use nix::unistd::{self, Gid, Uid, UnlinkatFlags};
use std::collections::HashMap;
use std::ffi::{CString, OsStr, OsString};
use std::fs::File;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

#[derive(Debug)]
pub struct Backing {
    nodes: Nodes,
    files: Mutex<HashMap<FileHandle, Arc<File>>>,
    listings: Mutex<HashMap<FileHandle, Arc<Vec<Listed>>>>,
    handles: AtomicU64,
}

/// An entry of a directory.
#[derive(Debug)]
pub struct Listed {
    pub ino: INodeNo,
    pub kind: FileType,
    pub name: OsString,
}

/// What setattr changes.
#[derive(Debug)]
pub struct Change {
    pub mode: Option<u32>,
    pub uid: Option<u32>,
    pub gid: Option<u32>,
    pub size: Option<u64>,
    pub atime: Option<TimeOrNow>,
    pub mtime: Option<TimeOrNow>,
}

/// Where something is to be made, and whose it will be.
#[derive(Debug, Clone, Copy)]
pub struct New<'a> {
    pub by: &'a Request,
    pub parent: INodeNo,
    pub name: &'a OsStr,
    pub mode: u32,
}

const HOLD: OFlag = OFlag::O_PATH
    .union(OFlag::O_NOFOLLOW)
    .union(OFlag::O_CLOEXEC);

/// The kernel has seen to these already; the rest is about the file itself.
const NOT_PASSED_ON: i32 = libc::O_CREAT
    | libc::O_EXCL
    | libc::O_NOFOLLOW
    | libc::O_NOCTTY
    | libc::O_APPEND
    | libc::O_DIRECT
    | libc::O_NONBLOCK;

fn flags(asked: i32) -> OFlag {
    OFlag::from_bits_retain(asked & !NOT_PASSED_ON) | OFlag::O_CLOEXEC
}

/// The file a descriptor holds, by a path that leads to no other.
fn path(file: &OwnedFd) -> CString {
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    CString::new(path).expect("a number")
}

fn signed(offset: u64) -> Result<i64> {
    i64::try_from(offset).map_err(|_| Errno::EOVERFLOW)
}

impl Backing {
    pub fn new(root: &Path) -> Result<Self> {
        let root = openat(AT_FDCWD, root, HOLD | OFlag::O_DIRECTORY, Mode::empty())?;
        let number = stat::fstat(&root)?.st_ino;
        Ok(Self {
            nodes: Nodes::new(root, number),
            files: Mutex::default(),
            listings: Mutex::default(),
            handles: AtomicU64::new(1),
        })
    }

    fn next_handle(&self) -> FileHandle {
        FileHandle(self.handles.fetch_add(1, Ordering::Relaxed))
    }

    fn file(&self, handle: FileHandle) -> Result<Arc<File>> {
        let files = self.files.lock().expect("the files");
        files.get(&handle).cloned().ok_or(Errno::EBADF)
    }

    fn keep(&self, file: OwnedFd) -> FileHandle {
        let handle = self.next_handle();
        let file = Arc::new(File::from(file));
        self.files.lock().expect("the files").insert(handle, file);
        handle
    }

    fn path(&self, ino: INodeNo) -> Result<CString> {
        Ok(path(&*self.nodes.get(ino)?))
    }

    pub fn lookup(&self, parent: INodeNo, name: &OsStr) -> Result<FileAttr> {
        let dir = self.nodes.get(parent)?;
        let file = openat(&dir, name, HOLD, Mode::empty())?;
        let st = stat::fstat(&file)?;
        let number = self.nodes.number(st.st_ino);
        self.nodes.add(number, file);
        Ok(attributes(number, &st))
    }

    pub fn forget(&self, ino: INodeNo, lookups: u64) {
        self.nodes.forget(ino, lookups);
    }

    pub fn getattr(&self, ino: INodeNo) -> Result<FileAttr> {
        let st = stat::fstat(&*self.nodes.get(ino)?)?;
        Ok(attributes(ino, &st))
    }

    pub fn setattr(
        &self,
        ino: INodeNo,
        change: &Change,
        handle: Option<FileHandle>,
    ) -> Result<FileAttr> {
        let file = self.nodes.get(ino)?;
        let path = path(&file);
        if let Some(size) = change.size {
            match handle.and_then(|handle| self.file(handle).ok()) {
                Some(file) => unistd::ftruncate(&file, signed(size)?)?,
                None => unistd::truncate(path.as_c_str(), signed(size)?)?,
            }
        }
        if change.uid.is_some() || change.gid.is_some() {
            own(&file, change.uid, change.gid)?;
        }
        // After the owner, whose change takes bits away.
        if let Some(mode) = change.mode {
            chmod(&file, mode)?;
        }
        if change.atime.is_some() || change.mtime.is_some() {
            let (atime, mtime) = (to_set(change.atime), to_set(change.mtime));
            let follow = UtimensatFlags::FollowSymlink;
            stat::utimensat(AT_FDCWD, path.as_c_str(), &atime, &mtime, follow)?;
        }
        self.getattr(ino)
    }

    pub fn readlink(&self, ino: INodeNo) -> Result<OsString> {
        readlinkat(&*self.nodes.get(ino)?, "")
    }

    /// Gives what was just made to its maker, and tells of it.
    fn made(&self, new: New<'_>) -> Result<FileAttr> {
        let dir = self.nodes.get(new.parent)?;
        let file = openat(&dir, new.name, HOLD, Mode::empty())?;
        let inherits = stat::fstat(&*dir)?.st_mode & libc::S_ISGID != 0;
        let group = (!inherits).then(|| new.by.gid());
        own(&file, Some(new.by.uid()), group)?;
        if new.mode & 0o6000 != 0 && new.mode & libc::S_IFMT == libc::S_IFREG {
            chmod(&file, new.mode)?;
        }
        self.lookup(new.parent, new.name)
    }

    pub fn mknod(&self, new: New<'_>, rdev: u32) -> Result<FileAttr> {
        let dir = self.nodes.get(new.parent)?;
        let kind = SFlag::from_bits_truncate(new.mode);
        stat::mknodat(&dir, new.name, kind, mode(new.mode), rdev.into())?;
        self.made(new)
    }

    pub fn mkdir(&self, new: New<'_>) -> Result<FileAttr> {
        stat::mkdirat(&*self.nodes.get(new.parent)?, new.name, mode(new.mode))?;
        self.made(new)
    }

    pub fn symlink(&self, new: New<'_>, target: &Path) -> Result<FileAttr> {
        unistd::symlinkat(target, &*self.nodes.get(new.parent)?, new.name)?;
        self.made(new)
    }

    pub fn create(&self, new: New<'_>, asked: i32) -> Result<(FileAttr, FileHandle)> {
        let dir = self.nodes.get(new.parent)?;
        // The kernel has seen that there is nothing.
        let flags = flags(asked) | OFlag::O_CREAT | OFlag::O_EXCL;
        let file = openat(&dir, new.name, flags, mode(new.mode))?;
        let attributes = self.made(new)?;
        Ok((attributes, self.keep(file)))
    }

    pub fn unlink(&self, parent: INodeNo, name: &OsStr, what: UnlinkatFlags) -> Result<()> {
        unistd::unlinkat(&*self.nodes.get(parent)?, name, what)
    }

    pub fn rename(&self, from: (INodeNo, &OsStr), to: (INodeNo, &OsStr), flags: u32) -> Result<()> {
        let (from_dir, to_dir) = (self.nodes.get(from.0)?, self.nodes.get(to.0)?);
        let flags = RenameFlags::from_bits_retain(flags);
        renameat2(&*from_dir, from.1, &*to_dir, to.1, flags)
    }

    pub fn link(&self, ino: INodeNo, parent: INodeNo, name: &OsStr) -> Result<FileAttr> {
        let (path, dir) = (self.path(ino)?, self.nodes.get(parent)?);
        let follow = AtFlags::AT_SYMLINK_FOLLOW;
        unistd::linkat(AT_FDCWD, path.as_c_str(), &*dir, name, follow)?;
        self.lookup(parent, name)
    }

    pub fn open(&self, ino: INodeNo, asked: i32) -> Result<FileHandle> {
        let path = self.path(ino)?;
        let file = openat(AT_FDCWD, path.as_c_str(), flags(asked), Mode::empty())?;
        Ok(self.keep(file))
    }

    pub fn release(&self, handle: FileHandle) {
        self.files.lock().expect("the files").remove(&handle);
    }

    pub fn read(&self, handle: FileHandle, offset: u64, size: u32) -> Result<Vec<u8>> {
        let file = self.file(handle)?;
        let mut data = vec![0; size as usize];
        let length = nix::sys::uio::pread(&file, &mut data, signed(offset)?)?;
        data.truncate(length);
        Ok(data)
    }

    pub fn write(&self, handle: FileHandle, offset: u64, data: &[u8]) -> Result<u32> {
        let written = nix::sys::uio::pwrite(&*self.file(handle)?, data, signed(offset)?)?;
        Ok(written as u32)
    }

    pub fn fsync(&self, handle: FileHandle, data_only: bool) -> Result<()> {
        let file = self.file(handle)?;
        match data_only {
            true => unistd::fdatasync(&*file),
            false => unistd::fsync(&*file),
        }
    }

    pub fn fsyncdir(&self, ino: INodeNo) -> Result<()> {
        let path = self.path(ino)?;
        let flags = OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        unistd::fsync(openat(AT_FDCWD, path.as_c_str(), flags, Mode::empty())?)
    }

    pub fn opendir(&self) -> FileHandle {
        self.next_handle()
    }

    pub fn releasedir(&self, handle: FileHandle) {
        self.listings.lock().expect("the listings").remove(&handle);
    }

    /// As it was when its beginning was last asked for, which is when it was opened or rewound.
    pub fn listing(
        &self,
        ino: INodeNo,
        handle: FileHandle,
        offset: u64,
    ) -> Result<Arc<Vec<Listed>>> {
        let known = self.listings.lock().expect("the listings");
        if let Some(listing) = known.get(&handle).filter(|_| offset > 0) {
            return Ok(listing.clone());
        }
        drop(known);
        let listing = Arc::new(self.list(ino)?);
        let mut known = self.listings.lock().expect("the listings");
        known.insert(handle, listing.clone());
        Ok(listing)
    }

    fn list(&self, ino: INodeNo) -> Result<Vec<Listed>> {
        let path = self.path(ino)?;
        let flags = OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        let mut dir = Dir::open(path.as_c_str(), flags, Mode::empty())?;
        let listed = |entry: nix::dir::Entry| Listed {
            ino: self.nodes.number(entry.ino()),
            kind: kind(entry.file_type()),
            name: OsStr::from_bytes(entry.file_name().to_bytes()).into(),
        };
        dir.iter().map(|entry| entry.map(listed)).collect()
    }

    pub fn statfs(&self, ino: INodeNo) -> Result<Statvfs> {
        fstatvfs(&*self.nodes.get(ino)?)
    }

    pub fn getxattr(&self, ino: INodeNo, name: &OsStr) -> Result<Vec<u8>> {
        xattr::get(&self.path(ino)?, name)
    }

    pub fn listxattr(&self, ino: INodeNo) -> Result<Vec<u8>> {
        xattr::list(&self.path(ino)?)
    }

    pub fn setxattr(&self, ino: INodeNo, name: &OsStr, value: &[u8], flags: i32) -> Result<()> {
        xattr::set(&self.path(ino)?, name, value, flags)
    }

    pub fn removexattr(&self, ino: INodeNo, name: &OsStr) -> Result<()> {
        xattr::remove(&self.path(ino)?, name)
    }

    pub fn fallocate(&self, handle: FileHandle, at: u64, length: u64, mode: i32) -> Result<()> {
        let mode = nix::fcntl::FallocateFlags::from_bits_retain(mode);
        nix::fcntl::fallocate(&*self.file(handle)?, mode, signed(at)?, signed(length)?)
    }

    /// Only SEEK_DATA and SEEK_HOLE come here.
    pub fn lseek(&self, handle: FileHandle, offset: i64, whence: i32) -> Result<i64> {
        let whence = match whence {
            libc::SEEK_DATA => unistd::Whence::SeekData,
            libc::SEEK_HOLE => unistd::Whence::SeekHole,
            _ => return Err(Errno::EINVAL),
        };
        unistd::lseek(&*self.file(handle)?, offset, whence)
    }

    pub fn copy(&self, from: (FileHandle, u64), to: (FileHandle, u64), length: u64) -> Result<u32> {
        let (source, target) = (self.file(from.0)?, self.file(to.0)?);
        let (mut at, mut to) = (signed(from.1)?, signed(to.1)?);
        // The answer has 32 bits.
        let length = length.min(1 << 30) as usize;
        let copied =
            nix::fcntl::copy_file_range(&*source, Some(&mut at), &*target, Some(&mut to), length)?;
        Ok(copied as u32)
    }
}

fn mode(bits: u32) -> Mode {
    Mode::from_bits_truncate(bits)
}

fn own(file: &OwnedFd, uid: Option<u32>, gid: Option<u32>) -> Result<()> {
    let (uid, gid) = (uid.map(Uid::from_raw), gid.map(Gid::from_raw));
    unistd::fchownat(file, "", uid, gid, AtFlags::AT_EMPTY_PATH)
}

fn chmod(file: &OwnedFd, bits: u32) -> Result<()> {
    let follow = FchmodatFlags::FollowSymlink;
    stat::fchmodat(AT_FDCWD, path(file).as_c_str(), mode(bits), follow)
}

fn kind(entry: Option<Type>) -> FileType {
    match entry {
        Some(Type::Directory) => FileType::Directory,
        Some(Type::Symlink) => FileType::Symlink,
        Some(Type::Fifo) => FileType::NamedPipe,
        Some(Type::Socket) => FileType::Socket,
        Some(Type::CharacterDevice) => FileType::CharDevice,
        Some(Type::BlockDevice) => FileType::BlockDevice,
        Some(Type::File) | None => FileType::RegularFile,
    }
}
