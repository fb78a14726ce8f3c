//! Buffers in memory that is not there, ends, or cannot be written.

use crate::cases::world;
use crate::contents::{open, open_contents, where_is};
use crate::twin::Twin;
use crate::{args, memory};
use libc::*;

pub fn bad_memory(t: &mut Twin) {
    let fd = open_contents(t);
    for spot in memory::bad() {
        for count in [1u64, 8, 100, 1 << 20] {
            t.call("lseek", args![fd, 0, SEEK_SET]);
            t.call("read", args![fd, &spot, count]);
            t.call("pread64", args![fd, &spot, count, 0]);
            t.call("pread64", args![fd, &spot, count, 36]);
            t.call("write", args![fd, &spot, count]);
            t.call("pwrite64", args![fd, &spot, count, 50]);
            where_is(t, fd);
        }
    }
    t.tree(".");
}

/// A buffer that ends before the count: what fits is transferred, and the position says so.
pub fn memory_that_ends(t: &mut Twin) {
    for room in [0, 1, 5, 36, 37, 4095, 4096] {
        for size in [36, 5000, 9000] {
            let fd = open_contents(t);
            t.call("ftruncate", args![fd, size]);
            for count in [36u64, 4096, 4097, 8192] {
                let spot = memory::room_before(room, PROT_NONE);
                for offset in [0, 30] {
                    t.call("lseek", args![fd, offset, SEEK_SET]);
                    t.call("read", args![fd, &spot, count]);
                    where_is(t, fd);
                    t.call("pread64", args![fd, &spot, count, offset]);
                    t.bytes("room", &memory::contents(&spot, room.min(40)));
                }
            }
            t.close(fd);
        }
        let letters = vec![b'w'; room];
        for count in [1u64, 40, 4096, 5000] {
            world::file("out", "");
            let out = open(t, c"out", O_RDWR);
            let spot = memory::before_the_edge(&letters);
            t.call("write", args![out, &spot, count]);
            where_is(t, out);
            t.call("pwrite64", args![out, &spot, count, 10]);
            t.close(out);
            t.tree(".");
        }
    }
}

/// The kernel does not write to a page the program may not write; /proc/PID/mem would.
pub fn read_only_memory(t: &mut Twin) {
    let fd = open_contents(t);
    let fixed = memory::read_only();
    t.call("read", args![fd, &fixed, 8]);
    t.call("pread64", args![fd, &fixed, 8, 0]);
    t.bytes("still", &memory::contents(&fixed, 8));
    t.call("write", args![fd, &fixed, 8]);
    for room in [0, 3, 40] {
        let spot = memory::room_before(room, PROT_READ);
        t.call("lseek", args![fd, 0, SEEK_SET]);
        t.call("read", args![fd, &spot, 30]);
        where_is(t, fd);
        t.bytes("room", &memory::contents(&spot, room));
        // Written from, both pages serve.
        t.call("pwrite64", args![fd, &spot, 50, 0]);
    }
    let open_door = memory::write_only();
    t.call("pread64", args![fd, &open_door, 8, 4]);
    t.call("pwrite64", args![fd, &open_door, 8, 4]);
    t.tree(".");
}
