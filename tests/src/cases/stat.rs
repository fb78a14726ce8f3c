//! stat, lstat, fstat, newfstatat, statx: what they say, where they put it, and flags.

use super::world;
use crate::arg::Arg;
use crate::args;
use crate::case;
use crate::case::Family;
use crate::filesystem::FileSystem;
use crate::memory;
use crate::twin::{Twin, blank};
use libc::*;
use std::ffi::CString;
use std::fs;
use std::time::{Duration, UNIX_EPOCH};

pub const FAMILY: Family = Family {
    name: "stat",
    on: FileSystem::ALL,
    cases: &[
        case!(every_kind),
        case!(exact_times),
        case!(times_follow_the_clock),
        case!(agree_with_each_other),
        case!(sizes_and_holes),
        case!(bad_buffers).sees(&[
            ("stat", &[EFAULT]),
            ("lstat", &[EFAULT]),
            ("fstat", &[EFAULT]),
            ("newfstatat", &[EFAULT]),
            ("statx", &[EFAULT]),
        ]),
        case!(exact_buffers),
        case!(bad_descriptors).sees(&[
            ("fstat", &[EBADF]),
            ("newfstatat", &[EBADF]),
            ("statx", &[EBADF]),
        ]),
        case!(flags).sees(&[
            ("newfstatat", &[EINVAL, ENOENT]),
            ("statx", &[EINVAL, ENOENT]),
        ]),
        case!(empty_and_null_paths).sees(&[("newfstatat", &[ENOENT, EFAULT])]),
        case!(empty_and_null_paths_here),
        case!(masks).sees(&[("statx", &[EINVAL])]),
        case!(statx_flags),
        case!(every_kind_of_descriptor),
        case!(own_proc_files),
        case!(deleted_files),
    ],
};

fn statx_line(t: &mut Twin, st: &libc::statx) {
    let inode = t.inode(makedev(st.stx_dev_major, st.stx_dev_minor), st.stx_ino);
    t.note(
        "statx",
        format_args!(
            "{inode} mask {:x} mode {:o} nlink {} uid {} gid {} size {} blksize {} rdev {}:{} attributes {:x} of {:x} birth {}",
            st.stx_mask,
            st.stx_mode,
            st.stx_nlink,
            st.stx_uid,
            st.stx_gid,
            st.stx_size,
            st.stx_blksize,
            st.stx_rdev_major,
            st.stx_rdev_minor,
            st.stx_attributes,
            st.stx_attributes_mask,
            st.stx_btime.tv_sec != 0,
        ),
    );
}

fn statx(t: &mut Twin, dir: impl Into<Arg>, path: impl Into<Arg>, flags: i32, mask: u32) {
    let mut st: libc::statx = blank();
    let (dir, path) = (dir.into(), path.into());
    if t.call("statx", args![dir, path, flags, mask, &raw mut st]) == 0 {
        statx_line(t, &st);
    }
}

fn newfstatat(t: &mut Twin, dir: impl Into<Arg>, path: impl Into<Arg>, flags: u32) {
    let mut st: libc::stat = blank();
    let (dir, path) = (dir.into(), path.into());
    if t.call("newfstatat", args![dir, path, &raw mut st, flags]) == 0 {
        t.stat("newfstatat", &st);
    }
}

fn every_kind(t: &mut Twin) {
    let _reader = world::build("w");
    fs::hard_link("w/file", "w/second").expect("link");
    for name in [
        "file", "second", "dir", "full", "link", "dirlink", "fifo", "socket", "dangling", "loop",
        "here",
    ] {
        let path = CString::new(format!("w/{name}")).expect("path");
        for row in ["stat", "lstat"] {
            let mut st: libc::stat = blank();
            if t.call(row, args![path.as_c_str(), &raw mut st]) == 0 {
                t.stat(row, &st);
            }
        }
        for flags in [0, AT_SYMLINK_NOFOLLOW] {
            newfstatat(t, AT_FDCWD, path.as_c_str(), flags as u32);
            statx(
                t,
                AT_FDCWD,
                path.as_c_str(),
                flags,
                STATX_BASIC_STATS | STATX_BTIME,
            );
        }
    }
}

