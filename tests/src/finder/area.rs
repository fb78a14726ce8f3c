//! The memory shared by whoever plays a batch of sequences and whoever compares: whose turn it is, and what was seen.
//!
//! Neither waiting for a turn nor recording may be a call that asys carries out, and a batch that is killed must leave
//! what it has seen. So it is a shared mapping of a file: a head, a block for each sequence, then their text.
//!
//! # Safety
//! The file is as long as its head says, nobody truncates it, and a mapping lives as long as its process. Everything
//! shared is atomic, but for the logs: each is written by its actor alone, and read when the actor has ended.

use crate::finder::language::ACTORS;
use anyhow::{Context, Result, ensure};
use std::fs::File;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::ptr;
use std::sync::atomic::{AtomicI32, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

/// Of each actor; a sequence that has more to say is cut off, on both sides.
const LOG: usize = 48 << 10;
/// Ticks of the clock that a sequence may wait for.
pub const EPOCHS: usize = 32;

const HEAD: usize = 4096;

#[repr(C)]
#[derive(Debug)]
struct Head {
    sequences: u32,
    text: u32,
}

/// How a sequence has ended.
pub const STUCK: u32 = 1;
pub const PLAYED: u32 = 2;

#[repr(C, align(4096))]
#[derive(Debug)]
pub struct Block {
    /// The round that is being made.
    turn: AtomicU32,
    /// Its steps that are not yet done.
    left: AtomicU32,
    /// Actors that are there, a bit each.
    alive: AtomicU32,
    pub ended: AtomicU32,
    /// A process whose end the conductor waits for, in its own round.
    pub leaving: AtomicI32,
    pub pids: [AtomicI32; ACTORS],
    pub tids: [AtomicI32; ACTORS],
    /// When the clock's ticks were that the sequence has waited for, in nanoseconds.
    pub ticks: [AtomicU64; EPOCHS],
    pub epochs: AtomicU32,
    used: [AtomicU32; ACTORS],
    logs: [[u8; LOG]; ACTORS],
}

#[derive(Debug, Clone, Copy)]
pub struct Area {
    base: *mut u8,
}

/// Makes the file, with everything in it zero but the text.
pub fn create(path: &Path, sequences: usize, text: &str) -> Result<()> {
    let file = File::create(path).with_context(|| format!("{}", path.display()))?;
    let at = (HEAD + sequences * size_of::<Block>()) as u64;
    file.set_len(at + text.len() as u64)?;
    use std::os::unix::fs::FileExt;
    file.write_all_at(&(sequences as u32).to_ne_bytes(), 0)?;
    file.write_all_at(&(text.len() as u32).to_ne_bytes(), 4)?;
    Ok(file.write_all_at(text.as_bytes(), at)?)
}

impl Area {
    pub fn open(file: &File) -> Result<Self> {
        let length = file.metadata()?.len() as usize;
        ensure!(length >= HEAD, "no area");
        // SAFETY: a new shared mapping of a file of our own; see the module's head.
        let base = unsafe {
            libc::mmap(
                ptr::null_mut(),
                length,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED,
                file.as_raw_fd(),
                0,
            )
        };
        ensure!(base != libc::MAP_FAILED, "cannot map the area");
        Ok(Self { base: base.cast() })
    }

    /// The mapping must not be used any longer.
    pub fn close(self, file: &File) {
        let length = file.metadata().map_or(0, |meta| meta.len() as usize);
        // SAFETY: the caller says that it has nothing that refers to it.
        unsafe { libc::munmap(self.base.cast(), length) };
    }

    fn head(&self) -> &Head {
        // SAFETY: the mapping begins with it, and it never changes.
        unsafe { &*self.base.cast() }
    }

    pub fn sequences(&self) -> usize {
        self.head().sequences as usize
    }

    pub fn block<'a>(self, i: usize) -> &'a Block {
        assert!(i < self.sequences());
        // SAFETY: so many blocks follow the head, aligned as the head is long.
        unsafe { &*self.base.add(HEAD).cast::<Block>().add(i) }
    }

    pub fn text<'a>(self) -> &'a str {
        let at = HEAD + self.sequences() * size_of::<Block>();
        // SAFETY: the text lies there, and never changes.
        let bytes =
            unsafe { std::slice::from_raw_parts(self.base.add(at), self.head().text as usize) };
        std::str::from_utf8(bytes).expect("the text of the area")
    }
}

impl Block {
    /// Waits until it is this round's turn.
    pub fn wait_for(&self, round: u32) {
        loop {
            match self.turn.load(Ordering::Acquire) {
                turn if turn == round => return,
                turn => self.wait_while(turn, None),
            }
        }
    }

    /// Until it is no longer that round's turn, the time is up, or for no reason.
    pub fn wait_while(&self, turn: u32, limit: Option<Duration>) {
        let limit = limit.map(|limit| libc::timespec {
            tv_sec: limit.as_secs() as i64,
            tv_nsec: i64::from(limit.subsec_nanos()),
        });
        let limit: *const libc::timespec = limit.as_ref().map_or(ptr::null(), ptr::from_ref);
        let word = self.turn.as_ptr();
        // SAFETY: the word lives in the mapping, the limit across the call.
        unsafe { libc::syscall(libc::SYS_futex, word, libc::FUTEX_WAIT, turn, limit) };
    }

    /// The clock's first tick is the same for all sequences of a batch.
    pub fn begin_after(&self, first: &Self) {
        let tick = first.ticks[0].load(Ordering::Relaxed);
        self.ticks[0].store(tick, Ordering::Relaxed);
        self.epochs.store(1, Ordering::Relaxed);
    }

    pub fn turn(&self) -> u32 {
        self.turn.load(Ordering::Acquire)
    }

    /// `steps` of them have to be done before the next one.
    pub fn begin(&self, round: u32, steps: u32) {
        self.left.store(steps, Ordering::Relaxed);
        self.turn.store(round, Ordering::Release);
        let word = self.turn.as_ptr();
        // SAFETY: the word lives in the mapping.
        unsafe { libc::syscall(libc::SYS_futex, word, libc::FUTEX_WAKE, i32::MAX) };
    }

    /// Whether that was the round's last step.
    pub fn step_done(&self) -> bool {
        self.left.fetch_sub(1, Ordering::AcqRel) == 1
    }

    pub fn is_alive(&self, actor: usize) -> bool {
        self.alive.load(Ordering::Acquire) & 1 << actor != 0
    }

    pub fn set_alive(&self, actor: usize, alive: bool) {
        match alive {
            true => self.alive.fetch_or(1 << actor, Ordering::AcqRel),
            false => self.alive.fetch_and(!(1 << actor), Ordering::AcqRel),
        };
    }

    /// Adds to an actor's log.
    pub fn log(&self, actor: usize, record: &[u8]) {
        let used = self.used[actor].load(Ordering::Relaxed) as usize;
        if used + record.len() > LOG {
            return;
        }
        let at = self.logs[actor].as_ptr().cast_mut();
        // SAFETY: the log is this actor's own, and the record ends inside it.
        unsafe { ptr::copy_nonoverlapping(record.as_ptr(), at.add(used), record.len()) };
        self.used[actor].store((used + record.len()) as u32, Ordering::Release);
    }

    /// What an actor has logged, when it is gone.
    pub fn logged(&self, actor: usize) -> &[u8] {
        &self.logs[actor][..self.used[actor].load(Ordering::Acquire) as usize]
    }
}
