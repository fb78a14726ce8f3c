//! What is known of the target's processes and threads, and until when.
//!
//! A trapped call that may change what others rely on (umask, unshare,
//! execve, set*id …) makes its thread *unsettled* until that thread's next
//! notification or its death, because only then is the call surely over.
//! While any thread of a process is unsettled nothing about the process is
//! cached; every settling starts a new generation of facts.

use crate::calls::Change;
use crate::facts::{Facts, Witness};
use crate::program::Program;
use crate::sys::file::{self, flag};
use crate::sys::process::{self, Ids, PIDFD_THREAD};
use nix::errno::Errno;
use std::collections::HashMap;
use std::ffi::CString;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One process of the target.
#[derive(Debug)]
pub struct Process {
    pub tgid: i32,
    pub ppid: i32,
    pidfd: OwnedFd,
    /// Counts up whenever cached facts of its threads become void.
    generation: AtomicU64,
    unsettled: Mutex<Vec<Unsettled>>,
    unsettled_count: AtomicUsize,
    pub program: Program,
    landlocked: AtomicBool,
    /// Another process may change its root, umask and working directory.
    shares_fs: AtomicBool,
    may_have_executed: AtomicBool,
    /// Which run of a program was last seen: an address, or 0.
    image: AtomicU64,
}

/// A thread that has made such a call, and not another one since.
#[derive(Debug)]
struct Unsettled {
    thread: Arc<Thread>,
    /// It is, or may be, in execve(2).
    executes: bool,
}

/// One thread of the target.
#[derive(Debug)]
pub struct Thread {
    pub tid: i32,
    pub process: Arc<Process>,
    /// Of the thread itself; before Linux 6.9 leaders only have one.
    pidfd: Option<OwnedFd>,
    /// /proc/TID.
    pub dir: OwnedFd,
    facts: Mutex<Option<Arc<Facts>>>,
}

/// All processes known.
#[derive(Debug)]
pub struct Processes {
    witness: Witness,
    proc: OwnedFd,
    known: Mutex<Known>,
    /// Linux 6.13 tells a thread's ids with its liveness.
    has_ids: bool,
    landlock_seen: AtomicBool,
    securebits_touched: AtomicBool,
    /// A change was missed: nothing is believed any more, only looked at.
    no_caching: AtomicBool,
    most_threads: usize,
}

#[derive(Debug, Default)]
struct Known {
    threads: HashMap<i32, Arc<Thread>>,
    processes: HashMap<i32, Arc<Process>>,
    sweep_at: usize,
}

/// The thread of a notification.
#[derive(Debug)]
pub struct Met {
    pub thread: Arc<Thread>,
    /// Its process was not known before.
    pub new_process: bool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A worker that panicked holding it left whole entries only.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Descriptors kept per thread known: its pidfd, its directory, its process.
const FDS_PER_THREAD: usize = 3;
/// Descriptors asys needs for everything else.
const FDS_RESERVED: usize = 128;

impl Processes {
    /// # Errors
    /// When /proc is not what it should be.
    pub fn new(witness: Witness) -> Result<Processes, Errno> {
        let flags = flag::O_PATH | flag::O_DIRECTORY | flag::O_CLOEXEC;
        let proc = file::openat2(nix::fcntl::AT_FDCWD, c"/proc", flags, 0, 0)?;
        let own = process::pidfd_open(nix::unistd::getpid().as_raw(), 0)?;
        let limit = nix::sys::resource::getrlimit(nix::sys::resource::Resource::RLIMIT_NOFILE)?.0;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(Processes {
            witness,
            proc,
            known: Mutex::default(),
            has_ids: process::ids(own.as_fd()).is_ok(),
            landlock_seen: AtomicBool::new(false),
            securebits_touched: AtomicBool::new(false),
            no_caching: AtomicBool::new(false),
            most_threads: (limit.saturating_sub(FDS_RESERVED) / FDS_PER_THREAD).max(1),
        })
    }

