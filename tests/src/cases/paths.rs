//! Path resolution, the same for every row that takes a path: each row is called with each odd path.

use super::world;
use crate::arg::Arg;
use crate::args;
use crate::case::{Case, Family};
use crate::filesystem::FileSystem;
use crate::memory;
use crate::path_rows::{PATH_ROWS, PathRow};
use crate::tree;
use crate::twin::Twin;
use crate::users::{ALICE, BOB, NOBODY, is_root, ordinary};
use libc::*;
use std::ffi::CString;
use std::fs::File;
use std::os::unix::fs::chown;
use std::path::Path;

const LOOKUP: &[i32] = &[EACCES, EFAULT, ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR];
const RELATIVE: &[i32] = &[EACCES, EBADF, EFAULT, ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR];

macro_rules! for_each_row {
    ($($i:literal)*) => { &[$({
        const SEES: &[(&str, &[i32])] = &[(
            PATH_ROWS[$i].name,
            if PATH_ROWS[$i].at { RELATIVE } else { LOOKUP },
        )];
        Case::new(PATH_ROWS[$i].case, resolve::<$i>).sees(SEES)
    }),*] };
}

pub const FAMILY: Family = Family {
    name: "paths",
    // How a path is walked is the kernel's own: one more file system shows what is left to it.
    on: &[FileSystem::Home, FileSystem::Overlay],
    cases: for_each_row!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19
        20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39
        40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59),
};

const _: () = assert!(
    PATH_ROWS.len() == FAMILY.cases.len(),
    "for_each_row! must count up to the last row"
);

/// Paths below the world that a case stands in. Rows that change things may have all of them: plain names, with what
/// may follow a name, with directories on the way, and through the kernel's own links.
const INSIDE: &str = "
    file dir full link dirlink dirslash fileslash dangling dangling2 loop here up absolute magic fifo socket nowhere
    file/ dir/ dir// full/ link/ dirlink/ dangling/ loop/ nowhere/ fifo/ socket/ file/. dir/. dir/.. file/.. link/.
    dirlink/. dirlink/.. dangling/. full/. full/.. nowhere/. nowhere/..
    . .. ./ ../ / // /. /.. ./file .//file dir/inner dirlink/inner full/a full/sub here/here/file up/world/file file/x
    link/x dangling/x loop/x nowhere/x dir/x dirlink/x dir/../file dir/../../world/file nowhere/../file ... dir/inner/
    fifo/x
    /proc/self/cwd/file /proc/self/cwd/dir/inner /proc/thread-self/cwd/file /proc/self/cwd/nowhere
    /proc/self/root/nowhere/at/all
";

/// Names that such a list cannot hold.
const ODD: [&str; 2] = ["", "\u{1}\n\"é"];

/// Paths that a row which changes things had better not have, as root.
const OUTSIDE: &str = "
    /proc/self /proc/self/ /proc/self/stat /proc/self/cwd /proc/self/cwd/ /proc/self/root /proc/self/exe /proc/self/fd
    /proc/self/fd/0 /proc/self/fd/999 /proc/self/fd/0/ /proc/1 /proc/nothing /proc/thread-self /proc/self/ns/uts
    /proc/mounts /dev/null /dev/null/ /dev/zero /dev/full /dev/tty /dev/ptmx /dev/pts /dev/stdin /dev/fd /dev/fd/0
    /sys/kernel /etc/passwd /etc/shadow /etc /nowhere /root /root/x
";

fn resolve<const ROW: usize>(t: &mut Twin) {
    let row = &PATH_ROWS[ROW];
    world::chain("chain", "../world/dir", 41);
    let mut world = World::enter(row);
    inside(t, &mut world);
    if !row.changes {
        outside(t, row);
    }
    long_ones(t, &mut world);
    pointers(t, &mut world);
    if row.at {
        descriptors(t, &mut world);
    }
    std::env::set_current_dir("..").expect("back");
    permissions(t, row);
    deleted_directory(t, row);
}

fn terminated(path: &str) -> CString {
    CString::new(path).expect("no NUL in a path")
}

