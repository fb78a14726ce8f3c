//! readv, writev, preadv, pwritev, preadv2, pwritev2: what a vector adds to reading and writing.

use super::world;
use crate::arg::Arg;
use crate::args;
use crate::case;
use crate::case::Family;
use crate::filesystem::FileSystem;
use crate::memory::{self, Spot};
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

const READS: [&str; 3] = ["readv", "preadv", "preadv2"];
const WRITES: [&str; 3] = ["writev", "pwritev", "pwritev2"];
const ALL: [&str; 6] = [
    "readv", "preadv", "preadv2", "writev", "pwritev", "pwritev2",
];

macro_rules! each {
    ($($row:literal)* => $errnos:expr) => { &[$(($row, $errnos)),*] };
}

pub const FAMILY: Family = Family {
    name: "vector",
    on: FileSystem::ALL,
    cases: &[
        case!(positions),
        case!(parts),
        case!(overlapping_parts),
        case!(parts_over_the_vector),
        case!(counts)
            .sees(each!("readv" "preadv" "preadv2" "writev" "pwritev" "pwritev2" => &[EINVAL])),
        case!(bad_vectors)
            .sees(each!("readv" "preadv" "preadv2" "writev" "pwritev" "pwritev2" => &[EFAULT])),
        case!(lengths).sees(each!("readv" "preadv" "writev" "pwritev" => &[EINVAL])),
        case!(bad_parts)
            .sees(each!("readv" "preadv" "preadv2" "writev" "pwritev" "pwritev2" => &[EFAULT])),
        case!(parts_that_end),
        case!(offsets).sees(each!("preadv" "pwritev" "preadv2" "pwritev2" => &[EINVAL])),
        case!(flags).sees(each!("preadv2" "pwritev2" => &[EOPNOTSUPP])),
        case!(flags_on_many_descriptors).sees(each!("preadv2" "pwritev2" => &[EOPNOTSUPP])),
        case!(append),
        case!(shared_position),
        case!(holes),
        case!(wrong_descriptors)
            .sees(each!("readv" "preadv" "preadv2" "writev" "pwritev" "pwritev2" => &[EBADF])),
        case!(directories).sees(each!("readv" "preadv" "preadv2" => &[EISDIR])),
        case!(synchronous),
        case!(direct),
        case!(pipes).sees(&[
            ("readv", &[EAGAIN]),
            ("writev", &[EAGAIN, EPIPE]),
            ("preadv2", &[EAGAIN, ESPIPE]),
            ("pwritev2", &[EAGAIN, EPIPE, ESPIPE]),
            ("preadv", &[ESPIPE]),
            ("pwritev", &[ESPIPE]),
        ]),
        case!(broken_pipe_kills),
        case!(sockets).sees(each!("writev" "pwritev2" => &[EDESTADDRREQ])),
        case!(interrupted).sees(each!("readv" "writev" "preadv2" "pwritev2" => &[EINTR])),
        case!(devices).sees(each!("writev" "pwritev" "pwritev2" => &[ENOSPC])),
        case!(own_memory)
            .sees(each!("readv" "preadv" "preadv2" "writev" "pwritev" "pwritev2" => &[EIO])),
        case!(sealed_memory).sees(each!("writev" "pwritev" "pwritev2" => &[EPERM])),
        case!(file_size_limit).sees(each!("writev" "pwritev" "pwritev2" => &[EFBIG])),
        case!(file_size_limit_kills),
        case!(full_file_system)
            .needs(&[Need::Mounts])
            .sees(each!("writev" "pwritev" "pwritev2" => &[ENOSPC])),
        case!(privilege_bits),
        case!(times),
        case!(deleted_file),
        case!(large_transfers),
    ],
};

const CONTENTS: &str = "0123456789abcdefghijklmnopqrstuvwxyz";
/// preadv2's and pwritev2's: at the shared position.
const HERE: i64 = -1;

/// A `struct iovec` for each part.
struct Vector {
    parts: Vec<[usize; 2]>,
    shown: String,
}

