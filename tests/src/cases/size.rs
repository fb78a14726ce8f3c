//! ftruncate, fallocate, fstatfs: how large a file is, what lies in it, and what it lies on.

use super::world;
use crate::arg::Arg;
use crate::args;
use crate::case;
use crate::case::Family;
use crate::filesystem::FileSystem;
use crate::memory;
use crate::mounts;
use crate::needs::Need;
use crate::signals;
use crate::twin::{Twin, blank};
use libc::*;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::Signal;
use std::ffi::CStr;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

pub const FAMILY: Family = Family {
    name: "size",
    on: FileSystem::ALL,
    cases: &[
        case!(lengths).sees(&[("ftruncate", &[EINVAL, EFBIG])]),
        case!(shrinking_and_growing),
        case!(every_kind_of_descriptor).sees(&[
            ("ftruncate", &[EBADF, EINVAL]),
            ("fallocate", &[EBADF, ENODEV, ESPIPE]),
            ("fstatfs", &[EBADF]),
        ]),
        case!(sealed_memory).sees(&[("ftruncate", &[EPERM]), ("fallocate", &[EPERM])]),
        case!(fixed_files).needs(&[Need::InodeFlags]),
        case!(file_size_limit).sees(&[("ftruncate", &[EFBIG]), ("fallocate", &[EFBIG])]),
        case!(file_size_limit_kills),
        case!(privilege_bits),
        case!(times),
        case!(deleted_file),
        case!(shared_files),
        case!(fallocate_modes).sees(&[("fallocate", &[EOPNOTSUPP])]),
        case!(fallocate_ranges).sees(&[("fallocate", &[EINVAL, EFBIG])]),
        case!(fallocate_data),
        case!(fallocate_moves_data)
            .needs(&[Need::Images])
            .sees(&[("fallocate", &[EINVAL])]),
        case!(full_file_system)
            .needs(&[Need::Mounts])
            .sees(&[("fallocate", &[ENOSPC])]),
        case!(file_systems),
        case!(mount_flags).needs(&[Need::Mounts]),
        case!(bad_buffers).sees(&[("fstatfs", &[EFAULT])]),
    ],
};

const CONTENTS: &str = "0123456789abcdefghijklmnopqrstuvwxyz";

fn open(t: &mut Twin, path: &CStr, flags: i32) -> i64 {
    t.call("open", args![path, flags, 0o644])
}

fn open_contents(t: &mut Twin) -> i64 {
    world::file("file", CONTENTS);
    open(t, c"file", O_RDWR)
}

/// How large it is, and what it takes.
fn measure(t: &mut Twin, fd: i64) {
    let mut st: stat = blank();
    t.call("fstat", args![fd, &raw mut st]);
    let line = format!("{} blocks {}", st.st_size, st.st_blocks);
    t.note("size", line);
}

fn lengths(t: &mut Twin) {
    let fd = open_contents(t);
    for length in [
        0,
        1,
        35,
        36,
        37,
        4096,
        1 << 31,
        1 << 32,
        1 << 43,
        1 << 60,
        i64::MAX - 1,
        i64::MAX,
        -1,
        i64::MIN,
        36,
    ] {
        t.call("ftruncate", args![fd, length]);
        measure(t, fd);
        t.call("lseek", args![fd, 0, SEEK_CUR]);
    }
    let high = 0xdead_beef_0000_0000u64;
    t.call("ftruncate", args![high | fd as u64, 20]);
    t.call("ftruncate", args![high | fd as u64, high]);
    t.tree(".");
}

/// What was cut off does not come back.
fn shrinking_and_growing(t: &mut Twin) {
    for (shorter, longer) in [(10, 50), (0, 36), (35, 5000), (4096, 8192), (4095, 4097)] {
        fs::write("file", [CONTENTS; 300].concat()).expect("file");
        let fd = open(t, c"file", O_RDWR);
        t.call("lseek", args![fd, 20, SEEK_SET]);
        for length in [shorter, longer] {
            t.call("ftruncate", args![fd, length]);
            t.call("lseek", args![fd, 0, SEEK_CUR]);
            t.tree(".");
        }
        t.call("write", args![fd, b"<here>", 6]);
        t.close(fd);
        t.tree(".");
    }
}

