//! A place from which a path that leads too far up does no harm.
//!
//! As root the search runs in a mount namespace of its own, in which everything but its own directory and a tmpfs is
//! read-only. An ordinary user cannot harm anything but its own files, and the machine's own rights say so.

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::mount::{MsFlags, mount};
use std::path::Path;

const MOUNT_ATTR_RDONLY: u64 = 1;

#[repr(C)]
struct Attributes {
    set: u64,
    clear: u64,
    propagation: u64,
    namespace: u64,
}

/// From here on, for this process and all it starts.
pub fn raise(own: &Path) -> Result<()> {
    crate::mounts::own_namespace()?;
    const NONE: Option<&str> = None;
    // What is mounted here for this namespace alone stays writable.
    crate::mounts::tmpfs(
        Path::new(crate::filesystem::SHARED_MEMORY),
        "size=1g,mode=1777",
    )?;
    mount(Some(own), own, NONE, MsFlags::MS_BIND, NONE)?;
    let attributes = Attributes {
        set: MOUNT_ATTR_RDONLY,
        clear: 0,
        propagation: 0,
        namespace: 0,
    };
    set("/", libc::AT_RECURSIVE, &attributes).context("make every mount read-only")?;
    let clear = Attributes {
        set: 0,
        clear: MOUNT_ATTR_RDONLY,
        propagation: 0,
        namespace: 0,
    };
    for writable in [
        own.to_str().context("a plain name")?,
        crate::filesystem::SHARED_MEMORY,
    ] {
        set(writable, 0, &clear).with_context(|| writable.to_owned())?;
    }
    Ok(())
}

fn set(path: &str, flags: i32, attributes: &Attributes) -> nix::Result<()> {
    let path = std::ffi::CString::new(path).map_err(|_| Errno::EINVAL)?;
    // SAFETY: a terminated path, and a structure of the size given.
    let done = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            libc::AT_FDCWD,
            path.as_ptr(),
            flags,
            std::ptr::from_ref(attributes),
            size_of::<Attributes>(),
        )
    };
    Errno::result(done).map(drop)
}
