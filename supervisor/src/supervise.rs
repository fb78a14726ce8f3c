//! The event loop: drives everything, decides nothing about a call.
//!
//! It sleeps while nothing happens, and ticks once a millisecond only while
//! calls flow. It spawns workers, watches for ends (of the command, of its
//! descendants, of the front, of the filter), and closes the run.

use crate::facts::{Company, Witness};
use crate::identity::Own;
use crate::interrupt::{self, Interrupts};
use crate::message;
use crate::mounts::Mounts;
use crate::pool::Pool;
use crate::processes::{Process, Processes};
use crate::request::Desk;
use crate::sys::notify::{self, Pending};
use crate::sys::process::Change;
use crate::sys::shared::Senders;
use crate::sys::{creds, process, stdio};
use crate::trace::{Life, ProcessEvent, Recorder};
use crate::tree;
use crate::wire::{Message, Status, Wire};
use crate::worker::{self, Shared};
use anyhow::{Context, Result, bail};
use asys_policy::Policy;
use asys_sandbox::{Launch, NotExecuted, Staged};
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Registry, Token, Waker};
use nix::errno::Errno;
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::unistd::{Pid, setpgid};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What a run is made of.
#[derive(Debug)]
pub struct Plan<'a> {
    pub launch: Launch<'a>,
    pub policy: Arc<Policy>,
    pub recorder: Recorder,
    pub workers: usize,
    pub wait_all: bool,
    /// Print the summary, with colours or without.
    pub summary: Option<bool>,
    /// Descriptors that were open before asys opened any.
    pub inherited_files: Vec<i32>,
    pub wire: &'a Wire,
    pub front: Pid,
    pub keeper: Pid,
    /// Who of the tree signalled its group, for the front.
    pub senders: Arc<Senders>,
    pub own: Own,
    /// The kernel lacks what exactness needs: no call is carried out.
    pub observe_only: bool,
    pub started: Instant,
}

const BELL: Token = Token(0);
const FRONT: Token = Token(1);
const CHILDREN: Token = Token(2);
const LISTENER: Token = Token(3);
const KEEPER: Token = Token(4);
const MOUNTS: Token = Token(5);
/// Tokens from here on are process ids.
const PROCESSES: usize = 16;

const TICK: Duration = Duration::from_millis(1);
/// Ticks after which a spare worker stands by: a program that is done before
/// that needs none.
const SHORT_LIFE: u32 = 5;
/// Ticks without a call before the loop sleeps for good.
const IDLE_TICKS: u32 = 100;

/// The loop's state.
#[derive(Debug)]
struct Supervisor<'a> {
    shared: Arc<Shared>,
    staged: Staged,
    poll: Poll,
    children: SignalFd,
    front: Option<OwnedFd>,
    /// Watched for its end.
    _keeper: OwnedFd,
    plan: Closing<'a>,
    command: Progress,
}

/// What the end of the run needs.
#[derive(Debug)]
struct Closing<'a> {
    wire: &'a Wire,
    wait_all: bool,
    summary: Option<bool>,
}

/// The command's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    Running,
    /// Ended, and the front does not know yet.
    Ended(Status),
    /// The front was told; descendants may live on.
    Told,
}

