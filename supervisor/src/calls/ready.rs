//! poll, ppoll, select, pselect6 of a few pipes, sockets and eventfds: asked
//! once. What would wait, or says how long it has waited, is the kernel's:
//! nothing has happened yet.

use super::waiting::open;
use super::{Args, Call, Native, Patch, Reply, Stage};
use crate::sys::net;
use std::os::fd::AsFd;

/// Each costs looks at it: of more the kernel is faster.
const MOST: usize = 8;
/// `sizeof(sigset_t)`, the kernel's.
const MASK: usize = 8;

/// What is asked of one descriptor; none when it is negative.
#[derive(Clone, Copy, Debug)]
struct Asked {
    fd: i32,
    events: i16,
}

/// Whether nothing ready is an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Patience {
    None,
    /// For a time, or for ever.
    Some,
}

#[derive(Debug)]
pub struct Poll {
    asked: Vec<Asked>,
    list: u64,
    patience: Patience,
}

fn listed(args: &Args<'_>, patience: Patience) -> Result<Poll, Native> {
    let count = args.uint(1) as usize;
    if count == 0 || count > MOST {
        return Err(Native::Size);
    }
    let bytes = args.bytes(0, count * 8)?;
    let entries = bytes.as_chunks::<8>().0.iter();
    let asked = entries.map(|entry| Asked {
        fd: i32::from_ne_bytes([entry[0], entry[1], entry[2], entry[3]]),
        events: i16::from_ne_bytes([entry[4], entry[5]]),
    });
    Ok(Poll {
        asked: asked.collect(),
        list: args.raw(0),
        patience,
    })
}

pub fn poll(args: &mut Args<'_>) -> Result<Poll, Native> {
    let patience = match args.int(2) {
        0 => Patience::None,
        _ => Patience::Some,
    };
    listed(args, patience)
}

pub fn ppoll(args: &mut Args<'_>) -> Result<Poll, Native> {
    let masked = mask(args, args.raw(3), args.raw(4))?;
    listed(args, limited(args, 2, masked)?)
}

/// A timeout of two words at `arg`, with which a mask of signals may be swapped in.
fn limited(args: &Args<'_>, arg: usize, masked: bool) -> Result<Patience, Native> {
    if args.raw(arg) == 0 {
        return Ok(Patience::Some);
    }
    match args.bytes(arg, 16)?.iter().all(|byte| *byte == 0) {
        // A signal that the mask lets through would end it.
        true if !masked => Ok(Patience::None),
        // What is left of it is to be told.
        _ => Err(Native::Wait),
    }
}

fn mask(args: &Args<'_>, address: u64, size: u64) -> Result<bool, Native> {
    match address {
        0 => Ok(false),
        _ if size != MASK as u64 => Err(Native::Undecodable),
        _ => args.bytes_at(address, MASK).map(|_| true),
    }
}

/// What of it each is ready for.
fn ready(stage: &Stage<'_>, asked: &[Asked]) -> Result<Vec<i16>, Native> {
    let opened = asked.iter().map(|asked| match asked.fd {
        ..0 => Ok(None),
        fd => open(stage, fd).map(|(file, _)| Some((file, asked.events))),
    });
    let opened = opened.collect::<Result<Vec<_>, _>>()?;
    let files: Vec<_> = opened
        .iter()
        .flatten()
        .map(|(file, events)| (file.as_fd(), *events))
        .collect();
    let mut ready = net::poll(&files).map_err(|_| Native::Shortage)?.into_iter();
    let each = |file: &Option<_>| file.as_ref().and_then(|_| ready.next()).unwrap_or(0);
    Ok(opened.iter().map(each).collect())
}

fn answer(count: usize, patience: Patience, memory: Vec<Patch>) -> Result<Reply, Native> {
    if count == 0 && patience == Patience::Some {
        return Err(Native::Wait);
    }
    Ok(Reply {
        memory,
        ..Reply::new(Ok(count as i64))
    })
}

impl Call for Poll {
    const LOOKS_AGAIN: bool = true;

    fn perform(self, stage: &Stage<'_>) -> Result<Reply, Native> {
        // A longer list than there may be descriptors is refused.
        if stage.descriptor_limit()? < self.asked.len() as u64 {
            return Err(Native::Limit);
        }
        let ready = ready(stage, &self.asked)?;
        let count = ready.iter().filter(|events| **events != 0).count();
        let memory = ready.iter().zip(0u64..).map(|(events, i)| Patch {
            address: self.list + i * 8 + 6,
            bytes: events.to_ne_bytes().to_vec(),
        });
        answer(count, self.patience, memory.collect())
    }
}

/// One of select's three sets.
#[derive(Debug)]
struct Set {
    address: u64,
    words: Vec<u64>,
    /// What its members are asked.
    events: i16,
    /// What of that, and of what need not be asked, makes them ready.
    counts: i16,
}

