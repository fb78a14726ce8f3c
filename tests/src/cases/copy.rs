//! copy_file_range, sendfile, splice, tee: bytes that go from one descriptor to another.

use super::world;
use crate::arg::Arg;
use crate::args;
use crate::case;
use crate::case::Family;
use crate::deadline::until;
use crate::filesystem::FileSystem;
use crate::memory;
use crate::mounts;
use crate::needs::Need;
use crate::signals;
use crate::twin::Twin;
use libc::*;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::Signal;
use std::ffi::CStr;
use std::fs;
use std::path::Path;
use std::time::Duration;

/// Those that take files, and those that take a pipe.
const FILES: [&str; 2] = ["copy_file_range", "sendfile"];
const ALL: [&str; 4] = ["copy_file_range", "sendfile", "splice", "tee"];

pub const FAMILY: Family = Family {
    name: "copy",
    on: FileSystem::ALL,
    cases: &[
        case!(ranges),
        case!(within_one_file).sees(&[("copy_file_range", &[EINVAL])]),
        case!(lengths).sees(&[("copy_file_range", &[EOVERFLOW]), ("sendfile", &[EINVAL])]),
        case!(offsets).sees(&[
            ("copy_file_range", &[EINVAL, EFBIG, EOVERFLOW]),
            ("sendfile", &[EINVAL, EOVERFLOW]),
        ]),
        case!(bad_offsets).sees(&[
            ("copy_file_range", &[EFAULT]),
            ("sendfile", &[EFAULT]),
            ("splice", &[EFAULT]),
        ]),
        case!(fixed_offsets),
        case!(offsets_that_end),
        case!(flags).sees(&[
            ("copy_file_range", &[EINVAL]),
            ("splice", &[EINVAL]),
            ("tee", &[EINVAL]),
        ]),
        case!(wrong_descriptors).sees(&[
            ("copy_file_range", &[EBADF, EISDIR, EINVAL]),
            ("sendfile", &[EBADF, EINVAL]),
            ("splice", &[EBADF, EINVAL]),
            ("tee", &[EBADF, EINVAL]),
        ]),
        case!(upper_halves),
        case!(append).sees(&[
            ("copy_file_range", &[EBADF]),
            ("sendfile", &[EINVAL]),
            ("splice", &[EINVAL]),
        ]),
        case!(direct),
        case!(shared_positions),
        case!(holes),
        case!(across_file_systems).sees(&[("copy_file_range", &[EXDEV])]),
        case!(kernel_files),
        case!(sealed_memory).sees(&[("copy_file_range", &[EPERM])]),
        case!(immutable).needs(&[Need::InodeFlags]),
        case!(full_file_system)
            .needs(&[Need::Mounts])
            .sees(&[("copy_file_range", &[ENOSPC]), ("sendfile", &[ENOSPC])]),
        case!(file_size_limit).sees(&[
            ("copy_file_range", &[EFBIG]),
            ("sendfile", &[EFBIG]),
            ("splice", &[EFBIG]),
        ]),
        case!(privilege_bits),
        case!(times),
        case!(deleted_files),
        case!(large_files),
        case!(sendfile_elsewhere).sees(&[("sendfile", &[EAGAIN, ESPIPE])]),
        case!(pipes_and_files).sees(&[("splice", &[EAGAIN, ESPIPE])]),
        case!(pipes_and_pipes).sees(&[("splice", &[EAGAIN]), ("tee", &[EAGAIN])]),
        case!(named_pipes),
        case!(small_pipes),
        case!(what_a_pipe_holds_is_the_file),
        case!(nobody_at_the_other_end).sees(&[("splice", &[EPIPE]), ("tee", &[EPIPE])]),
        case!(broken_pipe_kills),
        case!(waiting),
        case!(interrupted).sees(&[("splice", &[EINTR]), ("tee", &[EINTR])]),
        case!(sockets),
    ],
};

const CONTENTS: &str = "0123456789abcdefghijklmnopqrstuvwxyz";

/// A descriptor, and the offset that is handed along with it.
type End = (i64, Option<i64>);

fn pointer(cell: &mut i64, offset: Option<i64>) -> Arg {
    match offset {
        Some(offset) => {
            *cell = offset;
            Arg::at(&raw mut *cell as usize, format!("&{offset}"))
        }
        None => Arg::from(0),
    }
}

/// Makes the call with offsets in memory of its own, and says what became of them.
fn moves(t: &mut Twin, row: &str, from: End, to: End, length: u64, flags: u32) -> i64 {
    let mut cells = [77, 77];
    let [source, sink] = &mut cells;
    let (source, sink) = (pointer(source, from.1), pointer(sink, to.1));
    let ends = ((&from.0.into(), &source), (&to.0.into(), &sink));
    let moved = raw(t, row, ends, length, flags);
    t.note("offsets", format_args!("{cells:?}"));
    moved
}

/// With any descriptors and offsets; each row takes what it takes.
fn raw(
    t: &mut Twin,
    row: &str,
    (from, to): ((&Arg, &Arg), (&Arg, &Arg)),
    length: u64,
    flags: u32,
) -> i64 {
    match row {
        "sendfile" => t.call(row, args![to.0, from.0, from.1, length]),
        "tee" => t.call(row, args![from.0, to.0, length, flags]),
        _ => t.call(row, args![from.0, from.1, to.0, to.1, length, flags]),
    }
}

fn open(t: &mut Twin, path: &CStr, flags: i32) -> i64 {
    t.call("open", args![path, flags, 0o644])
}

/// A source with contents and a sink with others.
fn two_files(t: &mut Twin) -> [i64; 2] {
    world::file("from", CONTENTS);
    world::file("to", "----------");
    [c"from", c"to"].map(|path| open(t, path, O_RDWR))
}

