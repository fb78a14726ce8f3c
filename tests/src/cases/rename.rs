//! rename, renameat, renameat2.

use super::world;
use crate::args;
use crate::case;
use crate::case::Family;
use crate::filesystem::FileSystem;
use crate::mounts;
use crate::needs::Need;
use crate::twin::Twin;
use crate::users::{ALICE, BOB, NOBODY, ordinary};
use libc::*;
use std::ffi::{CStr, CString};
use std::fs;
use std::os::unix::fs::chown;
use std::path::Path;

const ROWS: [&str; 3] = ["rename", "renameat", "renameat2"];

pub const FAMILY: Family = Family {
    name: "rename",
    on: FileSystem::ALL,
    cases: &[
        case!(everything_onto_everything)
            .each_sees(&ROWS, &[EISDIR, ENOTDIR, ENOTEMPTY, EINVAL, ENOENT]),
        case!(odd_names).each_sees(&ROWS, &[EBUSY, EINVAL]),
        case!(both_paths),
        case!(hard_links),
        case!(flags).sees(&[("renameat2", &[EINVAL, EEXIST, ENOENT])]),
        case!(exchange).sees(&[("renameat2", &[ENOENT, EINVAL])]),
        case!(no_replace).sees(&[("renameat2", &[EEXIST])]),
        case!(whiteout),
        case!(descriptors).sees(&[("renameat", &[EBADF]), ("renameat2", &[EBADF])]),
        case!(bad_second_pointer).each_sees(&ROWS, &[EFAULT]),
        case!(permissions)
            .needs(&[Need::Root])
            .each_sees(&ROWS, &[EACCES, EPERM]),
        case!(directory_of_somebody_else)
            .needs(&[Need::Root])
            .each_sees(&ROWS, &[EACCES]),
        case!(immutable)
            .needs(&[Need::InodeFlags])
            .each_sees(&ROWS, &[EPERM]),
        case!(across_mounts)
            .needs(&[Need::Mounts])
            .each_sees(&ROWS, &[EXDEV, EBUSY]),
        case!(read_only_mount)
            .needs(&[Need::Mounts])
            .each_sees(&ROWS, &[EROFS]),
        case!(full_file_system)
            .needs(&[Need::Images])
            .each_sees(&ROWS, &[ENOSPC]),
        case!(too_many_links)
            .needs(&[Need::Images])
            .each_sees(&ROWS, &[EMLINK]),
        case!(open_files),
        case!(own_directory),
    ],
};

fn rename(t: &mut Twin, row: &str, from: &CStr, to: &CStr) {
    match row {
        "rename" => t.call(row, args![from, to]),
        "renameat" => t.call(row, args![AT_FDCWD, from, AT_FDCWD, to]),
        _ => t.call(row, args![AT_FDCWD, from, AT_FDCWD, to, 0]),
    };
}

fn path(text: &str) -> CString {
    CString::new(text).expect("no NUL in a path")
}

const KINDS: [&str; 12] = [
    "file",
    "dir",
    "full",
    "full/sub",
    "link",
    "dirlink",
    "dangling",
    "fifo",
    "socket",
    "dir/inner",
    "loop",
    "nowhere",
];

fn everything_onto_everything(t: &mut Twin) {
    for (i, from) in KINDS.iter().enumerate() {
        for (j, to) in KINDS.iter().enumerate() {
            // Every pair by one row, the errnos of the table by all of them.
            let rows = if i < 4 && j < 4 {
                &ROWS[..]
            } else {
                &ROWS[(i + j) % 3..][..1]
            };
            for row in rows {
                let _reader = world::build("w");
                rename(
                    t,
                    row,
                    &path(&format!("w/{from}")),
                    &path(&format!("w/{to}")),
                );
                t.tree("w");
            }
        }
    }
    for row in ROWS {
        let _reader = world::build("w");
        for (from, to) in [
            (c"w/full", c"w/full/sub/x"),
            (c"w/nowhere", c"w/x"),
            (c"w/file/x", c"w/y"),
            (c"w/dir", c"w/full"),
        ] {
            rename(t, row, from, to);
        }
    }
}

const ODD_NAMES: &str =
    ". .. / dir/ file/ dir/. dir/.. new/ dirlink/ link/ here/ new/new full/sub/";

