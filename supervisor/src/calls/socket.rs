//! connect, accept, accept4, sendto, sendmsg, recvfrom, recvmsg on TCP and
//! UDP sockets: tried, see [`super::waiting`].

use super::rw::LARGEST;
use super::vector::{gathered, parts_at, scattered};
use super::waiting::{Waiting, What, taken, tried};
use super::{Args, Call, Native, Part, Patch, Reply, Stage};
use crate::sys::net::{self, LONGEST_NAME};
use crate::target::zeroed;
use nix::errno::Errno;
use std::os::fd::AsFd;

const DONTWAIT: u32 = libc::MSG_DONTWAIT as u32;
/// What a sender may ask besides. EPIPE is native, and with it its signal.
const SENDING: u32 = DONTWAIT
    | (libc::MSG_NOSIGNAL | libc::MSG_MORE | libc::MSG_EOR | libc::MSG_CONFIRM) as u32
    | libc::MSG_DONTROUTE as u32;
const RECEIVING: u32 =
    DONTWAIT | (libc::MSG_PEEK | libc::MSG_NOSIGNAL | libc::MSG_CMSG_CLOEXEC) as u32;
const ACCEPTING: u32 = (libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK) as u32;

/// An address argument.
fn name(args: &Args<'_>, address: u64, len: u64) -> Result<Vec<u8>, Native> {
    match len as u32 as usize {
        0 => Err(Native::Undecodable),
        len if len > LONGEST_NAME => Err(Native::Undecodable),
        len => args.bytes_at(address, len),
    }
}

#[derive(Debug)]
pub struct Connect {
    fd: i32,
    to: Vec<u8>,
}

pub fn connect(args: &mut Args<'_>) -> Result<Connect, Native> {
    Ok(Connect {
        fd: args.int(0),
        to: name(args, args.raw(1), args.raw(2))?,
    })
}

impl Call for Connect {
    const LOOKS_AGAIN: bool = true;

    fn perform(self, stage: &Stage<'_>) -> Result<Reply, Native> {
        let socket = Waiting::of(stage, self.fd)?;
        if socket.blocks && socket.what != What::Datagram {
            return Err(Native::Wait);
        }
        let connected = net::connect(socket.file.as_fd(), &self.to);
        tried(connected, false).map(Reply::done)
    }
}

#[derive(Debug)]
pub struct Accept {
    fd: i32,
    flags: u32,
    peer: Option<Room>,
}

/// Room for an address, and where its length lies.
#[derive(Clone, Copy, Debug)]
struct Room {
    address: u64,
    len: usize,
    len_at: u64,
}

impl Room {
    fn of(args: &Args<'_>, address: u64, len_at: u64) -> Result<Option<Room>, Native> {
        if address == 0 {
            return Ok(None);
        }
        let len = args.bytes_at(len_at, 4)?;
        let len = i32::from_ne_bytes(std::array::from_fn(|i| len[i]));
        let len = usize::try_from(len).map_err(|_| Native::Undecodable)?;
        Ok(Some(Room {
            address,
            len,
            len_at,
        }))
    }

    fn stretches(self) -> [(u64, usize); 2] {
        // No name is longer, whatever room there is.
        let len = self.len.min(LONGEST_NAME);
        [(self.address, len), (self.len_at, 4)]
    }

    fn patches(self, mut name: Vec<u8>, len: u32) -> [Patch; 2] {
        name.truncate(self.len);
        let len = Patch {
            address: self.len_at,
            bytes: len.to_ne_bytes().to_vec(),
        };
        let name = Patch {
            address: self.address,
            bytes: name,
        };
        [name, len]
    }
}

pub fn accept(args: &mut Args<'_>) -> Result<Accept, Native> {
    Ok(Accept {
        fd: args.int(0),
        flags: 0,
        peer: Room::of(args, args.raw(1), args.raw(2))?,
    })
}

