//! Values that come back, and filters that come later.

use crate::args;
use crate::cases::world;
use crate::outer;
use crate::twin::Twin;
use libc::*;
use std::fs;
use std::sync::Barrier;

/// Values, errors and data come back as they are, also to a process whose first call and whose last it is.
pub fn user_notification_basic(t: &mut Twin) {
    world::file("file", "text");
    t.fork("first call and last", |t| {
        t.opened("open", args![c"file", O_RDONLY]);
    });
    let (one, other) = (c"file", c"nowhere");
    let mut buffer = [b'.'; 8];
    for name in [one, other] {
        let fd = t.call("open", args![name, O_RDWR]);
        for count in [0, 1, 4, 8] {
            t.call("pread64", args![fd, &mut buffer, count, 0]);
            t.bytes("read", &buffer);
        }
        t.call("write", args![fd, b"some", 4]);
        t.call("access", args![name, W_OK]);
        t.call("fsync", args![fd]);
        t.close(fd);
    }
    t.call("mkdir", args![one, 0o777]);
    t.call("rmdir", args![one]);
}

/// A filter for all threads at once, while they make calls that are carried out: each meets it at its next call.
pub fn user_notification_with_tsync(t: &mut Twin) {
    world::file("file", "text");
    const THREADS: usize = 4;
    let under_way = Barrier::new(THREADS + 1);
    let results = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|number| {
                let under_way = &under_way;
                scope.spawn(move || {
                    let name = format!("dir{number}");
                    under_way.wait();
                    loop {
                        if let Err(error) = fs::create_dir(&name) {
                            return (error.raw_os_error(), fs::metadata("file").is_ok());
                        }
                        fs::remove_dir(&name).expect("rmdir");
                    }
                })
            })
            .collect();
        under_way.wait();
        let refuse = SECCOMP_RET_ERRNO | EXDEV as u32;
        let done = outer::confine_oneself(SYS_mkdir, refuse, SECCOMP_FILTER_FLAG_TSYNC);
        t.note("confined", done.is_ok());
        let results = threads
            .into_iter()
            .map(|thread| thread.join().expect("a thread"));
        results.collect::<Vec<_>>()
    });
    t.note("threads", format!("{results:?}"));
    t.call("mkdir", args![c"dir", 0o777]);
    t.tree(".");
}