fn odd_names(t: &mut Twin) {
    for row in ROWS {
        for name in ODD_NAMES.split(' ').chain([""]) {
            for forth in [true, false] {
                let _reader = world::build("w");
                let odd = path(&if name == "/" {
                    name.into()
                } else {
                    format!("w/{name}")
                });
                for plain in [c"w/full", c"w/file"] {
                    match forth {
                        true => rename(t, row, plain, &odd),
                        false => rename(t, row, &odd, plain),
                    }
                }
                t.tree("w");
            }
        }
        let _reader = world::build("w");
        rename(t, row, c"w", c"w/dir/w");
        rename(t, row, c".", c"w/x");
        rename(t, row, c"w", c".");
    }
}

fn both_paths(t: &mut Twin) {
    let long = path(&"n".repeat(256));
    for row in ROWS {
        let _reader = world::build("w");
        let good = [c"w/file", c"w/dir"];
        let bad = [
            c"w/nowhere/x",
            c"w/file/x",
            c"w/loop/x",
            long.as_c_str(),
            c"",
            c"w/dangling/x",
        ];
        for one in bad {
            for other in bad.iter().copied().chain(good) {
                rename(t, row, one, other);
                rename(t, row, other, one);
            }
        }
    }
}

fn hard_links(t: &mut Twin) {
    for row in ROWS {
        world::file("one", "contents");
        fs::hard_link("one", "two").expect("link");
        // Two names of one file: nothing happens, and that is success.
        rename(t, row, c"one", c"two");
        t.tree(".");
        rename(t, row, c"one", c"one");
        t.call(
            "renameat2",
            args![AT_FDCWD, c"one", AT_FDCWD, c"two", RENAME_EXCHANGE],
        );
        t.tree(".");
        fs::remove_file("one").expect("one");
        fs::remove_file("two").expect("two");
    }
}

fn flags(t: &mut Twin) {
    let high = 0xdead_beef_0000_0000u64;
    let mut all: Vec<u64> = (0..32).map(|bit| 1 << bit).collect();
    all.extend([0, 3, 5, 6, 7, 8 | 1, u64::MAX, high, high | 1, high | 2]);
    for flags in all {
        for (from, to) in [
            (c"w/file", c"w/dir/inner"),
            (c"w/file", c"w/new"),
            (c"w/nowhere", c"w/file"),
            (c"w/full", c"w/dir"),
        ] {
            let _reader = world::build("w");
            t.call("renameat2", args![AT_FDCWD, from, AT_FDCWD, to, flags]);
            t.tree("w");
        }
    }
}

fn exchange(t: &mut Twin) {
    for from in KINDS {
        for to in KINDS {
            let _reader = world::build("w");
            let (from, to) = (path(&format!("w/{from}")), path(&format!("w/{to}")));
            t.call(
                "renameat2",
                args![
                    AT_FDCWD,
                    from.as_c_str(),
                    AT_FDCWD,
                    to.as_c_str(),
                    RENAME_EXCHANGE
                ],
            );
            t.tree("w");
        }
    }
}

fn no_replace(t: &mut Twin) {
    for to in KINDS.into_iter().chain(["new", "new/", "dir/", "", "."]) {
        for from in ["file", "full", "nowhere", "link"] {
            let _reader = world::build("w");
            let (from, to) = (path(&format!("w/{from}")), path(&format!("w/{to}")));
            t.call(
                "renameat2",
                args![
                    AT_FDCWD,
                    from.as_c_str(),
                    AT_FDCWD,
                    to.as_c_str(),
                    RENAME_NOREPLACE
                ],
            );
            t.tree("w");
        }
    }
}

/// Leaves a character device 0:0 behind, which takes CAP_MKNOD only before Linux 5.8.
fn whiteout(t: &mut Twin) {
    let body = |t: &mut Twin| {
        let _reader = world::build("w");
        for (from, to) in [
            (c"w/file", c"w/moved"),
            (c"w/full", c"w/also"),
            (c"w/nowhere", c"w/x"),
            (c"w/link", c"w/dir/inner"),
        ] {
            for flags in [RENAME_WHITEOUT, RENAME_WHITEOUT | RENAME_NOREPLACE] {
                t.call("renameat2", args![AT_FDCWD, from, AT_FDCWD, to, flags]);
                t.tree("w");
            }
        }
    };
    body(t);
    ordinary(t, body);
}

