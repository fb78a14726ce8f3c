//! read, pread64, write, pwrite64: positions, partial results, memory that ends, limits, and what is no file.

use super::world;
use crate::arg::Arg;
use crate::args;
use crate::case;
use crate::case::Family;
use crate::filesystem::FileSystem;
use crate::memory;
use crate::mounts;
use crate::needs::Need;
use crate::signals;
use crate::twin::Twin;
use libc::*;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::Signal;
use std::fs;
use std::path::Path;

pub const FAMILY: Family = Family {
    name: "rw",
    on: FileSystem::ALL,
    cases: &[
        case!(positions),
        case!(lengths),
        case!(no_bytes),
        case!(negative_offsets).sees(&[("pread64", &[EINVAL]), ("pwrite64", &[EINVAL])]),
        case!(bad_memory).sees(&[
            ("read", &[EFAULT]),
            ("write", &[EFAULT]),
            ("pread64", &[EFAULT]),
            ("pwrite64", &[EFAULT]),
        ]),
        case!(memory_that_ends),
        case!(read_only_memory),
        case!(wrong_descriptors).sees(&[
            ("read", &[EBADF]),
            ("write", &[EBADF]),
            ("pread64", &[EBADF]),
            ("pwrite64", &[EBADF]),
        ]),
        case!(directories).sees(&[
            ("read", &[EISDIR]),
            ("pread64", &[EISDIR]),
            ("write", &[EBADF]),
        ]),
        case!(append),
        case!(shared_position),
        case!(large_files),
        case!(file_size_limit).sees(&[("write", &[EFBIG]), ("pwrite64", &[EFBIG])]),
        case!(file_size_limit_kills),
        case!(synchronous_writes),
        case!(direct),
        case!(pipes).sees(&[
            ("read", &[EAGAIN, EBADF]),
            ("write", &[EAGAIN, EPIPE]),
            ("pread64", &[ESPIPE]),
            ("pwrite64", &[ESPIPE]),
        ]),
        case!(sockets).sees(&[
            ("read", &[EAGAIN]),
            ("write", &[EAGAIN, EDESTADDRREQ, EPIPE]),
        ]),
        case!(counters).sees(&[("read", &[EINVAL, EAGAIN]), ("write", &[EINVAL])]),
        case!(interrupted).sees(&[("read", &[EINTR]), ("write", &[EINTR])]),
        case!(broken_pipe_kills),
        case!(devices).sees(&[("write", &[ENOSPC]), ("pwrite64", &[ENOSPC])]),
        case!(own_memory).sees(&[
            ("read", &[EIO]),
            ("write", &[EIO]),
            ("pread64", &[EIO]),
            ("pwrite64", &[EIO]),
        ]),
        case!(sealed_memory).sees(&[("write", &[EPERM]), ("pwrite64", &[EPERM])]),
        case!(full_file_system)
            .needs(&[Need::Mounts])
            .sees(&[("write", &[ENOSPC]), ("pwrite64", &[ENOSPC])]),
        case!(privilege_bits),
        case!(times),
        case!(deleted_file),
        case!(large_transfers),
    ],
};

const CONTENTS: &str = "0123456789abcdefghijklmnopqrstuvwxyz";

fn open(t: &mut Twin, path: &std::ffi::CStr, flags: i32) -> i64 {
    t.call("open", args![path, flags, 0o644])
}

fn open_contents(t: &mut Twin) -> i64 {
    world::file("file", CONTENTS);
    open(t, c"file", O_RDWR)
}

fn where_is(t: &mut Twin, fd: i64) {
    t.call("lseek", args![fd, 0, SEEK_CUR]);
}

fn read(t: &mut Twin, fd: i64, count: usize) {
    let mut buffer = vec![b'.'; count.min(1 << 16)];
    t.call("read", args![fd, &mut buffer[..], count]);
    t.bytes("read", &buffer[..count.min(64)]);
}

