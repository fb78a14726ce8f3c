//! mkdir, mkdirat, unlink, unlinkat, rmdir, getdents64, getdents.

use super::world;
use crate::arg::Arg;
use crate::args;
use crate::case;
use crate::case::Family;
use crate::filesystem::FileSystem;
use crate::memory;
use crate::mounts;
use crate::needs::Need;
use crate::twin::Twin;
use crate::users::{ALICE, BOB, NOBODY, is_root, ordinary};
use libc::*;
use std::ffi::{CStr, CString};
use std::fs;
use std::os::unix::fs::chown;
use std::path::Path;

pub const FAMILY: Family = Family {
    name: "dir",
    on: FileSystem::ALL,
    cases: &[
        case!(mkdir_modes),
        case!(mkdir_inherits),
        case!(mkdir_exists).sees(&[("mkdir", &[EEXIST]), ("mkdirat", &[EEXIST])]),
        case!(remove_everything).sees(&[
            ("unlink", &[EISDIR]),
            ("unlinkat", &[EISDIR, ENOTEMPTY, EINVAL]),
            ("rmdir", &[ENOTEMPTY, EINVAL]),
        ]),
        case!(unlinkat_flags).sees(&[("unlinkat", &[EINVAL])]),
        case!(open_files_and_hard_links),
        case!(root_directory).sees(&[("rmdir", &[EBUSY]), ("unlinkat", &[EBUSY])]),
        case!(sticky_directory).needs(&[Need::Root]).sees(&[
            ("unlink", &[EPERM]),
            ("unlinkat", &[EPERM]),
            ("rmdir", &[EPERM]),
        ]),
        case!(immutable)
            .needs(&[Need::InodeFlags])
            .sees(&[("unlink", &[EPERM]), ("rmdir", &[EPERM])]),
        case!(kernel_directories)
            .needs(&[Need::Root])
            .sees(&[("mkdir", &[EPERM]), ("mkdirat", &[EPERM])]),
        case!(read_only_mount).needs(&[Need::Mounts]).sees(&[
            ("mkdir", &[EROFS]),
            ("mkdirat", &[EROFS]),
            ("unlink", &[EROFS]),
            ("unlinkat", &[EROFS]),
            ("rmdir", &[EROFS]),
        ]),
        case!(mount_points).needs(&[Need::Mounts]).sees(&[
            ("unlink", &[EBUSY]),
            ("unlinkat", &[EBUSY]),
            ("rmdir", &[EBUSY]),
        ]),
        case!(full_file_system)
            .needs(&[Need::Mounts])
            .sees(&[("mkdir", &[ENOSPC]), ("mkdirat", &[ENOSPC])]),
        case!(too_many_links)
            .needs(&[Need::Images])
            .sees(&[("mkdir", &[EMLINK]), ("mkdirat", &[EMLINK])]),
        case!(listing),
        case!(listing_many),
        case!(listing_buffers).sees(&[("getdents64", &[EFAULT, EINVAL])]),
        case!(listing_descriptors).sees(&[("getdents64", &[EBADF, ENOTDIR])]),
        case!(listing_positions),
        case!(listing_while_changing),
        case!(listing_deleted).sees(&[("getdents64", &[ENOENT])]),
        case!(listing_proc),
        case!(old_listing),
        case!(old_listing_many),
        case!(old_listing_buffers).sees(&[("getdents", &[EFAULT, EINVAL])]),
        case!(old_listing_descriptors).sees(&[("getdents", &[EBADF, ENOTDIR])]),
        case!(old_listing_positions),
        case!(old_listing_deleted).sees(&[("getdents", &[ENOENT])]),
    ],
};

fn mkdir_modes(t: &mut Twin) {
    for umask in [0, 0o022, 0o077, 0o777] {
        t.call("umask", args![umask]);
        for mode in [
            0u64,
            0o755,
            0o777,
            0o1777,
            0o2777,
            0o4777,
            0o7777,
            0o17777,
            !0,
            0xdead_beef_0000_01ff,
        ] {
            t.call("mkdir", args![c"one", mode]);
            t.call("mkdirat", args![AT_FDCWD, c"two", mode]);
            t.tree(".");
            t.call("rmdir", args![c"one"]);
            t.call("unlinkat", args![AT_FDCWD, c"two", AT_REMOVEDIR]);
        }
    }
    t.call("umask", args![0o022]);
}