fn descriptors(t: &mut Twin) {
    let here = std::env::current_dir().expect("here").join("w/file");
    let absolute = path(here.to_str().expect("a plain path"));
    for row in ["renameat", "renameat2"] {
        for flags in [O_RDONLY, O_PATH] {
            let _reader = world::build("w");
            let full = t.call("open", args![c"w/full", flags | O_DIRECTORY]);
            let dir = t.call("open", args![c"w/dir", flags | O_DIRECTORY]);
            let file = t.call("open", args![c"w/file", flags]);
            let bad = [-1, 99, file, i64::from(AT_FDCWD)];
            for one in [full, dir].into_iter().chain(bad) {
                for two in [full, dir].into_iter().chain(bad) {
                    t.call(row, args![one, c"a", two, c"moved", 0]);
                    t.call(row, args![one, c"moved", two, c"../back", 0]);
                    t.call(row, args![one, c"", two, c"x", 0]);
                    t.call(
                        row,
                        args![one, absolute.as_c_str(), two, absolute.as_c_str(), 0],
                    );
                    t.tree("w");
                }
            }
            for fd in [full, dir, file] {
                t.close(fd);
            }
        }
    }
}

fn bad_second_pointer(t: &mut Twin) {
    world::file("file", "");
    for spot in crate::memory::bad() {
        for from in [c"file", c"nowhere", c""] {
            t.call("rename", args![from, &spot]);
            t.call("renameat", args![AT_FDCWD, from, AT_FDCWD, &spot]);
            t.call(
                "renameat2",
                args![AT_FDCWD, from, -1, &spot, RENAME_NOREPLACE],
            );
            t.call(
                "renameat2",
                args![AT_FDCWD, &spot, AT_FDCWD, &spot, 1u32 << 31],
            );
        }
    }
    t.tree(".");
}

/// Who may take an entry out of a directory, or replace one: write permission, and the sticky bit.
fn permissions(t: &mut Twin) {
    world::dir("home");
    for row in ROWS {
        for (dir, mode) in [
            ("sticky", 0o1777),
            ("open", 0o777),
            ("closed", 0o755),
            ("blind", 0o722),
        ] {
            let dir = format!("home/{dir}_{row}");
            world::dir(&dir);
            for (name, owner) in [("bobs", BOB), ("ours", NOBODY), ("ours2", NOBODY)] {
                let file = format!("{dir}/{name}");
                world::file(&file, name);
                chown(&file, Some(owner), Some(owner)).expect("chown");
            }
            chown(&dir, Some(ALICE), Some(ALICE)).expect("chown");
            world::chmod(&dir, mode);
        }
    }
    ordinary(t, |t| {
        for row in ROWS {
            for dir in ["sticky", "open", "closed", "blind"] {
                let name = |name: &str| path(&format!("{dir}_{row}/{name}"));
                rename(t, row, &name("bobs"), &name("x"));
                rename(t, row, &name("ours"), &name("bobs"));
                rename(t, row, &name("ours2"), &name("y"));
                rename(t, row, &name("nowhere"), &name("z"));
            }
        }
    });
}

/// A directory that changes its parent has its `..` written: that takes permission to write the directory itself.
fn directory_of_somebody_else(t: &mut Twin) {
    world::dir("home");
    for row in ROWS {
        for (from, mode) in [("plain", 0o755), ("shared", 0o777)] {
            let dir = format!("home/{from}_{row}");
            world::dir(&dir);
            chown(&dir, Some(ALICE), Some(ALICE)).expect("chown");
            world::chmod(&dir, mode);
        }
    }
    ordinary(t, |t| {
        world::dir("below");
        for row in ROWS {
            for from in ["plain", "shared"] {
                rename(
                    t,
                    row,
                    &path(&format!("{from}_{row}")),
                    &path(&format!("renamed_{from}_{row}")),
                );
                rename(
                    t,
                    row,
                    &path(&format!("renamed_{from}_{row}")),
                    &path(&format!("below/{from}_{row}")),
                );
            }
        }
    });
}

