//! A page shared by the supervisor and the child it clones, through which
//! the launch is agreed step by step.
//!
//! The child may not use a trapped call before the workers serve it, so the
//! two talk through memory and futex(2), which is never trapped.

use nix::errno::Errno;
use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous, munmap};
use std::num::NonZeroUsize;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicI32, AtomicU32, Ordering};
use std::time::Duration;

/// How far the launch has come. The child moves it on, but for `GO`.
pub(crate) mod step {
    pub(crate) const STARTED: u32 = 0;
    /// The filter is installed; `listener` holds the descriptor.
    pub(crate) const LISTENING: u32 = 1;
    /// The supervisor serves the listener: the child may use trapped calls.
    pub(crate) const GO: u32 = 2;
    /// The child has a descriptor table of its own.
    pub(crate) const ALONE: u32 = 3;
    /// The child gave up; `errno` and `stage` say why and where.
    pub(crate) const FAILED: u32 = 4;
}

/// Where in its own launch a child failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Stage {
    NoNewPrivs = 1,
    Filter,
    FileTable,
    User,
    Limits,
    Exec,
}

impl Stage {
    pub(crate) fn from_raw(raw: u32) -> Stage {
        match raw {
            1 => Stage::NoNewPrivs,
            2 => Stage::Filter,
            3 => Stage::FileTable,
            4 => Stage::User,
            5 => Stage::Limits,
            _ => Stage::Exec,
        }
    }
}

#[derive(Debug)]
#[repr(C)]
pub(crate) struct Page {
    step: AtomicU32,
    pub(crate) listener: AtomicI32,
    pub(crate) errno: AtomicI32,
    pub(crate) stage: AtomicU32,
}

impl Page {
    pub(crate) fn step(&self) -> u32 {
        self.step.load(Ordering::Acquire)
    }

    /// Moves the launch on and wakes the other side. Async-signal-safe.
    pub(crate) fn advance(&self, step: u32) {
        self.step.store(step, Ordering::Release);
        // SAFETY: FUTEX_WAKE only uses the address, which lies in this mapping.
        unsafe { libc::syscall(libc::SYS_futex, &raw const self.step, libc::FUTEX_WAKE, 1) };
    }

    /// Sleeps until the step is no longer `seen`, a signal, or `at_most`. Async-signal-safe.
    pub(crate) fn wait_while(&self, seen: u32, at_most: Option<Duration>) {
        let limit = at_most.map(|d| libc::timespec {
            tv_sec: d.as_secs().try_into().unwrap_or(libc::time_t::MAX),
            tv_nsec: d.subsec_nanos().into(),
        });
        let limit = limit.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
        // SAFETY: the word lies in this mapping; `limit` is null or a live timespec.
        unsafe {
            libc::syscall(
                libc::SYS_futex,
                &raw const self.step,
                libc::FUTEX_WAIT,
                seen,
                limit,
            )
        };
    }
}

/// The mapping of a [`Page`]; shared with every child cloned after it.
#[derive(Debug)]
pub(crate) struct Gate(NonNull<Page>);

const SIZE: NonZeroUsize = NonZeroUsize::new(4096).unwrap();

impl Gate {
    pub(crate) fn new() -> Result<Gate, Errno> {
        let prot = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        // SAFETY: a fresh anonymous mapping, at an address the kernel chooses.
        let page = unsafe { mmap_anonymous(None, SIZE, prot, MapFlags::MAP_SHARED) }?;
        Ok(Gate(page.cast()))
    }
}

impl std::ops::Deref for Gate {
    type Target = Page;
    fn deref(&self) -> &Page {
        // SAFETY: the mapping is page aligned, larger than a Page, zeroed (a
        // valid Page: all atomics), and lives until `drop`.
        unsafe { self.0.as_ref() }
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        // SAFETY: mapped by `new` with this size; no reference outlives `self`.
        let _ = unsafe { munmap(self.0.cast(), SIZE.get()) };
    }
}
