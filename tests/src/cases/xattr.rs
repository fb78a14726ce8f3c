//! Extended attributes: get, set, list and remove, each by path, by a link's own path, by descriptor and by both.

use super::world;
use crate::arg::Arg;
use crate::args;
use crate::case;
use crate::case::Family;
use crate::filesystem::FileSystem;
use crate::memory;
use crate::mounts;
use crate::needs::Need;
use crate::path_rows::{XATTR_ARGS_SIZE, XattrArgs};
use crate::twin::Twin;
use crate::users::{ALICE, NOBODY, is_root, ordinary};
use libc::*;
use std::ffi::{CStr, CString};
use std::fs;
use std::os::unix::fs::chown;

const GET: [&str; 4] = ["getxattr", "lgetxattr", "fgetxattr", "getxattrat"];
const LIST: [&str; 4] = ["listxattr", "llistxattr", "flistxattr", "listxattrat"];
const SET: [&str; 4] = ["setxattr", "lsetxattr", "fsetxattr", "setxattrat"];
const REMOVE: [&str; 4] = [
    "removexattr",
    "lremovexattr",
    "fremovexattr",
    "removexattrat",
];

macro_rules! each {
    ($($row:literal)* => $errnos:expr) => { &[$(($row, $errnos)),*] };
}

pub const FAMILY: Family = Family {
    name: "xattr",
    on: FileSystem::ALL,
    cases: &[
        case!(round_trip).sees(each!("getxattr" "lgetxattr" "fgetxattr" "getxattrat" => &[ENODATA])),
        case!(removing).sees(
            each!("removexattr" "lremovexattr" "fremovexattr" "removexattrat" => &[ENODATA]),
        ),
        case!(create_and_replace)
            .sees(each!("setxattr" "lsetxattr" "fsetxattr" "setxattrat" => &[EEXIST, ENODATA, EINVAL])),
        case!(names_to_set)
            .sees(each!("setxattr" "lsetxattr" "fsetxattr" "setxattrat" => &[ENOTSUP, ERANGE])),
        case!(names_to_get).sees(each!("getxattr" "lgetxattr" "fgetxattr" "getxattrat" => &[ENOTSUP, ERANGE])),
        case!(names_to_remove)
            .sees(each!("removexattr" "lremovexattr" "fremovexattr" "removexattrat" => &[ENOTSUP])),
        case!(bad_names).sees(each!(
            "getxattr" "lgetxattr" "fgetxattr" "getxattrat" "setxattr" "lsetxattr" "fsetxattr" "setxattrat"
            "removexattr" "lremovexattr" "fremovexattr" "removexattrat" => &[EFAULT]
        )),
        case!(room_for_values)
            .sees(each!("getxattr" "lgetxattr" "fgetxattr" "getxattrat" => &[EFAULT, ERANGE])),
        case!(room_for_lists)
            .sees(each!("listxattr" "llistxattr" "flistxattr" "listxattrat" => &[EFAULT, ERANGE])),
        case!(values_from).sees(each!("setxattr" "lsetxattr" "fsetxattr" "setxattrat" => &[EFAULT, E2BIG])),
        case!(largest_values),
        case!(many_attributes),
        case!(kinds_of_files)
            .sees(&[("setxattr", &[EPERM]), ("lsetxattr", &[EPERM]), ("setxattrat", &[EPERM])]),
        case!(kernel_files).sees(&[("getxattr", &[ENOTSUP])]),
        case!(kinds_of_descriptors).sees(&[
            ("fgetxattr", &[EBADF]),
            ("flistxattr", &[EBADF]),
            ("fsetxattr", &[EBADF, EPERM]),
            ("fremovexattr", &[EBADF]),
        ]),
        case!(at_flags).sees(each!("getxattrat" "listxattrat" "setxattrat" "removexattrat" => &[EINVAL])),
        case!(without_a_path).sees(each!("getxattrat" "listxattrat" "setxattrat" "removexattrat" => &[EBADF])),
        case!(sizes_of_the_structure).sees(each!("getxattrat" "setxattrat" => &[EINVAL, E2BIG, EFAULT])),
        case!(name_spaces_of_root).needs(&[Need::Root]),
        case!(name_spaces_without_the_capability).needs(&[Need::Root]),
        case!(name_spaces_of_others).sees(&[("setxattr", &[EPERM])]),
        case!(others_files).needs(&[Need::Root]),
        case!(access_lists),
        case!(default_access_lists),
        case!(file_capabilities).needs(&[Need::Root]),
        case!(immutable)
            .needs(&[Need::InodeFlags])
            .sees(&[("setxattr", &[EPERM]), ("fsetxattr", &[EPERM])]),
        case!(read_only_mount).needs(&[Need::Mounts]),
        case!(no_room)
            .needs(&[Need::Images])
            .sees(each!("setxattr" "lsetxattr" "fsetxattr" "setxattrat" => &[ENOSPC])),
        case!(change_the_time),
        case!(deleted_file),
    ],
};

