//! fsync and fdatasync.

use super::world;
use crate::args;
use crate::case;
use crate::case::Family;
use crate::filesystem::FileSystem;
use crate::mounts;
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
    ],
};

fn both(t: &mut Twin, fd: impl Into<crate::arg::Arg>) {
    let fd = fd.into();
    for row in ROWS {
        t.call(row, args![&fd]);
    }
}

fn every_kind_of_descriptor(t: &mut Twin) {
    let _reader = world::build("w");
    for (path, flags) in [
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
    ] {
        let fd = t.call("open", args![path, flags, 0o600]);
        both(t, fd);
        t.close(fd);
    }
    // SAFETY: no memory is involved but the name.
    let made = unsafe {
        [
            socket(AF_UNIX, SOCK_STREAM, 0),
            eventfd(0, 0),
            memfd_create(c"memory".as_ptr(), 0),
            epoll_create1(0),
        ]
    };
    for fd in made {
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
    mounts::own_namespace();
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
