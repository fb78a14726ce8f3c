//! What is made, by whom and when: modes, groups, O_EXCL, O_TMPFILE, times.

use super::ways::{ALL, CREATORS, describe, each_way, open_by};
use crate::cases::world;
use crate::twin::Twin;
use crate::users::{is_root, ordinary};
use crate::{args, stamps};
use libc::*;
use std::ffi::CString;
use std::fs;

pub fn modes_and_umask(t: &mut Twin) {
    world::dir("d");
    for umask in [0, 0o022, 0o077, 0o777, 0o7777] {
        t.call("umask", args![umask]);
        for mode in [
            0u32, 0o777, 0o4755, 0o2755, 0o1777, 0o7777, 0o17777, 0o100644, !0,
        ] {
            for row in CREATORS {
                let fd = open_by(t, row, c"d/new", O_CREAT | O_WRONLY | O_TRUNC, mode);
                if fd >= 0 {
                    t.call("write", args![fd, b"x", 1]);
                }
                t.close(fd);
                t.tree("d");
                let _ = fs::remove_file("d/new");
            }
        }
    }
    t.call("umask", args![0o022]);
}

/// New files take the group of such a directory; an ordinary user outside that group loses the set-group-ID bit.
pub fn setgid_directory(t: &mut Twin) {
    world::dir("home");
    world::dir("home/d");
    if is_root() {
        std::os::unix::fs::chown("home/d", None, Some(crate::users::ALICE)).expect("chown");
    }
    world::chmod("home/d", 0o2777);
    for as_user in [false, true] {
        let body = |t: &mut Twin, dir: &str| {
            for row in CREATORS {
                for mode in [0o644, 0o2755, 0o2745] {
                    let path = CString::new(format!("{dir}/{row}{as_user}{mode:o}")).expect("path");
                    let fd = open_by(t, row, &path, O_CREAT | O_RDWR, mode);
                    t.close(fd);
                }
            }
        };
        match as_user {
            true => ordinary(t, |t| body(t, "d")),
            false => body(t, "home/d"),
        }
    }
    t.tree("home");
}

pub fn exclusive(t: &mut Twin) {
    let _reader = world::build("w");
    for path in [
        c"w/file",
        c"w/dir",
        c"w/link",
        c"w/dangling",
        c"w/fifo",
        c"w/socket",
        c"w/loop",
        c"w/new",
        c"w/new/",
    ] {
        for flags in [
            O_EXCL,
            O_EXCL | O_CREAT,
            O_EXCL | O_CREAT | O_TRUNC | O_NOFOLLOW,
            O_EXCL | O_CREAT | O_DIRECTORY,
        ] {
            each_way(t, path, O_RDWR | O_NONBLOCK | flags, 0o600);
            let _ = fs::remove_file("w/new");
        }
    }
    t.tree("w");
}

pub fn creat_of_everything(t: &mut Twin) {
    let _reader = world::build("w");
    for name in [
        "file", "dir", "link", "dangling", "fifo", "socket", "loop", "new", "dir/", "new/",
    ] {
        let path = CString::new(format!("w/{name}")).expect("path");
        let fd = t.call("creat", args![path.as_c_str(), 0o606]);
        describe(t, fd);
        t.close(fd);
    }
    t.tree("w");
}

pub fn tmpfile(t: &mut Twin) {
    world::dir("d");
    for path in [c"d", c"d/", c".", c"d/nowhere"] {
        for flags in [
            O_RDONLY,
            O_WRONLY,
            O_RDWR,
            O_RDWR | O_EXCL,
            O_RDWR | O_CREAT,
            O_RDWR | O_TRUNC,
            O_RDWR | O_APPEND,
        ] {
            each_way(t, path, O_TMPFILE | flags, 0o640);
        }
    }
    world::file("file", "");
    each_way(t, c"file", O_TMPFILE | O_RDWR, 0o600);
    for row in ALL {
        let fd = open_by(t, row, c"d", O_TMPFILE | O_RDWR, 0o6711);
        t.call("write", args![fd, b"named later", 11]);
        let name = CString::new(format!("d/{row}")).expect("path");
        let from = CString::new(format!("/proc/self/fd/{fd}")).expect("path");
        // SAFETY: both paths are terminated and live across the call.
        let linked = unsafe {
            libc::linkat(
                AT_FDCWD,
                from.as_ptr(),
                AT_FDCWD,
                name.as_ptr(),
                AT_SYMLINK_FOLLOW,
            )
        };
        t.note("linkat", linked);
        t.close(fd);
    }
    t.tree("d");
}

pub fn tmpfile_unsupported(t: &mut Twin) {
    for path in [c"/proc", c"/sys", c"/sys/kernel"] {
        each_way(t, path, O_TMPFILE | O_RDWR, 0o600);
    }
}

/// Opening sets no time but those it should.
pub fn times_of_creation(t: &mut Twin) {
    for row in CREATORS {
        for (flags, name) in [
            (O_RDWR, "plain"),
            (O_RDWR | O_TRUNC, "empty"),
            (O_RDWR | O_CREAT, "exists"),
        ] {
            fs::write(name, "x").expect("file");
            stamps::make_old(name);
            let path = CString::new(name).expect("path");
            let mode = if flags & O_CREAT != 0 { 0o600 } else { 0 };
            let fd = open_by(t, row, &path, flags, mode);
            t.close(fd);
            stamps::note_old(t, name);
        }
    }
}