fn where_are(t: &mut Twin, fds: &[i64]) {
    for fd in fds {
        t.call("lseek", args![*fd, 0, SEEK_CUR]);
    }
}

fn close(t: &mut Twin, fds: &[i64]) {
    fds.iter().for_each(|fd| t.close(*fd));
}

fn pipe(flags: i32) -> [i64; 2] {
    let mut ends = [0; 2];
    // SAFETY: a place for two descriptors.
    assert_eq!(unsafe { pipe2(ends.as_mut_ptr(), flags) }, 0);
    ends.map(i64::from)
}

fn is_ready(fd: i64, events: i16) -> bool {
    let mut poll = pollfd {
        fd: fd as i32,
        events,
        revents: 0,
    };
    // SAFETY: one live structure.
    let ready = unsafe { libc::poll(&raw mut poll, 1, 0) };
    ready == 1 && poll.revents & events != 0
}

/// What is in a pipe or socket now.
fn drain(t: &mut Twin, fd: i64) {
    while is_ready(fd, POLLIN) {
        let mut buffer = [b'.'; 80];
        let got = t.call("read", args![fd, &mut buffer, 80]);
        t.bytes("read", &buffer);
        if got <= 0 {
            break;
        }
    }
}

/// Fills a pipe to the brim with nothing of interest.
fn fill(into: i64) {
    let bytes = [b'f'; 4096];
    while is_ready(into, POLLOUT) {
        // SAFETY: a live buffer of this length.
        unsafe { write(into as i32, bytes.as_ptr().cast(), bytes.len()) };
    }
}

fn put(t: &mut Twin, into: i64, bytes: &[u8]) {
    t.call("write", args![into, bytes, bytes.len()]);
}

fn ranges(t: &mut Twin) {
    for row in FILES {
        for from in [None, Some(0), Some(30), Some(36), Some(100)] {
            for to in [None, Some(0), Some(5), Some(100)] {
                let [source, sink] = two_files(t);
                for length in [0, 4, 10, 36, 1000] {
                    moves(t, row, (source, from), (sink, to), length, 0);
                    where_are(t, &[source, sink]);
                }
                t.tree(".");
                close(t, &[source, sink]);
            }
        }
    }
}

/// Ranges that overlap are refused, by one descriptor or two; those that touch are not.
fn within_one_file(t: &mut Twin) {
    for row in FILES {
        for (from, to) in [
            (0, 18),
            (0, 17),
            (17, 0),
            (18, 0),
            (5, 5),
            (0, 36),
            (20, 30),
            (30, 20),
            (0, 100),
        ] {
            for length in [1, 18, 100] {
                world::file("from", CONTENTS);
                let one = open(t, c"from", O_RDWR);
                let two = open(t, c"from", O_RDWR);
                moves(t, row, (one, Some(from)), (one, Some(to)), length, 0);
                t.call("lseek", args![two, to, SEEK_SET]);
                moves(t, row, (one, Some(from)), (two, None), length, 0);
                where_are(t, &[one, two]);
                close(t, &[one, two]);
                t.tree(".");
            }
        }
    }
}

const LENGTHS: [u64; 9] = [
    0x7fff_f000,
    0x7fff_ffff,
    1 << 31,
    1 << 32,
    (1 << 32) + 4,
    i64::MAX as u64 - 100,
    i64::MAX as u64,
    1 << 63,
    u64::MAX,
];

fn lengths(t: &mut Twin) {
    for row in FILES {
        for length in LENGTHS {
            for offset in [None, Some(30), Some(200)] {
                let [source, sink] = two_files(t);
                moves(t, row, (source, offset), (sink, offset), length, 0);
                where_are(t, &[source, sink]);
                close(t, &[source, sink]);
                t.tree(".");
            }
        }
    }
    let [out, into] = pipe(O_NONBLOCK);
    for length in LENGTHS {
        let [source, sink] = two_files(t);
        moves(t, "splice", (source, None), (into, None), length, 0);
        moves(t, "tee", (out, None), (into, None), length, 0);
        moves(t, "splice", (out, None), (sink, Some(3)), length, 0);
        where_are(t, &[source, sink]);
        drain(t, out);
        close(t, &[source, sink]);
        t.tree(".");
    }
}

/// A file may not be made to end beyond what its file system can address, wherever that lies.
fn offsets(t: &mut Twin) {
    let odd = [
        -1,
        -8,
        i64::MIN,
        i64::MAX,
        i64::MAX - 1,
        i64::MAX - 36,
        i64::MAX - 1000,
    ];
    for row in FILES {
        for offset in odd {
            for length in [0, 1, 10, 2000] {
                let [source, sink] = two_files(t);
                moves(t, row, (source, Some(offset)), (sink, None), length, 0);
                moves(t, row, (source, Some(0)), (sink, Some(offset)), length, 0);
                moves(
                    t,
                    row,
                    (source, Some(offset)),
                    (sink, Some(offset)),
                    length,
                    0,
                );
                where_are(t, &[source, sink]);
                t.call("ftruncate", args![sink, 10]);
                close(t, &[source, sink]);
            }
        }
    }
    let [out, into] = pipe(O_NONBLOCK);
    for offset in odd {
        let [source, sink] = two_files(t);
        put(t, into, b"in the pipe");
        moves(t, "splice", (source, Some(offset)), (into, None), 5, 0);
        moves(t, "splice", (out, None), (sink, Some(offset)), 5, 0);
        drain(t, out);
        t.call("ftruncate", args![sink, 10]);
        close(t, &[source, sink]);
    }
    t.tree(".");
}