/// Times somebody set are exact to the nanosecond, before 1970 and after 2038 too.
fn exact_times(t: &mut Twin) {
    for (seconds, nanos) in [
        (0i64, 0),
        (1_000_000_000, 123_456_789),
        (5_000_000_000, 999_999_999),
        (-5, 1),
    ] {
        world::file("file", "x");
        let at = match u64::try_from(seconds) {
            Ok(after) => UNIX_EPOCH + Duration::new(after, nanos),
            Err(_) => UNIX_EPOCH - Duration::from_secs(5) + Duration::new(0, nanos),
        };
        let file = fs::File::options().write(true).open("file").expect("file");
        file.set_times(fs::FileTimes::new().set_accessed(at).set_modified(at))
            .expect("times");
        let mut st: libc::stat = blank();
        for row in ["stat", "lstat"] {
            t.call(row, args![c"file", &raw mut st]);
            t.note(
                "times",
                format_args!(
                    "{} {} {} {}",
                    st.st_mtime, st.st_mtime_nsec, st.st_atime, st.st_atime_nsec
                ),
            );
        }
        let mut st: libc::statx = blank();
        t.call("statx", args![AT_FDCWD, c"file", 0, STATX_ALL, &raw mut st]);
        t.note(
            "times",
            format_args!(
                "{} {} {}",
                st.stx_mtime.tv_sec, st.stx_mtime.tv_nsec, st.stx_atime.tv_sec
            ),
        );
    }
}

fn now(clock: clockid_t) -> (i64, i64) {
    let mut time: timespec = blank();
    // SAFETY: a place for the answer.
    unsafe { clock_gettime(clock, &raw mut time) };
    (time.tv_sec, time.tv_nsec)
}

/// What the kernel sets lies between the coarse clock before and the fine one after.
fn times_follow_the_clock(t: &mut Twin) {
    let before = now(CLOCK_REALTIME_COARSE);
    world::file("file", "x");
    fs::set_permissions("file", fs::metadata("file").expect("file").permissions()).expect("ctime");
    let after = now(CLOCK_REALTIME);
    let mut st: libc::stat = blank();
    t.call("stat", args![c"file", &raw mut st]);
    for (name, time) in [
        ("modified", (st.st_mtime, st.st_mtime_nsec)),
        ("changed", (st.st_ctime, st.st_ctime_nsec)),
        ("read", (st.st_atime, st.st_atime_nsec)),
    ] {
        t.note(name, before <= time && time <= after);
    }
    let mut st: libc::statx = blank();
    t.call("statx", args![AT_FDCWD, c"file", 0, STATX_ALL, &raw mut st]);
    let birth = (st.stx_btime.tv_sec, i64::from(st.stx_btime.tv_nsec));
    t.note(
        "born",
        st.stx_mask & STATX_BTIME == 0 || (before <= birth && birth <= after),
    );
}