fn each(t: &mut Twin, fd: impl Into<Arg>) {
    let fd = fd.into();
    for length in [0, 10, -1] {
        t.call("ftruncate", args![&fd, length]);
    }
    let keep = FALLOC_FL_KEEP_SIZE;
    for mode in [0, keep, keep | FALLOC_FL_PUNCH_HOLE, FALLOC_FL_ZERO_RANGE] {
        t.call("fallocate", args![&fd, mode, 0, 10]);
    }
    t.call("fallocate", args![&fd, 0, 0, 0]);
    t.call("fallocate", args![&fd, FALLOC_FL_COLLAPSE_RANGE, 0, 4096]);
    statfs_of(t, fd);
}

/// `struct statfs`, word by word: libc hides some of it.
const TYPE: usize = 0;
const BLOCK: usize = 1;
const BLOCKS: usize = 2;
const FREE: usize = 3;
const AVAILABLE: usize = 4;
const FILES: usize = 5;
const FREE_FILES: usize = 6;
const NAME: usize = 8;
const FRAGMENT: usize = 9;
const FLAGS: usize = 10;

fn statfs(t: &mut Twin, fd: &Arg) -> Option<[u64; 15]> {
    let mut words = [0u64; 15];
    let place = Arg::at(words.as_mut_ptr() as usize, "words");
    (t.call("fstatfs", args![fd, place]) == 0).then_some(words)
}

/// All of it but what others change meanwhile, and what is made up for each mount.
fn statfs_of(t: &mut Twin, fd: impl Into<Arg>) {
    let Some(fs) = statfs(t, &fd.into()) else {
        return;
    };
    let line = format!(
        "type {:x} block {} fragment {} blocks {} files {} name {} flags {:x} free {}",
        fs[TYPE],
        fs[BLOCK],
        fs[FRAGMENT],
        fs[BLOCKS],
        fs[FILES] > 0,
        fs[NAME],
        fs[FLAGS],
        fs[AVAILABLE] <= fs[FREE] && fs[FREE] <= fs[BLOCKS],
    );
    t.note("statfs", line);
}

fn every_kind_of_descriptor(t: &mut Twin) {
    let _reader = world::build("w");
    let mut fds = [
        (c"w/file", O_RDONLY),
        (c"w/file", O_WRONLY),
        (c"w/file", O_RDWR | O_APPEND),
        (c"w/file", O_PATH),
        (c"w/link", O_PATH | O_NOFOLLOW),
        (c"w/dir", O_RDONLY),
        (c"w/dir", O_PATH),
        (c"w/fifo", O_RDWR),
        (c"w/fifo", O_RDONLY | O_NONBLOCK),
        (c"w/socket", O_PATH),
        (c"/dev/null", O_RDWR),
        (c"/dev/zero", O_RDONLY),
        (c"/proc/self/comm", O_RDWR),
        (c"/proc", O_RDONLY),
        (c"/sys/kernel", O_RDONLY),
        (c"w", O_TMPFILE | O_RDWR),
    ]
    .map(|(path, flags)| t.call("open", args![path, flags, 0o600]))
    .to_vec();
    // SAFETY: no memory is involved but the name, and a place for two descriptors.
    let made = unsafe {
        let mut ends = [0; 2];
        libc::pipe(ends.as_mut_ptr());
        let memory = memfd_create(c"memory".as_ptr(), 0);
        [
            ends[0],
            ends[1],
            memory,
            socket(AF_UNIX, SOCK_STREAM, 0),
            eventfd(0, 0),
        ]
    };
    fds.extend(made.map(i64::from));
    fds.extend([-1, 99, i64::from(AT_FDCWD), i64::from(i32::MIN)]);
    let high = 0xdead_beef_0000_0000u64;
    for fd in fds {
        each(t, fd);
        each(t, high | (fd as u64 & 0xffff_ffff));
    }
    t.tree("w");
}

