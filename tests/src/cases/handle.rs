//! statfs, name_to_handle_at: about where a file lies.

use super::world::{self, path};
use crate::arg::Arg;
use crate::case::Family;
use crate::filesystem::FileSystem;
use crate::needs::Need;
use crate::path_rows::FileHandle;
use crate::twin::{Twin, blank};
use crate::users::self_and_ordinary;
use crate::{args, case, memory, mounts};
use libc::*;
use std::ffi::CStr;
use std::fs;
use std::path::Path;

pub const FAMILY: Family = Family {
    name: "handle",
    on: FileSystem::ALL,
    cases: &[
        case!(about_file_systems),
        case!(full_and_empty).needs(&[Need::Mounts]),
        case!(mount_flags).needs(&[Need::Mounts]),
        case!(buffers).sees(&[("statfs", &[EFAULT])]),
        case!(every_kind).sees(&[("name_to_handle_at", &[ENOENT])]),
        case!(rooms).sees(&[("name_to_handle_at", &[EOVERFLOW, EINVAL])]),
        case!(flags).sees(&[("name_to_handle_at", &[EINVAL])]),
        case!(empty_path).sees(&[("name_to_handle_at", &[ENOENT, EBADF, EFAULT])]),
        case!(pointers).sees(&[("name_to_handle_at", &[EFAULT])]),
        case!(kernel_file_systems).sees(&[("name_to_handle_at", &[EOPNOTSUPP])]),
        case!(same_file),
        case!(mount_ids),
    ],
};

/// All but the space that is left, and the number of the file system.
fn statfs(t: &mut Twin, path: &CStr) {
    let mut fs: libc::statfs = blank();
    if t.call("statfs", args![path, &raw mut fs]) == 0 {
        t.note(
            "statfs",
            format_args!(
                "{:x} of {} {} names of {} left {}",
                fs.f_type,
                fs.f_bsize,
                fs.f_frsize,
                fs.f_namelen,
                fs.f_bavail <= fs.f_bfree && fs.f_bfree <= fs.f_blocks,
            ),
        );
    }
}

const KINDS: [&str; 13] = [
    "file", "dir", "link", "dirlink", "dangling", "loop", "fifo", "socket", "file/", "dirlink/",
    "link/", "magic", "nowhere",
];

fn about_file_systems(t: &mut Twin) {
    self_and_ordinary(t, |t| {
        let _reader = world::build("w");
        for kind in KINDS {
            statfs(t, &path(&format!("w/{kind}")));
        }
        for name in [
            c"/",
            c"/proc",
            c"/proc/self",
            c"/sys",
            c"/dev",
            c"/dev/null",
            c"/dev/shm",
            c"/dev/pts",
            c".",
        ] {
            statfs(t, name);
        }
    });
}

/// Every number, where nobody else writes.
fn full_and_empty(t: &mut Twin) {
    world::tmpfs("size=64k,nr_inodes=9");
    for body in ["", "one page", &"x".repeat(20_000)] {
        world::file("m/file", body);
        let mut fs: libc::statfs = blank();
        t.call("statfs", args![c"m/file", &raw mut fs]);
        let [blocks, free, left] = [fs.f_blocks, fs.f_bfree, fs.f_bavail];
        let [files, unused] = [fs.f_files, fs.f_ffree];
        t.note(
            "space",
            format_args!("{blocks} {free} {left} {files} {unused}"),
        );
    }
}

/// `f_flags` comes after the names' length: of the mount, not of the file system.
fn mount_flags(t: &mut Twin) {
    for name in ["m", "again"] {
        world::dir(name);
    }
    mounts::tmpfs(Path::new("m"), "size=64k").expect("tmpfs");
    mounts::bind("m", "again", true);
    for name in [c"m", c"again", c"again/.", c"."] {
        let mut words = [0u64; 15];
        t.call("statfs", args![name, words.as_mut_ptr()]);
        t.note("flags", format_args!("{:x}", words[10]));
        t.note("spare", format_args!("{:?}", &words[11..]));
    }
}

