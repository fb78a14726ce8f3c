//! link, linkat.

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
use crate::users::{is_root, ordinary};
use libc::*;
use std::ffi::{CStr, CString};
use std::fs;
use std::os::unix::fs::chown;
use std::path::Path;

const ROWS: [&str; 2] = ["link", "linkat"];
/// The last is linkat with AT_SYMLINK_FOLLOW.
const LINKS: [&str; 3] = ["link", "linkat", "follow"];

pub const FAMILY: Family = Family {
    name: "links",
    on: FileSystem::ALL,
    cases: &[
        case!(everything).each_sees(&ROWS, &[EPERM, ENOENT]),
        case!(onto_everything).each_sees(&ROWS, &[EEXIST, ENOENT]),
        case!(both_paths).each_sees(&ROWS, &[EFAULT]),
        case!(link_flags).sees(&[("linkat", &[EINVAL])]),
        case!(empty_path).sees(&[("linkat", &[EBADF, ENOENT, EPERM])]),
        case!(temporary_files).sees(&[("linkat", &[ENOENT])]),
        case!(magic_links),
        case!(descriptors).sees(&[("linkat", &[EBADF, ENOTDIR])]),
        case!(times),
        case!(protected)
            .needs(&[Need::Root])
            .each_sees(&ROWS, &[EPERM]),
        case!(others_files),
        case!(kernel_directories).needs(&[Need::Root]),
        case!(immutable)
            .needs(&[Need::InodeFlags])
            .each_sees(&ROWS, &[EPERM]),
        case!(across_mounts)
            .needs(&[Need::Mounts])
            .each_sees(&ROWS, &[EXDEV]),
        case!(read_only_mount)
            .needs(&[Need::Mounts])
            .each_sees(&ROWS, &[EROFS]),
        case!(full_file_system)
            .needs(&[Need::Mounts])
            .each_sees(&ROWS, &[ENOSPC]),
        case!(too_many_links)
            .needs(&[Need::Images])
            .each_sees(&ROWS, &[EMLINK]),
    ],
};

fn path(text: &str) -> CString {
    CString::new(text).expect("no NUL in a path")
}

fn link(t: &mut Twin, row: &str, from: &CStr, to: &CStr) -> i64 {
    match row {
        "link" => t.call(row, args![from, to]),
        "linkat" => t.call(row, args![AT_FDCWD, from, AT_FDCWD, to, 0]),
        _ => t.call(
            "linkat",
            args![AT_FDCWD, from, AT_FDCWD, to, AT_SYMLINK_FOLLOW],
        ),
    }
}

const NAMES: &str = "
    file dir full link dirlink dirslash fileslash dangling loop here magic fifo socket nowhere
    file/ dir/ link/ dirlink/ dangling/ loop/ nowhere/ fifo/ . .. ./ file/. dir/. dir/.. dirlink/. nowhere/. new new/
    new/. new/x file/x
";

fn everything(t: &mut Twin) {
    let body = |t: &mut Twin| {
        for row in LINKS {
            let _reader = world::build("w");
            for (i, name) in NAMES.split_whitespace().chain([""]).enumerate() {
                let to = path(&format!("w/dir/{i}"));
                link(t, row, &path(&format!("w/{name}")), &to);
                link(t, row, &path(&format!("w/{name}")), &to);
            }
            t.tree("w");
        }
    };
    body(t);
    ordinary(t, body);
}

fn onto_everything(t: &mut Twin) {
    for name in NAMES.split_whitespace().chain([""]) {
        let _reader = world::build("w");
        let to = path(&format!("w/{name}"));
        for row in LINKS {
            for from in [c"w/file", c"w/fifo", c"w/nowhere", c"w/dir", c"w/dangling"] {
                if link(t, row, from, &to) == 0 {
                    t.tree("w");
                    t.call("unlink", args![to.as_c_str()]);
                }
            }
        }
    }
}