fn positions(t: &mut Twin) {
    let fd = open_contents(t);
    for (row, count, offset) in [
        ("read", 4, 0),
        ("pread64", 4, 20),
        ("read", 4, 0),
        ("write", 3, 0),
        ("pwrite64", 3, 30),
        ("read", 100, 0),
        ("read", 1, 0),
        ("pread64", 8, 36),
        ("pread64", 8, 1000),
        ("pwrite64", 2, 40),
        ("write", 2, 0),
    ] {
        let mut buffer = [b'.'; 128];
        buffer[..4].copy_from_slice(b"WXYZ");
        match row {
            "read" | "write" => t.call(row, args![fd, &mut buffer, count]),
            _ => t.call(row, args![fd, &mut buffer, count, offset]),
        };
        t.bytes("buffer", &buffer[..40]);
        where_is(t, fd);
    }
    for (offset, whence) in [
        (5, SEEK_SET),
        (-3, SEEK_CUR),
        (10, SEEK_END),
        (-1, SEEK_SET),
    ] {
        t.call("lseek", args![fd, offset, whence]);
        read(t, fd, 3);
        t.call("write", args![fd, b"!", 1]);
        where_is(t, fd);
    }
    t.tree(".");
}

const COUNTS: [u64; 11] = [
    0,
    1,
    36,
    37,
    64,
    i32::MAX as u64,
    0x7fff_f000,
    1 << 32,
    i64::MAX as u64,
    1 << 63,
    u64::MAX,
];

/// Counts up to the largest. A buffer that would end beyond the address space is refused, however little there is to
/// read: so one of these lies low.
fn lengths(t: &mut Twin) {
    let fd = open_contents(t);
    let mut high = [b'.'; 64];
    let low = memory::low();
    for count in COUNTS {
        for place in [Arg::from(&mut high), Arg::from(&low)] {
            t.call("lseek", args![fd, 0, SEEK_SET]);
            t.call("read", args![fd, &place, count]);
            where_is(t, fd);
            t.call("pread64", args![fd, &place, count, 30]);
        }
        t.bytes("high", &high);
        t.bytes("low", &memory::contents(&low, 64));
    }
}

/// Nothing at all, to and from anywhere, by any descriptor.
fn no_bytes(t: &mut Twin) {
    let fd = open_contents(t);
    let buffer = [b'.'; 64];
    for count in [0u64, 1, 64] {
        t.call("write", args![fd, &buffer, count]);
        t.call("pwrite64", args![fd, &buffer, count, 3]);
    }
    for fd in [fd, -1, 99] {
        for address in [0u64, 1, u64::MAX] {
            t.call("read", args![fd, address, 0]);
            t.call("write", args![fd, address, 0]);
            t.call("pread64", args![fd, address, 0, 0]);
            t.call("pwrite64", args![fd, address, 0, 0]);
        }
    }
    t.tree(".");
}

fn negative_offsets(t: &mut Twin) {
    let fd = open_contents(t);
    // Longer than the file, as some counts are meant to be too long for it.
    let mut buffer = [b'.'; 64];
    for offset in [
        -1,
        -8,
        i64::MIN,
        i64::MAX,
        i64::MAX - 7,
        i64::MAX - 8,
        1 << 32,
        0,
    ] {
        for count in [0u64, 1, 8, 1 << 32] {
            t.call("pread64", args![fd, &mut buffer, count, offset]);
            if count <= 8 && offset != 1 << 32 {
                t.call("pwrite64", args![fd, &buffer, count, offset]);
            }
        }
    }
    t.tree(".");
}

fn bad_memory(t: &mut Twin) {
    let fd = open_contents(t);
    for spot in memory::bad() {
        for count in [1u64, 8, 100, 1 << 20] {
            t.call("lseek", args![fd, 0, SEEK_SET]);
            t.call("read", args![fd, &spot, count]);
            t.call("pread64", args![fd, &spot, count, 0]);
            t.call("pread64", args![fd, &spot, count, 36]);
            t.call("write", args![fd, &spot, count]);
            t.call("pwrite64", args![fd, &spot, count, 50]);
            where_is(t, fd);
        }
    }
    t.tree(".");
}

