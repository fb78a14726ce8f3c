//! Tests that cannot be made here.

use std::io::Write;
use std::path::Path;

/// Says on stderr, and in the file `ASYS_SKIPS` names, what is not tested here and why.
pub fn report(name: &str, reason: &str) {
    eprintln!("skipped: {name}: needs {reason}");
    let Some(path) = std::env::var_os("ASYS_SKIPS") else {
        return;
    };
    let mut file = std::fs::File::options();
    let file = file.create(true).append(true).open(&path);
    let written = file.and_then(|mut file| writeln!(file, "{name}: needs {reason}"));
    if let Err(error) = written {
        eprintln!("ASYS_SKIPS: {}: {error}", Path::new(&path).display());
    }
}