/// Group and set-group-ID bit come from such a parent, link counts go up.
fn mkdir_inherits(t: &mut Twin) {
    world::dir("home");
    world::dir("home/parent");
    if is_root() {
        chown("home/parent", Some(ALICE), Some(BOB)).expect("chown");
    }
    world::chmod("home/parent", 0o2777);
    t.call("mkdir", args![c"home/parent/as_us", 0o700]);
    ordinary(t, |t| {
        t.call("mkdir", args![c"parent/one", 0o755]);
        t.call("mkdirat", args![AT_FDCWD, c"parent/two", 0o2700]);
        t.call("mkdir", args![c"parent/one/below", 0o777]);
    });
    t.tree("home");
}

fn mkdir_exists(t: &mut Twin) {
    let _reader = world::build("w");
    for name in [
        "file",
        "dir",
        "link",
        "dirlink",
        "dangling",
        "loop",
        "fifo",
        "dir/",
        "dirlink/",
        "dangling/",
        "new/",
        "new/.",
    ] {
        let path = CString::new(format!("w/{name}")).expect("path");
        t.call("mkdir", args![path.as_c_str(), 0o755]);
        t.call("mkdirat", args![AT_FDCWD, path.as_c_str(), 0o755]);
        t.tree("w");
    }
}

fn remove(t: &mut Twin, row: &str, path: &CStr) {
    match row {
        "unlinkat" => t.call(row, args![AT_FDCWD, path, 0]),
        "removedir" => t.call("unlinkat", args![AT_FDCWD, path, AT_REMOVEDIR]),
        _ => t.call(row, args![path]),
    };
}

const REMOVERS: [&str; 4] = ["unlink", "unlinkat", "removedir", "rmdir"];

fn remove_everything(t: &mut Twin) {
    let names = [
        "file",
        "dir",
        "full",
        "full/sub",
        "link",
        "dirlink",
        "dirlink/",
        "dangling",
        "loop",
        "fifo",
        "socket",
        "here",
        "here/",
        ".",
        "..",
        "dir/.",
        "full/sub/.",
        "full/..",
        "dir/..",
        "file/.",
        "full/sub/",
        "dir/inner",
        "nowhere",
    ];
    for row in REMOVERS {
        for name in names {
            let _reader = world::build("w");
            let path = CString::new(format!("w/{name}")).expect("path");
            remove(t, row, &path);
            t.tree("w");
            remove(t, row, &path);
        }
    }
}

fn unlinkat_flags(t: &mut Twin) {
    for bit in 0..32 {
        let _reader = world::build("w");
        for path in [c"w/file", c"w/full/sub", c""] {
            t.call("unlinkat", args![AT_FDCWD, path, 1u32 << bit]);
            t.call(
                "unlinkat",
                args![AT_FDCWD, path, 1u32 << bit | AT_REMOVEDIR as u32],
            );
        }
    }
    let _reader = world::build("w");
    let high = 0xdead_beef_0000_0000u64;
    t.call(
        "unlinkat",
        args![
            high | u64::from(AT_FDCWD as u32),
            c"w/full/sub",
            high | AT_REMOVEDIR as u64
        ],
    );
    t.tree("w");
}

fn open_files_and_hard_links(t: &mut Twin) {
    world::file("file", "contents");
    fs::hard_link("file", "second").expect("link");
    let fd = t.call("open", args![c"file", O_RDWR]);
    for path in [c"file", c"second"] {
        t.call("unlink", args![path]);
        let mut st: stat = crate::twin::blank();
        t.call("fstat", args![fd, &raw mut st]);
        t.stat("open", &st);
        t.tree(".");
    }
}

/// Not even root removes the root, or makes it anew.
fn root_directory(t: &mut Twin) {
    for path in [c"/", c"/.", c"/..", c"//"] {
        t.call("rmdir", args![path]);
        t.call("unlink", args![path]);
        t.call("unlinkat", args![AT_FDCWD, path, AT_REMOVEDIR]);
        t.call("mkdir", args![path, 0o755]);
    }
}

fn sticky_directory(t: &mut Twin) {
    world::dir("home");
    for (dir, owner) in [("home/alices", ALICE), ("home/ours", NOBODY)] {
        world::dir(dir);
        chown(dir, Some(owner), Some(owner)).expect("chown");
        world::chmod(dir, 0o1777);
        for (name, owner) in [("bobs", BOB), ("ours", NOBODY)] {
            for row in REMOVERS {
                let path = format!("{dir}/{name}_{row}");
                match row {
                    "unlink" | "unlinkat" => world::file(&path, ""),
                    _ => world::dir(&path),
                }
                chown(&path, Some(owner), Some(owner)).expect("chown");
            }
        }
    }
    ordinary(t, |t| {
        for dir in ["alices", "ours"] {
            for name in ["bobs", "ours"] {
                for row in REMOVERS {
                    remove(
                        t,
                        row,
                        &CString::new(format!("{dir}/{name}_{row}")).expect("path"),
                    );
                }
            }
        }
    });
}

