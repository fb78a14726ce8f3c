//! What happens when somebody has used up what quotas allow: of a subvolume of btrfs, of a user of ext4.

use crate::arg::Arg;
use crate::args;
use crate::capabilities::{CAP_SYS_RESOURCE, set_effective};
use crate::case;
use crate::case::Family;
use crate::filesystem::FileSystem;
use crate::needs::Need;
use crate::quotas::{self, Limits};
use crate::twin::{Twin, blank};
use crate::users::{self, NOBODY};
use libc::*;
use std::ffi::{CStr, CString};
use std::fs;
use std::os::fd::AsRawFd;
use std::os::unix::fs::chown;
use std::path::Path;

macro_rules! see {
    ($($row:literal)*) => { &[$(($row, &[EDQUOT])),*] };
}

pub const FAMILY: Family = Family {
    name: "quota",
    // Each mounts its own.
    on: FileSystem::HOME,
    cases: &[
        case!(writes_to_a_subvolume)
            .needs(&[Need::LimitedSubvolumes])
            .sees(see!("write" "pwrite64" "writev" "pwritev" "pwritev2")),
        case!(sizes_in_a_subvolume)
            .needs(&[Need::LimitedSubvolumes])
            .sees(see!("fallocate")),
        case!(copies_to_a_subvolume)
            .needs(&[Need::LimitedSubvolumes])
            .sees(see!("copy_file_range" "sendfile" "splice")),
        case!(names_in_a_subvolume)
            .needs(&[Need::LimitedSubvolumes])
            .sees(see!(
                "open" "openat" "openat2" "creat" "mkdir" "mkdirat" "symlink" "symlinkat" "link" "linkat"
                "mknod" "mknodat" "rename" "renameat" "renameat2"
                "setxattr" "lsetxattr" "fsetxattr" "setxattrat"
            )),
        case!(writes_of_a_user).needs(&[Need::LimitedUsers]),
        case!(sizes_of_a_user).needs(&[Need::LimitedUsers]),
        case!(copies_of_a_user).needs(&[Need::LimitedUsers]),
        case!(names_of_a_user).needs(&[Need::LimitedUsers]),
        case!(files_of_a_user).needs(&[Need::LimitedUsers]),
        case!(owners).needs(&[Need::LimitedUsers]),
    ],
};

const WRITES: [&str; 5] = ["write", "pwrite64", "writev", "pwritev", "pwritev2"];

/// Of one subvolume; and of one user, in kilobytes and in files.
const MEGABYTES: u64 = 4;
const LIMITS: Limits = Limits {
    kilobytes: 64,
    inodes: 12,
};

/// Runs `body` as an ordinary user in a subvolume of its own, with how much too much is.
fn in_a_subvolume(t: &mut Twin, body: fn(&mut Twin, usize)) {
    fs::create_dir("m").expect("m");
    quotas::subvolume("m", MEGABYTES).expect("a subvolume");
    as_a_user(t, body, (MEGABYTES as usize) << 20);
}

/// The same on a file system of many users.
fn as_one_of_many(t: &mut Twin, body: fn(&mut Twin, usize)) {
    limit_the_user();
    as_a_user(t, body, (LIMITS.kilobytes as usize) << 10);
}

fn limit_the_user() {
    fs::create_dir("m").expect("m");
    quotas::of_a_user("m", NOBODY, LIMITS).expect("quotas");
}

fn as_a_user(t: &mut Twin, body: fn(&mut Twin, usize), too_much: usize) {
    std::env::set_current_dir("m").expect("m");
    users::ordinary(t, |t| body(t, too_much));
}

fn open(t: &mut Twin, path: &CStr, flags: i32) -> i64 {
    t.call("open", args![path, flags, 0o644])
}

