//! open, openat, openat2, creat: flags, modes, what the descriptor is like, and what opening does.

use super::world;
use crate::arg::Arg;
use crate::args;
use crate::case;
use crate::case::Family;
use crate::filesystem::FileSystem;
use crate::memory;
use crate::mounts;
use crate::needs::Need;
use crate::path_rows::OpenHow;
use crate::signals;
use crate::twin::{Twin, blank};
use crate::users::{is_root, ordinary};
use libc::*;
use std::ffi::{CStr, CString};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Stdio};

const ALL: [&str; 3] = ["open", "openat", "openat2"];

pub const FAMILY: Family = Family {
    name: "open",
    on: FileSystem::ALL,
    cases: &[
        case!(every_flag_on_a_file).sees(&[("openat2", &[EINVAL])]),
        case!(every_flag_on_a_directory).sees(&[
            ("open", &[EISDIR]),
            ("openat", &[EISDIR]),
            ("openat2", &[EISDIR]),
        ]),
        case!(every_flag_on_a_link).sees(&[
            ("open", &[ELOOP]),
            ("openat", &[ELOOP]),
            ("openat2", &[ELOOP]),
        ]),
        case!(every_flag_on_a_fifo),
        case!(every_flag_on_nothing),
        case!(pairs_of_flags).sees(&[("open", &[EINVAL, EEXIST]), ("openat", &[EINVAL, EEXIST])]),
        case!(flags_wider_than_int),
        case!(modes_and_umask),
        case!(setgid_directory),
        case!(exclusive).sees(&[
            ("open", &[EEXIST]),
            ("openat", &[EEXIST]),
            ("openat2", &[EEXIST]),
        ]),
        case!(creat_of_everything).sees(&[("creat", &[EISDIR, ENXIO])]),
        case!(tmpfile).sees(&[
            ("open", &[EINVAL]),
            ("openat", &[EINVAL]),
            ("openat2", &[EINVAL]),
        ]),
        case!(tmpfile_unsupported).needs(&[Need::Root]).sees(&[
            ("open", &[EOPNOTSUPP]),
            ("openat", &[EOPNOTSUPP]),
            ("openat2", &[EOPNOTSUPP]),
        ]),
        case!(path_only),
        case!(descriptor_numbers),
        case!(too_many_files).sees(&[
            ("open", &[EMFILE]),
            ("openat", &[EMFILE]),
            ("openat2", &[EMFILE]),
            ("creat", &[EMFILE]),
        ]),
        case!(running_program).needs(&[Need::Tool("cat")]).sees(&[
            ("open", &[ETXTBSY]),
            ("openat", &[ETXTBSY]),
            ("openat2", &[ETXTBSY]),
            ("creat", &[ETXTBSY]),
        ]),
        case!(leased).sees(&[
            ("open", &[EWOULDBLOCK]),
            ("openat", &[EWOULDBLOCK]),
            ("openat2", &[EWOULDBLOCK]),
        ]),
        case!(no_atime).sees(&[
            ("open", &[EPERM]),
            ("openat", &[EPERM]),
            ("openat2", &[EPERM]),
        ]),
        case!(immutable)
            .needs(&[Need::InodeFlags])
            .sees(&[("creat", &[EPERM])]),
        case!(nobody_at_the_other_end).sees(&[
            ("open", &[ENXIO]),
            ("openat", &[ENXIO]),
            ("openat2", &[ENXIO]),
        ]),
        case!(no_such_device).needs(&[Need::Devices]).sees(&[
            ("open", &[ENXIO, ENODEV]),
            ("openat", &[ENODEV]),
            ("openat2", &[ENODEV]),
            ("creat", &[ENODEV]),
        ]),
        case!(interrupted).sees(&[
            ("open", &[EINTR]),
            ("openat", &[EINTR]),
            ("openat2", &[EINTR]),
            ("creat", &[EINTR]),
        ]),
        case!(fifo_rendezvous),
        case!(read_only_mount).needs(&[Need::Mounts]).sees(&[
            ("open", &[EROFS]),
            ("openat", &[EROFS]),
            ("openat2", &[EROFS]),
            ("creat", &[EROFS]),
        ]),
        case!(full_file_system).needs(&[Need::Mounts]).sees(&[
            ("open", &[ENOSPC]),
            ("openat", &[ENOSPC]),
            ("openat2", &[ENOSPC]),
            ("creat", &[ENOSPC]),
        ]),
        case!(mounted_device).needs(&[Need::Images]).sees(&[
            ("open", &[EBUSY]),
            ("openat", &[EBUSY]),
            ("openat2", &[EBUSY]),
        ]),
        case!(how_sizes).sees(&[("openat2", &[EINVAL, E2BIG])]),
        case!(how_pointers).sees(&[("openat2", &[EFAULT])]),
        case!(how_resolves).sees(&[("openat2", &[EXDEV, ELOOP, EINVAL])]),
        case!(how_cached).sees(&[("openat2", &[EAGAIN])]),
        case!(how_modes).sees(&[("openat2", &[EINVAL])]),
        case!(other_mounts)
            .needs(&[Need::Mounts])
            .sees(&[("openat2", &[EXDEV])]),
        case!(own_proc_files),
        case!(through_descriptors),
        case!(devices),
        case!(changed_root).needs(&[Need::Root]),
        case!(times_of_creation),
        case!(access_modes_as_ordinary_user).sees(&[
            ("open", &[EACCES]),
            ("openat", &[EACCES]),
            ("openat2", &[EACCES]),
            ("creat", &[EACCES]),
        ]),
    ],
};

