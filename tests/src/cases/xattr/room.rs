//! How much there is, and how much room for it.

use super::forms::{GET, LIST, SET, file, get, list, put, remove, set, value};
use crate::arg::Arg;
use crate::memory;
use crate::twin::Twin;
use libc::*;
use std::ffi::CString;

/// Sizes around a length, and those no buffer has.
fn sizes_around(length: usize) -> Vec<usize> {
    let near = [0, 1, length - 1, length, length + 1];
    let far = [
        65535,
        65536,
        65537,
        1 << 20,
        1 << 32,
        (1 << 32) + 4,
        i64::MAX as usize,
        usize::MAX,
    ];
    near.into_iter().chain(far).collect()
}

pub fn places(length: usize) -> Vec<Arg> {
    let mut places: Vec<Arg> = memory::bad().iter().map(Arg::from).collect();
    places.push(Arg::from(&memory::read_only()));
    for room in [length - 1, length, length + 1] {
        for second in [PROT_NONE, PROT_READ] {
            places.push(Arg::from(&memory::room_before(room, second)));
        }
    }
    places
}

fn written(t: &mut Twin, place: &Arg, length: usize) {
    let Some(room) = place.shown.strip_prefix("room[") else {
        return;
    };
    let room: usize = room.trim_end_matches(']').parse().expect("a number");
    let spot = memory::Spot {
        address: place.raw,
        name: String::new(),
    };
    t.bytes("room", &memory::contents(&spot, room.min(length)));
}

pub fn room_for_values(t: &mut Twin) {
    const VALUE: &[u8] = b"twelve bytes";
    let on = file(t);
    put(t, "setxattr", on, c"user.x", VALUE);
    put(t, "setxattr", on, c"user.empty", b"");
    for row in GET {
        for name in [c"user.x", c"user.empty", c"user.none"] {
            for place in places(VALUE.len()) {
                for size in sizes_around(VALUE.len()) {
                    get(t, row, on, &name.into(), &place, size);
                    written(t, &place, VALUE.len());
                }
            }
        }
    }
}

pub fn room_for_lists(t: &mut Twin) {
    const NAMES: usize = "user.x\0user.other\0".len();
    let on = file(t);
    for (name, length) in [
        (None, 1),
        (Some(c"user.x"), 7),
        (Some(c"user.other"), NAMES),
    ] {
        if let Some(name) = name {
            put(t, "setxattr", on, name, b"");
        }
        for row in LIST {
            for place in places(length) {
                for size in sizes_around(length) {
                    list(t, row, on, &place, size);
                    written(t, &place, length);
                }
            }
        }
    }
}

pub fn values_from(t: &mut Twin) {
    let on = file(t);
    let mut places: Vec<Arg> = memory::bad().iter().map(Arg::from).collect();
    places.push(Arg::from(&memory::before_the_edge(b"twelve bytes")));
    places.push(Arg::from(&memory::before_the_edge(b"")));
    places.push(Arg::from(&memory::read_only()));
    for row in SET {
        for place in &places {
            for size in sizes_around(12) {
                set(t, row, on, &c"user.x".into(), (place, size), 0);
                value(t, "getxattr", on, c"user.x");
            }
        }
    }
}

/// As large as any may be, and what of it comes back.
pub fn largest_values(t: &mut Twin) {
    let bytes: Vec<u8> = (0..70000u32).map(|i| (i % 251) as u8).collect();
    let on = file(t);
    for length in [255, 1000, 4000, 4096, 5000, 65535, 65536, 65537] {
        for (setter, getter) in SET.iter().zip(GET) {
            put(t, setter, on, c"user.large", &bytes[..length]);
            let mut back = vec![b'.'; 70000];
            for size in [0, 65535, 65536, 70000] {
                let out = Arg::from(&mut back[..]);
                get(t, getter, on, &c"user.large".into(), &out, size);
            }
            t.note("the same", back[..length] == bytes[..length]);
            t.bytes("behind", &back[length..length + 8]);
            remove(t, "removexattr", on, &c"user.large".into());
        }
    }
}

pub fn many_attributes(t: &mut Twin) {
    let on = file(t);
    for i in 0..200 {
        let name = CString::new(format!("user.{}{i}", "n".repeat(i % 50))).expect("a name");
        put(t, SET[i % 4], on, &name, &[b'v'; 3]);
    }
    for row in LIST {
        let mut buffer = vec![b'.'; 65536];
        let out = Arg::from(&mut buffer[..]);
        for size in [0, 100, 65536] {
            list(t, row, on, &out, size);
        }
        t.bytes("names", &buffer[..8192]);
    }
    t.tree(".");
}
