//! Sockets of a case's own, made and looked after without a line of the transcript.

use super::Address;
use crate::deadline::until;
use crate::nameless::is_ready;
use crate::twin::{Twin, shown};
use libc::{
    AF_INET, AF_INET6, POLLIN, SO_ERROR, SO_TYPE, SOCK_CLOEXEC, SOCK_DGRAM, SOCK_STREAM,
    SOL_SOCKET, c_void, socklen_t, timeval,
};

pub const FAMILIES: [i32; 2] = [AF_INET, AF_INET6];

pub fn socket(family: i32, kind: i32) -> i64 {
    // SAFETY: plain numbers.
    let fd = unsafe { libc::socket(family, kind | SOCK_CLOEXEC, 0) };
    assert!(fd >= 0, "socket");
    i64::from(fd)
}

pub fn bind(fd: i64, mut address: Address) {
    // SAFETY: a live address of this length.
    let done = unsafe { libc::bind(fd as i32, address.pointer(), address.length) };
    assert_eq!(done, 0, "bind");
}

/// Bound to a port that the kernel chooses.
pub fn bound(family: i32, kind: i32) -> i64 {
    let fd = socket(family, kind);
    bind(fd, Address::loopback(family, 0));
    fd
}

/// Takes calls, or does not, but its queue has this much room.
pub fn listener(family: i32, backlog: i32) -> i64 {
    let fd = bound(family, SOCK_STREAM);
    listen(fd, backlog);
    fd
}

pub fn listen(fd: i64, backlog: i32) {
    // SAFETY: plain numbers.
    assert_eq!(unsafe { libc::listen(fd as i32, backlog) }, 0, "listen");
}

pub fn connect(fd: i64, mut to: Address) {
    // SAFETY: a live address of this length.
    let done = unsafe { libc::connect(fd as i32, to.pointer(), to.length) };
    assert_eq!(done, 0, "connect");
}

pub fn accept(listener: i64) -> i64 {
    let (fd, none) = (listener as i32, std::ptr::null_mut());
    // SAFETY: no address is asked for.
    let fd = unsafe { libc::accept4(fd, none, std::ptr::null_mut(), SOCK_CLOEXEC) };
    assert!(fd >= 0, "accept4");
    i64::from(fd)
}

/// One who listens, but has no room: further callers wait.
pub fn busy(family: i32) -> (i64, Address) {
    let listener = listener(family, 0);
    caller(listener);
    arrives(listener);
    (listener, Address::of("busy", listener))
}

/// A new connection to what listens.
pub fn caller(listener: i64) -> i64 {
    let address = Address::of("listener", listener);
    let fd = socket(family_of(&address), SOCK_STREAM);
    connect(fd, address);
    fd
}

fn family_of(address: &Address) -> i32 {
    let bytes = address.bytes();
    i32::from(u16::from_ne_bytes([bytes[0], bytes[1]]))
}

/// A connection's ends: who called, who was called.
pub fn tcp_pair(family: i32) -> [i64; 2] {
    let listener = listener(family, 8);
    let one = caller(listener);
    let two = accept(listener);
    close(&[listener]);
    [one, two]
}

/// Two that send to each other only.
pub fn udp_pair(family: i32) -> [i64; 2] {
    let ends = [bound(family, SOCK_DGRAM), bound(family, SOCK_DGRAM)];
    connect(ends[0], Address::of("", ends[1]));
    connect(ends[1], Address::of("", ends[0]));
    ends
}

pub fn close(fds: &[i64]) {
    for fd in fds {
        // SAFETY: plain numbers; they are the case's own.
        unsafe { libc::close(*fd as i32) };
    }
}

fn option<T>(fd: i64, level: i32, name: i32, value: T) {
    let length = size_of::<T>() as socklen_t;
    let value = (&raw const value).cast::<c_void>();
    // SAFETY: a live value of this length.
    let done = unsafe { libc::setsockopt(fd as i32, level, name, value, length) };
    assert_eq!(done, 0, "setsockopt {name}");
}

pub fn set(fd: i64, name: i32, value: i32) {
    option(fd, SOL_SOCKET, name, value);
}

pub fn set_at(fd: i64, level: i32, name: i32, value: i32) {
    option(fd, level, name, value);
}

/// SO_RCVTIMEO or SO_SNDTIMEO.
pub fn set_time(fd: i64, name: i32, milliseconds: i64) {
    let time = timeval {
        tv_sec: milliseconds / 1000,
        tv_usec: milliseconds % 1000 * 1000,
    };
    option(fd, SOL_SOCKET, name, time);
}

pub fn get(fd: i64, name: i32) -> i32 {
    let mut value = 0;
    let mut length = size_of::<i32>() as socklen_t;
    let place = (&raw mut value).cast::<c_void>();
    // SAFETY: both places are live, and the length says how long the first is.
    let done = unsafe { libc::getsockopt(fd as i32, SOL_SOCKET, name, place, &raw mut length) };
    assert_eq!(done, 0, "getsockopt {name}");
    value
}