/// A buffer that ends before the count: what fits is transferred, and the position says so.
fn memory_that_ends(t: &mut Twin) {
    for room in [0, 1, 5, 36, 37, 4095, 4096] {
        for size in [36, 5000, 9000] {
            let fd = open_contents(t);
            t.call("ftruncate", args![fd, size]);
            for count in [36u64, 4096, 4097, 8192] {
                let spot = memory::room_before(room, PROT_NONE);
                for offset in [0, 30] {
                    t.call("lseek", args![fd, offset, SEEK_SET]);
                    t.call("read", args![fd, &spot, count]);
                    where_is(t, fd);
                    t.call("pread64", args![fd, &spot, count, offset]);
                    t.bytes("room", &memory::contents(&spot, room.min(40)));
                }
            }
            t.close(fd);
        }
        let letters = vec![b'w'; room];
        for count in [1u64, 40, 4096, 5000] {
            world::file("out", "");
            let out = open(t, c"out", O_RDWR);
            let spot = memory::before_the_edge(&letters);
            t.call("write", args![out, &spot, count]);
            where_is(t, out);
            t.call("pwrite64", args![out, &spot, count, 10]);
            t.close(out);
            t.tree(".");
        }
    }
}

/// The kernel does not write to a page the program may not write; /proc/PID/mem would.
fn read_only_memory(t: &mut Twin) {
    let fd = open_contents(t);
    let fixed = memory::read_only();
    t.call("read", args![fd, &fixed, 8]);
    t.call("pread64", args![fd, &fixed, 8, 0]);
    t.bytes("still", &memory::contents(&fixed, 8));
    t.call("write", args![fd, &fixed, 8]);
    for room in [0, 3, 40] {
        let spot = memory::room_before(room, PROT_READ);
        t.call("lseek", args![fd, 0, SEEK_SET]);
        t.call("read", args![fd, &spot, 30]);
        where_is(t, fd);
        t.bytes("room", &memory::contents(&spot, room));
        // Written from, both pages serve.
        t.call("pwrite64", args![fd, &spot, 50, 0]);
    }
    let open_door = memory::write_only();
    t.call("pread64", args![fd, &open_door, 8, 4]);
    t.call("pwrite64", args![fd, &open_door, 8, 4]);
    t.tree(".");
}

fn wrong_descriptors(t: &mut Twin) {
    world::file("file", CONTENTS);
    let mut buffer = [b'.'; 8];
    let high = 0xdead_beef_0000_0000u64;
    let opened = [O_RDONLY, O_WRONLY, O_PATH, O_ACCMODE].map(|flags| open(t, c"file", flags));
    let fds = opened.into_iter().chain([
        -1,
        99,
        i64::from(i32::MAX),
        i64::from(i32::MIN),
        i64::from(AT_FDCWD),
    ]);
    for fd in fds.collect::<Vec<_>>() {
        for raw in [fd as u64, high | (fd as u64 & 0xffff_ffff)] {
            t.call("read", args![raw, &mut buffer, 4]);
            t.call("write", args![raw, &buffer, 4]);
            t.call("pread64", args![raw, &mut buffer, 4, 0]);
            t.call("pwrite64", args![raw, &buffer, 4, 0]);
            t.bytes("buffer", &buffer);
        }
    }
    t.tree(".");
}

fn directories(t: &mut Twin) {
    world::dir("dir");
    let fd = open(t, c"dir", O_RDONLY);
    let mut buffer = [b'.'; 8];
    for count in [0, 8] {
        t.call("read", args![fd, &mut buffer, count]);
        t.call("pread64", args![fd, &mut buffer, count, 0]);
        t.call("write", args![fd, &buffer, count]);
        t.call("pwrite64", args![fd, &buffer, count, 0]);
    }
    t.call("read", args![fd, 0, 8]);
    t.call("pread64", args![fd, &mut buffer, 8, -1]);
}

/// O_APPEND writes at the end, pwrite too on Linux; set later by fcntl it counts as well.
fn append(t: &mut Twin) {
    world::file("file", "begin ");
    let fd = open(t, c"file", O_RDWR | O_APPEND);
    let other = open(t, c"file", O_RDWR);
    for (fd, row, offset) in [
        (fd, "write", 0),
        (other, "write", 0),
        (fd, "pwrite64", 0),
        (fd, "pwrite64", 1000),
        (other, "pwrite64", 2),
        (fd, "write", 0),
    ] {
        t.call(row, args![fd, b"<text>", 6, offset]);
        where_is(t, fd);
        t.tree(".");
    }
    t.call("fcntl", args![other, F_SETFL, O_APPEND]);
    t.call("write", args![other, b"[set]", 5]);
    where_is(t, other);
    t.call("fcntl", args![fd, F_SETFL, 0]);
    t.call("lseek", args![fd, 0, SEEK_SET]);
    t.call("write", args![fd, b"[cleared]", 9]);
    t.call("pread64", args![fd, &mut [0u8; 4], 4, 0]);
    t.tree(".");
}

