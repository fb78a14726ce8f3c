//! What others see of a call: events of a watch, the end of a pipe, a file that nobody has open any more.

use super::world;
use crate::arg::Arg;
use crate::args;
use crate::case;
use crate::case::Family;
use crate::filesystem::FileSystem;
use crate::mounts;
use crate::needs::Need;
use crate::path_rows::PATH_ROWS;
use crate::twin::Twin;
use libc::*;
use nix::sys::signal::Signal;
use std::ffi::CString;
use std::os::fd::AsRawFd;

pub const FAMILY: Family = Family {
    name: "witnesses",
    on: &[FileSystem::Home, FileSystem::Tmpfs],
    cases: &[
        case!(watcher_of_names),
        case!(watcher_of_descriptors),
        case!(end_of_a_pipe),
        case!(lease_at_once),
        case!(unmounted_at_once)
            .needs(&[Need::Mounts])
            .not_on(&[(FileSystem::Home, "a mount namespace that asys is in, too")]),
    ],
};

/// What has been watched since it was last asked. Watches are numbered from one.
struct Watch {
    fd: i64,
    before: i32,
}

impl Watch {
    fn new() -> Self {
        // SAFETY: no memory is involved.
        let fd = unsafe { inotify_init1(IN_NONBLOCK) };
        assert!(fd >= 0, "inotify_init1");
        Self {
            fd: fd.into(),
            before: 0,
        }
    }

    /// Watches these, and forgets what was watched before.
    fn only(&mut self, paths: &[&str]) {
        let numbers = paths.iter().map(|path| {
            let path = CString::new(*path).expect("a path");
            // SAFETY: a terminated path.
            unsafe { inotify_add_watch(self.fd as i32, path.as_ptr(), IN_ALL_EVENTS) }
        });
        let numbers: Vec<i32> = numbers.collect();
        assert!(!numbers.contains(&-1), "inotify_add_watch");
        self.before = numbers[0] - 1;
        while !self.events().is_empty() {}
    }

    /// As many as there are: what is watched, what happened, to whom.
    fn events(&self) -> Vec<String> {
        let mut buffer = [0u64; 2048];
        // SAFETY: the buffer has this length.
        let read = unsafe { syscall(SYS_read, self.fd, buffer.as_mut_ptr(), size_of_val(&buffer)) };
        let bytes = buffer.map(u64::to_ne_bytes).concat();
        let mut rest = &bytes[..usize::try_from(read).unwrap_or(0)];
        let mut events = Vec::new();
        while rest.len() >= 16 {
            let word = |i: usize| u32::from_ne_bytes(rest[4 * i..][..4].try_into().expect("four"));
            let (watch, mask, length) = (word(0) as i32, word(1), word(3) as usize);
            let name = rest[16..16 + length].split(|byte| *byte == 0).next();
            let name = name.unwrap_or_default().escape_ascii();
            events.push(format!("{} {mask:#x} {name}", watch - self.before));
            rest = &rest[16 + length..];
        }
        events
    }

    fn tell(&self, t: &mut Twin) {
        self.events()
            .iter()
            .for_each(|event| t.note("event", event));
    }
}

/// Each call is seen once, and nothing else is.
fn watcher_of_names(t: &mut Twin) {
    let mut watch = Watch::new();
    for row in PATH_ROWS {
        for name in ["file", "dir", "link", "nowhere", "dir/inner"] {
            t.forget_inodes();
            let reader = world::build("w");
            watch.only(&["w", "w/file", "w/dir"]);
            let path = CString::new(format!("w/{name}")).expect("a path");
            (row.call)(t, AT_FDCWD.into(), path.as_c_str().into());
            watch.tell(t);
            drop(reader);
        }
    }
    crate::tree::remove("w".as_ref());
}

fn watcher_of_descriptors(t: &mut Twin) {
    world::file("file", "some text");
    world::file("other", "some more text");
    world::dir("dir");
    let mut watch = Watch::new();
    watch.only(&["file", "other", "dir"]);
    let [fd, other, dir] = [(c"file", O_RDWR), (c"other", O_RDWR), (c"dir", O_RDONLY)]
        .map(|(name, flags)| t.call("open", args![name, flags]));
    watch.tell(t);
    let mut buffer = [b'.'; 256];
    let at = buffer.as_mut_ptr().addr();
    let vector = [at, 4];
    let vector = Arg::at(vector.as_ptr().addr(), "vector");
    let (out, into) = nix::unistd::pipe().expect("a pipe");
    let [out, into] = [&out, &into].map(|end| end.as_raw_fd());
    let buffer = Arg::at(at, "buffer");
    let rows: &[(&str, &[Arg])] = &[
        ("read", args![fd, &buffer, 4]),
        ("read", args![fd, &buffer, 0]),
        ("pread64", args![fd, &buffer, 4, 0]),
        ("pread64", args![fd, &buffer, 4, 1000]),
        ("readv", args![fd, &vector, 1]),
        ("write", args![fd, &buffer, 4]),
        ("write", args![fd, &buffer, 0]),
        ("write", args![fd, 0, 4]),
        ("pwrite64", args![fd, &buffer, 4, 0]),
        ("writev", args![fd, &vector, 1]),
        ("fsync", args![fd]),
        ("fstat", args![fd, &buffer]),
        ("fchmod", args![fd, 0o640]),
        ("fchown", args![fd, -1, -1]),
        ("ftruncate", args![fd, 100]),
        ("ftruncate", args![fd, 100]),
        ("fallocate", args![fd, 0, 0, 200]),
        ("copy_file_range", args![fd, 0, other, 0, 4, 0]),
        ("sendfile", args![other, fd, 0, 4]),
        ("splice", args![fd, 0, into, 0, 4, 0]),
        ("splice", args![out, 0, other, 0, 4, 0]),
        ("getdents64", args![dir, &buffer, 64]),
        ("getdents64", args![dir, &buffer, 1]),
        ("fsetxattr", args![fd, c"user.x", b"value", 5, 0]),
        ("fgetxattr", args![fd, c"user.x", &buffer, 64]),
        ("fremovexattr", args![fd, c"user.x"]),
        ("utimensat", args![fd, 0, 0, 0]),
        ("sync_file_range", args![fd, 0, 4, 2]),
    ];
    for (row, args) in rows {
        t.call(row, args);
        watch.tell(t);
    }
    for fd in [fd, other, dir] {
        t.close(fd);
        watch.tell(t);
    }
}