pub fn accept4(args: &mut Args<'_>) -> Result<Accept, Native> {
    match args.uint(3) {
        flags if flags & !ACCEPTING != 0 => Err(Native::Undecodable),
        flags => Ok(Accept {
            flags,
            ..accept(args)?
        }),
    }
}

impl Call for Accept {
    const LOOKS_AGAIN: bool = true;
    /// Another may take the connection that was there a moment ago.
    const HASTY: bool = true;

    fn perform(self, stage: &Stage<'_>) -> Result<Reply, Native> {
        let room = self.peer.map(Room::stretches).unwrap_or_default();
        if stage.table_may_fill_up()? || !stage.target.is_writable(&room) {
            return Err(Native::Limit);
        }
        let listener = Waiting::of(stage, self.fd)?;
        let listener_file = listener.file.as_fd();
        if listener.blocks && net::poll(&[(listener_file, libc::POLLIN)]) != Ok(vec![libc::POLLIN])
        {
            return Err(Native::Wait);
        }
        let flags = self.flags | libc::SOCK_CLOEXEC as u32;
        match tried(net::accept(listener_file, flags), listener.blocks)? {
            Err(errno) => Ok(Reply::error(errno)),
            Ok((file, name)) => {
                let len = name.len() as u32;
                let memory = self.peer.map(|room| room.patches(name, len));
                let close_on_exec = self.flags & libc::SOCK_CLOEXEC as u32 != 0;
                Ok(Reply {
                    memory: memory.into_iter().flatten().collect(),
                    fault: Some(Errno::EFAULT),
                    ..Reply::with_file(file, close_on_exec)
                })
            }
        }
    }
}

#[derive(Debug)]
pub struct Send {
    fd: i32,
    data: Vec<u8>,
    to: Vec<u8>,
    flags: u32,
}

fn sent(fd: i32, data: Vec<u8>, to: Vec<u8>, flags: u32) -> Result<Send, Native> {
    match flags & !SENDING {
        0 => Ok(Send {
            fd,
            data,
            to,
            flags,
        }),
        _ => Err(Native::Undecodable),
    }
}

pub fn sendto(args: &mut Args<'_>) -> Result<Send, Native> {
    if args.size(2) > LARGEST {
        return Err(Native::Size);
    }
    let to = match args.raw(4) {
        0 => Vec::new(),
        address => name(args, address, args.raw(5))?,
    };
    args.buffer(1, args.size(2))?;
    let data = args.bytes(1, args.size(2))?;
    sent(args.int(0), data, to, args.uint(3))
}

/// `struct msghdr`, without control data.
struct Head {
    name: u64,
    name_len: u32,
    parts: Vec<Part>,
    total: usize,
}

/// Where its fields lie.
mod at {
    pub(super) const NAME_LEN: u64 = 8;
    pub(super) const CONTROL_LEN: u64 = 40;
    pub(super) const FLAGS: u64 = 48;
    pub(super) const END: usize = 56;
}

impl Head {
    fn read(args: &Args<'_>) -> Result<Head, Native> {
        let bytes = args.bytes(1, at::END)?;
        let word = |at: usize| u64::from_ne_bytes(std::array::from_fn(|i| bytes[at + i]));
        if word(at::CONTROL_LEN as usize) != 0 {
            return Err(Native::Undecodable);
        }
        let count = usize::try_from(word(24)).map_err(|_| Native::Undecodable)?;
        let (parts, total) = parts_at(args, word(16), count)?;
        if total > LARGEST {
            return Err(Native::Size);
        }
        Ok(Head {
            name: word(0),
            name_len: word(at::NAME_LEN as usize) as u32,
            parts,
            total,
        })
    }
}

pub fn sendmsg(args: &mut Args<'_>) -> Result<Send, Native> {
    let head = Head::read(args)?;
    let to = match head.name {
        0 => Vec::new(),
        address => name(args, address, head.name_len.into())?,
    };
    let data = gathered(args, &head.parts, head.total)?;
    sent(args.int(0), data, to, args.uint(2))
}