/// Written whole or not at all, and not beyond its length.
fn buffers(t: &mut Twin) {
    world::file("file", "");
    let mut places = memory::bad();
    places.push(memory::read_only());
    places.extend([0, 1, 119, 120].map(|room| memory::room_before(room, PROT_NONE)));
    places.push(memory::room_before(119, PROT_READ));
    for place in &places {
        for name in [c"file", c"nowhere", c""] {
            t.call("statfs", args![name, place]);
        }
    }
    let mut guarded = [0xaau8; 150];
    t.call("statfs", args![c"file", &mut guarded]);
    let beyond = &guarded[120..];
    t.note("untouched", beyond.iter().all(|byte| *byte == 0xaa));
}

/// All that does not change from run to run.
fn handle_of(t: &mut Twin, dir: impl Into<Arg>, path: impl Into<Arg>, room: u32, flags: u32) {
    let mut handle = FileHandle::with_room(room);
    handle.handle.fill(0xaa);
    let mut mount = [!0u32; 2];
    let (dir, path) = (dir.into(), path.into());
    let arg = handle.arg();
    t.call(
        "name_to_handle_at",
        args![dir, path, arg, mount.as_mut_ptr(), flags],
    );
    let filled = usize::try_from(handle.bytes).unwrap_or_default().min(128);
    t.note(
        "handle",
        format_args!(
            "{} of type {:x}, untouched behind {}, mount written {} {}",
            handle.bytes,
            handle.kind,
            handle.handle[filled..].iter().all(|byte| *byte == 0xaa),
            mount[0] != !0,
            mount[1] != !0,
        ),
    );
}

fn every_kind(t: &mut Twin) {
    self_and_ordinary(t, |t| {
        let _reader = world::build("w");
        for kind in KINDS.into_iter().chain([".", "", "dir/inner"]) {
            for flags in [0, AT_SYMLINK_FOLLOW as u32] {
                handle_of(
                    t,
                    AT_FDCWD,
                    path(&format!("w/{kind}")).as_c_str(),
                    128,
                    flags,
                );
            }
        }
    });
}

/// Too little room: how much it takes is told.
fn rooms(t: &mut Twin) {
    let _reader = world::build("w");
    for room in (0..40).chain([127, 128, 129, 1 << 16, 0x8000_0000, u32::MAX]) {
        for name in [c"w/file", c"w/nowhere", c"/proc/self/stat"] {
            for flags in [0, 1, 0x200] {
                handle_of(t, AT_FDCWD, name, room, flags);
            }
        }
    }
}

fn flags(t: &mut Twin) {
    let _reader = world::build("w");
    let single = (0..32).map(|bit| 1u32 << bit);
    for flags in single.chain([0, 3, 0x201, 0x202, 0x203, 0x601, 0x1400, 0x1600, u32::MAX]) {
        for name in [c"w/file", c"w/link", c"w/dangling", c"w/dir", c"w/nowhere"] {
            handle_of(t, AT_FDCWD, name, 128, flags);
            handle_of(t, AT_FDCWD, name, 4, flags);
        }
    }
    let high = 0xdead_beef_0000_0000u64;
    let (mut handle, mut mount) = (FileHandle::with_room(128), 0i32);
    let here = high | u64::from(AT_FDCWD as u32);
    t.call(
        "name_to_handle_at",
        args![here, c"w/link", handle.arg(), &raw mut mount, high | 0x400],
    );
    t.note("room", handle.bytes);
}

fn empty_path(t: &mut Twin) {
    for (name, how) in [
        (c"w/file", O_RDONLY),
        (c"w/file", O_PATH),
        (c"w/link", O_PATH | O_NOFOLLOW),
        (c"w/dir", O_PATH),
        (c"w/fifo", O_RDWR),
        (c"/proc/self/stat", O_RDONLY),
    ] {
        let _reader = world::build("w");
        let fd = t.call("open", args![name, how]);
        for flags in [0, AT_EMPTY_PATH, AT_EMPTY_PATH | AT_SYMLINK_FOLLOW] {
            for path in [Arg::from(c""), Arg::from(0), Arg::from(c".")] {
                handle_of(t, fd, path, 128, flags as u32);
            }
        }
        t.close(fd);
    }
    for fd in [-1, 99, AT_FDCWD] {
        handle_of(t, fd, c"", 128, AT_EMPTY_PATH as u32);
        handle_of(t, fd, 0, 128, AT_EMPTY_PATH as u32);
        handle_of(t, fd, c"x", 128, 0);
    }
}