/// What an attribute belongs to, as the four forms of a call name it.
#[derive(Clone, Copy)]
struct On<'a> {
    path: &'a CStr,
    fd: i64,
}

/// Opened for reading, for the forms that take a descriptor.
fn on<'a>(t: &mut Twin, path: &'a CStr) -> On<'a> {
    let fd = t.call("open", args![path, O_RDONLY | O_NONBLOCK]);
    On { path, fd }
}

fn get(t: &mut Twin, row: &str, on: On<'_>, name: &Arg, out: &Arg, size: usize) -> i64 {
    let xattr = XattrArgs::new(out, size, 0);
    match row {
        "fgetxattr" => t.call(row, args![on.fd, name, out, size]),
        "getxattrat" => t.call(
            row,
            args![AT_FDCWD, on.path, 0, name, xattr.arg(), XATTR_ARGS_SIZE],
        ),
        _ => t.call(row, args![on.path, name, out, size]),
    }
}

fn list(t: &mut Twin, row: &str, on: On<'_>, out: &Arg, size: usize) -> i64 {
    match row {
        "flistxattr" => t.call(row, args![on.fd, out, size]),
        "listxattrat" => t.call(row, args![AT_FDCWD, on.path, 0, out, size]),
        _ => t.call(row, args![on.path, out, size]),
    }
}

fn set(
    t: &mut Twin,
    row: &str,
    on: On<'_>,
    name: &Arg,
    (value, size): (&Arg, usize),
    flags: u64,
) -> i64 {
    let xattr = XattrArgs::new(value, size, flags as u32);
    match row {
        "fsetxattr" => t.call(row, args![on.fd, name, value, size, flags]),
        "setxattrat" => t.call(
            row,
            args![AT_FDCWD, on.path, 0, name, xattr.arg(), XATTR_ARGS_SIZE],
        ),
        _ => t.call(row, args![on.path, name, value, size, flags]),
    }
}

fn put(t: &mut Twin, row: &str, on: On<'_>, name: &CStr, value: &[u8]) -> i64 {
    let from = Arg::from(value);
    set(t, row, on, &Arg::from(name), (&from, value.len()), 0)
}

fn remove(t: &mut Twin, row: &str, on: On<'_>, name: &Arg) -> i64 {
    match row {
        "fremovexattr" => t.call(row, args![on.fd, name]),
        "removexattrat" => t.call(row, args![AT_FDCWD, on.path, 0, name]),
        _ => t.call(row, args![on.path, name]),
    }
}

/// What `row` says the value is.
fn value(t: &mut Twin, row: &str, on: On<'_>, name: &CStr) {
    let mut buffer = [b'.'; 64];
    let out = Arg::from(&mut buffer);
    get(t, row, on, &Arg::from(name), &out, 64);
    t.bytes("value", &buffer);
}

fn names(t: &mut Twin, row: &str, on: On<'_>) {
    let mut buffer = [b'.'; 256];
    let out = Arg::from(&mut buffer);
    list(t, row, on, &out, 256);
    t.bytes("names", &buffer);
}

