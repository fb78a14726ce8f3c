//! Descriptors of what has no name: pipes, sockets, memory. They are a case's own, and hold what it puts there.

use libc::{AF_UNIX, O_NONBLOCK, POLLIN, POLLOUT, SOCK_NONBLOCK, SOCK_STREAM, pollfd};

/// What is read from, what is written to.
pub fn pipe(flags: i32) -> [i64; 2] {
    let mut ends = [0; 2];
    // SAFETY: a place for two descriptors.
    let made = unsafe { libc::pipe2(ends.as_mut_ptr(), flags) };
    assert_eq!(made, 0, "pipe2");
    ends.map(i64::from)
}

pub fn socket_pair(kind: i32) -> [i64; 2] {
    let mut ends = [0; 2];
    // SAFETY: a place for two descriptors.
    let made = unsafe { libc::socketpair(AF_UNIX, kind, 0, ends.as_mut_ptr()) };
    assert_eq!(made, 0, "socketpair");
    ends.map(i64::from)
}

/// A file in memory. `flags` as of memfd_create(2).
pub fn memory(flags: u32) -> i64 {
    // SAFETY: the name is terminated.
    let fd = unsafe { libc::memfd_create(c"memory".as_ptr(), flags) };
    assert!(fd >= 0, "memfd_create");
    i64::from(fd)
}

/// Of each kind that there is one, and both ends of a pipe. None of them waits.
pub fn one_of_each() -> Vec<i64> {
    let kind = SOCK_STREAM | SOCK_NONBLOCK;
    // SAFETY: plain numbers.
    let made = unsafe {
        [
            libc::socket(AF_UNIX, kind, 0),
            libc::eventfd(0, libc::EFD_NONBLOCK),
            libc::epoll_create1(0),
            libc::inotify_init1(libc::IN_NONBLOCK),
            libc::timerfd_create(libc::CLOCK_MONOTONIC, libc::TFD_NONBLOCK),
        ]
    };
    assert!(made.iter().all(|fd| *fd >= 0), "{made:?}");
    let mut all = made.map(i64::from).to_vec();
    all.push(memory(0));
    all.extend(pipe(O_NONBLOCK));
    all
}

/// Whether one of these events has come.
pub fn is_ready(fd: i64, events: i16) -> bool {
    let mut poll = pollfd {
        fd: fd as i32,
        events,
        revents: 0,
    };
    // SAFETY: one live structure.
    let ready = unsafe { libc::poll(&raw mut poll, 1, 0) };
    ready == 1 && poll.revents & events != 0
}

/// Fills a pipe to the brim with nothing of interest.
pub fn fill(into: i64) {
    let bytes = [b'f'; 4096];
    while is_ready(into, POLLOUT) {
        // SAFETY: a live buffer of this length.
        unsafe { libc::write(into as i32, bytes.as_ptr().cast(), bytes.len()) };
    }
}

/// Takes out all that is there.
pub fn take_all(out: i64) -> Vec<u8> {
    let mut all = Vec::new();
    while is_ready(out, POLLIN) {
        all.extend(take_page(out));
    }
    all
}

/// Takes out a page at the most.
pub fn take_page(out: i64) -> Vec<u8> {
    let mut bytes = [0u8; 4096];
    // SAFETY: a live buffer of this length.
    let got = unsafe { libc::read(out as i32, bytes.as_mut_ptr().cast(), bytes.len()) };
    bytes[..usize::try_from(got).unwrap_or(0)].to_vec()
}