impl Vector {
    fn new(parts: impl IntoIterator<Item = (Arg, usize)>) -> Self {
        let (mut all, mut shown) = (Vec::new(), Vec::new());
        for (place, length) in parts {
            all.push([place.raw, length]);
            shown.push(format!("{}:{length:#x}", place.shown));
        }
        shown.truncate(4);
        Self {
            shown: format!("{}[{}]", shown.join(" "), all.len()),
            parts: all,
        }
    }

    /// Into or from one stretch of memory, cut into these lengths.
    fn cut(bytes: &mut [u8], lengths: &[usize]) -> Self {
        let mut at = bytes.as_mut_ptr() as usize;
        Self::new(lengths.iter().map(|&length| {
            let part = (Arg::at(at, "part"), length);
            at += length;
            part
        }))
    }

    fn arg(&self) -> Arg {
        Arg::at(self.parts.as_ptr() as usize, self.shown.clone())
    }
}

/// With any vector and count; `offset` for those that take one, flags for those that take some.
fn raw(
    t: &mut Twin,
    row: &str,
    fd: &Arg,
    (vector, count): (&Arg, &Arg),
    offset: i64,
    flags: u32,
) -> i64 {
    let high = 0x1234_5678u64;
    match row {
        "readv" | "writev" => t.call(row, args![fd, vector, count]),
        "preadv" | "pwritev" => t.call(row, args![fd, vector, count, offset, high]),
        _ => t.call(row, args![fd, vector, count, offset, high, flags]),
    }
}

fn call(t: &mut Twin, row: &str, fd: i64, vector: &Vector, offset: i64) -> i64 {
    let count = Arg::from(vector.parts.len());
    raw(t, row, &fd.into(), (&vector.arg(), &count), offset, 0)
}

fn flagged(t: &mut Twin, row: &str, fd: i64, vector: &Vector, offset: i64, flags: u32) -> i64 {
    let count = Arg::from(vector.parts.len());
    raw(t, row, &fd.into(), (&vector.arg(), &count), offset, flags)
}

fn open(t: &mut Twin, path: &CStr, flags: i32) -> i64 {
    t.call("open", args![path, flags, 0o644])
}

fn open_contents(t: &mut Twin) -> i64 {
    world::file("file", CONTENTS);
    open(t, c"file", O_RDWR)
}

fn seek(t: &mut Twin, fd: i64, to: i64) {
    t.call("lseek", args![fd, to, SEEK_SET]);
}

fn where_is(t: &mut Twin, fd: i64) {
    t.call("lseek", args![fd, 0, SEEK_CUR]);
}

/// Reads into parts of these lengths, and shows what came.
fn reads(t: &mut Twin, row: &str, fd: i64, lengths: &[usize], offset: i64) {
    let mut bytes = vec![b'.'; lengths.iter().sum()];
    let vector = Vector::cut(&mut bytes, lengths);
    call(t, row, fd, &vector, offset);
    t.bytes("read", &bytes[..bytes.len().min(100)]);
}

fn writes(t: &mut Twin, row: &str, fd: i64, lengths: &[usize], offset: i64) {
    let length = lengths.iter().sum::<usize>();
    let mut bytes: Vec<u8> = (b'A'..=b'Z').cycle().take(length).collect();
    let vector = Vector::cut(&mut bytes, lengths);
    call(t, row, fd, &vector, offset);
}

fn moves(t: &mut Twin, row: &str, fd: i64, lengths: &[usize], offset: i64) {
    match READS.contains(&row) {
        true => reads(t, row, fd, lengths, offset),
        false => writes(t, row, fd, lengths, offset),
    }
}

fn positions(t: &mut Twin) {
    for lengths in [&[3, 4][..], &[20, 20], &[1, 0, 1], &[100]] {
        let fd = open_contents(t);
        for offset in [0, 30, 36, 100, HERE] {
            for (read, write) in READS.iter().zip(WRITES) {
                reads(t, read, fd, lengths, offset);
                where_is(t, fd);
                writes(t, write, fd, lengths, offset);
                where_is(t, fd);
                t.tree(".");
            }
        }
        t.close(fd);
    }
}