/// Everything there is about it, by every form.
fn all(t: &mut Twin, on: On<'_>, name: &CStr) {
    GET.iter().for_each(|row| value(t, row, on, name));
    LIST.iter().for_each(|row| names(t, row, on));
}

fn file(t: &mut Twin) -> On<'static> {
    world::file("file", "contents");
    on(t, c"file")
}

fn round_trip(t: &mut Twin) {
    world::dir("dir");
    world::link("file", "link");
    let file = file(t);
    let dir = on(t, c"dir");
    let link = on(t, c"link");
    for on in [file, dir, link] {
        all(t, on, c"user.none");
        for (i, row) in SET.iter().enumerate() {
            let name = CString::new(format!("user.{i}")).expect("a name");
            put(t, row, on, &name, b"a value");
            put(t, row, on, &name, b"");
            all(t, on, &name);
            put(t, row, on, &name, row.as_bytes());
            all(t, on, &name);
        }
    }
    t.tree(".");
}

fn removing(t: &mut Twin) {
    let on = file(t);
    for row in REMOVE {
        put(t, "setxattr", on, c"user.a", b"one");
        put(t, "setxattr", on, c"user.b", b"two");
        for name in [c"user.none", c"user.a", c"user.a", c"user.b"] {
            remove(t, row, on, &name.into());
            names(t, "listxattr", on);
        }
    }
}

/// In the structure of setxattrat there is no upper half: what would be one is no argument at all.
fn create_and_replace(t: &mut Twin) {
    let on = file(t);
    let high = 0xdead_beef_0000_0000u64;
    let mut flags: Vec<u64> = (0..32).map(|bit| 1 << bit).collect();
    flags.extend([0, 3, 4 | 1, u64::from(u32::MAX), high, high | 1, high | 2]);
    for row in SET {
        for &flags in &flags {
            for name in [c"user.old", c"user.new"] {
                let from = Arg::from(b"value");
                set(t, row, on, &name.into(), (&from, 5), flags);
                value(t, "getxattr", on, name);
            }
            remove(t, "removexattr", on, &c"user.new".into());
            put(t, "setxattr", on, c"user.old", b"old");
        }
    }
}

/// Of every name space there is, and of none.
fn odd_names() -> Vec<CString> {
    let plain = "
        user user. user.x user.x.y users.x USER.x x .x . foo.bar trusted trusted. trusted.x security security.
        security.x security.selinux security.capability security.ima system system. system.x system.posix_acl_access
        system.posix_acl_default system.posix_acl_accessory system.nfs4_acl btrfs.compression trusted.overlay.opaque
        os2.x
    ";
    let mut names: Vec<String> = plain.split_whitespace().map(String::from).collect();
    names.extend([249, 250, 251, 5000].map(|n| format!("user.{}", "n".repeat(n))));
    names.extend([255, 256].map(|n| "n".repeat(n)));
    names.extend(["", "user.\u{1}\n\"é", " user.x"].map(String::from));
    let mut all: Vec<_> = names
        .into_iter()
        .map(|name| CString::new(name).expect("no NUL"))
        .collect();
    all.push(CString::new(b"user.\xff\xfe".to_vec()).expect("no NUL"));
    all
}

fn names_to_set(t: &mut Twin) {
    let on = file(t);
    for name in odd_names() {
        for row in SET {
            put(t, row, on, &name, b"odd");
            value(t, "getxattr", on, &name);
        }
        remove(t, "removexattr", on, &name.as_c_str().into());
    }
    names(t, "listxattr", on);
}

fn names_to_get(t: &mut Twin) {
    let on = file(t);
    put(t, "setxattr", on, c"user.x", b"x");
    for name in odd_names() {
        GET.iter().for_each(|row| value(t, row, on, &name));
    }
}

fn names_to_remove(t: &mut Twin) {
    let on = file(t);
    for name in odd_names() {
        for row in REMOVE {
            put(t, "setxattr", on, &name, b"odd");
            remove(t, row, on, &name.as_c_str().into());
        }
    }
    names(t, "listxattr", on);
}

