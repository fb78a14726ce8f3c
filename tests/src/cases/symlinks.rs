//! symlink, symlinkat.

use super::world;
use crate::args;
use crate::case;
use crate::case::Family;
use crate::cast::{GROUP, OWNER, everyone};
use crate::filesystem::FileSystem;
use crate::memory;
use crate::mounts;
use crate::needs::Need;
use crate::stamps;
use crate::twin::Twin;
use crate::users::ordinary;
use libc::*;
use std::ffi::{CStr, CString};
use std::fs;
use std::os::unix::fs::chown;
use std::path::Path;

const ROWS: [&str; 2] = ["symlink", "symlinkat"];

pub const FAMILY: Family = Family {
    name: "symlinks",
    on: FileSystem::ALL,
    cases: &[
        case!(onto_everything).each_sees(&ROWS, &[EEXIST, ENOENT]),
        case!(texts).each_sees(&ROWS, &[ENOENT, ENAMETOOLONG, EFAULT]),
        case!(descriptors).sees(&[("symlinkat", &[EBADF, ENOTDIR])]),
        case!(times),
        case!(owners).needs(&[Need::Root]),
        case!(others_directories).each_sees(&ROWS, &[EACCES, EEXIST]),
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

fn symlink(t: &mut Twin, row: &str, text: &CStr, to: &CStr) {
    match row {
        "symlink" => t.call(row, args![text, to]),
        _ => t.call(row, args![text, AT_FDCWD, to]),
    };
}

const NAMES: &str = "
    file dir link dirlink dirslash fileslash dangling loop magic fifo socket nowhere file/ dir/ link/ dirlink/ dangling/
    loop/ nowhere/ . .. ./ file/. dir/. dirlink/. nowhere/. new new/ new/. new/x file/x dirlink/x dangling/x
";

fn onto_everything(t: &mut Twin) {
    let body = |t: &mut Twin| {
        for name in NAMES.split_whitespace().chain([""]) {
            for row in ROWS {
                for text in [c"file", c"nowhere", c""] {
                    let _reader = world::build("w");
                    symlink(t, row, text, &path(&format!("w/{name}")));
                    symlink(t, row, text, &path(&format!("w/{name}")));
                    t.tree("w");
                }
            }
        }
    };
    body(t);
    ordinary(t, body);
}

/// A link may say anything but nothing.
fn texts(t: &mut Twin) {
    let long = [255, 256, 4094, 4095, 4096, 9000].map(|length| path(&"t".repeat(length)));
    let odd = CString::new(vec![0xff, b'/', 1, b'\n']).expect("no NUL");
    let plain = [c"", c"x", c"/", c".", c"//", odd.as_c_str(), c"/proc/self"];
    for row in ROWS {
        for text in plain.into_iter().chain(long.iter().map(CString::as_c_str)) {
            symlink(t, row, text, c"new");
            let mut said = [0u8; 5000];
            t.call("readlink", args![c"new", &mut said, said.len()]);
            t.bytes("text", said.trim_ascii_end().get(..20).unwrap_or_default());
            t.tree(".");
            t.call("unlink", args![c"new"]);
        }
    }
    let edge = memory::before_the_edge(b"text\0");
    let cut = memory::before_the_edge(b"text");
    for spot in memory::bad().iter().chain([&edge, &cut]) {
        t.call("symlink", args![spot, c"new"]);
        t.call("symlinkat", args![spot, AT_FDCWD, c"new2"]);
        t.call("symlinkat", args![spot, -1, c"new2"]);
        t.tree(".");
    }
}

fn descriptors(t: &mut Twin) {
    let here = std::env::current_dir().expect("here").join("w/dir/new");
    let absolute = path(here.to_str().expect("a plain path"));
    for how in [O_RDONLY, O_PATH] {
        let _reader = world::build("w");
        let dir = t.call("open", args![c"w/dir", how | O_DIRECTORY]);
        let file = t.call("open", args![c"w/file", how]);
        for fd in [dir, file, -1, 99] {
            for name in [c"new", c"../new", c"", absolute.as_c_str(), c"."] {
                t.call("symlinkat", args![c"text", fd, name]);
            }
            t.tree("w");
        }
        t.close(dir);
        t.close(file);
    }
}

fn times(t: &mut Twin) {
    for row in ROWS {
        let _reader = world::build("w");
        for (name, seen) in [
            (c"w/dir/one", "w/dir/inner"),
            (c"w/dirlink/two", "w/dirlink"),
            (c"w/link", "w/link"),
        ] {
            stamps::changes(t, &[seen, "w/dir", "w"], |t| {
                symlink(t, row, c"../file", name);
            });
        }
    }
}

/// Whose the link is, and of which group in a directory with the set-group-ID bit.
fn owners(t: &mut Twin) {
    let scene = || {
        let _ = fs::remove_dir_all("inherits");
        world::dir("inherits");
        chown("inherits", Some(OWNER), Some(GROUP)).expect("chown");
        world::chmod("inherits", 0o2777);
    };
    everyone(t, scene, |t| {
        t.call("umask", args![0o77]);
        symlink(t, "symlink", c"x", c"inherits/one");
        symlink(t, "symlinkat", c"x", c"inherits/two");
    });
}

fn others_directories(t: &mut Twin) {
    ordinary(t, |t| {
        for row in ROWS {
            for name in [c"/etc/passwd", c"/etc/new", c"/new", c"/etc/new/"] {
                symlink(t, row, c"x", name);
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
            symlink(t, row, c"x", name);
        }
    }
    t.tree(".");
}

fn immutable(t: &mut Twin) {
    for (dir, flag) in [("fixed", mounts::IMMUTABLE), ("log", mounts::APPEND_ONLY)] {
        world::dir(dir);
        let held = fs::File::open(dir).expect(dir);
        mounts::set_inode_flag(&held, flag, true).expect("inode flag");
        for row in ROWS {
            symlink(t, row, c"x", &path(&format!("{dir}/{row}")));
        }
        mounts::set_inode_flag(&held, flag, false).expect("inode flag");
    }
    t.tree(".");
}

fn read_only_mount(t: &mut Twin) {
    let _reader = world::build("w");
    mounts::own_namespace();
    mounts::bind("w", "w", true);
    for row in ROWS {
        for to in [c"w/new", c"w/link", c"w/nowhere/x", c"w", c"w/new/"] {
            symlink(t, row, c"text", to);
        }
    }
}

fn full_file_system(t: &mut Twin) {
    mounts::own_namespace();
    world::dir("m");
    mounts::tmpfs(Path::new("m"), "size=64k,nr_inodes=3").expect("tmpfs");
    for i in 0..3 {
        for row in ROWS {
            symlink(t, row, c"text", &path(&format!("m/{row}{i}")));
        }
    }
    t.tree("m");
}