fn immutable(t: &mut Twin) {
    for flag in [mounts::IMMUTABLE, mounts::APPEND_ONLY] {
        world::dir("fixed");
        world::dir("fixed/sub");
        world::file("fixed/below", "");
        world::file("file", "");
        let held = ["fixed", "file"].map(|path| fs::File::open(path).expect(path));
        for file in &held {
            mounts::set_inode_flag(file, flag, true).expect("inode flag");
        }
        for row in REMOVERS {
            for path in [c"file", c"fixed", c"fixed/below", c"fixed/sub"] {
                remove(t, row, path);
            }
        }
        t.call("mkdir", args![c"fixed/new", 0o755]);
        t.opened("open", args![c"fixed/file", O_CREAT | O_RDWR, 0o600]);
        for file in &held {
            mounts::set_inode_flag(file, flag, false).expect("inode flag");
        }
        t.tree(".");
        let _ = fs::remove_file("file");
        fs::remove_dir_all("fixed").expect("fixed");
    }
}

/// Directories the kernel keeps for itself.
fn kernel_directories(t: &mut Twin) {
    for path in [
        c"/proc/new",
        c"/proc/self/new",
        c"/sys/new",
        c"/sys/kernel/new",
        c"/dev/pts/new",
        c"/proc/self/fd/new",
    ] {
        t.call("mkdir", args![path, 0o755]);
        t.call("mkdirat", args![AT_FDCWD, path, 0o755]);
        remove(t, "rmdir", path);
    }
    for path in [
        c"/proc/self/task",
        c"/proc/self/stat",
        c"/proc/self/cwd",
        c"/sys/kernel",
        c"/proc/sys/kernel",
    ] {
        for row in REMOVERS {
            remove(t, row, path);
        }
    }
}

fn read_only_mount(t: &mut Twin) {
    let _reader = world::build("w");
    mounts::bind("w", "w", true);
    for path in [
        c"w/file",
        c"w/dir",
        c"w/full/sub",
        c"w/nowhere",
        c"w/link",
        c"w/dangling",
        c"w/fifo",
        c"w/dir/",
        c"w",
    ] {
        t.call("mkdir", args![path, 0o755]);
        t.call("mkdirat", args![AT_FDCWD, path, 0o755]);
        for row in REMOVERS {
            remove(t, row, path);
        }
    }
}

fn mount_points(t: &mut Twin) {
    let _reader = world::build("w");
    mounts::tmpfs(Path::new("w/dir"), "size=64k").expect("tmpfs");
    mounts::bind("w/full/a", "w/file", false);
    for path in [c"w/file", c"w/dir", c"w/dir/", c"w/dir/."] {
        for row in REMOVERS {
            remove(t, row, path);
        }
        t.call("mkdir", args![path, 0o755]);
    }
    t.call("mkdir", args![c"w/dir/new", 0o755]);
    list(t, c"w/dir", 4096);
    list(t, c"w", 4096);
}

fn full_file_system(t: &mut Twin) {
    world::dir("m");
    mounts::tmpfs(Path::new("m"), "size=64k,nr_inodes=3").expect("tmpfs");
    for path in [c"m/one", c"m/two", c"m/three"] {
        t.call("mkdir", args![path, 0o755]);
        t.call("mkdirat", args![AT_FDCWD, path, 0o755]);
    }
    t.tree("m");
}

fn too_many_links(t: &mut Twin) {
    world::dir("m");
    let full = &["set_inode_field /d links_count 65000"];
    mounts::ext4("m", 1024, || world::dir("m/d"), full);
    t.call("mkdir", args![c"m/d/one", 0o755]);
    t.call("mkdirat", args![AT_FDCWD, c"m/d/one", 0o755]);
    t.call("mkdir", args![c"m/one", 0o755]);
}