    /// The thread last known by the number `tid`, or the one now met. Before
    /// anything is believed of it, ask [`Processes::confirm`].
    ///
    /// # Errors
    /// ESRCH when it is gone; EMFILE when too many are known.
    pub fn meet(&self, tid: i32) -> Result<Met, Errno> {
        let known = lock(&self.known).threads.get(&tid).cloned();
        match known {
            Some(thread) => Ok(Met {
                thread,
                new_process: false,
            }),
            None => self.first_sight(tid),
        }
    }

    /// Whether more than one thread has been met and may be alive.
    #[must_use]
    pub fn several(&self) -> bool {
        lock(&self.known).threads.len() > 1
    }

    /// That the number is still that thread's. With it come its ids, where the
    /// kernel tells them (Linux 6.13). The program may be another by then: a
    /// thread that executes one takes the leader's place, number and pidfd
    /// included. Only the notification's own validity says that the caller waits.
    ///
    /// # Errors
    /// ESRCH when it is gone.
    pub fn confirm(&self, thread: &Thread) -> Result<Option<Ids>, Errno> {
        self.alive(thread)
    }

    fn alive(&self, thread: &Thread) -> Result<Option<Ids>, Errno> {
        match &thread.pidfd {
            Some(pidfd) if self.has_ids => process::ids(pidfd.as_fd()).map(Some),
            Some(pidfd) => match process::pidfd_send_signal(pidfd.as_fd(), 0) {
                // It is alive; what this worker wears may not signal it.
                Ok(()) | Err(Errno::EPERM) => Ok(None),
                Err(errno) => Err(errno),
            },
            None => file::statx(thread.dir.as_fd(), c"stat", 0, 0).map(|_| None),
        }
    }

    fn first_sight(&self, tid: i32) -> Result<Met, Errno> {
        let name = CString::new(tid.to_string()).map_err(|_| Errno::EINVAL)?;
        let flags = flag::O_PATH | flag::O_DIRECTORY | flag::O_CLOEXEC;
        let dir = file::openat2(self.proc.as_fd(), &name, flags, 0, 0).map_err(gone)?;
        let pidfd = match process::pidfd_open(tid, PIDFD_THREAD) {
            Err(Errno::EINVAL) => process::pidfd_open(tid, 0),
            other => other,
        };
        let pidfd = match pidfd {
            Ok(pidfd) => Some(pidfd),
            // Before Linux 6.9, of a thread that leads no process.
            Err(Errno::EINVAL | Errno::ENOENT) => None,
            Err(errno) => return Err(errno),
        };
        let (tgid, ppid) = crate::facts::parentage(dir.as_fd())?;
        let (process, new_process) = self.process(tgid, ppid)?;
        let thread = Arc::new(Thread {
            tid,
            process,
            pidfd,
            dir,
            facts: Mutex::new(None),
        });
        self.remember(Arc::clone(&thread));
        Ok(Met {
            thread,
            new_process,
        })
    }

    fn process(&self, tgid: i32, ppid: i32) -> Result<(Arc<Process>, bool), Errno> {
        let mut known = lock(&self.known);
        if let Some(process) = known.processes.get(&tgid)
            && !process.has_ended()
        {
            return Ok((Arc::clone(process), false));
        }
        let process = Arc::new(Process {
            tgid,
            ppid,
            pidfd: process::pidfd_open(tgid, 0)?,
            generation: AtomicU64::new(0),
            unsettled: Mutex::default(),
            unsettled_count: AtomicUsize::new(0),
            program: Program::default(),
            // Its ancestry may have restricted itself unseen.
            landlocked: AtomicBool::new(self.landlock_seen.load(Ordering::Acquire)),
            shares_fs: AtomicBool::new(false),
            may_have_executed: AtomicBool::new(false),
            image: AtomicU64::new(0),
        });
        known.processes.insert(tgid, Arc::clone(&process));
        Ok((process, true))
    }

    fn remember(&self, thread: Arc<Thread>) {
        let mut known = lock(&self.known);
        if known.threads.len() >= known.sweep_at.max(64) {
            known.threads.retain(|_, thread| self.alive(thread).is_ok());
            known.processes.retain(|_, process| !process.has_ended());
            known.sweep_at = known.threads.len() * 2;
        }
        if known.threads.len() >= self.most_threads {
            // What is forgotten is looked at again; processes, which remember
            // who is unsettled, are kept.
            known.threads.clear();
        }
        known.threads.insert(thread.tid, thread);
    }

