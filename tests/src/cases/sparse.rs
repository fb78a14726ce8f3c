//! Where the bytes of a file are and where its holes, and how far a file reaches: what lseek(2) says after calls that
//! write, punch and copy.

use super::rw::positions::last_position;
use super::world;
use crate::arg::Arg;
use crate::args;
use crate::case;
use crate::case::Family;
use crate::filesystem::FileSystem;
use crate::twin::{Twin, blank};
use libc::*;
use std::ffi::CStr;

pub const FAMILY: Family = Family {
    name: "sparse",
    on: FileSystem::ALL,
    cases: &[
        case!(written),
        case!(written_into_holes),
        case!(punched),
        case!(cut_and_grown),
        case!(copied),
        case!(spliced),
        // Which may be as far as numbers go: no file system promises an error.
        case!(last_positions).not_on(&[(
            FileSystem::Fuse,
            "a FUSE file system that tells how large a file may become",
        )]),
        case!(copies_to_last_positions),
    ],
};

const WRITES: [&str; 5] = ["write", "pwrite64", "writev", "pwritev", "pwritev2"];

/// Larger than any block or folio that a hole could be rounded to.
const FAR: i64 = 1 << 20;

fn open(t: &mut Twin, path: &CStr) -> i64 {
    t.call("open", args![path, O_CREAT | O_RDWR | O_TRUNC, 0o644])
}

/// `bytes` at `offset`, in two parts where the call takes some.
fn write(t: &mut Twin, row: &str, fd: i64, bytes: &[u8], offset: i64) {
    let (first, second) = bytes.split_at(bytes.len() / 2);
    let parts = [first, second].map(|part| [part.as_ptr() as usize, part.len()]);
    let parts = Arg::at(parts.as_ptr() as usize, format!("parts[{}]", bytes.len()));
    t.call("lseek", args![fd, offset, SEEK_SET]);
    match row {
        "write" => t.call(row, args![fd, bytes, bytes.len()]),
        "pwrite64" => t.call(row, args![fd, bytes, bytes.len(), offset]),
        "writev" => t.call(row, args![fd, parts, 2]),
        "pwritev" => t.call(row, args![fd, parts, 2, offset, 0]),
        _ => t.call(row, args![fd, parts, 2, offset, 0, 0]),
    };
}

/// Every stretch of data and every hole, and the size. How many blocks that takes is the disk's to say: where its room
/// is in pieces, there is one more to list them.
fn map(t: &mut Twin, fd: i64) {
    let mut at = 0;
    for whence in [SEEK_DATA, SEEK_HOLE].into_iter().cycle().take(40) {
        at = t.call("lseek", args![fd, at, whence]);
        if at < 0 {
            break;
        }
    }
    let mut st: stat = blank();
    t.call("fstat", args![fd, &raw mut st]);
    t.note("size", st.st_size);
}

fn written(t: &mut Twin) {
    for row in WRITES {
        let fd = open(t, c"file");
        for offset in [FAR, 3 * FAR - 5, 1 << 33, 2 * FAR, 0] {
            write(t, row, fd, b"some bytes", offset);
            map(t, fd);
        }
        t.call("fsync", args![fd]);
        map(t, fd);
        t.close(fd);
    }
}

/// Into what was allocated, and into what was cut out.
fn written_into_holes(t: &mut Twin) {
    for row in WRITES {
        let fd = open(t, c"file");
        t.call("fallocate", args![fd, 0, 0, 4 * FAR]);
        map(t, fd);
        write(t, row, fd, b"allocated", FAR);
        map(t, fd);
        let punch = FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE;
        t.call("fallocate", args![fd, punch, 0, 4 * FAR]);
        write(t, row, fd, b"cut out", 2 * FAR + 1);
        map(t, fd);
        t.close(fd);
    }
}

fn punched(t: &mut Twin) {
    let keep = FALLOC_FL_KEEP_SIZE;
    let bytes = vec![b'p'; 4 * FAR as usize];
    for mode in [
        keep | FALLOC_FL_PUNCH_HOLE,
        FALLOC_FL_ZERO_RANGE,
        FALLOC_FL_ZERO_RANGE | keep,
        keep,
        0,
    ] {
        let fd = open(t, c"file");
        t.call("pwrite64", args![fd, &bytes[..], bytes.len(), 0]);
        for (offset, length) in [
            (FAR, FAR),
            (FAR / 2 + 1, FAR),
            (3 * FAR, 1),
            (3 * FAR, 8 * FAR),
            (0, 1),
        ] {
            t.call("fallocate", args![fd, mode, offset, length]);
            map(t, fd);
        }
        let mut found = [b'.'; 8];
        t.call("pread64", args![fd, &mut found, 8, FAR / 2 - 3]);
        t.bytes("around the edge", &found);
        t.close(fd);
    }
}

