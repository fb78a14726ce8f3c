//! Inode flags, a read-only mount, and no room left.

use super::forms::{GET, REMOVE, SET, file, names, on, put, remove, value};
use crate::cases::world;
use crate::mounts;
use crate::twin::Twin;

pub fn immutable(t: &mut Twin) {
    for flag in [mounts::IMMUTABLE, mounts::APPEND_ONLY] {
        let on = file(t);
        put(t, "setxattr", on, c"user.x", b"before");
        mounts::with_inode_flag(flag, &["file"], || {
            for name in [c"user.x", c"user.new", c"trusted.x"] {
                for i in 0..4 {
                    put(t, SET[i], on, name, b"after");
                    value(t, GET[i], on, name);
                    remove(t, REMOVE[i], on, &name.into());
                }
            }
        });
        t.tree(".");
    }
}

pub fn read_only_mount(t: &mut Twin) {
    let _reader = world::read_only();
    for path in [c"w/file", c"w/dir", c"w/link", c"w/fifo"] {
        let on = on(t, path);
        for i in 0..4 {
            put(t, SET[i], on, c"user.x", b"value");
            value(t, GET[i], on, c"user.x");
            remove(t, REMOVE[i], on, &c"user.x".into());
        }
        t.close(on.fd);
    }
}

/// On a file system whose attributes have one block and no more.
pub fn no_room(t: &mut Twin) {
    world::dir("m");
    mounts::ext4("m", 1024, || world::file("m/file", ""), &[]);
    let on = on(t, c"m/file");
    for row in SET {
        for length in [500, 800, 2000, 60000] {
            put(t, row, on, c"user.x", &vec![b'v'; length]);
            put(t, row, on, c"user.y", &vec![b'v'; length]);
            names(t, "listxattr", on);
        }
        remove(t, "removexattr", on, &c"user.x".into());
    }
}