/// Each row with this pointer for either offset, or both.
fn with_pointers(t: &mut Twin, at: &Arg, length: u64) {
    let none = Arg::from(0);
    let [out, into] = pipe(O_NONBLOCK);
    let [source, sink] = two_files(t);
    let [source, sink, into_, out_] = [source, sink, into, out].map(Arg::from);
    for row in FILES {
        for (from, to) in [(at, &none), (&none, at), (at, at)] {
            raw(t, row, ((&source, from), (&sink, to)), length, 0);
        }
        // Nothing is left there; and a sink that is none.
        raw(t, row, ((&out_, at), (&sink, &none)), length, 0);
        raw(t, row, ((&source, at), (&99.into(), at)), length, 0);
        raw(t, row, ((&source, at), (&source, &none)), length, 0);
    }
    put(t, into, b"in the pipe");
    for (from, to, ends) in [
        (&source, &into_, (at, &none)),
        (&out_, &sink, (&none, at)),
        (&out_, &sink, (at, at)),
        (&source, &into_, (at, at)),
        (&source, &99.into(), (at, &none)),
    ] {
        raw(t, "splice", ((from, ends.0), (to, ends.1)), length, 0);
    }
    where_are(t, &[source.raw as i64, sink.raw as i64]);
    drain(t, out);
    close(t, &[source, sink, into_, out_].map(|fd| fd.raw as i64));
    t.tree(".");
}

fn bad_offsets(t: &mut Twin) {
    for spot in memory::bad().iter().filter(|spot| spot.address != 0) {
        for length in [0, 4] {
            with_pointers(t, &spot.into(), length);
        }
    }
}

/// An offset that can be read, not written: what was moved has gone all the same.
fn fixed_offsets(t: &mut Twin) {
    let fixed = memory::read_only();
    for length in [0, 4, 1000] {
        with_pointers(t, &Arg::from(&fixed), length);
    }
    // At the end of a file nothing moves.
    world::file("empty", "");
    let empty = open(t, c"empty", O_RDWR);
    let [out, into] = pipe(O_NONBLOCK);
    let [_, sink] = two_files(t);
    let at = Arg::from(&fixed);
    let none = Arg::from(0);
    for row in FILES {
        raw(t, row, ((&empty.into(), &at), (&sink.into(), &none)), 4, 0);
        raw(t, row, ((&empty.into(), &at), (&sink.into(), &at)), 4, 0);
    }
    raw(
        t,
        "splice",
        ((&empty.into(), &at), (&into.into(), &none)),
        4,
        0,
    );
    t.close(into);
    raw(
        t,
        "splice",
        ((&out.into(), &none), (&sink.into(), &at)),
        4,
        0,
    );
    one_fixed_offset(t, &fixed);
}

/// What could be written before has been.
fn one_fixed_offset(t: &mut Twin, fixed: &memory::Spot) {
    let [source, sink] = two_files(t);
    let mut cell = 3i64;
    let good = Arg::at(&raw mut cell as usize, "&3");
    let ends = ((&source.into(), &good), (&sink.into(), &fixed.into()));
    raw(t, "copy_file_range", ends, 4, 0);
    t.note("offset", cell);
    close(t, &[source, sink]);
    t.tree(".");
}

/// An offset across the edge of a page that is missing, or may not be written.
fn offsets_that_end(t: &mut Twin) {
    for room in [4, 7, 8] {
        for second in [PROT_NONE, PROT_READ] {
            let spot = memory::room_before(room, second);
            for length in [0, 4] {
                with_pointers(t, &Arg::from(&spot), length);
                t.bytes("room", &memory::contents(&spot, room));
            }
        }
    }
}

fn flags(t: &mut Twin) {
    let mut flags: Vec<u32> = (0..32).map(|bit| 1 << bit).collect();
    flags.extend([0, 3, 7, 15, 12, 16 | 2, u32::MAX]);
    for flags in flags {
        for length in [0, 5] {
            let [source, sink] = two_files(t);
            let [out, into] = pipe(O_NONBLOCK);
            let [other_out, other_into] = pipe(O_NONBLOCK);
            moves(
                t,
                "copy_file_range",
                (source, None),
                (sink, None),
                length,
                flags,
            );
            moves(t, "splice", (source, None), (into, None), length, flags);
            moves(t, "tee", (out, None), (other_into, None), length, flags);
            moves(t, "splice", (out, None), (other_into, None), length, flags);
            moves(
                t,
                "splice",
                (other_out, None),
                (sink, Some(1)),
                length,
                flags,
            );
            where_are(t, &[source, sink]);
            drain(t, out);
            drain(t, other_out);
            close(t, &[source, sink, out, into, other_out, other_into]);
            t.tree(".");
        }
    }
}

/// Every kind of thing at either end; a pipe with something in it opposite.
fn wrong_descriptors(t: &mut Twin) {
    let _reader = world::build("w");
    let mut others = [
        (c"w/file", O_RDONLY),
        (c"w/file", O_WRONLY),
        (c"w/file", O_PATH),
        (c"w/dir", O_RDONLY),
        (c"w/fifo", O_RDWR | O_NONBLOCK),
        (c"w/fifo", O_PATH),
        (c"/dev/null", O_RDWR),
        (c"/dev/zero", O_RDWR),
        (c"/proc/self/comm", O_RDWR),
    ]
    .map(|(path, flags)| open(t, path, flags))
    .to_vec();
    // SAFETY: no memory is involved but the name.
    others.extend(
        unsafe {
            [
                eventfd(0, EFD_NONBLOCK),
                memfd_create(c"memory".as_ptr(), 0),
            ]
        }
        .map(i64::from),
    );
    others.extend(pipe(O_NONBLOCK));
    others.extend([-1, 99, i64::from(AT_FDCWD), i64::from(i32::MIN)]);
    for other in others {
        for length in [0, 4] {
            opposite(t, other, length);
        }
        t.close(other);
    }
    t.tree("w");
}

