//! What a file may not become: seals, inode flags, a size limit, a full file system.

use super::descriptors::each;
use super::lengths::measure;
use crate::cases::world;
use crate::contents::{open, open_contents};
use crate::nameless::{SEALS, memory};
use crate::twin::Twin;
use crate::{args, limits, mounts, signals};
use libc::*;
use nix::sys::signal::Signal;

pub fn sealed_memory(t: &mut Twin) {
    for seal in SEALS {
        let fd = memory(MFD_ALLOW_SEALING);
        t.call("write", args![fd, b"before", 6]);
        t.call("fcntl", args![fd, F_ADD_SEALS, seal]);
        let punch = FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE;
        for (mode, length) in [(0, 6), (0, 20), (FALLOC_FL_KEEP_SIZE, 20), (punch, 2)] {
            t.call("fallocate", args![fd, mode, 0, length]);
            measure(t, fd);
        }
        for length in [6, 3, 50, 0] {
            t.call("ftruncate", args![fd, length]);
            measure(t, fd);
        }
        t.close(fd);
    }
}

/// Opened before they became immutable or append-only.
pub fn fixed_files(t: &mut Twin) {
    for flag in [mounts::IMMUTABLE, mounts::APPEND_ONLY] {
        let fd = open_contents(t);
        mounts::with_inode_flag(flag, &["file"], || {
            each(t, fd);
            t.call("ftruncate", args![fd, 100]);
        });
        t.close(fd);
        t.tree(".");
    }
}

pub fn file_size_limit(t: &mut Twin) {
    signals::catch(Signal::SIGXFSZ);
    let fd = open_contents(t);
    limits::file_size(50);
    for length in [10, 50, 51, 5000, 36] {
        t.call("ftruncate", args![fd, length]);
        t.note("signals", signals::caught());
        measure(t, fd);
    }
    for (mode, offset, length) in [
        (0, 0, 50),
        (0, 0, 51),
        (FALLOC_FL_KEEP_SIZE, 0, 100),
        (0, 100, 1),
        (FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, 0, 100),
    ] {
        t.call("fallocate", args![fd, mode, offset, length]);
        t.note("signals", signals::caught());
        measure(t, fd);
    }
    limits::any_file_size();
    t.call("ftruncate", args![fd, 5000]);
    t.tree(".");
}

pub fn file_size_limit_kills(t: &mut Twin) {
    let fd = open_contents(t);
    limits::dies_of_file_size(t, "makes it too long", 50, |t| {
        t.call("ftruncate", args![fd, 50]);
        t.call("fallocate", args![fd, 0, 0, 51]);
        t.call("ftruncate", args![fd, 51]);
    });
    t.tree(".");
}

pub fn full_file_system(t: &mut Twin) {
    world::tmpfs("size=64k");
    let fd = open(t, c"m/file", O_CREAT | O_RDWR);
    for mode in [0, FALLOC_FL_KEEP_SIZE] {
        for (offset, length) in [
            (0, 40_960),
            (0, 65_536),
            (0, 65_537),
            (1 << 30, 1),
            (1 << 20, 1 << 20),
        ] {
            t.call("fallocate", args![fd, mode, offset, length]);
            measure(t, fd);
            t.call("ftruncate", args![fd, 10]);
        }
    }
    t.tree("m");
}