/// The tree a row is let loose on, and what it looked like before.
struct World {
    row: &'static PathRow,
    _reader: File,
    before: Vec<String>,
}

impl World {
    /// Makes it below the current directory, and goes there.
    fn enter(row: &'static PathRow) -> Self {
        let reader = world::build("world");
        std::env::set_current_dir("world").expect("into the world");
        Self {
            row,
            _reader: reader,
            before: tree::outline(Path::new(".")),
        }
    }

    /// Calls the row with this path; when that changed the world, says how, and makes it anew.
    fn walk(&mut self, t: &mut Twin, dir: impl Into<Arg>, path: impl Into<Arg>) {
        (self.row.call)(t, dir.into(), path.into());
        if self.row.changes && tree::outline(Path::new(".")) != self.before {
            t.tree(".");
            std::env::set_current_dir("..").expect("out of the world");
            *self = Self::enter(self.row);
        }
    }
}

fn inside(t: &mut Twin, world: &mut World) {
    for path in INSIDE.split_whitespace().chain(ODD) {
        world.walk(t, AT_FDCWD, terminated(path).as_c_str());
    }
}

fn outside(t: &mut Twin, row: &PathRow) {
    for path in OUTSIDE.split_whitespace() {
        // What these two point to is the process's own number, which `readlink::of_itself` looks at.
        let numbers = path.ends_with("self") && row.name.starts_with("readlink");
        if !numbers {
            (row.call)(t, AT_FDCWD.into(), terminated(path).as_c_str().into());
        }
    }
}

fn long_ones(t: &mut Twin, world: &mut World) {
    let dots = |length: usize| {
        "./".repeat((length - 4) / 2) + if length % 2 == 1 { "/" } else { "" } + "file"
    };
    let deep = "dir/../".repeat(584) + "file";
    let mut paths: Vec<String> = [255, 256, 4094].map(|n| "n".repeat(n)).into();
    paths.extend([4094, 4095, 4096, 4097, 9000].map(dots));
    paths.extend([
        deep,
        format!("dir/{}", "n".repeat(256)),
        format!("nowhere/{}", "n".repeat(256)),
    ]);
    paths.extend([38, 39, 40].map(|n| format!("../chain/{n}/inner")));
    paths.extend([39, 40].map(|n| format!("../chain/{n}")));
    for path in paths {
        world.walk(t, AT_FDCWD, terminated(&path).as_c_str());
    }
    let bytes = CString::new(vec![0xff, 0xfe, b'/', 0x80]).expect("no NUL");
    world.walk(t, AT_FDCWD, bytes.as_c_str());
}

/// Wrong pointers; paths that end with their page, whole or not; paths in memory the caller may only read.
fn pointers(t: &mut Twin, world: &mut World) {
    for spot in memory::bad() {
        world.walk(t, AT_FDCWD, &spot);
    }
    let many = [b'/'; memory::PAGE];
    for bytes in [&b"file\0"[..], b"file", b"\0", b"/", &many] {
        let spot = memory::before_the_edge(bytes);
        world.walk(t, AT_FDCWD, &spot);
    }
    let empty = memory::read_only();
    world.walk(t, AT_FDCWD, &empty);
    // Two pages of slashes and no end in reach but the 4096th byte.
    let long = Arg::at(memory::write_only().address, "zeroed page");
    world.walk(t, AT_FDCWD, long);
}

/// Every kind of thing that can stand where a directory descriptor should.
fn descriptors(t: &mut Twin, world: &mut World) {
    let opened = [
        (c"dir", O_RDONLY | O_DIRECTORY),
        (c"dir", O_PATH),
        (c"file", O_RDONLY),
        (c"file", O_PATH),
        (c"link", O_PATH | O_NOFOLLOW),
        (c"/proc/self/task", O_RDONLY),
        (c"/dev/null", O_RDONLY),
    ];
    for (path, flags) in opened {
        with_directory(t, world, |t| {
            let fd = t.call("open", args![path, flags, 0]);
            (fd, Arg::from(fd))
        });
    }
    // Only the lower half of the register is the int.
    let garbage = 0xdead_beef_0000_0000u64;
    with_directory(t, world, |t| {
        let fd = t.call("open", args![c"dir", O_RDONLY | O_DIRECTORY, 0]);
        (fd, Arg::from(garbage | fd as u64))
    });
    let mut numbers = [-1i32, -2, 99, i32::MIN, i32::MAX, AT_FDCWD]
        .map(Arg::from)
        .to_vec();
    numbers.push(Arg::from(garbage | u64::from(AT_FDCWD as u32)));
    numbers.push(Arg::from(u64::from(AT_FDCWD as u32)));
    for number in numbers {
        with_directory(t, world, |_| (-1, number.clone()));
    }
}