/// One open file has one position, whoever holds it.
fn shared_position(t: &mut Twin) {
    let fd = open_contents(t);
    let twin = t.call("dup", args![fd]);
    let apart = open(t, c"file", O_RDWR);
    for fd in [fd, twin, apart, twin, fd] {
        read(t, fd, 3);
        where_is(t, fd);
    }
    t.fork("child", |t| {
        read(t, fd, 2);
        t.call("write", args![twin, b"CHILD", 5]);
        where_is(t, fd);
    });
    where_is(t, fd);
    t.call("lseek", args![twin, 1, SEEK_SET]);
    t.fork("child", |t| read(t, fd, 5));
    read(t, twin, 5);
    t.tree(".");
}

fn large_files(t: &mut Twin) {
    world::file("file", "");
    for flags in [O_RDWR, O_RDWR | O_LARGEFILE] {
        let fd = open(t, c"file", flags);
        let end = last_position(fd);
        t.note("last position", end);
        for offset in [
            (1i64 << 31) - 1,
            1 << 31,
            1 << 32,
            1 << 43,
            end - 2,
            end - 1,
            end,
            i64::MAX - 1,
            i64::MAX,
        ] {
            t.call("pwrite64", args![fd, b"x", 1, offset]);
            t.call("pread64", args![fd, &mut [0u8; 4], 4, offset]);
            t.call("lseek", args![fd, offset, SEEK_SET]);
            t.call("write", args![fd, b"yz", 2]);
            where_is(t, fd);
            t.call("ftruncate", args![fd, 0]);
        }
        t.close(fd);
    }
}

/// The largest position that lseek lets this file have.
pub fn last_position(fd: i64) -> i64 {
    let (mut good, mut bad) = (0, i64::MAX);
    while bad - good > 1 {
        let middle = good + (bad - good) / 2;
        // SAFETY: no memory is involved.
        match unsafe { lseek(fd as i32, middle, SEEK_SET) } {
            -1 => bad = middle,
            _ => good = middle,
        }
    }
    good
}

/// Up to the limit what fits is written; beyond it EFBIG, and SIGXFSZ for the thread that wrote.
fn file_size_limit(t: &mut Twin) {
    signals::catch(Signal::SIGXFSZ);
    world::file("file", "");
    let fd = open(t, c"file", O_RDWR);
    setrlimit(Resource::RLIMIT_FSIZE, 10, RLIM_INFINITY).expect("limit");
    for (row, count, offset) in [
        ("write", 4, 0),
        ("write", 8, 0),
        ("write", 1, 0),
        ("write", 0, 0),
        ("pwrite64", 4, 8),
        ("pwrite64", 4, 10),
        ("pwrite64", 4, 0),
        ("pwrite64", 0, 20),
    ] {
        t.call(row, args![fd, b"limitslimits", count, offset]);
        where_is(t, fd);
        t.note("signals", signals::caught());
    }
    t.opened("open", args![c"new", O_CREAT | O_RDWR, 0o600]);
    t.fork("child", |t| {
        t.call("pwrite64", args![fd, b"x", 1, 11]);
        t.note("signals", signals::caught());
    });
    signals::ignore(Signal::SIGXFSZ);
    t.call("write", args![fd, b"x", 1]);
    setrlimit(Resource::RLIMIT_FSIZE, RLIM_INFINITY, RLIM_INFINITY).expect("limit");
    t.call("write", args![fd, b"more than ten", 13]);
    t.tree(".");
}

fn file_size_limit_kills(t: &mut Twin) {
    world::file("file", "");
    let fd = open(t, c"file", O_RDWR);
    for row in ["write", "pwrite64"] {
        t.fork("writes too much", |t| {
            setrlimit(Resource::RLIMIT_CORE, 0, 0).expect("limit");
            setrlimit(Resource::RLIMIT_FSIZE, 3, 3).expect("limit");
            t.call(row, args![fd, b"abcdef", 6, 0]);
            t.call(row, args![fd, b"abcdef", 6, 6]);
            t.note("not", "reached");
        });
        t.call("lseek", args![fd, 0, SEEK_SET]);
    }
    t.tree(".");
}

