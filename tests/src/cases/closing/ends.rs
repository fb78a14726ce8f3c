use super::ROUNDS;
use crate::arg::Arg;
use crate::args;
use crate::nameless::{pipe, socket_pair};
use crate::net::message::control;
use crate::net::sockets;
use crate::net::ways::{RECEIVES, SENDS, pass, receive, send};
use crate::net::{Address, Message};
use crate::twin::Twin;
use libc::*;

/// The other end of a local stream, or of a pipe, knows when the call returns.
fn ends(t: &mut Twin, fd: i64) {
    t.call("fcntl", args![fd, F_SETFL, O_NONBLOCK]);
    receive(t, "read", fd, 8, 0);
    sockets::close(&[fd]);
}

pub fn after_receiving(t: &mut Twin) {
    for way in RECEIVES {
        for _ in 0..ROUNDS {
            let [one, two] = socket_pair(SOCK_STREAM);
            sockets::send(one, b"data", 0);
            receive(t, way, two, 4, 0);
            t.close(two);
            ends(t, one);
        }
    }
    for way in ["read", "readv"] {
        for _ in 0..ROUNDS {
            let [out, into] = pipe(O_NONBLOCK);
            receive(t, way, out, 4, 0);
            t.close(out);
            // Nobody reads: the signal is ignored by default in this program.
            t.call("write", args![into, b"x", 1]);
            sockets::close(&[into]);
        }
    }
}

pub fn after_sending(t: &mut Twin) {
    for way in SENDS {
        for _ in 0..ROUNDS {
            let [one, two] = socket_pair(SOCK_STREAM);
            send(t, way, one, b"data", 0);
            t.close(one);
            receive(t, "recvfrom", two, 4, 0);
            ends(t, two);
        }
    }
    for way in ["write", "writev"] {
        for _ in 0..ROUNDS {
            let [out, into] = pipe(O_NONBLOCK);
            send(t, way, into, b"data", 0);
            t.close(into);
            receive(t, "read", out, 4, 0);
            ends(t, out);
        }
    }
}

/// poll and its like take hold of every descriptor they are given.
pub fn after_a_look(t: &mut Twin) {
    for call in [
        "poll",
        "ppoll",
        "select",
        "pselect6",
        "epoll_wait",
        "epoll_pwait2",
    ] {
        for ready in [false, true] {
            for _ in 0..ROUNDS {
                let [one, two] = socket_pair(SOCK_STREAM);
                if ready {
                    sockets::send(one, b"data", 0);
                }
                look(t, call, two);
                t.close(two);
                ends(t, one);
            }
        }
    }
}

fn look(t: &mut Twin, call: &str, fd: i64) {
    let polled = [fd as u64 | (POLLIN as u64) << 32];
    let bits = [1u64 << fd];
    let none = [0u64; 2];
    let place = |words: &[u64]| Arg::at(words.as_ptr() as usize, "place");
    match call {
        "poll" => t.call(call, args![place(&polled), 1, 0]),
        "ppoll" => t.call(call, args![place(&polled), 1, place(&none), 0, 8]),
        "select" | "pselect6" => t.call(call, args![64, place(&bits), 0, 0, place(&none), 0]),
        _ => watch(t, call, fd),
    };
}

fn watch(t: &mut Twin, call: &str, fd: i64) -> i64 {
    // SAFETY: plain numbers.
    let epoll = i64::from(unsafe { epoll_create1(0) });
    let event = epoll_event {
        events: EPOLLIN as u32,
        u64: 1,
    };
    let what = &raw const event;
    t.call("epoll_ctl", args![epoll, EPOLL_CTL_ADD, fd, what]);
    let none = [0u64; 2];
    let time = match call {
        "epoll_wait" => 0.into(),
        _ => Arg::at(none.as_ptr() as usize, "no time"),
    };
    let room = [0u8; 12];
    let done = t.call(call, args![epoll, &room, 1, &time, 0, 8]);
    sockets::close(&[epoll]);
    done
}

/// A listener that is closed refuses, and what it has let in lives on.
pub fn after_accepting(t: &mut Twin) {
    for row in ["accept", "accept4"] {
        for _ in 0..ROUNDS {
            let listener = sockets::listener(AF_INET, 8);
            let to = Address::of("listener", listener);
            let caller = sockets::caller(listener);
            sockets::arrives(listener);
            let fd = t.call(row, args![listener, 0, 0, 0]);
            t.close(listener);
            let late = sockets::socket(AF_INET, SOCK_STREAM);
            t.call("connect", args![late, &to, to.length]);
            sockets::send(caller, b"data", 0);
            receive(t, "recvfrom", fd, 4, 0);
            t.close(fd);
            sockets::happens(caller, POLLRDHUP);
            receive(t, "recvfrom", caller, 4, 0);
            sockets::close(&[caller, late]);
        }
    }
}

pub fn after_connecting(t: &mut Twin) {
    for family in sockets::FAMILIES {
        for _ in 0..ROUNDS {
            let listener = sockets::listener(family, 8);
            let to = Address::of("listener", listener);
            let fd = sockets::socket(family, SOCK_STREAM);
            t.call("connect", args![fd, &to, to.length]);
            t.close(fd);
            let other = sockets::accept(listener);
            sockets::happens(other, POLLRDHUP);
            receive(t, "recvfrom", other, 4, 0);
            sockets::close(&[other, listener]);
        }
    }
}

/// Also when the call came to nothing.
pub fn after_a_failure(t: &mut Twin) {
    for _ in 0..ROUNDS {
        let [one, two] = socket_pair(SOCK_STREAM);
        receive(t, "recvfrom", two, 4, MSG_DONTWAIT);
        receive(t, "recvmsg", two, 4, MSG_DONTWAIT);
        t.call("recvfrom", args![two, 1, 1, MSG_DONTWAIT, 0, 0]);
        t.call("sendto", args![two, 1, 1, MSG_DONTWAIT, 0, 0]);
        t.call("accept", args![two, 0, 0]);
        t.close(two);
        ends(t, one);
    }
}

/// While it is under way, the message has it.
pub fn of_a_descriptor_that_was_sent(t: &mut Twin) {
    for (sends, receives) in [("sendmsg", "recvmsg"), ("sendmmsg", "recvmmsg")] {
        for _ in 0..ROUNDS {
            let [one, two] = socket_pair(SOCK_DGRAM);
            let [out, into] = pipe(O_NONBLOCK);
            let data = control(SOL_SOCKET, SCM_RIGHTS, &(into as i32).to_ne_bytes());
            let message = Message::bytes(b"with it").control(&data);
            pass(t, sends, one, &message.arg(), 0);
            t.close(into);
            receive(t, "read", out, 4, 0);
            // Without room for it.
            receive(t, receives, two, 8, 0);
            ends(t, out);
            sockets::close(&[one, two]);
        }
    }
}