fn cut_and_grown(t: &mut Twin) {
    let bytes = vec![b'c'; 2 * FAR as usize];
    for by_name in [false, true] {
        let fd = open(t, c"file");
        t.call("pwrite64", args![fd, &bytes[..], bytes.len(), 0]);
        for length in [4 * FAR, FAR + 1, 8 * FAR, 0, FAR] {
            match by_name {
                true => t.call("truncate", args![c"file", length]),
                false => t.call("ftruncate", args![fd, length]),
            };
            map(t, fd);
        }
        write(t, "write", fd, b"at last", FAR - 3);
        map(t, fd);
        t.close(fd);
    }
}

/// A file with a hole at its start, one amid its data, and one at its end.
fn sparse_file(t: &mut Twin) -> i64 {
    let fd = open(t, c"from");
    let bytes = vec![b's'; FAR as usize];
    for offset in [FAR, 3 * FAR] {
        t.call("pwrite64", args![fd, &bytes[..], bytes.len(), offset]);
    }
    t.call("ftruncate", args![fd, 6 * FAR]);
    fd
}

fn copied(t: &mut Twin) {
    let null = std::ptr::null_mut::<u8>();
    for row in ["copy_file_range", "sendfile"] {
        let from = sparse_file(t);
        let to = open(t, c"to");
        for length in [FAR / 2, FAR, 8 * FAR] {
            match row {
                "sendfile" => t.call(row, args![to, from, null, length]),
                _ => t.call(row, args![from, null, to, null, length, 0]),
            };
            map(t, to);
            t.call("lseek", args![from, 0, SEEK_SET]);
        }
        map(t, from);
        t.close(from);
        t.close(to);
    }
}

fn spliced(t: &mut Twin) {
    let null = std::ptr::null_mut::<u8>();
    let from = sparse_file(t);
    let to = open(t, c"to");
    let [out, into] = pipe();
    for (read, written) in [(0, FAR), (FAR, 3 * FAR), (5 * FAR, 0)] {
        let (mut read, mut written): (i64, i64) = (read, written);
        let [read, written] = [&raw mut read, &raw mut written];
        t.call("splice", args![from, read, into, null, 4096, 0]);
        t.call("splice", args![out, null, to, written, 4096, 0]);
        map(t, to);
    }
}

fn pipe() -> [i64; 2] {
    let mut ends = [0; 2];
    // SAFETY: a place for two descriptors.
    assert_eq!(unsafe { pipe2(ends.as_mut_ptr(), O_NONBLOCK) }, 0);
    ends.map(i64::from)
}

/// What fits before the end is written, and no more; beyond it EFBIG.
fn last_positions(t: &mut Twin) {
    let fd = open(t, c"file");
    let end = last_position(fd);
    let around = [end - 4, end - 1, end, end.saturating_add(1)];
    for row in WRITES {
        for offset in around {
            write(t, row, fd, b"12345678", offset);
            t.call("lseek", args![fd, 0, SEEK_CUR]);
            t.call("ftruncate", args![fd, 0]);
        }
    }
    for length in around {
        t.call("ftruncate", args![fd, length]);
        t.call("truncate", args![c"file", length]);
        map(t, fd);
        t.call("ftruncate", args![fd, 0]);
    }
    let keep = FALLOC_FL_KEEP_SIZE;
    for mode in [keep, keep | FALLOC_FL_PUNCH_HOLE] {
        for offset in around {
            for length in [1, 2, 4096] {
                t.call("fallocate", args![fd, mode, offset, length]);
            }
        }
    }
    for offset in around {
        let mut buffer = [b'.'; 8];
        t.call("pread64", args![fd, &mut buffer, 8, offset]);
        t.call("sync_file_range", args![fd, offset, 8, 7]);
    }
}

fn copies_to_last_positions(t: &mut Twin) {
    world::file("from", "12345678");
    let from = t.call("open", args![c"from", O_RDONLY]);
    let to = open(t, c"to");
    let end = last_position(to);
    for row in ["copy_file_range", "sendfile", "splice"] {
        for offset in [end - 4, end - 1, end] {
            let (mut read, mut written) = (0i64, offset);
            let [reading, writing] = [&raw mut read, &raw mut written];
            let null = std::ptr::null_mut::<u8>();
            match row {
                "sendfile" => {
                    t.call("lseek", args![to, offset, SEEK_SET]);
                    t.call(row, args![to, from, reading, 8]);
                }
                "splice" => {
                    let [out, into] = pipe();
                    t.call("write", args![into, b"12345678", 8]);
                    t.call(row, args![out, null, to, writing, 8, 0]);
                }
                _ => drop(t.call(row, args![from, reading, to, writing, 8, 0])),
            }
            t.note("offsets", format_args!("{read} {written}"));
            t.call("lseek", args![to, 0, SEEK_CUR]);
            t.call("ftruncate", args![to, 0]);
        }
    }
}