/// One entry of what getdents64 wrote: everything but the padding, which the kernel leaves as it was.
fn entries(t: &mut Twin, bytes: &[u8]) {
    let mut at = 0;
    while at + 19 <= bytes.len() {
        let word = |from: usize| {
            u64::from_ne_bytes(bytes[from..from + 8].try_into().expect("eight bytes"))
        };
        let length = u16::from_ne_bytes([bytes[at + 16], bytes[at + 17]]) as usize;
        let name = &bytes[at + 19..at + length];
        let name = &name[..name
            .iter()
            .position(|byte| *byte == 0)
            .unwrap_or(name.len())];
        let inode = t.inode(0, word(at));
        t.note(
            "entry",
            format_args!(
                "{} type {} length {length} {inode} next {:x}",
                name.escape_ascii(),
                bytes[at + 18],
                word(at + 8)
            ),
        );
        at += length;
    }
}

fn getdents(t: &mut Twin, fd: i64, size: usize) -> i64 {
    let mut buffer = vec![0xaau8; size];
    let length = t.call("getdents64", args![fd, &mut buffer[..], size]);
    if let Ok(length) = usize::try_from(length) {
        entries(t, &buffer[..length]);
        t.note(
            "untouched",
            buffer[length..].iter().all(|byte| *byte == 0xaa),
        );
    }
    length
}

fn list(t: &mut Twin, path: &CStr, size: usize) {
    let fd = t.call("open", args![path, O_RDONLY | O_DIRECTORY]);
    while getdents(t, fd, size) > 0 {}
    getdents(t, fd, size);
    t.close(fd);
}

fn listing(t: &mut Twin) {
    let _reader = world::build("w");
    for path in [c"w", c"w/dir", c"w/full/sub", c"."] {
        for size in [4096, 32768, 64, 100, 280] {
            list(t, path, size);
        }
    }
}

fn listing_many(t: &mut Twin) {
    world::dir("many");
    for i in 0..700 {
        world::file(&format!("many/{i}{}", "x".repeat(i % 200)), "");
    }
    for size in [1024, 4096, 1 << 16, 1 << 20] {
        list(t, c"many", size);
    }
}

/// The kernel fills the buffer entry by entry: what a wrong pointer or an end cuts off is seen in detail.
fn listing_buffers(t: &mut Twin) {
    let _reader = world::build("w");
    let fd = t.call("open", args![c"w", O_RDONLY]);
    for size in [0usize, 1, 18, 19, 23, 24, 25, 32] {
        t.call("lseek", args![fd, 0, SEEK_SET]);
        getdents(t, fd, size);
        t.call("lseek", args![fd, 0, SEEK_CUR]);
    }
    for spot in memory::bad().iter().chain([&memory::read_only()]) {
        for size in [0u64, 10, 24, 4096, u64::MAX] {
            t.call("lseek", args![fd, 0, SEEK_SET]);
            t.call("getdents64", args![fd, spot, size]);
            t.call("lseek", args![fd, 0, SEEK_CUR]);
        }
    }
    for room in [0, 10, 24, 48, 100, 200] {
        for second in [PROT_NONE, PROT_READ] {
            t.call("lseek", args![fd, 0, SEEK_SET]);
            let spot = memory::room_before(room, second);
            let length = t.call("getdents64", args![fd, &spot, 4096]);
            if let Ok(length) = usize::try_from(length) {
                entries(t, &memory::contents(&spot, length));
            }
            t.call("lseek", args![fd, 0, SEEK_CUR]);
        }
    }
    // The count is an unsigned int: its upper half does not count.
    let mut buffer = [0u8; 4096];
    for size in [(1u64 << 32) + 4096, 0xdead_beef_0000_1000, 1 << 32] {
        t.call("lseek", args![fd, 0, SEEK_SET]);
        t.call("getdents64", args![fd, &mut buffer, size]);
    }
}

fn listing_descriptors(t: &mut Twin) {
    let _reader = world::build("w");
    let mut buffer = [0u8; 512];
    for (path, flags) in [
        (c"w/file", O_RDONLY),
        (c"w/fifo", O_RDWR),
        (c"w", O_PATH),
        (c"/dev/null", O_RDONLY),
        (c"/proc/self/stat", O_RDONLY),
    ] {
        let fd = t.call("open", args![path, flags]);
        t.call("getdents64", args![fd, &mut buffer, 512]);
        t.call("getdents64", args![fd, 0, 512]);
        t.close(fd);
    }
    let dir = t.call("open", args![c"w/dir", O_RDONLY]);
    let high = 0xdead_beef_0000_0000u64;
    for fd in [
        u64::MAX,
        99,
        high | 99,
        high | dir as u64,
        u64::from(AT_FDCWD as u32),
    ] {
        t.call("getdents64", args![fd, &mut buffer, 512]);
    }
    t.call("getdents64", args![-1, 0, 0]);
}