/// All rows tell the same numbers, and /proc/self/fdinfo (which no worker answers) the same inode.
fn agree_with_each_other(t: &mut Twin) {
    let _reader = world::build("w");
    for path in [c"w/file", c"w/dir", c"w/fifo", c"/dev/null", c"/"] {
        let mut all: [libc::stat; 4] = blank();
        let fd = t.call("open", args![path, O_RDONLY | O_NONBLOCK]);
        let [one, two, three, four] = &mut all;
        t.call("stat", args![path, &raw mut *one]);
        t.call("lstat", args![path, &raw mut *two]);
        t.call("fstat", args![fd, &raw mut *three]);
        t.call("newfstatat", args![AT_FDCWD, path, &raw mut *four, 0]);
        let bytes = all.map(|st| format!("{st:?}"));
        t.note("equal", bytes.iter().all(|st| *st == bytes[0]));
        let info = fs::read_to_string(format!("/proc/self/fdinfo/{fd}")).expect("fdinfo");
        let inode = info.lines().find_map(|line| line.strip_prefix("ino:\t"));
        t.note(
            "as in fdinfo",
            inode.is_none_or(|text| text == all[0].st_ino.to_string()),
        );
        let mut st: libc::statx = blank();
        t.call(
            "statx",
            args![fd, c"", AT_EMPTY_PATH, STATX_ALL, &raw mut st],
        );
        t.note(
            "as in statx",
            st.stx_ino == all[0].st_ino && st.stx_blocks == all[0].st_blocks as u64,
        );
        t.close(fd);
    }
}

fn sizes_and_holes(t: &mut Twin) {
    for size in [0, 1, 4096, 1 << 31, 1 << 33, 1 << 40] {
        let file = fs::File::create("file").expect("file");
        file.set_len(size).expect("length");
        let mut st: libc::stat = blank();
        t.call("stat", args![c"file", &raw mut st]);
        t.note(
            "size",
            format_args!("{} blocks {}", st.st_size, st.st_blocks),
        );
        statx(t, AT_FDCWD, c"file", 0, STATX_SIZE | STATX_BLOCKS);
    }
    fs::remove_file("file").expect("file");
}

/// The answer is written whole or not at all, and not beyond its length.
fn bad_buffers(t: &mut Twin) {
    world::file("file", "");
    let fd = t.call("open", args![c"file", O_RDONLY]);
    let mut places = memory::bad();
    places.push(memory::read_only());
    places.extend([0, 1, 100, 143].map(|room| memory::room_before(room, PROT_NONE)));
    places.extend([0, 143].map(|room| memory::room_before(room, PROT_READ)));
    for place in &places {
        for path in [c"file", c"nowhere"] {
            t.call("stat", args![path, place]);
            t.call("lstat", args![path, place]);
            t.call("newfstatat", args![AT_FDCWD, path, place, 0]);
            t.call("statx", args![AT_FDCWD, path, 0, STATX_ALL, place]);
        }
        t.call("fstat", args![fd, place]);
        t.call("fstat", args![99, place]);
    }
}

/// Just enough room is enough, and nothing behind it changes.
fn exact_buffers(t: &mut Twin) {
    world::file("file", "");
    for (room, row) in [(144, "stat"), (144, "lstat"), (256, "statx")] {
        let place = memory::room_before(room, PROT_NONE);
        match row {
            "statx" => t.call(row, args![AT_FDCWD, c"file", 0, STATX_ALL, &place]),
            _ => t.call(row, args![c"file", &place]),
        };
    }
    let write_only = memory::write_only();
    t.call("stat", args![c"file", &write_only]);
    let mut guarded = [0xaau8; 300];
    t.call("stat", args![c"file", &mut guarded]);
    t.note(
        "untouched after stat",
        guarded[144..].iter().all(|byte| *byte == 0xaa),
    );
    guarded.fill(0xaa);
    t.call(
        "statx",
        args![AT_FDCWD, c"file", 0, STATX_ALL, &mut guarded],
    );
    t.note(
        "untouched after statx",
        guarded[256..].iter().all(|byte| *byte == 0xaa),
    );
    t.note(
        "unused words",
        guarded[192..256].iter().all(|byte| *byte == 0),
    );
}

fn bad_descriptors(t: &mut Twin) {
    let mut st: libc::stat = blank();
    let high = 0xdead_beef_0000_0000u64;
    for fd in [-1, -100, 99, i32::MAX, i32::MIN, 1 << 20] {
        t.call("fstat", args![fd, &raw mut st]);
        newfstatat(t, fd, c"", AT_EMPTY_PATH as u32);
        newfstatat(t, fd, c"x", 0);
        statx(t, fd, c"", AT_EMPTY_PATH, STATX_ALL);
        statx(t, fd, c"x", 0, STATX_ALL);
    }
    for fd in [high, high | 99, high | 0xffff_ffff] {
        t.call("fstat", args![fd, &raw mut st]);
    }
    t.call("fstat", args![99, 0]);
}

