//! Where is read and written: the position, an offset, the end.

use crate::args;
use crate::cases::world;
use crate::contents::{open, open_contents, where_is};
use crate::twin::Twin;
use libc::*;
use std::fs;

pub fn read(t: &mut Twin, fd: i64, count: usize) {
    let mut buffer = vec![b'.'; count.min(1 << 16)];
    t.call("read", args![fd, &mut buffer[..], count]);
    t.bytes("read", &buffer[..count.min(64)]);
}

pub fn positions(t: &mut Twin) {
    let fd = open_contents(t);
    for (row, count, offset) in [
        ("read", 4, 0),
        ("pread64", 4, 20),
        ("read", 4, 0),
        ("write", 3, 0),
        ("pwrite64", 3, 30),
        ("read", 100, 0),
        ("read", 1, 0),
        ("pread64", 8, 36),
        ("pread64", 8, 1000),
        ("pwrite64", 2, 40),
        ("write", 2, 0),
    ] {
        let mut buffer = [b'.'; 128];
        buffer[..4].copy_from_slice(b"WXYZ");
        match row {
            "read" | "write" => t.call(row, args![fd, &mut buffer, count]),
            _ => t.call(row, args![fd, &mut buffer, count, offset]),
        };
        t.bytes("buffer", &buffer[..40]);
        where_is(t, fd);
    }
    for (offset, whence) in [
        (5, SEEK_SET),
        (-3, SEEK_CUR),
        (10, SEEK_END),
        (-1, SEEK_SET),
    ] {
        t.call("lseek", args![fd, offset, whence]);
        read(t, fd, 3);
        t.call("write", args![fd, b"!", 1]);
        where_is(t, fd);
    }
    t.tree(".");
}

pub fn negative_offsets(t: &mut Twin) {
    let fd = open_contents(t);
    // Longer than the file, as some counts are meant to be too long for it.
    let mut buffer = [b'.'; 64];
    for offset in [
        -1,
        -8,
        i64::MIN,
        i64::MAX,
        i64::MAX - 7,
        i64::MAX - 8,
        1 << 32,
        0,
    ] {
        for count in [0u64, 1, 8, 1 << 32] {
            t.call("pread64", args![fd, &mut buffer, count, offset]);
            if count <= 8 && offset != 1 << 32 {
                t.call("pwrite64", args![fd, &buffer, count, offset]);
            }
        }
    }
    t.tree(".");
}

/// O_APPEND writes at the end, pwrite too on Linux; set later by fcntl it counts as well.
pub fn append(t: &mut Twin) {
    world::file("file", "begin ");
    let fd = open(t, c"file", O_RDWR | O_APPEND);
    let other = open(t, c"file", O_RDWR);
    for (fd, row, offset) in [
        (fd, "write", 0),
        (other, "write", 0),
        (fd, "pwrite64", 0),
        (fd, "pwrite64", 1000),
        (other, "pwrite64", 2),
        (fd, "write", 0),
    ] {
        t.call(row, args![fd, b"<text>", 6, offset]);
        where_is(t, fd);
        t.tree(".");
    }
    t.call("fcntl", args![other, F_SETFL, O_APPEND]);
    t.call("write", args![other, b"[set]", 5]);
    where_is(t, other);
    t.call("fcntl", args![fd, F_SETFL, 0]);
    t.call("lseek", args![fd, 0, SEEK_SET]);
    t.call("write", args![fd, b"[cleared]", 9]);
    t.call("pread64", args![fd, &mut [0u8; 4], 4, 0]);
    t.tree(".");
}

/// One open file has one position, whoever holds it.
pub fn shared_position(t: &mut Twin) {
    let fd = open_contents(t);
    let twin = t.call("dup", args![fd]);
    let apart = open(t, c"file", O_RDWR);
    for fd in [fd, twin, apart, twin, fd] {
        read(t, fd, 3);
        where_is(t, fd);
    }
    t.fork("child", |t| {
        read(t, fd, 2);
        t.call("write", args![twin, b"CHILD", 5]);
        where_is(t, fd);
    });
    where_is(t, fd);
    t.call("lseek", args![twin, 1, SEEK_SET]);
    t.fork("child", |t| read(t, fd, 5));
    read(t, twin, 5);
    t.tree(".");
}

pub fn large_files(t: &mut Twin) {
    world::file("file", "");
    for flags in [O_RDWR, O_RDWR | O_LARGEFILE] {
        let fd = open(t, c"file", flags);
        let end = last_position(fd);
        t.note("last position", end);
        for offset in [
            (1i64 << 31) - 1,
            1 << 31,
            1 << 32,
            1 << 43,
            end - 2,
            end - 1,
            end,
            i64::MAX - 1,
            i64::MAX,
        ] {
            t.call("pwrite64", args![fd, b"x", 1, offset]);
            t.call("pread64", args![fd, &mut [0u8; 4], 4, offset]);
            t.call("lseek", args![fd, offset, SEEK_SET]);
            t.call("write", args![fd, b"yz", 2]);
            where_is(t, fd);
            t.call("ftruncate", args![fd, 0]);
        }
        t.close(fd);
    }
}

/// The largest position that lseek lets this file have.
pub fn last_position(fd: i64) -> i64 {
    let (mut good, mut bad) = (0, i64::MAX);
    while bad - good > 1 {
        let middle = good + (bad - good) / 2;
        // SAFETY: no memory is involved.
        match unsafe { lseek(fd as i32, middle, SEEK_SET) } {
            -1 => bad = middle,
            _ => good = middle,
        }
    }
    good
}

pub fn deleted_file(t: &mut Twin) {
    let fd = open_contents(t);
    fs::remove_file("file").expect("file");
    read(t, fd, 5);
    t.call("write", args![fd, b"still", 5]);
    t.call("pwrite64", args![fd, b"here", 4, 0]);
    let mut buffer = [b'.'; 40];
    t.call("pread64", args![fd, &mut buffer, 40, 0]);
    t.bytes("is", &buffer);
}
