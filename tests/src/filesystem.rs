//! The file systems on which cases are run.

use crate::launch::{self, Run};
use crate::mirror::{Mirror, Options};
use crate::mounts;
use crate::users::is_root;
use anyhow::{Context, Result};
use nix::mount::{MsFlags, mount};
use nix::sys::statfs::{TMPFS_MAGIC, statfs};
use nix::unistd::{AccessFlags, access};
use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileSystem {
    /// Whatever temporary files are on.
    Home,
    Tmpfs,
    /// A lower layer with `below` in it; what a case makes comes into the upper one.
    Overlay,
    /// A [mirror](crate::mirror) of a directory.
    Fuse,
}

/// Where an ordinary user has a tmpfs. One in a user namespace would not do: to asys, that is somewhere else.
pub const SHARED_MEMORY: &str = "/dev/shm";

impl FileSystem {
    pub const HOME: &[Self] = &[Self::Home];
    pub const ALL: &[Self] = &[Self::Home, Self::Tmpfs, Self::Overlay, Self::Fuse];

    pub fn name(self) -> &'static str {
        match self {
            Self::Home => "home",
            Self::Tmpfs => "tmpfs",
            Self::Overlay => "overlay",
            Self::Fuse => "fuse",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|fs| fs.name() == name)
    }

    /// What the names of its trials begin with.
    pub fn prefix(self) -> String {
        match self {
            Self::Home => String::new(),
            other => format!("{}::", other.name()),
        }
    }

    /// Whether it is mounted for each run, in a namespace of that run's.
    pub fn is_staged(self) -> bool {
        self != Self::Home && is_root()
    }

    /// Where the directory of a case's runs is made.
    pub fn base(self) -> PathBuf {
        match self {
            Self::Tmpfs if !self.is_staged() => SHARED_MEMORY.into(),
            _ => std::env::temp_dir(),
        }
    }

    /// What it would take to have it here, in words.
    pub fn missing(self) -> Option<String> {
        match self {
            Self::Home => None,
            Self::Tmpfs if !is_root() => (!shares_memory()).then(|| "/dev/shm on a tmpfs".into()),
            _ if !is_root() => Some("root that may mount".into()),
            _ => {
                let error = self.tried().err()?;
                Some(format!("root that may mount {}: {error:#}", self.name()))
            }
        }
    }

    /// Runs something on it.
    fn tried(self) -> Result<()> {
        let base = tempfile::tempdir()?;
        let dir = base.path().join("run");
        std::fs::create_dir(&dir)?;
        let outcome = launch::launch(&Run {
            dir: &dir,
            on: self,
            patience: Duration::from_secs(10),
            out: [Path::new("/dev/null"); 2],
            command: &["true".into()],
        })?;
        anyhow::ensure!(outcome.status == "exit 0", outcome.status);
        Ok(())
    }

    /// Mounts it at `at`, with what it keeps on a tmpfs at `store`. A mirror has to be held.
    pub fn mount(self, store: &Path, at: &Path) -> Result<Option<Mirror>> {
        const MODE: &str = "mode=755";
        match self {
            Self::Home => return Ok(None),
            Self::Tmpfs => mounts::tmpfs(at, MODE)?,
            Self::Overlay => {
                mounts::tmpfs(store, MODE)?;
                overlay(store, at)?;
            }
            Self::Fuse => {
                mounts::tmpfs(store, MODE)?;
                return Mirror::mount(store, at, Options::for_all()).map(Some);
            }
        }
        Ok(None)
    }
}

fn shares_memory() -> bool {
    let is_tmpfs = statfs(SHARED_MEMORY).is_ok_and(|fs| fs.filesystem_type() == TMPFS_MAGIC);
    is_tmpfs && access(SHARED_MEMORY, AccessFlags::W_OK).is_ok()
}

fn overlay(store: &Path, at: &Path) -> Result<()> {
    // The options take names without commas and colons only.
    std::env::set_current_dir(store)?;
    for layer in ["lower", "upper", "work"] {
        std::fs::create_dir(layer)?;
    }
    std::fs::create_dir_all("lower/below/dir")?;
    for file in ["file", "open", "dir/inner"] {
        std::fs::write(format!("lower/below/{file}"), "lower")?;
    }
    std::fs::set_permissions("lower/below/open", Permissions::from_mode(0o666))?;
    symlink("file", "lower/below/link")?;
    let options = Some("lowerdir=lower,upperdir=upper,workdir=work");
    let kind = Some("overlay");
    mount(kind, at, kind, MsFlags::empty(), options).context("mount")
}