fn bad_names(t: &mut Twin) {
    let on = file(t);
    let mut places: Vec<Arg> = memory::bad().iter().map(Arg::from).collect();
    for bytes in [&b"user.x\0"[..], b"user.x", b"", b"\0", &[b'n'; 255]] {
        places.push(Arg::from(&memory::before_the_edge(bytes)));
    }
    let from = Arg::from(b"value");
    let mut buffer = [b'.'; 8];
    let out = Arg::from(&mut buffer);
    for name in &places {
        for i in 0..4 {
            set(t, SET[i], on, name, (&from, 5), 0);
            get(t, GET[i], on, name, &out, 8);
            remove(t, REMOVE[i], on, name);
        }
    }
    names(t, "listxattr", on);
}

/// Sizes around a length, and those no buffer has.
fn sizes_around(length: usize) -> Vec<usize> {
    let near = [0, 1, length - 1, length, length + 1];
    let far = [
        65535,
        65536,
        65537,
        1 << 20,
        1 << 32,
        (1 << 32) + 4,
        i64::MAX as usize,
        usize::MAX,
    ];
    near.into_iter().chain(far).collect()
}

fn places(length: usize) -> Vec<Arg> {
    let mut places: Vec<Arg> = memory::bad().iter().map(Arg::from).collect();
    places.push(Arg::from(&memory::read_only()));
    for room in [length - 1, length, length + 1] {
        for second in [PROT_NONE, PROT_READ] {
            places.push(Arg::from(&memory::room_before(room, second)));
        }
    }
    places
}

fn written(t: &mut Twin, place: &Arg, length: usize) {
    let Some(room) = place.shown.strip_prefix("room[") else {
        return;
    };
    let room: usize = room.trim_end_matches(']').parse().expect("a number");
    let spot = memory::Spot {
        address: place.raw,
        name: String::new(),
    };
    t.bytes("room", &memory::contents(&spot, room.min(length)));
}

fn room_for_values(t: &mut Twin) {
    const VALUE: &[u8] = b"twelve bytes";
    let on = file(t);
    put(t, "setxattr", on, c"user.x", VALUE);
    put(t, "setxattr", on, c"user.empty", b"");
    for row in GET {
        for name in [c"user.x", c"user.empty", c"user.none"] {
            for place in places(VALUE.len()) {
                for size in sizes_around(VALUE.len()) {
                    get(t, row, on, &name.into(), &place, size);
                    written(t, &place, VALUE.len());
                }
            }
        }
    }
}

fn room_for_lists(t: &mut Twin) {
    const NAMES: usize = "user.x\0user.other\0".len();
    let on = file(t);
    for (name, length) in [
        (None, 1),
        (Some(c"user.x"), 7),
        (Some(c"user.other"), NAMES),
    ] {
        if let Some(name) = name {
            put(t, "setxattr", on, name, b"");
        }
        for row in LIST {
            for place in places(length) {
                for size in sizes_around(length) {
                    list(t, row, on, &place, size);
                    written(t, &place, length);
                }
            }
        }
    }
}

fn values_from(t: &mut Twin) {
    let on = file(t);
    let mut places: Vec<Arg> = memory::bad().iter().map(Arg::from).collect();
    places.push(Arg::from(&memory::before_the_edge(b"twelve bytes")));
    places.push(Arg::from(&memory::before_the_edge(b"")));
    places.push(Arg::from(&memory::read_only()));
    for row in SET {
        for place in &places {
            for size in sizes_around(12) {
                set(t, row, on, &c"user.x".into(), (place, size), 0);
                value(t, "getxattr", on, c"user.x");
            }
        }
    }
}

/// As large as any may be, and what of it comes back.
fn largest_values(t: &mut Twin) {
    let bytes: Vec<u8> = (0..70000u32).map(|i| (i % 251) as u8).collect();
    let on = file(t);
    for length in [255, 1000, 4000, 4096, 5000, 65535, 65536, 65537] {
        for (setter, getter) in SET.iter().zip(GET) {
            put(t, setter, on, c"user.large", &bytes[..length]);
            let mut back = vec![b'.'; 70000];
            for size in [0, 65535, 65536, 70000] {
                let out = Arg::from(&mut back[..]);
                get(t, getter, on, &c"user.large".into(), &out, size);
            }
            t.note("the same", back[..length] == bytes[..length]);
            t.bytes("behind", &back[length..length + 8]);
            remove(t, "removexattr", on, &c"user.large".into());
        }
    }
}