/// As soon as the last writer has closed it: no worker holds it open.
fn end_of_a_pipe(t: &mut Twin) {
    world::file("file", "some text");
    let file = t.call("open", args![c"file", O_RDWR]);
    for _ in 0..50 {
        // Moved on by each call.
        let mut start = 0u64;
        let start = Arg::at((&raw mut start).addr(), "start");
        let (out, into) = nix::unistd::pipe2(nix::fcntl::OFlag::O_NONBLOCK).expect("a pipe");
        let (out2, into2) = nix::unistd::pipe2(nix::fcntl::OFlag::O_NONBLOCK).expect("a pipe");
        let mut buffer = [b'.'; 16];
        let [source, sink] = [&out, &into].map(|end| end.as_raw_fd());
        let [last, other] = [&out2, &into2].map(|end| end.as_raw_fd());
        t.call("pwrite64", args![file, b"text", 4, 0]);
        t.call("splice", args![file, &start, sink, 0, 4, 0]);
        t.call("tee", args![source, other, 4, 0]);
        drop(into2);
        t.call("read", args![last, &mut buffer, 16]);
        t.call("read", args![last, &mut buffer, 16]);
        t.call("sendfile", args![sink, file, &start, 4]);
        drop(into);
        t.call("read", args![source, &mut buffer, 16]);
        t.call("read", args![source, &mut buffer, 16]);
    }
}

/// A file that somebody else has open cannot be leased: nobody has, once its call is answered.
fn lease_at_once(t: &mut Twin) {
    crate::signals::ignore(Signal::SIGIO);
    world::file("file", "some text");
    let fd = t.call("open", args![c"file", O_RDWR]);
    let mut buffer = [b'.'; 256];
    let buffer = Arg::at(buffer.as_mut_ptr().addr(), "buffer");
    for _ in 0..20 {
        let rows: &[(&str, &[Arg])] = &[
            ("read", args![fd, &buffer, 1]),
            ("pwrite64", args![fd, &buffer, 1, 0]),
            ("fsync", args![fd]),
            ("fchmod", args![fd, 0o640]),
            ("chmod", args![c"file", 0o600]),
            ("truncate", args![c"file", 9]),
            ("stat", args![c"file", &buffer]),
            ("access", args![c"file", R_OK]),
            ("open", args![c"file", O_RDONLY]),
        ];
        for (row, args) in rows {
            let opened = t.call(row, args);
            if *row == "open" {
                t.close(opened);
            }
            t.call("fcntl", args![fd, F_SETLEASE, F_WRLCK]);
            t.call("fcntl", args![fd, F_SETLEASE, F_UNLCK]);
        }
    }
}

/// Nobody stands in it, and nobody has a file of it open, once the call is answered.
fn unmounted_at_once(t: &mut Twin) {
    world::dir("m");
    for row in PATH_ROWS {
        mounts::tmpfs("m".as_ref(), "size=64k").expect("tmpfs");
        world::file("m/file", "some text");
        world::dir("m/dir");
        for name in [c"m/file", c"m/dir", c"m/nowhere"] {
            (row.call)(t, AT_FDCWD.into(), name.into());
        }
        t.note(row.name, format!("{:?}", nix::mount::umount("m")));
    }
    for flags in [O_RDWR, O_RDONLY] {
        mounts::tmpfs("m".as_ref(), "size=64k").expect("tmpfs");
        world::file("m/file", "some text");
        let fd = t.call("open", args![c"m/file", flags]);
        t.call("write", args![fd, b"text", 4]);
        t.call("fsync", args![fd]);
        let dir = t.call("open", args![c"m", O_RDONLY]);
        t.call("mkdirat", args![dir, c"dir", 0o777]);
        t.close(dir);
        t.close(fd);
        t.note("umount", format!("{:?}", nix::mount::umount("m")));
    }
}
