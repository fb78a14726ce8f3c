use super::{ROWS, answers, one, poll};
use crate::arg::Arg;
use crate::args;
use crate::nameless::{pipe, socket_pair};
use crate::net::sockets;
use crate::other::meanwhile;
use crate::twin::Twin;
use libc::*;

/// How long it took is nobody's business, that it did not take for ever is.
pub fn short(t: &mut Twin) {
    let [out, into] = pipe(0);
    for row in ROWS {
        for milliseconds in [0, 1, 30] {
            let fds = [one(out, POLLIN), one(-1, POLLIN)];
            poll(t, row, &fds, milliseconds);
            answers(t, &fds);
            poll(t, row, &fds[..0], milliseconds);
        }
        for milliseconds in [0, 1, 60_000, -1, i64::from(i32::MIN)] {
            let fds = [one(out, POLLIN), one(into, POLLOUT)];
            poll(t, row, &fds, milliseconds);
            answers(t, &fds);
        }
    }
    // Only the lower half of the register counts.
    let fds = [one(out, POLLIN)];
    let place = Arg::at(fds.as_ptr() as usize, "one");
    t.call("poll", args![&place, 1, 0x1_0000_0001u64]);
}

pub fn until_something_comes(t: &mut Twin) {
    for row in ROWS {
        for milliseconds in [-1, 60_000] {
            for [one_end, other_end] in [
                socket_pair(SOCK_STREAM),
                socket_pair(SOCK_DGRAM),
                pipe(0),
                sockets::tcp_pair(AF_INET),
                sockets::udp_pair(AF_INET6),
            ] {
                let [empty, _writer] = pipe(0);
                let fds = [
                    one(empty, POLLIN),
                    one(one_end, POLLIN),
                    one(one_end, POLLPRI),
                ];
                meanwhile(
                    t,
                    row,
                    |caller| {
                        caller.waits();
                        // SAFETY: live bytes.
                        unsafe { write(other_end as i32, b"here".as_ptr().cast(), 4) };
                    },
                    |t| poll(t, row, &fds, milliseconds),
                );
                answers(t, &fds);
                sockets::close(&[one_end, other_end, empty, _writer]);
            }
        }
    }
}

pub fn the_other_end_goes(t: &mut Twin) {
    for row in ROWS {
        for [one_end, other_end] in [socket_pair(SOCK_STREAM), sockets::tcp_pair(AF_INET)] {
            let fds = [one(one_end, 0)];
            meanwhile(
                t,
                row,
                |caller| {
                    caller.waits();
                    sockets::shutdown(other_end, SHUT_RDWR);
                    sockets::shutdown(one_end, SHUT_RDWR);
                },
                |t| poll(t, row, &fds, -1),
            );
            answers(t, &fds);
            sockets::close(&[one_end, other_end]);
        }
    }
}

/// ppoll says how much time is left, in the caller's own memory.
pub fn what_is_left(t: &mut Twin) {
    let [out, into] = pipe(0);
    for (fd, events, seconds, nanoseconds) in [
        (into, POLLOUT, 0, 0),
        (into, POLLOUT, 0, 1),
        (into, POLLOUT, 60, 5),
        (out, POLLIN, 0, 0),
        (out, POLLIN, 0, 1),
        (out, POLLIN, 0, 30_000_000),
    ] {
        let fds = [one(fd, events)];
        let time = timespec {
            tv_sec: seconds,
            tv_nsec: nanoseconds,
        };
        let place = Arg::at(fds.as_ptr() as usize, "one");
        let left = Arg::at(&raw const time as usize, "time");
        let ready = t.call("ppoll", args![&place, 1, &left, 0, 8]);
        let least = if ready == 1 { seconds - 1 } else { 0 };
        let left = (time.tv_sec, time.tv_nsec);
        t.note(
            "less is left",
            left <= (seconds, nanoseconds) && left >= (0, 0),
        );
        t.note("and enough", time.tv_sec >= least);
        t.note("nothing", ready == 0 && left == (0, 0));
    }
}
