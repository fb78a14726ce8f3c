//! FIFOs and sockets: nobody at the other end, or somebody to wait for.

use super::ways::{ALL, CREATORS, each_way, open_by};
use crate::cases::world;
use crate::twin::Twin;
use crate::{args, signals};
use libc::*;
use std::ffi::CString;
use std::fs;

pub fn nobody_at_the_other_end(t: &mut Twin) {
    drop(world::build("w"));
    for flags in [O_WRONLY, O_RDONLY, O_RDWR] {
        each_way(t, c"w/fifo", O_NONBLOCK | flags, 0);
    }
    for flags in [O_WRONLY, O_RDONLY, O_RDWR | O_CREAT, O_PATH] {
        each_way(t, c"w/socket", flags, 0);
    }
}

pub fn interrupted(t: &mut Twin) {
    drop(world::build("w"));
    for row in CREATORS {
        signals::interrupting(|| open_by(t, row, c"w/fifo", O_WRONLY, 0));
    }
    signals::interrupting(|| open_by(t, "open", c"w/fifo", O_RDONLY, 0));
    t.note("caught", signals::caught() > 0);
}

/// Both ends wait for each other in open, across processes.
pub fn fifo_rendezvous(t: &mut Twin) {
    for row in ALL {
        nix::unistd::mkfifo(row, nix::sys::stat::Mode::from_bits_truncate(0o600)).expect("fifo");
    }
    // SAFETY: single-threaded; the child leaves through `_exit`.
    let writer = unsafe { fork() };
    if writer == 0 {
        for row in ALL {
            let written = fs::File::options()
                .write(true)
                .open(row)
                .and_then(|mut end| {
                    use std::io::Write;
                    end.write_all(row.as_bytes())
                });
            assert!(written.is_ok());
        }
        // SAFETY: ends the child without running the parent's exit handlers.
        unsafe { _exit(0) };
    }
    for row in ALL {
        let fifo = CString::new(row).expect("path");
        let fd = open_by(t, row, &fifo, O_RDONLY, 0);
        let mut buffer = [0u8; 16];
        t.call("read", args![fd, &mut buffer, row.len()]);
        t.bytes("read", &buffer);
        t.call("read", args![fd, &mut buffer, 1]);
        t.close(fd);
    }
    let mut status = 0;
    // SAFETY: our own child, and a place for its status.
    unsafe { waitpid(writer, &raw mut status, 0) };
    t.note("writer", status);
}