impl Call for Send {
    const LOOKS_AGAIN: bool = true;

    fn perform(self, stage: &Stage<'_>) -> Result<Reply, Native> {
        let socket = Waiting::of(stage, self.fd)?;
        let blocks = socket.blocks && self.flags & DONTWAIT == 0;
        // Of a stream it could be a part.
        if blocks && socket.what != What::Datagram {
            return Err(Native::Wait);
        }
        let flags = self.flags | DONTWAIT | libc::MSG_NOSIGNAL as u32;
        let count = net::send(socket.file.as_fd(), &self.data, &self.to, flags);
        Ok(Reply::new(tried(count, blocks)?.map(|n| n as i64)))
    }
}

#[derive(Debug)]
pub struct Receive {
    fd: i32,
    parts: Vec<Part>,
    total: usize,
    flags: u32,
    from: Option<Room>,
    /// Where `struct msghdr` lies.
    head: Option<u64>,
}

fn receiving(flags: u32) -> Result<u32, Native> {
    match flags & !RECEIVING {
        0 => Ok(flags),
        _ => Err(Native::Undecodable),
    }
}

pub fn recvfrom(args: &mut Args<'_>) -> Result<Receive, Native> {
    let len = args.size(2);
    if len > LARGEST {
        return Err(Native::Size);
    }
    let address = args.buffer(1, len)?;
    Ok(Receive {
        fd: args.int(0),
        parts: vec![Part { address, len }],
        total: len,
        flags: receiving(args.uint(3))?,
        from: Room::of(args, args.raw(4), args.raw(5))?,
        head: None,
    })
}

pub fn recvmsg(args: &mut Args<'_>) -> Result<Receive, Native> {
    let head = Head::read(args)?;
    let from = match head.name {
        0 => None,
        address => Room::of(args, address, args.raw(1) + at::NAME_LEN)?,
    };
    Ok(Receive {
        fd: args.int(0),
        parts: head.parts,
        total: head.total,
        flags: receiving(args.uint(2))?,
        from,
        head: Some(args.raw(1)),
    })
}

impl Receive {
    /// All that may be written.
    fn stretches(&self) -> Vec<(u64, usize)> {
        let parts = self.parts.iter().map(|part| (part.address, part.len));
        let head = self.head.map(|head| (head, at::END));
        let room = self.from.map(Room::stretches);
        parts
            .chain(head)
            .chain(room.into_iter().flatten())
            .collect()
    }
}

/// What recvmsg(2) writes into the header itself.
fn header(head: u64, flags: i32) -> [Patch; 2] {
    let flags = Patch {
        address: head + at::FLAGS,
        bytes: flags.to_ne_bytes().to_vec(),
    };
    let control = Patch {
        address: head + at::CONTROL_LEN,
        bytes: vec![0; 8],
    };
    [flags, control]
}

impl Call for Receive {
    const LOOKS_AGAIN: bool = true;

    fn perform(self, stage: &Stage<'_>) -> Result<Reply, Native> {
        if !stage.target.is_writable(&self.stretches()) {
            return Err(Native::Injection);
        }
        let socket = Waiting::of(stage, self.fd)?;
        let blocks = socket.blocks && self.flags & DONTWAIT == 0;
        let file = socket.file.as_fd();
        if blocks {
            socket.has_no_low_water()?;
        }
        let mut buffer = zeroed(self.total).map_err(|_| Native::Shortage)?;
        let flags = self.flags | DONTWAIT;
        let received = net::receive(file, &mut buffer, self.from.is_some(), flags);
        let received = match tried(received, blocks)? {
            Ok(received) => received,
            Err(errno) => return Ok(Reply::error(errno)),
        };
        buffer.truncate(received.count);
        let mut memory = scattered(&self.parts, &buffer);
        if let Some(room) = self.from {
            memory.extend(room.patches(received.name, received.name_len));
        }
        if let Some(head) = self.head {
            memory.extend(header(head, received.flags));
        }
        Ok(taken(received.count, memory))
    }
}
