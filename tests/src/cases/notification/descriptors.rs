//! Descriptors that are put into a program.

use crate::args;
use crate::cases::world;
use crate::twin::Twin;
use libc::*;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use std::ffi::CString;
use std::fs;
use std::os::fd::IntoRawFd;
use std::process::{Command, Stdio};
use std::sync::Barrier;

/// The lowest number that is free, and closed by a program or not, as was asked.
pub fn user_notification_addfd(t: &mut Twin) {
    world::file("file", "text");
    let fds: Vec<i64> = (0..20)
        .map(|i| {
            t.call(
                "open",
                args![c"file", if i % 3 == 0 { O_CLOEXEC } else { 0 }],
            )
        })
        .collect();
    for hole in [7, 3, 11] {
        t.close(fds[hole]);
    }
    for flags in [O_CLOEXEC, 0, O_CLOEXEC, 0] {
        let fd = t.call("open", args![c"file", flags]);
        t.call("fcntl", args![fd, F_GETFD]);
        t.call("fcntl", args![fd, F_GETFL]);
    }
    t.call("dup2", args![fds[0], 40]);
    t.call("open", args![c"file", O_RDONLY]);
    let mut ls = Command::new("ls");
    let seen = ls.arg("/proc/self/fd").stdin(Stdio::null()).output();
    t.bytes("a program sees", &seen.expect("ls").stdout);
}

const OPENERS: usize = 4;

/// What each of some threads makes of opening `count` files, which all stay open.
pub fn open_in_threads(
    count: usize,
    name: impl Fn(usize, usize) -> String + Sync,
) -> Vec<Vec<i32>> {
    let (name, start) = (&name, &Barrier::new(OPENERS));
    std::thread::scope(|scope| {
        let open = move |thread: usize| {
            let mut options = fs::File::options();
            options.write(true).create(true);
            let names: Vec<_> = (0..count).map(|i| name(thread, i)).collect();
            start.wait();
            let opened = names.iter().filter_map(|name| options.open(name).ok());
            opened.map(IntoRawFd::into_raw_fd).collect()
        };
        let threads: Vec<_> = (0..OPENERS).map(|n| scope.spawn(move || open(n))).collect();
        let opened = threads
            .into_iter()
            .map(|thread| thread.join().expect("a thread"));
        opened.collect()
    })
}

/// Each number is given to one thread only, and none is left out.
pub fn user_notification_addfd_of_threads(t: &mut Twin) {
    let opened = open_in_threads(100, |thread, _| format!("file{thread}"));
    let mut all: Vec<i32> = opened.concat();
    all.sort_unstable();
    all.dedup();
    t.note(
        "numbers",
        format!("{} {:?} {:?}", all.len(), all.first(), all.last()),
    );
}

pub fn limit_descriptors(to: u64) {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).expect("limit");
    setrlimit(Resource::RLIMIT_NOFILE, to, hard).expect("limit");
}

/// At the limit nothing is opened, and nothing made or emptied either.
pub fn user_notification_addfd_rlimit(t: &mut Twin) {
    world::file("full", "text");
    let highest = t.call("open", args![c"full", O_RDONLY]);
    for more in [0, 1, 2] {
        limit_descriptors(highest as u64 + 1 + more);
        for _ in 0..more {
            t.call("open", args![c"full", O_RDONLY]);
        }
        t.call("open", args![c"new", O_CREAT | O_RDWR, 0o666]);
        t.call("open", args![c"full", O_TRUNC | O_RDWR]);
        t.call("open", args![c"nowhere", O_RDONLY]);
        t.call("open", args![c".", O_TMPFILE | O_RDWR, 0o600]);
        (1..=more as i64).for_each(|fd| t.close(highest + fd));
    }
    limit_descriptors(0);
    t.call("open", args![c"full", O_RDONLY]);
    limit_descriptors(64);
    t.tree(".");
}

/// The limit bounds the number, not how many there are.
pub fn user_notification_addfd_rlimit_below_what_is_open(t: &mut Twin) {
    world::file("file", "text");
    for fd in 40..60 {
        t.call("dup2", args![1, fd]);
    }
    limit_descriptors(10);
    for i in 0..12 {
        let name = CString::new(format!("new{i}")).expect("a name");
        t.call("open", args![name.as_c_str(), O_CREAT | O_RDWR, 0o666]);
    }
    limit_descriptors(64);
    t.tree(".");
}

/// Who gets none of the last numbers has made no file.
pub fn user_notification_addfd_rlimit_of_threads(t: &mut Twin) {
    for round in 0..20 {
        t.fork("process", |t| {
            let dir = format!("dir{round}");
            world::dir(&dir);
            limit_descriptors(20);
            let opened = open_in_threads(10, |thread, i| format!("{dir}/{thread}-{i}"));
            limit_descriptors(64);
            t.note("opened", opened.concat().len());
            t.note("made", fs::read_dir(&dir).expect("dir").count());
            fs::remove_dir_all(&dir).expect("dir");
        });
    }
}
