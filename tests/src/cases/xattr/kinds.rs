//! Files and descriptors of every kind.

use super::forms::{GET, LIST, On, REMOVE, SET, names, on, put, remove, value};
use crate::arg::Arg;
use crate::args;
use crate::cases::world;
use crate::nameless::one_of_each;
use crate::twin::Twin;
use libc::*;
use std::ffi::CString;

/// Attributes of users belong to files and directories; those of root to everything.
pub fn kinds_of_files(t: &mut Twin) {
    let _reader = world::build("w");
    for name in
        "file dir link dirlink dangling loop fifo socket magic dir/ link/ file/ .".split(' ')
    {
        let path = CString::new(format!("w/{name}")).expect("path");
        let on = On {
            path: &path,
            fd: -1,
        };
        for attribute in [c"user.x", c"trusted.x", c"security.x"] {
            for i in [0, 1, 3] {
                put(t, SET[i], on, attribute, b"value");
                value(t, GET[i], on, attribute);
                names(t, LIST[i], on);
                remove(t, REMOVE[i], on, &attribute.into());
                put(t, SET[1], on, attribute, b"kept");
            }
        }
    }
    t.tree("w");
}

pub fn kernel_files(t: &mut Twin) {
    for path in [
        c"/proc/self/stat",
        c"/proc/self",
        c"/proc/self/fd/0",
        c"/proc",
        c"/sys/kernel",
        c"/dev/null",
        c"/dev/pts",
        c"/proc/self/ns/mnt",
        c"/",
        c"/etc/passwd",
    ] {
        let on = on(t, path);
        for attribute in [
            c"user.none",
            c"trusted.none",
            c"foo.none",
            c"system.posix_acl_access",
        ] {
            GET.iter().for_each(|row| value(t, row, on, attribute));
            for row in REMOVE {
                remove(t, row, on, &c"user.none".into());
            }
        }
        LIST.iter().for_each(|row| names(t, row, on));
        t.close(on.fd);
    }
}

fn by_descriptor(t: &mut Twin, fd: impl Into<Arg>) {
    let fd = fd.into();
    let mut buffer = [b'.'; 64];
    for name in [c"user.x", c"trusted.x", c"security.x"] {
        t.call("fsetxattr", args![&fd, name, b"value", 5, 0]);
        t.call("fgetxattr", args![&fd, name, &mut buffer, 64]);
        t.call("flistxattr", args![&fd, &mut buffer, 64]);
        t.bytes("buffer", &buffer);
        t.call("fremovexattr", args![&fd, name]);
    }
}

pub fn kinds_of_descriptors(t: &mut Twin) {
    let _reader = world::build("w");
    let more = [(c"/dev/null", O_RDONLY), (c"w", O_TMPFILE | O_RDWR)];
    for (path, flags) in world::HELD.into_iter().chain(more) {
        let fd = t.call("open", args![path, flags, 0o600]);
        if path != c"/dev/null" {
            by_descriptor(t, fd);
            by_descriptor(t, 0xdead_beef_0000_0000u64 | fd as u64);
        }
        t.close(fd);
    }
    for fd in one_of_each() {
        by_descriptor(t, fd);
    }
    for fd in [-1, 99, AT_FDCWD, i32::MIN, i32::MAX] {
        by_descriptor(t, fd);
    }
    t.tree("w");
}
