//! utime, utimes, futimesat, utimensat.

use super::world;
use crate::arg::Arg;
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

const ROWS: [&str; 4] = ["utime", "utimes", "futimesat", "utimensat"];

pub const FAMILY: Family = Family {
    name: "times",
    on: FileSystem::ALL,
    cases: &[
        case!(every_kind),
        case!(seconds).not_on(&[(FileSystem::Fuse, "a FUSE library that knows times so far")]),
        case!(parts_of_a_second).sees(&[("utimensat", &[EINVAL])]),
        case!(now_and_omit).sees(&[("utimensat", &[ENOENT])]),
        case!(pointers).each_sees(&ROWS, &[EFAULT]),
        case!(flags).sees(&[("utimensat", &[EINVAL])]),
        case!(empty_and_null_paths).sees(&[
            ("utimensat", &[EBADF, EFAULT, EINVAL]),
            ("futimesat", &[EBADF, EFAULT]),
        ]),
        case!(registers),
        case!(deleted),
        case!(reading_leaves_traces),
        case!(who_may)
            .needs(&[Need::Root])
            .each_sees(&ROWS, &[EACCES, EPERM]),
        case!(others_files).each_sees(&ROWS, &[EACCES, EPERM]),
        case!(immutable)
            .needs(&[Need::InodeFlags])
            .each_sees(&ROWS, &[EPERM]),
        case!(read_only_mount)
            .needs(&[Need::Mounts])
            .each_sees(&ROWS, &[EROFS]),
        case!(own_files_by_proc),
    ],
};

/// Access and modification, in seconds and parts of them.
type Times = [[i64; 2]; 2];

const SOME: Times = [[1_000_000_000, 123_456], [1_100_000_000, 654_321]];

fn times(times: &Times) -> Arg {
    Arg::at(times.as_ptr() as usize, format!("{times:?}"))
}

/// In the form of the row: utime takes whole seconds.
fn set(t: &mut Twin, row: &str, path: &CStr, when: Option<&Times>) {
    let short = when.map(|[[read, _], [written, _]]| [*read, *written]);
    let long = when.map_or(Arg::from(0), times);
    match row {
        "utime" => {
            let shown = format!("{short:?}");
            let address = short.as_ref().map_or(0, |times| times.as_ptr() as usize);
            t.call(row, args![path, Arg::at(address, shown)])
        }
        "utimes" => t.call(row, args![path, long]),
        "futimesat" => t.call(row, args![AT_FDCWD, path, long]),
        _ => t.call(row, args![AT_FDCWD, path, long, 0]),
    };
}

fn path(text: &str) -> CString {
    CString::new(text).expect("no NUL in a path")
}

const KINDS: [&str; 11] = [
    "file", "dir", "link", "dirlink", "fifo", "socket", "dangling", "dir/", "link/", "dirlink/",
    "nowhere",
];

fn every_kind(t: &mut Twin) {
    let body = |t: &mut Twin| {
        for row in ROWS {
            let _reader = world::build("w");
            for kind in KINDS {
                let name = format!("w/{kind}");
                for when in [Some(&SOME), None] {
                    stamps::changes(t, &[&name, "w/file", "w/dir", "w"], |t| {
                        set(t, row, &path(&name), when);
                    });
                }
            }
        }
    };
    body(t);
    ordinary(t, body);
}

/// Before 1970, after 2038, and further than a file system may reach.
fn seconds(t: &mut Twin) {
    world::file("file", "");
    let far = [
        i64::MIN,
        -(1 << 31) - 1,
        -1,
        0,
        1 << 31,
        1 << 32,
        1 << 34,
        1 << 40,
        i64::MAX,
    ];
    for row in ROWS {
        for seconds in far {
            stamps::changes(t, &["file"], |t| {
                set(t, row, c"file", Some(&[[seconds, 1], [1, 999_999]]));
            });
            stamps::changes(t, &["file"], |t| {
                set(t, row, c"file", Some(&[[1, 0], [seconds, 0]]));
            });
        }
    }
}

