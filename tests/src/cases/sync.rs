//! fsync, fdatasync, sync_file_range, syncfs, sync.

use super::world;
use crate::args;
use crate::case;
use crate::case::Family;
use crate::filesystem::FileSystem;
use crate::mounts;
use crate::nameless::one_of_each;
use crate::needs::Need;
use crate::twin::Twin;
use libc::*;
use std::path::Path;

const ROWS: [&str; 2] = ["fsync", "fdatasync"];

pub const FAMILY: Family = Family {
    name: "sync",
    on: FileSystem::ALL,
    cases: &[
        case!(every_kind_of_descriptor).sees(&[("fsync", &[EINVAL]), ("fdatasync", &[EINVAL])]),
        case!(bad_descriptors).sees(&[("fsync", &[EBADF]), ("fdatasync", &[EBADF])]),
        case!(written_data),
        case!(no_room_behind_the_device)
            .needs(&[Need::Images])
            .sees(&[("fsync", &[ENOSPC]), ("fdatasync", &[ENOSPC])]),
        case!(no_room_for_a_range_or_all)
            .needs(&[Need::Images])
            .sees(&[("sync_file_range", &[ENOSPC]), ("syncfs", &[ENOSPC])]),
        case!(ranges_and_file_systems).sees(&[
            ("sync_file_range", &[EBADF, EINVAL, ESPIPE]),
            ("syncfs", &[EBADF]),
        ]),
        case!(range_flags).sees(&[("sync_file_range", &[EINVAL])]),
        case!(range_offsets).sees(&[("sync_file_range", &[EINVAL])]),
        case!(written_ranges),
        case!(everything),
    ],
};

fn both(t: &mut Twin, fd: impl Into<crate::arg::Arg>) {
    let fd = fd.into();
    for row in ROWS {
        t.call(row, args![&fd]);
    }
}

/// An open file of every kind.
fn descriptors(t: &mut Twin) -> Vec<i64> {
    let opened = [
        (c"w/file", O_RDONLY),
        (c"w/file", O_WRONLY),
        (c"w/file", O_RDWR | O_SYNC),
        (c"w/file", O_PATH),
        (c"w/dir", O_RDONLY),
        (c"w/dir", O_PATH),
        (c"w/fifo", O_RDWR),
        (c"/dev/null", O_RDWR),
        (c"/dev/zero", O_RDONLY),
        (c"/proc/self/stat", O_RDONLY),
        (c"/proc", O_RDONLY),
        (c"/sys/kernel", O_RDONLY),
        (c"w", O_TMPFILE | O_RDWR),
    ]
    .map(|(path, flags)| t.call("open", args![path, flags, 0o600]));
    opened.into_iter().chain(one_of_each()).collect()
}

fn every_kind_of_descriptor(t: &mut Twin) {
    let _reader = world::build("w");
    for fd in descriptors(t) {
        both(t, fd);
    }
}

fn bad_descriptors(t: &mut Twin) {
    world::file("file", "");
    let fd = t.call("open", args![c"file", O_RDWR]);
    let high = 0xdead_beef_0000_0000u64;
    for fd in [
        u64::MAX,
        99,
        high,
        high | 99,
        high | fd as u64,
        1 << 31,
        u64::from(AT_FDCWD as u32),
    ] {
        both(t, fd);
    }
    t.call("close", args![fd]);
    both(t, fd);
}

fn written_data(t: &mut Twin) {
    world::dir("d");
    for row in ROWS {
        for size in [0usize, 1, 4096, 100_000] {
            let fd = t.call("open", args![c"d/file", O_RDWR | O_CREAT | O_TRUNC, 0o600]);
            t.call("write", args![fd, &vec![b's'; size][..], size]);
            t.call(row, args![fd]);
            t.close(fd);
            let dir = t.call("open", args![c"d", O_RDONLY]);
            t.call(row, args![dir]);
            t.close(dir);
            t.tree(".");
        }
    }
}

