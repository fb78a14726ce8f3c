//! chmod, fchmod, fchmodat, fchmodat2.

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

const ROWS: [&str; 4] = ["chmod", "fchmod", "fchmodat", "fchmodat2"];

pub const FAMILY: Family = Family {
    name: "mode",
    on: FileSystem::ALL,
    cases: &[
        case!(every_kind_and_mode),
        case!(registers),
        case!(flags).sees(&[("fchmodat2", &[EINVAL, EOPNOTSUPP])]),
        case!(empty_path).sees(&[("fchmodat2", &[EBADF, ENOENT])]),
        case!(descriptors).sees(&[("fchmod", &[EBADF])]),
        case!(deleted),
        case!(times),
        case!(who_may)
            .needs(&[Need::Root])
            .each_sees(&ROWS, &[EPERM]),
        case!(set_group_id).needs(&[Need::Root]),
        case!(others_files).sees(&[("chmod", &[EPERM]), ("fchmodat", &[EPERM])]),
        case!(immutable)
            .needs(&[Need::InodeFlags])
            .each_sees(&ROWS, &[EPERM]),
        case!(read_only_mount)
            .needs(&[Need::Mounts])
            .each_sees(&ROWS, &[EROFS]),
        case!(kernel_files),
    ],
};

fn chmod(t: &mut Twin, row: &str, path: &CStr, mode: u32) {
    match row {
        "chmod" => t.call(row, args![path, mode]),
        "fchmod" => {
            let fd = t.call("open", args![path, O_RDONLY | O_NONBLOCK]);
            let done = t.call(row, args![fd, mode]);
            t.close(fd);
            done
        }
        "fchmodat" => t.call(row, args![AT_FDCWD, path, mode]),
        _ => t.call(row, args![AT_FDCWD, path, mode, 0]),
    };
}

fn path(text: &str) -> CString {
    CString::new(text).expect("no NUL in a path")
}

const KINDS: [&str; 9] = [
    "file", "dir", "link", "dirlink", "fifo", "socket", "dir/", "dangling", "link/",
];

fn every_kind_and_mode(t: &mut Twin) {
    let body = |t: &mut Twin| {
        for row in ROWS {
            let _reader = world::build("w");
            for kind in KINDS {
                for mode in [0o644, 0o755, 0o1777, 0o2755, 0o4755, 0o6711, 0o7777, 0o700] {
                    chmod(t, row, &path(&format!("w/{kind}")), mode);
                    t.tree("w");
                }
            }
        }
    };
    body(t);
    ordinary(t, body);
}

/// A mode is an unsigned short of the register, of which twelve bits count.
fn registers(t: &mut Twin) {
    world::file("file", "");
    let fd = t.call("open", args![c"file", O_RDONLY]) as u64;
    for high in [0u64, 0x1_0000, 1 << 32, 0xdead_beef_0000_0000, !0xffff] {
        let here = high | u64::from(AT_FDCWD as u32);
        for mode in [0o644, 0o10755, 0o100600, 0o170711, 0o7604] {
            let mode = high | mode;
            t.call("chmod", args![c"file", mode]);
            t.tree(".");
            t.call("fchmod", args![high & !0xffff_ffff | fd, mode ^ 1]);
            t.tree(".");
            t.call("fchmodat", args![here, c"file", mode ^ 2, high | 0xfff]);
            t.tree(".");
            t.call(
                "fchmodat2",
                args![here, c"file", mode ^ 3, high & !0xffff_ffff],
            );
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
            "file", "dir", "link", "dangling", "dirlink/", "nowhere", "socket", "fifo",
        ] {
            let name = path(&format!("w/{name}"));
            let mode = 0o700 | flags.count_ones();
            t.call("fchmodat2", args![AT_FDCWD, name.as_c_str(), mode, flags]);
            // The older call has no fourth argument: whatever stands there is not looked at.
            t.call(
                "fchmodat",
                args![AT_FDCWD, name.as_c_str(), mode ^ 7, flags],
            );
        }
        t.tree("w");
    }
}

const HELD: [(&CStr, i32); 7] = [
    (c"w/file", O_RDONLY),
    (c"w/file", O_WRONLY),
    (c"w/file", O_PATH),
    (c"w/link", O_PATH | O_NOFOLLOW),
    (c"w/dir", O_RDONLY),
    (c"w/dir", O_PATH),
    (c"w/fifo", O_RDWR),
];

fn empty_path(t: &mut Twin) {
    for (name, how) in HELD {
        let _reader = world::build("w");
        let fd = t.call("open", args![name, how]);
        for flags in [0, AT_EMPTY_PATH, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW] {
            t.call("fchmodat2", args![fd, c"", 0o751, flags]);
            t.call("fchmodat2", args![fd, 0, 0o752, flags]);
            t.call("fchmodat2", args![fd, c".", 0o753, flags]);
            t.tree("w");
        }
        t.call("fchmodat", args![fd, c"", 0o754]);
        t.close(fd);
    }
    for fd in [-1, 99, AT_FDCWD, i32::MIN] {
        t.call("fchmodat2", args![fd, c"", 0o755, AT_EMPTY_PATH]);
        t.call("fchmodat2", args![fd, 0, 0o755, AT_EMPTY_PATH]);
    }
    for spot in memory::bad() {
        t.call("fchmodat2", args![AT_FDCWD, &spot, 0o755, AT_EMPTY_PATH]);
    }
    t.tree(".");
}