/// Where it stands, and how large it is, in quarters of a mebibyte: how much is left to the last page is up to what else
/// the file system has to do.
fn measure(t: &mut Twin, fd: i64) {
    let (position, size) = t.quietly(|t| {
        let mut st: stat = blank();
        t.call("fstat", args![fd, &raw mut st]);
        (t.call("lseek", args![fd, 0, SEEK_CUR]), st.st_size)
    });
    for (note, bytes) in [("position", position), ("size", size)] {
        t.note(note, (bytes + (1 << 17)) >> 18);
    }
}

/// As [`write_out`], and whether all of it was written.
fn write(t: &mut Twin, row: &str, fd: i64, length: usize, offset: usize) -> i64 {
    let done = t.call_for_what_it_does(|t| write_out(t, row, fd, length, offset));
    t.note(row, usize::try_from(done) == Ok(length));
    done
}

/// Two parts of a vector, or one buffer, of so many bytes at `offset`.
fn write_out(t: &mut Twin, row: &str, fd: i64, length: usize, offset: usize) -> i64 {
    let bytes = vec![b'q'; length];
    let half = length / 2;
    let parts =
        [(0, half), (half, length - half)].map(|(at, len)| [bytes[at..].as_ptr() as usize, len]);
    let parts = Arg::at(parts.as_ptr() as usize, format!("parts[{length}]"));
    match row {
        "write" => t.call(row, args![fd, &bytes[..], length]),
        "pwrite64" => t.call(row, args![fd, &bytes[..], length, offset]),
        "writev" => t.call(row, args![fd, parts, 2]),
        "pwritev" => t.call(row, args![fd, parts, 2, offset, 0]),
        _ => t.call(row, args![fd, parts, 2, offset, 0, 0]),
    }
}

/// What is deleted is free at once on ext4, on btrfs after a commit.
fn forget(t: &mut Twin, path: &str) {
    fs::remove_file(path).expect(path);
    t.call("sync", &[]);
}

fn writes(t: &mut Twin, too_much: usize) {
    for row in WRITES {
        let fd = open(t, c"file", O_CREAT | O_RDWR | O_TRUNC);
        let piece = too_much * 2 / 5;
        // The third does not fit; what is left may be had in small pieces.
        for i in 0..4 {
            write(t, row, fd, piece, i * piece);
            measure(t, fd);
        }
        for i in 0..3 {
            write(t, row, fd, 512, too_much * 2 + i * 512);
            measure(t, fd);
        }
        // There is room for what is there already.
        t.call("lseek", args![fd, 0, SEEK_SET]);
        write(t, row, fd, 512, 0);
        t.call("fsync", args![fd]);
        t.close(fd);
        forget(t, "file");
    }
    for row in WRITES {
        let fd = open(t, c"file", O_CREAT | O_WRONLY | O_APPEND);
        for _ in 0..2 {
            write(t, row, fd, too_much * 3 / 5, 0);
            measure(t, fd);
        }
        t.close(fd);
        forget(t, "file");
    }
    t.tree(".");
}

fn writes_to_a_subvolume(t: &mut Twin) {
    in_a_subvolume(t, writes);
}

fn writes_of_a_user(t: &mut Twin) {
    as_one_of_many(t, writes);
}

fn sizes(t: &mut Twin, too_much: usize) {
    for mode in [0, FALLOC_FL_KEEP_SIZE] {
        let fd = open(t, c"file", O_CREAT | O_RDWR | O_TRUNC);
        let piece = too_much * 2 / 5;
        for i in 0..4 {
            t.call("fallocate", args![fd, mode, i * piece, piece]);
            measure(t, fd);
        }
        // What is not there takes nothing up.
        t.call("ftruncate", args![fd, too_much * 10]);
        t.call("ftruncate", args![fd, 10]);
        measure(t, fd);
        t.close(fd);
        forget(t, "file");
    }
    let fd = open(t, c"file", O_CREAT | O_RDWR);
    t.call("truncate", args![c"file", too_much * 10]);
    write(t, "pwrite64", fd, too_much, too_much * 2);
    measure(t, fd);
    write(t, "pwrite64", fd, too_much, 0);
    measure(t, fd);
    t.close(fd);
    t.tree(".");
}

