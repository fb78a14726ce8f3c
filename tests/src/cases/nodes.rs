//! mknod, mknodat.

use super::world;
use crate::args;
use crate::case;
use crate::case::Family;
use crate::cast::{GROUP, OWNER, everyone};
use crate::filesystem::FileSystem;
use crate::mounts;
use crate::needs::Need;
use crate::stamps;
use crate::twin::Twin;
use crate::users::{is_root, ordinary};
use libc::*;
use std::ffi::{CStr, CString};
use std::fs;
use std::os::unix::fs::chown;
use std::path::Path;

const ROWS: [&str; 2] = ["mknod", "mknodat"];

pub const FAMILY: Family = Family {
    name: "nodes",
    on: FileSystem::ALL,
    cases: &[
        case!(every_type).each_sees(&ROWS, &[EINVAL, EPERM]),
        case!(modes_and_umask),
        case!(registers),
        case!(onto_everything).each_sees(&ROWS, &[EEXIST, ENOENT]),
        case!(bad_type_and_bad_path).each_sees(&ROWS, &[EINVAL]),
        case!(what_was_made_works),
        case!(times),
        case!(devices).needs(&[Need::Root]),
        case!(who_may)
            .needs(&[Need::Root])
            .each_sees(&ROWS, &[EPERM, EACCES]),
        case!(kernel_directories)
            .needs(&[Need::Root])
            .each_sees(&ROWS, &[EPERM]),
        case!(immutable)
            .needs(&[Need::InodeFlags])
            .each_sees(&ROWS, &[EPERM]),
        case!(read_only_mount)
            .needs(&[Need::Mounts])
            .each_sees(&ROWS, &[EROFS]),
        case!(full_file_system)
            .needs(&[Need::Mounts])
            .each_sees(&ROWS, &[ENOSPC]),
    ],
};

fn path(text: &str) -> CString {
    CString::new(text).expect("no NUL in a path")
}

fn mknod(t: &mut Twin, row: &str, path: &CStr, mode: u32, device: u64) -> i64 {
    match row {
        "mknod" => t.call(row, args![path, mode, device]),
        _ => t.call(row, args![AT_FDCWD, path, mode, device]),
    }
}

const TYPES: [u32; 5] = [0, S_IFREG, S_IFIFO, S_IFSOCK, S_IFDIR];

/// All sixteen numbers a type can have, of which devices take a capability.
fn every_type(t: &mut Twin) {
    let body = |t: &mut Twin| {
        for row in ROWS {
            for kind in (0..16).map(|kind| kind << 12) {
                for device in [0, 0x103] {
                    let device_type = matches!(kind, S_IFCHR | S_IFBLK);
                    if !(device_type && is_root()) {
                        mknod(t, row, c"new", kind | 0o644, device);
                        t.tree(".");
                        let _ = fs::remove_file("new");
                    }
                }
            }
        }
    };
    body(t);
    ordinary(t, body);
}

fn modes_and_umask(t: &mut Twin) {
    for umask in [0, 0o022, 0o077, 0o777] {
        t.call("umask", args![umask]);
        for row in ROWS {
            for kind in TYPES {
                for mode in [0, 0o644, 0o777, 0o1777, 0o2755, 0o4755, 0o7777] {
                    mknod(t, row, c"new", kind | mode, 0);
                    t.tree(".");
                    let _ = fs::remove_file("new");
                }
            }
        }
    }
}

/// A mode is an unsigned short of the register.
fn registers(t: &mut Twin) {
    for high in [0u64, 1 << 32, 0xdead_beef_0000_0000, 0x1_0000, !0xffff] {
        let here = high | u64::from(AT_FDCWD as u32);
        for kind in TYPES.map(u64::from) {
            let mode = high | kind | 0o640;
            t.call("mknod", args![c"one", mode, high | 7]);
            t.call("mknodat", args![here, c"two", mode, high | 7]);
            t.tree(".");
            for name in ["one", "two"] {
                let _ = fs::remove_file(name);
            }
        }
    }
}

const NAMES: &str = "
    file dir link dirlink dangling loop fifo socket file/ dir/ link/ dirlink/ dangling/ nowhere/ . .. ./ dir/. new/.
    new/x dangling/x dirlink/new fileslash dirslash
";

fn onto_everything(t: &mut Twin) {
    for row in ROWS {
        for name in NAMES.split_whitespace().chain(["", "/"]) {
            let _reader = world::build("w");
            let at = path(&if name == "/" {
                name.into()
            } else {
                format!("w/{name}")
            });
            for kind in TYPES {
                mknod(t, row, &at, kind | 0o600, 0);
            }
            t.tree("w");
        }
    }
}

/// The type is looked at first.
fn bad_type_and_bad_path(t: &mut Twin) {
    let _reader = world::build("w");
    let spots = crate::memory::bad();
    for kind in [S_IFREG, S_IFDIR, S_IFLNK, 0o170_000] {
        for name in [c"w/nowhere/x", c"w/file/x", c"w/file", c"", c"w/loop/x"] {
            mknod(t, "mknod", name, kind | 0o600, 0);
            t.call("mknodat", args![-1, name, kind | 0o600, 0]);
        }
        for spot in &spots {
            t.call("mknod", args![spot, kind | 0o600, 0]);
            t.call("mknodat", args![-1, spot, kind | 0o600, 0]);
        }
    }
}