fn descriptors(t: &mut Twin) {
    let _reader = world::build("w");
    for (name, how) in HELD {
        let fd = t.call("open", args![name, how]);
        t.call("fchmod", args![fd, 0o640 | how as u32 & 7]);
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
        t.call("fchmod", args![fd, 0o610]);
        let mut st: stat = crate::twin::blank();
        t.call("fstat", args![fd, &raw mut st]);
        t.note("mode", format_args!("{:o}", st.st_mode));
    }
}

fn deleted(t: &mut Twin) {
    world::file("file", "");
    world::dir("dir");
    for name in [c"file", c"dir"] {
        let fd = t.call("open", args![name, O_RDONLY]);
        t.call(
            "unlinkat",
            args![
                AT_FDCWD,
                name,
                if name == c"dir" { AT_REMOVEDIR } else { 0 }
            ],
        );
        t.call("fchmod", args![fd, 0o711]);
        t.call("fchmodat2", args![fd, c"", 0o712, AT_EMPTY_PATH]);
        let mut st: stat = crate::twin::blank();
        t.call("fstat", args![fd, &raw mut st]);
        t.stat("fstat", &st);
    }
}

/// Also when the mode stays as it was.
fn times(t: &mut Twin) {
    for row in ROWS {
        let _reader = world::build("w");
        for name in ["w/file", "w/link", "w/dir", "w/nowhere"] {
            for mode in [0o711, 0o711] {
                stamps::changes(t, &[name, "w", "w/file"], |t| {
                    chmod(t, row, &path(name), mode);
                });
            }
        }
    }
}

fn belongs_to_the_cast(name: &str, mode: u32) {
    let _ = fs::remove_file(name);
    world::file(name, "");
    chown(name, Some(OWNER), Some(GROUP)).expect("chown");
    world::chmod(name, mode);
}

fn who_may(t: &mut Twin) {
    let scene = || {
        for row in ROWS {
            belongs_to_the_cast(row, 0o644);
        }
    };
    everyone(t, scene, |t| {
        for row in ROWS {
            for mode in [0o600, 0o2755, 0o4755, 0o1755, 0o6777, 0o644] {
                chmod(t, row, &path(row), mode);
            }
        }
    });
}

/// Who is not in the group loses the bit, on files and directories.
fn set_group_id(t: &mut Twin) {
    let scene = || {
        for row in ROWS {
            belongs_to_the_cast(row, 0o644);
            let dir = format!("{row}_dir");
            let _ = fs::remove_dir(&dir);
            world::dir(&dir);
            chown(&dir, Some(OWNER), Some(GROUP)).expect("chown");
        }
    };
    everyone(t, scene, |t| {
        for row in ROWS {
            chmod(t, row, &path(row), 0o2775);
            chmod(t, row, &path(&format!("{row}_dir")), 0o3775);
        }
    });
}

fn others_files(t: &mut Twin) {
    ordinary(t, |t| {
        for row in ROWS {
            for name in [c"/etc/passwd", c"/etc", c"/dev/null", c"/etc/shadow"] {
                chmod(t, row, name, 0o644);
            }
        }
    });
}

fn immutable(t: &mut Twin) {
    for flag in [mounts::IMMUTABLE, mounts::APPEND_ONLY] {
        world::file("fixed", "");
        world::dir("dir");
        let held = ["fixed", "dir"].map(|path| fs::File::open(path).expect(path));
        for file in &held {
            mounts::set_inode_flag(file, flag, true).expect("inode flag");
        }
        for row in ROWS {
            chmod(t, row, c"fixed", 0o600);
            chmod(t, row, c"dir", 0o700);
        }
        for file in &held {
            mounts::set_inode_flag(file, flag, false).expect("inode flag");
        }
        t.tree(".");
        fs::remove_file("fixed").expect("fixed");
        fs::remove_dir("dir").expect("dir");
    }
}

fn read_only_mount(t: &mut Twin) {
    let _reader = world::build("w");
    mounts::own_namespace();
    mounts::bind("w", "w", true);
    for row in ROWS {
        for kind in KINDS {
            chmod(t, row, &path(&format!("w/{kind}")), 0o600);
        }
    }
    let fd = t.call("open", args![c"w/file", O_PATH]);
    t.call("fchmodat2", args![fd, c"", 0o600, AT_EMPTY_PATH]);
    t.call(
        "fchmodat2",
        args![AT_FDCWD, c"w/link", 0o600, AT_SYMLINK_NOFOLLOW],
    );
}

/// Of the process itself: what they lead to is its own.
fn kernel_files(t: &mut Twin) {
    world::file("file", "");
    let fd = t.call("open", args![c"file", O_RDONLY]);
    let through = path(&format!("/proc/self/fd/{fd}"));
    for row in ROWS {
        for name in [
            c"/proc/self/stat",
            c"/proc/self",
            c"/proc/self/fd",
            through.as_c_str(),
        ] {
            chmod(t, row, name, 0o611);
        }
        chmod(t, row, c"/proc/self/cwd/file", 0o612);
        t.tree(".");
    }
}