fn opposite(t: &mut Twin, other: i64, length: u64) {
    let [source, sink] = two_files(t);
    let [out, into] = pipe(O_NONBLOCK);
    put(t, into, b"in the pipe");
    for row in ALL {
        for offset in [None, Some(2)] {
            moves(t, row, (other, offset), (sink, None), length, 0);
            moves(t, row, (source, None), (other, offset), length, 0);
            moves(t, row, (other, offset), (into, None), length, 0);
            moves(t, row, (out, None), (other, offset), length, 0);
            moves(t, row, (other, None), (other, offset), length, 0);
        }
    }
    where_are(t, &[source, sink]);
    drain(t, out);
    close(t, &[source, sink, out, into]);
    t.tree(".");
}

/// Descriptors and flags are ints, whatever stands beside them in their registers.
fn upper_halves(t: &mut Twin) {
    let high = 0xdead_beef_0000_0000u64;
    let [source, sink] = two_files(t);
    let [out, into] = pipe(O_NONBLOCK);
    let wide = |fd: i64| high | fd as u64;
    t.call(
        "copy_file_range",
        args![wide(source), 0, wide(sink), 0, 4, high],
    );
    t.call("sendfile", args![wide(sink), wide(source), 0, 4]);
    t.call("splice", args![wide(source), 0, wide(into), 0, 4, high | 2]);
    t.call("splice", args![wide(out), 0, wide(sink), 0, 3, high]);
    let [_, other] = pipe(O_NONBLOCK);
    t.call("tee", args![wide(out), wide(other), 4, high | 2]);
    t.call("copy_file_range", args![wide(source), 0, wide(99), 0, 4, 0]);
    where_are(t, &[source, sink]);
    t.tree(".");
}

fn append(t: &mut Twin) {
    for (source_flags, sink_flags) in [
        (0, O_APPEND),
        (O_APPEND, 0),
        (O_APPEND, O_APPEND),
        (O_SYNC, O_SYNC),
        (0, O_NONBLOCK),
    ] {
        for offset in [None, Some(2)] {
            let [source, sink] = two_files(t);
            let [out, into] = pipe(O_NONBLOCK);
            put(t, into, b"in the pipe");
            t.call("fcntl", args![source, F_SETFL, source_flags]);
            t.call("fcntl", args![sink, F_SETFL, sink_flags]);
            for row in FILES {
                moves(t, row, (source, offset), (sink, offset), 4, 0);
            }
            moves(t, "splice", (source, offset), (into, None), 4, 0);
            moves(t, "splice", (out, None), (sink, offset), 4, 0);
            where_are(t, &[source, sink]);
            drain(t, out);
            close(t, &[source, sink, out, into]);
            t.tree(".");
        }
    }
}

/// A file that is read or written past the page cache, at aligned places and others.
fn direct(t: &mut Twin) {
    for (source_flags, sink_flags) in [(O_DIRECT, 0), (0, O_DIRECT), (O_DIRECT, O_DIRECT)] {
        fs::write("from", vec![b'd'; 16_384]).expect("from");
        world::file("to", "");
        let source = open(t, c"from", O_RDWR | source_flags);
        let sink = open(t, c"to", O_RDWR | sink_flags);
        let [out, into] = pipe(O_NONBLOCK);
        for (from, to, length) in [(0, 0, 4096), (4096, 8192, 100), (1, 0, 4096), (0, 1, 512)] {
            for row in FILES {
                moves(t, row, (source, Some(from)), (sink, Some(to)), length, 0);
            }
            moves(t, "splice", (source, Some(from)), (into, None), length, 0);
            moves(t, "splice", (out, None), (sink, Some(to)), length, 0);
        }
        where_are(t, &[source, sink]);
        drain(t, out);
        close(t, &[source, sink, out, into]);
        t.tree(".");
    }
}

/// One open file has one position, whoever moves it.
fn shared_positions(t: &mut Twin) {
    let [source, sink] = two_files(t);
    let [out, into] = pipe(O_NONBLOCK);
    for row in FILES {
        moves(t, row, (source, None), (sink, None), 3, 0);
        t.fork("child", |t| {
            moves(t, row, (source, None), (sink, None), 3, 0);
            moves(t, "splice", (source, None), (into, None), 3, 0);
            where_are(t, &[source, sink]);
        });
        where_are(t, &[source, sink]);
        t.fork("child", |t| {
            moves(t, "splice", (out, None), (sink, None), 2, 0);
        });
        where_are(t, &[source, sink]);
    }
    t.tree(".");
}

fn holes(t: &mut Twin) {
    for row in FILES {
        let [source, sink] = two_files(t);
        t.call("ftruncate", args![source, 1 << 20]);
        t.call("pwrite64", args![source, b"data", 4, 500_000]);
        for (from, to, length) in [
            (0, 0, 1 << 19),
            (400_000, 2 << 20, 200_000),
            (1_000_000, 0, 1 << 20),
        ] {
            moves(t, row, (source, Some(from)), (sink, Some(to)), length, 0);
            let mut st: stat = crate::twin::blank();
            t.call("fstat", args![sink, &raw mut st]);
            t.note("size", st.st_size);
        }
        close(t, &[source, sink]);
        t.tree(".");
    }
}

