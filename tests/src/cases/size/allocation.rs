//! fallocate: its modes and ranges, and the data they touch or move.

use super::lengths::measure;
use crate::cases::world;
use crate::contents::{open, open_contents};
use crate::twin::Twin;
use crate::{args, mounts};
use libc::*;
use std::fs;

/// Every bit, alone and with FALLOC_FL_KEEP_SIZE.
pub fn fallocate_modes(t: &mut Twin) {
    let high = 0xdead_beef_0000_0000u64;
    let mut modes: Vec<u64> = (0..32).flat_map(|bit| [1 << bit, 1 << bit | 1]).collect();
    modes.extend([
        0,
        2 | 16,
        3 | 16,
        8 | 32,
        8 | 1,
        64 | 1,
        u64::from(u32::MAX),
        high,
        high | 3,
    ]);
    for mode in modes {
        for (offset, length) in [(0, 4096), (5, 10), (4096, 4096), (20_000, 1)] {
            fs::write("file", vec![b'f'; 12_288]).expect("file");
            let fd = open(t, c"file", O_RDWR);
            t.call("fallocate", args![fd, mode, offset, length]);
            t.call("lseek", args![fd, 0, SEEK_CUR]);
            t.close(fd);
            t.tree(".");
        }
    }
}

pub fn fallocate_ranges(t: &mut Twin) {
    let fd = open_contents(t);
    let (max, min) = (i64::MAX, i64::MIN);
    for mode in [
        FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE,
        FALLOC_FL_KEEP_SIZE,
        0,
    ] {
        for (offset, length) in [
            (0, 0),
            (0, -1),
            (-1, 1),
            (-1, -1),
            (min, 1),
            (0, min),
            (max, 1),
            (max, max),
            (1, max),
            (max - 10, 10),
            (100, 0),
            (36, 1),
            (0, 1),
        ] {
            t.call("fallocate", args![fd, mode, offset, length]);
            measure(t, fd);
        }
    }
    t.tree(".");
}

/// What is punched or zeroed reads as nothing, what is allocated keeps its bytes.
pub fn fallocate_data(t: &mut Twin) {
    let keep = FALLOC_FL_KEEP_SIZE;
    for mode in [
        0,
        keep,
        keep | FALLOC_FL_PUNCH_HOLE,
        FALLOC_FL_ZERO_RANGE,
        FALLOC_FL_ZERO_RANGE | keep,
    ] {
        for (offset, length) in [(10, 5), (0, 36), (30, 100), (1000, 5000), (0, 1)] {
            let fd = open_contents(t);
            t.call("lseek", args![fd, 7, SEEK_SET]);
            t.call("fallocate", args![fd, mode, offset, length]);
            t.call("lseek", args![fd, 0, SEEK_CUR]);
            let mut buffer = [b'.'; 48];
            t.call("pread64", args![fd, &mut buffer, 48, 0]);
            t.bytes("data", &buffer);
            measure(t, fd);
            t.close(fd);
        }
    }
    t.tree(".");
}

/// Collapsing and inserting, on the file system that can.
pub fn fallocate_moves_data(t: &mut Twin) {
    world::dir("m");
    mounts::ext4("m", 4096, || (), &[]);
    let bytes: Vec<u8> = (0..8u8).flat_map(|block| [b'0' + block; 1024]).collect();
    for mode in [
        FALLOC_FL_COLLAPSE_RANGE,
        FALLOC_FL_INSERT_RANGE,
        FALLOC_FL_COLLAPSE_RANGE | 1,
        8 | 32,
        64,
    ] {
        for (offset, length) in [
            (0, 1024),
            (1024, 2048),
            (100, 1024),
            (1024, 100),
            (7168, 1024),
            (8192, 1024),
            (0, 8192),
            (0, 1i64 << 50),
        ] {
            fs::write("m/file", &bytes).expect("file");
            let fd = open(t, c"m/file", O_RDWR);
            t.call("fallocate", args![fd, mode, offset, length]);
            measure(t, fd);
            t.close(fd);
            t.tree("m");
        }
    }
}
