//! `struct msghdr`, piece by piece.
//!
//! # Safety
//! A message holds all that it points to, but for what a case points elsewhere.

use super::address::{self, Address};
use crate::arg::Arg;
use crate::memory::Spot;
use crate::twin::{Twin, blank};
use libc::{c_void, iovec, mmsghdr, msghdr};

#[derive(Debug)]
pub struct Message {
    /// Where it is told how long each was, when there are many; else `msg_len` means nothing.
    pub header: Box<mmsghdr>,
    parts: Vec<iovec>,
    name: Option<Address>,
    /// Aligned for the structures in it.
    control: Vec<u64>,
}

impl Message {
    /// Of these stretches of memory.
    pub fn of(parts: &[(usize, usize)]) -> Self {
        let part = |(address, length): &(usize, usize)| iovec {
            iov_base: *address as *mut c_void,
            iov_len: *length,
        };
        let mut message = Self {
            header: Box::new(blank()),
            parts: parts.iter().map(part).collect(),
            name: None,
            control: Vec::new(),
        };
        message.header.msg_hdr.msg_iov = message.parts.as_mut_ptr();
        message.header.msg_hdr.msg_iovlen = message.parts.len();
        message
    }

    pub fn bytes(bytes: &[u8]) -> Self {
        Self::of(&[(bytes.as_ptr() as usize, bytes.len())])
    }

    pub fn spot(spot: &Spot, length: usize) -> Self {
        Self::of(&[(spot.address, length)])
    }

    /// To whom, or where to put who it is from.
    pub fn name(mut self, name: &Address) -> Self {
        let mut name = name.clone();
        self.header.msg_hdr.msg_name = name.pointer().cast();
        self.header.msg_hdr.msg_namelen = name.length;
        self.name = Some(name);
        self
    }

    pub fn room_for_name(self, length: usize) -> Self {
        let mut room = Address::new("room", &[b'.'; 128]);
        room.length = length.min(128) as u32;
        self.name(&room)
    }

    pub fn control(mut self, bytes: &[u8]) -> Self {
        let (words, _) = bytes.as_chunks();
        self.control = words.iter().copied().map(u64::from_ne_bytes).collect();
        self.header.msg_hdr.msg_control = self.control.as_mut_ptr().cast();
        self.header.msg_hdr.msg_controllen = bytes.len();
        self
    }

    pub fn room_for_control(self, length: usize) -> Self {
        let mut message = self.control(&vec![0; length.next_multiple_of(8)]);
        message.header.msg_hdr.msg_controllen = length;
        message
    }

    pub fn hdr(&mut self) -> &mut msghdr {
        &mut self.header.msg_hdr
    }

    /// For sendmsg and recvmsg, and for a vector of one.
    pub fn arg(&self) -> Arg {
        let lengths = self.parts.iter().map(|part| part.iov_len).take(4);
        let lengths: Vec<_> = lengths.collect();
        let header = &self.header.msg_hdr;
        let shown = format!(
            "msg{lengths:x?} name {} control {}",
            header.msg_namelen, header.msg_controllen
        );
        Arg::at((&raw const *self.header) as usize, shown)
    }

    /// As they lie in memory.
    pub fn raw_bytes(&self) -> Vec<u8> {
        let start = (&raw const self.header.msg_hdr).cast::<u8>();
        // SAFETY: a live structure of this size, zeroed before its fields were set.
        unsafe { std::slice::from_raw_parts(start, size_of::<msghdr>()) }.to_vec()
    }

    /// What of it the kernel may have changed.
    pub fn show(&self, t: &mut Twin) {
        let header = &self.header.msg_hdr;
        let length = header.msg_namelen as usize;
        let name = self.name.as_ref().map(|name| {
            let there = length.min(name.bytes().len());
            address::shown(t, &name.bytes()[..there])
        });
        t.note(
            "message",
            format_args!(
                "name {length} {} control {} flags {:#x}",
                name.unwrap_or_default(),
                header.msg_controllen,
                header.msg_flags
            ),
        );
    }

    /// Also what lies behind the address, which nobody may touch.
    pub fn show_all_of_the_name(&self, t: &mut Twin) {
        let Some(name) = &self.name else {
            return;
        };
        let mut whole = name.clone();
        whole.length = 128;
        let touched = whole.bytes().iter().rposition(|byte| *byte != b'.');
        t.note("touched", touched.map_or(0, |last| last + 1));
    }

    /// What came with it: levels, types, and the bytes of each.
    pub fn controls(&self) -> Vec<(i32, i32, Vec<u8>)> {
        let bytes: Vec<u8> = self.control.iter().flat_map(|w| w.to_ne_bytes()).collect();
        let mut rest = &bytes[..self.header.msg_hdr.msg_controllen.min(bytes.len())];
        let mut all = Vec::new();
        while rest.len() >= 16 {
            let number = |at: usize| i32::from_ne_bytes(rest[at..at + 4].try_into().expect("four"));
            let length = number(0) as usize;
            if !(16..=rest.len()).contains(&length) {
                break;
            }
            all.push((number(8), number(12), rest[16..length].to_vec()));
            rest = &rest[length.next_multiple_of(8).min(rest.len())..];
        }
        all
    }
}

/// One piece of control data.
pub fn control(level: i32, kind: i32, data: &[u8]) -> Vec<u8> {
    let length = (16 + data.len()) as u64;
    let mut bytes = length.to_ne_bytes().to_vec();
    bytes.extend(level.to_ne_bytes());
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(data);
    bytes.resize(bytes.len().next_multiple_of(8), 0);
    bytes
}
