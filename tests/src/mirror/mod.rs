//! A FUSE file system that shows a directory as it is, and remembers what it was asked.
//!
//! It is served by threads of the process that mounts it, which must not look into it itself: killed between a request
//! and its answer, such a process would wait for itself for ever. When it ends, the connection ends, and with it every
//! call that waits in it.
//!
//! Every request passes [`Requests::asked`](requests::Requests::asked), whatever its kind.

mod answers;
mod attributes;
mod backing;
mod gate;
mod journal;
mod nodes;
mod requests;
mod xattr;

pub use gate::{Gate, Opcode};
pub use journal::{Asked, Journal, Kind};

use anyhow::{Context, Result};
use backing::Backing;
use fuser::{Config, Session, SessionACL};
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, unshare};
use nix::sys::stat::{Mode, umask};
use std::fs::File;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// Who may use the mount, and who decides about it: mount.fuse(8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// The user and group whose mount it is.
    pub owner: (u32, u32),
    /// Others may use it, too.
    pub allow_other: bool,
    /// The kernel looks at modes and owners; otherwise nobody does.
    pub default_permissions: bool,
    /// How long the kernel believes what it was told of a file. As all changes go through it, for ever is exact; no
    /// time at all makes each of its looks a request.
    pub trust: Duration,
}

/// A mount, until it is dropped.
#[derive(Debug)]
pub struct Mirror {
    at: PathBuf,
    journal: Arc<Journal>,
}

const FOR_EVER: Duration = Duration::from_secs(86400);

/// Requests that are served at the same time.
const THREADS: usize = 4;

impl Mirror {
    /// Shows the directory `of` at `at`.
    pub fn mount(of: &Path, at: &Path, options: Options) -> Result<Self> {
        Self::mount_by(of, at, options, Ok)
    }

    /// As [`Mirror::mount`], with a gate before it.
    pub fn mount_guarded(of: &Path, at: &Path, options: Options) -> Result<(Self, Arc<Gate>)> {
        let gate = Arc::new(Gate::default());
        let mirror = Self::mount_by(of, at, options, |device| gate.guard(device))?;
        Ok((mirror, gate))
    }

    fn mount_by(
        of: &Path,
        at: &Path,
        options: Options,
        line: impl FnOnce(OwnedFd) -> Result<OwnedFd>,
    ) -> Result<Self> {
        let journal = Arc::new(Journal::default());
        let requests = requests::Requests::new(Backing::new(of)?, journal.clone(), options.trust);
        let device = File::options().read(true).write(true).open("/dev/fuse");
        let device = device.context("/dev/fuse")?;
        let data = options.data(device.as_raw_fd());
        // A subtype, as most have one.
        let kind = Some("fuse.mirror");
        mount(
            Some("mirror"),
            at,
            kind,
            MsFlags::empty(),
            Some(data.as_str()),
        )
        .context("mount")?;
        let device = line(device.into())?;
        thread::spawn(move || serve(requests, device));
        let at = at.to_path_buf();
        Ok(Self { at, journal })
    }

    pub fn journal(&self) -> &Journal {
        &self.journal
    }
}

impl Drop for Mirror {
    /// What still uses it keeps it, unseen.
    fn drop(&mut self) {
        let _ = umount2(&self.at, MntFlags::MNT_DETACH);
    }
}

impl Options {
    /// As a file system of the machine's: root's, for all, under the kernel's rules.
    pub fn for_all() -> Self {
        Self {
            owner: (0, 0),
            allow_other: true,
            default_permissions: true,
            trust: FOR_EVER,
        }
    }

    fn data(self, fd: i32) -> String {
        let (user, group) = self.owner;
        let mut data = format!("fd={fd},rootmode=40000,user_id={user},group_id={group}");
        if self.allow_other {
            data += ",allow_other";
        }
        if self.default_permissions {
            data += ",default_permissions";
        }
        data
    }
}

/// Until the mount is gone.
fn serve(requests: requests::Requests, device: OwnedFd) -> std::io::Result<()> {
    // The kernel has applied the caller's umask; this process keeps its own.
    unshare(CloneFlags::CLONE_FS)?;
    umask(Mode::empty());
    let mut config = Config::default();
    config.n_threads = Some(THREADS);
    // Whom to let in is the kernel's to say.
    Session::from_fd(requests, device, SessionACL::All, config)?.run()
}