fn sizes_in_a_subvolume(t: &mut Twin) {
    in_a_subvolume(t, sizes);
}

fn sizes_of_a_user(t: &mut Twin) {
    as_one_of_many(t, sizes);
}

/// Takes up all there is, down to the last small piece.
fn fill(t: &mut Twin, too_much: usize) {
    let fd = open(t, c"filler", O_CREAT | O_WRONLY | O_APPEND);
    let mut piece = too_much;
    while piece >= 512 {
        if write(t, "write", fd, piece, 0) < piece as i64 {
            piece /= 2;
        }
    }
    t.call("fsync", args![fd]);
    t.close(fd);
}

/// Of a hole, which takes nothing up, and of bytes.
fn copies(t: &mut Twin, too_much: usize) {
    let piece = too_much * 3 / 5;
    let source = open(t, c"source", O_CREAT | O_RDWR);
    t.call("ftruncate", args![source, piece * 3]);
    for data in [0, too_much / 5] {
        write(t, "pwrite64", source, data, 0);
        t.call("fsync", args![source]);
        for row in ["copy_file_range", "sendfile", "splice"] {
            let fd = open(t, c"file", O_CREAT | O_RDWR | O_TRUNC);
            t.call("lseek", args![source, 0, SEEK_SET]);
            for _ in 0..3 {
                copy(t, row, source, fd, piece);
                measure(t, fd);
                measure(t, source);
            }
            t.close(fd);
            forget(t, "file");
        }
    }
    fill(t, too_much);
    for row in ["copy_file_range", "sendfile", "splice"] {
        let fd = open(t, c"filler", O_RDWR);
        t.call("lseek", args![fd, 0, SEEK_END]);
        copy(t, row, source, fd, 4096);
        measure(t, fd);
        t.close(fd);
    }
    t.tree(".");
}

fn copy(t: &mut Twin, row: &str, from: i64, to: i64, length: usize) {
    let null = std::ptr::null_mut::<u8>();
    match row {
        "copy_file_range" => drop(t.call(row, args![from, null, to, null, length, 0])),
        "sendfile" => drop(t.call(row, args![to, from, null, length])),
        _ => {
            let (output, input) = nix::unistd::pipe().expect("a pipe");
            let [output, input] = [&output, &input].map(|end| i64::from(end.as_raw_fd()));
            let length = length.min(1 << 16);
            t.call(row, args![from, null, input, null, length, 0]);
            t.call(
                row,
                args![output, null, to, null, length, SPLICE_F_NONBLOCK],
            );
        }
    }
}

fn copies_to_a_subvolume(t: &mut Twin) {
    in_a_subvolume(t, copies);
}

fn copies_of_a_user(t: &mut Twin) {
    as_one_of_many(t, copies);
}

const NAMES: [&str; 12] = [
    "open",
    "openat",
    "openat2",
    "creat",
    "mkdir",
    "mkdirat",
    "symlink",
    "symlinkat",
    "link",
    "linkat",
    "mknod",
    "mknodat",
];

/// Makes `path` by that call; of a hard link, one more name of "first".
fn make(t: &mut Twin, row: &str, path: &CStr) {
    let how = [(O_CREAT | O_WRONLY) as u64, 0o644, 0];
    let how = Arg::at(how.as_ptr() as usize, "how");
    let (flags, here) = (O_CREAT | O_WRONLY, AT_FDCWD);
    let made = match row {
        "open" => t.call(row, args![path, flags, 0o644]),
        "openat" => t.call(row, args![here, path, flags, 0o644]),
        "openat2" => t.call(row, args![here, path, how, 24]),
        "creat" => t.call(row, args![path, 0o644]),
        "mkdir" => t.call(row, args![path, 0o755]),
        "mkdirat" => t.call(row, args![here, path, 0o755]),
        "symlink" => t.call(row, args![c"somewhere", path]),
        "symlinkat" => t.call(row, args![c"somewhere", here, path]),
        "link" => t.call(row, args![c"first", path]),
        "linkat" => t.call(row, args![here, c"first", here, path, 0]),
        "mknod" => t.call(row, args![path, S_IFREG | 0o644, 0]),
        _ => t.call(row, args![here, path, S_IFIFO | 0o644, 0]),
    };
    if matches!(row, "open" | "openat" | "openat2" | "creat") {
        t.close(made);
    }
}

