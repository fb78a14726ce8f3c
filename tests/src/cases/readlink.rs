//! readlink and readlinkat: buffers, empty paths, and links of the kernel's own.

use super::world;
use crate::arg::Arg;
use crate::args;
use crate::case;
use crate::case::Family;
use crate::filesystem::FileSystem;
use crate::memory;
use crate::twin::Twin;
use libc::*;
use std::ffi::CString;

pub const FAMILY: Family = Family {
    name: "readlink",
    on: FileSystem::ALL,
    cases: &[
        case!(buffer_sizes).sees(&[("readlink", &[EINVAL]), ("readlinkat", &[EINVAL])]),
        case!(buffer_edges).sees(&[("readlink", &[EFAULT]), ("readlinkat", &[EFAULT])]),
        case!(not_links).sees(&[("readlink", &[EINVAL]), ("readlinkat", &[EINVAL, ENOENT])]),
        case!(empty_paths).sees(&[("readlinkat", &[ENOENT])]),
        case!(of_itself),
        case!(of_descriptors),
        case!(long_targets),
    ],
};

fn both(t: &mut Twin, path: &std::ffi::CStr, buffer: &Arg, size: &Arg) {
    t.call("readlink", args![path, buffer, size]);
    t.call("readlinkat", args![AT_FDCWD, path, buffer, size]);
}

fn buffer_sizes(t: &mut Twin) {
    world::link("abcdefgh", "link");
    for size in [
        0i64,
        1,
        7,
        8,
        9,
        64,
        -1,
        i64::MIN,
        i64::MAX,
        1 << 32,
        (1 << 32) + 4,
        1 << 31,
        4097,
    ] {
        let mut buffer = [b'.'; 8192];
        let place = Arg::from(&mut buffer);
        both(t, c"link", &place, &Arg::from(size));
        t.bytes("buffer", &buffer[..16]);
    }
}

/// As much as there is room for, or EFAULT: never a byte beyond.
fn buffer_edges(t: &mut Twin) {
    world::link("abcdefgh", "link");
    for room in [0, 1, 4, 7, 8, 9] {
        for size in [1i64, 4, 8, 64] {
            for second in [PROT_NONE, PROT_READ] {
                let spot = memory::room_before(room, second);
                both(t, c"link", &Arg::from(&spot), &Arg::from(size));
                t.bytes("room", &memory::contents(&spot, room));
            }
        }
    }
    for spot in memory::bad()
        .iter()
        .chain([&memory::read_only(), &memory::write_only()])
    {
        for size in [0i64, 1, 64] {
            both(t, c"link", &Arg::from(spot), &Arg::from(size));
            both(t, c"nowhere", &Arg::from(spot), &Arg::from(size));
        }
    }
}

fn not_links(t: &mut Twin) {
    let _reader = world::build("w");
    for name in [
        "file", "dir", "fifo", "socket", "nowhere", "dir/", "dirlink/", "here", ".",
    ] {
        let path = CString::new(format!("w/{name}")).expect("path");
        let mut buffer = [b'.'; 16];
        let place = Arg::from(&mut buffer);
        both(t, &path, &place, &Arg::from(16));
        t.bytes("buffer", &buffer);
    }
}

/// An empty path reads the link that an O_PATH descriptor stands for.
fn empty_paths(t: &mut Twin) {
    let _reader = world::build("w");
    for (path, flags) in [
        (c"w/link", O_PATH | O_NOFOLLOW),
        (c"w/dangling", O_PATH | O_NOFOLLOW),
        (c"w/link", O_PATH),
        (c"w/dir", O_PATH),
        (c"w/dir", O_RDONLY),
        (c"w/file", O_RDONLY),
        (c"/proc/self/cwd", O_PATH | O_NOFOLLOW),
    ] {
        let fd = t.call("open", args![path, flags]);
        for empty in [c"", c".", c"/"] {
            let mut buffer = [b'.'; 64];
            t.call("readlinkat", args![fd, empty, &mut buffer, 64]);
            t.bytes("buffer", &buffer);
        }
        t.close(fd);
    }
    let mut buffer = [b'.'; 8];
    t.call("readlinkat", args![AT_FDCWD, c"", &mut buffer, 8]);
    t.call("readlinkat", args![-1, c"", &mut buffer, 8]);
}

/// Links that tell a process its own number.
fn of_itself(t: &mut Twin) {
    let pid = std::process::id().to_string();
    let thread = format!("{pid}/task/{pid}");
    for (path, answer) in [(c"/proc/self", &pid), (c"/proc/thread-self", &thread)] {
        for row in ["readlink", "readlinkat"] {
            let mut buffer = [0u8; 64];
            // The number of digits may differ, so the call itself is no line of the transcript.
            let (path, place) = (path.as_ptr(), buffer.as_mut_ptr().cast());
            // SAFETY: the path is terminated and the buffer as long as said.
            let length = unsafe {
                match row {
                    "readlink" => readlink(path, place, 64),
                    _ => readlinkat(AT_FDCWD, path, place, 64),
                }
            };
            t.note(
                row,
                buffer.get(..length as usize) == Some(answer.as_bytes()),
            );
        }
    }
}

/// What /proc/self/fd shows: files, deleted files, directories, O_PATH.
fn of_descriptors(t: &mut Twin) {
    let _reader = world::build("w");
    for (path, flags) in [
        (c"w/file", O_RDONLY),
        (c"w/link", O_RDONLY),
        (c"w/dir", O_RDONLY),
        (c"w/link", O_PATH | O_NOFOLLOW),
        (c"w/fifo", O_RDWR),
        (c"/dev/null", O_RDWR),
        (c"w", O_TMPFILE | O_RDWR),
    ] {
        let fd = t.call("open", args![path, flags, 0o600]);
        for (name, value) in [("file", 0), ("gone", 1)] {
            if value == 1 && path == c"w/file" {
                std::fs::remove_file("w/file").expect(name);
            }
            let link = CString::new(format!("/proc/self/fd/{fd}")).expect("path");
            let mut buffer = [0u8; 128];
            let unnamed = flags & O_TMPFILE == O_TMPFILE;
            if !unnamed {
                both(t, &link, &Arg::from(&mut buffer), &Arg::from(128));
                t.bytes("is", &buffer);
            }
        }
        t.close(fd);
    }
    for path in [
        c"/proc/self/cwd",
        c"/proc/self/root",
        c"/proc/self/exe",
        c"/dev/fd",
        c"/dev/stdin",
    ] {
        let mut buffer = [0u8; 256];
        both(t, path, &Arg::from(&mut buffer), &Arg::from(256));
        t.bytes("is", &buffer);
    }
}

fn long_targets(t: &mut Twin) {
    for length in [59, 60, 255, 1000, 4094] {
        let _ = std::fs::remove_file("link");
        // An ext4 of small blocks holds no more than a block.
        if std::os::unix::fs::symlink("x".repeat(length), "link").is_err() {
            t.note("no link of", length);
            continue;
        }
        for size in [60, 4096] {
            let mut buffer = [b'.'; 4096];
            both(t, c"link", &Arg::from(&mut buffer), &Arg::from(size));
            t.note("x", buffer.iter().filter(|byte| **byte == b'x').count());
        }
    }
}