fn synchronous_writes(t: &mut Twin) {
    for flags in [
        O_SYNC,
        O_DSYNC,
        O_SYNC | O_APPEND,
        O_NONBLOCK,
        O_ASYNC,
        O_NOATIME,
    ] {
        world::file("file", CONTENTS);
        let fd = open(t, c"file", O_RDWR | flags);
        read(t, fd, 4);
        t.call("write", args![fd, b"sync", 4]);
        t.call("pwrite64", args![fd, b"sync", 4, 20]);
        where_is(t, fd);
        t.close(fd);
        t.tree(".");
    }
}

/// O_DIRECT wants address, length and position aligned; how much depends on the file system, not on asys.
fn direct(t: &mut Twin) {
    fs::write("file", vec![b'd'; 16384]).expect("file");
    let fd = open(t, c"file", O_RDWR | O_DIRECT);
    let page = memory::room_before(memory::PAGE, PROT_NONE);
    for (skip, count, offset) in [
        (0, 4096, 0),
        (1, 512, 0),
        (0, 100, 0),
        (0, 4096, 1),
        (512, 512, 512),
        (0, 4096, 12288),
    ] {
        let at = Arg::at(page.address + skip, format!("page+{skip}"));
        t.call("lseek", args![fd, offset, SEEK_SET]);
        t.call("read", args![fd, &at, count]);
        t.call("pread64", args![fd, &at, count, offset]);
        t.call("write", args![fd, &at, count]);
        t.call("pwrite64", args![fd, &at, count, offset]);
        where_is(t, fd);
    }
    t.tree(".");
}

fn pipe(flags: i32) -> [i64; 2] {
    let mut ends = [0; 2];
    // SAFETY: a place for two descriptors.
    assert_eq!(unsafe { pipe2(ends.as_mut_ptr(), flags) }, 0);
    ends.map(i64::from)
}

fn pipes(t: &mut Twin) {
    signals::catch(Signal::SIGPIPE);
    let [out, into] = pipe(O_NONBLOCK);
    let mut buffer = [b'.'; 16];
    t.call("read", args![out, &mut buffer, 16]);
    t.call("write", args![into, b"some bytes", 10]);
    t.call("read", args![out, &mut buffer, 4]);
    t.call("read", args![out, &mut buffer, 16]);
    t.bytes("buffer", &buffer);
    for fd in [out, into] {
        t.call("read", args![fd, &mut buffer, 1]);
        t.call("write", args![fd, &buffer, 1]);
        t.call("pread64", args![fd, &mut buffer, 1, 0]);
        t.call("pwrite64", args![fd, &buffer, 1, 0]);
        t.call("read", args![fd, &mut buffer, 0]);
        t.call("write", args![fd, &buffer, 0]);
    }
    t.call("read", args![out, 1, 8]);
    t.call("write", args![into, 1, 8]);
    let much = vec![b'p'; 1 << 20];
    t.call("write", args![into, &much[..], much.len()]);
    t.call("write", args![into, &much[..], 1]);
    t.close(into);
    let mut all = vec![0u8; 1 << 20];
    while t.call("read", args![out, &mut all[..], all.len()]) > 0 {}
    let [out, into] = pipe(0);
    t.close(out);
    t.call("write", args![into, b"x", 1]);
    t.note("SIGPIPE", signals::caught());
    signals::ignore(Signal::SIGPIPE);
    t.call("write", args![into, b"x", 1]);
    t.call("write", args![into, b"x", 0]);
}

fn socket_pair(kind: i32) -> [i64; 2] {
    let mut ends = [0; 2];
    // SAFETY: a place for two descriptors.
    let made = unsafe { socketpair(AF_UNIX, kind, 0, ends.as_mut_ptr()) };
    assert_eq!(made, 0);
    ends.map(i64::from)
}

fn sockets(t: &mut Twin) {
    signals::ignore(Signal::SIGPIPE);
    let mut buffer = [b'.'; 8];
    for kind in [SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET] {
        let [one, two] = socket_pair(kind | SOCK_NONBLOCK);
        t.call("read", args![two, &mut buffer, 8]);
        t.call("write", args![one, b"datagram", 8]);
        t.call("write", args![one, b"next", 4]);
        t.call("read", args![two, &mut buffer, 3]);
        t.call("read", args![two, &mut buffer, 8]);
        t.bytes("buffer", &buffer);
        t.call("pread64", args![two, &mut buffer, 8, 0]);
        t.call("pwrite64", args![two, &buffer, 8, 0]);
        let much = vec![0u8; 4 << 20];
        while t.call("write", args![one, &much[..4096], 4096]) > 0 {}
        t.close(two);
        t.call("write", args![one, b"x", 1]);
        t.call("read", args![one, &mut buffer, 8]);
        t.close(one);
    }
    for family in [AF_UNIX, AF_INET] {
        // SAFETY: no memory is involved.
        let fd = unsafe { socket(family, SOCK_DGRAM | SOCK_NONBLOCK, 0) };
        t.call("write", args![fd, b"x", 1]);
        t.call("read", args![fd, &mut buffer, 8]);
        t.close(fd.into());
    }
}

