use super::{ROWS, answers, one, poll, poll_at};
use crate::arg::Arg;
use crate::args;
use crate::nameless::pipe;
use crate::twin::Twin;
use libc::*;
use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Numbers of descriptors that there is no room for, in memory or anywhere.
pub fn counts(t: &mut Twin) {
    let [_out, into] = pipe(0);
    let fds = [one(into, POLLOUT)];
    let place = Arg::at(fds.as_ptr() as usize, "one");
    for row in ROWS {
        for count in [1usize << 20, i32::MAX as usize, 1 << 31, u32::MAX as usize] {
            poll_at(t, row, &place, count, 0);
            poll_at(t, row, &0.into(), count, 0);
        }
        // Only the lower half of the register counts.
        poll_at(t, row, &place, 0x1_0000_0001, 0);
        poll_at(t, row, &place, 0x1_0000_0000, 0);
        answers(t, &fds);
    }
}

/// More than fit on the kernel's stack, or on one page.
pub fn many(t: &mut Twin) {
    let [out, into] = pipe(0);
    for row in ROWS {
        for count in [29, 30, 31, 500, 542, 543, 1000] {
            let fds: Vec<_> = (0..count)
                .map(|i| one([into, out, -1, 999][i % 4], POLLIN | POLLOUT))
                .collect();
            poll(t, row, &fds, 0);
            let all: i64 = fds
                .iter()
                .enumerate()
                .map(|(i, fd)| i as i64 * i64::from(fd.revents))
                .sum();
            t.note("all answers", all);
        }
    }
}

pub fn more_than_may_be_open(t: &mut Twin) {
    let [_out, into] = pipe(0);
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE).expect("limit");
    for limit in [0, 1, 10] {
        setrlimit(Resource::RLIMIT_NOFILE, limit, most).expect("limit");
        for row in ROWS {
            for count in [0, 1, 2, 10, 11, 12] {
                let fds: Vec<_> = (0..count).map(|_| one(into, POLLOUT)).collect();
                poll(t, row, &fds, 0);
                answers(t, &fds);
            }
            t.call(row, args![0, 11, 0, 0, 8]);
        }
    }
    setrlimit(Resource::RLIMIT_NOFILE, most, most).expect("limit");
}
