//! What a vector of messages adds.

use crate::arg::Arg;
use crate::args;
use crate::memory;
use crate::nameless::{is_ready, socket_pair};
use crate::net::sockets;
use crate::twin::{Twin, blank};
use libc::*;

/// One message for each text, and the memory that their parts are in.
fn vector(texts: &[&'static [u8]]) -> (Vec<mmsghdr>, Vec<iovec>) {
    let mut parts: Vec<iovec> = texts
        .iter()
        .map(|text| iovec {
            iov_base: text.as_ptr().cast_mut().cast(),
            iov_len: text.len(),
        })
        .collect();
    let message = |part: &mut iovec| {
        let mut message: mmsghdr = blank();
        message.msg_hdr.msg_iov = part;
        message.msg_hdr.msg_iovlen = 1;
        message.msg_len = 77;
        message
    };
    let all = parts.iter_mut().map(message).collect();
    (all, parts)
}

fn shown(vector: &[mmsghdr]) -> Arg {
    Arg::at(vector.as_ptr() as usize, format!("mmsg[{}]", vector.len()))
}

fn lengths(t: &mut Twin, vector: &[mmsghdr]) {
    let lengths: Vec<_> = vector.iter().map(|message| message.msg_len).collect();
    t.note("lengths", format_args!("{lengths:?}"));
}

fn came(t: &mut Twin, fd: i64) {
    while is_ready(fd, POLLIN) {
        let came = sockets::receive(fd);
        t.bytes("came", &came);
        if came.is_empty() {
            return;
        }
    }
}

fn pairs() -> [[i64; 2]; 4] {
    [
        sockets::tcp_pair(AF_INET),
        sockets::udp_pair(AF_INET),
        socket_pair(SOCK_DGRAM),
        socket_pair(SOCK_SEQPACKET),
    ]
}

pub fn many(t: &mut Twin) {
    for [one, two] in pairs() {
        let (all, _parts) = vector(&[b"one", b"two", b"", b"four", b"five"]);
        for count in [0, 1, 3, 5] {
            t.call("sendmmsg", args![one, &shown(&all), count, 0]);
            lengths(t, &all);
        }
        t.call(
            "sendmmsg",
            args![one, &shown(&all), 5, MSG_DONTWAIT | MSG_NOSIGNAL],
        );
        sockets::close(&[one]);
        came(t, two);
    }
}

/// Those before it are sent, and its error is forgotten.
pub fn one_of_them_is_bad(t: &mut Twin) {
    for bad in [0, 1, 4] {
        for fault in 0..5 {
            for [one, two] in pairs() {
                let (mut all, _parts) = vector(&[b"one", b"two", b"three", b"four", b"five"]);
                let header = &mut all[bad].msg_hdr;
                match fault {
                    0 => header.msg_iov = memory::NOWHERE as *mut iovec,
                    1 => header.msg_iovlen = 2000,
                    2 => {
                        (header.msg_name, header.msg_namelen) = (memory::NOWHERE as *mut c_void, 16)
                    }
                    3 => {
                        (header.msg_control, header.msg_controllen) =
                            (memory::NOWHERE as *mut c_void, 16)
                    }
                    _ => header.msg_namelen = u32::MAX,
                }
                t.note("bad", format_args!("{bad} by {fault}"));
                t.call("sendmmsg", args![one, &shown(&all), 5, 0]);
                lengths(t, &all);
                sockets::error(t, one);
                t.call("sendmmsg", args![one, &shown(&all), 5, 0]);
                sockets::close(&[one]);
                came(t, two);
                sockets::close(&[two]);
            }
        }
    }
}

/// More than a call takes; a vector that ends, or cannot be written.
pub fn limits(t: &mut Twin) {
    // Here nobody waits for room.
    let [one, two] = sockets::udp_pair(AF_INET);
    let texts: Vec<&[u8]> = vec![b"x"; 1100];
    let (all, _parts) = vector(&texts);
    for count in [1023u32, 1024, 1025, 1100] {
        t.call("sendmmsg", args![one, &shown(&all), count, 0]);
        t.note("last length", all[1023].msg_len);
        t.note("next length", all[1024].msg_len);
    }
    sockets::close(&[one, two]);
    let [one, two] = socket_pair(SOCK_STREAM);
    let (few, _parts) = vector(&[b"one", b"two", b"three"]);
    let start = few.as_ptr().cast::<u8>();
    // SAFETY: three live structures, zeroed before their fields were set.
    let bytes = unsafe { std::slice::from_raw_parts(start, 3 * size_of::<mmsghdr>()) };
    for there in [64, 100, 128, 184, 190] {
        let spot = memory::before_the_edge(&bytes[..there]);
        t.call("sendmmsg", args![one, &spot, 3, 0]);
    }
    let fixed = memory::before_the_edge(bytes);
    memory::protect(&fixed, PROT_READ);
    t.call("sendmmsg", args![one, &fixed, 3, 0]);
    sockets::shutdown(one, SHUT_WR);
    t.bytes("came", &sockets::receive_all(two));
    sockets::close(&[one, two]);
}