fn sealed_memory(t: &mut Twin) {
    for seal in [
        F_SEAL_WRITE,
        F_SEAL_GROW,
        F_SEAL_SHRINK,
        F_SEAL_FUTURE_WRITE,
        F_SEAL_SEAL,
    ] {
        // SAFETY: the name is terminated.
        let fd = i64::from(unsafe { memfd_create(c"sealed".as_ptr(), MFD_ALLOW_SEALING) });
        t.call("write", args![fd, b"before", 6]);
        t.call("fcntl", args![fd, F_ADD_SEALS, seal]);
        let punch = FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE;
        for (mode, length) in [(0, 6), (0, 20), (FALLOC_FL_KEEP_SIZE, 20), (punch, 2)] {
            t.call("fallocate", args![fd, mode, 0, length]);
            measure(t, fd);
        }
        for length in [6, 3, 50, 0] {
            t.call("ftruncate", args![fd, length]);
            measure(t, fd);
        }
        t.close(fd);
    }
}

/// Opened before they became immutable or append-only.
fn fixed_files(t: &mut Twin) {
    for flag in [mounts::IMMUTABLE, mounts::APPEND_ONLY] {
        let fd = open_contents(t);
        let held = fs::File::open("file").expect("file");
        mounts::set_inode_flag(&held, flag, true).expect("inode flag");
        each(t, fd);
        t.call("ftruncate", args![fd, 100]);
        mounts::set_inode_flag(&held, flag, false).expect("inode flag");
        t.close(fd);
        t.tree(".");
    }
}

fn file_size_limit(t: &mut Twin) {
    signals::catch(Signal::SIGXFSZ);
    let fd = open_contents(t);
    setrlimit(Resource::RLIMIT_FSIZE, 50, RLIM_INFINITY).expect("limit");
    for length in [10, 50, 51, 5000, 36] {
        t.call("ftruncate", args![fd, length]);
        t.note("signals", signals::caught());
        measure(t, fd);
    }
    for (mode, offset, length) in [
        (0, 0, 50),
        (0, 0, 51),
        (FALLOC_FL_KEEP_SIZE, 0, 100),
        (0, 100, 1),
        (FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, 0, 100),
    ] {
        t.call("fallocate", args![fd, mode, offset, length]);
        t.note("signals", signals::caught());
        measure(t, fd);
    }
    setrlimit(Resource::RLIMIT_FSIZE, RLIM_INFINITY, RLIM_INFINITY).expect("limit");
    t.call("ftruncate", args![fd, 5000]);
    t.tree(".");
}

fn file_size_limit_kills(t: &mut Twin) {
    let fd = open_contents(t);
    t.fork("makes it too long", |t| {
        setrlimit(Resource::RLIMIT_CORE, 0, 0).expect("limit");
        setrlimit(Resource::RLIMIT_FSIZE, 50, 50).expect("limit");
        t.call("ftruncate", args![fd, 50]);
        t.call("fallocate", args![fd, 0, 0, 51]);
        t.call("ftruncate", args![fd, 51]);
        t.note("not", "reached");
    });
    t.tree(".");
}

/// Changing a file takes set-user-ID and set-group-ID away, unless it is done by the privileged.
fn privilege_bits(t: &mut Twin) {
    let body = |t: &mut Twin| {
        for mode in [0o6777, 0o4755, 0o2755, 0o2745, 0o1777] {
            for allocates in [false, true] {
                world::file("f", "x");
                world::chmod("f", mode);
                let fd = open(t, c"f", O_RDWR);
                match allocates {
                    true => t.call("fallocate", args![fd, 0, 0, 10]),
                    false => t.call("ftruncate", args![fd, 1]),
                };
                t.close(fd);
                t.tree(".");
            }
        }
    };
    world::dir("home");
    crate::users::ordinary(t, body);
    body(t);
}