const PARTS: [i64; 14] = [
    0,
    1,
    999,
    999_999,
    1_000_000,
    999_999_999,
    1_000_000_000,
    -1,
    i64::MIN,
    i64::MAX,
    1 << 32,
    UTIME_NOW,
    UTIME_OMIT,
    (1 << 32) | UTIME_NOW,
];

fn parts_of_a_second(t: &mut Twin) {
    world::file("file", "");
    for row in ROWS {
        for part in PARTS {
            for when in [
                [[5, part], [6, 0]],
                [[7, 0], [8, part]],
                [[9, part], [10, part]],
            ] {
                stamps::changes(t, &["file"], |t| set(t, row, c"file", Some(&when)));
                set(t, row, c"nowhere", Some(&when));
            }
        }
    }
}

fn now_and_omit(t: &mut Twin) {
    let body = |t: &mut Twin| {
        let _reader = world::build("w");
        let special = [UTIME_NOW, UTIME_OMIT, 5];
        for read in special {
            for written in special {
                // The seconds of a special time do not count.
                let when = [[-77, read], [77, written]];
                for flags in [0, AT_SYMLINK_NOFOLLOW] {
                    for name in [
                        "w/file",
                        "w/link",
                        "w/dir",
                        "w/nowhere",
                        "w/file/x",
                        "/etc/passwd",
                    ] {
                        let at = path(name);
                        if name.starts_with('/') && nix::unistd::geteuid().is_root() {
                            continue;
                        }
                        stamps::changes(t, &[name, "w/file"], |t| {
                            let path = at.as_c_str();
                            t.call("utimensat", args![AT_FDCWD, path, times(&when), flags]);
                        });
                    }
                }
                for fd in [-1, 99, AT_FDCWD] {
                    t.call("utimensat", args![fd, c"w/x", times(&when), 0]);
                    t.call("utimensat", args![fd, 0, times(&when), 0]);
                    t.call("utimensat", args![fd, c"", times(&when), 0x8000_0000u32]);
                }
            }
        }
    };
    body(t);
    ordinary(t, body);
}

fn pointers(t: &mut Twin) {
    world::file("file", "");
    let [whole, cut] = [32, 31].map(|room| memory::before_the_edge(&[0; 32][..room]));
    let short = [16, 15].map(|room| memory::before_the_edge(&[0; 16][..room]));
    let more = [whole, cut].into_iter().chain(short);
    for spot in memory::bad().into_iter().chain(more) {
        for name in [c"file", c"nowhere", c""] {
            let [utime, utimes, futimesat, utimensat] = ROWS;
            t.call(utime, args![name, &spot]);
            t.call(utimes, args![name, &spot]);
            for fd in [AT_FDCWD, -1] {
                t.call(futimesat, args![fd, name, &spot]);
                t.call(utimensat, args![fd, name, &spot, 0]);
                t.call(utimensat, args![fd, 0, &spot, 0]);
            }
        }
    }
    for spot in memory::bad() {
        for row in ROWS {
            let at = |t: &mut Twin, when: Arg| match row {
                "utime" | "utimes" => t.call(row, args![&spot, when]),
                _ => t.call(row, args![AT_FDCWD, &spot, when, 0]),
            };
            at(t, 0.into());
            at(t, times(&SOME));
        }
    }
}

/// The older call has no flags: whatever stands in the fourth register is not looked at.
fn flags(t: &mut Twin) {
    let _reader = world::build("w");
    let single = (0..32).map(|bit| 1u32 << bit);
    for flags in single.chain([0, 0x1100, u32::MAX, 0x101, 0x1200]) {
        for name in ["w/file", "w/link", "w/dangling", "w/dirlink/", "w/nowhere"] {
            let at = path(name);
            let when = [[i64::from(flags), 1], [2, 3]];
            // One at a time: whether following a link counts as reading it depends on when it was last changed.
            for row in ["utimensat", "futimesat"] {
                stamps::changes(t, &[name, "w/file"], |t| {
                    t.call(row, args![AT_FDCWD, at.as_c_str(), times(&when), flags]);
                });
            }
        }
    }
}

