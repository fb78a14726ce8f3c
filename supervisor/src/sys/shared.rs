//! A page that front and supervisor share: who of the tree signalled its group.
//!
//! Such a signal reaches the command by itself, and the front, which is in
//! the same group, must not pass it on. It may come to look for the sender
//! when that has long ended, so the supervisor writes down who it was.

use nix::errno::Errno;
use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous};
use std::num::NonZeroUsize;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};

/// Senders remembered; a signal is looked at long before as many have followed.
const MOST: usize = 512;

#[derive(Debug)]
#[repr(C)]
struct Page {
    next: AtomicUsize,
    senders: [AtomicI32; MOST],
}

/// Processes of the tree that sent a signal to their own process group.
#[derive(Debug)]
pub struct Senders(NonNull<Page>);

// SAFETY: all of a page is atomics, and it stays mapped until the process ends.
unsafe impl Send for Senders {}
// SAFETY: as above.
unsafe impl Sync for Senders {}

impl Senders {
    /// Shared with every process forked from now on.
    ///
    /// # Errors
    /// ENOMEM.
    pub fn new() -> Result<Senders, Errno> {
        let size = NonZeroUsize::new(size_of::<Page>()).ok_or(Errno::EINVAL)?;
        let prot = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        // SAFETY: a fresh anonymous mapping, at an address the kernel chooses.
        let page = unsafe { mmap_anonymous(None, size, prot, MapFlags::MAP_SHARED) }?;
        Ok(Senders(page.cast()))
    }

    fn page(&self) -> &Page {
        // SAFETY: page aligned, of this size, zeroed (a valid Page: all atomics), never unmapped.
        unsafe { self.0.as_ref() }
    }

    /// Process `tgid` is about to signal its group.
    pub fn add(&self, tgid: i32) {
        let place = self.page().next.fetch_add(1, Ordering::AcqRel) % MOST;
        self.page().senders[place].store(tgid, Ordering::Release);
    }

    /// Whether process `tgid` has lately done so.
    #[must_use]
    pub fn contains(&self, tgid: i32) -> bool {
        let mut senders = self.page().senders.iter();
        tgid > 0 && senders.any(|sender| sender.load(Ordering::Acquire) == tgid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_are_remembered() {
        let senders = Senders::new().unwrap();
        assert!(!senders.contains(0));
        (1..=MOST as i32 + 1).for_each(|tgid| senders.add(tgid));
        assert!(senders.contains(2) && senders.contains(MOST as i32 + 1) && !senders.contains(1));
    }
}
