//! Listing, by either call.

use super::entries::{Form, NEW, OLD, getdents, list, rest};
use crate::arg::Arg;
use crate::cases::world;
use crate::twin::Twin;
use crate::{args, memory};
use libc::*;
use std::fs;

pub fn listing(t: &mut Twin) {
    trees(t, &NEW);
}

pub fn old_listing(t: &mut Twin) {
    trees(t, &OLD);
}

fn trees(t: &mut Twin, form: &Form) {
    let _reader = world::build("w");
    for path in [c"w", c"w/dir", c"w/full/sub", c"."] {
        for size in [4096, 32768, 64, 100, 280] {
            list(t, form, path, size);
        }
    }
}

pub fn listing_many(t: &mut Twin) {
    many(t, &NEW);
}

pub fn old_listing_many(t: &mut Twin) {
    many(t, &OLD);
}

fn many(t: &mut Twin, form: &Form) {
    world::dir("many");
    for i in 0..700 {
        world::file(&format!("many/{i}{}", "x".repeat(i % 200)), "");
    }
    for size in [1024, 4096, 1 << 16, 1 << 20] {
        list(t, form, c"many", size);
    }
}

pub fn listing_buffers(t: &mut Twin) {
    buffers(t, &NEW);
}

pub fn old_listing_buffers(t: &mut Twin) {
    buffers(t, &OLD);
}

/// The kernel fills the buffer entry by entry: what a wrong pointer or an end cuts off is seen in detail.
fn buffers(t: &mut Twin, form: &Form) {
    let _reader = world::build("w");
    let fd = t.call("open", args![c"w", O_RDONLY]);
    for size in [0usize, 1, 18, 19, 23, 24, 25, 32] {
        t.call("lseek", args![fd, 0, SEEK_SET]);
        getdents(t, form, fd, size);
        t.call("lseek", args![fd, 0, SEEK_CUR]);
    }
    for spot in memory::bad().iter().chain([&memory::read_only()]) {
        for size in [0u64, 10, 24, 4096, u64::MAX] {
            t.call("lseek", args![fd, 0, SEEK_SET]);
            t.call(form.row, args![fd, spot, size]);
            t.call("lseek", args![fd, 0, SEEK_CUR]);
        }
    }
    for room in [0, 10, 24, 48, 100, 200] {
        for second in [PROT_NONE, PROT_READ] {
            t.call("lseek", args![fd, 0, SEEK_SET]);
            let spot = memory::room_before(room, second);
            let length = t.call(form.row, args![fd, &spot, 4096]);
            if let Ok(length) = usize::try_from(length) {
                (form.entries)(t, &memory::contents(&spot, length));
            }
            t.call("lseek", args![fd, 0, SEEK_CUR]);
        }
    }
    // The count is an unsigned int: its upper half does not count.
    let mut buffer = [0u8; 4096];
    for size in [(1u64 << 32) + 4096, 0xdead_beef_0000_1000, 1 << 32] {
        t.call("lseek", args![fd, 0, SEEK_SET]);
        t.call(form.row, args![fd, &mut buffer, size]);
    }
}

pub fn listing_descriptors(t: &mut Twin) {
    descriptors(t, &NEW);
}

pub fn old_listing_descriptors(t: &mut Twin) {
    descriptors(t, &OLD);
}

fn descriptors(t: &mut Twin, form: &Form) {
    let _reader = world::build("w");
    let mut buffer = [0u8; 512];
    for (path, flags) in [
        (c"w/file", O_RDONLY),
        (c"w/fifo", O_RDWR),
        (c"w", O_PATH),
        (c"/dev/null", O_RDONLY),
        (c"/proc/self/stat", O_RDONLY),
    ] {
        let fd = t.call("open", args![path, flags]);
        t.call(form.row, args![fd, &mut buffer, 512]);
        t.call(form.row, args![fd, 0, 512]);
        t.close(fd);
    }
    let dir = t.call("open", args![c"w/dir", O_RDONLY]);
    let high = 0xdead_beef_0000_0000u64;
    for fd in [
        u64::MAX,
        99,
        high | 99,
        high | dir as u64,
        u64::from(AT_FDCWD as u32),
    ] {
        t.call(form.row, args![fd, &mut buffer, 512]);
    }
    t.call(form.row, args![-1, 0, 0]);
}