const HELD: [(&CStr, i32, &str); 8] = [
    (c"w/file", O_RDONLY, "w/file"),
    (c"w/file", O_WRONLY, "w/file"),
    (c"w/file", O_PATH, "w/file"),
    (c"w/link", O_PATH | O_NOFOLLOW, "w/link"),
    (c"w/dir", O_RDONLY, "w/dir"),
    (c"w/dir", O_PATH, "w/dir"),
    (c"w/fifo", O_RDWR, "w/fifo"),
    (c"w/socket", O_PATH, "w/socket"),
];

/// Without a path, and with an empty one, they act on what the descriptor stands for.
fn empty_and_null_paths(t: &mut Twin) {
    for (name, how, seen) in HELD {
        let _reader = world::build("w");
        let fd = t.call("open", args![name, how]);
        for flags in [0, AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH, 0x1100, 0x4000] {
            for path in [Arg::from(0), Arg::from(c""), Arg::from(c".")] {
                for when in [Arg::from(0), times(&SOME)] {
                    stamps::changes(t, &[seen, "w/dir"], |t| {
                        t.call("utimensat", args![fd, &path, when, flags]);
                    });
                }
            }
        }
        for path in [Arg::from(0), Arg::from(c"")] {
            stamps::changes(t, &[seen], |t| {
                t.call("futimesat", args![fd, &path, times(&SOME)]);
            });
        }
        t.close(fd);
    }
    for fd in [-1, 99, i32::MIN, AT_FDCWD] {
        for flags in [0, AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW] {
            for path in [Arg::from(0), Arg::from(c"")] {
                t.call("utimensat", args![fd, &path, 0, flags]);
                t.call("utimensat", args![fd, &path, times(&SOME), flags]);
                t.call("futimesat", args![fd, path, times(&SOME)]);
            }
        }
    }
}

fn registers(t: &mut Twin) {
    let _reader = world::build("w");
    let fd = t.call("open", args![c"w/file", O_RDONLY]) as u64;
    for high in [1u64 << 32, 0xdead_beef_0000_0000, !0xffff_ffff] {
        let here = high | u64::from(AT_FDCWD as u32);
        stamps::changes(t, &["w/file", "w/link"], |t| {
            t.call("utimensat", args![high | fd, 0, times(&SOME), high]);
        });
        stamps::changes(t, &["w/file", "w/link"], |t| {
            t.call("utimensat", args![here, c"w/link", 0, high | 0x100]);
        });
        stamps::changes(t, &["w/file", "w/link"], |t| {
            t.call("futimesat", args![here, c"w/link", 0, high | 0x100]);
        });
        t.call("futimesat", args![high | fd, 0, times(&SOME)]);
    }
}

fn deleted(t: &mut Twin) {
    world::file("file", "");
    let fd = t.call("open", args![c"file", O_RDONLY]);
    t.call("unlink", args![c"file"]);
    for (row, path, flags) in [
        ("futimesat", Arg::from(0), 0),
        ("utimensat", Arg::from(0), 0),
        ("utimensat", Arg::from(c""), AT_EMPTY_PATH),
    ] {
        let when = [[i64::from(flags) + 7, 8], [9, 10]];
        t.call(row, args![fd, path, times(&when), flags]);
        let mut st: stat = crate::twin::blank();
        t.call("fstat", args![fd, &raw mut st]);
        t.note("times", format_args!("{} {}", st.st_atime, st.st_mtime));
    }
}

/// Links that are followed are read; directories that are gone through are not.
fn reading_leaves_traces(t: &mut Twin) {
    for row in ROWS {
        let _reader = world::build("w");
        let paths = ["w", "w/link", "w/dirlink", "w/dir", "w/dir/inner", "w/file"];
        for name in [
            c"w/link",
            c"w/dirlink/inner",
            c"w/dirlink",
            c"w/nowhere",
            c"w/link/x",
        ] {
            stamps::changes(t, &paths, |t| set(t, row, name, Some(&SOME)));
            stamps::changes(t, &paths, |t| set(t, row, name, None));
        }
    }
}