/// Runs the supervisor's side of a run to its end; never returns to the caller's work.
///
/// # Errors
/// One line for the operator, which the front prints.
pub fn run(mut plan: Plan<'_>) -> Result<()> {
    prepare()?;
    let front = process::pidfd_open(plan.front.as_raw(), 0).context("pidfd_open")?;
    let keeper = process::pidfd_open(plan.keeper.as_raw(), 0).context("pidfd_open")?;
    let (staged, listener) = plan.launch.stage()?;
    interrupt::prepare();
    // Only now: the child was to be in the front's group.
    let front_group = nix::unistd::getpgrp().as_raw();
    // Not a session: sched_autogroup would part it from the target it wakes. The
    // guard rows keep the target from joining the group.
    setpgid(Pid::from_raw(0), Pid::from_raw(0)).context("setpgid")?;
    introduce(plan.wire, &listener, staged.pid())?;
    // Before workers copy it: it would pin the file system the user stands on.
    std::env::set_current_dir("/").context("/")?;
    let _ = notify::set_sync_wake_up(listener.as_fd());
    let poll = Poll::new().context("epoll")?;
    let children = watch_children(&poll)?;
    register(&poll, &front, FRONT, Interest::READABLE)?;
    register(&poll, &keeper, KEEPER, Interest::READABLE)?;
    // Only hang-up: every call would wake the loop otherwise.
    register(&poll, &listener, LISTENER, Interest::PRIORITY)?;
    let closing = Closing {
        wire: plan.wire,
        wait_all: plan.wait_all,
        summary: plan.summary,
    };
    let inherited_files = std::mem::take(&mut plan.inherited_files);
    let shared = Arc::new(share(plan, &poll, listener, front_group)?);
    if let Some(table) = shared.mounts.table() {
        register(&poll, &table, MOUNTS, Interest::PRIORITY)?;
    }
    shared.recorder.start()?;
    let supervisor = Supervisor {
        shared,
        staged,
        poll,
        children,
        front: Some(front),
        _keeper: keeper,
        plan: closing,
        command: Progress::Running,
    };
    if !supervisor.staff(false) {
        bail!(
            "worker: cannot start a thread: raise the limit on processes (ulimit -u) or memory (ulimit -v)"
        );
    }
    supervisor.staged.release()?;
    stdio::close_all(&inherited_files);
    stdio::replace_by_null(&[0, 1]).context("/dev/null")?;
    supervisor.serve()
}

/// What all workers share.
fn share(plan: Plan<'_>, poll: &Poll, listener: OwnedFd, group: i32) -> Result<Shared> {
    let bell = Waker::new(poll.registry(), BELL).context("eventfd")?;
    let witness = Witness::new(plan.own.clone(), Company::new(plan.front, plan.keeper))
        .context("/proc/self")?;
    let inflight = plan.policy.limits().inflight;
    let capacity = plan
        .workers
        .min(inflight.map_or(usize::MAX, |n| n.get() as usize));
    let slots = slots(capacity, &plan.policy);
    Ok(Shared {
        desk: Arc::new(Desk::new(listener)),
        pool: Pool::new(slots, bell),
        interrupts: Interrupts::new(slots),
        processes: Processes::new(witness).context("/proc")?,
        mounts: Mounts::new(group),
        own: plan.own,
        senders: plan.senders,
        group,
        own_files: stdio::own_files().context("/proc/self/fd")?,
        umask: creds::umask(),
        policy: plan.policy,
        recorder: plan.recorder,
        registry: poll.registry().try_clone().context("epoll")?,
        capacity,
        observe_only: plan.observe_only,
        started: plan.started,
    })
}

/// Places for `capacity` workers, and one for the usher: while all are busy it
/// receives what else comes and hands it to the kernel. The busy ones may be
/// waiting for the very thread that calls now (a lease holder, a FUSE daemon).
/// Only a policy that bounds the calls in flight and says `wait` does without.
fn slots(capacity: usize, policy: &Policy) -> usize {
    let bounded = policy.limits().inflight.is_some();
    match policy.on_full() {
        asys_policy::OnFull::Wait if bounded => capacity,
        _ => capacity + 1,
    }
}

/// A panic is a bug, said in one line; the call in hand gets EIO.
fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let thread = std::thread::current();
        let text = reason(panic.payload());
        let place = panic
            .location()
            .map(ToString::to_string)
            .unwrap_or_default();
        let name = thread.name().unwrap_or("a thread");
        message::complain(&format!("{name}: {text}: a bug, at {place}"));
    }));
}

/// What `panic!` was given, in both of its forms.
fn reason(payload: &dyn std::any::Any) -> &str {
    let literal = payload.downcast_ref::<&str>().copied();
    let formatted = || payload.downcast_ref::<String>().map(String::as_str);
    literal.or_else(formatted).unwrap_or("no reason given")
}

