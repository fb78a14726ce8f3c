//! The directory the cases work in: fresh, on a disk, and gone afterwards.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use tempfile::TempDir;

/// The size of every file here, and of every read and write.
pub(crate) const BLOCK: usize = 4096;

/// What the files hold; the target checks it after reading.
pub(crate) const FILL: u8 = 0xa5;

#[derive(Debug)]
pub(crate) struct Workdir {
    // Dropping it removes the directory: on return, on error and on an interrupt, which is an error here.
    dir: TempDir,
}

impl Workdir {
    /// The default is /var/tmp and not /tmp, which is memory on many systems, where fsync costs nothing.
    pub(crate) fn create(parent: Option<&Path>) -> anyhow::Result<Workdir> {
        let parent = parent
            .map(Path::to_path_buf)
            .or_else(|| std::env::var_os("TMPDIR").map(PathBuf::from))
            .unwrap_or_else(|| PathBuf::from("/var/tmp"));
        // Absolute and without links: every column must walk the very same path.
        let parent = parent
            .canonicalize()
            .with_context(|| parent.display().to_string())?;
        let dir = tempfile::Builder::new()
            .prefix("asys-bench-")
            .tempdir_in(&parent);
        Ok(Workdir {
            dir: dir.with_context(|| parent.display().to_string())?,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Where the measured program works.
    pub(crate) fn site(&self) -> PathBuf {
        self.path().join("site")
    }

    /// The same files for every run, made where no column measures it, whatever the last one left.
    pub(crate) fn prepare(&self) -> anyhow::Result<()> {
        let site = self.site();
        let removed = match fs::remove_dir_all(&site) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(()),
            removed => removed,
        };
        removed
            .and_then(|()| fs::create_dir(&site))
            .with_context(|| site.display().to_string())?;
        for name in ["file", "from", "log"] {
            let path = site.join(name);
            let made = File::create(&path).and_then(|mut file| file.write_all(&[FILL; BLOCK]));
            made.with_context(|| path.display().to_string())?;
        }
        Ok(())
    }
}
