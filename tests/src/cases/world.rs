//! A small tree with one of everything a path can run into.

use crate::mounts;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use std::fs::{self, File, Permissions};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, symlink};
use std::os::unix::net::UnixDatagram;
use std::path::Path;

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
    mounts::own_namespace();
    mounts::bind("w", "w", true);
    reader
}

/// A tmpfs at `m` with these options, to be filled.
pub fn tmpfs(options: &str) {
    mounts::own_namespace();
    dir("m");
    mounts::tmpfs(Path::new("m"), options).expect("tmpfs");
}

/// A chain of symbolic links in `at`: link N goes through N + 1 links to `target`.
pub fn chain(at: &str, target: &str, length: usize) {
    dir(at);
    link(target, &format!("{at}/0"));
    for i in 1..length {
        link(&(i - 1).to_string(), &format!("{at}/{i}"));
    }
}
