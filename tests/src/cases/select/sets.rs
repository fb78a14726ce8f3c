use super::{Asked, Bits, ROWS, bits, shown};
use crate::arg::Arg;
use crate::args;
use crate::memory;
use crate::nameless::{fill, one_of_each, pipe, socket_pair};
use crate::net::sockets;
use crate::twin::Twin;
use libc::*;
use nix::sys::resource::{Resource, getrlimit, setrlimit};

pub fn kinds(t: &mut Twin) {
    std::fs::write("file", "in the file").expect("file");
    let mut fds: Vec<i64> = [c"file", c".", c"/dev/null", c"/dev/zero"]
        .iter()
        .map(|path| t.call("open", args![*path, O_RDONLY]))
        .collect();
    let path_only = t.call("open", args![c"file", O_PATH]);
    fds.extend(one_of_each());
    for row in ROWS {
        Asked::of([&fds, &fds, &fds]).within(0).call(t, row, 64);
        for fd in fds.iter().chain([&path_only]) {
            for set in 0..3 {
                let mut sets: [&[i64]; 3] = [&[]; 3];
                let only = [*fd];
                sets[set] = &only;
                Asked::of(sets).within(0).call(t, row, fd + 1);
            }
        }
    }
}

/// An error for all: the sets stay as they were.
pub fn closed(t: &mut Twin) {
    let [out, into] = pipe(0);
    let gone = t.call("dup", args![out]);
    t.close(gone);
    for row in ROWS {
        for set in 0..3 {
            let (mine, others) = ([gone, into], [into]);
            let mut sets: [&[i64]; 3] = [&others; 3];
            sets[set] = &mine;
            Asked::of(sets).within(0).call(t, row, 64);
            // It is not asked about: the count ends before it.
            Asked::of(sets).within(0).call(t, row, gone);
            Asked::of(sets).call(t, row, 64);
        }
    }
}

/// Within a word, and in words that are not looked at.
pub fn bits_beyond_the_count(t: &mut Twin) {
    let [_out, into] = pipe(0);
    for row in ROWS {
        for count in [0, 1, into, into + 1, 63, 64, 65, 100, 128] {
            let all = [into, into + 1, 20, 63, 64, 65, 127, 128, 500, 1023];
            let beyond: Vec<i64> = all
                .iter()
                .copied()
                .filter(|fd| *fd >= count || *fd == into)
                .collect();
            Asked::of([&[], &beyond, &beyond])
                .within(0)
                .call(t, row, count);
        }
    }
}

/// Negative, and larger than any table of descriptors: those that cannot be open are not looked at.
pub fn counts(t: &mut Twin) {
    let [_out, into] = pipe(0);
    for row in ROWS {
        for count in [
            -1,
            i64::from(i32::MIN),
            1024,
            1 << 32,
            (1 << 32) + 8,
            (1 << 31) + 8,
        ] {
            Asked::of([&[], &[into], &[]]).within(0).call(t, row, count);
            Asked::of([&[], &[into, 1000], &[]])
                .within(0)
                .call(t, row, count);
        }
        // Much room for answers, of which little is used.
        let large = memory::repeated(1 << 16, 1 << 20);
        memory::fill_words(&large, &[1 << into]);
        let time = [0i64; 2];
        let time = Arg::at(time.as_ptr() as usize, "time");
        for count in [1 << 20, i64::from(i32::MAX)] {
            t.call(row, args![count, 0, &large, 0, &time, 0]);
            t.bytes("set", &memory::contents(&large, 8));
            memory::fill_words(&large, &[1 << into]);
        }
    }
}

/// Where the table of descriptors has had to grow.
pub fn high_numbers(t: &mut Twin) {
    let [_out, into] = pipe(0);
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE).expect("limit");
    let now = most.min(1024);
    setrlimit(Resource::RLIMIT_NOFILE, now, most).expect("limit");
    for fd in [63, 64, 255, 256, 1000, 1023] {
        t.call("dup2", args![into, fd]);
        for row in ROWS {
            Asked::of([&[], &[fd], &[]]).within(0).call(t, row, fd + 1);
            Asked::of([&[], &[into, fd], &[]])
                .within(0)
                .call(t, row, 1024);
            // Not open, but within the table.
            Asked::of([&[], &[fd - 1], &[]])
                .within(0)
                .call(t, row, 1024);
        }
    }
    // Numbers above the limit are still those of open files.
    setrlimit(Resource::RLIMIT_NOFILE, 10, most).expect("limit");
    for row in ROWS {
        Asked::of([&[], &[1000], &[]]).within(0).call(t, row, 1024);
    }
}

/// The third set, and what counts as readable and writable.
pub fn exceptional(t: &mut Twin) {
    let [one, two] = sockets::tcp_pair(AF_INET);
    sockets::send(one, b"!", MSG_OOB);
    sockets::happens(two, POLLPRI);
    let [ended, other] = socket_pair(SOCK_STREAM);
    sockets::close(&[other]);
    let [out, into] = pipe(O_NONBLOCK);
    fill(into);
    let [broken, reader] = pipe(0);
    sockets::close(&[reader]);
    let [reader, broken_writer] = pipe(0);
    sockets::close(&[reader]);
    let all = [one, two, ended, out, into, broken, broken_writer];
    for row in ROWS {
        Asked::of([&all, &all, &all]).within(0).call(t, row, 64);
        Asked::of([&[], &[], &all]).within(0).call(t, row, 64);
        // Nothing in any set, or no set.
        Asked::of([&[], &[], &[]]).within(5).call(t, row, 64);
        Asked::of([&[], &[], &[]]).within(5).call(t, row, 0);
    }
}

/// One place for all three: the last answer stands.
pub fn the_same_set_twice(t: &mut Twin) {
    let [_out, into] = pipe(0);
    for row in ROWS {
        let set: Box<Bits> = Box::new(bits(&[into]));
        let place = Arg::at(set.as_ptr() as usize, "set");
        let time = [0i64; 2];
        let time = Arg::at(time.as_ptr() as usize, "time");
        t.call(row, args![64, &place, &place, &place, &time, 0]);
        t.note("set", shown(&set));
        t.call(row, args![64, 0, &place, 0, &time, 0]);
        t.note("set", shown(&set));
    }
}