fn immutable(t: &mut Twin) {
    for row in ROWS {
        world::file("fixed", "");
        world::file("file", "");
        let held = fs::File::open("fixed").expect("fixed");
        mounts::set_inode_flag(&held, mounts::IMMUTABLE, true).expect("inode flag");
        rename(t, row, c"fixed", c"new");
        rename(t, row, c"file", c"fixed");
        t.call(
            "renameat2",
            args![AT_FDCWD, c"file", AT_FDCWD, c"fixed", RENAME_EXCHANGE],
        );
        mounts::set_inode_flag(&held, mounts::IMMUTABLE, false).expect("inode flag");
    }
}

fn across_mounts(t: &mut Twin) {
    let _reader = world::build("w");
    mounts::own_namespace();
    mounts::tmpfs(Path::new("w/dir"), "size=64k").expect("tmpfs");
    world::dir("same");
    mounts::bind("w", "same", false);
    world::file("w/dir/inside", "");
    for row in ROWS {
        for (from, to) in [
            (c"w/file", c"w/dir/moved"),
            (c"w/dir/inside", c"w/moved"),
            (c"w/file", c"same/moved"),
            (c"w/dir", c"w/moved"),
            (c"w/full/sub", c"w/dir"),
            (c"same", c"moved"),
            (c"w/dir/inside", c"w/dir/renamed"),
            (c"w/dir/renamed", c"w/dir/inside"),
        ] {
            rename(t, row, from, to);
        }
    }
    t.tree("w");
}

fn read_only_mount(t: &mut Twin) {
    let _reader = world::build("w");
    mounts::own_namespace();
    mounts::bind("w", "w", true);
    for row in ROWS {
        for (from, to) in [
            (c"w/file", c"w/new"),
            (c"w/file", c"w/link"),
            (c"w/nowhere", c"w/new"),
            (c"w/file", c"w/file"),
            (c"w/file", c"out"),
        ] {
            rename(t, row, from, to);
        }
    }
}

/// A directory that must grow by a block there is none of.
fn full_file_system(t: &mut Twin) {
    mounts::own_namespace();
    world::dir("m");
    mounts::ext4("m", 1024, || (), &[]);
    for name in ["m/from", "m/to"] {
        world::dir(name);
    }
    for i in 0..200 {
        world::file(&format!("m/from/{i}"), "");
    }
    // Block by block: one large write would leave some free.
    let mut filler = fs::File::create("m/filler").expect("filler");
    while std::io::Write::write_all(&mut filler, &[0; 1024]).is_ok() {}
    for i in 0..200 {
        let from = path(&format!("m/from/{i}"));
        // Long names: a block of one kilobyte holds three, and a few blocks are kept for just this.
        let to = path(&format!("m/to/{i}{}", "n".repeat(250)));
        rename(t, ROWS[i % 3], &from, &to);
    }
}

fn too_many_links(t: &mut Twin) {
    mounts::own_namespace();
    world::dir("m");
    let fill = || ["m/d", "m/e"].into_iter().for_each(world::dir);
    mounts::ext4("m", 1024, fill, &["set_inode_field /d links_count 65000"]);
    for row in ROWS {
        rename(t, row, c"m/e", c"m/d/e");
    }
}

fn open_files(t: &mut Twin) {
    for row in ROWS {
        world::file("one", "1");
        world::file("two", "2");
        let one = t.call("open", args![c"one", O_RDWR]);
        let two = t.call("open", args![c"two", O_RDWR]);
        rename(t, row, c"one", c"two");
        for fd in [one, two] {
            let mut st: stat = crate::twin::blank();
            t.call("fstat", args![fd, &raw mut st]);
            t.note("links", st.st_nlink);
            t.call("write", args![fd, b"later", 5]);
            t.close(fd);
        }
        t.tree(".");
    }
}

/// A program stands in the directory that is moved: its relative paths go with it.
fn own_directory(t: &mut Twin) {
    for row in ROWS {
        t.fork("inside", |t| {
            fs::create_dir_all("a/b").expect("a/b");
            t.call("chdir", args![c"a/b"]);
            rename(t, row, c"../../a", c"../../moved");
            t.opened("open", args![c"new", O_CREAT | O_RDWR, 0o600]);
            rename(t, row, c"../b", c"../c");
            rename(t, row, c"../../moved", c"../../a");
        });
        t.tree(".");
        fs::remove_dir_all("a").expect("a");
    }
}