fn across_file_systems(t: &mut Twin) {
    // SAFETY: the name is terminated.
    let memory = i64::from(unsafe { memfd_create(c"memory".as_ptr(), 0) });
    put(t, memory, b"in memory");
    let [source, sink] = two_files(t);
    let proc = open(t, c"/proc/self/comm", O_RDWR);
    for row in FILES {
        for (from, to) in [
            (source, memory),
            (memory, sink),
            (proc, sink),
            (memory, memory),
        ] {
            moves(t, row, (from, Some(1)), (to, Some(20)), 4, 0);
            t.call("lseek", args![to, 3, SEEK_SET]);
            moves(t, row, (from, Some(0)), (to, None), 5, 0);
            where_are(t, &[from, to]);
        }
    }
    let mut buffer = [b'.'; 40];
    t.call("pread64", args![memory, &mut buffer, 40, 0]);
    t.bytes("memory", &buffer);
    t.tree(".");
}

fn kernel_files(t: &mut Twin) {
    let [_, sink] = two_files(t);
    let [out, into] = pipe(O_NONBLOCK);
    for path in [
        c"/proc/self/comm",
        c"/dev/zero",
        c"/dev/null",
        c"/proc/sys/kernel/ostype",
        c"/sys/kernel/notes",
    ] {
        let fd = open(t, path, O_RDONLY);
        for row in FILES {
            moves(t, row, (fd, None), (sink, None), 4, 0);
            moves(t, row, (fd, Some(0)), (sink, None), 4, 0);
        }
        moves(t, "splice", (fd, None), (into, None), 4, 0);
        drain(t, out);
        t.close(fd);
    }
    let null = open(t, c"/dev/null", O_WRONLY);
    put(t, into, b"in the pipe");
    moves(t, "splice", (out, None), (null, None), 4, 0);
    drain(t, out);
    t.tree(".");
}

fn sealed_memory(t: &mut Twin) {
    for seal in [
        F_SEAL_WRITE,
        F_SEAL_GROW,
        F_SEAL_SHRINK,
        F_SEAL_FUTURE_WRITE,
    ] {
        // SAFETY: the name is terminated.
        let made = unsafe { [0, 1].map(|_| memfd_create(c"sealed".as_ptr(), MFD_ALLOW_SEALING)) };
        let [source, sink] = made.map(i64::from);
        let [out, into] = pipe(O_NONBLOCK);
        for fd in [source, sink, into] {
            put(t, fd, b"before");
        }
        t.call("fcntl", args![sink, F_ADD_SEALS, seal]);
        for row in FILES {
            moves(t, row, (source, Some(0)), (sink, None), 4, 0);
            t.call("lseek", args![sink, 0, SEEK_SET]);
            moves(t, row, (source, Some(1)), (sink, None), 4, 0);
        }
        moves(t, "splice", (out, None), (sink, Some(4)), 4, 0);
        let mut buffer = [b'.'; 16];
        t.call("pread64", args![sink, &mut buffer, 16, 0]);
        t.bytes("is", &buffer);
        close(t, &[source, sink, out, into]);
    }
}

fn immutable(t: &mut Twin) {
    for flag in [mounts::IMMUTABLE, mounts::APPEND_ONLY] {
        let [source, sink] = two_files(t);
        let [out, into] = pipe(O_NONBLOCK);
        put(t, into, b"in the pipe");
        let held = fs::File::open("to").expect("to");
        mounts::set_inode_flag(&held, flag, true).expect("inode flag");
        for row in FILES {
            moves(t, row, (source, Some(0)), (sink, None), 4, 0);
        }
        moves(t, "splice", (out, None), (sink, None), 4, 0);
        mounts::set_inode_flag(&held, flag, false).expect("inode flag");
        close(t, &[source, sink, out, into]);
        t.tree(".");
    }
}

fn full_file_system(t: &mut Twin) {
    world::dir("m");
    mounts::tmpfs(Path::new("m"), "size=64k").expect("tmpfs");
    fs::write("m/from", vec![b'm'; 40_960]).expect("from");
    let source = open(t, c"m/from", O_RDONLY);
    let [out, into] = pipe(O_NONBLOCK);
    for row in FILES {
        let sink = open(t, c"m/to", O_CREAT | O_RDWR | O_TRUNC);
        for offset in [0, 4096, 0] {
            moves(t, row, (source, Some(offset)), (sink, None), 40_960, 0);
            where_are(t, &[sink]);
        }
        t.close(sink);
        t.tree("m");
    }
    fill(into);
    let sink = open(t, c"m/to", O_RDWR);
    for _ in 0..3 {
        moves(t, "splice", (out, None), (sink, Some(60_000)), 65_536, 0);
    }
    t.tree("m");
}

/// Up to the limit what fits is moved; beyond it EFBIG, and SIGXFSZ for the thread.
fn file_size_limit(t: &mut Twin) {
    signals::catch(Signal::SIGXFSZ);
    let [source, sink] = two_files(t);
    let [out, into] = pipe(O_NONBLOCK);
    put(t, into, CONTENTS.as_bytes());
    setrlimit(Resource::RLIMIT_FSIZE, 14, RLIM_INFINITY).expect("limit");
    for row in ["copy_file_range", "sendfile", "splice"] {
        let from = if row == "splice" {
            (out, None)
        } else {
            (source, Some(0))
        };
        for to in [8, 10, 14, 20] {
            t.call("lseek", args![sink, to, SEEK_SET]);
            moves(t, row, from, (sink, None), 10, 0);
            where_are(t, &[sink]);
            t.note("signals", signals::caught());
        }
        moves(t, row, from, (sink, None), 0, 0);
        t.tree(".");
    }
    moves(t, "splice", (source, None), (into, None), 30, 0);
    setrlimit(Resource::RLIMIT_FSIZE, RLIM_INFINITY, RLIM_INFINITY).expect("limit");
    moves(t, "copy_file_range", (source, Some(0)), (sink, None), 30, 0);
    t.tree(".");
}