fn parts(t: &mut Twin) {
    let thousand = [1; 1000];
    let most = [2; 1024];
    let empty = [0; 1024];
    for lengths in [
        &[0][..],
        &[0, 0, 0],
        &[0, 5],
        &[5, 0],
        &[0, 5, 0, 0, 5, 0],
        &[36],
        &[1, 35],
        &[35, 1, 1],
        &[4096, 4096],
        &thousand,
        &most,
        &empty,
    ] {
        let fd = open_contents(t);
        for row in READS {
            seek(t, fd, 0);
            reads(t, row, fd, lengths, 2);
            where_is(t, fd);
        }
        for row in WRITES {
            seek(t, fd, 7);
            writes(t, row, fd, lengths, 2);
            where_is(t, fd);
            t.tree(".");
        }
        t.close(fd);
    }
}

/// Later parts overwrite what earlier ones were given.
fn overlapping_parts(t: &mut Twin) {
    for (first, second) in [
        ((0, 10), (5, 10)),
        ((5, 10), (0, 10)),
        ((0, 20), (0, 20)),
        ((3, 4), (2, 9)),
    ] {
        let fd = open_contents(t);
        for row in ALL {
            let mut bytes = [b'.'; 40];
            let base = bytes.as_mut_ptr() as usize;
            let part = |(at, length)| (Arg::at(base + at, "part"), length);
            let vector = Vector::new([first, second, first].map(part));
            seek(t, fd, 0);
            call(t, row, fd, &vector, 1);
            t.bytes("bytes", &bytes);
        }
        t.close(fd);
        t.tree(".");
    }
}

/// The vector is read before anything is written, so it may lie where the bytes go.
fn parts_over_the_vector(t: &mut Twin) {
    let bytes: Vec<u8> = (0..64u8).collect();
    fs::write("file", &bytes).expect("file");
    let fd = open(t, c"file", O_RDWR);
    for row in READS {
        let mut behind = [b'.'; 16];
        let mut vector = [[0usize; 2]; 2];
        let place = vector.as_mut_ptr() as usize;
        vector = [[place, 32], [behind.as_mut_ptr() as usize, 16]];
        let shown = Arg::at(vector.as_ptr() as usize, "itself");
        seek(t, fd, 0);
        raw(t, row, &fd.into(), (&shown, &2.into()), 0, 0);
        t.note("words", format_args!("{vector:x?}"));
        t.bytes("behind", &behind);
    }
}

fn counts(t: &mut Twin) {
    let fd = open_contents(t);
    let mut bytes = [b'.'; 4096];
    let vector = Vector::cut(&mut bytes, &[1; 1100]);
    let counts = [
        Arg::from(0),
        1.into(),
        1024.into(),
        1025.into(),
        1100.into(),
        (-1).into(),
        i32::MIN.into(),
        i32::MAX.into(),
        (1u64 << 32).into(),
        ((1u64 << 32) + 1).into(),
        (1u64 << 63).into(),
        u32::MAX.into(),
    ];
    for row in ALL {
        for count in &counts {
            seek(t, fd, 0);
            raw(t, row, &fd.into(), (&vector.arg(), count), 3, 0);
            where_is(t, fd);
        }
        raw(t, row, &fd.into(), (&0.into(), &0.into()), 0, 0);
        raw(t, row, &99.into(), (&0.into(), &0.into()), 0, 0);
    }
    t.bytes("bytes", &bytes[..64]);
    t.tree(".");
}

fn bad_vectors(t: &mut Twin) {
    let fd = open_contents(t);
    let mut bytes = [b'.'; 64];
    let good = Vector::cut(&mut bytes, &[4, 4]);
    let words: Vec<u8> = good
        .parts
        .iter()
        .flatten()
        .flat_map(|word| word.to_ne_bytes())
        .collect();
    let mut places = memory::bad();
    places.push(memory::read_only());
    places.extend([8, 15, 16, 24, 31, 32].map(|length| memory::before_the_edge(&words[..length])));
    for row in ALL {
        for place in &places {
            for count in [0, 1, 2, 3] {
                seek(t, fd, 0);
                raw(t, row, &fd.into(), (&place.into(), &count.into()), 0, 0);
                where_is(t, fd);
            }
        }
    }
    t.tree(".");
}