/// Opens `path` by one of the rows, tells what the descriptor is like, and returns it.
fn open_by(t: &mut Twin, row: &str, path: &CStr, flags: i32, mode: u32) -> i64 {
    let how = OpenHow {
        flags: flags as u32 as u64,
        mode: mode.into(),
        resolve: 0,
    };
    match row {
        "open" => t.call(row, args![path, flags as u32, mode]),
        "openat" => t.call(row, args![AT_FDCWD, path, flags as u32, mode]),
        "openat2" => t.call(row, args![AT_FDCWD, path, how.arg(), size_of_val(&how)]),
        _ => t.call("creat", args![path, mode]),
    }
}

/// openat2 refuses O_PATH with anything it would ignore.
fn without_waiting(flags: i32) -> i32 {
    match flags & O_PATH {
        0 => flags | O_NONBLOCK,
        _ => flags,
    }
}

/// Flags of the descriptor and of the open file, position, and what file it is: by everything but its number, as
/// these cases make their files anew all the time.
fn describe(t: &mut Twin, fd: i64) {
    if fd < 0 {
        return;
    }
    t.forget_inodes();
    t.call("fcntl", args![fd, F_GETFD]);
    t.call("fcntl", args![fd, F_GETFL]);
    t.fdinfo(fd);
    let mut st: libc::stat = blank();
    t.call("fstat", args![fd, &raw mut st]);
    t.stat("is", &st);
}

/// Opens in all three ways, describes and closes.
fn each_way(t: &mut Twin, path: &CStr, flags: i32, mode: u32) {
    for row in ALL {
        let fd = open_by(t, row, path, flags, mode);
        describe(t, fd);
        t.close(fd);
    }
}

fn every_flag(t: &mut Twin, path: &CStr) {
    for accmode in [O_RDONLY, O_WRONLY, O_RDWR, O_ACCMODE] {
        let _reader = world::build("w");
        each_way(t, path, accmode, 0);
        for bit in 2..32 {
            let flags = accmode | (1u32 << bit) as i32;
            for row in ALL {
                let _reader = world::build("w");
                let mode = if flags & O_CREAT != 0 { 0o640 } else { 0 };
                let fd = open_by(t, row, path, flags, mode);
                describe(t, fd);
                t.close(fd);
            }
        }
    }
    t.tree("w");
}

fn every_flag_on_a_file(t: &mut Twin) {
    let _reader = world::build("w");
    every_flag(t, c"w/file");
}

fn every_flag_on_a_directory(t: &mut Twin) {
    let _reader = world::build("w");
    every_flag(t, c"w/dir");
}

fn every_flag_on_a_link(t: &mut Twin) {
    let _reader = world::build("w");
    every_flag(t, c"w/link");
}

fn every_flag_on_a_fifo(t: &mut Twin) {
    let _reader = world::build("w");
    every_flag(t, c"w/fifo");
}

fn every_flag_on_nothing(t: &mut Twin) {
    let _reader = world::build("w");
    every_flag(t, c"w/nowhere");
}

const FLAGS: [i32; 15] = [
    O_CREAT,
    O_EXCL,
    O_TRUNC,
    O_APPEND,
    O_NONBLOCK,
    O_DSYNC,
    O_ASYNC,
    O_DIRECT,
    O_LARGEFILE,
    O_DIRECTORY,
    O_NOFOLLOW,
    O_NOATIME,
    O_CLOEXEC,
    O_SYNC,
    O_PATH,
];

