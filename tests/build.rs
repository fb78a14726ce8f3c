//! Each file in `finder-regressions` is a test of that name; a test that runs as another user cannot read the sources.

use std::path::Path;
use std::{env, fs};

fn main() {
    let root = env::var("CARGO_MANIFEST_DIR").expect("cargo says");
    let dir = Path::new(&root).join("finder-regressions");
    println!("cargo::rerun-if-changed={}", dir.display());
    let mut files: Vec<_> = fs::read_dir(&dir)
        .expect("finder-regressions")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .collect();
    files.sort();
    let one = |path: &std::path::PathBuf| {
        let name = path.file_stem().expect("a name").display().to_string();
        let path = path.display().to_string();
        format!("    ({name:?}, include_str!({path:?})),\n")
    };
    let list: String = files.iter().map(one).collect();
    let out = Path::new(&env::var("OUT_DIR").expect("cargo says")).join("finder_regressions.rs");
    fs::write(out, format!("&[\n{list}]\n")).expect("the list");
}
