//! Descriptors of other kinds, and flags of the open file.

use super::positions::read;
use crate::arg::Arg;
use crate::cases::world;
use crate::contents::{CONTENTS, open, where_is};
use crate::twin::Twin;
use crate::{args, memory};
use libc::*;
use std::fs;

pub fn wrong_descriptors(t: &mut Twin) {
    world::file("file", CONTENTS);
    let mut buffer = [b'.'; 8];
    let high = 0xdead_beef_0000_0000u64;
    let opened = [O_RDONLY, O_WRONLY, O_PATH, O_ACCMODE].map(|flags| open(t, c"file", flags));
    let fds = opened.into_iter().chain([
        -1,
        99,
        i64::from(i32::MAX),
        i64::from(i32::MIN),
        i64::from(AT_FDCWD),
    ]);
    for fd in fds.collect::<Vec<_>>() {
        for raw in [fd as u64, high | (fd as u64 & 0xffff_ffff)] {
            t.call("read", args![raw, &mut buffer, 4]);
            t.call("write", args![raw, &buffer, 4]);
            t.call("pread64", args![raw, &mut buffer, 4, 0]);
            t.call("pwrite64", args![raw, &buffer, 4, 0]);
            t.bytes("buffer", &buffer);
        }
    }
    t.tree(".");
}

pub fn directories(t: &mut Twin) {
    world::dir("dir");
    let fd = open(t, c"dir", O_RDONLY);
    let mut buffer = [b'.'; 8];
    for count in [0, 8] {
        t.call("read", args![fd, &mut buffer, count]);
        t.call("pread64", args![fd, &mut buffer, count, 0]);
        t.call("write", args![fd, &buffer, count]);
        t.call("pwrite64", args![fd, &buffer, count, 0]);
    }
    t.call("read", args![fd, 0, 8]);
    t.call("pread64", args![fd, &mut buffer, 8, -1]);
}

pub fn synchronous_writes(t: &mut Twin) {
    for flags in [
        O_SYNC,
        O_DSYNC,
        O_SYNC | O_APPEND,
        O_NONBLOCK,
        O_ASYNC,
        O_NOATIME,
    ] {
        world::file("file", CONTENTS);
        let fd = open(t, c"file", O_RDWR | flags);
        read(t, fd, 4);
        t.call("write", args![fd, b"sync", 4]);
        t.call("pwrite64", args![fd, b"sync", 4, 20]);
        where_is(t, fd);
        t.close(fd);
        t.tree(".");
    }
}

/// O_DIRECT wants address, length and position aligned; how much depends on the file system, not on asys.
pub fn direct(t: &mut Twin) {
    fs::write("file", vec![b'd'; 16384]).expect("file");
    let fd = open(t, c"file", O_RDWR | O_DIRECT);
    let page = memory::room_before(memory::PAGE, PROT_NONE);
    for (skip, count, offset) in [
        (0, 4096, 0),
        (1, 512, 0),
        (0, 100, 0),
        (0, 4096, 1),
        (512, 512, 512),
        (0, 4096, 12288),
    ] {
        let at = Arg::at(page.address + skip, format!("page+{skip}"));
        t.call("lseek", args![fd, offset, SEEK_SET]);
        t.call("read", args![fd, &at, count]);
        t.call("pread64", args![fd, &at, count, offset]);
        t.call("write", args![fd, &at, count]);
        t.call("pwrite64", args![fd, &at, count, offset]);
        where_is(t, fd);
    }
    t.tree(".");
}

pub fn counters(t: &mut Twin) {
    // SAFETY: no memory is involved.
    let (event, timer) = unsafe {
        (
            eventfd(3, EFD_NONBLOCK),
            timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK),
        )
    };
    let mut buffer = [0u8; 8];
    for fd in [event, timer] {
        for count in [0, 4, 8, 8] {
            t.call("read", args![fd, &mut buffer, count]);
            t.bytes("count", &buffer);
        }
        t.call("write", args![fd, &5u64.to_ne_bytes(), 8]);
        t.call("write", args![fd, &u64::MAX.to_ne_bytes(), 8]);
        t.call("write", args![fd, &buffer, 4]);
        t.call("pread64", args![fd, &mut buffer, 8, 0]);
        t.call("pwrite64", args![fd, &buffer, 8, 0]);
    }
    // SAFETY: no memory is involved.
    let others = unsafe { [epoll_create1(0), inotify_init1(IN_NONBLOCK)] };
    for fd in others {
        t.call("read", args![fd, &mut buffer, 8]);
        t.call("write", args![fd, &buffer, 8]);
    }
}

pub fn devices(t: &mut Twin) {
    let mut buffer = [b'.'; 8];
    for path in [c"/dev/null", c"/dev/zero", c"/dev/full"] {
        let fd = open(t, path, O_RDWR);
        t.call("read", args![fd, &mut buffer, 8]);
        t.call("pread64", args![fd, &mut buffer, 8, 1i64 << 40]);
        t.call("write", args![fd, &buffer, 8]);
        t.call("pwrite64", args![fd, &buffer, 8, 5]);
        where_is(t, fd);
        t.call("read", args![fd, 1, 8]);
        t.call("write", args![fd, 1, 8]);
        t.bytes("buffer", &buffer);
    }
}

/// /proc/self/mem: positions are addresses, all 64 bits of them.
pub fn own_memory(t: &mut Twin) {
    let fd = open(t, c"/proc/self/mem", O_RDWR);
    let mut buffer = [b'.'; 8];
    t.call("read", args![fd, &mut buffer, 8]);
    t.call("write", args![fd, &buffer, 8]);
    for offset in [0, 4096, -5, -8, -4096] {
        t.call("pread64", args![fd, &mut buffer, 8, offset]);
        t.call("pwrite64", args![fd, &buffer, 8, offset]);
    }
    let secret = *b"a secret";
    let place = Arg::at(secret.as_ptr() as usize, "my own bytes");
    t.call("pread64", args![fd, &mut buffer, 8, place]);
    t.bytes("read", &buffer);
}