    /// Drops a thread that is not who it was taken for.
    pub fn forget_thread(&self, tid: i32) {
        lock(&self.known).threads.remove(&tid);
    }

    /// Drops a process that has ended, and its threads.
    pub fn forget(&self, tgid: i32) {
        let mut known = lock(&self.known);
        let Some(process) = known.processes.get(&tgid) else {
            return;
        };
        if !process.has_ended() {
            // Another one has the number by now.
            return;
        }
        known.processes.remove(&tgid);
        known
            .threads
            .retain(|_, thread| thread.process.tgid != tgid);
    }

    /// What holds for `thread` at this, its own, notification.
    ///
    /// # Errors
    /// ESRCH when it is gone, EACCES where asys may not look.
    pub fn facts(&self, thread: &Arc<Thread>, ids: Option<Ids>) -> Result<Arc<Facts>, Errno> {
        let process = &thread.process;
        process.settle(thread, |other| self.alive(other).is_ok());
        let generation = process.generation.load(Ordering::Acquire);
        if let (Some(ids), Some(facts)) = (ids, lock(&thread.facts).as_ref())
            && facts.generation == generation
            && facts.agrees_with(&ids)
            && self.witness.same_label(thread.dir.as_fd())
            && !self.no_caching.load(Ordering::Acquire)
        {
            return Ok(Arc::clone(facts));
        }
        let mut facts = self.witness.look(thread)?;
        facts.generation = generation;
        let facts = Arc::new(facts);
        let caches = !self.no_caching.load(Ordering::Acquire);
        if caches
            && process.is_settled()
            && process.generation.load(Ordering::Acquire) == generation
        {
            *lock(&thread.facts) = Some(Arc::clone(&facts));
        }
        Ok(facts)
    }

    /// A call that changes what is known is about to be made, by whomever:
    /// what holds for the whole tree from now on.
    pub fn announce(&self, change: Change) {
        match change {
            Change::Landlock => self.landlock_seen.store(true, Ordering::Release),
            Change::Securebits => self.securebits_touched.store(true, Ordering::Release),
            Change::Credentials | Change::Program | Change::World => {}
        }
    }

    /// `thread` is about to make such a call.
    pub fn unsettle(&self, thread: &Arc<Thread>, change: Change) {
        match change {
            // Nobody but the thread itself can look before it is done.
            Change::Credentials | Change::Securebits => *lock(&thread.facts) = None,
            Change::Program => {
                thread.process.unsettle(thread, true);
                thread.process.program.execute();
            }
            Change::World => {
                thread.process.unsettle(thread, false);
                self.estrange(thread);
            }
            Change::Landlock => {
                thread.process.landlocked.store(true, Ordering::Release);
                thread.process.unsettle(thread, false);
            }
        }
    }

    /// Other processes that share `thread`'s root, umask and working directory
    /// (`CLONE_FS` without `CLONE_THREAD`) are followed no more.
    fn estrange(&self, thread: &Thread) {
        let known = lock(&self.known);
        if known.processes.len() < 2 {
            return;
        }
        let others = known
            .threads
            .values()
            .filter(|t| t.process.tgid != thread.process.tgid);
        for other in others {
            if process::share_fs(thread.tid, other.tid) == Ok(true) {
                other.process.shares_fs.store(true, Ordering::Release);
                other.process.generation.fetch_add(1, Ordering::AcqRel);
                thread.process.shares_fs.store(true, Ordering::Release);
            }
        }
    }

    /// The call could not be followed to its thread: where nothing is known
    /// of who changes, everybody is looked at anew each time.
    pub fn lose(&self, change: Change) {
        match change {
            Change::Credentials | Change::Securebits => {}
            Change::Program | Change::World => self.no_caching.store(true, Ordering::Release),
            Change::Landlock => {
                for process in lock(&self.known).processes.values() {
                    process.landlocked.store(true, Ordering::Release);
                    process.generation.fetch_add(1, Ordering::AcqRel);
                }
            }
        }
    }