/// Lengths no part or no sum may have, and those the kernel cuts.
fn lengths(t: &mut Twin) {
    let fd = open_contents(t);
    let low = memory::low();
    let most = i64::MAX as usize;
    let rows = ALL
        .into_iter()
        .filter(|row| row.starts_with("p") || *row == "readv");
    for row in rows.chain(["writev"]) {
        for lengths in [
            &[most][..],
            &[most + 1],
            &[usize::MAX],
            &[most, 1],
            &[1, most],
            &[4, usize::MAX],
            &[1 << 62, 1 << 62],
            &[usize::MAX, usize::MAX],
        ] {
            let vector = Vector::new(lengths.iter().map(|&length| (Arg::from(&low), length)));
            seek(t, fd, 0);
            call(t, row, fd, &vector, 0);
            where_is(t, fd);
        }
    }
    for row in READS {
        for lengths in [
            &[0x7fff_f000][..],
            &[0x7fff_f001, 8],
            &[4, 0x7fff_ffff],
            &[1 << 40, 8],
        ] {
            let vector = Vector::new(lengths.iter().map(|&length| (Arg::from(&low), length)));
            seek(t, fd, 0);
            call(t, row, fd, &vector, 0);
            where_is(t, fd);
            t.bytes("low", &memory::contents(&low, 40));
        }
    }
    t.tree(".");
}

/// One part of three leads nowhere: what comes before it counts.
fn bad_parts(t: &mut Twin) {
    let mut places = memory::bad();
    places.push(memory::read_only());
    for row in ALL {
        for place in &places {
            for wrong in 0..3 {
                for length in [0usize, 1, 8] {
                    one_bad_part(t, row, (place, length), wrong);
                }
            }
        }
    }
    t.tree(".");
}

fn one_bad_part(t: &mut Twin, row: &str, (place, length): (&Spot, usize), wrong: usize) {
    let fd = open_contents(t);
    let mut bytes = [b'.'; 16];
    let base = bytes.as_mut_ptr() as usize;
    let vector = Vector::new((0..3).map(|i| match i == wrong {
        true => (Arg::from(place), length),
        false => (Arg::at(base + i * 5, "part"), 5),
    }));
    call(t, row, fd, &vector, 10);
    where_is(t, fd);
    t.bytes("bytes", &bytes);
    t.close(fd);
    if WRITES.contains(&row) {
        t.tree(".");
    }
}

/// A part that goes on where memory does not.
fn parts_that_end(t: &mut Twin) {
    for row in ALL {
        for room in [0, 1, 5, 4095, 4096] {
            for second in [PROT_NONE, PROT_READ] {
                for wrong in [0, 1] {
                    one_part_that_ends(t, row, (room, second), wrong);
                }
            }
        }
    }
}

fn one_part_that_ends(t: &mut Twin, row: &str, (room, second): (usize, i32), wrong: usize) {
    fs::write("file", vec![b'f'; 9000]).expect("file");
    let fd = open(t, c"file", O_RDWR);
    let spot = memory::room_before(room, second);
    // FUSE writes up to the end of memory what is resident already, and nothing otherwise.
    let readable = if second == PROT_NONE { room } else { room + 10 };
    memory::contents(&spot, readable);
    let mut bytes = vec![b'.'; 4100];
    let mut parts = vec![(Arg::from(&mut bytes[..]), 4100)];
    parts.insert(wrong, (Arg::from(&spot), room + 10));
    call(t, row, fd, &Vector::new(parts), 3);
    where_is(t, fd);
    t.bytes("room", &memory::contents(&spot, room.min(20)));
    t.bytes("bytes", &bytes[..20]);
    t.close(fd);
    t.tree(".");
}

fn offsets(t: &mut Twin) {
    let fd = open_contents(t);
    let (max, min) = (i64::MAX, i64::MIN);
    for offset in [
        -1,
        -2,
        -8,
        min,
        min + 1,
        max,
        max - 7,
        max - 8,
        max - 1000,
        1 << 32,
        35,
        36,
        37,
        0,
    ] {
        for row in ALL {
            for lengths in [&[][..], &[0], &[1], &[4, 4], &[1000]] {
                if READS.contains(&row) {
                    reads(t, row, fd, lengths, offset);
                } else if offset != 1 << 32 {
                    writes(t, row, fd, lengths, offset);
                    t.call("ftruncate", args![fd, 36]);
                }
            }
        }
        where_is(t, fd);
    }
    t.tree(".");
}

