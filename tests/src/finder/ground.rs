//! Directories in which batches of sequences are run, natively or under asys, at the very same paths.

use crate::filesystem::{FileSystem, SHARED_MEMORY};
use crate::finder::area::{self, Area};
use crate::finder::conductor::{Play, root_of};
use crate::finder::language::Round;
use crate::finder::seen::{self, Seen};
use crate::finder::world;
use crate::launch::{Run, launch};
use crate::{asys, tree};
use anyhow::{Context, Result, ensure};
use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Native,
    Asys,
}

/// A whole batch that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(120);

#[derive(Debug)]
pub struct Ground {
    /// Removed at the end, whatever is left in it.
    base: PathBuf,
    asys: PathBuf,
}

impl Ground {
    /// On the file system where temporary files are, or on a tmpfs.
    pub fn new(on: FileSystem) -> Result<Self> {
        let asys = asys::binary()?;
        let shared = PathBuf::from(SHARED_MEMORY);
        let dir = match on {
            FileSystem::Tmpfs if shared.is_dir() => shared,
            _ => std::env::temp_dir(),
        };
        let made = tempfile::Builder::new()
            .prefix("asys-finder-")
            .tempdir_in(dir)?;
        fs::set_permissions(made.path(), Permissions::from_mode(0o755))?;
        Ok(Self {
            base: made.keep(),
            asys,
        })
    }

    pub fn run(&self, side: Side, sequences: &[&[Round]]) -> Result<Vec<Seen>> {
        let dir = self.base.join("run");
        tree::remove(&dir);
        let roots: Vec<PathBuf> = (0..sequences.len())
            .map(|i| PathBuf::from(OsStr::from_bytes(&root_of(&dir, i))))
            .collect();
        for root in &roots {
            world::make(root)?;
            world::age(root)?;
        }
        let area = self.base.join("area");
        area::create(
            &area,
            sequences.len(),
            &Play::print(&dir.display().to_string(), sequences),
        )?;
        let trees = self.play(side, &dir, &area)?;
        let file = File::options().read(true).write(true).open(&area)?;
        let area = Area::open(&file)?;
        let seen = sequences.iter().enumerate().map(|(i, sequence)| {
            let below = format!("q{i}/");
            let tree = trees
                .iter()
                .filter(|line| line.starts_with(&below))
                .cloned()
                .collect();
            seen::read(area.block(i), sequence, &roots[i], tree)
        });
        let seen = seen.collect();
        area.close(&file);
        tree::remove(&dir);
        Ok(seen)
    }

    /// What is left below the directory.
    fn play(&self, side: Side, dir: &Path, area: &Path) -> Result<Vec<String>> {
        let me = std::env::current_exe()?.display().to_string();
        let mut command: Vec<String> = Vec::new();
        if side == Side::Asys {
            let under = ["run", "-q", "-p", "@all", "--"].map(String::from);
            command.push(self.asys.display().to_string());
            command.extend(under);
        }
        command.extend([me, "--twin-play".into(), area.display().to_string()]);
        let out = ["out", "err"].map(|name| self.base.join(name));
        let outcome = launch(&Run {
            dir,
            on: FileSystem::Home,
            patience: PATIENCE,
            out: [&out[0], &out[1]],
            command: &command,
        })?;
        let said = fs::read_to_string(&out[1]).context("stderr")?;
        ensure!(
            outcome.status == "exit 0" && outcome.left.is_empty(),
            "{side:?}: {}\nleft: {:?}\nstderr: {said}",
            outcome.status,
            outcome.left,
        );
        Ok(outcome.tree)
    }

    pub fn alone(&self, side: Side, sequence: &[Round]) -> Result<Seen> {
        let mut seen = self.run(side, &[sequence])?;
        seen.pop().context("what one sequence has shown")
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        tree::remove(&self.base);
    }
}
