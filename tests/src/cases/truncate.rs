//! truncate.

use super::world;
use crate::args;
use crate::case;
use crate::case::Family;
use crate::cast::{GROUP, OWNER, everyone};
use crate::filesystem::FileSystem;
use crate::mounts;
use crate::needs::Need;
use crate::signals;
use crate::stamps;
use crate::twin::Twin;
use crate::users::ordinary;
use libc::*;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::Signal;
use std::ffi::{CStr, CString};
use std::fs;
use std::os::unix::fs::chown;
use std::process::{Command, Stdio};

pub const FAMILY: Family = Family {
    name: "truncate",
    on: FileSystem::ALL,
    cases: &[
        case!(lengths).sees(&[("truncate", &[EINVAL, EFBIG])]),
        case!(every_kind).sees(&[("truncate", &[EISDIR, EINVAL])]),
        case!(bad_length_and_bad_path).sees(&[("truncate", &[EINVAL, ENOENT, EFAULT])]),
        case!(times),
        case!(open_files),
        case!(file_size_limit).sees(&[("truncate", &[EFBIG])]),
        case!(file_size_limit_kills),
        case!(running_program)
            .needs(&[Need::Tool("cat")])
            .sees(&[("truncate", &[ETXTBSY])]),
        case!(leased).sees(&[("truncate", &[EINTR])]),
        case!(sealed).sees(&[("truncate", &[EPERM])]),
        case!(who_may)
            .needs(&[Need::Root])
            .sees(&[("truncate", &[EACCES])]),
        case!(others_files).sees(&[("truncate", &[EACCES])]),
        case!(immutable)
            .needs(&[Need::InodeFlags])
            .sees(&[("truncate", &[EPERM])]),
        case!(read_only_mount)
            .needs(&[Need::Mounts])
            .sees(&[("truncate", &[EROFS])]),
    ],
};

fn truncate(t: &mut Twin, path: &CStr, length: i64) -> i64 {
    t.call("truncate", args![path, length])
}

fn path(text: &str) -> CString {
    CString::new(text).expect("no NUL in a path")
}

const BODY: &str = "the body of a file";

fn lengths(t: &mut Twin) {
    let body = |t: &mut Twin| {
        world::file("file", BODY);
        let some = [
            0,
            1,
            5,
            4095,
            4096,
            4097,
            1 << 20,
            1 << 31,
            1 << 32,
            1 << 40,
            1 << 43,
            1 << 44,
            1 << 45,
            1 << 62,
            i64::MAX,
            i64::MAX - 4096,
            -1,
            i64::MIN,
            7,
            0,
        ];
        for length in some {
            truncate(t, c"file", length);
            let mut st: stat = crate::twin::blank();
            t.call("stat", args![c"file", &raw mut st]);
            t.note("size", st.st_size);
        }
        world::file("short", BODY);
        for length in [5, 30, 18] {
            truncate(t, c"short", length);
            t.tree(".");
        }
    };
    body(t);
    ordinary(t, body);
}

fn every_kind(t: &mut Twin) {
    let body = |t: &mut Twin| {
        let _reader = world::build("w");
        for name in [
            "file",
            "dir",
            "link",
            "dirlink",
            "dangling",
            "loop",
            "fifo",
            "socket",
            "nowhere",
            "file/",
            "dir/",
            "link/",
            "dirlink/",
            "fifo/",
            "magic",
            "",
            ".",
            "fileslash",
        ] {
            for length in [3, 0, -1, 9] {
                truncate(t, &path(&format!("w/{name}")), length);
                t.tree("w");
            }
        }
        for name in [
            c"/dev/null",
            c"/dev/zero",
            c"/proc/self/stat",
            c"/proc/self",
            c"/",
        ] {
            truncate(t, name, 0);
        }
    };
    body(t);
    ordinary(t, body);
}

/// The length is looked at first.
fn bad_length_and_bad_path(t: &mut Twin) {
    world::file("file", BODY);
    for length in [-1, i64::MIN, 3] {
        for name in [c"nowhere", c"file/x", c"", c"."] {
            truncate(t, name, length);
        }
        for spot in crate::memory::bad() {
            t.call("truncate", args![&spot, length]);
        }
    }
}

/// Even if the length stays as it was.
fn times(t: &mut Twin) {
    for name in ["file", "link"] {
        world::file("file", BODY);
        let _ = fs::remove_file("link");
        world::link("file", "link");
        for length in [18, 18, 5, 5, 40, -1] {
            stamps::changes(t, &["file", "link", "."], |t| {
                truncate(t, &path(name), length);
            });
        }
    }
}

fn open_files(t: &mut Twin) {
    world::file("file", BODY);
    fs::hard_link("file", "second").expect("link");
    let fd = t.call("open", args![c"file", O_RDWR]);
    let mut read = [b'.'; 32];
    t.call("read", args![fd, &mut read, 10]);
    truncate(t, c"second", 4);
    t.call("read", args![fd, &mut read, 10]);
    t.call("write", args![fd, b"more", 4]);
    truncate(t, c"second", 12);
    t.tree(".");
    // What was beyond the end does not come back.
    truncate(t, c"file", 0);
    truncate(t, c"file", 8);
    t.tree(".");
}

