use super::{ROWS, add, control, new, wait};
use crate::args;
use crate::nameless::{one_of_each, pipe};
use crate::net::sockets;
use crate::twin::Twin;
use libc::*;

pub fn wrong(t: &mut Twin) {
    std::fs::write("file", "").expect("file");
    let file = t.call("open", args![c"file", O_RDWR]);
    let path_only = t.call("open", args![c"file", O_PATH]);
    for row in ROWS {
        for fd in [
            -1,
            99,
            i64::from(i32::MAX),
            i64::from(i32::MIN),
            file,
            path_only,
        ] {
            for most in [1, 0] {
                wait(t, row, fd, most, 0);
            }
            t.call(row, args![fd, 1, 1, 0, 0, 8]);
            t.call(row, args![fd, 1, -1, 0, 0, 8]);
        }
        for fd in one_of_each() {
            wait(t, row, fd, 1, 0);
            sockets::close(&[fd]);
        }
        // Only the lower half of the register counts.
        let epoll = new();
        let high = (0xdead_beef_0000_0000u64 | epoll as u64).cast_signed();
        t.note("high", true);
        let [out, _into] = pipe(0);
        add(t, epoll, out, EPOLLIN);
        let room = [0u8; 12];
        let place = crate::arg::Arg::at(room.as_ptr() as usize, "room");
        super::wait_at(t, row, high, &place, 1, 0);
        sockets::close(&[epoll]);
    }
}

/// What is closed is forgotten, unless a duplicate keeps it.
pub fn closed_while_watched(t: &mut Twin) {
    for row in ROWS {
        let epoll = new();
        let [out, into] = pipe(0);
        add(t, epoll, into, EPOLLOUT);
        add(t, epoll, out, 0);
        let other = t.call("dup", args![into]);
        t.close(into);
        wait(t, row, epoll, 4, 0);
        t.close(other);
        // Nobody writes any longer: that comes unasked.
        wait(t, row, epoll, 4, 0);
        t.close(out);
        wait(t, row, epoll, 4, 0);
        control(t, epoll, EPOLL_CTL_DEL, out, 0);
        sockets::close(&[epoll]);
    }
}

/// A child looks at its parent's, and at what only the parent still has.
pub fn shared(t: &mut Twin) {
    for row in ROWS {
        let epoll = new();
        let [out, into] = pipe(0);
        add(t, epoll, out, EPOLLIN | EPOLLET);
        t.call("write", args![into, b"x", 1]);
        t.fork("child", |t| {
            t.close(out);
            wait(t, row, epoll, 4, 0);
            wait(t, row, epoll, 4, 0);
        });
        wait(t, row, epoll, 4, 0);
        sockets::close(&[epoll, out, into]);
    }
}
