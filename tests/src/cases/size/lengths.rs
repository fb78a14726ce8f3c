//! Made shorter and longer, by one descriptor or another.

use super::descriptors::each;
use crate::args;
use crate::contents::{CONTENTS, open, open_contents};
use crate::twin::{Twin, blank};
use libc::*;
use std::fs;

/// How large it is, and what it takes.
pub fn measure(t: &mut Twin, fd: i64) {
    let mut st: stat = blank();
    t.call("fstat", args![fd, &raw mut st]);
    let line = format!("{} blocks {}", st.st_size, st.st_blocks);
    t.note("size", line);
}

pub fn lengths(t: &mut Twin) {
    let fd = open_contents(t);
    for length in [
        0,
        1,
        35,
        36,
        37,
        4096,
        1 << 31,
        1 << 32,
        1 << 43,
        1 << 60,
        i64::MAX - 1,
        i64::MAX,
        -1,
        i64::MIN,
        36,
    ] {
        t.call("ftruncate", args![fd, length]);
        measure(t, fd);
        t.call("lseek", args![fd, 0, SEEK_CUR]);
    }
    let high = 0xdead_beef_0000_0000u64;
    t.call("ftruncate", args![high | fd as u64, 20]);
    t.call("ftruncate", args![high | fd as u64, high]);
    t.tree(".");
}

/// What was cut off does not come back.
pub fn shrinking_and_growing(t: &mut Twin) {
    for (shorter, longer) in [(10, 50), (0, 36), (35, 5000), (4096, 8192), (4095, 4097)] {
        fs::write("file", [CONTENTS; 300].concat()).expect("file");
        let fd = open(t, c"file", O_RDWR);
        t.call("lseek", args![fd, 20, SEEK_SET]);
        for length in [shorter, longer] {
            t.call("ftruncate", args![fd, length]);
            t.call("lseek", args![fd, 0, SEEK_CUR]);
            t.tree(".");
        }
        t.call("write", args![fd, b"<here>", 6]);
        t.close(fd);
        t.tree(".");
    }
}

pub fn deleted_file(t: &mut Twin) {
    let fd = open_contents(t);
    fs::remove_file("file").expect("file");
    each(t, fd);
    t.call("ftruncate", args![fd, 100]);
    measure(t, fd);
}

/// A size is the file's, a position the open file's.
pub fn shared_files(t: &mut Twin) {
    let fd = open_contents(t);
    let other = open(t, c"file", O_RDWR);
    t.call("lseek", args![fd, 30, SEEK_SET]);
    t.fork("child", |t| {
        t.call("ftruncate", args![other, 10]);
        t.call("lseek", args![fd, 0, SEEK_CUR]);
    });
    measure(t, fd);
    let mut buffer = [b'.'; 8];
    t.call("read", args![fd, &mut buffer, 8]);
    t.call("write", args![fd, b"beyond", 6]);
    t.call("fallocate", args![other, 0, 0, 100]);
    measure(t, fd);
    t.tree(".");
}