/// A file system on a device that promises more than it has: what was written cannot be written back.
fn no_room_behind_the_device(t: &mut Twin) {
    for row in ROWS {
        world::dir(row);
        mounts::tmpfs(Path::new(row), "size=1m").expect("tmpfs");
        let before = std::env::current_dir().expect("here");
        std::env::set_current_dir(row).expect("tmpfs");
        world::dir("m");
        mounts::ext4("m", 16384, || (), &[]);
        let fd = t.call("open", args![c"m/file", O_RDWR | O_CREAT, 0o600]);
        let much = vec![b's'; 8 << 20];
        t.call("write", args![fd, &much[..], much.len()]);
        t.call(row, args![fd]);
        t.call(row, args![fd]);
        t.close(fd);
        std::env::set_current_dir(before).expect("back");
    }
}

/// All that sync_file_range can be asked to do.
const ALL: u32 = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;

fn no_room_for_a_range_or_all(t: &mut Twin) {
    let before = std::env::current_dir().expect("here");
    for row in ["sync_file_range", "syncfs"] {
        world::dir(row);
        mounts::tmpfs(Path::new(row), "size=1m").expect("tmpfs");
        std::env::set_current_dir(row).expect("tmpfs");
        world::dir("m");
        mounts::ext4("m", 16384, || (), &[]);
        let fd = t.call("open", args![c"m/file", O_RDWR | O_CREAT, 0o600]);
        let much = vec![b's'; 8 << 20];
        t.call("write", args![fd, &much[..], much.len()]);
        for _ in 0..3 {
            t.call(row, args![fd, 0, 0, ALL]);
        }
        t.close(fd);
        std::env::set_current_dir(&before).expect("back");
    }
}

fn ranges_and_file_systems(t: &mut Twin) {
    let _reader = world::build("w");
    let high = 0xdead_beef_0000_0000u64;
    let mut fds = descriptors(t);
    fds.extend([-1, 99, i64::from(AT_FDCWD), i64::from(i32::MIN)]);
    for fd in fds {
        for fd in [fd as u64, high | (fd as u64 & 0xffff_ffff)] {
            t.call("syncfs", args![fd]);
            for flags in [0, ALL, 8] {
                t.call("sync_file_range", args![fd, 0, 0, flags]);
            }
            t.call("sync_file_range", args![fd, -1, 0, ALL]);
        }
    }
}

fn range_flags(t: &mut Twin) {
    world::file("file", "contents");
    let fd = t.call("open", args![c"file", O_RDWR]);
    let high = 0xdead_beef_0000_0000u64;
    let bits = (0..32).map(|bit| 1u64 << bit);
    let others = [0, 3, 5, 6, 7, 15, u64::from(u32::MAX), high, high | 7];
    for flags in bits.chain(others) {
        for length in [0, 4] {
            t.call("sync_file_range", args![fd, 0, length, flags]);
        }
    }
}

fn range_offsets(t: &mut Twin) {
    world::file("file", "contents");
    let fd = t.call("open", args![c"file", O_RDWR]);
    let odd = [
        0,
        1,
        4096,
        1 << 32,
        1 << 44,
        i64::MAX,
        i64::MAX - 1,
        -1,
        i64::MIN,
    ];
    for offset in odd {
        for length in odd {
            t.call("sync_file_range", args![fd, offset, length, ALL]);
        }
    }
}

fn written_ranges(t: &mut Twin) {
    for flags in [0, 1, 2, 4, ALL] {
        world::file("file", "");
        let fd = t.call("open", args![c"file", O_RDWR]);
        let bytes = vec![b's'; 100_000];
        t.call("write", args![fd, &bytes[..], bytes.len()]);
        for (offset, length) in [(0, 4096), (5000, 1), (90_000, 0), (200_000, 10)] {
            t.call("sync_file_range", args![fd, offset, length, flags]);
        }
        t.call("syncfs", args![fd]);
        t.call("lseek", args![fd, 0, SEEK_CUR]);
        t.close(fd);
        t.tree(".");
    }
}

/// Whatever stands in the registers.
fn everything(t: &mut Twin) {
    world::file("file", "contents");
    let file = t.call("open", args![c"file", O_RDWR]);
    t.call("write", args![file, b"changed", 7]);
    t.call("sync", args![]);
    t.call("sync", args![-1, 1, u64::MAX, 3]);
    t.tree(".");
}
