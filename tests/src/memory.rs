//! Memory that ends where a case wants it to, and addresses that are wrong on purpose.
//!
//! # Safety
//! Every mapping made here is anonymous and private, and lives until the case's process ends.

use nix::sys::memfd::{MFdFlags, memfd_create};
use std::os::fd::AsRawFd;
use std::ptr::NonNull;

pub const PAGE: usize = 4096;
/// An address at which nothing is.
pub const NOWHERE: usize = 1;

/// A named address.
#[derive(Debug, Clone)]
pub struct Spot {
    pub address: usize,
    pub name: String,
}

impl Spot {
    fn new(address: usize, name: impl Into<String>) -> Self {
        Self {
            address,
            name: name.into(),
        }
    }
}

/// Two pages with given protections, side by side. What must not be there is PROT_NONE rather than unmapped: a later
/// mapping could take a hole.
fn map(first: i32, second: i32) -> usize {
    // SAFETY: a new anonymous mapping touches no existing object.
    let base = unsafe {
        libc::mmap(
            std::ptr::null_mut(),
            2 * PAGE,
            first,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
            -1,
            0,
        )
    };
    assert_ne!(base, libc::MAP_FAILED, "mmap failed");
    // SAFETY: the second page is part of the mapping just made and nothing refers to it.
    let done = unsafe { libc::mprotect(base.add(PAGE), PAGE, second) };
    assert_eq!(done, 0, "cannot set up a guard page");
    base as usize
}

/// `bytes` at the very end of a page, followed by one that is not there.
pub fn before_the_edge(bytes: &[u8]) -> Spot {
    let base = map(libc::PROT_READ | libc::PROT_WRITE, libc::PROT_NONE);
    let address = base + PAGE - bytes.len();
    // SAFETY: `address..base + PAGE` is writable memory of this length, made a moment ago.
    unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), address as *mut u8, bytes.len()) };
    Spot::new(address, format!("edge[{}]", bytes.len()))
}

/// `room` writable bytes followed by a page of protection `second`.
pub fn room_before(room: usize, second: i32) -> Spot {
    let base = map(libc::PROT_READ | libc::PROT_WRITE, second);
    Spot::new(base + PAGE - room, format!("room[{room}]"))
}

/// `length` writable bytes that are the same `window` over and over: room for more than there is memory.
pub fn repeated(window: usize, length: usize) -> Spot {
    let memory = memfd_create(c"window", MFdFlags::empty()).expect("memfd");
    nix::unistd::ftruncate(&memory, window as i64).expect("ftruncate");
    let base = reserve(length);
    for at in (0..length).step_by(window) {
        let (prot, flags) = (
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_SHARED | libc::MAP_FIXED,
        );
        let here = (base + at) as *mut libc::c_void;
        // SAFETY: replaces a part of the reservation just made, to which nothing refers.
        let mapped = unsafe { libc::mmap(here, window, prot, flags, memory.as_raw_fd(), 0) };
        assert_eq!(mapped, here, "mmap failed");
    }
    Spot::new(base, format!("window[{length:#x}]"))
}

/// `room` writable bytes, then none for longer than any case reads.
pub fn large_room_before_a_hole(room: usize) -> Spot {
    let base = reserve(1 << 26);
    let pages = room.next_multiple_of(PAGE);
    // SAFETY: a part of the reservation just made, to which nothing refers.
    let done = unsafe {
        libc::mprotect(
            base as *mut libc::c_void,
            pages,
            libc::PROT_READ | libc::PROT_WRITE,
        )
    };
    assert_eq!(done, 0, "mprotect failed");
    Spot::new(base + pages - room, format!("room[{room}]"))
}

/// From here on the page that it is in has this protection.
pub fn protect(spot: &Spot, protection: i32) {
    let page = (spot.address - spot.address % PAGE) as *mut libc::c_void;
    // SAFETY: a page that this module mapped, and that nobody holds a reference into.
    let done = unsafe { libc::mprotect(page, PAGE, protection) };
    assert_eq!(done, 0, "mprotect failed");
}

/// The same memory, from there on.
pub fn part(spot: &Spot, skip: usize) -> Spot {
    Spot::new(spot.address + skip, format!("{}+{skip}", spot.name))
}

/// Addresses at which nothing is.
fn reserve(length: usize) -> usize {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    // SAFETY: a new mapping touches no existing object.
    let base = unsafe { libc::mmap(std::ptr::null_mut(), length, libc::PROT_NONE, flags, -1, 0) };
    assert_ne!(base, libc::MAP_FAILED, "mmap failed");
    base as usize
}

/// What now stands in the `length` bytes at `spot`.
pub fn contents(spot: &Spot, length: usize) -> Vec<u8> {
    let start = NonNull::new(spot.address as *mut u8).expect("a mapped spot");
    // SAFETY: the caller names at most the mapped bytes that `room_before` or `before_the_edge` promised.
    unsafe { std::slice::from_raw_parts(start.as_ptr(), length) }.to_vec()
}

/// Addresses at which nothing can be read or written.
pub fn bad() -> Vec<Spot> {
    // Below the programs and libraries of any position-independent executable.
    let unmapped = 0x20000;
    let no_access = map(libc::PROT_NONE, libc::PROT_NONE);
    vec![
        Spot::new(0, "NULL"),
        Spot::new(1, "1"),
        Spot::new(unmapped, "unmapped"),
        Spot::new(no_access, "PROT_NONE"),
        Spot::new(0xffff_8000_0000_0000, "kernel"),
        Spot::new(0x0000_8000_0000_0000, "non-canonical"),
        Spot::new(usize::MAX, "-1"),
    ]
}

/// A page that can be read, not written. /proc/PID/mem would write it all the same: asys must not.
pub fn read_only() -> Spot {
    Spot::new(map(libc::PROT_READ, libc::PROT_READ), "PROT_READ")
}

/// A page that can be written, not read, as far as the processor can tell the two apart.
pub fn write_only() -> Spot {
    Spot::new(map(libc::PROT_WRITE, libc::PROT_WRITE), "PROT_WRITE")
}

/// A writable page at the low end of the address space.
pub fn low() -> Spot {
    let wanted = 0x1000_0000 as *mut libc::c_void;
    let (prot, flags) = (
        libc::PROT_READ | libc::PROT_WRITE,
        libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED_NOREPLACE,
    );
    // SAFETY: a new anonymous mapping that replaces none.
    let base = unsafe { libc::mmap(wanted, PAGE, prot, flags, -1, 0) };
    assert_eq!(base, wanted, "mmap failed");
    Spot::new(base as usize, "low page")
}

/// Puts bytes where a case wants them.
pub fn fill(spot: &Spot, bytes: &[u8]) {
    // SAFETY: the caller names at most the writable bytes that this module promised.
    unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), spot.address as *mut u8, bytes.len()) };
}

pub fn fill_words(spot: &Spot, words: &[i64]) {
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
    fill(spot, &bytes);
}