fn many_attributes(t: &mut Twin) {
    let on = file(t);
    for i in 0..200 {
        let name = CString::new(format!("user.{}{i}", "n".repeat(i % 50))).expect("a name");
        put(t, SET[i % 4], on, &name, &[b'v'; 3]);
    }
    for row in LIST {
        let mut buffer = vec![b'.'; 65536];
        let out = Arg::from(&mut buffer[..]);
        for size in [0, 100, 65536] {
            list(t, row, on, &out, size);
        }
        t.bytes("names", &buffer[..8192]);
    }
    t.tree(".");
}

/// Attributes of users belong to files and directories; those of root to everything.
fn kinds_of_files(t: &mut Twin) {
    let _reader = world::build("w");
    for name in
        "file dir link dirlink dangling loop fifo socket magic dir/ link/ file/ .".split(' ')
    {
        let path = CString::new(format!("w/{name}")).expect("path");
        let on = On {
            path: &path,
            fd: -1,
        };
        for attribute in [c"user.x", c"trusted.x", c"security.x"] {
            for i in [0, 1, 3] {
                put(t, SET[i], on, attribute, b"value");
                value(t, GET[i], on, attribute);
                names(t, LIST[i], on);
                remove(t, REMOVE[i], on, &attribute.into());
                put(t, SET[1], on, attribute, b"kept");
            }
        }
    }
    t.tree("w");
}

fn kernel_files(t: &mut Twin) {
    for path in [
        c"/proc/self/stat",
        c"/proc/self",
        c"/proc/self/fd/0",
        c"/proc",
        c"/sys/kernel",
        c"/dev/null",
        c"/dev/pts",
        c"/proc/self/ns/mnt",
        c"/",
        c"/etc/passwd",
    ] {
        let on = on(t, path);
        for attribute in [
            c"user.none",
            c"trusted.none",
            c"foo.none",
            c"system.posix_acl_access",
        ] {
            GET.iter().for_each(|row| value(t, row, on, attribute));
            for row in REMOVE {
                remove(t, row, on, &c"user.none".into());
            }
        }
        LIST.iter().for_each(|row| names(t, row, on));
        t.close(on.fd);
    }
}

fn by_descriptor(t: &mut Twin, fd: impl Into<Arg>) {
    let fd = fd.into();
    let mut buffer = [b'.'; 64];
    for name in [c"user.x", c"trusted.x", c"security.x"] {
        t.call("fsetxattr", args![&fd, name, b"value", 5, 0]);
        t.call("fgetxattr", args![&fd, name, &mut buffer, 64]);
        t.call("flistxattr", args![&fd, &mut buffer, 64]);
        t.bytes("buffer", &buffer);
        t.call("fremovexattr", args![&fd, name]);
    }
}

fn kinds_of_descriptors(t: &mut Twin) {
    let _reader = world::build("w");
    for (path, flags) in [
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
        (c"/dev/null", O_RDONLY),
        (c"w", O_TMPFILE | O_RDWR),
    ] {
        let fd = t.call("open", args![path, flags, 0o600]);
        if path != c"/dev/null" {
            by_descriptor(t, fd);
            by_descriptor(t, 0xdead_beef_0000_0000u64 | fd as u64);
        }
        t.close(fd);
    }
    // SAFETY: no memory is involved but the name.
    let made = unsafe {
        [
            socket(AF_UNIX, SOCK_STREAM, 0),
            eventfd(0, 0),
            memfd_create(c"memory".as_ptr(), 0),
        ]
    };
    for fd in made {
        by_descriptor(t, fd);
    }
    for fd in [-1, 99, AT_FDCWD, i32::MIN, i32::MAX] {
        by_descriptor(t, fd);
    }
    t.tree("w");
}