fn file_size_limit(t: &mut Twin) {
    world::file("file", BODY);
    signals::catch(Signal::SIGXFSZ);
    setrlimit(Resource::RLIMIT_FSIZE, 20, RLIM_INFINITY).expect("limit");
    for length in [19, 20, 21, 1 << 40, 5, 0, 21] {
        truncate(t, c"file", length);
        t.note("signals", signals::caught());
    }
    truncate(t, c"nowhere", 30);
    setrlimit(Resource::RLIMIT_FSIZE, RLIM_INFINITY, RLIM_INFINITY).expect("limit");
    truncate(t, c"file", 21);
    t.note("signals", signals::caught());
    t.tree(".");
}

fn file_size_limit_kills(t: &mut Twin) {
    world::file("file", BODY);
    t.fork("limited", |t| {
        setrlimit(Resource::RLIMIT_CORE, 0, 0).expect("limit");
        setrlimit(Resource::RLIMIT_FSIZE, 3, 3).expect("limit");
        truncate(t, c"file", 2);
        truncate(t, c"file", 4);
        t.note("not", "reached");
    });
    t.tree(".");
}

fn running_program(t: &mut Twin) {
    let cat = crate::needs::find("cat").expect("cat");
    fs::copy(cat, "prog").expect("copy");
    let mut child = Command::new("./prog")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("prog");
    for length in [0, 5, 1 << 30, -1] {
        truncate(t, c"prog", length);
    }
    drop(child.stdin.take());
    t.note("ended", child.wait().expect("prog"));
    truncate(t, c"prog", 5);
}

/// Waits for the holder to let go, until a signal comes.
fn leased(t: &mut Twin) {
    signals::catch(Signal::SIGIO);
    for lease in [F_RDLCK, F_WRLCK] {
        world::file("file", BODY);
        let fd = t.call("open", args![c"file", O_RDONLY]);
        t.call("fcntl", args![fd, F_SETLEASE, lease]);
        signals::interrupting(|| truncate(t, c"file", 3));
        t.note("the holder was told", signals::caught() > 0);
        t.call("fcntl", args![fd, F_SETLEASE, F_UNLCK]);
        truncate(t, c"file", 4);
        t.tree(".");
        t.close(fd);
    }
}

fn sealed(t: &mut Twin) {
    // SAFETY: a plain call that returns a descriptor.
    let fd = unsafe { memfd_create(c"memory".as_ptr(), MFD_ALLOW_SEALING) };
    let through = path(&format!("/proc/self/fd/{fd}"));
    truncate(t, &through, 10);
    t.call("fcntl", args![fd, F_ADD_SEALS, F_SEAL_GROW]);
    truncate(t, &through, 11);
    truncate(t, &through, 9);
    t.call("fcntl", args![fd, F_ADD_SEALS, F_SEAL_SHRINK]);
    truncate(t, &through, 8);
    truncate(t, &through, 9);
}

const MODES: [u32; 6] = [0o644, 0o666, 0o464, 0o446, 0o6777, 0o2766];

/// Who may write; and for whom the set-user-ID and set-group-ID bits stay.
fn who_may(t: &mut Twin) {
    let scene = || {
        for mode in MODES {
            let name = format!("f{mode:o}");
            let _ = fs::remove_file(&name);
            world::file(&name, BODY);
            chown(&name, Some(OWNER), Some(GROUP)).expect("chown");
            world::chmod(&name, mode);
        }
    };
    everyone(t, scene, |t| {
        for mode in MODES {
            truncate(t, &path(&format!("f{mode:o}")), 5);
        }
    });
}

fn others_files(t: &mut Twin) {
    ordinary(t, |t| {
        for name in [c"/etc/passwd", c"/etc/shadow", c"/etc"] {
            truncate(t, name, 1 << 20);
        }
        world::file("mine", BODY);
        world::chmod("mine", 0o444);
        truncate(t, c"mine", 0);
        world::chmod("mine", 0o222);
        truncate(t, c"mine", 3);
    });
}

fn immutable(t: &mut Twin) {
    for (name, flag) in [("fixed", mounts::IMMUTABLE), ("log", mounts::APPEND_ONLY)] {
        world::file(name, BODY);
        let file = fs::File::open(name).expect("file");
        mounts::set_inode_flag(&file, flag, true).expect("inode flag");
        for length in [0, 18, 30] {
            truncate(t, &path(name), length);
        }
        mounts::set_inode_flag(&file, flag, false).expect("inode flag");
    }
    t.tree(".");
}

fn read_only_mount(t: &mut Twin) {
    let _reader = world::build("w");
    mounts::bind("w", "w", true);
    for name in [
        c"w/file",
        c"w/dir",
        c"w/link",
        c"w/fifo",
        c"w/nowhere",
        c"w/file/",
    ] {
        truncate(t, name, 0);
    }
}