fn pairs_of_flags(t: &mut Twin) {
    for path in [c"w/file", c"w/dir", c"w/dangling", c"w/new"] {
        let _reader = world::build("w");
        for one in FLAGS {
            for two in FLAGS {
                for row in ["open", "openat"] {
                    let fd = open_by(t, row, path, O_RDWR | one | two, 0o600);
                    if fd >= 0 {
                        t.call("fcntl", args![fd, F_GETFL]);
                    }
                    t.close(fd);
                }
                let _ = fs::remove_file("w/new");
                let _ = fs::remove_file("w/nowhere");
            }
        }
    }
}

/// The upper half of a register is not part of an int.
fn flags_wider_than_int(t: &mut Twin) {
    let _reader = world::build("w");
    let high = 0xdead_beef_0000_0000u64;
    for flags in [O_RDONLY, O_RDWR | O_CREAT, O_PATH] {
        let flags = high | flags as u64;
        let mode = high | 0o123_644;
        for path in [c"w/file", c"w/new"] {
            t.opened("open", args![path, flags, mode]);
            t.opened("openat", args![AT_FDCWD, path, flags, mode]);
            t.opened("creat", args![path, mode]);
            t.tree("w");
            let _ = fs::remove_file("w/new");
        }
    }
}

fn modes_and_umask(t: &mut Twin) {
    world::dir("d");
    for umask in [0, 0o022, 0o077, 0o777, 0o7777] {
        t.call("umask", args![umask]);
        for mode in [
            0u32, 0o777, 0o4755, 0o2755, 0o1777, 0o7777, 0o17777, 0o100644, !0,
        ] {
            for row in ["open", "openat", "openat2", "creat"] {
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
fn setgid_directory(t: &mut Twin) {
    world::dir("home");
    world::dir("home/d");
    if is_root() {
        std::os::unix::fs::chown("home/d", None, Some(crate::users::ALICE)).expect("chown");
    }
    world::chmod("home/d", 0o2777);
    for as_user in [false, true] {
        let body = |t: &mut Twin, dir: &str| {
            for row in ["open", "openat", "openat2", "creat"] {
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

fn exclusive(t: &mut Twin) {
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

fn creat_of_everything(t: &mut Twin) {
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

fn tmpfile(t: &mut Twin) {
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

fn tmpfile_unsupported(t: &mut Twin) {
    for path in [c"/proc", c"/sys", c"/sys/kernel"] {
        each_way(t, path, O_TMPFILE | O_RDWR, 0o600);
    }
}

/// A descriptor that stands for a place: what it can do, and what it cannot.
fn path_only(t: &mut Twin) {
    let _reader = world::build("w");
    let paths = "w/file w/dir w/link w/dangling w/fifo w/socket w/nowhere /dev/null";
    for path in paths.split(' ') {
        let path = CString::new(path).expect("path");
        for flags in [
            0,
            O_NOFOLLOW,
            O_DIRECTORY,
            O_CLOEXEC,
            O_RDWR,
            O_CREAT | O_RDWR,
            O_TRUNC,
            O_NOFOLLOW | O_DIRECTORY,
        ] {
            for row in ALL {
                let fd = open_by(t, row, &path, O_PATH | flags, 0);
                describe(t, fd);
                use_descriptor(t, fd);
                t.close(fd);
            }
        }
    }
}

fn use_descriptor(t: &mut Twin, fd: i64) {
    let mut buffer = [0u8; 64];
    if fd < 0 {
        return;
    }
    t.call("read", args![fd, &mut buffer, 8]);
    t.call("write", args![fd, &buffer, 8]);
    t.call("pread64", args![fd, &mut buffer, 8, 0]);
    t.call("pwrite64", args![fd, &buffer, 8, 0]);
    t.call("getdents64", args![fd, &mut buffer, 64]);
    t.call("fsync", args![fd]);
    t.call("lseek", args![fd, 0, SEEK_SET]);
}

/// The lowest free number, whatever was closed in between.
fn descriptor_numbers(t: &mut Twin) {
    world::file("file", "");
    let first: Vec<i64> = (0..8)
        .map(|_| open_by(t, "openat", c"file", O_RDONLY, 0))
        .collect();
    for i in [2, 5, 0] {
        t.call("close", args![first[i]]);
    }
    for row in ["open", "creat", "openat2", "openat"] {
        open_by(t, row, c"file", O_RDONLY, 0o600);
    }
    t.call("close", args![0]);
    open_by(t, "open", c"file", O_RDONLY, 0);
    t.call("dup2", args![3, 700]);
    for row in ALL {
        open_by(t, row, c"file", O_RDONLY | O_CLOEXEC, 0);
    }
}

/// At the limit nothing is created and nothing truncated.
fn too_many_files(t: &mut Twin) {
    world::file("file", "keep me");
    let limit = |soft| {
        nix::sys::resource::setrlimit(nix::sys::resource::Resource::RLIMIT_NOFILE, soft, 4096)
    };
    for soft in [3, 4, 0] {
        limit(soft).expect("limit");
        for row in ["open", "openat", "openat2", "creat"] {
            for path in [c"new", c"file", c"nowhere/new", c"."] {
                let fd = open_by(t, row, path, O_CREAT | O_TRUNC | O_WRONLY, 0o600);
                t.close(fd);
            }
        }
        // A number above the limit that was there before stays good.
        limit(1024).expect("limit");
        t.tree(".");
        fs::write("file", "keep me").expect("file");
        let _ = fs::remove_file("new");
    }
}

fn running_program(t: &mut Twin) {
    let cat = crate::needs::find("cat").expect("cat");
    fs::copy(cat, "prog").expect("copy");
    let mut child = Command::new("./prog")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("prog");
    for flags in [
        O_WRONLY,
        O_RDWR,
        O_RDONLY | O_TRUNC,
        O_WRONLY | O_TRUNC,
        O_RDONLY,
        O_PATH,
    ] {
        each_way(t, c"prog", flags, 0);
    }
    open_by(t, "creat", c"prog", 0, 0o755);
    drop(child.stdin.take());
    t.note("ended", child.wait().expect("prog"));
    each_way(t, c"prog", O_WRONLY, 0);
    // Written by this program and run at once: nobody may still hold it open for writing.
    for i in 0..50 {
        let name = CString::new(format!("p{i}")).expect("name");
        let fd = open_by(t, ALL[i % 3], &name, O_CREAT | O_WRONLY, 0o755);
        let script = b"#!/bin/sh\nexit 7\n";
        t.call("write", args![fd, script, script.len()]);
        t.close(fd);
        let ran = Command::new(format!("./p{i}")).status();
        t.note("ran", format!("{ran:?}"));
    }
}

fn leased(t: &mut Twin) {
    signals::catch(nix::sys::signal::Signal::SIGIO);
    for lease in [F_WRLCK, F_RDLCK] {
        world::file("file", "");
        let fd = open_by(t, "open", c"file", O_RDONLY, 0);
        t.call("fcntl", args![fd, F_SETLEASE, lease]);
        for flags in [O_RDONLY, O_WRONLY, O_RDWR | O_TRUNC] {
            each_way(t, c"file", O_NONBLOCK | flags, 0);
        }
        t.note("the holder was told", signals::caught() > 0);
        t.call("fcntl", args![fd, F_SETLEASE, F_UNLCK]);
        each_way(t, c"file", O_NONBLOCK | O_WRONLY, 0);
        t.close(fd);
    }
}

fn no_atime(t: &mut Twin) {
    world::file("file", "");
    each_way(t, c"file", O_NOATIME, 0);
    ordinary(t, |t| {
        each_way(t, c"/etc/passwd", O_NOATIME, 0);
        world::file("mine", "");
        each_way(t, c"mine", O_NOATIME, 0);
    });
}

fn immutable(t: &mut Twin) {
    for (name, flag) in [("fixed", mounts::IMMUTABLE), ("log", mounts::APPEND_ONLY)] {
        world::file(name, "keep");
        let file = fs::File::open(name).expect("file");
        mounts::set_inode_flag(&file, flag, true).expect("inode flags");
        let path = CString::new(name).expect("name");
        for flags in [
            O_RDONLY,
            O_WRONLY,
            O_RDWR | O_APPEND,
            O_RDWR | O_TRUNC,
            O_WRONLY | O_APPEND | O_TRUNC,
            O_NOATIME,
        ] {
            each_way(t, &path, flags, 0);
        }
        let fd = open_by(t, "creat", &path, 0, 0o600);
        t.close(fd);
        mounts::set_inode_flag(&file, flag, false).expect("inode flags");
    }
}

fn nobody_at_the_other_end(t: &mut Twin) {
    drop(world::build("w"));
    for flags in [O_WRONLY, O_RDONLY, O_RDWR] {
        each_way(t, c"w/fifo", O_NONBLOCK | flags, 0);
    }
    for flags in [O_WRONLY, O_RDONLY, O_RDWR | O_CREAT, O_PATH] {
        each_way(t, c"w/socket", flags, 0);
    }
}

fn no_such_device(t: &mut Twin) {
    let devices = [
        (c"char", S_IFCHR, makedev(251, 250)),
        (c"block", S_IFBLK, makedev(251, 250)),
        (c"misc", S_IFCHR, makedev(10, 251)),
        (c"null", S_IFCHR, makedev(1, 3)),
    ];
    for (name, kind, device) in devices {
        // SAFETY: the name is terminated and lives across the call.
        t.note("mknod", unsafe {
            mknod(name.as_ptr(), kind | 0o666, device)
        });
        for flags in [O_RDONLY, O_WRONLY, O_PATH] {
            each_way(t, name, flags, 0);
        }
        let fd = open_by(t, "creat", name, 0, 0o600);
        t.close(fd);
    }
}

fn interrupted(t: &mut Twin) {
    drop(world::build("w"));
    for row in ["open", "openat", "openat2", "creat"] {
        signals::interrupting(|| open_by(t, row, c"w/fifo", O_WRONLY, 0));
    }
    signals::interrupting(|| open_by(t, "open", c"w/fifo", O_RDONLY, 0));
    t.note("caught", signals::caught() > 0);
}

/// Both ends wait for each other in open, across processes.
fn fifo_rendezvous(t: &mut Twin) {
    for row in ALL {
        nix::unistd::mkfifo(row, nix::sys::stat::Mode::from_bits_truncate(0o600)).expect("fifo");
    }
    // SAFETY: single-threaded; the child leaves through `_exit`.
    let writer = unsafe { fork() };
    if writer == 0 {
        for row in ALL {
            let written = fs::File::options()
                .write(true)
                .open(row)
                .and_then(|mut end| {
                    use std::io::Write;
                    end.write_all(row.as_bytes())
                });
            assert!(written.is_ok());
        }
        // SAFETY: ends the child without running the parent's exit handlers.
        unsafe { _exit(0) };
    }
    for row in ALL {
        let fifo = CString::new(row).expect("path");
        let fd = open_by(t, row, &fifo, O_RDONLY, 0);
        let mut buffer = [0u8; 16];
        t.call("read", args![fd, &mut buffer, row.len()]);
        t.bytes("read", &buffer);
        t.call("read", args![fd, &mut buffer, 1]);
        t.close(fd);
    }
    let mut status = 0;
    // SAFETY: our own child, and a place for its status.
    unsafe { waitpid(writer, &raw mut status, 0) };
    t.note("writer", status);
}

fn read_only_mount(t: &mut Twin) {
    let _reader = world::build("w");
    mounts::bind("w", "w", true);
    for name in [
        "w/file",
        "w/new",
        "w/dir",
        "w/dir/inner",
        "w/link",
        "w/dangling",
        "w/fifo",
    ] {
        let path = CString::new(name).expect("path");
        for flags in [
            O_RDONLY,
            O_WRONLY,
            O_RDWR,
            O_RDWR | O_CREAT,
            O_RDONLY | O_CREAT,
            O_TRUNC,
            O_TMPFILE | O_RDWR,
        ] {
            each_way(t, &path, flags, 0o600 * u32::from(flags & O_CREAT != 0));
        }
        let fd = open_by(t, "creat", &path, 0, 0o600);
        t.close(fd);
    }
}

fn full_file_system(t: &mut Twin) {
    world::dir("m");
    mounts::tmpfs(Path::new("m"), "size=64k,nr_inodes=3").expect("tmpfs");
    world::file("m/one", "");
    world::file("m/two", "");
    for row in ["open", "openat", "openat2", "creat"] {
        open_by(t, row, c"m/three", O_CREAT | O_RDWR, 0o600);
        let fd = open_by(t, row, c"m/one", O_CREAT | O_RDWR, 0o600);
        t.close(fd);
    }
    t.tree("m");
}

fn mounted_device(t: &mut Twin) {
    world::dir("m");
    mounts::ext4("m", 1024, || (), &[]);
    let table = fs::read_to_string("/proc/self/mountinfo").expect("mountinfo");
    let ours = table.lines().last().expect("our mount");
    let device = ours
        .split(' ')
        .find(|word| word.starts_with("/dev/loop"))
        .expect("a loop device");
    let device = CString::new(device).expect("path");
    for row in ALL {
        // Which of the loop devices it is differs from run to run.
        let flags = O_RDWR | O_EXCL;
        let how = OpenHow::flags(flags);
        let path = Arg::at(device.as_ptr() as usize, "our loop device");
        let _ = match row {
            "open" => t.opened(row, args![path, flags]),
            "openat" => t.opened(row, args![AT_FDCWD, path, flags]),
            _ => t.opened(row, args![AT_FDCWD, path, how.arg(), size_of_val(&how)]),
        };
    }
    nix::mount::umount("m").expect("umount");
}

/// The structure may be longer than the kernel's as long as the rest is zero.
fn how_sizes(t: &mut Twin) {
    world::file("file", "");
    let mut words = [0u64; 1024];
    for (index, value) in [(3, 0u64), (3, 1), (600, 1), (1023, 1)] {
        words.fill(0);
        words[index] = value;
        for size in [
            0usize,
            1,
            8,
            16,
            23,
            24,
            25,
            28,
            32,
            40,
            4095,
            4096,
            4097,
            8192,
            1 << 31,
            usize::MAX,
        ] {
            let how = Arg::at(words.as_ptr() as usize, format!("how[{index}]={value}"));
            t.opened("openat2", args![AT_FDCWD, c"file", how, size]);
        }
    }
}

fn how_pointers(t: &mut Twin) {
    world::file("file", "");
    for spot in memory::bad() {
        for size in [0usize, 16, 24, 32, 4096] {
            t.opened("openat2", args![AT_FDCWD, c"file", &spot, size]);
        }
    }
    for length in [16, 23, 24, 32] {
        let spot = memory::before_the_edge(&vec![0; length]);
        for size in [24usize, 32, 4096] {
            t.opened("openat2", args![AT_FDCWD, c"file", &spot, size]);
        }
    }
}

const RESOLVED: &str = "
    file dir/inner dir/../file link here/file .. ../outside up up/w/file out rooted absolute magic / /file
    /proc/self/cwd /proc/self/exe /dev/fd/0 /proc/self/fd/0 loop . dir/../../w/file /.. /../file nowhere dangling
    /dev/null /proc/self/stat
";

fn how_resolves(t: &mut Twin) {
    let _reader = world::build("w");
    world::file("outside", "");
    world::link("../outside", "w/out");
    world::link("/file", "w/rooted");
    let dir = t.call("open", args![c"w", O_PATH | O_DIRECTORY, 0]);
    let absolute = std::env::current_dir().expect("here").join("w/file");
    let absolute = absolute.to_str().expect("a plain path");
    for path in RESOLVED.split_whitespace().chain(["", absolute]) {
        let path = CString::new(path).expect("path");
        for bit in 0..8 {
            resolve(t, dir, &path, 1 << bit, O_RDONLY);
        }
        for resolves in [0, 0x18, 0x0c, 0x1c, 0x14, 0x06, 0x1f, 0x3f] {
            resolve(t, dir, &path, resolves, O_RDONLY);
        }
        resolve(t, dir, &path, 1 << 3, O_PATH);
        resolve(t, dir, &path, 1 << 4, O_PATH | O_NOFOLLOW);
        resolve(t, i64::from(AT_FDCWD), &path, 1 << 3, O_RDONLY);
        resolve(t, i64::from(AT_FDCWD), &path, 1 << 4, O_RDONLY);
    }
    for resolves in [0x40, 1 << 31, 1 << 32, 1 << 63, u64::MAX] {
        resolve(t, dir, c"file", resolves, O_RDONLY);
    }
}

fn resolve(t: &mut Twin, dir: i64, path: &CStr, resolve: u64, flags: i32) {
    let how = OpenHow {
        flags: without_waiting(flags) as u64,
        mode: 0,
        resolve,
    };
    t.opened("openat2", args![dir, path, how.arg(), size_of_val(&how)]);
}

/// RESOLVE_CACHED refuses what cannot be done without waiting; what is looked up again and again is in the cache.
fn how_cached(t: &mut Twin) {
    world::file("file", "");
    for _ in 0..3 {
        fs::metadata("file").expect("warm");
    }
    for (path, flags) in [
        (c"file", O_RDONLY),
        (c"file", O_PATH),
        (c"new", O_CREAT | O_RDWR),
        (c"file", O_TRUNC | O_WRONLY),
        (c".", O_TMPFILE | O_RDWR),
    ] {
        let how = OpenHow {
            flags: flags as u64,
            mode: if flags & (O_CREAT | O_TMPFILE) & !O_DIRECTORY != 0 {
                0o600
            } else {
                0
            },
            resolve: 0x20,
        };
        t.opened(
            "openat2",
            args![AT_FDCWD, path, how.arg(), size_of_val(&how)],
        );
    }
    t.tree(".");
}

fn how_modes(t: &mut Twin) {
    world::file("file", "");
    for flags in [O_RDONLY, O_CREAT | O_RDWR, O_TMPFILE | O_RDWR, O_PATH] {
        for mode in [0u64, 0o644, 0o7777, 0o17777, 0o100_644, 1 << 32, u64::MAX] {
            for high in [0u64, 1 << 32, 1 << 63] {
                let how = OpenHow {
                    flags: flags as u64 | high,
                    mode,
                    resolve: 0,
                };
                for path in [c"file", c"new", c"."] {
                    t.opened(
                        "openat2",
                        args![AT_FDCWD, path, how.arg(), size_of_val(&how)],
                    );
                }
                let _ = fs::remove_file("new");
            }
        }
    }
}

fn other_mounts(t: &mut Twin) {
    let _reader = world::build("w");
    mounts::tmpfs(Path::new("w/dir"), "size=64k").expect("tmpfs");
    world::file("w/dir/inside", "");
    let dir = t.call("open", args![c"w", O_PATH | O_DIRECTORY, 0]);
    for path in [
        c"dir",
        c"dir/inside",
        c"dir/..",
        c"dir/../file",
        c"file",
        c"/",
        c"..",
    ] {
        for bit in 0..6 {
            resolve(t, dir, path, 1 << bit, O_RDONLY);
        }
    }
    for row in ALL {
        for path in [c"w/dir/inside", c"w/dir/new", c"w/dir/../file"] {
            let fd = open_by(t, row, path, O_CREAT | O_RDWR, 0o600);
            describe(t, fd);
            t.close(fd);
        }
    }
}

/// procfs tells each process about itself: it must be the caller that asks.
fn own_proc_files(t: &mut Twin) {
    let pid = std::process::id().to_string();
    for row in ALL {
        for path in [
            c"/proc/self/stat",
            c"/proc/thread-self/stat",
            c"/proc/self/task/../stat",
        ] {
            let mut buffer = [0u8; 64];
            let fd = open_by(t, row, path, O_RDONLY, 0);
            t.call("read", args![fd, &mut buffer, 32]);
            t.close(fd);
            t.note("is me", buffer.starts_with(format!("{pid} (").as_bytes()));
        }
        let fd = open_by(t, row, c"/proc/self/comm", O_RDWR, 0);
        t.call("write", args![fd, b"renamed", 7]);
        let mut buffer = [0u8; 16];
        t.call("pread64", args![fd, &mut buffer, 16, 0]);
        t.bytes("comm", &buffer);
        t.close(fd);
        for path in [
            c"/proc/self/mem",
            c"/proc/self/maps",
            c"/proc/self/oom_score_adj",
            c"/proc/self/cmdline",
        ] {
            let fd = open_by(t, row, path, O_RDONLY, 0);
            t.close(fd);
        }
    }
}

/// A name below /proc/self/fd opens the file anew: position and flags of its own.
fn through_descriptors(t: &mut Twin) {
    world::file("file", "0123456789");
    world::file("gone", "unlinked");
    world::dir("dir");
    world::file("dir/inner", "x");
    let fd = open_by(t, "open", c"file", O_RDONLY, 0);
    let gone = open_by(t, "open", c"gone", O_RDWR, 0);
    let dir = open_by(t, "open", c"dir", O_RDONLY, 0);
    let place = open_by(t, "open", c"file", O_PATH, 0);
    fs::remove_file("gone").expect("gone");
    let mut buffer = [0u8; 16];
    t.call("read", args![fd, &mut buffer, 4]);
    for row in ALL {
        for root in ["/proc/self/fd", "/dev/fd", "/proc/thread-self/fd"] {
            for fd in [fd, gone, dir, place, 0, 99] {
                let path = CString::new(format!("{root}/{fd}")).expect("path");
                for flags in [
                    O_RDONLY,
                    O_RDWR,
                    O_RDONLY | O_DIRECTORY,
                    O_PATH,
                    O_PATH | O_NOFOLLOW,
                    O_NOFOLLOW,
                ] {
                    let fd = open_by(t, row, &path, without_waiting(flags), 0);
                    t.fdinfo(fd);
                    t.close(fd);
                }
            }
        }
        let path = CString::new(format!("/proc/self/fd/{dir}/inner")).expect("path");
        each_way(t, &path, O_RDONLY, 0);
    }
}

fn devices(t: &mut Twin) {
    let mut buffer = [1u8; 8];
    for path in [
        c"/dev/null",
        c"/dev/zero",
        c"/dev/full",
        c"/dev/tty",
        c"/dev/stdin",
        c"/dev/stdout",
        c"/dev/stderr",
    ] {
        for row in ALL {
            for flags in [O_RDONLY, O_RDWR, O_WRONLY | O_APPEND] {
                let fd = open_by(t, row, path, flags, 0);
                describe(t, fd);
                if fd >= 0 {
                    t.call("read", args![fd, &mut buffer, 8]);
                    t.bytes("read", &buffer);
                }
                t.close(fd);
            }
        }
    }
}

fn changed_root(t: &mut Twin) {
    let _reader = world::build("w");
    world::file("outside", "");
    let outside = open_by(t, "open", c".", O_RDONLY | O_DIRECTORY, 0);
    t.call("chroot", args![c"w"]);
    for row in ALL {
        for path in [
            c"/file",
            c"/../outside",
            c"outside",
            c"w/file",
            c"/dir/inner",
            c"/absolute",
            c"/magic",
            c"/proc",
        ] {
            let fd = open_by(t, row, path, O_RDONLY, 0);
            t.close(fd);
        }
    }
    t.opened("openat", args![outside, c"outside", O_RDONLY]);
    t.opened("openat", args![outside, c"..", O_RDONLY]);
    t.opened("openat", args![outside, c"/file", O_RDWR | O_CREAT, 0o600]);
    t.call("chdir", args![c"/dir"]);
    for row in ALL {
        for path in [c"inner", c"../file", c"../../../file", c"/new"] {
            let fd = open_by(t, row, path, O_RDWR | O_CREAT, 0o600);
            t.close(fd);
        }
    }
}

/// Opening sets no time but those it should.
fn times_of_creation(t: &mut Twin) {
    let old = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    for row in ["open", "openat", "openat2", "creat"] {
        for (flags, name) in [
            (O_RDWR, "plain"),
            (O_RDWR | O_TRUNC, "empty"),
            (O_RDWR | O_CREAT, "exists"),
        ] {
            fs::write(name, "x").expect("file");
            let file = fs::File::options().write(true).open(name).expect("file");
            file.set_times(fs::FileTimes::new().set_accessed(old).set_modified(old))
                .expect("times");
            drop(file);
            let path = CString::new(name).expect("path");
            let mode = if flags & O_CREAT != 0 { 0o600 } else { 0 };
            let fd = open_by(t, row, &path, flags, mode);
            t.close(fd);
            let meta = fs::metadata(name).expect("file");
            t.note(
                name,
                format!(
                    "modified then {}, read then {}",
                    meta.mtime() == 1_000_000_000,
                    meta.atime() == 1_000_000_000
                ),
            );
        }
    }
}

fn access_modes_as_ordinary_user(t: &mut Twin) {
    ordinary(t, |t| {
        for mode in [0o000, 0o100, 0o200, 0o400, 0o600, 0o044, 0o444] {
            world::file("f", "x");
            world::chmod("f", mode);
            for flags in [
                O_RDONLY,
                O_WRONLY,
                O_RDWR,
                O_ACCMODE,
                O_RDONLY | O_TRUNC,
                O_PATH,
            ] {
                each_way(t, c"f", flags, 0);
            }
            let fd = open_by(t, "creat", c"f", 0, 0o777);
            t.close(fd);
            t.tree(".");
            fs::remove_file("f").expect("f");
        }
        each_way(t, c"/etc/passwd", O_RDWR, 0);
        each_way(t, c"/etc/shadow", O_RDONLY, 0);
        each_way(t, c"/new", O_CREAT | O_RDWR, 0o600);
    });
}
