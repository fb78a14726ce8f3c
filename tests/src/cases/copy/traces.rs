//! What a move leaves on a file besides its bytes: mode and times.

use super::ends::{close, moves, put, two_files};
use crate::cases::world;
use crate::nameless::pipe;
use crate::stamps;
use crate::twin::Twin;
use crate::users::self_and_ordinary;
use libc::*;

/// Writing takes set-user-ID and set-group-ID away, unless the writer is privileged.
pub fn privilege_bits(t: &mut Twin) {
    self_and_ordinary(t, |t| {
        for mode in world::PRIVILEGE_BITS {
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
    });
}

pub fn times(t: &mut Twin) {
    for row in ["copy_file_range", "sendfile", "splice out", "splice in"] {
        for length in [0, 2] {
            let [source, sink] = two_files(t);
            let [out, into] = pipe(O_NONBLOCK);
            put(t, into, b"piped");
            for path in ["from", "to"] {
                stamps::make_old(path);
            }
            match row {
                "splice out" => moves(t, "splice", (source, None), (into, None), length, 0),
                "splice in" => moves(t, "splice", (out, None), (sink, None), length, 0),
                _ => moves(t, row, (source, None), (sink, None), length, 0),
            };
            close(t, &[source, sink, out, into]);
            for path in ["from", "to"] {
                stamps::note_old(t, path);
            }
        }
    }
}