fn times(t: &mut Twin) {
    let old = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    let keep = FALLOC_FL_KEEP_SIZE;
    let changes: [(&str, i32, i64); 6] = [
        ("ftruncate", 0, 36),
        ("ftruncate", 0, 20),
        ("ftruncate", 0, 50),
        ("fallocate", keep, 36),
        ("fallocate", keep, 10_000),
        ("fallocate", keep | FALLOC_FL_PUNCH_HOLE, 4),
    ];
    for (row, mode, length) in changes {
        let fd = open_contents(t);
        let file = fs::File::options().write(true).open("file").expect("file");
        file.set_times(fs::FileTimes::new().set_accessed(old).set_modified(old))
            .expect("times");
        match row {
            "ftruncate" => t.call(row, args![fd, length]),
            _ => t.call(row, args![fd, mode, 0, length]),
        };
        t.close(fd);
        let meta = fs::metadata("file").expect("file");
        let (read, written) = (meta.atime() == 1_000_000_000, meta.mtime() == 1_000_000_000);
        t.note("untouched", format_args!("read {read} written {written}"));
    }
}

fn deleted_file(t: &mut Twin) {
    let fd = open_contents(t);
    fs::remove_file("file").expect("file");
    each(t, fd);
    t.call("ftruncate", args![fd, 100]);
    measure(t, fd);
}

/// A size is the file's, a position the open file's.
fn shared_files(t: &mut Twin) {
    let fd = open_contents(t);
    let other = open(t, c"file", O_RDWR);
    t.call("lseek", args![fd, 30, SEEK_SET]);
    t.fork("child", |t| {
        t.call("ftruncate", args![other, 10]);
        t.call("lseek", args![fd, 0, SEEK_CUR]);
    });
    measure(t, fd);
    let mut buffer = [b'.'; 8];
    t.call("read", args![fd, &mut buffer, 8]);
    t.call("write", args![fd, b"beyond", 6]);
    t.call("fallocate", args![other, 0, 0, 100]);
    measure(t, fd);
    t.tree(".");
}

/// Every bit, alone and with FALLOC_FL_KEEP_SIZE.
fn fallocate_modes(t: &mut Twin) {
    let high = 0xdead_beef_0000_0000u64;
    let mut modes: Vec<u64> = (0..32).flat_map(|bit| [1 << bit, 1 << bit | 1]).collect();
    modes.extend([
        0,
        2 | 16,
        3 | 16,
        8 | 32,
        8 | 1,
        64 | 1,
        u64::from(u32::MAX),
        high,
        high | 3,
    ]);
    for mode in modes {
        for (offset, length) in [(0, 4096), (5, 10), (4096, 4096), (20_000, 1)] {
            fs::write("file", vec![b'f'; 12_288]).expect("file");
            let fd = open(t, c"file", O_RDWR);
            t.call("fallocate", args![fd, mode, offset, length]);
            t.call("lseek", args![fd, 0, SEEK_CUR]);
            t.close(fd);
            t.tree(".");
        }
    }
}

fn fallocate_ranges(t: &mut Twin) {
    let fd = open_contents(t);
    let (max, min) = (i64::MAX, i64::MIN);
    for mode in [
        FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE,
        FALLOC_FL_KEEP_SIZE,
        0,
    ] {
        for (offset, length) in [
            (0, 0),
            (0, -1),
            (-1, 1),
            (-1, -1),
            (min, 1),
            (0, min),
            (max, 1),
            (max, max),
            (1, max),
            (max - 10, 10),
            (100, 0),
            (36, 1),
            (0, 1),
        ] {
            t.call("fallocate", args![fd, mode, offset, length]);
            measure(t, fd);
        }
    }
    t.tree(".");
}

/// What is punched or zeroed reads as nothing, what is allocated keeps its bytes.
fn fallocate_data(t: &mut Twin) {
    let keep = FALLOC_FL_KEEP_SIZE;
    for mode in [
        0,
        keep,
        keep | FALLOC_FL_PUNCH_HOLE,
        FALLOC_FL_ZERO_RANGE,
        FALLOC_FL_ZERO_RANGE | keep,
    ] {
        for (offset, length) in [(10, 5), (0, 36), (30, 100), (1000, 5000), (0, 1)] {
            let fd = open_contents(t);
            t.call("lseek", args![fd, 7, SEEK_SET]);
            t.call("fallocate", args![fd, mode, offset, length]);
            t.call("lseek", args![fd, 0, SEEK_CUR]);
            let mut buffer = [b'.'; 48];
            t.call("pread64", args![fd, &mut buffer, 48, 0]);
            t.bytes("data", &buffer);
            measure(t, fd);
            t.close(fd);
        }
    }
    t.tree(".");
}

