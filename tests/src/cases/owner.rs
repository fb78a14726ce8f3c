//! chown, lchown, fchown, fchownat.

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
use crate::users::{ALICE, BOB, NOBODY, ordinary};
use libc::*;
use std::ffi::{CStr, CString};
use std::fs;
use std::os::unix::fs::chown as give;

const ROWS: [&str; 4] = ["chown", "lchown", "fchown", "fchownat"];
const NONE: u32 = u32::MAX;

pub const FAMILY: Family = Family {
    name: "owner",
    on: FileSystem::ALL,
    cases: &[
        case!(every_kind),
        case!(ids),
        case!(registers),
        case!(flags).sees(&[("fchownat", &[EINVAL])]),
        case!(empty_path).sees(&[("fchownat", &[EBADF, ENOENT])]),
        case!(descriptors).sees(&[("fchown", &[EBADF])]),
        case!(set_id_bits),
        case!(deleted),
        case!(times),
        case!(who_may)
            .needs(&[Need::Root])
            .each_sees(&ROWS, &[EPERM]),
        case!(who_keeps_set_id_bits).needs(&[Need::Root]),
        case!(others_files).sees(&[("chown", &[EPERM]), ("fchownat", &[EPERM])]),
        case!(immutable)
            .needs(&[Need::InodeFlags])
            .each_sees(&ROWS, &[EPERM]),
        case!(read_only_mount)
            .needs(&[Need::Mounts])
            .each_sees(&ROWS, &[EROFS]),
        case!(own_files_by_proc),
    ],
};

fn chown(t: &mut Twin, row: &str, path: &CStr, uid: u32, gid: u32) {
    match row {
        "fchown" => {
            let fd = t.call("open", args![path, O_RDONLY | O_NONBLOCK]);
            let done = t.call(row, args![fd, uid, gid]);
            t.close(fd);
            done
        }
        "fchownat" => t.call(row, args![AT_FDCWD, path, uid, gid, 0]),
        _ => t.call(row, args![path, uid, gid]),
    };
}

fn path(text: &str) -> CString {
    CString::new(text).expect("no NUL in a path")
}

const KINDS: [&str; 11] = [
    "file", "dir", "link", "dirlink", "fifo", "socket", "dangling", "dir/", "link/", "dirlink/",
    "loop",
];

fn every_kind(t: &mut Twin) {
    let body = |t: &mut Twin| {
        for row in ROWS {
            let _reader = world::build("w");
            for kind in KINDS {
                for (uid, gid) in [(ALICE, BOB), (NONE, NOBODY), (NOBODY, NONE), (NONE, NONE)] {
                    chown(t, row, &path(&format!("w/{kind}")), uid, gid);
                }
                t.tree("w");
            }
        }
    };
    body(t);
    ordinary(t, body);
}

fn ids(t: &mut Twin) {
    let body = |t: &mut Twin| {
        let some = [
            0,
            1,
            ALICE,
            65535,
            0x1_0000,
            0x7fff_ffff,
            0x8000_0000,
            NONE - 1,
            NONE,
        ];
        for row in ROWS {
            world::file(row, "");
            for uid in some {
                for gid in some {
                    chown(t, row, &path(row), uid, gid);
                    t.tree(".");
                }
            }
        }
    };
    body(t);
    ordinary(t, body);
}

fn registers(t: &mut Twin) {
    world::file("file", "");
    let fd = t.call("open", args![c"file", O_RDONLY]) as u64;
    for high in [1u64 << 32, 0xdead_beef_0000_0000, !0xffff_ffff] {
        let here = high | u64::from(AT_FDCWD as u32);
        for id in [NOBODY, NONE, 0].map(u64::from) {
            let id = high | id;
            t.call("chown", args![c"file", id, id]);
            t.tree(".");
            t.call("fchown", args![high | fd, id, 7]);
            t.tree(".");
            t.call("fchownat", args![here, c"file", 8, id, high]);
            t.tree(".");
            t.call("fchownat", args![here, c"file", 9, id, high | 0x100]);
            t.tree(".");
        }
    }
}

fn flags(t: &mut Twin) {
    let _reader = world::build("w");
    let both = (AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) as u32;
    let single = (0..32).map(|bit| 1u32 << bit);
    for flags in single.chain([0, both, u32::MAX, 0x101, 0x1200]) {
        for name in [
            "file", "dir", "link", "dangling", "dirlink/", "nowhere", "socket",
        ] {
            let name = path(&format!("w/{name}"));
            let uid = ALICE + flags.leading_zeros();
            t.call(
                "fchownat",
                args![AT_FDCWD, name.as_c_str(), uid, NONE, flags],
            );
        }
        t.tree("w");
    }
}

