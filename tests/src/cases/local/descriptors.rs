use super::{KINDS, RECEIVES, SENDS};
use crate::args;
use crate::memory;
use crate::nameless::{pipe, socket_pair};
use crate::net::Message;
use crate::net::message::control;
use crate::net::sockets;
use crate::net::ways::{self, pass};
use crate::twin::Twin;
use libc::*;
use nix::sys::resource::{Resource, getrlimit, setrlimit};

fn rights(fds: &[i64]) -> Vec<u8> {
    let data: Vec<u8> = fds
        .iter()
        .flat_map(|fd| (*fd as i32).to_ne_bytes())
        .collect();
    control(SOL_SOCKET, SCM_RIGHTS, &data)
}

/// What came, and the new numbers, which are closed again.
fn receive(t: &mut Twin, way: &str, fd: i64, room: usize, flags: i32) -> Vec<i64> {
    let bytes = [0u8; 16];
    let message = Message::of(&[(bytes.as_ptr() as usize, 16)]).room_for_control(room);
    pass(t, way, fd, &message.arg(), flags | MSG_DONTWAIT);
    t.bytes("came", &bytes);
    message.show(t);
    let mut all = Vec::new();
    for (level, kind, data) in message.controls() {
        t.bytes(&format!("control {level} {kind}"), &data);
        if (level, kind) == (SOL_SOCKET, SCM_RIGHTS) {
            let (numbers, _) = data.as_chunks::<4>();
            all.extend(numbers.iter().map(|fd| i64::from(i32::from_ne_bytes(*fd))));
        }
    }
    all
}

fn send(t: &mut Twin, way: &str, fd: i64, fds: &[i64]) {
    let message = Message::bytes(b"with it").control(&rights(fds));
    pass(t, way, fd, &message.arg(), 0);
}

/// They lead to the same file.
pub fn sent(t: &mut Twin) {
    for kind in KINDS {
        for (sends, receives) in SENDS.into_iter().zip(RECEIVES) {
            let [one, two] = socket_pair(kind);
            let [out, into] = pipe(0);
            for fds in [&[into][..], &[out, into], &[], &[one, two]] {
                send(t, sends, one, fds);
                let came = receive(t, receives, two, 64, 0);
                if fds == [into] {
                    t.call("write", args![came[0], b"through it", 10]);
                    t.call("read", args![out, &mut [0u8; 16], 16]);
                }
                sockets::close(&came);
            }
            sockets::close(&[one, two, out, into]);
        }
    }
}

/// MSG_CTRUNC: those for which there is none are gone.
pub fn room_for_some(t: &mut Twin) {
    for kind in KINDS {
        for way in RECEIVES {
            for room in [0, 1, 15, 16, 17, 19, 20, 23, 24, 28, 32] {
                let [one, two] = socket_pair(kind);
                let [out, into] = pipe(0);
                send(t, "sendmsg", one, &[out, into, out]);
                let came = receive(t, way, two, room, 0);
                sockets::close(&came);
                let next = t.call("dup", args![one]);
                sockets::close(&[next, one, two, out, into]);
            }
        }
    }
}

pub fn close_on_exec(t: &mut Twin) {
    for way in RECEIVES {
        let [one, two] = socket_pair(SOCK_DGRAM);
        for flags in [0, MSG_CMSG_CLOEXEC, MSG_CMSG_CLOEXEC | MSG_PEEK, 0] {
            send(t, "sendmsg", one, &[one]);
            let came = receive(t, way, two, 64, flags);
            for fd in &came {
                t.call("fcntl", args![*fd, F_GETFD]);
            }
            sockets::close(&came);
        }
        sockets::close(&[one, two]);
    }
}

/// As many as there are numbers for.
pub fn no_descriptor_left(t: &mut Twin) {
    for way in RECEIVES {
        let [one, two] = socket_pair(SOCK_DGRAM);
        let next = t.call("dup", args![one]);
        t.close(next);
        let (_, most) = getrlimit(Resource::RLIMIT_NOFILE).expect("limit");
        send(t, "sendmsg", one, &[one, one, one]);
        setrlimit(Resource::RLIMIT_NOFILE, next as u64 + 2, most).expect("limit");
        let came = receive(t, way, two, 64, 0);
        setrlimit(Resource::RLIMIT_NOFILE, most, most).expect("limit");
        sockets::close(&came);
        sockets::close(&[one, two]);
    }
}

/// Not open, too many, of a wrong length, of a wrong type.
pub fn wrong(t: &mut Twin) {
    let path_only = t.call("open", args![c".", O_PATH]);
    for kind in KINDS {
        for way in SENDS {
            let [one, two] = socket_pair(kind);
            for fds in [
                &[-1][..],
                &[99],
                &[one, 99],
                &[path_only],
                &[one; 253],
                &[one; 254],
            ] {
                send(t, way, one, fds);
            }
            for data in [
                control(SOL_SOCKET, SCM_RIGHTS, &[0, 0, 0]),
                control(SOL_SOCKET, 77, &[0; 4]),
                control(77, SCM_RIGHTS, &[0; 4]),
                [rights(&[one]), rights(&[two])].concat(),
                vec![0; 16],
                vec![0xff; 24],
                vec![8; 24],
            ] {
                let message = Message::bytes(b"wrong").control(&data);
                t.bytes("control", &data);
                pass(t, way, one, &message.arg(), 0);
            }
            sockets::drain_messages(two);
            sockets::close(&[one, two]);
        }
    }
}

/// MSG_PEEK makes new ones each time.
pub fn looked_at(t: &mut Twin) {
    for kind in KINDS {
        let [one, two] = socket_pair(kind);
        send(t, "sendmsg", one, &[one]);
        for flags in [MSG_PEEK, MSG_PEEK, 0, 0] {
            let came = receive(t, "recvmsg", two, 64, flags);
            sockets::close(&came);
        }
        sockets::close(&[one, two]);
    }
}

/// Where they cannot be told they are not made.
pub fn bad_room(t: &mut Twin) {
    for kind in KINDS {
        for spot in memory::bad().into_iter().chain([memory::read_only()]) {
            let [one, two] = socket_pair(kind);
            send(t, "sendmsg", one, &[one]);
            let bytes = [0u8; 16];
            let mut message = Message::of(&[(bytes.as_ptr() as usize, 16)]);
            message.hdr().msg_control = spot.address as *mut c_void;
            message.hdr().msg_controllen = 64;
            t.note("room", &spot.name);
            pass(t, "recvmsg", two, &message.arg(), MSG_DONTWAIT);
            message.show(t);
            t.bytes("came", &bytes);
            let next = t.call("dup", args![one]);
            sockets::close(&[next, one, two]);
        }
    }
}

/// They are dropped.
pub fn by_those_without_control(t: &mut Twin) {
    for kind in KINDS {
        for way in ways::RECEIVES {
            let [one, two] = socket_pair(kind);
            let [out, into] = pipe(O_NONBLOCK);
            send(t, "sendmsg", one, &[into]);
            t.close(into);
            ways::receive(t, way, two, 16, 0);
            // Nobody writes to it any longer.
            t.call("read", args![out, &mut [0u8; 4], 4]);
            sockets::close(&[one, two, out]);
        }
    }
}
