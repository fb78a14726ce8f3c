//! Directories that are fixed, read-only, full, mounted on, or the kernel's.

use super::entries::{NEW, list};
use super::removing::{REMOVERS, remove};
use crate::cases::world;
use crate::twin::Twin;
use crate::{args, mounts};
use libc::*;
use std::fs;

pub fn immutable(t: &mut Twin) {
    for flag in [mounts::IMMUTABLE, mounts::APPEND_ONLY] {
        world::dir("fixed");
        world::dir("fixed/sub");
        world::file("fixed/below", "");
        world::file("file", "");
        mounts::with_inode_flag(flag, &["fixed", "file"], || {
            for row in REMOVERS {
                for path in [c"file", c"fixed", c"fixed/below", c"fixed/sub"] {
                    remove(t, row, path);
                }
            }
            t.call("mkdir", args![c"fixed/new", 0o755]);
            t.opened("open", args![c"fixed/file", O_CREAT | O_RDWR, 0o600]);
        });
        t.tree(".");
        let _ = fs::remove_file("file");
        fs::remove_dir_all("fixed").expect("fixed");
    }
}

/// Directories the kernel keeps for itself.
pub fn kernel_directories(t: &mut Twin) {
    for path in world::KERNEL_DIRECTORIES {
        t.call("mkdir", args![path, 0o755]);
        t.call("mkdirat", args![AT_FDCWD, path, 0o755]);
        remove(t, "rmdir", path);
    }
    for path in [
        c"/proc/self/task",
        c"/proc/self/stat",
        c"/proc/self/cwd",
        c"/sys/kernel",
        c"/proc/sys/kernel",
    ] {
        for row in REMOVERS {
            remove(t, row, path);
        }
    }
}

pub fn read_only_mount(t: &mut Twin) {
    let _reader = world::read_only();
    for path in [
        c"w/file",
        c"w/dir",
        c"w/full/sub",
        c"w/nowhere",
        c"w/link",
        c"w/dangling",
        c"w/fifo",
        c"w/dir/",
        c"w",
    ] {
        t.call("mkdir", args![path, 0o755]);
        t.call("mkdirat", args![AT_FDCWD, path, 0o755]);
        for row in REMOVERS {
            remove(t, row, path);
        }
    }
}

pub fn mount_points(t: &mut Twin) {
    let _reader = world::with_mount();
    mounts::bind("w/full/a", "w/file", false);
    for path in [c"w/file", c"w/dir", c"w/dir/", c"w/dir/."] {
        for row in REMOVERS {
            remove(t, row, path);
        }
        t.call("mkdir", args![path, 0o755]);
    }
    t.call("mkdir", args![c"w/dir/new", 0o755]);
    list(t, &NEW, c"w/dir", 4096);
    list(t, &NEW, c"w", 4096);
}

pub fn full_file_system(t: &mut Twin) {
    world::tmpfs("size=64k,nr_inodes=3");
    for path in [c"m/one", c"m/two", c"m/three"] {
        t.call("mkdir", args![path, 0o755]);
        t.call("mkdirat", args![AT_FDCWD, path, 0o755]);
    }
    t.tree("m");
}

pub fn too_many_links(t: &mut Twin) {
    world::dir("m");
    let full = &["set_inode_field /d links_count 65000"];
    mounts::ext4("m", 1024, || world::dir("m/d"), full);
    t.call("mkdir", args![c"m/d/one", 0o755]);
    t.call("mkdirat", args![AT_FDCWD, c"m/d/one", 0o755]);
    t.call("mkdir", args![c"m/one", 0o755]);
}
