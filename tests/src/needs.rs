//! What a case needs of the machine and the user. Unmet needs are reported, never passed over.

use crate::filesystem::{FileSystem, SHARED_MEMORY};
use crate::users::is_root;
use nix::sched::{CloneFlags, unshare};
use nix::sys::statvfs::{FsFlags, statvfs};
use nix::unistd::{AccessFlags, eaccess};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

#[derive(Debug, Clone, Copy)]
pub enum Need {
    /// uid 0 with the capabilities to change ids and make devices.
    Root,
    /// Root that may make a mount namespace and mount a tmpfs in it.
    Mounts,
    /// Mounts, and /dev/fuse.
    Fuse,
    /// Mounts, and a loop device with an ext4 image on it.
    Images,
    /// Mounts, and btrfs, where a limit binds a subvolume.
    LimitedSubvolumes,
    /// Mounts, and ext4 with quotas, which bind a user.
    LimitedUsers,
    /// Root that may make any device where temporary files are, and open it: containers often may not.
    Devices,
    /// Inode flags (chattr +i) where the case is run.
    InodeFlags,
    /// Set-uid programs work where temporary files are.
    SetUid,
    /// Pages for which the kernel itself waits, too.
    Faults,
    /// io_uring, which many machines forbid.
    Rings,
    /// Programs and calls of 32 bits.
    ThirtyTwoBits,
    /// A user namespace of one's own, with a namespace of processes in it.
    UserNamespace,
    /// Landlock.
    Landlock,
    /// A program on the PATH.
    Tool(&'static str),
}

/// The first need that is unmet for a case on this file system, in words.
pub fn missing(needs: &[Need], on: FileSystem) -> Option<String> {
    needs.iter().find_map(|need| need.missing(on))
}

impl Need {
    fn missing(self, on: FileSystem) -> Option<String> {
        let (met, words) = match self {
            Self::Root => (is_root(), "root"),
            Self::Devices => (may_open_devices(), "root that may open any device"),
            Self::Mounts => (may_mount(), "root that may mount"),
            Self::Fuse => (may_mount() && opens_fuse(), "root that may mount FUSE"),
            Self::Images => return missing_for_images(),
            Self::LimitedSubvolumes => {
                return missing_for_images().or_else(crate::quotas::missing_for_subvolumes);
            }
            Self::LimitedUsers => {
                return missing_for_images().or_else(crate::quotas::missing_for_users);
            }
            Self::InodeFlags => (
                inode_flags_work(on),
                "root and a file system with inode flags",
            ),
            Self::SetUid => (set_uid_works(), "root and a TMPDIR without nosuid"),
            Self::Faults => (
                crate::faults::Pages::missing(1).is_ok(),
                "a user with userfaultfd for the kernel's own faults",
            ),
            Self::Rings => (crate::uring::Ring::new().is_ok(), "a user with io_uring"),
            Self::ThirtyTwoBits => (
                crate::thirty_two_bits::runs(),
                "a kernel that runs 32-bit programs",
            ),
            Self::UserNamespace => (may_have_namespaces(), "a user with user namespaces"),
            Self::Landlock => (
                crate::landlock::ruleset(crate::landlock::READ_FILE).is_ok(),
                "a kernel with Landlock",
            ),
            Self::Tool(name) => return find(name).is_none().then(|| name.into()),
        };
        (!met).then(|| words.into())
    }
}

/// Where a program is, for this user.
pub fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let system = ["/usr/sbin", "/sbin"].map(PathBuf::from);
    let mut candidates = std::env::split_paths(&path)
        .chain(system)
        .map(|dir| dir.join(name));
    candidates.find(|file| file.is_file() && eaccess(file, AccessFlags::X_OK).is_ok())
}

fn may_open_devices() -> bool {
    let Ok(dir) = tempfile::tempdir() else {
        return false;
    };
    let device = dir.path().join("device");
    // No driver has this number, but a device cgroup refuses it before the kernel looks for one.
    let made = nix::sys::stat::mknod(
        &device,
        nix::sys::stat::SFlag::S_IFCHR,
        nix::sys::stat::Mode::S_IRUSR,
        nix::sys::stat::makedev(10, 251),
    );
    let opened = std::fs::File::open(&device);
    made.is_ok() && opened.is_err_and(|error| error.raw_os_error() == Some(libc::ENODEV))
}

fn may_mount() -> bool {
    a_child_can(|| {
        crate::mounts::own_namespace()?;
        crate::mounts::tmpfs(Path::new("/tmp"), "size=64k")
    })
}

fn may_have_namespaces() -> bool {
    a_child_can(|| unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWPID))
}

fn a_child_can(try_it: impl FnOnce() -> nix::Result<()>) -> bool {
    // SAFETY: the child makes raw calls only and leaves through `_exit`.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        let done = try_it();
        // SAFETY: ends the child without running the parent's exit handlers.
        unsafe { libc::_exit(i32::from(done.is_err())) };
    }
    let status = nix::sys::wait::waitpid(nix::unistd::Pid::from_raw(pid), None);
    matches!(status, Ok(nix::sys::wait::WaitStatus::Exited(_, 0)))
}

fn opens_fuse() -> bool {
    let device = std::fs::File::options()
        .read(true)
        .write(true)
        .open("/dev/fuse");
    device.is_ok()
}

fn missing_for_images() -> Option<String> {
    if !may_mount() {
        return Some("root that may mount".into());
    }
    for tool in ["mkfs.ext4", "debugfs", "losetup", "mount"] {
        if find(tool).is_none() {
            return Some(tool.into());
        }
    }
    let mut free = Command::new("losetup");
    let free = free.arg("-f").stdout(Stdio::null()).stderr(Stdio::null());
    let works = free.status().is_ok_and(|status| status.success());
    (!works).then(|| "a free loop device".into())
}

fn inode_flags_work(on: FileSystem) -> bool {
    let like = match on {
        FileSystem::Home => std::env::temp_dir(),
        FileSystem::Tmpfs | FileSystem::Overlay => SHARED_MEMORY.into(),
        // Our mirror has none.
        FileSystem::Fuse => return false,
    };
    let Ok(file) = tempfile::NamedTempFile::new_in(like) else {
        return false;
    };
    let immutable =
        |on| crate::mounts::set_inode_flag(file.as_file(), crate::mounts::IMMUTABLE, on).is_ok();
    is_root() && immutable(true) && immutable(false)
}

fn set_uid_works() -> bool {
    let here = statvfs(&std::env::temp_dir());
    is_root() && here.is_ok_and(|fs| !fs.flags().contains(FsFlags::ST_NOSUID))
}
