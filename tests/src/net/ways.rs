//! The calls that send, and those that receive, each asked for the same thing.

use super::{Address, Message};
use crate::arg::Arg;
use crate::args;
use crate::memory::{self, Spot};
use crate::twin::Twin;

pub const SENDS: [&str; 5] = ["sendto", "sendmsg", "sendmmsg", "write", "writev"];
/// Those that take flags.
pub const SENDS_WITH_FLAGS: [&str; 3] = ["sendto", "sendmsg", "sendmmsg"];
pub const RECEIVES: [&str; 5] = ["recvfrom", "recvmsg", "recvmmsg", "read", "readv"];
pub const RECEIVES_WITH_FLAGS: [&str; 3] = ["recvfrom", "recvmsg", "recvmmsg"];

/// How many bytes have been sent, or minus the errno.
pub fn send(t: &mut Twin, way: &str, fd: i64, bytes: &[u8], flags: i32) -> i64 {
    let address = bytes.as_ptr() as usize;
    send_from(t, way, fd, address, bytes.len(), flags)
}

pub fn send_from(
    t: &mut Twin,
    way: &str,
    fd: i64,
    address: usize,
    length: usize,
    flags: i32,
) -> i64 {
    let message = Message::of(&[(address, length)]);
    let buffer = Arg::at(address, "bytes");
    match way {
        "sendto" => t.call(way, args![fd, buffer, length, flags, 0, 0]),
        "write" => t.call(way, args![fd, buffer, length]),
        "writev" => t.call(way, args![fd, message.header.msg_hdr.msg_iov, 1]),
        "sendmsg" => t.call(way, args![fd, &message.arg(), flags]),
        _ => one_of_many(t, way, fd, &message, flags),
    }
}

/// The number of messages, one, gives way to the number of bytes.
fn one_of_many(t: &mut Twin, way: &str, fd: i64, message: &Message, flags: i32) -> i64 {
    let done = t.call(way, args![fd, &message.arg(), 1, flags, 0]);
    t.note("length", message.header.msg_len);
    match done {
        1 => i64::from(message.header.msg_len),
        other => other,
    }
}

/// To an address, by those of the calls that take one.
pub fn send_to(t: &mut Twin, way: &str, fd: i64, bytes: &[u8], to: &Address) -> i64 {
    let message = Message::bytes(bytes).name(to);
    match way {
        "sendto" => t.call(way, args![fd, bytes, bytes.len(), 0, to, to.length]),
        "sendmsg" => t.call(way, args![fd, &message.arg(), 0]),
        _ => one_of_many(t, way, fd, &message, 0),
    }
}

/// How many bytes have come, or minus the errno; those that came are noted.
pub fn receive(t: &mut Twin, way: &str, fd: i64, length: usize, flags: i32) -> i64 {
    let spot = memory::room_before(length.clamp(1, memory::PAGE), libc::PROT_NONE);
    receive_into(t, way, fd, &spot, length, flags)
}

/// No more than a page of what came is noted.
pub fn receive_into(
    t: &mut Twin,
    way: &str,
    fd: i64,
    spot: &Spot,
    length: usize,
    flags: i32,
) -> i64 {
    let message = Message::spot(spot, length);
    let done = match way {
        "recvfrom" => t.call(way, args![fd, spot, length, flags, 0, 0]),
        "read" => t.call(way, args![fd, spot, length]),
        "readv" => t.call(way, args![fd, message.header.msg_hdr.msg_iov, 1]),
        "recvmsg" => t.call(way, args![fd, &message.arg(), flags]),
        _ => one_of_many(t, way, fd, &message, flags),
    };
    if way.ends_with("msg") {
        message.show(t);
    }
    if done > 0 {
        let there = (done as usize).min(length).min(memory::PAGE);
        t.bytes("came", &memory::contents(spot, there.min(64)));
    }
    done
}

/// A message, by the call for one or as the only one of many.
pub fn pass(t: &mut Twin, way: &str, fd: i64, message: &Arg, flags: i32) -> i64 {
    match way {
        "sendmsg" | "recvmsg" => t.call(way, args![fd, message, flags]),
        _ => t.call(way, args![fd, message, 1, flags, 0]),
    }
}