fn prepare() -> Result<()> {
    report_panics();
    use Signal::{SIGPIPE, SIGTTIN, SIGTTOU, SIGXCPU, SIGXFSZ};
    process::set_dispositions(&[SIGPIPE, SIGXFSZ, SIGXCPU, SIGTTIN, SIGTTOU], true);
    nix::sys::prctl::set_child_subreaper(true).context("PR_SET_CHILD_SUBREAPER")?;
    process::share_one_heap();
    Ok(())
}

/// Hands listener and command to the front before anything runs.
fn introduce(wire: &Wire, listener: &OwnedFd, command: Pid) -> Result<()> {
    let pidfd = process::pidfd_open(command.as_raw(), 0).context("pidfd_open")?;
    wire.send(
        &Message::Started(nix::unistd::getpid().as_raw()),
        &[listener.as_raw_fd(), pidfd.as_raw_fd()],
    )?;
    match wire.receive()? {
        Some((Message::Go, _)) => Ok(()),
        _ => bail!("front: died"),
    }
}

fn watch_children(poll: &Poll) -> Result<SignalFd> {
    let mut set = SigSet::empty();
    set.add(Signal::SIGCHLD);
    let flags = SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK;
    let fd = SignalFd::with_flags(&set, flags).context("signalfd")?;
    register(poll, &fd, CHILDREN, Interest::READABLE)?;
    Ok(fd)
}

fn register(poll: &Poll, fd: &impl AsFd, token: Token, interest: Interest) -> Result<()> {
    let raw = fd.as_fd().as_raw_fd();
    poll.registry()
        .register(&mut SourceFd(&raw), token, interest)
        .context("epoll")
}

/// Has the loop told when `process` ends.
pub fn watch_exit(registry: &Registry, process: &Process) {
    let raw = process.pidfd().as_raw_fd();
    let token = Token(PROCESSES + process.tgid.unsigned_abs() as usize);
    // Refused (too many watches): it is forgotten when its number comes again.
    let _ = registry.register(&mut SourceFd(&raw), token, Interest::READABLE);
}

