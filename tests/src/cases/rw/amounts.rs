//! Nothing at all, and as much as there may be.

use crate::arg::Arg;
use crate::cases::world;
use crate::contents::{much, open, open_contents, where_is};
use crate::twin::Twin;
use crate::{args, memory};
use libc::*;

const COUNTS: [u64; 11] = [
    0,
    1,
    36,
    37,
    64,
    i32::MAX as u64,
    0x7fff_f000,
    1 << 32,
    i64::MAX as u64,
    1 << 63,
    u64::MAX,
];

/// Counts up to the largest. A buffer that would end beyond the address space is refused, however little there is to
/// read: so one of these lies low.
pub fn lengths(t: &mut Twin) {
    let fd = open_contents(t);
    let mut high = [b'.'; 64];
    let low = memory::low();
    for count in COUNTS {
        for place in [Arg::from(&mut high), Arg::from(&low)] {
            t.call("lseek", args![fd, 0, SEEK_SET]);
            t.call("read", args![fd, &place, count]);
            where_is(t, fd);
            t.call("pread64", args![fd, &place, count, 30]);
        }
        t.bytes("high", &high);
        t.bytes("low", &memory::contents(&low, 64));
    }
}

/// Nothing at all, to and from anywhere, by any descriptor.
pub fn no_bytes(t: &mut Twin) {
    let fd = open_contents(t);
    let buffer = [b'.'; 64];
    for count in [0u64, 1, 64] {
        t.call("write", args![fd, &buffer, count]);
        t.call("pwrite64", args![fd, &buffer, count, 3]);
    }
    for fd in [fd, -1, 99] {
        for address in [0u64, 1, u64::MAX] {
            t.call("read", args![fd, address, 0]);
            t.call("write", args![fd, address, 0]);
            t.call("pread64", args![fd, address, 0, 0]);
            t.call("pwrite64", args![fd, address, 0, 0]);
        }
    }
    t.tree(".");
}

/// Larger than any bounce buffer.
pub fn large_transfers(t: &mut Twin) {
    let bytes = much();
    world::file("file", "");
    let fd = open(t, c"file", O_RDWR);
    t.call("write", args![fd, &bytes[..], bytes.len()]);
    where_is(t, fd);
    t.call("pwrite64", args![fd, &bytes[..], bytes.len(), 12345]);
    let mut back = vec![0u8; bytes.len()];
    t.call("pread64", args![fd, &mut back[..], back.len(), 12345]);
    t.note("the same came back", back == bytes);
    t.call("lseek", args![fd, 0, SEEK_SET]);
    t.call("read", args![fd, &mut back[..], back.len()]);
    t.note("the head came back", back[..12345] == bytes[..12345]);
    where_is(t, fd);
}