fn counters(t: &mut Twin) {
    // SAFETY: no memory is involved.
    let (event, timer) = unsafe {
        (
            eventfd(3, EFD_NONBLOCK),
            timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK),
        )
    };
    let mut buffer = [0u8; 8];
    for fd in [event, timer] {
        for count in [0, 4, 8, 8] {
            t.call("read", args![fd, &mut buffer, count]);
            t.bytes("count", &buffer);
        }
        t.call("write", args![fd, &5u64.to_ne_bytes(), 8]);
        t.call("write", args![fd, &u64::MAX.to_ne_bytes(), 8]);
        t.call("write", args![fd, &buffer, 4]);
        t.call("pread64", args![fd, &mut buffer, 8, 0]);
        t.call("pwrite64", args![fd, &buffer, 8, 0]);
    }
    // SAFETY: no memory is involved.
    let others = unsafe { [epoll_create1(0), inotify_init1(IN_NONBLOCK)] };
    for fd in others {
        t.call("read", args![fd, &mut buffer, 8]);
        t.call("write", args![fd, &buffer, 8]);
    }
}

fn interrupted(t: &mut Twin) {
    let [out, into] = pipe(0);
    let mut buffer = [0u8; 8];
    signals::interrupting(|| t.call("read", args![out, &mut buffer, 8]));
    let much = vec![0u8; 1 << 20];
    // The pipe fills: first a partial count, then nothing at all.
    signals::interrupting(|| t.call("write", args![into, &much[..], much.len()]));
    signals::interrupting(|| t.call("write", args![into, &much[..], 8]));
    t.note("caught", signals::caught() >= 3);
}

fn broken_pipe_kills(t: &mut Twin) {
    let [out, into] = pipe(0);
    t.close(out);
    t.fork("writes to nobody", |t| {
        // The Rust runtime ignores it.
        // SAFETY: the default action is no handler of ours.
        unsafe { signal(SIGPIPE, SIG_DFL) };
        t.call("write", args![into, b"x", 1]);
        t.note("not", "reached");
    });
}

fn devices(t: &mut Twin) {
    let mut buffer = [b'.'; 8];
    for path in [c"/dev/null", c"/dev/zero", c"/dev/full"] {
        let fd = open(t, path, O_RDWR);
        t.call("read", args![fd, &mut buffer, 8]);
        t.call("pread64", args![fd, &mut buffer, 8, 1i64 << 40]);
        t.call("write", args![fd, &buffer, 8]);
        t.call("pwrite64", args![fd, &buffer, 8, 5]);
        where_is(t, fd);
        t.call("read", args![fd, 1, 8]);
        t.call("write", args![fd, 1, 8]);
        t.bytes("buffer", &buffer);
    }
}

/// /proc/self/mem: positions are addresses, all 64 bits of them.
fn own_memory(t: &mut Twin) {
    let fd = open(t, c"/proc/self/mem", O_RDWR);
    let mut buffer = [b'.'; 8];
    t.call("read", args![fd, &mut buffer, 8]);
    t.call("write", args![fd, &buffer, 8]);
    for offset in [0, 4096, -5, -8, -4096] {
        t.call("pread64", args![fd, &mut buffer, 8, offset]);
        t.call("pwrite64", args![fd, &buffer, 8, offset]);
    }
    let secret = *b"a secret";
    let place = Arg::at(secret.as_ptr() as usize, "my own bytes");
    t.call("pread64", args![fd, &mut buffer, 8, place]);
    t.bytes("read", &buffer);
}

