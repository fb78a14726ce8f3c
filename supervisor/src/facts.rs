//! One look at a thread: whose calls it makes, and whether asys can follow it.

use crate::identity::{Identity, Own};
use crate::processes::Thread;
use crate::sys::creds::CapSet;
use crate::sys::file::{self, flag};
use crate::sys::process::{self, Ids};
use nix::errno::Errno;
use nix::fcntl::AT_FDCWD;
use nix::unistd::Pid;
use std::ffi::CStr;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

/// What was found of a thread at one moment.
#[derive(Clone, Debug)]
pub struct Facts {
    pub trust: Trust,
    pub identity: Identity,
    /// What access(2) checks with: real ids, and the capabilities execve(2) would leave.
    pub real: Identity,
    pub umask: u32,
    /// Whether real, effective and saved ids are asys's own, as FUSE wants it.
    pub same_ids: bool,
    /// Whether its process numbers are ours.
    pub same_pids: bool,
    pub(crate) generation: u64,
}

/// Whether a thread's calls can be carried out exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    Followed,
    /// Another user or mount namespace, or root directory.
    Elsewhere,
    /// Confined by another security label, or by Landlock.
    Confined,
    /// Shares its working directory and umask with another process.
    SharesFs,
    /// Has credentials asys cannot wear.
    Unwearable,
}

/// Which object something is: its mount or device, and inode.
type Object = (u64, u64);

/// What asys itself is, to compare with.
#[derive(Debug)]
pub struct Witness {
    own: Own,
    user_namespace: Object,
    mount_namespace: Object,
    pid_namespace: Object,
    root: Object,
    /// `None` where no security module labels processes.
    label: Option<Vec<u8>>,
    securebits: bool,
    company: Company,
}

/// asys's other processes.
#[derive(Debug)]
pub struct Company {
    /// 0 once it has gone.
    front: AtomicI32,
    pub keeper: Pid,
}

impl Company {
    #[must_use]
    pub fn new(front: Pid, keeper: Pid) -> Company {
        Company {
            front: AtomicI32::new(front.as_raw()),
            keeper,
        }
    }

    fn has(&self, pid: i32) -> bool {
        pid > 0 && (pid == self.front.load(Ordering::Acquire) || pid == self.keeper.as_raw())
    }
}

const STATX_WHO: u64 = (libc::STATX_INO | libc::STATX_MNT_ID) as u64;

fn object(dir: BorrowedFd<'_>, path: &CStr) -> Result<Object, Errno> {
    let stat = file::statx(dir, path, 0, STATX_WHO)?;
    let (major, minor) = stat.dev();
    let device = u64::from(major) << 32 | u64::from(minor);
    Ok((device ^ stat.mount_id().rotate_left(20), stat.ino()))
}

impl Witness {
    /// Looks at this process.
    ///
    /// # Errors
    /// When /proc is not what it should be.
    pub fn new(own: Own, company: Company) -> Result<Witness, Errno> {
        Ok(Witness {
            own,
            user_namespace: object(AT_FDCWD, c"/proc/self/ns/user")?,
            mount_namespace: object(AT_FDCWD, c"/proc/self/ns/mnt")?,
            pid_namespace: object(AT_FDCWD, c"/proc/self/ns/pid")?,
            root: object(AT_FDCWD, c"/proc/self/root")?,
            label: std::fs::read("/proc/self/attr/current")
                .ok()
                .filter(|l| !l.is_empty()),
            securebits: securebits() != 0,
            company,
        })
    }

    pub(crate) fn plain_securebits(&self) -> bool {
        !self.securebits
    }

    /// Whether `pid` is one of asys's processes or threads.
    pub(crate) fn is_ours(&self, pid: i32) -> bool {
        self.company.has(pid) || std::path::Path::new(&format!("/proc/self/task/{pid}")).exists()
    }

    /// The front has gone: its number may be another process's.
    pub(crate) fn forget_front(&self) {
        self.company.front.store(0, Ordering::Release);
    }

    /// Whether `pgrp` is a process group of asys's; the front's is the command's.
    pub(crate) fn is_our_group(&self, pgrp: i32) -> bool {
        [nix::unistd::getpid(), self.company.keeper].contains(&Pid::from_raw(pgrp))
    }

    pub(crate) fn look(&self, thread: &Thread) -> Result<Facts, Errno> {
        let status = Status::read(thread.dir.as_fd())?;
        let dir = thread.dir.as_fd();
        let process = &thread.process;
        let trust = if process.is_landlocked() || !self.same_label(dir) {
            Trust::Confined
        } else if !self.same_place(dir)? {
            Trust::Elsewhere
        } else if process.shares_fs() || shares_fs(thread) {
            Trust::SharesFs
        } else if !self.own.serves(&status.identity()) {
            Trust::Unwearable
        } else {
            Trust::Followed
        };
        Ok(Facts {
            trust,
            identity: status.identity(),
            real: status.real_identity(),
            umask: status.umask,
            same_ids: self.own.same_ids(&status.uids, &status.gids),
            same_pids: object(dir, c"ns/pid")? == self.pid_namespace,
            generation: 0,
        })
    }

    fn same_place(&self, dir: BorrowedFd<'_>) -> Result<bool, Errno> {
        Ok(object(dir, c"ns/user")? == self.user_namespace
            && object(dir, c"ns/mnt")? == self.mount_namespace
            && object(dir, c"root")? == self.root)
    }

    pub(crate) fn same_label(&self, dir: BorrowedFd<'_>) -> bool {
        match &self.label {
            None => true,
            Some(own) => read_all(dir, c"attr/current").is_ok_and(|label| label == *own),
        }
    }
}