/// All four of the newest forms, with any directory, path and flags.
fn at(t: &mut Twin, dir: &Arg, path: &Arg, flags: u64) {
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

fn at_flags(t: &mut Twin) {
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
fn without_a_path(t: &mut Twin) {
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

fn sizes_of_the_structure(t: &mut Twin) {
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

const SPACES: [&CStr; 6] = [
    c"user.x",
    c"trusted.x",
    c"security.x",
    c"system.x",
    c"system.posix_acl_access",
    c"system.posix_acl_default",
];

/// Everything with an attribute of every name space.
fn walk_spaces(t: &mut Twin, on: On<'_>) {
    for name in SPACES {
        for i in 0..4 {
            put(t, SET[i], on, name, b"mine");
            value(t, GET[i], on, name);
            names(t, LIST[i], on);
            remove(t, REMOVE[i], on, &name.into());
        }
    }
}

fn with_attributes_of_root(t: &mut Twin) -> On<'static> {
    let on = file(t);
    for name in [c"user.root", c"trusted.root", c"security.root"] {
        put(t, "setxattr", on, name, b"root's");
    }
    on
}

fn name_spaces_of_root(t: &mut Twin) {
    let on = with_attributes_of_root(t);
    walk_spaces(t, on);
    all(t, on, c"trusted.root");
}

fn drop_capability(t: &mut Twin, capability: u32) {
    let header = [0x2008_0522u32, 0];
    let mut words = [u32::MAX, u32::MAX, 0, u32::MAX, u32::MAX, 0];
    words[0] &= !(1 << capability);
    // What is permitted here may be less than all.
    let permitted = permitted_capabilities();
    for (low, which) in [(0, 0), (1, 0), (3, 1), (4, 1)] {
        words[low] &= permitted[which];
    }
    t.call("capset", args![&raw const header, words.as_ptr()]);
}

fn permitted_capabilities() -> [u32; 2] {
    let status = fs::read_to_string("/proc/self/status").expect("status");
    let line = status.lines().find_map(|line| line.strip_prefix("CapPrm:"));
    let bits = u64::from_str_radix(line.expect("CapPrm").trim(), 16).expect("a number");
    [bits as u32, (bits >> 32) as u32]
}

fn name_spaces_without_the_capability(t: &mut Twin) {
    const CAP_SYS_ADMIN: u32 = 21;
    let on = with_attributes_of_root(t);
    drop_capability(t, CAP_SYS_ADMIN);
    walk_spaces(t, on);
    for name in [c"user.root", c"trusted.root", c"security.root"] {
        all(t, on, name);
    }
}

fn name_spaces_of_others(t: &mut Twin) {
    ordinary(t, |t| {
        let on = file(t);
        walk_spaces(t, on);
    });
}

/// By modes and owners; a sticky directory's attributes are its owner's alone.
fn others_files(t: &mut Twin) {
    world::dir("home");
    for (name, owner, mode) in [
        ("private", ALICE, 0o600),
        ("readable", ALICE, 0o644),
        ("writable", ALICE, 0o666),
        ("blind", ALICE, 0o222),
        ("unreadable", NOBODY, 0o200),
        ("unwritable", NOBODY, 0o400),
        ("nothing", NOBODY, 0),
    ] {
        let path = format!("home/{name}");
        world::file(&path, "");
        described(t, &path, owner, mode);
    }
    for (name, owner, mode) in [
        ("sticky", ALICE, 0o1777),
        ("ours", NOBODY, 0o1777),
        ("open", ALICE, 0o777),
    ] {
        let path = format!("home/{name}");
        world::dir(&path);
        described(t, &path, owner, mode);
    }
    ordinary(t, |t| {
        for name in "private readable writable blind unreadable unwritable nothing sticky ours open"
            .split(' ')
        {
            let path = CString::new(name).expect("path");
            let on = on(t, &path);
            for attribute in [c"user.root", c"trusted.root", c"security.root"] {
                all(t, on, attribute);
            }
            walk_spaces(t, on);
            t.close(on.fd);
        }
    });
    t.tree("home");
}

fn described(t: &mut Twin, path: &str, owner: u32, mode: u32) {
    let text = CString::new(path).expect("path");
    for name in [c"user.root", c"trusted.root", c"security.root"] {
        let on = On {
            path: &text,
            fd: -1,
        };
        put(t, "setxattr", on, name, b"root's");
    }
    chown(path, Some(owner), Some(owner)).expect("chown");
    world::chmod(path, mode);
}

/// `struct posix_acl_xattr_header` and its entries: tag, permissions, id.
fn access_list(entries: &[(u16, u16, u32)]) -> Vec<u8> {
    let mut bytes = 2u32.to_ne_bytes().to_vec();
    for (tag, permissions, id) in entries {
        bytes.extend(tag.to_ne_bytes());
        bytes.extend(permissions.to_ne_bytes());
        bytes.extend(id.to_ne_bytes());
    }
    bytes
}

const NO_ID: u32 = u32::MAX;
const OWNER: u16 = 1;
const USER: u16 = 2;
const GROUP: u16 = 4;
const MASK: u16 = 16;
const OTHER: u16 = 32;

fn lists() -> Vec<Vec<u8>> {
    let plain = [(OWNER, 6, NO_ID), (GROUP, 4, NO_ID), (OTHER, 0, NO_ID)];
    let named = [
        (OWNER, 7, NO_ID),
        (USER, 6, NOBODY),
        (GROUP, 4, NO_ID),
        (MASK, 6, NO_ID),
        (OTHER, 1, NO_ID),
    ];
    let unmasked = [named[0], named[1], named[2], named[4]];
    let mut wrong_version = access_list(&plain);
    wrong_version[0] = 9;
    let mut cut = access_list(&named);
    cut.pop();
    vec![
        access_list(&plain),
        access_list(&named),
        access_list(&unmasked),
        access_list(&[]),
        access_list(&plain[..2]),
        wrong_version,
        cut,
        Vec::new(),
        vec![2, 0, 0, 0],
    ]
}

/// They change the mode, and lend or deny what modes do not.
fn access_lists(t: &mut Twin) {
    let on = file(t);
    world::dir("home");
    for list in lists() {
        for (row, getter) in SET.iter().zip(GET) {
            world::chmod("file", 0o640);
            put(t, row, on, c"system.posix_acl_access", &list);
            value(t, getter, on, c"system.posix_acl_access");
            names(t, "listxattr", on);
            t.tree(".");
            if is_root() {
                let path = c"../file";
                ordinary(t, |t| {
                    t.opened("open", args![path, O_RDWR]);
                    value(
                        t,
                        "getxattr",
                        On { path, fd: -1 },
                        c"system.posix_acl_access",
                    );
                });
            }
        }
        remove(t, "removexattr", on, &c"system.posix_acl_access".into());
        t.tree(".");
    }
}

/// What is made in such a directory inherits them, whatever the umask.
fn default_access_lists(t: &mut Twin) {
    world::dir("dir");
    let dir = on(t, c"dir");
    let name = c"system.posix_acl_default";
    for (i, list) in lists().iter().enumerate() {
        for umask in [0, 0o077] {
            t.call("umask", args![umask]);
            put(t, SET[i % 4], dir, name, list);
            value(t, GET[i % 4], dir, name);
            t.opened("open", args![c"dir/file", O_CREAT | O_RDWR, 0o666]);
            t.call("mkdir", args![c"dir/sub", 0o777]);
            let sub = On {
                path: c"dir/sub",
                fd: -1,
            };
            value(t, "getxattr", sub, name);
            t.tree("dir");
            t.call("unlink", args![c"dir/file"]);
            t.call("rmdir", args![c"dir/sub"]);
        }
        remove(t, REMOVE[i % 4], dir, &name.into());
    }
    let on = file(t);
    put(t, "setxattr", on, name, &lists()[0]);
    put(t, "setxattr", on, name, b"");
}

/// A program's capabilities; writing to it takes them away.
fn file_capabilities(t: &mut Twin) {
    let on = file(t);
    let name = c"security.capability";
    let version = |version: u32, words: &[u32]| {
        let mut bytes = version.to_ne_bytes().to_vec();
        words
            .iter()
            .for_each(|word| bytes.extend(word.to_ne_bytes()));
        bytes
    };
    for value_of in [
        version(0x0200_0001, &[1 << 10, 0, 0, 0]),
        version(0x0300_0001, &[1 << 10, 0, 0, 0, 0]),
        version(0x0300_0001, &[1 << 10, 0, 0, 0, ALICE]),
        version(0x0100_0001, &[1, 1]),
        version(0x0200_0001, &[1]),
        Vec::new(),
    ] {
        for i in 0..4 {
            put(t, SET[i], on, name, &value_of);
            value(t, GET[i], on, name);
            let writer = t.call("open", args![c"file", O_WRONLY]);
            t.call("write", args![writer, b"x", 1]);
            t.close(writer);
            value(t, GET[i], on, name);
            put(t, SET[i], on, name, &value_of);
            remove(t, REMOVE[i], on, &name.into());
        }
    }
}

fn immutable(t: &mut Twin) {
    for flag in [mounts::IMMUTABLE, mounts::APPEND_ONLY] {
        let on = file(t);
        put(t, "setxattr", on, c"user.x", b"before");
        let held = fs::File::open("file").expect("file");
        mounts::set_inode_flag(&held, flag, true).expect("inode flag");
        for name in [c"user.x", c"user.new", c"trusted.x"] {
            for i in 0..4 {
                put(t, SET[i], on, name, b"after");
                value(t, GET[i], on, name);
                remove(t, REMOVE[i], on, &name.into());
            }
        }
        mounts::set_inode_flag(&held, flag, false).expect("inode flag");
        t.tree(".");
    }
}

fn read_only_mount(t: &mut Twin) {
    let _reader = world::build("w");
    mounts::bind("w", "w", true);
    for path in [c"w/file", c"w/dir", c"w/link", c"w/fifo"] {
        let on = on(t, path);
        for i in 0..4 {
            put(t, SET[i], on, c"user.x", b"value");
            value(t, GET[i], on, c"user.x");
            remove(t, REMOVE[i], on, &c"user.x".into());
        }
        t.close(on.fd);
    }
}

/// On a file system whose attributes have one block and no more.
fn no_room(t: &mut Twin) {
    world::dir("m");
    mounts::ext4("m", 1024, || world::file("m/file", ""), &[]);
    let on = on(t, c"m/file");
    for row in SET {
        for length in [500, 800, 2000, 60000] {
            put(t, row, on, c"user.x", &vec![b'v'; length]);
            put(t, row, on, c"user.y", &vec![b'v'; length]);
            names(t, "listxattr", on);
        }
        remove(t, "removexattr", on, &c"user.x".into());
    }
}

/// Setting and removing count as changes, looking does not.
fn change_the_time(t: &mut Twin) {
    use std::os::unix::fs::MetadataExt;
    let on = file(t);
    let changed = || {
        let meta = fs::metadata("file").expect("file");
        (meta.ctime(), meta.ctime_nsec())
    };
    for i in 0..4 {
        for what in ["set", "get", "list", "remove"] {
            let before = changed();
            crate::stamps::next_tick();
            match what {
                "set" => drop(put(t, SET[i], on, c"user.x", b"value")),
                "get" => value(t, GET[i], on, c"user.x"),
                "list" => names(t, LIST[i], on),
                _ => drop(remove(t, REMOVE[i], on, &c"user.x".into())),
            }
            t.note("changed", changed() != before);
        }
    }
}

fn deleted_file(t: &mut Twin) {
    let on = file(t);
    put(t, "setxattr", on, c"user.x", b"value");
    fs::remove_file("file").expect("file");
    all(t, on, c"user.x");
    put(t, "fsetxattr", on, c"user.x", b"other");
    all(t, on, c"user.x");
    remove(t, "fremovexattr", on, &c"user.x".into());
    at(t, &on.fd.into(), &c"".into(), AT_EMPTY_PATH as u64);
}
