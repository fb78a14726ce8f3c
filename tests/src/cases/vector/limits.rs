//! What a file may not become: seals, a size limit, a full file system.

use super::vectors::{HERE, WRITES, reads, seek, writes};
use crate::cases::world;
use crate::contents::{open, where_is};
use crate::nameless::{SEALS, memory};
use crate::twin::Twin;
use crate::{args, limits, signals};
use libc::*;
use nix::sys::signal::Signal;

pub fn sealed_memory(t: &mut Twin) {
    for seal in SEALS {
        for row in WRITES {
            let fd = memory(MFD_ALLOW_SEALING);
            t.call("write", args![fd, b"before", 6]);
            t.call("fcntl", args![fd, F_ADD_SEALS, seal]);
            for offset in [HERE, 0, 4] {
                writes(t, row, fd, &[2, 3], offset);
            }
            reads(t, "preadv", fd, &[8, 8], 0);
            t.close(fd);
        }
    }
}

/// Up to the limit what fits is written; beyond it EFBIG, and SIGXFSZ for the thread that wrote.
pub fn file_size_limit(t: &mut Twin) {
    signals::catch(Signal::SIGXFSZ);
    world::file("file", "");
    let fd = open(t, c"file", O_RDWR);
    limits::file_size(10);
    for row in WRITES {
        seek(t, fd, 0);
        for (lengths, offset) in [
            (&[2, 2][..], 0),
            (&[4, 8], 4),
            (&[1], 10),
            (&[0], 20),
            (&[4, 4], 8),
            (&[4], 0),
        ] {
            writes(t, row, fd, lengths, offset);
            where_is(t, fd);
            t.note("signals", signals::caught());
        }
    }
    limits::any_file_size();
    writes(t, "writev", fd, &[8, 8], 0);
    t.tree(".");
}

pub fn file_size_limit_kills(t: &mut Twin) {
    world::file("file", "");
    let fd = open(t, c"file", O_RDWR);
    for row in WRITES {
        limits::dies_of_file_size(t, "writes too much", 3, |t| {
            writes(t, row, fd, &[3, 3], 0);
            writes(t, row, fd, &[3, 3], 6);
        });
        seek(t, fd, 0);
    }
    t.tree(".");
}

pub fn full_file_system(t: &mut Twin) {
    world::tmpfs("size=16k");
    for row in WRITES {
        let fd = open(t, c"m/file", O_CREAT | O_RDWR | O_TRUNC);
        for offset in [0, 4096, 1 << 20] {
            writes(t, row, fd, &[5000, 1, 20_000, 15_000], offset);
            where_is(t, fd);
        }
        t.close(fd);
        t.tree("m");
    }
}