fn securebits() -> i32 {
    use nix::libc::{PR_GET_SECUREBITS, c_ulong};
    crate::sys::process::prctl_get(PR_GET_SECUREBITS as c_ulong)
}

/// Whether a process shares cwd and umask with its parent, so that another's
/// umask(2) would change its own.
fn shares_fs(thread: &Thread) -> bool {
    let ppid = thread.process.ppid;
    if thread.tid != thread.process.tgid {
        return false;
    }
    // Without kcmp(2) nothing can be said; sharing across processes is almost unheard of.
    ppid > 0 && process::share_fs(thread.tid, ppid).unwrap_or(false)
}

impl Facts {
    /// Whether the ids the kernel tells now are those the facts were read with.
    #[must_use]
    pub fn agrees_with(&self, ids: &Ids) -> bool {
        self.identity.fsuid == ids.fsuid
            && self.identity.fsgid == ids.fsgid
            && self.real.fsuid == ids.ruid
            && self.real.fsgid == ids.rgid
    }
}

fn read_all(dir: BorrowedFd<'_>, name: &CStr) -> Result<Vec<u8>, Errno> {
    let file = file::openat2(dir, name, flag::O_CLOEXEC, 0, 0)?;
    let mut text = vec![0; 4096];
    let mut have = 0;
    loop {
        let got = file::read(file.as_fd(), &mut text[have..])?;
        have += got;
        if got == 0 {
            text.truncate(have);
            return Ok(text);
        }
        if have == text.len() {
            text.resize(have * 2, 0);
        }
    }
}

/// Process and parent of the thread whose /proc directory is `dir`.
///
/// # Errors
/// ESRCH when it is gone.
pub fn parentage(dir: BorrowedFd<'_>) -> Result<(i32, i32), Errno> {
    let status = Status::read(dir)?;
    Ok((status.tgid, status.ppid))
}

/// The lines of /proc/TID/status that matter: proc_pid_status(5).
#[derive(Debug, Default)]
struct Status {
    tgid: i32,
    ppid: i32,
    umask: u32,
    /// Real, effective, saved, file system.
    uids: [u32; 4],
    gids: [u32; 4],
    groups: Arc<[u32]>,
    permitted: CapSet,
    effective: CapSet,
}

impl Status {
    fn read(dir: BorrowedFd<'_>) -> Result<Status, Errno> {
        let text = read_all(dir, c"status").map_err(|e| match e {
            Errno::ENOENT => Errno::ESRCH,
            other => other,
        })?;
        let text = String::from_utf8_lossy(&text);
        Status::parse(&text).ok_or(Errno::EINVAL)
    }

    fn parse(text: &str) -> Option<Status> {
        let mut status = Status::default();
        let mut found = 0;
        for line in text.lines() {
            let Some((key, value)) = line.split_once(':') else {
                continue;
            };
            let value = value.trim();
            match key {
                "Umask" => status.umask = u32::from_str_radix(value, 8).ok()?,
                "Tgid" => status.tgid = value.parse().ok()?,
                "PPid" => status.ppid = value.parse().ok()?,
                "Uid" => status.uids = four(value)?,
                "Gid" => status.gids = four(value)?,
                "Groups" => status.groups = numbers(value)?.into(),
                "CapPrm" => status.permitted = CapSet(u64::from_str_radix(value, 16).ok()?),
                "CapEff" => status.effective = CapSet(u64::from_str_radix(value, 16).ok()?),
                _ => continue,
            }
            found += 1;
        }
        // A zombie has no umask line, and makes no calls.
        (found >= 7).then_some(status)
    }

    fn identity(&self) -> Identity {
        Identity {
            fsuid: self.uids[3],
            fsgid: self.gids[3],
            groups: Arc::clone(&self.groups),
            effective: self.effective,
        }
    }

    /// What access(2) uses, with plain securebits: `access_override_creds` of fs/open.c.
    fn real_identity(&self) -> Identity {
        Identity {
            fsuid: self.uids[0],
            fsgid: self.gids[0],
            groups: Arc::clone(&self.groups),
            effective: if self.uids[0] == 0 {
                self.permitted
            } else {
                CapSet::default()
            },
        }
    }
}

fn numbers(text: &str) -> Option<Vec<u32>> {
    text.split_ascii_whitespace()
        .map(|n| n.parse().ok())
        .collect()
}

fn four(text: &str) -> Option<[u32; 4]> {
    numbers(text)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_is_read() {
        let text = "Name:\tx: y\nUmask:\t0027\nTgid:\t7\nPPid:\t1\nUid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\nGroups:\t4 24 \nCapPrm:\t00000000000000ff\nCapEff:\t0000000000000001\n";
        let status = Status::parse(text).unwrap();
        assert_eq!((status.tgid, status.ppid, status.umask), (7, 1, 0o27));
        let identity = status.identity();
        assert_eq!(
            (identity.fsuid, identity.fsgid, identity.effective),
            (4, 8, CapSet(1))
        );
        assert_eq!(*identity.groups, [4, 24]);
        let real = status.real_identity();
        assert_eq!((real.fsuid, real.fsgid, real.effective), (1, 5, CapSet(0)));
    }

    #[test]
    fn garbage_is_refused() {
        for text in ["", "Uid:\t1 2\n", "Umask:\tx\n"] {
            assert!(Status::parse(text).is_none(), "{text:?}");
        }
    }

    #[test]
    fn this_process_is_understood() {
        let own = Own::capture().unwrap();
        let dir = file::openat2(AT_FDCWD, c"/proc/self", flag::O_PATH, 0, 0).unwrap();
        let status = Status::read(dir.as_fd()).unwrap();
        assert_eq!(status.identity(), own.identity);
        assert_eq!(status.tgid, nix::unistd::getpid().as_raw());
    }
}