const HELD: [(&CStr, i32); 8] = [
    (c"w/file", O_RDONLY),
    (c"w/file", O_WRONLY),
    (c"w/file", O_PATH),
    (c"w/link", O_PATH | O_NOFOLLOW),
    (c"w/dir", O_RDONLY),
    (c"w/dir", O_PATH),
    (c"w/fifo", O_RDWR),
    (c"w/socket", O_PATH),
];

fn empty_path(t: &mut Twin) {
    let body = |t: &mut Twin| {
        for (name, how) in HELD {
            let _reader = world::build("w");
            let fd = t.call("open", args![name, how]);
            for (i, flags) in [0, AT_EMPTY_PATH, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW]
                .into_iter()
                .enumerate()
            {
                let uid = ALICE + 10 * i as u32;
                t.call("fchownat", args![fd, c"", uid, NONE, flags]);
                t.call("fchownat", args![fd, 0, uid + 1, NONE, flags]);
                t.call("fchownat", args![fd, c".", uid + 2, NONE, flags]);
                t.call("fchownat", args![fd, c"", NONE, NONE, flags]);
                t.tree("w");
            }
            t.close(fd);
        }
        for fd in [-1, 99, i32::MIN, AT_FDCWD] {
            t.call("fchownat", args![fd, c"", NONE, NONE, AT_EMPTY_PATH]);
            t.call("fchownat", args![fd, 0, NONE, NONE, AT_EMPTY_PATH]);
        }
        for spot in memory::bad() {
            t.call(
                "fchownat",
                args![AT_FDCWD, &spot, NONE, NONE, AT_EMPTY_PATH],
            );
        }
    };
    body(t);
    ordinary(t, body);
}

fn descriptors(t: &mut Twin) {
    let _reader = world::build("w");
    for (name, how) in HELD {
        let fd = t.call("open", args![name, how]);
        t.call("fchown", args![fd, ALICE, BOB]);
        t.call("fchown", args![fd, NONE, NONE]);
        t.tree("w");
        t.close(fd);
    }
    // SAFETY: plain calls that return descriptors; the memory is theirs for the call only.
    let made = unsafe {
        let mut pipe = [0; 2];
        libc::pipe(pipe.as_mut_ptr());
        [
            pipe[0],
            pipe[1],
            socket(AF_UNIX, SOCK_STREAM, 0),
            memfd_create(c"memory".as_ptr(), 0),
            eventfd(0, 0),
        ]
    };
    for fd in made
        .into_iter()
        .chain([-1, 99, i32::MIN, i32::MAX, AT_FDCWD])
    {
        t.call("fchown", args![fd, ALICE, BOB]);
        let mut st: stat = crate::twin::blank();
        t.call("fstat", args![fd, &raw mut st]);
        t.note("owner", format_args!("{}:{}", st.st_uid, st.st_gid));
    }
}

const MODES: [u32; 7] = [0o4755, 0o2755, 0o6777, 0o2745, 0o6644, 0o4000, 0o7711];

/// A new owner clears them, even if it is the old one or root does it; not from directories.
fn set_id_bits(t: &mut Twin) {
    let body = |t: &mut Twin| {
        let own = (
            nix::unistd::getuid().as_raw(),
            nix::unistd::getgid().as_raw(),
        );
        for row in ROWS {
            for (uid, gid) in [
                own,
                (NONE, own.1),
                (own.0, NONE),
                (NONE, NONE),
                (ALICE, BOB),
            ] {
                for mode in MODES {
                    let _ = fs::remove_file("file");
                    let _ = fs::remove_dir("dir");
                    world::file("file", "");
                    world::dir("dir");
                    for name in ["file", "dir"] {
                        world::chmod(name, mode);
                        chown(t, row, &path(name), uid, gid);
                    }
                    t.tree(".");
                }
            }
        }
    };
    body(t);
    ordinary(t, body);
}

fn deleted(t: &mut Twin) {
    world::file("file", "");
    let fd = t.call("open", args![c"file", O_RDONLY]);
    t.call("unlink", args![c"file"]);
    t.call("fchown", args![fd, ALICE, BOB]);
    t.call("fchownat", args![fd, c"", BOB, ALICE, AT_EMPTY_PATH]);
    let mut st: stat = crate::twin::blank();
    t.call("fstat", args![fd, &raw mut st]);
    t.stat("fstat", &st);
}

