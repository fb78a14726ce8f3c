//! Arguments laid out in memory, and what a call has written there.
//!
//! Every actor has its own places at addresses that are the same in both runs. What is laid out ends where its place
//! ends, and a page that cannot be touched follows: who reads or writes too much is told.
//!
//! # Safety
//! The arenas are mapped once, before any actor, at addresses where nothing else is, and never unmapped. An actor
//! touches its own only, and only while it makes no call.

use crate::finder::language::{ACTORS, Arg, Wild};
use crate::memory::PAGE;
use std::ptr;
use std::sync::atomic::{AtomicI32, Ordering};

const BASE: usize = 0x10_0000_0000;
/// Room for the arguments of a call, then the parts of vectors.
const PLACES: usize = 16;
const FIRST_PART: usize = 6;
/// Of one place, with the page that follows it.
pub const ROOM: usize = 64 << 10;
const STRIDE: usize = ROOM + PAGE;
const SPAN: usize = PLACES * STRIDE + 2 * PAGE;

/// What is in room that no call has written to.
const FILL: u8 = 0xa5;

/// Maps the arenas of all actors.
pub fn map() {
    let flags =
        libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED_NOREPLACE | libc::MAP_NORESERVE;
    let both = libc::PROT_READ | libc::PROT_WRITE;
    let wanted = BASE as *mut libc::c_void;
    // SAFETY: a new mapping that replaces none.
    let base = unsafe { libc::mmap(wanted, ACTORS * SPAN, both, flags, -1, 0) };
    assert_eq!(base, wanted, "the arenas' addresses are taken");
    for actor in 0..ACTORS {
        for place in 0..PLACES {
            protect(end_of(actor, place), libc::PROT_NONE);
        }
        let page = read_only(actor);
        // SAFETY: the page is part of the mapping made above, and still writable.
        unsafe { ptr::copy_nonoverlapping(c"d/f".as_ptr().cast(), page as *mut u8, 4) };
        protect(page, libc::PROT_READ);
    }
}

fn protect(page: usize, how: i32) {
    // SAFETY: one page of the mapping made by `map`.
    let done = unsafe { libc::mprotect(page as *mut libc::c_void, PAGE, how) };
    assert_eq!(done, 0, "mprotect");
}

fn end_of(actor: usize, place: usize) -> usize {
    BASE + actor * SPAN + place * STRIDE + ROOM
}

fn read_only(actor: usize) -> usize {
    BASE + actor * SPAN + PLACES * STRIDE
}

/// What the arguments mean in this sequence.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    pub actor: usize,
    /// The directory of the sequence.
    pub root: &'a [u8],
    /// Makes what is written different from step to step.
    pub step: usize,
    pub pids: &'a [AtomicI32; ACTORS],
    pub tids: &'a [AtomicI32; ACTORS],
}

/// The arguments of one call in its registers, and where they lie.
#[derive(Debug)]
pub struct Laid {
    pub registers: [u64; 6],
    /// Address and length of what the call may write, by argument.
    rooms: Vec<(usize, Vec<(usize, usize)>)>,
}

