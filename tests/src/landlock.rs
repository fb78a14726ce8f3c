//! A process that confines itself: landlock(7).

use nix::errno::Errno;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// Of LANDLOCK_ACCESS_FS_*, as the first version of Landlock has them.
pub const READ_FILE: u64 = 1 << 2;
pub const MAKE_REG: u64 = 1 << 8;

/// Rules by which nothing of this may be done to any file.
pub fn ruleset(handled: u64) -> nix::Result<OwnedFd> {
    // SAFETY: a ruleset attribute of eight bytes.
    let fd = unsafe {
        libc::syscall(
            libc::SYS_landlock_create_ruleset,
            &raw const handled,
            size_of_val(&handled),
            0,
        )
    };
    let fd = Errno::result(fd)? as i32;
    // SAFETY: the kernel just gave us this descriptor and nobody else knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// From here on the calling thread and its children can do nothing of this.
pub fn confine_oneself(handled: u64) {
    let rules = ruleset(handled).expect("a ruleset");
    nix::sys::prctl::set_no_new_privs().expect("no_new_privs");
    // SAFETY: plain numbers.
    let done = unsafe { libc::syscall(libc::SYS_landlock_restrict_self, rules.as_raw_fd(), 0) };
    assert_eq!(done, 0, "landlock_restrict_self");
}