fn both_paths(t: &mut Twin) {
    let long = path(&"n".repeat(256));
    let _reader = world::build("w");
    let bad = [
        c"w/nowhere/x",
        c"w/file/x",
        c"w/loop/x",
        long.as_c_str(),
        c"",
        c"w/dangling/x",
    ];
    for row in LINKS {
        for one in bad {
            for other in bad.into_iter().chain([c"w/file", c"w/dir"]) {
                link(t, row, one, other);
                link(t, row, other, one);
            }
        }
    }
    for spot in memory::bad() {
        for good in [c"w/file", c"w/nowhere", c""] {
            t.call("link", args![good, &spot]);
            t.call("link", args![&spot, good]);
            t.call("linkat", args![AT_FDCWD, good, -1, &spot, 0]);
            t.call("linkat", args![-1, &spot, -1, good, AT_EMPTY_PATH]);
            t.call("linkat", args![-1, &spot, -1, &spot, 1]);
        }
    }
    t.tree(".");
}

fn link_flags(t: &mut Twin) {
    let body = |t: &mut Twin| {
        let high = 0xdead_beef_0000_0000u64;
        let both = (AT_SYMLINK_FOLLOW | AT_EMPTY_PATH) as u64;
        let here = high | u64::from(AT_FDCWD as u32);
        let single = (0..32).map(|bit| 1u64 << bit);
        for flags in single.chain([0, both, u64::MAX, high, high | 0x400, high | 0x1000]) {
            let _reader = world::build("w");
            for (i, name) in ["file", "link", "dangling", "dir", "nowhere", "dirlink"]
                .iter()
                .enumerate()
            {
                let (from, to) = (path(&format!("w/{name}")), path(&format!("w/dir/{i}")));
                t.call(
                    "linkat",
                    args![here, from.as_c_str(), here, to.as_c_str(), flags],
                );
            }
            t.tree("w");
        }
    };
    body(t);
    ordinary(t, body);
}

const HELD: [(&CStr, i32); 7] = [
    (c"w/file", O_PATH),
    (c"w/link", O_PATH | O_NOFOLLOW),
    (c"w/file", O_RDONLY),
    (c"w/dir", O_RDONLY),
    (c"w", O_TMPFILE | O_RDWR),
    (c"w", O_TMPFILE | O_RDWR | O_EXCL),
    (c"/dev/null", O_RDONLY),
];

/// AT_EMPTY_PATH takes CAP_DAC_READ_SEARCH, or the credentials with which the file was opened. What a worker opened was
/// opened with a worker's (asys(7)): an ordinary user shows only what the kernel opens.
fn empty_path(t: &mut Twin) {
    held_by(t, if is_root() { &HELD } else { &HELD[..2] });
    ordinary(t, |t| held_by(t, &HELD[..2]));
    let _reader = world::build("w");
    let fd = t.call("open", args![c"w/file", O_PATH]);
    ordinary(t, |t| {
        let to = c"inherited";
        t.call("linkat", args![fd, c"", AT_FDCWD, to, AT_EMPTY_PATH]);
    });
}

fn held_by(t: &mut Twin, held: &[(&CStr, i32)]) {
    for (name, how) in held {
        let _reader = world::build("w");
        let fd = t.call("open", args![*name, *how, 0o600]);
        for flags in [AT_EMPTY_PATH, AT_EMPTY_PATH | AT_SYMLINK_FOLLOW, 0] {
            t.call("linkat", args![fd, c"", AT_FDCWD, c"w/new", flags]);
            t.call("linkat", args![fd, 0, AT_FDCWD, c"w/null", flags]);
            t.call("linkat", args![AT_FDCWD, c"w/file", fd, c"", flags]);
        }
        t.tree("w");
        t.close(fd);
    }
    for fd in [-1, 99, AT_FDCWD] {
        t.call("linkat", args![fd, c"", AT_FDCWD, c"new", AT_EMPTY_PATH]);
    }
}

