use super::{WAITS, Wait};
use crate::args;
use crate::memory;
use crate::nameless::{pipe, socket_pair};
use crate::net::sockets;
use crate::net::ways::receive;
use crate::other::beside;
use crate::twin::Twin;
use libc::*;

/// Whoever waits goes on waiting for what the number led to; a listener's or an epoll's as well.
pub fn closed(t: &mut Twin) {
    for call in WAITS {
        if call == "accept" {
            // Nobody could find it any longer.
            continue;
        }
        let wait = Wait::new(call);
        beside(
            t,
            call,
            |caller| {
                caller.waits();
                sockets::close(&[wait.fd]);
                caller.waits();
                wait.give();
            },
            |t| wait.wait(t),
        );
        sockets::close(&[wait.from]);
    }
}

/// Another file under the same number is not what is waited for.
pub fn replaced(t: &mut Twin) {
    for call in WAITS {
        let wait = Wait::new(call);
        let kept = t.call("dup", args![wait.fd]);
        let [_reader, other] = pipe(0);
        let [ready, from] = socket_pair(SOCK_DGRAM);
        sockets::send(from, b"other", 0);
        beside(
            t,
            call,
            |caller| {
                caller.waits();
                // SAFETY: plain numbers.
                unsafe { dup2(ready as i32, wait.fd as i32) };
                caller.waits();
                // Its first number is another's now.
                Wait { fd: kept, ..wait }.give();
            },
            |t| Wait { ..wait }.wait(t),
        );
        sockets::close(&[wait.fd, wait.from, kept, other, ready, from]);
    }
}

/// The file lives as long as the call, and no longer: its peer sees the end when it is over.
pub fn closed_for_good(t: &mut Twin) {
    for call in ["recvfrom", "recvmsg", "read", "readv"] {
        let [fd, peer] = socket_pair(SOCK_STREAM);
        beside(
            t,
            call,
            |caller| {
                caller.waits();
                sockets::close(&[fd]);
                sockets::send(peer, b"the last", 0);
            },
            |t| receive(t, call, fd, 8, 0),
        );
        receive(t, "recvfrom", peer, 8, MSG_DONTWAIT);
        sockets::close(&[peer]);
    }
}

/// Four wait for one datagram each: none comes twice, none is lost.
pub fn one_each(t: &mut Twin) {
    for family in [AF_INET, AF_UNIX] {
        for _ in 0..10 {
            let [one, two] = match family {
                AF_UNIX => socket_pair(SOCK_DGRAM),
                _ => sockets::udp_pair(family),
            };
            let waits = || {
                let spot = memory::room_before(1, PROT_NONE);
                let place = spot.address as *mut c_void;
                // SAFETY: a place for one byte.
                let got = unsafe { recv(two as i32, place, 1, 0) };
                (got, memory::contents(&spot, 1))
            };
            let mut came: Vec<_> = std::thread::scope(|scope| {
                let threads = [(); 4].map(|()| scope.spawn(waits));
                for text in [b"a", b"b", b"c", b"d"] {
                    sockets::send(one, text, 0);
                }
                threads
                    .map(|thread| thread.join().expect("a thread"))
                    .into()
            });
            came.sort();
            t.note("came", format_args!("{came:?}"));
            receive(t, "recvfrom", two, 1, MSG_DONTWAIT);
            sockets::close(&[one, two]);
        }
    }
}