/// RWF_HIPRI, DSYNC, SYNC, NOWAIT, APPEND, NOAPPEND, ATOMIC, DONTCACHE, and what has no name yet.
fn all_flags() -> Vec<u32> {
    let mut flags: Vec<u32> = (0..32).map(|bit| 1 << bit).collect();
    flags.extend([
        0,
        2 | 4,
        8 | 16,
        16 | 32,
        2 | 16,
        8 | 1,
        64 | 2,
        128 | 4,
        u32::MAX,
    ]);
    flags
}

fn flags(t: &mut Twin) {
    for flags in all_flags() {
        for offset in [0, 10, HERE, -2, 36] {
            for (lengths, status) in [(&[4, 4][..], 0), (&[8], O_APPEND), (&[0], 0)] {
                let fd = open_contents(t);
                t.call("fcntl", args![fd, F_SETFL, status]);
                seek(t, fd, 20);
                let mut bytes = *b"WXYZwxyz";
                let vector = Vector::cut(&mut bytes, lengths);
                flagged(t, "pwritev2", fd, &vector, offset, flags);
                where_is(t, fd);
                t.tree(".");
                flagged(t, "preadv2", fd, &vector, offset, flags & !128);
                where_is(t, fd);
                t.bytes("bytes", &bytes);
                t.close(fd);
            }
        }
    }
}

fn flags_on_many_descriptors(t: &mut Twin) {
    let _reader = world::build("w");
    let mut fds = [
        (c"w/file", O_RDONLY),
        (c"w/file", O_PATH),
        (c"w/dir", O_RDONLY),
        (c"/dev/null", O_RDWR),
        (c"/dev/zero", O_RDWR),
        (c"/proc/self/comm", O_RDWR),
    ]
    .map(|(path, flags)| open(t, path, flags))
    .to_vec();
    let [out, into] = pipe(O_NONBLOCK);
    // SAFETY: no memory is involved but the name.
    fds.extend(
        unsafe {
            [
                eventfd(0, EFD_NONBLOCK),
                memfd_create(c"memory".as_ptr(), 0),
            ]
        }
        .map(i64::from),
    );
    fds.extend([out, into, -1, 99]);
    for fd in fds {
        for flags in all_flags() {
            for offset in [0, HERE] {
                let mut bytes = *b"WXYZwxyz";
                let vector = Vector::cut(&mut bytes, &[8]);
                flagged(t, "pwritev2", fd, &vector, offset, flags);
                flagged(t, "preadv2", fd, &vector, offset, flags);
                t.bytes("bytes", &bytes);
            }
        }
    }
}

fn append(t: &mut Twin) {
    for row in WRITES {
        for offset in [0, 5, 100, HERE] {
            let fd = open_contents(t);
            t.call("fcntl", args![fd, F_SETFL, O_APPEND]);
            let other = open(t, c"file", O_RDWR);
            for fd in [fd, other, fd] {
                writes(t, row, fd, &[2, 3], offset);
                where_is(t, fd);
                t.tree(".");
            }
            t.close(fd);
            t.close(other);
        }
    }
}

fn shared_position(t: &mut Twin) {
    let fd = open_contents(t);
    let twin = t.call("dup", args![fd]);
    let apart = open(t, c"file", O_RDWR);
    for fd in [fd, twin, apart] {
        reads(t, "readv", fd, &[2, 1], 0);
        reads(t, "preadv2", fd, &[1, 1], HERE);
        where_is(t, fd);
    }
    t.fork("child", |t| {
        reads(t, "readv", fd, &[1, 1], 0);
        writes(t, "pwritev2", twin, &[2, 2], HERE);
        writes(t, "writev", fd, &[2, 2], 0);
        where_is(t, fd);
    });
    where_is(t, fd);
    where_is(t, apart);
    t.tree(".");
}