    /// Whether all securebits are what asys itself was started with: none.
    #[must_use]
    pub fn plain_securebits(&self) -> bool {
        !self.securebits_touched.load(Ordering::Acquire) && self.witness.plain_securebits()
    }

    /// Whether `pid` is a thread or process of asys, as the target would name it.
    #[must_use]
    pub fn is_ours(&self, pid: i32) -> bool {
        self.witness.is_ours(pid)
    }

    /// The front has gone.
    pub fn forget_front(&self) {
        self.witness.forget_front();
    }

    /// Whether `pgrp` is a process group of asys alone, as the target would name it.
    #[must_use]
    pub fn is_our_group(&self, pgrp: i32) -> bool {
        self.witness.is_our_group(pgrp)
    }
}

fn gone(errno: Errno) -> Errno {
    if errno == Errno::ENOENT {
        Errno::ESRCH
    } else {
        errno
    }
}

impl Process {
    /// Its pidfd: readable once it has ended.
    #[must_use]
    pub fn pidfd(&self) -> BorrowedFd<'_> {
        self.pidfd.as_fd()
    }

    /// Whether it has ended, reaped or not: a pidfd is readable from then on.
    fn has_ended(&self) -> bool {
        use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
        let mut fds = [PollFd::new(self.pidfd.as_fd(), PollFlags::POLLIN)];
        poll(&mut fds, PollTimeout::ZERO).is_ok_and(|ready| ready > 0)
    }

    /// Whether it, or who it descends from, may have confined itself.
    #[must_use]
    pub fn is_landlocked(&self) -> bool {
        self.landlocked.load(Ordering::Acquire)
    }

    /// Whether another process shares its root, umask and working directory.
    #[must_use]
    pub fn shares_fs(&self) -> bool {
        self.shares_fs.load(Ordering::Acquire)
    }

    fn is_settled(&self) -> bool {
        self.unsettled_count.load(Ordering::Acquire) == 0
    }

    /// `thread` is about to make a call that may change what is cached.
    fn unsettle(&self, thread: &Arc<Thread>, executes: bool) {
        let mut unsettled = lock(&self.unsettled);
        // What it did before is over.
        unsettled.retain(|other| other.thread.tid != thread.tid);
        unsettled.push(Unsettled {
            thread: Arc::clone(thread),
            executes,
        });
        self.unsettled_count
            .store(unsettled.len(), Ordering::Release);
        self.generation.fetch_add(1, Ordering::AcqRel);
        self.may_have_executed.store(true, Ordering::Release);
    }

    /// Whether one of its threads made a watched call since this was last asked.
    pub fn may_have_executed(&self) -> bool {
        self.may_have_executed.swap(false, Ordering::AcqRel)
    }

    /// Remembers which run of a program it is; whether that is another one.
    pub fn note_image(&self, image: u64) -> bool {
        self.image.swap(image, Ordering::AcqRel) != image
    }

    fn settle(&self, thread: &Thread, alive: impl Fn(&Thread) -> bool) {
        if self.is_settled() {
            return;
        }
        let mut unsettled = lock(&self.unsettled);
        let before = unsettled.len();
        unsettled.retain(|other| other.thread.tid != thread.tid && alive(&other.thread));
        if unsettled.len() < before {
            self.generation.fetch_add(1, Ordering::AcqRel);
        }
        if !unsettled.iter().any(|other| other.executes) {
            self.program.settle();
        }
        self.unsettled_count
            .store(unsettled.len(), Ordering::Release);
    }
}

impl Thread {
    /// Whether its pidfd is its own: before Linux 6.9 leaders only have one.
    #[must_use]
    pub fn has_pidfd(&self) -> bool {
        self.pidfd.is_some()
    }

    /// Its pidfd, or its process's where the kernel has none for threads.
    #[must_use]
    pub fn pidfd(&self) -> BorrowedFd<'_> {
        self.pidfd
            .as_ref()
            .map_or(self.process.pidfd.as_fd(), AsFd::as_fd)
    }
}
