//! The measured program: warms up, times each call, and prints the result as JSON.

use std::ffi::CString;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;
use std::time::Instant;

use anyhow::Context;

use crate::case::Case;
use crate::stats::Sample;

pub(crate) fn main(case: &Case, iterations: u32, dir: &Path) -> anyhow::Result<()> {
    let sample = (case.target)(iterations, dir).context(case.name)?;
    println!("{}", serde_json::to_string(&sample)?);
    Ok(())
}

/// One clock read per call: each call is timed from the end of the one before.
pub(crate) fn time(
    iterations: u32,
    mut call: impl FnMut() -> nix::Result<()>,
) -> anyhow::Result<Sample> {
    for _ in 0..(iterations / 10).max(10) {
        call()?;
    }
    let mut spans = Vec::with_capacity(iterations as usize);
    let mut before = Instant::now();
    for _ in 0..iterations {
        call()?;
        let now = Instant::now();
        spans.push((now - before).as_nanos() as u64);
        before = now;
    }
    Sample::of(spans).context("no iterations")
}

pub(crate) fn path(dir: &Path, name: &str) -> anyhow::Result<CString> {
    Ok(CString::new(dir.join(name).into_os_string().into_vec())?)
}
