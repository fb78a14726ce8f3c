//! Places for the answer: missing, ending, read-only.

use crate::cases::world;
use crate::twin::Twin;
use crate::{args, memory};
use libc::*;

/// The answer is written whole or not at all, and not beyond its length.
pub fn bad_buffers(t: &mut Twin) {
    world::file("file", "");
    let fd = t.call("open", args![c"file", O_RDONLY]);
    let mut places = memory::bad();
    places.push(memory::read_only());
    places.extend([0, 1, 100, 143].map(|room| memory::room_before(room, PROT_NONE)));
    places.extend([0, 143].map(|room| memory::room_before(room, PROT_READ)));
    for place in &places {
        for path in [c"file", c"nowhere"] {
            t.call("stat", args![path, place]);
            t.call("lstat", args![path, place]);
            t.call("newfstatat", args![AT_FDCWD, path, place, 0]);
            t.call("statx", args![AT_FDCWD, path, 0, STATX_ALL, place]);
        }
        t.call("fstat", args![fd, place]);
        t.call("fstat", args![99, place]);
    }
}

/// Just enough room is enough, and nothing behind it changes.
pub fn exact_buffers(t: &mut Twin) {
    world::file("file", "");
    for (room, row) in [(144, "stat"), (144, "lstat"), (256, "statx")] {
        let place = memory::room_before(room, PROT_NONE);
        match row {
            "statx" => t.call(row, args![AT_FDCWD, c"file", 0, STATX_ALL, &place]),
            _ => t.call(row, args![c"file", &place]),
        };
    }
    let write_only = memory::write_only();
    t.call("stat", args![c"file", &write_only]);
    let mut guarded = [0xaau8; 300];
    t.call("stat", args![c"file", &mut guarded]);
    t.note(
        "untouched after stat",
        guarded[144..].iter().all(|byte| *byte == 0xaa),
    );
    guarded.fill(0xaa);
    t.call(
        "statx",
        args![AT_FDCWD, c"file", 0, STATX_ALL, &mut guarded],
    );
    t.note(
        "untouched after statx",
        guarded[256..].iter().all(|byte| *byte == 0xaa),
    );
    t.note(
        "unused words",
        guarded[192..256].iter().all(|byte| *byte == 0),
    );
}
