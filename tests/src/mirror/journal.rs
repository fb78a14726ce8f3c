//! What the kernel has asked, by whom.

use std::collections::BTreeMap;
use std::sync::Mutex;

/// Of `enum fuse_opcode`, what a mirror is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Access,
    CopyFileRange,
    Create,
    Fallocate,
    Flush,
    Fsync,
    FsyncDir,
    GetAttr,
    GetXattr,
    Link,
    ListXattr,
    Lookup,
    Lseek,
    MkDir,
    MkNod,
    Open,
    OpenDir,
    Read,
    ReadDir,
    ReadDirPlus,
    ReadLink,
    Release,
    ReleaseDir,
    RemoveXattr,
    Rename,
    RmDir,
    SetAttr,
    SetXattr,
    StatFs,
    SymLink,
    Unlink,
    Write,
}

/// One request, and the caller the kernel names in it: file-system ids and thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    pub kind: Kind,
    pub uid: u32,
    pub gid: u32,
    pub pid: u32,
}

#[derive(Debug, Default)]
pub struct Journal(Mutex<Vec<Asked>>);

impl Journal {
    pub(super) fn append(&self, asked: Asked) {
        self.0.lock().expect("the journal").push(asked);
    }

    /// Everything since the mount, or since it was last taken.
    pub fn take(&self) -> Vec<Asked> {
        std::mem::take(&mut *self.0.lock().expect("the journal"))
    }

    /// How often each kind was asked, so far.
    pub fn counts(&self) -> BTreeMap<Kind, usize> {
        let mut counts = BTreeMap::new();
        for asked in self.0.lock().expect("the journal").iter() {
            *counts.entry(asked.kind).or_default() += 1;
        }
        counts
    }
}
