use super::{KINDS, RECEIVES, SENDS};
use crate::args;
use crate::nameless::socket_pair;
use crate::net::Message;
use crate::net::message::control;
use crate::net::sockets;
use crate::net::ways::{self, pass};
use crate::twin::{Twin, blank};
use crate::users::{ALICE, NOBODY, become_user};
use libc::*;

fn own() -> [i32; 3] {
    // SAFETY: no arguments.
    unsafe { [getpid(), getuid().cast_signed(), getgid().cast_signed()] }
}

fn credentials(ids: [i32; 3]) -> Vec<u8> {
    let data: Vec<u8> = ids.iter().flat_map(|id| id.to_ne_bytes()).collect();
    control(SOL_SOCKET, SCM_CREDENTIALS, &data)
}

/// Whose they are: numbers of processes differ, but each message says who has sent it.
fn receive(t: &mut Twin, way: &str, fd: i64) {
    let bytes = [0u8; 16];
    let message = Message::of(&[(bytes.as_ptr() as usize, 16)]).room_for_control(64);
    pass(t, way, fd, &message.arg(), MSG_DONTWAIT);
    message.show(t);
    for (level, kind, data) in message.controls() {
        let (ids, _) = data.as_chunks::<4>();
        let ids: Vec<i32> = ids.iter().map(|id| i32::from_ne_bytes(*id)).collect();
        // SAFETY: no arguments.
        let parent = unsafe { getppid() };
        let who = match ids[0] {
            0 => "nobody",
            pid if pid.to_ne_bytes() == bytes[..4] => "its sender",
            pid if pid == parent => "its parent",
            _ => "another",
        };
        t.note(
            "credentials",
            format_args!("{level} {kind} {who} {:?}", &ids[1..]),
        );
    }
}

fn pair(kind: i32) -> [i64; 2] {
    let [one, two] = socket_pair(kind);
    sockets::set(two, SO_PASSCRED, 1);
    [one, two]
}

fn send(t: &mut Twin, way: &str, fd: i64) {
    ways::send(t, way, fd, &own()[0].to_ne_bytes(), 0);
}

fn send_as(t: &mut Twin, way: &str, fd: i64, ids: [i32; 3]) {
    let text = own()[0].to_ne_bytes();
    let message = Message::bytes(&text).control(&credentials(ids));
    pass(t, way, fd, &message.arg(), 0);
}

pub fn of_oneself(t: &mut Twin) {
    for kind in KINDS {
        for (sends, receives) in SENDS.into_iter().zip(RECEIVES) {
            let [one, two] = pair(kind);
            send_as(t, sends, one, own());
            receive(t, receives, two);
            sockets::close(&[one, two]);
        }
    }
}

/// Who asked for them gets them, whichever call it was that sent; a child's are the child's.
pub fn unasked(t: &mut Twin) {
    for kind in KINDS {
        for way in ways::SENDS {
            let [one, two] = pair(kind);
            send(t, way, one);
            receive(t, "recvmsg", two);
            t.fork("child", |t| {
                send(t, way, one);
                receive(t, "recvmsg", two);
                send(t, way, one);
            });
            receive(t, "recvmsg", two);
            sockets::set(two, SO_PASSCRED, 0);
            send(t, way, one);
            receive(t, "recvmsg", two);
            sockets::close(&[one, two]);
        }
    }
}

/// Not everybody may say that he is somebody else.
pub fn others(t: &mut Twin) {
    let [pid, uid, gid] = own();
    // SAFETY: no arguments.
    let parent = unsafe { getppid() };
    for way in SENDS {
        let [one, two] = pair(SOCK_DGRAM);
        for (who, ids) in [
            ("its parent", [parent, uid, gid]),
            ("nobody", [0, uid, gid]),
            ("none", [-1, uid, gid]),
            ("another user", [pid, 12_345, gid]),
            ("another group", [pid, uid, 12_345]),
            ("no user", [pid, -1, -1]),
        ] {
            t.note("as", who);
            send_as(t, way, one, ids);
            receive(t, "recvmsg", two);
        }
        sockets::close(&[one, two]);
    }
}

/// Real ids go with a message, effective ones with a connection.
pub fn of_another_user(t: &mut Twin) {
    for kind in KINDS {
        for way in ways::SENDS {
            let [one, two] = pair(kind);
            t.fork("somebody else", |t| {
                become_user(t, NOBODY, NOBODY);
                send(t, way, one);
            });
            receive(t, "recvmsg", two);
            t.fork("half somebody else", |t| {
                t.call("setresuid", args![ALICE, NOBODY, -1]);
                send(t, way, one);
                let [a, _b] = socket_pair(kind);
                peer(t, a);
            });
            receive(t, "recvmsg", two);
            sockets::close(&[one, two]);
        }
    }
}

fn peer(t: &mut Twin, fd: i64) {
    let mut peer: ucred = blank();
    let mut length = size_of::<ucred>() as u32;
    let (place, size) = (&raw mut peer, &raw mut length);
    t.call(
        "getsockopt",
        args![fd, SOL_SOCKET, SO_PEERCRED, place, size],
    );
    let same = peer.pid == own()[0];
    t.note(
        "peer",
        format_args!("itself {same} {} {}", peer.uid, peer.gid),
    );
}