pub fn listing_positions(t: &mut Twin) {
    positions(t, [&NEW, &NEW]);
}

/// Both calls go on where either stopped.
pub fn old_listing_positions(t: &mut Twin) {
    positions(t, [&OLD, &NEW]);
}

/// One position for all holders; telldir's cookies lead back to where they came from.
fn positions(t: &mut Twin, [form, other]: [&Form; 2]) {
    let _reader = world::build("w");
    let fd = t.call("open", args![c"w", O_RDONLY]);
    let twin = t.call("dup", args![fd]);
    getdents(t, form, fd, 100);
    let cookie = t.call("lseek", args![fd, 0, SEEK_CUR]);
    getdents(t, other, twin, 100);
    t.fork("child", |t| {
        getdents(t, form, fd, 100);
    });
    getdents(t, form, fd, 100);
    for offset in [cookie, 0, 1, cookie] {
        t.call("lseek", args![twin, offset, SEEK_SET]);
        getdents(t, form, fd, 100);
        getdents(t, other, fd, 100);
    }
    t.call("lseek", args![fd, 0, SEEK_END]);
    getdents(t, form, fd, 100);
    t.call("lseek", args![fd, -1, SEEK_SET]);
    t.call("lseek", args![fd, 0, SEEK_SET]);
    rest(t, form, fd, 512);
}

pub fn listing_deleted(t: &mut Twin) {
    deleted(t, &NEW);
}

pub fn old_listing_deleted(t: &mut Twin) {
    deleted(t, &OLD);
}

fn deleted(t: &mut Twin, form: &Form) {
    world::dir("d");
    let fd = t.call("open", args![c"d", O_RDONLY]);
    let begun = t.call("open", args![c"d", O_RDONLY]);
    getdents(t, form, begun, 24);
    fs::remove_dir("d").expect("d");
    for fd in [fd, begun] {
        getdents(t, form, fd, 512);
        t.call(form.row, args![fd, 0, 512]);
        t.call("lseek", args![fd, 0, SEEK_SET]);
        getdents(t, form, fd, 0);
    }
}

pub fn listing_while_changing(t: &mut Twin) {
    world::dir("d");
    let fd = t.call("open", args![c"d", O_RDONLY]);
    rest(t, &NEW, fd, 512);
    world::file("d/late", "");
    getdents(t, &NEW, fd, 512);
    t.call("lseek", args![fd, 0, SEEK_SET]);
    getdents(t, &NEW, fd, 24);
    fs::remove_file("d/late").expect("late");
    world::file("d/later", "");
    rest(t, &NEW, fd, 512);
}

/// A process lists its own descriptors, none of a worker's.
pub fn listing_proc(t: &mut Twin) {
    t.call("dup2", args![0, 20]);
    for path in [
        c"/proc/self/fd",
        c"/dev/fd",
        c"/proc/self/fdinfo",
        c"/proc/thread-self/fd",
    ] {
        let fd = t.call("open", args![path, O_RDONLY | O_DIRECTORY]);
        let mut buffer = [0u8; 4096];
        let length = t.call("getdents64", args![fd, &mut buffer, 4096]);
        t.forget_inodes();
        (NEW.entries)(t, &buffer[..usize::try_from(length).unwrap_or(0)]);
        t.close(fd);
    }
    let fd = t.call("open", args![c"/proc/self/task", O_RDONLY]);
    let mut buffer = [0u8; 512];
    let shown = Arg::from(&mut buffer);
    t.call("getdents64", args![fd, shown, 512]);
    let name = format!("{}\0", std::process::id());
    t.note(
        "one task, me",
        buffer
            .windows(name.len())
            .any(|window| window == name.as_bytes()),
    );
}
