//! Where the binary under test is.

use anyhow::{Context, Result, bail};
use std::path::PathBuf;

/// `ASYS_BIN`, else the one cargo built next to this test (`target/debug/deps/open-…` → `target/debug/asys`).
pub fn binary() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("ASYS_BIN") {
        return std::path::absolute(path).context("ASYS_BIN");
    }
    let me = std::env::current_exe().context("current_exe")?;
    let built = me.ancestors().skip(1).take(2).map(|dir| dir.join("asys"));
    match built.into_iter().find(|path| path.is_file()) {
        Some(path) => Ok(path),
        None => {
            bail!("no asys binary: build it with `cargo build -p asys-supervisor`, or set ASYS_BIN")
        }
    }
}