#[derive(Debug)]
pub struct Select {
    sets: Vec<Set>,
    patience: Patience,
}

use libc::{
    POLLERR, POLLHUP, POLLIN, POLLOUT, POLLPRI, POLLRDBAND, POLLRDNORM, POLLWRBAND, POLLWRNORM,
};
/// For reading, writing, exceptions: poll(2) under "Correspondence between select() and poll()".
const MEANING: [(i16, i16); 3] = [
    (
        POLLRDNORM | POLLRDBAND | POLLIN,
        POLLRDNORM | POLLRDBAND | POLLIN | POLLHUP | POLLERR,
    ),
    (
        POLLWRBAND | POLLWRNORM | POLLOUT,
        POLLWRBAND | POLLWRNORM | POLLOUT | POLLERR,
    ),
    (POLLPRI, POLLPRI),
];
/// `FD_SETSIZE`, and no more is in three sets of it.
const HIGHEST: i32 = 1024;

fn chosen(args: &Args<'_>, patience: Patience) -> Result<Select, Native> {
    let end = match args.int(0) {
        end @ 1..=HIGHEST => end as usize,
        _ => return Err(Native::Size),
    };
    let mut sets = Vec::new();
    for (arg, (events, counts)) in (1..=3).zip(MEANING) {
        if args.raw(arg) == 0 {
            continue;
        }
        let bytes = args.bytes(arg, end.div_ceil(64) * 8)?;
        let words = bytes.as_chunks().0.iter().copied();
        let words: Vec<u64> = words.map(u64::from_ne_bytes).collect();
        let beyond = words.last().map_or(0, |last| last >> (end % 64));
        // Nobody's business, natively; rare.
        if end % 64 != 0 && beyond != 0 {
            return Err(Native::Undecodable);
        }
        sets.push(Set {
            address: args.raw(arg),
            words,
            events,
            counts,
        });
    }
    let members: u32 = sets
        .iter()
        .flat_map(|set| &set.words)
        .map(|word| word.count_ones())
        .sum();
    match members as usize {
        1..=MOST => Ok(Select { sets, patience }),
        _ => Err(Native::Size),
    }
}

pub fn select(args: &mut Args<'_>) -> Result<Select, Native> {
    chosen(args, limited(args, 4, false)?)
}

pub fn pselect6(args: &mut Args<'_>) -> Result<Select, Native> {
    let masked = match args.raw(5) {
        0 => false,
        address => {
            let pair = args.bytes_at(address, 16)?;
            let word = |at: usize| u64::from_ne_bytes(std::array::from_fn(|i| pair[at + i]));
            mask(args, word(0), word(8))?
        }
    };
    chosen(args, limited(args, 4, masked)?)
}

impl Set {
    /// Each member's word and bit in it.
    fn members(&self) -> impl Iterator<Item = (usize, u32)> {
        let words = self.words.iter().enumerate();
        words.flat_map(|(place, word)| {
            (0..64)
                .filter(move |bit| word >> bit & 1 == 1)
                .map(move |bit| (place, bit))
        })
    }

    fn asked(&self) -> Vec<Asked> {
        let asked = |(place, bit)| Asked {
            fd: (place * 64) as i32 + bit as i32,
            events: self.events,
        };
        self.members().map(asked).collect()
    }

    /// Only the words with a member: whether the kernel writes others depends on the size of the caller's table.
    fn left(&self, ready: &[i16]) -> (usize, Vec<Patch>) {
        let mut words = vec![0u64; self.words.len()];
        for ((place, bit), events) in self.members().zip(ready) {
            words[place] |= u64::from(events & self.counts != 0) << bit;
        }
        let count: u32 = words.iter().map(|word| word.count_ones()).sum();
        let patches = (0..words.len()).filter(|place| self.words[*place] != 0);
        let patches = patches.map(|place| Patch {
            address: self.address + place as u64 * 8,
            bytes: words[place].to_ne_bytes().to_vec(),
        });
        (count as usize, patches.collect())
    }
}

impl Call for Select {
    const LOOKS_AGAIN: bool = true;

    fn perform(self, stage: &Stage<'_>) -> Result<Reply, Native> {
        let sizes = self
            .sets
            .iter()
            .map(|set| (set.address, set.words.len() * 8));
        if !stage.target.is_writable(&sizes.collect::<Vec<_>>()) {
            return Err(Native::Injection);
        }
        let asked: Vec<Asked> = self.sets.iter().flat_map(Set::asked).collect();
        let ready = ready(stage, &asked)?;
        let (mut count, mut memory, mut rest) = (0, Vec::new(), ready.as_slice());
        for set in &self.sets {
            let (here, beyond) = rest.split_at(set.members().count());
            rest = beyond;
            let (members, patches) = set.left(here);
            count += members;
            memory.extend(patches);
        }
        answer(count, self.patience, memory)
    }
}
