//! Pages that asys's processes share.

use nix::errno::Errno;
use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous};
use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::num::NonZeroUsize;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicUsize, Ordering};

/// Senders remembered; a signal is looked at long before as many have followed.
const MOST: usize = 512;

/// Memory of zeros for one `T`, shared with every process forked from now on; never unmapped.
fn map<T>() -> Result<NonNull<T>, Errno> {
    let size = NonZeroUsize::new(size_of::<T>()).ok_or(Errno::EINVAL)?;
    let prot = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    // SAFETY: a fresh anonymous mapping, at an address the kernel chooses.
    let page = unsafe { mmap_anonymous(None, size, prot, MapFlags::MAP_SHARED) }?;
    Ok(page.cast())
}

#[derive(Debug)]
#[repr(C)]
struct Page {
    next: AtomicUsize,
    senders: [AtomicI32; MOST],
}

/// Processes of the tree that sent a signal to their own process group.
///
/// Such a signal reaches the command by itself, and the front, which is in
/// the same group, must not pass it on. It may come to look for the sender
/// when that has long ended, so the supervisor writes down who it was.
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
        map().map(Senders)
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

#[derive(Debug)]
#[repr(C)]
struct Line {
    held: AtomicBool,
    lock: UnsafeCell<libc::pthread_mutex_t>,
}

/// A robust lock that one thread holds as long as it lives: its death can be
/// waited for even when another thread of its process cannot die.
#[derive(Debug)]
pub struct Lifeline(NonNull<Line>);

// SAFETY: the lock is one for several processes, let alone threads.
unsafe impl Send for Lifeline {}

impl Lifeline {
    /// Held by nobody.
    ///
    /// # Errors
    /// ENOMEM.
    pub fn new() -> Result<Lifeline, Errno> {
        let line: NonNull<Line> = map()?;
        let mut attributes = MaybeUninit::uninit();
        let attributes = attributes.as_mut_ptr();
        // SAFETY: attributes are initialised before they are used; the lock is
        // fresh memory that stays where it is.
        unsafe {
            libc::pthread_mutexattr_init(attributes);
            libc::pthread_mutexattr_setrobust(attributes, libc::PTHREAD_MUTEX_ROBUST);
            libc::pthread_mutexattr_setpshared(attributes, libc::PTHREAD_PROCESS_SHARED);
            let made = libc::pthread_mutex_init(line.as_ref().lock.get(), attributes);
            libc::pthread_mutexattr_destroy(attributes);
            if made != 0 {
                return Err(Errno::from_raw(made));
            }
        }
        Ok(Lifeline(line))
    }

    fn line(&self) -> &Line {
        // SAFETY: page aligned, of this size, initialised by `new`, never unmapped.
        unsafe { self.0.as_ref() }
    }

    fn lock(&self) {
        // SAFETY: initialised by `new`, shared between processes by its attributes.
        unsafe { libc::pthread_mutex_lock(self.line().lock.get()) };
    }

    /// The calling thread holds it from now on.
    pub fn hold(&self) {
        self.lock();
        self.line().held.store(true, Ordering::Release);
    }

    /// Whether somebody holds it, or did.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.line().held.load(Ordering::Acquire)
    }

    /// Sleeps until its holder has ended.
    pub fn await_end(&self) {
        self.lock();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[test]
    fn a_lifeline_is_released_by_its_holders_end() {
        let line = Arc::new(Mutex::new(Lifeline::new().unwrap()));
        assert!(!line.lock().unwrap().is_held());
        let holder = Arc::clone(&line);
        // It ends without releasing anything.
        let holder = std::thread::spawn(move || holder.lock().unwrap().hold());
        holder.join().unwrap();
        let line = line.lock().unwrap();
        assert!(line.is_held());
        line.await_end();
    }

    #[test]
    fn the_latest_are_remembered() {
        let senders = Senders::new().unwrap();
        assert!(!senders.contains(0));
        (1..=MOST as i32 + 1).for_each(|tgid| senders.add(tgid));
        assert!(senders.contains(2) && senders.contains(MOST as i32 + 1) && !senders.contains(1));
    }
}