/// Both answers are written, the number of the mount first; and the room is read before.
fn pointers(t: &mut Twin) {
    world::file("file", "");
    let mut places: Vec<_> = memory::bad().into_iter().map(|spot| (spot, 0)).collect();
    places.push((memory::read_only(), 0));
    places.extend([0, 3, 4, 7, 8, 15].map(|room| (memory::room_before(room, PROT_NONE), room)));
    for (place, room) in &places {
        for name in [c"file", c"nowhere", c"/proc/self/stat"] {
            let (mut handle, mut mount) = (FileHandle::with_room(128), -7i32);
            for flags in [0, 1, 1 << 31] {
                let row = "name_to_handle_at";
                // A mount's number, written there by the call before, would be a length of the handle's.
                let afresh = || memory::fill(place, &vec![0; *room]);
                t.call(row, args![AT_FDCWD, name, handle.arg(), place, flags]);
                afresh();
                t.call(row, args![AT_FDCWD, name, place, &raw mut mount, flags]);
                afresh();
                t.call(row, args![AT_FDCWD, name, place, place, flags]);
                t.note("room", format_args!("{} {}", handle.bytes, mount == -7));
            }
        }
    }
    for room in [8usize, 20, 136] {
        let mut head = [0u8; 8];
        head[0] = (room - 8) as u8;
        let edge = memory::room_before(room, PROT_NONE);
        let bytes = vec![0u8; room];
        let spot = memory::before_the_edge(&[&head[..], &bytes[8..]].concat());
        let mut mount = 0i32;
        for place in [&edge, &spot] {
            let args = args![AT_FDCWD, c"file", place, &raw mut mount, 0];
            t.call("name_to_handle_at", args);
        }
    }
}

fn kernel_file_systems(t: &mut Twin) {
    for name in [
        c"/proc",
        c"/proc/self/stat",
        c"/proc/self",
        c"/dev/pts",
        c"/sys/kernel",
        c"/dev/null",
        c"/",
    ] {
        for flags in [0, 0x200] {
            for room in [128, 0, 200] {
                handle_of(t, AT_FDCWD, name, room, flags);
            }
        }
    }
}

/// One handle for all names of a file, another for another file.
fn same_file(t: &mut Twin) {
    world::file("one", "");
    fs::hard_link("one", "two").expect("link");
    world::file("other", "");
    world::link("one", "link");
    let handles = [c"one", c"two", c"other", c"link"].map(|name| {
        let (mut handle, mut mount) = (FileHandle::with_room(128), 0i32);
        t.call(
            "name_to_handle_at",
            args![
                AT_FDCWD,
                name,
                handle.arg(),
                &raw mut mount,
                AT_SYMLINK_FOLLOW
            ],
        );
        handle
    });
    for handle in &handles[1..] {
        t.note("same", *handle == handles[0]);
    }
}

/// The mounts they name are those of statx.
fn mount_ids(t: &mut Twin) {
    world::file("file", "");
    for name in [c"file", c".", c"/", c"/sys/kernel"] {
        for (flag, mask) in [(0, STATX_MNT_ID), (1, 0x4000)] {
            let mut handle = FileHandle::with_room(128);
            let mut mount = 0u64;
            t.call(
                "name_to_handle_at",
                args![AT_FDCWD, name, handle.arg(), &raw mut mount, flag],
            );
            let mut st: libc::statx = blank();
            t.call("statx", args![AT_FDCWD, name, 0, mask, &raw mut st]);
            t.note("as in statx", st.stx_mnt_id == mount);
        }
    }
}
