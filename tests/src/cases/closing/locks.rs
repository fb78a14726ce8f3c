use super::ROUNDS;
use crate::args;
use crate::twin::Twin;
use libc::*;

fn open(t: &mut Twin) -> i64 {
    t.call("open", args![c"file", O_CREAT | O_RDWR, 0o644])
}

pub fn after_locking(t: &mut Twin) {
    for _ in 0..ROUNDS {
        let [one, two] = [open(t), open(t)];
        t.call("flock", args![one, LOCK_EX]);
        t.call("flock", args![two, LOCK_EX | LOCK_NB]);
        t.close(one);
        t.call("flock", args![two, LOCK_EX | LOCK_NB]);
        t.close(two);
    }
}

/// A call of any other sort on the file does not keep the lock, either.
pub fn after_reading(t: &mut Twin) {
    for _ in 0..ROUNDS {
        let [one, two] = [open(t), open(t)];
        t.call("flock", args![one, LOCK_EX]);
        t.call("pread64", args![one, &mut [0u8; 8], 8, 0]);
        t.call("pwrite64", args![one, b"x", 1, 0]);
        t.call("fsync", args![one]);
        t.close(one);
        t.call("flock", args![two, LOCK_EX | LOCK_NB]);
        t.close(two);
    }
}
