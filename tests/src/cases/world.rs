//! A small tree with one of everything a path can run into.

use crate::mounts;
use libc::{O_APPEND, O_NOFOLLOW, O_NONBLOCK, O_PATH, O_RDONLY, O_RDWR, O_WRONLY};
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use std::ffi::{CStr, CString};
use std::fs::{self, File, Permissions};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, symlink};
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Modes with bits that writing takes away, or not.
pub const PRIVILEGE_BITS: [u32; 5] = [0o6777, 0o4755, 0o2755, 0o2745, 0o1777];

pub fn path(text: &str) -> CString {
    CString::new(text).expect("no NUL in a path")
}

/// Where the kernel lets nobody make anything.
pub const KERNEL_DIRECTORIES: [&CStr; 6] = [
    c"/proc/new",
    c"/proc/self/new",
    c"/sys/new",
    c"/sys/kernel/new",
    c"/dev/pts/new",
    c"/proc/self/fd/new",
];

/// The ways to hold what is in `w`.
pub const HELD: [(&CStr, i32); 10] = [
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
];

/// Paths that lead nowhere in `w`, each for a reason of its own.
pub fn dead_ends() -> [CString; 6] {
    let long = "n".repeat(256);
    [
        "w/nowhere/x",
        "w/file/x",
        "w/loop/x",
        &long,
        "",
        "w/dangling/x",
    ]
    .map(path)
}

/// Sets the permission bits of `path`.
pub fn chmod(path: &str, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).expect(path);
}

/// A file with these contents.
pub fn file(path: &str, contents: &str) {
    fs::write(path, contents).expect(path);
}

pub fn dir(path: &str) {
    fs::create_dir(path).expect(path);
}

pub fn link(target: &str, path: &str) {
    symlink(target, path).expect(path);
}

/// Makes the tree in `at`, afresh. The returned reader keeps an open of the FIFO for writing from waiting.
pub fn build(at: &str) -> File {
    crate::tree::remove(Path::new(at));
    let below = |name: &str| format!("{at}/{name}");
    for name in ["", "dir", "full", "full/sub"] {
        dir(&below(name));
    }
    for name in ["file", "dir/inner", "full/a", "full/b", "\u{1}\n\"é"] {
        file(&below(name), "hello");
    }
    let links = [
        ("link", "file"),
        ("dirlink", "dir"),
        ("dirslash", "dir/"),
        ("fileslash", "file/"),
        ("dangling", "nowhere"),
        ("dangling2", "nowhere/deeper"),
        ("loop", "loop"),
        ("here", "."),
        ("up", ".."),
        ("magic", "/proc/self/cwd/file"),
    ];
    for (name, target) in links {
        link(target, &below(name));
    }
    let here = std::env::current_dir().expect("current directory");
    let absolute = here.join(below("file"));
    link(absolute.to_str().expect("a plain path"), &below("absolute"));
    chmod(&below("full"), 0o711);
    mkfifo(Path::new(&below("fifo")), Mode::from_bits_truncate(0o644)).expect("fifo");
    drop(UnixDatagram::bind(below("socket")).expect("socket"));
    let mut reader = File::options();
    reader.read(true).write(true).custom_flags(libc::O_NONBLOCK);
    reader.open(below("fifo")).expect("reader")
}

/// The tree in `w`, on a mount that is read-only.
pub fn read_only() -> File {
    let reader = build("w");
    mounts::bind("w", "w", true);
    reader
}

/// The tree in `w`, with a tmpfs at `w/dir` that has a file `inside`.
pub fn with_mount() -> File {
    let reader = build("w");
    mounts::tmpfs(Path::new("w/dir"), "size=64k").expect("tmpfs");
    file("w/dir/inside", "");
    reader
}

/// A tmpfs at `m` with these options, to be filled.
pub fn tmpfs(options: &str) {
    dir("m");
    mounts::tmpfs(Path::new("m"), options).expect("tmpfs");
}

/// `prog`, a copy of cat(1) that runs until somebody waits for it.
pub fn running_program() -> Child {
    let cat = crate::needs::find("cat").expect("cat");
    fs::copy(cat, "prog").expect("copy");
    let mut program = Command::new("./prog");
    program.stdin(Stdio::piped()).stdout(Stdio::null());
    program.spawn().expect("prog")
}

/// A chain of symbolic links in `at`: link N goes through N + 1 links to `target`.
pub fn chain(at: &str, target: &str, length: usize) {
    dir(at);
    link(target, &format!("{at}/0"));
    for i in 1..length {
        link(&(i - 1).to_string(), &format!("{at}/{i}"));
    }
}
