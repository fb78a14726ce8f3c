//! Offsets in memory that is not there, ends, or cannot be written.

use super::ends::{FILES, close, drain, put, raw, two_files, where_are};
use crate::arg::Arg;
use crate::cases::world;
use crate::contents::open;
use crate::memory;
use crate::nameless::pipe;
use crate::twin::Twin;
use libc::*;

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

pub fn bad_offsets(t: &mut Twin) {
    for spot in memory::bad().iter().filter(|spot| spot.address != 0) {
        for length in [0, 4] {
            with_pointers(t, &spot.into(), length);
        }
    }
}

/// An offset that can be read, not written: what was moved has gone all the same.
pub fn fixed_offsets(t: &mut Twin) {
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
    one_fixed_offset(t, &at);
}

/// What could be written before has been, whichever of the two it is that cannot.
fn one_fixed_offset(t: &mut Twin, fixed: &Arg) {
    for (fixed_source, length) in [(false, 4), (true, 4), (true, 1000)] {
        let [source, sink] = two_files(t);
        let mut cell = 3i64;
        let good = Arg::at(&raw mut cell as usize, "&3");
        let (from, to) = match fixed_source {
            true => (fixed, &good),
            false => (&good, fixed),
        };
        let ends = ((&source.into(), from), (&sink.into(), to));
        raw(t, "copy_file_range", ends, length, 0);
        t.note("offset", cell);
        where_are(t, &[source, sink]);
        close(t, &[source, sink]);
        t.tree(".");
    }
}

/// An offset across the edge of a page that is missing, or may not be written.
pub fn offsets_that_end(t: &mut Twin) {
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