fn flags(t: &mut Twin) {
    let _reader = world::build("w");
    for path in [c"w/file", c"w/link", c"w/dangling", c"", c"w"] {
        for bit in 0..32 {
            newfstatat(t, AT_FDCWD, path, 1 << bit);
            statx(t, AT_FDCWD, path, (1u32 << bit) as i32, STATX_BASIC_STATS);
        }
        for flags in [0x1900, 0x900, 0x1100, 0x1800, u32::MAX] {
            newfstatat(t, AT_FDCWD, path, flags);
            statx(t, AT_FDCWD, path, flags as i32, STATX_BASIC_STATS);
        }
    }
    let high = 0xdead_beef_0000_0000u64;
    let mut st: libc::stat = blank();
    t.call(
        "newfstatat",
        args![
            high | u64::from(AT_FDCWD as u32),
            c"w/link",
            &raw mut st,
            high | 0x100
        ],
    );
    t.stat("wide", &st);
    let mut st: libc::statx = blank();
    t.call(
        "statx",
        args![AT_FDCWD, c"w/link", high | 0x100, high | 0x7ff, &raw mut st],
    );
    statx_line(t, &st);
}

/// AT_EMPTY_PATH asks about the descriptor; so does, since 6.11, no path at all.
fn empty_and_null_paths(t: &mut Twin) {
    let _reader = world::build("w");
    let held = [
        (c"w/file", O_RDONLY),
        (c"w/file", O_PATH),
        (c"w/link", O_PATH | O_NOFOLLOW),
        (c"w/dir", O_PATH),
        (c"w/dir", O_RDONLY),
        (c"w/socket", O_PATH),
        (c"w/fifo", O_RDWR),
        (c"/dev/null", O_RDWR),
        (c"/proc/self/stat", O_RDONLY),
    ];
    for (path, flags) in held {
        let fd = t.call("open", args![path, flags]);
        for flags in [
            0,
            AT_EMPTY_PATH,
            AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW,
            AT_EMPTY_PATH | AT_NO_AUTOMOUNT,
        ] {
            let unreadable = memory::before_the_edge(b"");
            for path in [
                Arg::from(c""),
                Arg::from(0),
                Arg::from(&unreadable),
                Arg::from(c"/"),
            ] {
                newfstatat(t, fd, path.clone(), flags as u32);
                statx(t, fd, path, flags, STATX_BASIC_STATS);
            }
        }
        t.close(fd);
    }
}

fn empty_and_null_paths_here(t: &mut Twin) {
    for flags in [0, AT_EMPTY_PATH] {
        for path in [Arg::from(c""), Arg::from(0)] {
            newfstatat(t, AT_FDCWD, path.clone(), flags as u32);
            statx(t, AT_FDCWD, path, flags, STATX_BASIC_STATS);
        }
    }
}

fn masks(t: &mut Twin) {
    let _reader = world::build("w");
    for bit in 0..32 {
        statx(t, AT_FDCWD, c"w/file", 0, 1 << bit);
    }
    for mask in [
        0,
        STATX_TYPE,
        STATX_BASIC_STATS,
        STATX_ALL,
        0x7fff_ffff,
        u32::MAX,
    ] {
        for path in [
            c"w/file",
            c"w/dir",
            c"w/fifo",
            c"/",
            c"/proc/self/stat",
            c"/dev/null",
            c"/sys",
        ] {
            statx(t, AT_FDCWD, path, 0, mask);
        }
    }
}

