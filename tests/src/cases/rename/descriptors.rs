//! Directory descriptors, and what is open or stood in meanwhile.

use super::pairs::{ROWS, rename};
use crate::args;
use crate::cases::world::{self, path};
use crate::twin::Twin;
use libc::*;
use std::fs;

pub fn descriptors(t: &mut Twin) {
    let here = std::env::current_dir().expect("here").join("w/file");
    let absolute = path(here.to_str().expect("a plain path"));
    for row in ["renameat", "renameat2"] {
        for flags in [O_RDONLY, O_PATH] {
            let _reader = world::build("w");
            let full = t.call("open", args![c"w/full", flags | O_DIRECTORY]);
            let dir = t.call("open", args![c"w/dir", flags | O_DIRECTORY]);
            let file = t.call("open", args![c"w/file", flags]);
            let bad = [-1, 99, file, i64::from(AT_FDCWD)];
            for one in [full, dir].into_iter().chain(bad) {
                for two in [full, dir].into_iter().chain(bad) {
                    t.call(row, args![one, c"a", two, c"moved", 0]);
                    t.call(row, args![one, c"moved", two, c"../back", 0]);
                    t.call(row, args![one, c"", two, c"x", 0]);
                    t.call(
                        row,
                        args![one, absolute.as_c_str(), two, absolute.as_c_str(), 0],
                    );
                    t.tree("w");
                }
            }
            for fd in [full, dir, file] {
                t.close(fd);
            }
        }
    }
}

pub fn open_files(t: &mut Twin) {
    for row in ROWS {
        world::file("one", "1");
        world::file("two", "2");
        let one = t.call("open", args![c"one", O_RDWR]);
        let two = t.call("open", args![c"two", O_RDWR]);
        rename(t, row, c"one", c"two");
        for fd in [one, two] {
            let mut st: stat = crate::twin::blank();
            t.call("fstat", args![fd, &raw mut st]);
            t.note("links", st.st_nlink);
            t.call("write", args![fd, b"later", 5]);
            t.close(fd);
        }
        t.tree(".");
    }
}

/// A program stands in the directory that is moved: its relative paths go with it.
pub fn own_directory(t: &mut Twin) {
    for row in ROWS {
        t.fork("inside", |t| {
            fs::create_dir_all("a/b").expect("a/b");
            t.call("chdir", args![c"a/b"]);
            rename(t, row, c"../../a", c"../../moved");
            t.opened("open", args![c"new", O_CREAT | O_RDWR, 0o600]);
            rename(t, row, c"../b", c"../c");
            rename(t, row, c"../../moved", c"../../a");
        });
        t.tree(".");
        fs::remove_dir_all("a").expect("a");
    }
}
