//! Credentials of one thread. The C library's wrappers change every thread
//! of the process; these are the bare calls, which change the caller's only.

use super::syscall;
use nix::errno::Errno;

/// A set of capabilities, one bit each: capabilities(7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CapSet(pub u64);

impl CapSet {
    pub const DAC_READ_SEARCH: CapSet = CapSet(1 << 2);
    pub const SETGID: CapSet = CapSet(1 << 6);
    pub const SETUID: CapSet = CapSet(1 << 7);
    pub const KILL: CapSet = CapSet(1 << 5);
    pub const SYS_PTRACE: CapSet = CapSet(1 << 19);
    pub const SYS_ADMIN: CapSet = CapSet(1 << 21);

    #[must_use]
    pub fn contains(self, other: CapSet) -> bool {
        self.0 & other.0 == other.0
    }

    #[must_use]
    pub fn union(self, other: CapSet) -> CapSet {
        CapSet(self.0 | other.0)
    }
}

/// Effective, permitted and inheritable capabilities of a thread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Caps {
    pub effective: CapSet,
    pub permitted: CapSet,
    pub inheritable: CapSet,
}

#[repr(C)]
struct Header {
    version: u32,
    pid: i32,
}
const VERSION_3: u32 = 0x2008_0522;

/// Capabilities of thread `tid`; 0 is the caller.
///
/// # Errors
/// ESRCH when there is no such thread.
pub fn capabilities(tid: i32) -> Result<Caps, Errno> {
    let mut header = Header {
        version: VERSION_3,
        pid: tid,
    };
    let mut data = [[0u32; 3]; 2];
    let args = [&raw mut header as u64, data.as_mut_ptr() as u64, 0, 0, 0, 0];
    // SAFETY: a version 3 header and its two data structs, live and writable.
    unsafe { syscall(libc::SYS_capget, args) }?;
    let set = |i: usize| CapSet(u64::from(data[0][i]) | u64::from(data[1][i]) << 32);
    Ok(Caps {
        effective: set(0),
        permitted: set(1),
        inheritable: set(2),
    })
}

/// Sets the caller's capabilities.
///
/// # Errors
/// EPERM when they exceed what is permitted.
pub fn set_capabilities(caps: Caps) -> Result<(), Errno> {
    let header = Header {
        version: VERSION_3,
        pid: 0,
    };
    let sets = [caps.effective, caps.permitted, caps.inheritable];
    let data = [sets.map(|s| s.0 as u32), sets.map(|s| (s.0 >> 32) as u32)];
    let args = [&raw const header as u64, data.as_ptr() as u64, 0, 0, 0, 0];
    // SAFETY: a version 3 header and its two data structs, live; only read.
    unsafe { syscall(libc::SYS_capset, args) }.map(drop)
}

/// Sets the caller's supplementary groups.
///
/// # Errors
/// EPERM without CAP_SETGID.
pub fn set_groups(groups: &[u32]) -> Result<(), Errno> {
    let args = [groups.len() as u64, groups.as_ptr() as u64, 0, 0, 0, 0];
    // SAFETY: `groups` is live; only read.
    unsafe { syscall(libc::SYS_setgroups, args) }.map(drop)
}

/// Sets the caller's file-system user id and checks that it took:
/// setfsuid(2) itself never reports a refusal.
///
/// # Errors
/// EPERM when it was refused.
pub fn set_fsuid(uid: u32) -> Result<(), Errno> {
    set_fs_id(libc::SYS_setfsuid, uid)
}

/// As [`set_fsuid`], for the group.
///
/// # Errors
/// EPERM when it was refused.
pub fn set_fsgid(gid: u32) -> Result<(), Errno> {
    set_fs_id(libc::SYS_setfsgid, gid)
}

fn set_fs_id(nr: i64, id: u32) -> Result<(), Errno> {
    let set = |id: u32| {
        // SAFETY: a plain number.
        unsafe { syscall(nr, [id.into(), 0, 0, 0, 0, 0]) }
    };
    set(id)?;
    // -1 is no valid id: it changes nothing and returns what is set.
    if set(u32::MAX)? as u32 == id {
        Ok(())
    } else {
        Err(Errno::EPERM)
    }
}

/// Sets the caller's umask; returns the one before. Per thread only after [`unshare_fs`].
pub fn set_umask(mask: u32) -> u32 {
    // SAFETY: a plain number; umask(2) cannot fail.
    unsafe { syscall(libc::SYS_umask, [mask.into(), 0, 0, 0, 0, 0]) }.unwrap_or(0) as u32
}

/// The umask of the calling process. Call it while there is one thread: it
/// can only be read by setting it.
#[must_use]
pub fn umask() -> u32 {
    let mask = set_umask(0o077);
    set_umask(mask);
    mask
}

/// Gives the calling thread a working directory, root and umask of its own.
///
/// # Errors
/// unshare(2)'s.
pub fn unshare_fs() -> Result<(), Errno> {
    nix::sched::unshare(nix::sched::CloneFlags::CLONE_FS)
}
