use super::{flock, open, others};
use crate::args;
use crate::nameless::one_of_each;
use crate::net::sockets::close;
use crate::other::meanwhile;
use crate::twin::Twin;
use libc::*;

/// All there are, and all others.
pub fn operations(t: &mut Twin) {
    let fd = open(t);
    for operation in (0..20).chain([32, 33, 64, 66, 96, 128, 160, 192, 1 << 30, i32::MIN, -1]) {
        flock(t, fd, operation);
        others(t);
        flock(t, fd, LOCK_UN);
    }
    for operation in [LOCK_SH, LOCK_EX, LOCK_UN, LOCK_UN] {
        flock(t, fd, operation | LOCK_NB);
    }
    // Only the lower halves of the registers count.
    let high = 0xdead_beef_0000_0000u64;
    t.note("high", true);
    t.call("flock", args![high | fd as u64, high | LOCK_EX as u64]);
    others(t);
}

pub fn wrong_descriptors(t: &mut Twin) {
    open(t);
    let path_only = t.call("open", args![c"file", O_PATH]);
    for fd in [-1, 99, i64::from(i32::MAX), i64::from(i32::MIN), path_only] {
        for operation in [LOCK_SH, LOCK_EX | LOCK_NB, LOCK_UN, 0, -1] {
            flock(t, fd, operation);
        }
    }
}

pub fn kinds(t: &mut Twin) {
    std::fs::write("file", "").expect("file");
    nix::unistd::mkfifo("fifo", nix::sys::stat::Mode::S_IRWXU).expect("fifo");
    let mut all = one_of_each();
    for (path, flags) in [
        (c".", O_RDONLY),
        (c"file", O_RDONLY),
        (c"file", O_WRONLY),
        (c"fifo", O_RDWR),
        (c"/dev/null", O_RDWR),
        (c"/proc/self/maps", O_RDONLY),
    ] {
        all.push(t.call("open", args![path, flags]));
    }
    for fd in all {
        for operation in [LOCK_EX, LOCK_SH, LOCK_UN] {
            flock(t, fd, operation | LOCK_NB);
        }
    }
}

/// The lock is the opening's, not the process's.
pub fn two_openings(t: &mut Twin) {
    let fds = [open(t), open(t)];
    for first in [LOCK_SH, LOCK_EX] {
        for second in [LOCK_SH, LOCK_EX] {
            flock(t, fds[0], first);
            flock(t, fds[1], second | LOCK_NB);
            others(t);
            for fd in fds {
                flock(t, fd, LOCK_UN);
            }
        }
    }
    flock(t, fds[0], LOCK_EX);
    t.close(fds[0]);
    flock(t, fds[1], LOCK_EX | LOCK_NB);
}

/// One opening, one lock: any of them gives it back.
pub fn duplicates(t: &mut Twin) {
    let fd = open(t);
    let other = t.call("dup", args![fd]);
    flock(t, fd, LOCK_EX);
    flock(t, other, LOCK_EX | LOCK_NB);
    others(t);
    t.close(fd);
    others(t);
    flock(t, other, LOCK_UN);
    others(t);
    flock(t, other, LOCK_EX);
    t.fork("child", |t| {
        flock(t, other, LOCK_SH | LOCK_NB);
        flock(t, other, LOCK_UN);
    });
    others(t);
}

/// It is given back first: whoever cannot have more may be left with nothing.
pub fn conversions(t: &mut Twin) {
    let fds = [open(t), open(t)];
    flock(t, fds[0], LOCK_SH);
    flock(t, fds[1], LOCK_SH);
    flock(t, fds[0], LOCK_EX | LOCK_NB);
    others(t);
    flock(t, fds[1], LOCK_EX | LOCK_NB);
    others(t);
    flock(t, fds[0], LOCK_UN);
    flock(t, fds[1], LOCK_EX | LOCK_NB);
    flock(t, fds[1], LOCK_SH | LOCK_NB);
    others(t);
}

pub fn of_another_process(t: &mut Twin) {
    let fd = open(t);
    for operation in [LOCK_SH, LOCK_EX] {
        flock(t, fd, operation);
        others(t);
    }
    flock(t, fd, LOCK_UN);
    others(t);
}

/// With the last descriptor, however it goes.
pub fn released_at_the_end(t: &mut Twin) {
    let fd = open(t);
    t.fork("locks and ends", |t| {
        let own = open(t);
        flock(t, own, LOCK_EX);
    });
    flock(t, fd, LOCK_EX | LOCK_NB);
    flock(t, fd, LOCK_UN);
    t.fork("locks and closes", |t| {
        let own = open(t);
        flock(t, own, LOCK_EX);
        t.close(own);
        others(t);
    });
    t.fork("locks and is killed", |t| {
        let own = open(t);
        flock(t, own, LOCK_EX);
        nix::sys::signal::raise(nix::sys::signal::Signal::SIGKILL).expect("raise");
    });
    flock(t, fd, LOCK_EX | LOCK_NB);
}

pub fn waits_its_turn(t: &mut Twin) {
    for first in [LOCK_SH, LOCK_EX] {
        for how in 0..2 {
            let [held, fd] = [open(t), open(t)];
            flock(t, held, first);
            meanwhile(
                t,
                "flock",
                |caller| {
                    caller.waits();
                    if how == 0 {
                        // SAFETY: plain numbers.
                        unsafe { libc::flock(held as i32, LOCK_UN) };
                    }
                    // Otherwise its own end is the last descriptor's.
                },
                |t| {
                    t.close(held);
                    flock(t, fd, LOCK_EX)
                },
            );
            others(t);
            close(&[fd]);
        }
    }
}

/// Those of fcntl(2) are others, which it does not see.
pub fn other_kinds_of_locks(t: &mut Twin) {
    let fd = open(t);
    flock(t, fd, LOCK_EX);
    t.fork("another process", |t| {
        let own = open(t);
        let mut lock: libc::flock = crate::twin::blank();
        lock.l_type = F_WRLCK as i16;
        for command in [F_SETLK, F_OFD_SETLK] {
            let place = &raw const lock;
            t.call("fcntl", args![own, command, place]);
        }
        flock(t, own, LOCK_SH | LOCK_NB);
    });
}
