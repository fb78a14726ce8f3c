//! Devices, those that do not exist included, and procfs.

use super::ways::{ALL, describe, each_way, open_by};
use crate::args;
use crate::twin::Twin;
use libc::*;

pub fn no_such_device(t: &mut Twin) {
    let devices = [
        (c"char", S_IFCHR, makedev(251, 250)),
        (c"block", S_IFBLK, makedev(251, 250)),
        (c"misc", S_IFCHR, makedev(10, 251)),
        (c"null", S_IFCHR, makedev(1, 3)),
    ];
    for (name, kind, device) in devices {
        // SAFETY: the name is terminated and lives across the call.
        t.note("mknod", unsafe {
            mknod(name.as_ptr(), kind | 0o666, device)
        });
        for flags in [O_RDONLY, O_WRONLY, O_PATH] {
            each_way(t, name, flags, 0);
        }
        let fd = open_by(t, "creat", name, 0, 0o600);
        t.close(fd);
    }
}

/// procfs tells each process about itself: it must be the caller that asks.
pub fn own_proc_files(t: &mut Twin) {
    let pid = std::process::id().to_string();
    for row in ALL {
        for path in [
            c"/proc/self/stat",
            c"/proc/thread-self/stat",
            c"/proc/self/task/../stat",
        ] {
            let mut buffer = [0u8; 64];
            let fd = open_by(t, row, path, O_RDONLY, 0);
            t.call("read", args![fd, &mut buffer, 32]);
            t.close(fd);
            t.note("is me", buffer.starts_with(format!("{pid} (").as_bytes()));
        }
        let fd = open_by(t, row, c"/proc/self/comm", O_RDWR, 0);
        t.call("write", args![fd, b"renamed", 7]);
        let mut buffer = [0u8; 16];
        t.call("pread64", args![fd, &mut buffer, 16, 0]);
        t.bytes("comm", &buffer);
        t.close(fd);
        for path in [
            c"/proc/self/mem",
            c"/proc/self/maps",
            c"/proc/self/oom_score_adj",
            c"/proc/self/cmdline",
        ] {
            let fd = open_by(t, row, path, O_RDONLY, 0);
            t.close(fd);
        }
    }
}

pub fn devices(t: &mut Twin) {
    let mut buffer = [1u8; 8];
    for path in [
        c"/dev/null",
        c"/dev/zero",
        c"/dev/full",
        c"/dev/tty",
        c"/dev/stdin",
        c"/dev/stdout",
        c"/dev/stderr",
    ] {
        for row in ALL {
            for flags in [O_RDONLY, O_RDWR, O_WRONLY | O_APPEND] {
                let fd = open_by(t, row, path, flags, 0);
                describe(t, fd);
                if fd >= 0 {
                    t.call("read", args![fd, &mut buffer, 8]);
                    t.bytes("read", &buffer);
                }
                t.close(fd);
            }
        }
    }
}
