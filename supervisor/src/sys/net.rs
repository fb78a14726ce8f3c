//! Sockets, and what is ready.

use super::syscall;
use nix::errno::Errno;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

/// What this file's functions call.
pub const CALLS: &[i64] = &[
    libc::SYS_getsockopt,
    libc::SYS_sendto,
    libc::SYS_recvmsg,
    libc::SYS_accept4,
    libc::SYS_connect,
    libc::SYS_poll,
];

/// `struct sockaddr_storage`: no address is longer.
pub const LONGEST_NAME: usize = 128;

fn number(fd: BorrowedFd<'_>) -> u64 {
    fd.as_raw_fd() as u64
}

/// An option of level `SOL_SOCKET` whose value is an int.
///
/// # Errors
/// ENOTSOCK, and the kernel's others.
pub fn option(socket: BorrowedFd<'_>, name: i32) -> Result<i32, Errno> {
    let (mut value, mut len) = (0i32, 4u32);
    let args = [
        number(socket),
        libc::SOL_SOCKET as u64,
        name as u64,
        &raw mut value as u64,
        &raw mut len as u64,
        0,
    ];
    // SAFETY: an int to write, and its length.
    unsafe { syscall(libc::SYS_getsockopt, args) }.map(|_| value)
}

/// sendto(2), to `to` unless that is empty.
///
/// # Errors
/// The kernel's.
pub fn send(socket: BorrowedFd<'_>, data: &[u8], to: &[u8], flags: u32) -> Result<usize, Errno> {
    let name = if to.is_empty() { 0 } else { to.as_ptr() as u64 };
    let args = [
        number(socket),
        data.as_ptr() as u64,
        data.len() as u64,
        flags.into(),
        name,
        to.len() as u64,
    ];
    // SAFETY: live buffers of the lengths given; only read.
    unsafe { syscall(libc::SYS_sendto, args) }.map(|n| n as usize)
}

/// What recvmsg(2) tells of a message besides its bytes.
#[derive(Debug)]
pub struct Received {
    pub count: usize,
    /// The sender's name, cut to the room there was.
    pub name: Vec<u8>,
    /// How long it is uncut.
    pub name_len: u32,
    pub flags: i32,
}

/// recvmsg(2) into one buffer, with room for a sender's name, if `named`, and for no control data.
///
/// # Errors
/// The kernel's.
pub fn receive(
    socket: BorrowedFd<'_>,
    into: &mut [u8],
    named: bool,
    flags: u32,
) -> Result<Received, Errno> {
    let mut name = vec![0u8; if named { LONGEST_NAME } else { 0 }];
    let mut part = libc::iovec {
        iov_base: into.as_mut_ptr().cast(),
        iov_len: into.len(),
    };
    // SAFETY: null pointers and zeroes are valid in all its fields.
    let mut head: libc::msghdr = unsafe { std::mem::zeroed() };
    head.msg_iov = &raw mut part;
    head.msg_iovlen = 1;
    if named {
        head.msg_name = name.as_mut_ptr().cast();
        head.msg_namelen = LONGEST_NAME as u32;
    }
    let args = [number(socket), &raw mut head as u64, flags.into(), 0, 0, 0];
    // SAFETY: a header of live buffers of the lengths given.
    let count = unsafe { syscall(libc::SYS_recvmsg, args) }? as usize;
    name.truncate(head.msg_namelen as usize);
    Ok(Received {
        count,
        name,
        name_len: head.msg_namelen,
        flags: head.msg_flags,
    })
}

/// accept4(2), and the peer's name.
///
/// # Errors
/// The kernel's.
pub fn accept(socket: BorrowedFd<'_>, flags: u32) -> Result<(OwnedFd, Vec<u8>), Errno> {
    let (mut name, mut len) = (vec![0u8; LONGEST_NAME], LONGEST_NAME as u32);
    let args = [
        number(socket),
        name.as_mut_ptr() as u64,
        &raw mut len as u64,
        flags.into(),
        0,
        0,
    ];
    // SAFETY: a buffer of the length given, and that length.
    let fd = unsafe { syscall(libc::SYS_accept4, args) }?;
    // SAFETY: the kernel has just given us this descriptor.
    let accepted = unsafe { OwnedFd::from_raw_fd(fd as i32) };
    name.truncate(len as usize);
    Ok((accepted, name))
}

/// connect(2).
///
/// # Errors
/// The kernel's.
pub fn connect(socket: BorrowedFd<'_>, to: &[u8]) -> Result<(), Errno> {
    let args = [number(socket), to.as_ptr() as u64, to.len() as u64, 0, 0, 0];
    // SAFETY: a live buffer of the length given; only read.
    unsafe { syscall(libc::SYS_connect, args) }.map(drop)
}

/// What of `events` each descriptor is ready for, now: poll(2).
///
/// # Errors
/// ENOMEM.
pub fn poll(files: &[(BorrowedFd<'_>, i16)]) -> Result<Vec<i16>, Errno> {
    let mut list: Vec<libc::pollfd> = files
        .iter()
        .map(|(file, events)| libc::pollfd {
            fd: file.as_raw_fd(),
            events: *events,
            revents: 0,
        })
        .collect();
    let args = [list.as_mut_ptr() as u64, list.len() as u64, 0, 0, 0, 0];
    // SAFETY: a list of the length given, to read and write.
    unsafe { syscall(libc::SYS_poll, args) }?;
    Ok(list.iter().map(|entry| entry.revents).collect())
}