impl Place<'_> {
    pub fn lay(&self, args: &[Arg]) -> Laid {
        let mut laid = Laid {
            registers: [0; 6],
            rooms: Vec::new(),
        };
        let mut parts = FIRST_PART..PLACES;
        for (i, arg) in args.iter().enumerate().take(6) {
            let before = i.checked_sub(1).map(|before| &args[before]);
            laid.registers[i] = match arg {
                Arg::Len => before.map_or(0, length),
                _ => self.one(i, arg, &mut parts, &mut laid.rooms, i),
            };
        }
        laid
    }

    fn one(
        &self,
        place: usize,
        arg: &Arg,
        spare: &mut std::ops::Range<usize>,
        rooms: &mut Vec<(usize, Vec<(usize, usize)>)>,
        of: usize,
    ) -> u64 {
        let put = |bytes: &[u8]| self.put(place, bytes);
        let words = |words: &[i64]| {
            put(&words
                .iter()
                .flat_map(|word| word.to_ne_bytes())
                .collect::<Vec<_>>())
        };
        let mut room = |address: usize, length: usize| {
            match rooms.iter_mut().find(|(i, _)| *i == of) {
                Some((_, list)) => list.push((address, length)),
                None => rooms.push((of, vec![(address, length)])),
            }
            address
        };
        let address = match arg {
            Arg::Number(number) => *number as usize,
            Arg::Len => 0,
            Arg::Text(text) => put(&self.text(text)),
            Arg::Long(n) => put(&[&vec![b'x'; *n as usize][..], b"\0"].concat()),
            Arg::Deep(n) => put(&[&b"./".repeat(*n as usize)[..], b"f\0"].concat()),
            Arg::Wild(wild) => self.wild(*wild),
            Arg::Data(n) => put(&self.data(*n as usize)),
            Arg::Out(n) | Arg::Dents(n) | Arg::Dents64(n) | Arg::Events(n) => {
                room(put(&vec![FILL; *n as usize]), *n as usize)
            }
            Arg::Stat => room(
                put(&[FILL; size_of::<libc::stat>()]),
                size_of::<libc::stat>(),
            ),
            Arg::Statx => room(
                put(&[FILL; size_of::<libc::statx>()]),
                size_of::<libc::statx>(),
            ),
            Arg::Statfs => room(
                put(&[FILL; size_of::<libc::statfs>()]),
                size_of::<libc::statfs>(),
            ),
            Arg::MountId | Arg::Pair => room(put(&[FILL; 8]), 8),
            Arg::Handle(n) => {
                let mut bytes = vec![FILL; 8 + (*n as usize).min(512)];
                bytes[..4].copy_from_slice(&n.to_ne_bytes());
                room(put(&bytes), bytes.len())
            }
            Arg::Offset(at) => room(words(&[*at]), 8),
            Arg::Times(times) => {
                words(&times.iter().flat_map(|(s, n)| [*s, *n]).collect::<Vec<_>>())
            }
            Arg::How(how) => words(how),
            Arg::Words(list) => put(&list
                .iter()
                .flat_map(|word| word.to_ne_bytes())
                .collect::<Vec<_>>()),
            Arg::Address(path) => {
                let family = (libc::AF_UNIX as u16).to_ne_bytes();
                put(&[&family[..], &self.text(path)].concat())
            }
            Arg::Parts(parts) => {
                let mut vector = Vec::new();
                for part in parts {
                    let Some(place) = spare.next() else { break };
                    let at = self.one(place, part, &mut (0..0), rooms, of);
                    vector.extend([at as i64, length(part) as i64]);
                }
                words(&vector)
            }
            Arg::Value(value, flags) => {
                let at = self.one(FIRST_PART, value, &mut (0..0), rooms, of);
                // `struct xattr_args`: an address, a size and flags of 32 bits each.
                words(&[at as i64, length(value) as i64 | flags << 32])
            }
            Arg::Pid(actor) => known(&self.pids[usize::from(*actor) % ACTORS]),
            Arg::Tid(actor) => known(&self.tids[usize::from(*actor) % ACTORS]),
        };
        address as u64
    }

    /// At the very end of a place.
    fn put(&self, place: usize, bytes: &[u8]) -> usize {
        assert!(bytes.len() <= ROOM, "an argument of {} bytes", bytes.len());
        let at = end_of(self.actor, place) - bytes.len();
        // SAFETY: inside the place, which is this actor's own and writable.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), at as *mut u8, bytes.len()) };
        at
    }

    fn text(&self, text: &[u8]) -> Vec<u8> {
        match text.strip_prefix(b"@") {
            Some(rest) => [self.root, rest, b"\0"].concat(),
            None => [text, b"\0"].concat(),
        }
    }

    fn data(&self, n: usize) -> Vec<u8> {
        (0..n)
            .map(|i| b'a' + ((i / 7 + i + 5 * self.step) % 26) as u8)
            .collect()
    }

    fn wild(&self, wild: Wild) -> usize {
        match wild {
            Wild::Null => 0,
            Wild::One => 1,
            Wild::NoAccess => end_of(self.actor, 0),
            Wild::ReadOnly => read_only(self.actor),
            Wild::Kernel => 0xffff_8000_0000_0000,
            Wild::NonCanonical => 0x0000_8000_0000_0000,
            Wild::Top => usize::MAX,
        }
    }
}

/// Nobody has the number that is higher than any the kernel gives.
fn known(id: &AtomicI32) -> usize {
    match id.load(Ordering::Relaxed) {
        0 => 0x7fff_ffff,
        id => id as usize,
    }
}

/// What a caller would say about what an argument points to.
fn length(arg: &Arg) -> u64 {
    match arg {
        Arg::Data(n) | Arg::Out(n) | Arg::Dents(n) | Arg::Dents64(n) | Arg::Events(n) => {
            u64::from(*n)
        }
        Arg::Parts(parts) => parts.len() as u64,
        Arg::Words(words) => words.len() as u64,
        Arg::How(_) => 24,
        Arg::Address(_) => 110,
        Arg::Text(text) => text.len() as u64,
        Arg::Wild(_) | Arg::Offset(_) | Arg::Pair | Arg::MountId => 8,
        Arg::Value(..) => 16,
        _ => 0,
    }
}

impl Laid {
    /// What now stands where the call may have written: argument and bytes; none where nothing was touched.
    pub fn written(&self) -> impl Iterator<Item = (usize, Vec<u8>)> + '_ {
        self.rooms.iter().map(|(of, rooms)| {
            let bytes = rooms.iter().flat_map(|(at, length)| {
                // SAFETY: inside a place that `lay` has filled, and no call is under way.
                unsafe { std::slice::from_raw_parts(*at as *const u8, *length) }
                    .iter()
                    .copied()
            });
            (*of, bytes.collect())
        })
    }

    pub fn read_i32(&self, register: usize) -> Option<i32> {
        let (_, rooms) = self.rooms.iter().find(|(of, _)| *of == register)?;
        // SAFETY: as above; every room has at least four bytes where this is asked.
        Some(unsafe { ptr::read_unaligned(rooms.first()?.0 as *const i32) })
    }
}

/// Whether nobody has written there.
pub fn is_untouched(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == FILL)
}