/// One position for all holders; telldir's cookies lead back to where they came from.
fn listing_positions(t: &mut Twin) {
    let _reader = world::build("w");
    let fd = t.call("open", args![c"w", O_RDONLY]);
    let twin = t.call("dup", args![fd]);
    getdents(t, fd, 100);
    let cookie = t.call("lseek", args![fd, 0, SEEK_CUR]);
    getdents(t, twin, 100);
    t.fork("child", |t| {
        getdents(t, fd, 100);
    });
    getdents(t, fd, 100);
    for offset in [cookie, 0, 1, cookie] {
        t.call("lseek", args![twin, offset, SEEK_SET]);
        getdents(t, fd, 100);
    }
    t.call("lseek", args![fd, 0, SEEK_END]);
    getdents(t, fd, 100);
    t.call("lseek", args![fd, -1, SEEK_SET]);
    t.call("lseek", args![fd, 0, SEEK_SET]);
    while getdents(t, fd, 512) > 0 {}
}

fn listing_while_changing(t: &mut Twin) {
    world::dir("d");
    let fd = t.call("open", args![c"d", O_RDONLY]);
    while getdents(t, fd, 512) > 0 {}
    world::file("d/late", "");
    getdents(t, fd, 512);
    t.call("lseek", args![fd, 0, SEEK_SET]);
    getdents(t, fd, 24);
    fs::remove_file("d/late").expect("late");
    world::file("d/later", "");
    while getdents(t, fd, 512) > 0 {}
}

fn listing_deleted(t: &mut Twin) {
    world::dir("d");
    let fd = t.call("open", args![c"d", O_RDONLY]);
    let begun = t.call("open", args![c"d", O_RDONLY]);
    getdents(t, begun, 24);
    fs::remove_dir("d").expect("d");
    for fd in [fd, begun] {
        getdents(t, fd, 512);
        t.call("getdents64", args![fd, 0, 512]);
        t.call("lseek", args![fd, 0, SEEK_SET]);
        getdents(t, fd, 0);
    }
}

/// A process lists its own descriptors, none of a worker's.
fn listing_proc(t: &mut Twin) {
    t.call("dup2", args![0, 20]);
    for path in [
        c"/proc/self/fd",
        c"/dev/fd",
        c"/proc/self/fdinfo",
        c"/proc/thread-self/fd",
    ] {
        let fd = t.call("open", args![path, O_RDONLY | O_DIRECTORY]);
        let mut buffer = [0u8; 4096];
        let length = t.call("getdents64", args![fd, &mut buffer, 4096]);
        t.forget_inodes();
        entries(t, &buffer[..usize::try_from(length).unwrap_or(0)]);
        t.close(fd);
    }
    let fd = t.call("open", args![c"/proc/self/task", O_RDONLY]);
    let mut buffer = [0u8; 512];
    let shown = Arg::from(&mut buffer);
    t.call("getdents64", args![fd, shown, 512]);
    let name = format!("{}\0", std::process::id());
    t.note(
        "one task, me",
        buffer
            .windows(name.len())
            .any(|window| window == name.as_bytes()),
    );
}

/// `struct linux_dirent`: the type is its last byte, the name ends with NUL somewhere before.
fn old_entries(t: &mut Twin, bytes: &[u8]) {
    let mut at = 0;
    while at + 18 < bytes.len() {
        let number = u64::from_ne_bytes(bytes[at..at + 8].try_into().expect("eight bytes"));
        let length = usize::from(u16::from_ne_bytes([bytes[at + 16], bytes[at + 17]]));
        let record = &bytes[at..at + length];
        let name = CStr::from_bytes_until_nul(&record[18..]).expect("a name");
        let name = name.to_bytes();
        let inode = t.inode(0, number);
        let next = u64::from_ne_bytes(record[8..16].try_into().expect("eight bytes"));
        let kind = record[length - 1];
        let line = format!("type {kind} length {length} {inode} next {next:x}");
        t.note(&name.escape_ascii().to_string(), line);
        at += length;
    }
}

fn old_getdents(t: &mut Twin, fd: i64, size: usize) -> i64 {
    let mut buffer = vec![0u8; size.min(1 << 20)];
    let length = t.call("getdents", args![fd, &mut buffer[..], size]);
    old_entries(t, &buffer[..usize::try_from(length).unwrap_or(0)]);
    length
}