/// Takes the error that waits for the next call.
pub fn error(t: &mut Twin, fd: i64) {
    let errno = get(fd, SO_ERROR);
    t.note("SO_ERROR", shown(-i64::from(errno)));
}

pub fn shutdown(fd: i64, how: i32) {
    // SAFETY: plain numbers.
    assert_eq!(unsafe { libc::shutdown(fd as i32, how) }, 0, "shutdown");
}

/// What follows ends the connection with a reset.
pub fn reset(fd: i64) {
    let at_once = libc::linger {
        l_onoff: 1,
        l_linger: 0,
    };
    option(fd, SOL_SOCKET, libc::SO_LINGER, at_once);
    close(&[fd]);
}

/// What was sent comes by way of the network, which takes its time.
pub fn arrives(fd: i64) {
    happens(fd, POLLIN);
}

pub fn happens(fd: i64, events: i16) {
    until("something on a socket", || is_ready(fd, events));
}

/// Until so many bytes of a stream are there, or of a datagram.
pub fn arrived(fd: i64, bytes: i32) {
    let waiting = || {
        let mut count = 0;
        // SAFETY: a place for the count.
        unsafe { libc::ioctl(fd as i32, libc::FIONREAD, &raw mut count) };
        count
    };
    until("bytes on a socket", || waiting() >= bytes);
}

/// Of several messages in a row: all of what a stream is to bring, or the first of the datagrams.
pub fn all_arrived(fd: i64, messages: &[&[u8]]) {
    let length = |messages: &[&[u8]]| messages.iter().map(|message| message.len()).sum::<usize>();
    let wanted = match get(fd, SO_TYPE) {
        SOCK_STREAM => length(messages),
        _ => length(&messages[..1]),
    };
    arrived(fd, wanted as i32);
}

/// Each without a line, until they are there.
pub fn bring(from: i64, to: i64, messages: &[&[u8]]) {
    for message in messages {
        send(from, message, 0);
    }
    all_arrived(to, messages);
}

/// Without a line.
pub fn send(fd: i64, bytes: &[u8], flags: i32) {
    // SAFETY: live bytes.
    let sent = unsafe { libc::send(fd as i32, bytes.as_ptr().cast(), bytes.len(), flags) };
    assert_eq!(sent, bytes.len() as isize, "send");
}

pub fn send_to(fd: i64, bytes: &[u8], mut to: Address) {
    let (start, length) = (bytes.as_ptr().cast(), bytes.len());
    // SAFETY: live bytes and a live address.
    let sent = unsafe { libc::sendto(fd as i32, start, length, 0, to.pointer(), to.length) };
    assert_eq!(sent, bytes.len() as isize, "sendto");
}

/// What comes next, at the most a page; nothing at the end or after an error.
pub fn receive(fd: i64) -> Vec<u8> {
    let mut bytes = vec![0; 1 << 16];
    let place = bytes.as_mut_ptr().cast();
    // SAFETY: a live buffer of this length.
    let got = unsafe { libc::recv(fd as i32, place, bytes.len(), 0) };
    bytes.truncate(usize::try_from(got).unwrap_or(0));
    bytes
}

/// All that comes until the other side has no more.
pub fn receive_all(fd: i64) -> Vec<u8> {
    let mut all = Vec::new();
    loop {
        let bytes = receive(fd);
        if bytes.is_empty() {
            return all;
        }
        all.extend(bytes);
    }
}

/// An arbitrary stream of bytes, in which no two places look alike.
pub fn pattern(length: usize) -> Vec<u8> {
    let byte = |i: usize| ((i as u32).wrapping_mul(2_654_435_761) >> 24) as u8;
    (0..length).map(byte).collect()
}

pub fn nonblocking(fd: i64) {
    // SAFETY: plain numbers.
    let done = unsafe { libc::fcntl(fd as i32, libc::F_SETFL, libc::O_NONBLOCK) };
    assert_eq!(done, 0, "fcntl");
}

/// All that comes until these bytes do.
pub fn receive_until(fd: i64, end: &[u8]) -> Vec<u8> {
    let mut all = Vec::new();
    while !all.ends_with(end) {
        all.extend(receive(fd));
    }
    all
}

/// Takes all messages that are there, also those of nothing.
pub fn drain_messages(fd: i64) {
    let mut room = [0u8; 16];
    let flags = libc::MSG_DONTWAIT | libc::MSG_TRUNC;
    // SAFETY: a live buffer of this length.
    while unsafe { libc::recv(fd as i32, room.as_mut_ptr().cast(), room.len(), flags) } > 0
        || is_ready(fd, POLLIN)
    {}
}
