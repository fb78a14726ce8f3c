//! openat2's structure: its size, place, mode and RESOLVE flags.

use super::ways::without_waiting;
use crate::arg::Arg;
use crate::cases::world;
use crate::path_rows::OpenHow;
use crate::twin::Twin;
use crate::{args, memory};
use libc::*;
use std::ffi::{CStr, CString};
use std::fs;

/// The structure may be longer than the kernel's as long as the rest is zero.
pub fn how_sizes(t: &mut Twin) {
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

pub fn how_pointers(t: &mut Twin) {
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

pub fn how_resolves(t: &mut Twin) {
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

pub fn resolve(t: &mut Twin, dir: i64, path: &CStr, resolve: u64, flags: i32) {
    let how = OpenHow {
        flags: without_waiting(flags) as u64,
        mode: 0,
        resolve,
    };
    t.opened("openat2", args![dir, path, how.arg(), size_of_val(&how)]);
}

/// RESOLVE_CACHED refuses what cannot be done without waiting; what is looked up again and again is in the cache.
pub fn how_cached(t: &mut Twin) {
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

pub fn how_modes(t: &mut Twin) {
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
