//! io_uring: calls that never reach a filter.

use crate::args;
use crate::cases::credentials::scene::belongings;
use crate::twin::{Twin, blank};
use crate::uring::{Operation, Ring};
use crate::users::{ALICE, become_user};
use libc::*;
use std::ffi::CStr;

/// Of io_uring_register(2) and the operations' numbers.
mod op {
    pub const FSYNC: u8 = 3;
    pub const FALLOCATE: u8 = 17;
    pub const OPENAT: u8 = 18;
    pub const CLOSE: u8 = 19;
    pub const STATX: u8 = 21;
    pub const READ: u8 = 22;
    pub const WRITE: u8 = 23;
    pub const RENAMEAT: u8 = 35;
    pub const UNLINKAT: u8 = 36;
    pub const MKDIRAT: u8 = 37;
    pub const SYMLINKAT: u8 = 38;
}

pub fn through(t: &mut Twin, ring: &mut Ring, what: &str, operation: Operation) -> i64 {
    let result = ring.make(operation);
    t.note(what, crate::twin::shown(result));
    result
}

pub fn by_name(opcode: u8, name: &CStr, length: u32, flags: i32) -> Operation {
    Operation {
        opcode,
        fd: AT_FDCWD,
        address: name.as_ptr().addr() as u64,
        length,
        of_the_call: flags as u32,
        ..Operation::default()
    }
}

pub fn of_file(opcode: u8, fd: i64, buffer: &mut [u8], offset: u64) -> Operation {
    Operation {
        opcode,
        fd: fd as i32,
        offset,
        address: match buffer {
            [] => 0,
            _ => buffer.as_mut_ptr().addr() as u64,
        },
        length: buffer.len() as u32,
        ..Operation::default()
    }
}

pub fn second_name(mut operation: Operation, name: &CStr) -> Operation {
    operation.offset = name.as_ptr().addr() as u64;
    operation
}

/// What is done through a ring, and what is done by calls, is done to the same files by the same program.
pub fn rings(t: &mut Twin) {
    let mut ring = Ring::new().expect("a ring");
    t.call("umask", args![0o027]);
    let made = O_CREAT | O_RDWR;
    let fd = through(
        t,
        &mut ring,
        "open",
        by_name(op::OPENAT, c"file", 0o666, made),
    );
    let mut text = *b"through the ring";
    through(t, &mut ring, "write", of_file(op::WRITE, fd, &mut text, 0));
    let mut buffer = [b'.'; 20];
    t.call("pread64", args![fd, &mut buffer, 20, 0]);
    t.bytes("read", &buffer);
    t.call("pwrite64", args![fd, b"by a call ", 10, 0]);
    through(t, &mut ring, "read", of_file(op::READ, fd, &mut buffer, 0));
    t.bytes("read", &buffer);
    through(t, &mut ring, "fsync", of_file(op::FSYNC, fd, &mut [], 0));
    let more = Operation {
        opcode: op::FALLOCATE,
        fd: fd as i32,
        address: 100,
        ..Operation::default()
    };
    through(t, &mut ring, "fallocate", more);
    t.call("chdir", args![c"/tmp"]);
    through(
        t,
        &mut ring,
        "open",
        by_name(op::OPENAT, c"file", 0, O_RDONLY | O_EXCL),
    );
    let mut st: stat = blank();
    t.call("fstat", args![fd, &raw mut st]);
    t.stat("fstat", &st);
    through(t, &mut ring, "close", of_file(op::CLOSE, fd, &mut [], 0));
    t.call("fsync", args![fd]);
}

/// The ring's operations are made with the credentials of whoever makes them.
pub fn ring_of_another_user(t: &mut Twin) {
    belongings();
    t.fork("alice", |t| {
        let mut ring = Ring::new().expect("a ring");
        become_user(t, ALICE, ALICE);
        for name in [c"roots", c"alices", c"bobs"] {
            let fd = through(t, &mut ring, "open", by_name(op::OPENAT, name, 0, O_RDONLY));
            t.close(fd);
            t.opened("open", args![name, O_RDONLY]);
        }
        let dir = by_name(op::MKDIRAT, c"shared/dir", 0o777, 0);
        through(t, &mut ring, "mkdir", dir);
        let target = by_name(op::SYMLINKAT, c"nowhere", 0, 0);
        let link = second_name(target, c"shared/link");
        through(t, &mut ring, "symlink", link);
        let mut old = second_name(
            by_name(op::RENAMEAT, c"shared/dir", 0, 0),
            c"shared/renamed",
        );
        old.length = AT_FDCWD as u32;
        through(t, &mut ring, "rename", old);
        t.call("rmdir", args![c"shared/dir"]);
        t.call("rename", args![c"shared/renamed", c"shared/again"]);
        through(
            t,
            &mut ring,
            "unlink",
            by_name(op::UNLINKAT, c"shared/link", 0, 0),
        );
        let mut status = [0u8; 256];
        let look = by_name(op::STATX, c"shared/again", STATX_BASIC_STATS, 0);
        let look = Operation {
            offset: status.as_mut_ptr().addr() as u64,
            ..look
        };
        through(t, &mut ring, "statx", look);
        t.bytes("statx", &status[..4]);
    });
    t.tree("shared");
}
