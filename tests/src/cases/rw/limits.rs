//! What a file may not become: seals, a size limit, a full file system.

use super::WRITES;
use crate::cases::world;
use crate::contents::{open, where_is};
use crate::nameless::{SEALS, memory};
use crate::twin::Twin;
use crate::{args, limits, signals};
use libc::*;
use nix::sys::signal::Signal;

/// Up to the limit what fits is written; beyond it EFBIG, and SIGXFSZ for the thread that wrote.
pub fn file_size_limit(t: &mut Twin) {
    signals::catch(Signal::SIGXFSZ);
    world::file("file", "");
    let fd = open(t, c"file", O_RDWR);
    limits::file_size(10);
    for (row, count, offset) in [
        ("write", 4, 0),
        ("write", 8, 0),
        ("write", 1, 0),
        ("write", 0, 0),
        ("pwrite64", 4, 8),
        ("pwrite64", 4, 10),
        ("pwrite64", 4, 0),
        ("pwrite64", 0, 20),
    ] {
        t.call(row, args![fd, b"limitslimits", count, offset]);
        where_is(t, fd);
        t.note("signals", signals::caught());
    }
    t.opened("open", args![c"new", O_CREAT | O_RDWR, 0o600]);
    t.fork("child", |t| {
        t.call("pwrite64", args![fd, b"x", 1, 11]);
        t.note("signals", signals::caught());
    });
    signals::ignore(Signal::SIGXFSZ);
    t.call("write", args![fd, b"x", 1]);
    limits::any_file_size();
    t.call("write", args![fd, b"more than ten", 13]);
    t.tree(".");
}

pub fn file_size_limit_kills(t: &mut Twin) {
    world::file("file", "");
    let fd = open(t, c"file", O_RDWR);
    for row in WRITES {
        limits::dies_of_file_size(t, "writes too much", 3, |t| {
            t.call(row, args![fd, b"abcdef", 6, 0]);
            t.call(row, args![fd, b"abcdef", 6, 6]);
        });
        t.call("lseek", args![fd, 0, SEEK_SET]);
    }
    t.tree(".");
}

pub fn sealed_memory(t: &mut Twin) {
    for seal in SEALS {
        let fd = memory(MFD_ALLOW_SEALING);
        t.call("write", args![fd, b"before", 6]);
        t.call("fcntl", args![fd, F_ADD_SEALS, seal]);
        t.call("write", args![fd, b"after", 5]);
        t.call("pwrite64", args![fd, b"after", 5, 1]);
        t.call("pwrite64", args![fd, b"after", 5, 4]);
        let mut buffer = [b'.'; 16];
        t.call("pread64", args![fd, &mut buffer, 16, 0]);
        t.bytes("is", &buffer);
        t.close(fd);
    }
}

pub fn full_file_system(t: &mut Twin) {
    world::tmpfs("size=16k");
    let much = vec![b'm'; 40960];
    for row in WRITES {
        let fd = open(t, c"m/file", O_CREAT | O_RDWR | O_TRUNC);
        for offset in [0, 4096, 1 << 20] {
            t.call(row, args![fd, &much[..], much.len(), offset]);
            where_is(t, fd);
        }
        t.close(fd);
    }
    t.tree("m");
}