impl Supervisor<'_> {
    fn serve(mut self) -> Result<()> {
        let mut events = Events::with_capacity(256);
        let mut served = 0;
        let mut idle = 0;
        let mut ticks = 0;
        loop {
            let timeout = self.shared.pool.is_ticking().then_some(TICK);
            match self.poll.poll(&mut events, timeout) {
                Ok(()) => {}
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error).context("epoll"),
            }
            for token in events
                .iter()
                .map(mio::event::Event::token)
                .collect::<Vec<_>>()
            {
                if self.handle(token)? {
                    return Ok(());
                }
            }
            let now = self.shared.pool.served();
            idle = if now == served && self.shared.pool.in_hand() == 0 {
                idle + 1
            } else {
                0
            };
            served = now;
            ticks += u32::from(events.is_empty());
            self.tick(idle, ticks >= SHORT_LIFE);
        }
    }

    fn tick(&mut self, idle: u32, spare: bool) {
        let pool = &self.shared.pool;
        if pool.is_ticking() {
            let queued = pool.all_busy()
                && notify::pending(self.shared.desk.listener()) == Ok(Pending::Call);
            pool.tick(queued);
            self.shared.interrupts.tick(&self.shared.desk);
            if idle > IDLE_TICKS {
                pool.rest();
            }
        }
        self.staff(spare);
    }

    /// Gives every slot that needs one a worker. `false` when there is none at all.
    fn staff(&self, spare: bool) -> bool {
        let mut first = true;
        while let Some(place) = self.shared.pool.occupy(spare) {
            let shared = Arc::clone(&self.shared);
            let thread = std::thread::Builder::new()
                .name(format!("asys-worker-{place}"))
                .stack_size(256 << 10)
                .spawn(move || worker::run(place, &shared));
            if thread.is_err() {
                self.shared.pool.vacate(place);
                return !first;
            }
            self.shared.pool.muster();
            first = false;
        }
        true
    }

    /// `true`: the run is over.
    fn handle(&mut self, token: Token) -> Result<bool> {
        match token {
            BELL => Ok(false),
            FRONT => self.front_gone(),
            KEEPER => Ok(self.end_all()),
            CHILDREN => {
                while let Ok(Some(_)) = self.children.read_signal() {}
                self.reap()
            }
            LISTENER => Ok(false),
            MOUNTS => {
                self.shared.mounts.refresh();
                Ok(false)
            }
            Token(number) => {
                self.process_gone(number);
                Ok(false)
            }
        }
    }

    fn process_gone(&self, token: usize) {
        let Ok(tgid) = i32::try_from(token - PROCESSES) else {
            return;
        };
        self.shared.processes.forget(tgid);
        self.shared.desk.forget(tgid);
        let at = self.shared.started.elapsed();
        self.shared.recorder.process(ProcessEvent {
            at,
            tgid,
            what: Life::Exited,
        });
    }

    fn front_gone(&mut self) -> Result<bool> {
        let Some(front) = self.front.take() else {
            return Ok(false);
        };
        let raw = front.as_raw_fd();
        self.poll
            .registry()
            .deregister(&mut SourceFd(&raw))
            .context("epoll")?;
        if self.command == Progress::Told {
            self.shared.processes.forget_front();
            // It has exited as it should; stderr belongs to the shell again.
            stdio::replace_by_null(&[2]).context("/dev/null")?;
            return Ok(false);
        }
        Ok(self.end_all())
    }

    /// One of asys's own is gone before its time: nothing half supervised runs on.
    fn end_all(&mut self) -> bool {
        tree::kill_all();
        self.close();
        true
    }

    /// Once it has ended its number may be another process's.
    fn is_command(&self, pid: i32) -> bool {
        self.command == Progress::Running && pid == self.staged.pid().as_raw()
    }

    fn reap(&mut self) -> Result<bool> {
        loop {
            match process::wait_any() {
                Ok(None) => return self.conclude(false),
                // It asked its parent to trace it: nobody here would let it go on.
                Ok(Some((pid, Change::Stopped(signal)))) if tree::is_traced_by_us(pid) => {
                    let _ = process::stop_tracing(pid, signal);
                }
                Ok(Some((pid, change))) if self.is_command(pid) => self.note(change),
                Ok(Some(_)) | Err(Errno::EINTR) => {}
                Err(_) => return self.conclude(true),
            }
        }
    }

    fn note(&mut self, change: Change) {
        if let Change::Stopped(signal) = change {
            // Refused when a stopped front has not read the ones before: it is stopped.
            let _ = self.plan.wire.offer(&Message::Stopped(signal));
            return;
        }
        match change {
            Change::Exited(code) => self.command = Progress::Ended(Status::Exited(code)),
            Change::Killed(signal) => self.command = Progress::Ended(Status::Killed(signal)),
            _ => {}
        }
        // The front stopped with the command; now it must go on, too.
        if let Some(front) = &self.front {
            let _ = process::pidfd_send_signal(front.as_fd(), libc::SIGCONT);
        }
    }

    /// Tells the front what there is to tell. `true`: nobody is left.
    fn conclude(&mut self, nobody_left: bool) -> Result<bool> {
        if nobody_left {
            self.close();
        }
        if let Progress::Ended(status) = self.command
            && (nobody_left || !self.plan.wait_all)
        {
            self.summarise();
            self.tell(status, nobody_left)?;
            self.command = Progress::Told;
        }
        Ok(nobody_left)
    }

    fn tell(&self, status: Status, nobody_left: bool) -> Result<()> {
        let failed = self.staged.failure().map(|why| {
            let code = why
                .downcast_ref::<NotExecuted>()
                .map_or(125, NotExecuted::exit_status);
            Message::Failed(code, format!("{why:#}"))
        });
        let ended = if nobody_left {
            Message::Over(status)
        } else {
            Message::Ended(status)
        };
        self.plan.wire.send(&failed.unwrap_or(ended), &[])
    }

    /// Ends the trace and prints the summary.
    fn close(&mut self) {
        let finished = self.shared.recorder.finish();
        if let Some(problem) = finished.problem {
            message::complain(&problem);
        }
        self.summarise();
    }

    fn summarise(&mut self) {
        let Some(colours) = self.plan.summary.take() else {
            return;
        };
        if self.staged.failure().is_none() {
            let counts = self.shared.desk.counts();
            eprint!("{}", self.shared.recorder.summary(counts, colours));
        }
    }
}
