//! What the owner, the mode and the inode flags allow.

use super::ways::{each_way, open_by};
use crate::cases::world;
use crate::mounts;
use crate::twin::Twin;
use crate::users::ordinary;
use libc::*;
use std::ffi::CString;
use std::fs;

pub fn no_atime(t: &mut Twin) {
    world::file("file", "");
    each_way(t, c"file", O_NOATIME, 0);
    ordinary(t, |t| {
        each_way(t, c"/etc/passwd", O_NOATIME, 0);
        world::file("mine", "");
        each_way(t, c"mine", O_NOATIME, 0);
    });
}

pub fn immutable(t: &mut Twin) {
    for (name, flag) in [("fixed", mounts::IMMUTABLE), ("log", mounts::APPEND_ONLY)] {
        world::file(name, "keep");
        mounts::with_inode_flag(flag, &[name], || {
            let path = CString::new(name).expect("name");
            for flags in [
                O_RDONLY,
                O_WRONLY,
                O_RDWR | O_APPEND,
                O_RDWR | O_TRUNC,
                O_WRONLY | O_APPEND | O_TRUNC,
                O_NOATIME,
            ] {
                each_way(t, &path, flags, 0);
            }
            let fd = open_by(t, "creat", &path, 0, 0o600);
            t.close(fd);
        });
    }
}

pub fn access_modes_as_ordinary_user(t: &mut Twin) {
    ordinary(t, |t| {
        for mode in [0o000, 0o100, 0o200, 0o400, 0o600, 0o044, 0o444] {
            world::file("f", "x");
            world::chmod("f", mode);
            for flags in [
                O_RDONLY,
                O_WRONLY,
                O_RDWR,
                O_ACCMODE,
                O_RDONLY | O_TRUNC,
                O_PATH,
            ] {
                each_way(t, c"f", flags, 0);
            }
            let fd = open_by(t, "creat", c"f", 0, 0o777);
            t.close(fd);
            t.tree(".");
            fs::remove_file("f").expect("f");
        }
        each_way(t, c"/etc/passwd", O_RDWR, 0);
        each_way(t, c"/etc/shadow", O_RDONLY, 0);
        each_way(t, c"/new", O_CREAT | O_RDWR, 0o600);
    });
}