fn holes(t: &mut Twin) {
    for (read, write) in READS.iter().zip(WRITES) {
        world::file("file", "");
        let fd = open(t, c"file", O_RDWR);
        for offset in [10_000i64, 1 << 20, 1 << 33] {
            seek(t, fd, offset);
            writes(t, write, fd, &[3, 3], offset);
            seek(t, fd, offset - 6);
            reads(t, read, fd, &[5, 0, 10], offset - 6);
            seek(t, fd, 100);
            reads(t, read, fd, &[4, 4], 100);
            where_is(t, fd);
        }
        t.close(fd);
    }
    t.tree(".");
}

fn wrong_descriptors(t: &mut Twin) {
    world::file("file", CONTENTS);
    let high = 0xdead_beef_0000_0000u64;
    let opened = [O_RDONLY, O_WRONLY, O_PATH, O_ACCMODE].map(|flags| open(t, c"file", flags));
    let others = [-1, 99, i32::MAX, i32::MIN, AT_FDCWD].map(i64::from);
    for fd in opened.into_iter().chain(others) {
        for fd in [fd as u64, high | (fd as u64 & 0xffff_ffff)] {
            for row in ALL {
                for lengths in [&[4, 4][..], &[0]] {
                    let mut bytes = [b'.'; 8];
                    let vector = Vector::cut(&mut bytes, lengths);
                    let count = lengths.len();
                    raw(t, row, &fd.into(), (&vector.arg(), &count.into()), 2, 0);
                    t.bytes("bytes", &bytes);
                }
            }
        }
    }
    t.tree(".");
}

fn directories(t: &mut Twin) {
    world::dir("dir");
    for flags in [O_RDONLY, O_PATH] {
        let fd = open(t, c"dir", flags);
        for row in READS {
            reads(t, row, fd, &[4, 4], 0);
            reads(t, row, fd, &[0], 0);
            reads(t, row, fd, &[], 0);
        }
        for row in WRITES {
            writes(t, row, fd, &[4, 4], 0);
        }
    }
}

fn synchronous(t: &mut Twin) {
    for flags in [
        O_SYNC,
        O_DSYNC,
        O_SYNC | O_APPEND,
        O_NONBLOCK,
        O_ASYNC,
        O_NOATIME,
    ] {
        for row in ALL {
            world::file("file", CONTENTS);
            let fd = open(t, c"file", O_RDWR | flags);
            moves(t, row, fd, &[4, 2], 20);
            where_is(t, fd);
            t.close(fd);
            t.tree(".");
        }
    }
}

fn direct(t: &mut Twin) {
    fs::write("file", vec![b'd'; 16384]).expect("file");
    let fd = open(t, c"file", O_RDWR | O_DIRECT);
    let pages = [0, 1].map(|_| memory::room_before(memory::PAGE, PROT_NONE));
    for (skip, count, offset) in [
        (0, 4096, 0),
        (1, 512, 0),
        (0, 100, 0),
        (0, 4096, 1),
        (0, 4096, 12288),
    ] {
        let part = |page: &Spot| (Arg::at(page.address + skip, format!("page+{skip}")), count);
        let vector = Vector::new(pages.iter().map(part));
        for row in ALL {
            seek(t, fd, offset);
            call(t, row, fd, &vector, offset);
            where_is(t, fd);
        }
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
    for offset in [HERE, 0] {
        for (read, write) in READS.iter().zip(WRITES) {
            reads(t, read, out, &[4, 4], offset);
            writes(t, write, into, &[4, 6], offset);
            reads(t, read, out, &[3, 3, 0, 10], offset);
            writes(t, write, out, &[4], offset);
            reads(t, read, into, &[4], offset);
        }
    }
    for row in ["writev", "pwritev2"] {
        while has_room(into) {
            writes(t, row, into, &[60_000, 1], HERE);
        }
        writes(t, row, into, &[1], HERE);
    }
    t.close(out);
    for row in WRITES {
        writes(t, row, into, &[1, 1], HERE);
        writes(t, row, into, &[0], HERE);
        t.note("SIGPIPE", signals::caught());
    }
}

fn has_room(fd: i64) -> bool {
    let mut poll = pollfd {
        fd: fd as i32,
        events: POLLOUT,
        revents: 0,
    };
    // SAFETY: one live structure.
    unsafe { libc::poll(&raw mut poll, 1, 0) == 1 }
}

fn broken_pipe_kills(t: &mut Twin) {
    let [out, into] = pipe(0);
    t.close(out);
    for row in ["writev", "pwritev2"] {
        t.fork("writes to nobody", |t| {
            // The Rust runtime ignores it.
            // SAFETY: the default action is no handler of ours.
            unsafe { signal(SIGPIPE, SIG_DFL) };
            writes(t, row, into, &[1, 1], HERE);
            t.note("not", "reached");
        });
    }
}

/// A vector is one datagram.
fn sockets(t: &mut Twin) {
    signals::ignore(Signal::SIGPIPE);
    for kind in [SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET] {
        let mut ends = [0; 2];
        // SAFETY: a place for two descriptors.
        unsafe { socketpair(AF_UNIX, kind | SOCK_NONBLOCK, 0, ends.as_mut_ptr()) };
        let [one, two] = ends.map(i64::from);
        for (read, write) in READS.iter().zip(WRITES) {
            for offset in [HERE, 0] {
                writes(t, write, one, &[3, 0, 4], offset);
                writes(t, write, one, &[2], offset);
                reads(t, read, two, &[2, 2], offset);
                reads(t, read, two, &[20], offset);
            }
        }
        t.close(two);
        writes(t, "writev", one, &[1, 1], 0);
        t.close(one);
    }
    // SAFETY: no memory is involved.
    let fd = unsafe { socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0) };
    for row in WRITES {
        writes(t, row, fd.into(), &[1, 1], HERE);
    }
}