fn sealed_memory(t: &mut Twin) {
    for seal in [
        F_SEAL_WRITE,
        F_SEAL_GROW,
        F_SEAL_SHRINK,
        F_SEAL_FUTURE_WRITE,
    ] {
        // SAFETY: the name is terminated.
        let fd = unsafe { memfd_create(c"sealed".as_ptr(), MFD_ALLOW_SEALING) };
        t.call("write", args![fd, b"before", 6]);
        t.call("fcntl", args![fd, F_ADD_SEALS, seal]);
        t.call("write", args![fd, b"after", 5]);
        t.call("pwrite64", args![fd, b"after", 5, 1]);
        t.call("pwrite64", args![fd, b"after", 5, 4]);
        let mut buffer = [b'.'; 16];
        t.call("pread64", args![fd, &mut buffer, 16, 0]);
        t.bytes("is", &buffer);
        t.close(fd.into());
    }
}

fn full_file_system(t: &mut Twin) {
    world::dir("m");
    mounts::tmpfs(Path::new("m"), "size=16k").expect("tmpfs");
    let much = vec![b'm'; 40960];
    for row in ["write", "pwrite64"] {
        let fd = open(t, c"m/file", O_CREAT | O_RDWR | O_TRUNC);
        for offset in [0, 4096, 1 << 20] {
            t.call(row, args![fd, &much[..], much.len(), offset]);
            where_is(t, fd);
        }
        t.close(fd);
    }
    t.tree("m");
}

/// Writing takes set-user-ID and set-group-ID away, unless the writer is privileged.
fn privilege_bits(t: &mut Twin) {
    let body = |t: &mut Twin| {
        for mode in [0o6777, 0o4755, 0o2755, 0o2745, 0o1777] {
            for row in ["write", "pwrite64"] {
                world::file("f", "x");
                world::chmod("f", mode);
                let fd = open(t, c"f", O_RDWR);
                t.call(row, args![fd, b"y", 0, 0]);
                t.tree(".");
                t.call(row, args![fd, b"y", 1, 0]);
                t.close(fd);
                t.tree(".");
            }
        }
    };
    world::dir("home");
    crate::users::ordinary(t, body);
    body(t);
}

/// Reading and writing set the times they should, or not.
fn times(t: &mut Twin) {
    use std::os::unix::fs::MetadataExt;
    let old = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    for (row, count) in [
        ("read", 4),
        ("read", 0),
        ("pread64", 4),
        ("write", 4),
        ("write", 0),
        ("pwrite64", 4),
    ] {
        for flags in [O_RDWR, O_RDWR | O_NOATIME] {
            let fd = open_contents(t);
            t.close(fd);
            let file = fs::File::options().write(true).open("file").expect("file");
            file.set_times(fs::FileTimes::new().set_accessed(old).set_modified(old))
                .expect("times");
            let fd = open(t, c"file", flags);
            t.call(row, args![fd, &mut [0u8; 8], count, 0]);
            t.close(fd);
            let meta = fs::metadata("file").expect("file");
            t.note(
                "untouched",
                format_args!(
                    "read {} written {}",
                    meta.atime() == 1_000_000_000,
                    meta.mtime() == 1_000_000_000
                ),
            );
        }
    }
}

fn deleted_file(t: &mut Twin) {
    let fd = open_contents(t);
    fs::remove_file("file").expect("file");
    read(t, fd, 5);
    t.call("write", args![fd, b"still", 5]);
    t.call("pwrite64", args![fd, b"here", 4, 0]);
    let mut buffer = [b'.'; 40];
    t.call("pread64", args![fd, &mut buffer, 40, 0]);
    t.bytes("is", &buffer);
}

/// Larger than any bounce buffer.
fn large_transfers(t: &mut Twin) {
    let bytes: Vec<u8> = (0..9_000_001u32)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    world::file("file", "");
    let fd = open(t, c"file", O_RDWR);
    t.call("write", args![fd, &bytes[..], bytes.len()]);
    where_is(t, fd);
    t.call("pwrite64", args![fd, &bytes[..], bytes.len(), 12345]);
    let mut back = vec![0u8; bytes.len()];
    t.call("pread64", args![fd, &mut back[..], back.len(), 12345]);
    t.note("the same came back", back == bytes);
    t.call("lseek", args![fd, 0, SEEK_SET]);
    t.call("read", args![fd, &mut back[..], back.len()]);
    t.note("the head came back", back[..12345] == bytes[..12345]);
    where_is(t, fd);
}