/// Writing takes set-user-ID and set-group-ID away, unless the writer is privileged.
fn privilege_bits(t: &mut Twin) {
    let body = |t: &mut Twin| {
        for mode in [0o6777, 0o4755, 0o2755, 0o2745, 0o1777] {
            for row in ["copy_file_range", "sendfile", "splice"] {
                let [source, sink] = two_files(t);
                let [out, into] = pipe(O_NONBLOCK);
                put(t, into, b"piped");
                world::chmod("to", mode);
                let from = if row == "splice" { out } else { source };
                for length in [0, 2] {
                    moves(t, row, (from, None), (sink, None), length, 0);
                    t.tree(".");
                }
                close(t, &[source, sink, out, into]);
            }
        }
    };
    world::dir("home");
    crate::users::ordinary(t, body);
    body(t);
}

fn times(t: &mut Twin) {
    use std::os::unix::fs::MetadataExt;
    let old = std::time::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    for row in ["copy_file_range", "sendfile", "splice out", "splice in"] {
        for length in [0, 2] {
            let [source, sink] = two_files(t);
            let [out, into] = pipe(O_NONBLOCK);
            put(t, into, b"piped");
            for path in ["from", "to"] {
                let file = fs::File::options().write(true).open(path).expect(path);
                file.set_times(fs::FileTimes::new().set_accessed(old).set_modified(old))
                    .expect("times");
            }
            match row {
                "splice out" => moves(t, "splice", (source, None), (into, None), length, 0),
                "splice in" => moves(t, "splice", (out, None), (sink, None), length, 0),
                _ => moves(t, row, (source, None), (sink, None), length, 0),
            };
            close(t, &[source, sink, out, into]);
            for path in ["from", "to"] {
                let meta = fs::metadata(path).expect(path);
                let (read, written) =
                    (meta.atime() == 1_000_000_000, meta.mtime() == 1_000_000_000);
                t.note(
                    "untouched",
                    format_args!("{path} read {read} written {written}"),
                );
            }
        }
    }
}

fn deleted_files(t: &mut Twin) {
    let [source, sink] = two_files(t);
    let [out, into] = pipe(O_NONBLOCK);
    for path in ["from", "to"] {
        fs::remove_file(path).expect(path);
    }
    for row in FILES {
        moves(t, row, (source, None), (sink, None), 5, 0);
    }
    moves(t, "splice", (source, None), (into, None), 5, 0);
    moves(t, "splice", (out, None), (sink, None), 5, 0);
    let mut buffer = [b'.'; 40];
    t.call("pread64", args![sink, &mut buffer, 40, 0]);
    t.bytes("is", &buffer);
}

/// Larger than any pipe or bounce buffer.
fn large_files(t: &mut Twin) {
    let bytes: Vec<u8> = (0..9_000_001u32)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    for row in FILES {
        fs::write("from", &bytes).expect("from");
        world::file("to", "");
        let [source, sink] = [c"from", c"to"].map(|path| open(t, path, O_RDWR));
        let mut left = bytes.len() as i64;
        while left > 0 {
            let moved = moves(t, row, (source, None), (sink, None), 20_000_000, 0);
            left -= moved.max(1);
        }
        t.note("the same", fs::read("to").expect("to") == bytes);
        close(t, &[source, sink]);
    }
    fs::remove_file("to").expect("to");
}

fn sendfile_elsewhere(t: &mut Twin) {
    fs::write("large", vec![b'l'; 200_000]).expect("large");
    let large = open(t, c"large", O_RDONLY);
    let [out, into] = pipe(O_NONBLOCK);
    let mut ends = [0; 2];
    // SAFETY: a place for two descriptors.
    unsafe { socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.as_mut_ptr()) };
    let [one, two] = ends.map(i64::from);
    let [source, sink] = two_files(t);
    for (into, out) in [(into, out), (one, two)] {
        for offset in [None, Some(30)] {
            moves(t, "sendfile", (source, offset), (into, None), 10, 0);
            where_are(t, &[source]);
            drain(t, out);
        }
        moves(t, "sendfile", (out, None), (sink, None), 10, 0);
        moves(t, "sendfile", (out, Some(0)), (sink, None), 10, 0);
    }
    fill(into);
    for offset in [None, Some(5)] {
        moves(t, "sendfile", (large, offset), (into, None), 200_000, 0);
    }
    moves(t, "sendfile", (source, None), (into, None), 10, 0);
    where_are(t, &[source, large]);
    t.tree(".");
}

fn pipes_and_files(t: &mut Twin) {
    let [out, into] = pipe(0);
    for offset in [None, Some(0), Some(3), Some(36), Some(100)] {
        for length in [0, 1, 10, 1000] {
            let [source, sink] = two_files(t);
            moves(t, "splice", (source, offset), (into, None), length, 0);
            moves(t, "splice", (source, offset), (into, Some(1)), length, 0);
            moves(t, "splice", (out, Some(1)), (sink, offset), length, 0);
            if is_ready(out, POLLIN) {
                moves(t, "splice", (out, None), (sink, offset), length, 0);
            }
            moves(
                t,
                "splice",
                (out, None),
                (sink, offset),
                length,
                SPLICE_F_NONBLOCK,
            );
            where_are(t, &[source, sink]);
            drain(t, out);
            close(t, &[source, sink]);
            t.tree(".");
        }
    }
    let [source, sink] = two_files(t);
    fill(into);
    moves(
        t,
        "splice",
        (source, None),
        (into, None),
        5,
        SPLICE_F_NONBLOCK,
    );
    moves(
        t,
        "splice",
        (out, None),
        (sink, None),
        1 << 20,
        SPLICE_F_MORE,
    );
    moves(t, "splice", (out, None), (sink, None), 5, SPLICE_F_NONBLOCK);
    t.close(into);
    moves(t, "splice", (out, None), (sink, None), 5, 0);
    where_are(t, &[source, sink]);
    t.tree(".");
}

