//! The newest forms: directory, path, flags, and the structure.

use super::forms::{On, file, names};
use crate::arg::Arg;
use crate::cases::world;
use crate::path_rows::{XATTR_ARGS_SIZE, XattrArgs};
use crate::twin::Twin;
use crate::{args, memory};
use libc::*;

/// All four of the newest forms, with any directory, path and flags.
pub fn at(t: &mut Twin, dir: &Arg, path: &Arg, flags: u64) {
    let mut buffer = [b'.'; 32];
    let given = XattrArgs::new(&Arg::from(b"value"), 5, 0);
    let name = c"user.x";
    let to = args![dir, path, flags, name, given.arg(), XATTR_ARGS_SIZE];
    t.call("setxattrat", to);
    let room = XattrArgs::new(&Arg::from(&mut buffer), 32, 0);
    let of = args![dir, path, flags, name, room.arg(), XATTR_ARGS_SIZE];
    t.call("getxattrat", of);
    t.call("listxattrat", args![dir, path, flags, &mut buffer, 32]);
    t.call("removexattrat", args![dir, path, flags, name]);
    t.bytes("buffer", &buffer);
}

pub fn at_flags(t: &mut Twin) {
    let _reader = world::build("w");
    let high = 0xdead_beef_0000_0000u64;
    let (nofollow, empty) = (AT_SYMLINK_NOFOLLOW as u64, AT_EMPTY_PATH as u64);
    let mut flags: Vec<u64> = (0..32).map(|bit| 1 << bit).collect();
    flags.extend([0, nofollow | empty, nofollow | 1, high, high | nofollow]);
    for path in [c"w/file", c"w/link", c"w/nowhere", c""] {
        for &flags in &flags {
            at(t, &AT_FDCWD.into(), &path.into(), flags);
        }
    }
    let dir = t.call("open", args![c"w", O_PATH]);
    at(t, &(high | dir as u64).into(), &c"link".into(), nofollow);
    at(t, &(high | dir as u64).into(), &c"file".into(), 0);
    t.tree("w");
}

/// AT_EMPTY_PATH speaks of the descriptor, which must not be an O_PATH one; so does no path at all.
pub fn without_a_path(t: &mut Twin) {
    let _reader = world::build("w");
    let mut held: Vec<i64> = [
        (c"w/file", O_RDONLY),
        (c"w/file", O_PATH),
        (c"w/link", O_PATH | O_NOFOLLOW),
        (c"w/dir", O_RDONLY),
        (c"w/dir", O_PATH),
        (c"w/fifo", O_RDWR),
        (c"/proc/self/stat", O_RDONLY),
    ]
    .map(|(path, flags)| t.call("open", args![path, flags]))
    .into();
    held.extend([-1, 99, i64::from(AT_FDCWD)]);
    std::env::set_current_dir("w/dir").expect("w/dir");
    for fd in held {
        let unreadable = Arg::from(&memory::before_the_edge(b""));
        for path in [c"".into(), 0.into(), unreadable, Arg::from(c"/nowhere")] {
            for flags in [0, AT_EMPTY_PATH, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW] {
                at(t, &fd.into(), &path, flags as u64);
            }
        }
    }
}

pub fn sizes_of_the_structure(t: &mut Twin) {
    let on = file(t);
    let sizes = [
        0u64,
        1,
        8,
        15,
        16,
        17,
        24,
        4096,
        4097,
        1 << 32,
        (1 << 32) + 16,
        u64::MAX,
    ];
    for behind in [0u8, 1] {
        for size in sizes {
            for flags in [0, 1, 2, 4, 1 << 31] {
                with_structure(t, on, size, flags, behind);
            }
        }
    }
    for spot in memory::bad() {
        let at = [
            AT_FDCWD.into(),
            Arg::from(on.path),
            0.into(),
            c"user.x".into(),
        ];
        let [dir, path, none, name] = &at;
        t.call("setxattrat", args![dir, path, none, name, &spot, 16]);
        t.call("getxattrat", args![dir, path, none, name, &spot, 16]);
    }
    for room in [8, 15] {
        let short = memory::before_the_edge(&vec![0; room]);
        t.call(
            "getxattrat",
            args![AT_FDCWD, on.path, 0, c"user.x", &short, 16],
        );
        t.call(
            "setxattrat",
            args![AT_FDCWD, on.path, 0, c"user.x", &short, 16],
        );
    }
}

/// A structure of this size, followed by bytes `behind`.
fn with_structure(t: &mut Twin, on: On<'_>, size: u64, flags: u32, behind: u8) {
    #[repr(C, align(8))]
    struct Longer([u8; 8192]);
    let mut buffer = [b'.'; 16];
    for row in ["setxattrat", "getxattrat"] {
        let mut longer = Longer([behind; 8192]);
        let place = match row {
            "setxattrat" => Arg::from(b"structured value"),
            _ => Arg::from(&mut buffer),
        };
        longer.0[..8].copy_from_slice(&place.raw.to_ne_bytes());
        longer.0[8..12].copy_from_slice(&16u32.to_ne_bytes());
        longer.0[12..16].copy_from_slice(&flags.to_ne_bytes());
        let shown = format!("{{16, {flags:#x}}} then {behind}");
        let structure = Arg::at(longer.0.as_ptr() as usize, shown);
        t.call(row, args![AT_FDCWD, on.path, 0, c"user.x", structure, size]);
    }
    t.bytes("buffer", &buffer);
    names(t, "listxattr", on);
}