fn belongs_to_the_cast(name: &str, mode: u32) {
    let _ = fs::remove_file(name);
    world::file(name, "");
    chown(name, Some(OWNER), Some(GROUP)).expect("chown");
    world::chmod(name, mode);
}

const MODES: [u32; 4] = [0o644, 0o666, 0o464, 0o000];

/// To now: the owner and who may write. To anything else: the owner.
fn who_may(t: &mut Twin) {
    let scene = || {
        for mode in MODES {
            belongs_to_the_cast(&format!("f{mode:o}"), mode);
        }
    };
    let one_now = [[1, UTIME_NOW], [2, UTIME_OMIT]];
    let both_now = [[1, UTIME_NOW], [2, UTIME_NOW]];
    let omits = [[1, UTIME_OMIT], [2, UTIME_OMIT]];
    everyone(t, scene, |t| {
        for mode in MODES {
            let name = path(&format!("f{mode:o}"));
            for row in ROWS {
                set(t, row, &name, None);
                set(t, row, &name, Some(&SOME));
            }
            for when in [&one_now, &both_now, &omits] {
                set(t, "utimensat", &name, Some(when));
            }
            let fd = t.call("open", args![name.as_c_str(), O_RDONLY]);
            t.call("utimensat", args![fd, 0, 0, 0]);
            t.call("utimensat", args![fd, 0, times(&SOME), 0]);
            t.close(fd);
        }
    });
}

fn others_files(t: &mut Twin) {
    ordinary(t, |t| {
        for row in ROWS {
            for name in [c"/etc/passwd", c"/etc", c"/", c"/etc/shadow"] {
                set(t, row, name, None);
                set(t, row, name, Some(&SOME));
            }
        }
    });
}

fn immutable(t: &mut Twin) {
    let both_now = [[1, UTIME_NOW], [2, UTIME_NOW]];
    let one_now = [[1, UTIME_NOW], [2, UTIME_OMIT]];
    for flag in [mounts::IMMUTABLE, mounts::APPEND_ONLY] {
        world::file("fixed", "");
        let held = fs::File::open("fixed").expect("fixed");
        mounts::set_inode_flag(&held, flag, true).expect("inode flag");
        for row in ROWS {
            for when in [None, Some(&SOME), Some(&both_now), Some(&one_now)] {
                set(t, row, c"fixed", when);
            }
        }
        mounts::set_inode_flag(&held, flag, false).expect("inode flag");
        fs::remove_file("fixed").expect("fixed");
    }
}

fn read_only_mount(t: &mut Twin) {
    let _reader = world::build("w");
    mounts::own_namespace();
    mounts::bind("w", "w", true);
    for row in ROWS {
        for kind in KINDS {
            for when in [None, Some(&SOME)] {
                set(t, row, &path(&format!("w/{kind}")), when);
            }
        }
    }
    let fd = t.call("open", args![c"w/file", O_RDONLY]);
    t.call("utimensat", args![fd, 0, 0, 0]);
    t.call("futimesat", args![fd, 0, times(&SOME)]);
}

/// What the kernel's links lead to is the process's own.
fn own_files_by_proc(t: &mut Twin) {
    world::file("file", "");
    let fd = t.call("open", args![c"file", O_RDONLY]);
    let through = path(&format!("/proc/self/fd/{fd}"));
    for row in ROWS {
        for name in [
            through.as_c_str(),
            c"/proc/self/cwd/file",
            c"/proc/self/fd/99",
        ] {
            stamps::changes(t, &["file", "."], |t| set(t, row, name, Some(&SOME)));
            stamps::changes(t, &["file", "."], |t| set(t, row, name, None));
        }
    }
}