fn pipes_and_pipes(t: &mut Twin) {
    for status in [0, O_NONBLOCK] {
        let [out, into] = pipe(status);
        let [other_out, other_into] = pipe(status);
        for row in ["tee", "splice"] {
            for length in [0, 3, 100] {
                put(t, into, b"in the pipe");
                moves(t, row, (out, None), (other_into, None), length, 0);
                moves(
                    t,
                    row,
                    (out, None),
                    (other_into, Some(0)),
                    length,
                    SPLICE_F_NONBLOCK,
                );
                moves(t, row, (out, None), (into, None), length, SPLICE_F_NONBLOCK);
                moves(
                    t,
                    row,
                    (into, None),
                    (other_into, None),
                    length,
                    SPLICE_F_NONBLOCK,
                );
                moves(
                    t,
                    row,
                    (out, None),
                    (other_out, None),
                    length,
                    SPLICE_F_NONBLOCK,
                );
                drain(t, other_out);
                drain(t, out);
                moves(
                    t,
                    row,
                    (out, None),
                    (other_into, None),
                    length,
                    SPLICE_F_NONBLOCK,
                );
            }
            put(t, into, b"in the pipe");
            fill(other_into);
            moves(
                t,
                row,
                (out, None),
                (other_into, None),
                3,
                SPLICE_F_NONBLOCK,
            );
            drain(t, out);
            empty(other_out);
        }
        t.close(into);
        for row in ["tee", "splice"] {
            moves(t, row, (out, None), (other_into, None), 3, 0);
            moves(
                t,
                row,
                (out, None),
                (other_into, None),
                3,
                SPLICE_F_NONBLOCK,
            );
        }
        close(t, &[out, other_out, other_into]);
    }
}

/// Takes out what [`fill`] put in.
fn empty(out: i64) -> Vec<u8> {
    let mut all = Vec::new();
    while is_ready(out, POLLIN) {
        all.extend(one_page(out));
    }
    all
}

fn one_page(out: i64) -> Vec<u8> {
    let mut bytes = [0u8; 4096];
    // SAFETY: a live buffer of this length.
    let got = unsafe { read(out as i32, bytes.as_mut_ptr().cast(), bytes.len()) };
    bytes[..usize::try_from(got).unwrap_or(0)].to_vec()
}

/// How much is in a pipe, and what came last.
fn ending(t: &mut Twin, out: i64) {
    let all = empty(out);
    t.note("bytes", all.len());
    t.bytes("last", &all[all.len().saturating_sub(12)..]);
}

fn named_pipes(t: &mut Twin) {
    let _reader = world::build("w");
    let [source, sink] = two_files(t);
    let out = open(t, c"w/fifo", O_RDONLY | O_NONBLOCK);
    let into = open(t, c"w/fifo", O_WRONLY);
    let [other_out, other_into] = pipe(O_NONBLOCK);
    moves(t, "splice", (source, None), (into, None), 12, 0);
    moves(t, "tee", (out, None), (other_into, None), 5, 0);
    moves(t, "splice", (out, None), (sink, None), 5, 0);
    moves(t, "splice", (out, None), (other_into, None), 5, 0);
    moves(t, "splice", (out, None), (into, None), 5, 0);
    moves(t, "sendfile", (source, None), (into, None), 5, 0);
    where_are(t, &[source, sink]);
    drain(t, out);
    drain(t, other_out);
    t.tree(".");
}

/// A pipe of one page: what does not fit stays.
fn small_pipes(t: &mut Twin) {
    fs::write("large", vec![b'l'; 20_000]).expect("large");
    for (flags, offset) in [(0, None), (SPLICE_F_NONBLOCK, Some(100))] {
        let source = open(t, c"large", O_RDONLY);
        let [_, sink] = two_files(t);
        let [out, into] = pipe(0);
        let [_, other] = pipe(0);
        t.call("fcntl", args![into, F_SETPIPE_SZ, 4096]);
        t.call("fcntl", args![other, F_SETPIPE_SZ, 4096]);
        moves(t, "splice", (source, offset), (into, None), 20_000, flags);
        moves(
            t,
            "splice",
            (source, offset),
            (into, None),
            20_000,
            SPLICE_F_NONBLOCK,
        );
        moves(t, "tee", (out, None), (other, None), 20_000, flags);
        moves(t, "splice", (out, None), (sink, None), 20_000, flags);
        moves(
            t,
            "splice",
            (out, None),
            (other, None),
            20_000,
            SPLICE_F_NONBLOCK,
        );
        where_are(t, &[source, sink]);
        close(t, &[source, sink, out, into, other]);
        t.tree(".");
    }
}

/// No copy is made: what the file becomes later is what is read from the pipe.
fn what_a_pipe_holds_is_the_file(t: &mut Twin) {
    let [source, _] = two_files(t);
    let [out, into] = pipe(O_NONBLOCK);
    let [other_out, other_into] = pipe(O_NONBLOCK);
    moves(t, "splice", (source, Some(0)), (into, None), 20, 0);
    t.call("pwrite64", args![source, b"CHANGED", 7, 3]);
    moves(t, "tee", (out, None), (other_into, None), 20, 0);
    t.call("ftruncate", args![source, 5]);
    drain(t, out);
    t.call("pwrite64", args![source, b"again", 5, 0]);
    drain(t, other_out);
}