/// Files without a name get one through the kernel's link to them.
fn temporary_files(t: &mut Twin) {
    let body = |t: &mut Twin| {
        world::file("deleted", "deleted");
        for (i, (name, how)) in [
            (c".", O_TMPFILE | O_RDWR),
            (c".", O_TMPFILE | O_RDWR | O_EXCL),
            (c"deleted", O_RDWR),
        ]
        .into_iter()
        .enumerate()
        {
            let fd = t.call("open", args![name, how, 0o640]);
            t.call("write", args![fd, b"body", 4]);
            if name == c"deleted" {
                t.call("unlink", args![name]);
            }
            let (from, to) = (path(&format!("/proc/self/fd/{fd}")), path(&format!("t{i}")));
            for row in LINKS {
                link(t, row, &from, &to);
            }
            t.tree(".");
            t.close(fd);
        }
    };
    body(t);
    ordinary(t, body);
}

/// What leads through them is the caller's, with a slash behind it as well.
fn magic_links(t: &mut Twin) {
    let _reader = world::build("w");
    let file = t.call("open", args![c"w/file", O_RDONLY]);
    let dir = t.call("open", args![c"w/dir", O_RDONLY]);
    let targets = [
        format!("/proc/self/fd/{file}"),
        format!("/proc/self/fd/{dir}"),
        "/proc/self/fd/99".into(),
        "/proc/self/cwd".into(),
        "/proc/self/cwd/w/file".into(),
    ];
    for (i, target) in targets.iter().enumerate() {
        world::link(target, &format!("w/m{i}"));
        for row in LINKS {
            for end in ["", "/", "/.", "/inner"] {
                let from = path(&format!("w/m{i}{end}"));
                link(t, row, &from, &path(&format!("w/{i}{row}")));
                link(t, row, c"w/file", &from);
            }
        }
    }
    t.tree("w");
}

fn descriptors(t: &mut Twin) {
    let here = std::env::current_dir().expect("here").join("inside/w/file");
    let absolute = path(here.to_str().expect("a plain path"));
    world::dir("inside");
    std::env::set_current_dir("inside").expect("inside");
    for how in [O_RDONLY, O_PATH] {
        let _reader = world::build("w");
        let full = t.call("open", args![c"w/full", how | O_DIRECTORY]);
        let dir = t.call("open", args![c"w/dir", how | O_DIRECTORY]);
        let file = t.call("open", args![c"w/file", how]);
        let bad = [-1, 99, file, i64::from(AT_FDCWD)];
        for one in [full, dir].into_iter().chain(bad) {
            for two in [full, dir].into_iter().chain(bad) {
                t.call("linkat", args![one, c"a", two, c"linked", 0]);
                t.call("linkat", args![one, c"linked", two, c"../back", 0]);
                t.call("linkat", args![one, absolute.as_c_str(), two, c"l", 0]);
                t.tree("..");
            }
        }
        [full, dir, file].into_iter().for_each(|fd| t.close(fd));
    }
}

fn times(t: &mut Twin) {
    for (i, row) in LINKS.into_iter().enumerate() {
        let _reader = world::build("w");
        let paths = ["w/file", "w/link", "w/dir", "w"];
        for from in [c"w/file", c"w/link", c"w/nowhere", c"w/dir"] {
            stamps::changes(t, &paths, |t| {
                link(t, row, from, &path(&format!("w/dir/{i}")));
            });
        }
    }
}

fn belongs_to_the_cast(name: &str, mode: u32) {
    let _ = fs::remove_file(name);
    world::file(name, "");
    chown(name, Some(OWNER), Some(GROUP)).expect("chown");
    world::chmod(name, mode);
}

const PROTECTED: [(&str, u32); 6] = [
    ("plain", 0o644),
    ("shared", 0o666),
    ("hidden", 0o600),
    ("setuid", 0o4777),
    ("setgid", 0o2777),
    ("mandatory", 0o2666),
];

/// Under fs.protected_hardlinks one links to one's own files, or to what one may read and write.
fn protected(t: &mut Twin) {
    let scene = || {
        let _ = fs::remove_dir_all("shelf");
        world::dir("shelf");
        world::chmod("shelf", 0o1777);
        for (name, mode) in PROTECTED {
            belongs_to_the_cast(name, mode);
        }
        let _ = fs::remove_file("fifo");
        nix::unistd::mkfifo("fifo", nix::sys::stat::Mode::from_bits_truncate(0o666)).expect("fifo");
        let _ = fs::remove_file("symbolic");
        world::link("plain", "symbolic");
    };
    everyone(t, scene, |t| {
        let more = ["fifo", "symbolic"];
        for name in PROTECTED.map(|(name, _)| name).iter().chain(&more) {
            for row in LINKS {
                link(t, row, &path(name), &path(&format!("shelf/{name}_{row}")));
            }
        }
    });
}