fn interrupted(t: &mut Twin) {
    let [out, into] = pipe(0);
    let mut bytes = vec![0u8; 1 << 20];
    let small = Vector::cut(&mut bytes, &[4, 4]);
    let large = Vector::cut(&mut bytes, &[1 << 19, 1 << 19]);
    for row in ["readv", "preadv2"] {
        signals::interrupting(|| call(t, row, out, &small, HERE));
    }
    // The pipe fills: first a partial count, then nothing at all.
    for row in ["writev", "pwritev2"] {
        signals::interrupting(|| call(t, row, into, &large, HERE));
        signals::interrupting(|| call(t, row, into, &small, HERE));
    }
    t.note("caught", signals::caught() >= 6);
}

fn devices(t: &mut Twin) {
    for path in [c"/dev/null", c"/dev/zero", c"/dev/full"] {
        let fd = open(t, path, O_RDWR);
        for offset in [0, 1 << 40, HERE] {
            ALL.iter()
                .for_each(|row| moves(t, row, fd, &[4, 4], offset));
        }
        where_is(t, fd);
    }
}

fn own_memory(t: &mut Twin) {
    let fd = open(t, c"/proc/self/mem", O_RDWR);
    for offset in [0, 4096, HERE] {
        ALL.iter()
            .for_each(|row| moves(t, row, fd, &[4, 4], offset));
    }
}

fn sealed_memory(t: &mut Twin) {
    for seal in [
        F_SEAL_WRITE,
        F_SEAL_GROW,
        F_SEAL_SHRINK,
        F_SEAL_FUTURE_WRITE,
    ] {
        for row in WRITES {
            // SAFETY: the name is terminated.
            let fd = unsafe { memfd_create(c"sealed".as_ptr(), MFD_ALLOW_SEALING) }.into();
            t.call("write", args![fd, b"before", 6]);
            t.call("fcntl", args![fd, F_ADD_SEALS, seal]);
            for offset in [HERE, 0, 4] {
                writes(t, row, fd, &[2, 3], offset);
            }
            reads(t, "preadv", fd, &[8, 8], 0);
            t.close(fd);
        }
    }
}