/// Changed even by a change of nothing.
fn times(t: &mut Twin) {
    let own = (
        nix::unistd::getuid().as_raw(),
        nix::unistd::getgid().as_raw(),
    );
    for row in ROWS {
        let _reader = world::build("w");
        for name in ["w/file", "w/link", "w/dir", "w/nowhere"] {
            for (uid, gid) in [own, (NONE, NONE)] {
                stamps::changes(t, &[name, "w", "w/file"], |t| {
                    chown(t, row, &path(name), uid, gid);
                });
            }
        }
    }
}

fn belongs_to_the_cast(name: &str, mode: u32) {
    let _ = fs::remove_file(name);
    world::file(name, "");
    give(name, Some(OWNER), Some(GROUP)).expect("chown");
    world::chmod(name, mode);
}

fn who_may(t: &mut Twin) {
    let changes = [
        (NONE, NONE),
        (OWNER, NONE),
        (NONE, GROUP),
        (OWNER, GROUP),
        (NONE, OWNER),
        (NONE, NOBODY),
        (NOBODY, NONE),
        (0, 0),
    ];
    let scene = || {
        for i in 0..changes.len() {
            for row in ROWS {
                belongs_to_the_cast(&format!("{row}{i}"), 0o644);
            }
        }
    };
    everyone(t, scene, |t| {
        for (i, (uid, gid)) in changes.into_iter().enumerate() {
            for row in ROWS {
                chown(t, row, &path(&format!("{row}{i}")), uid, gid);
            }
        }
    });
}

fn who_keeps_set_id_bits(t: &mut Twin) {
    let scene = || {
        for (i, mode) in MODES.into_iter().enumerate() {
            for row in ["lchown", "fchownat"] {
                belongs_to_the_cast(&format!("{row}{i}"), mode);
            }
        }
    };
    everyone(t, scene, |t| {
        for i in 0..MODES.len() {
            chown(t, "lchown", &path(&format!("lchown{i}")), NONE, NONE);
            chown(t, "fchownat", &path(&format!("fchownat{i}")), NONE, GROUP);
        }
    });
}

fn others_files(t: &mut Twin) {
    ordinary(t, |t| {
        for row in ROWS {
            for name in [c"/etc/passwd", c"/etc", c"/dev/null", c"/etc/shadow", c"/"] {
                chown(t, row, name, NOBODY, NONE);
                chown(t, row, name, NONE, NOBODY);
            }
        }
    });
}

fn immutable(t: &mut Twin) {
    for flag in [mounts::IMMUTABLE, mounts::APPEND_ONLY] {
        world::file("fixed", "");
        let held = fs::File::open("fixed").expect("fixed");
        mounts::set_inode_flag(&held, flag, true).expect("inode flag");
        for row in ROWS {
            chown(t, row, c"fixed", ALICE, BOB);
            chown(t, row, c"fixed", NONE, NONE);
        }
        mounts::set_inode_flag(&held, flag, false).expect("inode flag");
        t.tree(".");
        fs::remove_file("fixed").expect("fixed");
    }
}

fn read_only_mount(t: &mut Twin) {
    let _reader = world::build("w");
    mounts::own_namespace();
    mounts::bind("w", "w", true);
    for row in ROWS {
        for kind in KINDS {
            chown(t, row, &path(&format!("w/{kind}")), ALICE, BOB);
        }
    }
    let fd = t.call("open", args![c"w/file", O_PATH]);
    t.call("fchownat", args![fd, c"", ALICE, BOB, AT_EMPTY_PATH]);
    t.call(
        "fchownat",
        args![AT_FDCWD, c"w/link", ALICE, BOB, AT_SYMLINK_NOFOLLOW],
    );
}

/// What the kernel's links lead to is the process's own.
fn own_files_by_proc(t: &mut Twin) {
    world::file("file", "");
    let fd = t.call("open", args![c"file", O_RDONLY]);
    let through = path(&format!("/proc/self/fd/{fd}"));
    for row in ROWS {
        for (i, name) in [
            through.as_c_str(),
            c"/proc/self/cwd/file",
            c"/proc/self/fd/99",
        ]
        .into_iter()
        .enumerate()
        {
            chown(t, row, name, ALICE + i as u32, NONE);
            t.tree(".");
        }
    }
}