fn change(t: &mut Twin, from: &CStr, to: &CStr) {
    let here = AT_FDCWD;
    t.call("rename", args![from, to]);
    t.call("renameat", args![here, from, here, to]);
    t.call("renameat2", args![here, from, here, to, RENAME_NOREPLACE]);
    let value = [b'v'; 700];
    let fd = open(t, c"first", O_RDONLY);
    for length in [10, 700] {
        let value = &value[..length];
        t.call("setxattr", args![c"first", c"user.a", value, length, 0]);
        t.call("lsetxattr", args![c"first", c"user.b", value, length, 0]);
        t.call("fsetxattr", args![fd, c"user.c", value, length, 0]);
        let words = [value.as_ptr() as u64, length as u64];
        let words = Arg::at(words.as_ptr() as usize, "value");
        t.call("setxattrat", args![here, c"first", 0, c"user.d", words, 16]);
    }
    t.close(fd);
}

/// First without names, then without bytes, both in short directories and in one that has to grow.
fn names(t: &mut Twin, too_much: usize) {
    let path = |name: String| CString::new(name).expect("a plain name");
    for fills in [false, true] {
        fs::create_dir("d").expect("d");
        fs::write("first", "").expect("first");
        if fills {
            fill(t, too_much);
        }
        for (i, row) in NAMES.into_iter().enumerate() {
            for in_row in 0..2 {
                make(t, row, &path(format!("{i}-{in_row}")));
                make(t, row, &path(format!("d/{i}-{in_row}-{}", "n".repeat(240))));
            }
        }
        change(t, c"first", &path(format!("d/first-{}", "n".repeat(240))));
        t.tree(".");
        crate::tree::remove(Path::new("d"));
        for entry in fs::read_dir(".").expect("here").flatten() {
            crate::tree::remove(&entry.path());
        }
        t.call("sync", &[]);
    }
}

fn names_in_a_subvolume(t: &mut Twin) {
    in_a_subvolume(t, names);
}

fn names_of_a_user(t: &mut Twin) {
    as_one_of_many(t, names);
}

/// Whose file it is decides, unless the writer is privileged.
fn files_of_a_user(t: &mut Twin) {
    limit_the_user();
    let much = (LIMITS.kilobytes as usize) << 11;
    for bound in [false, true] {
        set_effective(t, if bound { &[CAP_SYS_RESOURCE] } else { &[] });
        for owner in [NOBODY, 0] {
            fs::write("m/file", "").expect("m/file");
            chown("m/file", Some(owner), None).expect("chown");
            let fd = open(t, c"m/file", O_RDWR);
            for row in WRITES {
                write(t, row, fd, much, 0);
                measure(t, fd);
                t.call("ftruncate", args![fd, 0]);
            }
            t.call("fallocate", args![fd, 0, 0, much]);
            measure(t, fd);
            t.close(fd);
            forget(t, "m/file");
        }
    }
}

/// A file is charged to whom it is given.
fn owners(t: &mut Twin) {
    limit_the_user();
    for bound in [false, true] {
        set_effective(t, if bound { &[CAP_SYS_RESOURCE] } else { &[] });
        fs::write("m/file", vec![b'f'; (LIMITS.kilobytes as usize) << 11]).expect("m/file");
        let fd = open(t, c"m/file", O_RDONLY);
        for owner in [NOBODY, 0] {
            t.call("chown", args![c"m/file", owner, owner]);
            t.call("lchown", args![c"m/file", owner, owner]);
            t.call("fchown", args![fd, owner, owner]);
            t.call("fchownat", args![AT_FDCWD, c"m/file", owner, owner, 0]);
            t.tree("m");
        }
        t.close(fd);
        forget(t, "m/file");
    }
}
