//! What fstatfs tells, and where it puts it.

use crate::arg::Arg;
use crate::cases::world;
use crate::contents::{CONTENTS, open, open_contents};
use crate::twin::Twin;
use crate::{args, memory, mounts};
use libc::*;
use std::path::Path;

/// `struct statfs`, word by word: libc hides some of it.
const TYPE: usize = 0;

const BLOCK: usize = 1;

const BLOCKS: usize = 2;

const FREE: usize = 3;

const AVAILABLE: usize = 4;

const FILES: usize = 5;

const FREE_FILES: usize = 6;

const NAME: usize = 8;

const FRAGMENT: usize = 9;

const FLAGS: usize = 10;

fn statfs(t: &mut Twin, fd: &Arg) -> Option<[u64; 15]> {
    let mut words = [0u64; 15];
    let place = Arg::at(words.as_mut_ptr() as usize, "words");
    (t.call("fstatfs", args![fd, place]) == 0).then_some(words)
}

/// All of it but what others change meanwhile, and what is made up for each mount.
pub fn statfs_of(t: &mut Twin, fd: impl Into<Arg>) {
    let Some(fs) = statfs(t, &fd.into()) else {
        return;
    };
    let line = format!(
        "type {:x} block {} fragment {} blocks {} files {} name {} flags {:x} free {}",
        fs[TYPE],
        fs[BLOCK],
        fs[FRAGMENT],
        fs[BLOCKS],
        fs[FILES] > 0,
        fs[NAME],
        fs[FLAGS],
        fs[AVAILABLE] <= fs[FREE] && fs[FREE] <= fs[BLOCKS],
    );
    t.note("statfs", line);
}

pub fn file_systems(t: &mut Twin) {
    let _reader = world::build("w");
    for path in [
        c"w",
        c"w/file",
        c"/",
        c"/proc",
        c"/sys",
        c"/dev",
        c"/dev/null",
        c"/dev/shm",
    ] {
        for flags in [O_RDONLY, O_PATH] {
            let fd = open(t, path, flags);
            statfs_of(t, fd);
            t.close(fd);
        }
    }
}

/// The flags are those of the mount through which the file was opened.
pub fn mount_flags(t: &mut Twin) {
    let _reader = world::build("w");
    let before = open(t, c"w/file", O_RDONLY);
    mounts::bind("w", "w", true);
    let after = open(t, c"w/file", O_RDONLY);
    world::dir("m");
    mounts::tmpfs(Path::new("m"), "size=64k,nr_inodes=10").expect("tmpfs");
    world::file("m/file", CONTENTS);
    let inside = open(t, c"m/file", O_PATH);
    for fd in [before, after, inside] {
        statfs_of(t, fd);
    }
    if let Some(fs) = statfs(t, &inside.into()) {
        let numbers = [BLOCKS, FREE, FILES, FREE_FILES].map(|word| fs[word]);
        t.note("free", format_args!("{numbers:?}"));
    }
}

pub fn bad_buffers(t: &mut Twin) {
    let fd = open_contents(t);
    let mut places = memory::bad();
    places.push(memory::read_only());
    for second in [PROT_NONE, PROT_READ] {
        places.extend([0, 1, 119, 120].map(|room| memory::room_before(room, second)));
    }
    for place in &places {
        t.call("fstatfs", args![fd, place]);
        t.call("fstatfs", args![99, place]);
    }
    let mut guarded = [0xaau8; 200];
    t.call("fstatfs", args![fd, &mut guarded]);
    t.bytes("unused, and behind", &guarded[88..]);
}