fn statx_flags(t: &mut Twin) {
    let _reader = world::build("w");
    for sync in [
        AT_STATX_SYNC_AS_STAT,
        AT_STATX_FORCE_SYNC,
        AT_STATX_DONT_SYNC,
        0x6000,
    ] {
        for more in [0, AT_SYMLINK_NOFOLLOW, AT_NO_AUTOMOUNT, AT_EMPTY_PATH] {
            for path in [c"w/file", c"w/link", c"w/nowhere"] {
                statx(t, AT_FDCWD, path, sync | more, STATX_BASIC_STATS);
            }
        }
    }
}

fn every_kind_of_descriptor(t: &mut Twin) {
    let _reader = world::build("w");
    // SAFETY: plain calls that return descriptors; the memory is theirs for the call only.
    let made = unsafe {
        let mut pipe = [0; 2];
        libc::pipe(pipe.as_mut_ptr());
        [
            pipe[0],
            pipe[1],
            socket(AF_UNIX, SOCK_STREAM, 0),
            socket(AF_INET, SOCK_DGRAM, 0),
            eventfd(0, 0),
            epoll_create1(0),
            memfd_create(c"memory".as_ptr(), 0),
            inotify_init1(0),
            timerfd_create(CLOCK_MONOTONIC, 0),
        ]
    };
    for fd in made.into_iter().chain([0, 1, 2]) {
        t.forget_inodes();
        let mut st: libc::stat = blank();
        t.call("fstat", args![fd, &raw mut st]);
        t.stat("fstat", &st);
        newfstatat(t, fd, c"", AT_EMPTY_PATH as u32);
        statx(t, fd, c"", AT_EMPTY_PATH, STATX_BASIC_STATS);
    }
}

/// procfs must see the caller, not a worker: the files belong to it, and its links lead where it stands.
fn own_proc_files(t: &mut Twin) {
    let number = std::process::id();
    let mine = CString::new(format!("/proc/{number}")).expect("path");
    let inode = |t: &mut Twin, path: &std::ffi::CStr| {
        let mut st: libc::stat = blank();
        let shown = Arg::at(path.as_ptr() as usize, "a process");
        t.call("stat", args![shown, &raw mut st]);
        (st.st_dev, st.st_ino)
    };
    let (own, via_self) = (inode(t, &mine), inode(t, c"/proc/self"));
    t.note("/proc/self is me", own == via_self);
    let (here, via_cwd) = (inode(t, c"."), inode(t, c"/proc/self/cwd"));
    t.note("/proc/self/cwd is here", here == via_cwd);
    for path in [
        c"/proc/self/fd/0",
        c"/proc/self/fd/99",
        c"/dev/stdin",
        c"/proc/self/root",
        c"/proc/self/ns/mnt",
    ] {
        let mut st: libc::stat = blank();
        if t.call("stat", args![path, &raw mut st]) == 0 {
            t.forget_inodes();
            t.stat("stat", &st);
        }
    }
}

fn deleted_files(t: &mut Twin) {
    world::file("file", "contents");
    world::dir("dir");
    let file = t.call("open", args![c"file", O_RDWR]);
    let dir = t.call("open", args![c"dir", O_RDONLY]);
    fs::remove_file("file").expect("file");
    fs::remove_dir("dir").expect("dir");
    for fd in [file, dir] {
        let mut st: libc::stat = blank();
        t.call("fstat", args![fd, &raw mut st]);
        t.stat("fstat", &st);
        newfstatat(t, fd, c"", AT_EMPTY_PATH as u32);
        newfstatat(t, fd, c".", 0);
        newfstatat(t, fd, c"..", 0);
        let link = CString::new(format!("/proc/self/fd/{fd}")).expect("path");
        newfstatat(t, AT_FDCWD, link.as_c_str(), 0);
        newfstatat(t, AT_FDCWD, link.as_c_str(), AT_SYMLINK_NOFOLLOW as u32);
    }
}