fn nobody_at_the_other_end(t: &mut Twin) {
    signals::catch(Signal::SIGPIPE);
    for flags in [0, SPLICE_F_NONBLOCK] {
        let [source, _] = two_files(t);
        let [out, into] = pipe(0);
        let [other_out, other_into] = pipe(0);
        put(t, other_into, b"in the pipe");
        t.close(out);
        moves(t, "splice", (source, None), (into, None), 5, flags);
        moves(t, "splice", (source, None), (into, None), 0, flags);
        moves(t, "splice", (other_out, None), (into, None), 5, flags);
        moves(t, "tee", (other_out, None), (into, None), 5, flags);
        moves(t, "sendfile", (source, None), (into, None), 5, flags);
        t.note("SIGPIPE", signals::caught());
        where_are(t, &[source]);
        drain(t, other_out);
        close(t, &[source, into, other_out, other_into]);
    }
}

fn broken_pipe_kills(t: &mut Twin) {
    let [source, _] = two_files(t);
    let [out, into] = pipe(0);
    let [other_out, other_into] = pipe(0);
    put(t, other_into, b"in the pipe");
    t.close(out);
    for (row, from) in [
        ("splice", source),
        ("splice", other_out),
        ("tee", other_out),
        ("sendfile", source),
    ] {
        t.fork("moves to nobody", |t| {
            // The Rust runtime ignores it.
            // SAFETY: the default action is no handler of ours.
            unsafe { signal(SIGPIPE, SIG_DFL) };
            moves(t, row, (from, None), (into, None), 5, 0);
            t.note("not", "reached");
        });
    }
}

/// As proc_pid_syscall(5) tells: `running`, or the number of the call it is held in.
fn waits_in_a_transfer(thread: nix::unistd::Pid) -> bool {
    let text = fs::read_to_string(format!("/proc/self/task/{thread}/syscall"));
    let text = text.expect("the caller's call");
    let number = text
        .split(' ')
        .next()
        .and_then(|number| number.parse().ok());
    [SYS_splice, SYS_tee].map(Some).contains(&number)
}

/// Runs `call` beside a thread that does `then` once the caller waits in splice or tee.
fn beside<T>(call: impl FnOnce() -> T, then: impl FnOnce() + Send) -> T {
    let caller = nix::unistd::gettid();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            until("the caller waits", || waits_in_a_transfer(caller));
            then();
        });
        call()
    })
}

/// For something to come, for room, and for an end that closes.
fn waiting(t: &mut Twin) {
    let [source, sink] = two_files(t);
    let [out, into] = pipe(0);
    let [other_out, other_into] = pipe(0);
    let send = || {
        // SAFETY: five live bytes.
        unsafe { write(into as i32, c"later".as_ptr().cast(), 5) };
    };
    beside(
        || moves(t, "splice", (out, None), (sink, None), 100, 0),
        send,
    );
    beside(
        || moves(t, "splice", (out, None), (other_into, None), 100, 0),
        send,
    );
    beside(
        || moves(t, "tee", (out, None), (other_into, None), 100, 0),
        send,
    );
    fill(into);
    beside(
        || moves(t, "splice", (source, None), (into, None), 4, 0),
        || drop(one_page(out)),
    );
    ending(t, out);
    drain(t, other_out);
    fill(other_into);
    send();
    beside(
        || moves(t, "splice", (out, None), (other_into, None), 4, 0),
        || drop(one_page(other_out)),
    );
    ending(t, other_out);
    let end = || {
        // SAFETY: a descriptor that nobody uses any more.
        unsafe { libc::close(into as i32) };
    };
    drain(t, out);
    beside(
        || moves(t, "splice", (out, None), (sink, None), 100, 0),
        end,
    );
    where_are(t, &[source, sink]);
    t.tree(".");
}

fn interrupted(t: &mut Twin) {
    let [source, sink] = two_files(t);
    let [out, into] = pipe(0);
    let [other_out, other_into] = pipe(0);
    signals::interrupting(|| moves(t, "splice", (out, None), (sink, None), 5, 0));
    signals::interrupting(|| moves(t, "splice", (out, None), (other_into, None), 5, 0));
    signals::interrupting(|| moves(t, "tee", (out, None), (other_into, None), 5, 0));
    fill(into);
    signals::interrupting(|| moves(t, "splice", (source, Some(3)), (into, None), 5, 0));
    put(t, other_into, b"in the pipe");
    signals::interrupting(|| moves(t, "splice", (other_out, None), (into, None), 5, 0));
    signals::interrupting(|| moves(t, "tee", (other_out, None), (into, None), 5, 0));
    signals::interrupting(|| moves(t, "sendfile", (source, None), (into, None), 5, 0));
    t.note("caught", signals::caught() >= 7);
    where_are(t, &[source, sink]);
    t.tree(".");
}

fn sockets(t: &mut Twin) {
    let [source, sink] = two_files(t);
    let [out, into] = pipe(O_NONBLOCK);
    for kind in [SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET] {
        let mut ends = [0; 2];
        // SAFETY: a place for two descriptors.
        unsafe { socketpair(AF_UNIX, kind | SOCK_NONBLOCK, 0, ends.as_mut_ptr()) };
        let [one, two] = ends.map(i64::from);
        put(t, into, b"in the pipe");
        moves(t, "splice", (out, None), (one, None), 5, 0);
        moves(t, "splice", (two, None), (into, None), 3, 0);
        moves(t, "splice", (two, None), (into, None), 3, SPLICE_F_NONBLOCK);
        moves(t, "sendfile", (source, None), (one, None), 5, 0);
        moves(t, "copy_file_range", (source, None), (one, None), 5, 0);
        moves(t, "copy_file_range", (two, None), (sink, None), 5, 0);
        moves(t, "splice", (one, None), (sink, None), 5, 0);
        drain(t, two);
        drain(t, out);
        close(t, &[one, two]);
    }
    where_are(t, &[source, sink]);
    t.tree(".");
}