fn others_files(t: &mut Twin) {
    ordinary(t, |t| {
        for row in LINKS {
            link(t, row, c"/etc/passwd", c"new");
            link(t, row, c"/etc/shadow", c"new");
            link(t, row, c"/etc/passwd", c"/etc/passwd");
        }
    });
}

fn kernel_directories(t: &mut Twin) {
    world::file("file", "");
    for name in [
        c"/proc/new",
        c"/proc/self/new",
        c"/sys/new",
        c"/dev/pts/new",
        c"/proc/self/fd/new",
    ] {
        for row in LINKS {
            link(t, row, c"file", name);
            link(t, row, c"/proc/self/stat", name);
            link(t, row, c"/proc/self/cwd", c"new");
        }
    }
}

fn immutable(t: &mut Twin) {
    for flag in [mounts::IMMUTABLE, mounts::APPEND_ONLY] {
        world::file("fixed", "");
        world::file("file", "");
        world::dir("dir");
        let held = ["fixed", "dir"].map(|path| fs::File::open(path).expect(path));
        for file in &held {
            mounts::set_inode_flag(file, flag, true).expect("inode flag");
        }
        for row in LINKS {
            link(t, row, c"fixed", c"new");
            link(t, row, c"file", &path(&format!("dir/{row}")));
        }
        for file in &held {
            mounts::set_inode_flag(file, flag, false).expect("inode flag");
        }
        t.tree(".");
        fs::remove_dir_all("dir").expect("dir");
        fs::remove_file("fixed").expect("fixed");
    }
}

fn across_mounts(t: &mut Twin) {
    let _reader = world::build("w");
    mounts::own_namespace();
    mounts::tmpfs(Path::new("w/dir"), "size=64k").expect("tmpfs");
    world::dir("same");
    mounts::bind("w", "same", false);
    world::file("w/dir/inside", "");
    world::link("dir/inside", "w/into");
    for (i, row) in LINKS.into_iter().enumerate() {
        for (from, to) in [
            ("w/file", "w/dir/moved"),
            ("w/dir/inside", "w/moved"),
            ("w/file", "same/moved"),
            ("w/into", "w/into"),
            ("w/into", "w/dir/into"),
            ("w/dir", "same/dir"),
            ("w/dir/inside", "w/dir/linked"),
            ("w/dir", "w/linked"),
            ("w/dir/inside", "w/file"),
        ] {
            link(t, row, &path(from), &path(&format!("{to}{i}")));
        }
        link(t, row, c"w/dir/inside", c"w/file");
    }
    t.tree("w");
}

fn read_only_mount(t: &mut Twin) {
    let _reader = world::build("w");
    mounts::own_namespace();
    mounts::bind("w", "w", true);
    for row in LINKS {
        for (from, to) in [
            (c"w/file", c"w/new"),
            (c"w/file", c"w/link"),
            (c"w/nowhere", c"w/new"),
            (c"w/dir", c"w/new"),
            (c"w/file", c"out"),
            (c"w/file", c"w/new/"),
        ] {
            link(t, row, from, to);
        }
    }
}

fn full_file_system(t: &mut Twin) {
    mounts::own_namespace();
    world::dir("m");
    mounts::tmpfs(Path::new("m"), "size=64k,nr_inodes=3").expect("tmpfs");
    world::file("m/file", "");
    for i in 0..3 {
        for row in LINKS {
            link(t, row, c"m/file", &path(&format!("m/{row}{i}")));
        }
    }
    t.tree("m");
}

fn too_many_links(t: &mut Twin) {
    mounts::own_namespace();
    world::dir("m");
    let fill = || world::file("m/f", "");
    mounts::ext4("m", 1024, fill, &["set_inode_field /f links_count 65000"]);
    for row in LINKS {
        link(t, row, c"m/f", c"m/new");
    }
}
