//! Stands between the kernel and a mirror, and keeps back what the mirror is to be slow about.
//!
//! The kernel's protocol is in linux/fuse.h: each message is one read or one write of the device.

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::socket::{self, AddressFamily, SockFlag, SockType, setsockopt, socketpair, sockopt};
use nix::unistd;
use std::collections::{HashMap, HashSet};
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::{Arc, Mutex};
use std::thread;

/// The longest message: a write of as many pages as the kernel puts into one, and its head.
const LONGEST: usize = (1 << 20) + 4096;
/// What the mirror has promised the kernel to have room for.
const ROOM: usize = (16 << 20) + 4096;
/// `FUSE_INTERRUPT`.
const INTERRUPT: u32 = 36;
/// `struct fuse_in_header`.
const HEAD: usize = 40;

/// What is kept back.
#[derive(Debug, Default)]
pub struct Gate(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    closed_to: HashSet<u32>,
    /// By the number each message has of its own.
    kept: HashMap<u64, Vec<u8>>,
    to_mirror: Option<Arc<OwnedFd>>,
}

/// Kinds of requests by their numbers in `enum fuse_opcode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Opcode {
    MkDir = 9,
    Unlink = 10,
    StatFs = 17,
}

impl Gate {
    /// From here on requests of this kind are taken, and answered EINTR when the kernel says that the caller has been
    /// signalled; otherwise never.
    pub fn close_to(&self, opcode: Opcode) {
        self.state().closed_to.insert(opcode as u32);
    }

    /// Requests that were kept back go on to the mirror, as do all others.
    pub fn open(&self) {
        let mut state = self.state();
        state.closed_to.clear();
        for (_, message) in std::mem::take(&mut state.kept) {
            state.pass_on(&message);
        }
    }

    /// How many are kept back now.
    pub fn kept(&self) -> usize {
        self.state().kept.len()
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().expect("the gate")
    }

    /// The mirror's end of a line that is guarded from now on, in the place of `device`.
    pub(super) fn guard(self: &Arc<Self>, device: OwnedFd) -> Result<OwnedFd> {
        let (mirror, gate) = socketpair(
            AddressFamily::Unix,
            SockType::SeqPacket,
            None,
            SockFlag::SOCK_CLOEXEC,
        )
        .context("socketpair")?;
        for end in [&mirror, &gate] {
            setsockopt(end, sockopt::SndBufForce, &(4 * LONGEST)).context("SO_SNDBUFFORCE")?;
        }
        let (device, gate) = (Arc::new(device), Arc::new(gate));
        self.state().to_mirror = Some(gate.clone());
        let (keeper, questions) = (self.clone(), device.clone());
        thread::spawn(move || {
            let mut buffer = vec![0; ROOM];
            while let Ok(length) = read(&questions, &mut buffer) {
                keeper.let_pass(&buffer[..length], &questions);
            }
        });
        thread::spawn(move || {
            let mut buffer = vec![0; LONGEST];
            while let Ok(length @ 1..) = read(&gate, &mut buffer) {
                // Refused: whoever asked has gone.
                let _ = unistd::write(&device, &buffer[..length]);
            }
        });
        Ok(mirror)
    }

    fn let_pass(&self, message: &[u8], device: &OwnedFd) {
        let mut state = self.state();
        let (opcode, number) = (word(message, 4) as u32, word(message, 8));
        if opcode == INTERRUPT {
            if state.kept.remove(&word(message, HEAD)).is_some() {
                let _ = unistd::write(device, &refusal(word(message, HEAD), Errno::EINTR));
            }
        } else if state.closed_to.contains(&opcode) {
            state.kept.insert(number, message.to_vec());
        } else {
            state.pass_on(message);
        }
    }
}

impl State {
    fn pass_on(&self, message: &[u8]) {
        if let Some(mirror) = &self.to_mirror {
            let flags = socket::MsgFlags::MSG_NOSIGNAL;
            // Refused: the mirror is gone, and soon the mount.
            let _ = socket::send(mirror.as_raw_fd(), message, flags);
        }
    }
}

/// One message. The device says ENOENT of one that was interrupted meanwhile.
fn read(from: &OwnedFd, buffer: &mut [u8]) -> nix::Result<usize> {
    loop {
        match unistd::read(from, buffer) {
            Err(Errno::ENOENT | Errno::EINTR | Errno::EAGAIN) => {}
            other => return other,
        }
    }
}

fn word(message: &[u8], at: usize) -> u64 {
    let bytes = message.get(at..at + 8).unwrap_or(&[0; 8]);
    u64::from_ne_bytes(bytes.try_into().expect("eight bytes"))
}

/// `struct fuse_out_header`.
fn refusal(number: u64, errno: Errno) -> [u8; 16] {
    let mut header = [0; 16];
    header[..4].copy_from_slice(&16u32.to_ne_bytes());
    header[4..8].copy_from_slice(&(-(errno as i32)).to_ne_bytes());
    header[8..].copy_from_slice(&number.to_ne_bytes());
    header
}