fn what_was_made_works(t: &mut Twin) {
    for row in ROWS {
        mknod(t, row, c"fifo", S_IFIFO | 0o600, 0);
        let fd = t.call("open", args![c"fifo", O_RDWR | O_NONBLOCK]);
        t.call("write", args![fd, b"through", 7]);
        let mut through = [0u8; 7];
        t.call("read", args![fd, &mut through, 7]);
        t.bytes("read", &through);
        t.close(fd);
        mknod(t, row, c"file", S_IFREG | 0o600, 0);
        let fd = t.call("open", args![c"file", O_RDWR]);
        t.call("write", args![fd, b"body", 4]);
        t.close(fd);
        mknod(t, row, c"socket", S_IFSOCK | 0o600, 0);
        t.opened("open", args![c"socket", O_RDWR]);
        t.tree(".");
        for name in ["fifo", "file", "socket"] {
            fs::remove_file(name).expect(name);
        }
    }
}

fn times(t: &mut Twin) {
    world::dir("dir");
    world::link("dir", "link");
    let paths = ["dir", "link", "."];
    for row in ROWS {
        stamps::changes(t, &paths, |t| {
            mknod(t, row, &path(&format!("link/{row}")), S_IFIFO | 0o600, 0);
        });
        stamps::changes(t, &paths, |t| {
            mknod(t, row, &path(&format!("dir/{row}")), S_IFIFO | 0o600, 0);
        });
    }
}

fn devices(t: &mut Twin) {
    for row in ROWS {
        for kind in [S_IFCHR, S_IFBLK] {
            for device in [0u64, 0x103, 0x801, 0xfff_0ff, 0xffff_ffff, 0xdead_0000_0103] {
                mknod(t, row, c"new", kind | 0o640, device);
                t.tree(".");
                let _ = fs::remove_file("new");
            }
        }
    }
}

/// Owner and group of what is made, by whom, in directories that pass on their group or are closed.
fn who_may(t: &mut Twin) {
    let scene = || {
        for (name, mode) in [
            ("open", 0o777),
            ("inherits", 0o2777),
            ("group", 0o2570),
            ("mine", 0o700),
        ] {
            let _ = fs::remove_dir_all(name);
            world::dir(name);
            chown(name, Some(OWNER), Some(GROUP)).expect("chown");
            world::chmod(name, mode);
        }
    };
    everyone(t, scene, |t| {
        for row in ROWS {
            for dir in ["open", "inherits", "group", "mine"] {
                for (i, kind) in TYPES.into_iter().chain([S_IFCHR]).enumerate() {
                    let at = path(&format!("{dir}/{row}{i}"));
                    mknod(t, row, &at, kind | 0o6775, 0x103);
                }
            }
        }
    });
}

fn kernel_directories(t: &mut Twin) {
    for name in [
        c"/proc/new",
        c"/proc/self/new",
        c"/sys/new",
        c"/dev/pts/new",
        c"/proc/self/fd/new",
        c"/proc/self/cwd/made",
    ] {
        for row in ROWS {
            mknod(t, row, name, S_IFREG | 0o600, 0);
            mknod(t, row, name, S_IFIFO | 0o600, 0);
        }
    }
    t.tree(".");
}

fn immutable(t: &mut Twin) {
    world::dir("fixed");
    world::dir("log");
    let held = [("fixed", mounts::IMMUTABLE), ("log", mounts::APPEND_ONLY)]
        .map(|(name, flag)| (fs::File::open(name).expect(name), flag));
    for (file, flag) in &held {
        mounts::set_inode_flag(file, *flag, true).expect("inode flag");
    }
    for row in ROWS {
        for dir in ["fixed", "log"] {
            mknod(t, row, &path(&format!("{dir}/{row}")), S_IFIFO | 0o600, 0);
        }
    }
    for (file, flag) in &held {
        mounts::set_inode_flag(file, *flag, false).expect("inode flag");
    }
    t.tree(".");
}

fn read_only_mount(t: &mut Twin) {
    let _reader = world::build("w");
    mounts::own_namespace();
    mounts::bind("w", "w", true);
    for row in ROWS {
        for name in [
            c"w/new",
            c"w/file",
            c"w/new/",
            c"w/nowhere/x",
            c"w",
            c"w/link/x",
        ] {
            for kind in TYPES {
                mknod(t, row, name, kind | 0o600, 0);
            }
        }
    }
}

fn full_file_system(t: &mut Twin) {
    mounts::own_namespace();
    world::dir("m");
    mounts::tmpfs(Path::new("m"), "size=64k,nr_inodes=3").expect("tmpfs");
    for i in 0..3 {
        for row in ROWS {
            mknod(t, row, &path(&format!("m/{row}{i}")), S_IFREG | 0o600, 0);
        }
    }
    t.tree("m");
}