/// Collapsing and inserting, on the file system that can.
fn fallocate_moves_data(t: &mut Twin) {
    world::dir("m");
    mounts::ext4("m", 4096, || (), &[]);
    let bytes: Vec<u8> = (0..8u8).flat_map(|block| [b'0' + block; 1024]).collect();
    for mode in [
        FALLOC_FL_COLLAPSE_RANGE,
        FALLOC_FL_INSERT_RANGE,
        FALLOC_FL_COLLAPSE_RANGE | 1,
        8 | 32,
        64,
    ] {
        for (offset, length) in [
            (0, 1024),
            (1024, 2048),
            (100, 1024),
            (1024, 100),
            (7168, 1024),
            (8192, 1024),
            (0, 8192),
            (0, 1i64 << 50),
        ] {
            fs::write("m/file", &bytes).expect("file");
            let fd = open(t, c"m/file", O_RDWR);
            t.call("fallocate", args![fd, mode, offset, length]);
            measure(t, fd);
            t.close(fd);
            t.tree("m");
        }
    }
}

fn full_file_system(t: &mut Twin) {
    world::dir("m");
    mounts::tmpfs(Path::new("m"), "size=64k").expect("tmpfs");
    let fd = open(t, c"m/file", O_CREAT | O_RDWR);
    for mode in [0, FALLOC_FL_KEEP_SIZE] {
        for (offset, length) in [
            (0, 40_960),
            (0, 65_536),
            (0, 65_537),
            (1 << 30, 1),
            (1 << 20, 1 << 20),
        ] {
            t.call("fallocate", args![fd, mode, offset, length]);
            measure(t, fd);
            t.call("ftruncate", args![fd, 10]);
        }
    }
    t.tree("m");
}

fn file_systems(t: &mut Twin) {
    let _reader = world::build("w");
    for path in [
        c"w",
        c"w/file",
        c"/",
        c"/proc",
        c"/sys",
        c"/dev",
        c"/dev/null",
        c"/dev/shm",
    ] {
        for flags in [O_RDONLY, O_PATH] {
            let fd = open(t, path, flags);
            statfs_of(t, fd);
            t.close(fd);
        }
    }
}

/// The flags are those of the mount through which the file was opened.
fn mount_flags(t: &mut Twin) {
    let _reader = world::build("w");
    let before = open(t, c"w/file", O_RDONLY);
    mounts::bind("w", "w", true);
    let after = open(t, c"w/file", O_RDONLY);
    world::dir("m");
    mounts::tmpfs(Path::new("m"), "size=64k,nr_inodes=10").expect("tmpfs");
    world::file("m/file", CONTENTS);
    let inside = open(t, c"m/file", O_PATH);
    for fd in [before, after, inside] {
        statfs_of(t, fd);
    }
    if let Some(fs) = statfs(t, &inside.into()) {
        let numbers = [BLOCKS, FREE, FILES, FREE_FILES].map(|word| fs[word]);
        t.note("free", format_args!("{numbers:?}"));
    }
}

fn bad_buffers(t: &mut Twin) {
    let fd = open_contents(t);
    let mut places = memory::bad();
    places.push(memory::read_only());
    for second in [PROT_NONE, PROT_READ] {
        places.extend([0, 1, 119, 120].map(|room| memory::room_before(room, second)));
    }
    for place in &places {
        t.call("fstatfs", args![fd, place]);
        t.call("fstatfs", args![99, place]);
    }
    let mut guarded = [0xaau8; 200];
    t.call("fstatfs", args![fd, &mut guarded]);
    t.bytes("unused, and behind", &guarded[88..]);
}