/// Up to the limit what fits is written; beyond it EFBIG, and SIGXFSZ for the thread that wrote.
fn file_size_limit(t: &mut Twin) {
    signals::catch(Signal::SIGXFSZ);
    world::file("file", "");
    let fd = open(t, c"file", O_RDWR);
    setrlimit(Resource::RLIMIT_FSIZE, 10, RLIM_INFINITY).expect("limit");
    for row in WRITES {
        seek(t, fd, 0);
        for (lengths, offset) in [
            (&[2, 2][..], 0),
            (&[4, 8], 4),
            (&[1], 10),
            (&[0], 20),
            (&[4, 4], 8),
            (&[4], 0),
        ] {
            writes(t, row, fd, lengths, offset);
            where_is(t, fd);
            t.note("signals", signals::caught());
        }
    }
    setrlimit(Resource::RLIMIT_FSIZE, RLIM_INFINITY, RLIM_INFINITY).expect("limit");
    writes(t, "writev", fd, &[8, 8], 0);
    t.tree(".");
}

fn file_size_limit_kills(t: &mut Twin) {
    world::file("file", "");
    let fd = open(t, c"file", O_RDWR);
    for row in WRITES {
        t.fork("writes too much", |t| {
            setrlimit(Resource::RLIMIT_CORE, 0, 0).expect("limit");
            setrlimit(Resource::RLIMIT_FSIZE, 3, 3).expect("limit");
            writes(t, row, fd, &[3, 3], 0);
            writes(t, row, fd, &[3, 3], 6);
            t.note("not", "reached");
        });
        seek(t, fd, 0);
    }
    t.tree(".");
}

fn full_file_system(t: &mut Twin) {
    world::dir("m");
    mounts::tmpfs(Path::new("m"), "size=16k").expect("tmpfs");
    for row in WRITES {
        let fd = open(t, c"m/file", O_CREAT | O_RDWR | O_TRUNC);
        for offset in [0, 4096, 1 << 20] {
            writes(t, row, fd, &[5000, 1, 20_000, 15_000], offset);
            where_is(t, fd);
        }
        t.close(fd);
        t.tree("m");
    }
}

/// Writing takes set-user-ID and set-group-ID away, unless the writer is privileged.
fn privilege_bits(t: &mut Twin) {
    let body = |t: &mut Twin| {
        for mode in [0o6777, 0o4755, 0o2755, 0o2745, 0o1777] {
            for row in WRITES {
                world::file("f", "x");
                world::chmod("f", mode);
                let fd = open(t, c"f", O_RDWR);
                writes(t, row, fd, &[0, 0], 0);
                t.tree(".");
                writes(t, row, fd, &[0, 1], 0);
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
    for row in ALL {
        for lengths in [&[2, 2][..], &[0]] {
            for flags in [O_RDWR, O_RDWR | O_NOATIME] {
                world::file("file", CONTENTS);
                let file = fs::File::options().write(true).open("file").expect("file");
                file.set_times(fs::FileTimes::new().set_accessed(old).set_modified(old))
                    .expect("times");
                let fd = open(t, c"file", flags);
                moves(t, row, fd, lengths, 0);
                t.close(fd);
                let meta = fs::metadata("file").expect("file");
                let (read, written) =
                    (meta.atime() == 1_000_000_000, meta.mtime() == 1_000_000_000);
                t.note("untouched", format_args!("read {read} written {written}"));
            }
        }
    }
}

fn deleted_file(t: &mut Twin) {
    let fd = open_contents(t);
    fs::remove_file("file").expect("file");
    for row in ALL {
        moves(t, row, fd, &[3, 3], 2);
        where_is(t, fd);
    }
    reads(t, "preadv", fd, &[20, 30], 0);
}

/// Larger than any bounce buffer, in parts and as a whole.
fn large_transfers(t: &mut Twin) {
    let mut bytes: Vec<u8> = (0..9_000_001u32)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    let mut back = vec![0u8; bytes.len()];
    for lengths in [
        &[9_000_001][..],
        &[3_000_000, 1, 5_000_000, 1_000_000],
        &[8_388_608, 611_393],
    ] {
        for (read, write) in READS.iter().zip(WRITES) {
            world::file("file", "");
            let fd = open(t, c"file", O_RDWR);
            let from = Vector::cut(&mut bytes, lengths);
            call(t, write, fd, &from, 0);
            where_is(t, fd);
            seek(t, fd, 0);
            back.fill(0);
            let to = Vector::cut(&mut back, lengths);
            call(t, read, fd, &to, 0);
            where_is(t, fd);
            t.note("the same came back", back == bytes);
            t.close(fd);
        }
    }
}