fn with_directory(t: &mut Twin, world: &mut World, dir: impl Fn(&mut Twin) -> (i64, Arg)) {
    let absolute = std::env::current_dir().expect("here").join("file");
    let absolute = absolute.to_str().expect("a plain path");
    let names = "inner file . .. ../file / nowhere status";
    for name in names.split(' ').chain(["", absolute]) {
        // Opened each time: the world may have been made anew.
        let (fd, dir) = dir(t);
        world.walk(t, dir, terminated(name).as_c_str());
        t.close(fd);
    }
}

/// Directories and files an ordinary user may not search, read or write.
fn permissions(t: &mut Twin, row: &PathRow) {
    others_files();
    ordinary(t, |t| {
        for (name, mode) in [("locked", 0), ("nosearch", 0o666), ("nowrite", 0o555)] {
            world::dir(name);
            for below in ["file", "victim", "victim2"] {
                world::file(&format!("{name}/{below}"), "");
            }
            world::dir(&format!("{name}/empty"));
            world::chmod(name, mode);
        }
        for (name, mode) in [
            ("file", 0o644),
            ("readonly", 0o444),
            ("writeonly", 0o222),
            ("none", 0),
        ] {
            world::file(name, "");
            world::chmod(name, mode);
        }
        for dir in ["locked", "nosearch", "nowrite", "sticky", "alices", "group"] {
            for name in ["file", "empty", "nowhere", ".", "file/x"] {
                let path = terminated(&format!("{dir}/{name}"));
                (row.call)(t, AT_FDCWD.into(), path.as_c_str().into());
            }
        }
        for path in [
            c"readonly",
            c"writeonly",
            c"none",
            c"locked",
            c"nosearch",
            c"sticky",
            c"nowrite/",
        ] {
            (row.call)(t, AT_FDCWD.into(), path.into());
        }
    });
}

/// As root, `home` gets files that belong to somebody else: a sticky directory, a private one, one of a group.
fn others_files() {
    world::dir("home");
    if !is_root() {
        return;
    }
    let plan = [
        ("sticky", 0o1777, ALICE, ALICE),
        ("alices", 0o700, ALICE, ALICE),
        ("group", 0o570, ALICE, NOBODY),
    ];
    for (name, mode, uid, gid) in plan {
        let path = format!("home/{name}");
        world::dir(&path);
        world::file(&format!("{path}/file"), "bob's");
        world::dir(&format!("{path}/empty"));
        for below in ["file", "empty"] {
            chown(format!("{path}/{below}"), Some(BOB), Some(BOB)).expect("chown");
        }
        chown(&path, Some(uid), Some(gid)).expect("chown");
        world::chmod(&path, mode);
    }
}

/// A working directory that is gone: relative names are ENOENT, `.` is not.
fn deleted_directory(t: &mut Twin, row: &PathRow) {
    t.fork("deleted directory", |t| {
        world::dir("gone");
        let fd = t.call("open", args![c"gone", O_PATH | O_DIRECTORY, 0]);
        std::env::set_current_dir("gone").expect("gone");
        std::fs::remove_dir("../gone").expect("gone");
        for path in [
            c"x",
            c".",
            c"..",
            c"",
            c"./x",
            c"../world/file",
            c"/proc/self/cwd",
            c"/proc/self/cwd/x",
        ] {
            (row.call)(t, AT_FDCWD.into(), path.into());
            (row.call)(t, fd.into(), path.into());
        }
    });
}