fn old_list(t: &mut Twin, path: &CStr, size: usize) {
    let fd = t.call("open", args![path, O_RDONLY | O_DIRECTORY]);
    while old_getdents(t, fd, size) > 0 {}
    old_getdents(t, fd, size);
    t.call("lseek", args![fd, 0, SEEK_CUR]);
    t.close(fd);
}

fn old_listing(t: &mut Twin) {
    let _reader = world::build("w");
    for path in [c"w", c"w/dir", c"w/full/sub", c"."] {
        for size in [4096, 32768, 64, 100, 280] {
            old_list(t, path, size);
        }
    }
}

fn old_listing_many(t: &mut Twin) {
    world::dir("many");
    for i in 0..300 {
        world::file(&format!("many/{i}{}", "x".repeat(i % 200)), "");
    }
    for size in [1024, 4096, 1 << 20] {
        old_list(t, c"many", size);
    }
}

fn old_listing_buffers(t: &mut Twin) {
    let _reader = world::build("w");
    let fd = t.call("open", args![c"w", O_RDONLY]);
    for size in [0usize, 1, 18, 19, 23, 24, 25, 32] {
        t.call("lseek", args![fd, 0, SEEK_SET]);
        old_getdents(t, fd, size);
        t.call("lseek", args![fd, 0, SEEK_CUR]);
    }
    for spot in memory::bad().iter().chain([&memory::read_only()]) {
        for size in [0u64, 10, 24, 4096, u64::MAX] {
            t.call("lseek", args![fd, 0, SEEK_SET]);
            t.call("getdents", args![fd, spot, size]);
            t.call("lseek", args![fd, 0, SEEK_CUR]);
        }
    }
    for room in [0, 10, 24, 48, 100, 200] {
        for second in [PROT_NONE, PROT_READ] {
            t.call("lseek", args![fd, 0, SEEK_SET]);
            let spot = memory::room_before(room, second);
            let length = t.call("getdents", args![fd, &spot, 4096]);
            if let Ok(length) = usize::try_from(length) {
                old_entries(t, &memory::contents(&spot, length));
            }
            t.call("lseek", args![fd, 0, SEEK_CUR]);
        }
    }
    let mut buffer = [0u8; 4096];
    for size in [(1u64 << 32) + 4096, 0xdead_beef_0000_1000, 1 << 32] {
        t.call("lseek", args![fd, 0, SEEK_SET]);
        t.call("getdents", args![fd, &mut buffer, size]);
    }
}

fn old_listing_descriptors(t: &mut Twin) {
    let _reader = world::build("w");
    let mut buffer = [0u8; 512];
    for (path, flags) in [
        (c"w/file", O_RDONLY),
        (c"w/fifo", O_RDWR),
        (c"w", O_PATH),
        (c"/dev/null", O_RDONLY),
        (c"/proc/self/stat", O_RDONLY),
    ] {
        let fd = t.call("open", args![path, flags]);
        t.call("getdents", args![fd, &mut buffer, 512]);
        t.call("getdents", args![fd, 0, 512]);
        t.close(fd);
    }
    let dir = t.call("open", args![c"w/dir", O_RDONLY]);
    let high = 0xdead_beef_0000_0000u64;
    for fd in [u64::MAX, 99, high | 99, high | dir as u64] {
        t.call("getdents", args![fd, &mut buffer, 512]);
    }
    t.call("getdents", args![-1, 0, 0]);
}

/// Both calls go on where either stopped.
fn old_listing_positions(t: &mut Twin) {
    let _reader = world::build("w");
    let fd = t.call("open", args![c"w", O_RDONLY]);
    let twin = t.call("dup", args![fd]);
    old_getdents(t, fd, 100);
    let cookie = t.call("lseek", args![fd, 0, SEEK_CUR]);
    getdents(t, twin, 100);
    t.fork("child", |t| {
        old_getdents(t, fd, 100);
    });
    for offset in [cookie, 0, 1, cookie] {
        t.call("lseek", args![twin, offset, SEEK_SET]);
        old_getdents(t, fd, 100);
        getdents(t, fd, 100);
    }
    while old_getdents(t, fd, 512) > 0 {}
}

fn old_listing_deleted(t: &mut Twin) {
    world::dir("d");
    let fd = t.call("open", args![c"d", O_RDONLY]);
    fs::remove_dir("d").expect("d");
    old_getdents(t, fd, 512);
    t.call("getdents", args![fd, 0, 512]);
    old_getdents(t, fd, 0);
}
