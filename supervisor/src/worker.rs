//! The worker's loop: receive → decide → wear → perform → inject → record.

use crate::calls::{self, Args, Class, Handler, Native, Row, TABLE, Victim};
use crate::carry::Carrier;
use crate::chaos::{self, Step};
use crate::facts::Facts;
use crate::identity::{Own, Wardrobe};
use crate::inject::{Caller, inject};
use crate::interrupt::Interrupts;
use crate::mounts::Mounts;
use crate::pool::{Next, Pool};
use crate::processes::{Met, Processes, Thread};
use crate::program::Run;
use crate::record::Draft;
use crate::request::{Delivery, Desk, Request};
use crate::sys::creds::CapSet;
use crate::sys::notify::{self, Answer, Notification, Pending};
use crate::sys::process;
use crate::sys::shared::Senders;
use crate::target::Target;
use crate::trace::{Outcome, Recorder};
use asys_policy::{Action, CallId, Facts as PolicyFacts, OnFull, Policy, Record, Verdict};
use nix::errno::Errno;
use std::os::fd::{AsFd, OwnedFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

/// What all workers share.
#[derive(Debug)]
pub struct Shared {
    pub desk: Arc<Desk>,
    pub pool: Pool,
    pub interrupts: Interrupts,
    pub processes: Processes,
    pub mounts: Mounts,
    pub own: Own,
    /// Who of the tree signalled the front's group, which is `group`.
    pub senders: Arc<Senders>,
    pub group: i32,
    /// /proc/self/fd.
    pub own_files: OwnedFd,
    /// What asys was started with.
    pub umask: u32,
    pub policy: Arc<Policy>,
    pub recorder: Recorder,
    pub registry: mio::Registry,
    /// Most calls carried out at once; what comes on top, the policy decides.
    pub capacity: usize,
    /// The kernel lacks what exactness needs: no call is carried out.
    pub observe_only: bool,
    pub started: Instant,
}

/// `AUDIT_ARCH_X86_64`, `AUDIT_ARCH_I386`.
const X86_64: u32 = 0xc000_003e;
const I386: u32 = 0x4000_0003;

/// How often a thread may turn out not to be who it was taken for.
const MISTAKES: usize = 3;

/// What is known of a call before its thread is looked at.
#[derive(Clone, Copy, Debug)]
struct Case {
    row: &'static Row,
    /// Why the kernel gets it in any case.
    left: Option<Native>,
    victim: Option<Victim>,
    tracing: bool,
}

/// One worker thread.
#[derive(Debug)]
pub struct Worker {
    number: usize,
    shared: Arc<Shared>,
    wardrobe: Wardrobe,
}

/// Runs worker `number` until it is no longer needed.
pub fn run(number: usize, shared: &Arc<Shared>) {
    let wardrobe = Wardrobe::new(&shared.own, shared.umask);
    crate::confine::this_thread();
    let mut worker = Worker {
        number,
        shared: Arc::clone(shared),
        wardrobe,
    };
    while shared.pool.await_promotion(number) {
        if !worker.lead() {
            break;
        }
    }
}

impl Worker {
    /// Leads until somebody else does. `false`: this worker ends.
    fn lead(&mut self) -> bool {
        let shared = Arc::clone(&self.shared);
        loop {
            let request = match shared.desk.receive() {
                Ok(request) => request,
                Err(_) if hung_up(&shared.desk) => {
                    shared.pool.close(self.number);
                    return false;
                }
                // The thread was killed between waking us and being received.
                Err(_) => continue,
            };
            shared.pool.received(self.number);
            // The trace stays open until this call has been reported.
            let serving = shared.recorder.serving();
            // A panic drops the request, which answers EIO; the worker, whose
            // clothes are in an unknown state, ends and is replaced.
            if catch_unwind(AssertUnwindSafe(|| self.serve(request))).is_err() {
                shared.pool.leave(self.number, true);
                return false;
            }
            drop(serving);
            if shared.pool.answered(self.number) == Next::Park {
                return true;
            }
        }
    }

    fn serve(&mut self, request: Request) {
        let note = *request.note();
        let index = match note.arch {
            X86_64 => calls::index_of(note.nr),
            I386 => calls::index_of_i386(note.nr),
            _ => None,
        };
        let Some(index) = index else {
            let unknown = &request.desk().counts().unknown;
            unknown.fetch_add(1, Ordering::Relaxed);
            request.answer(Answer::Continue);
            return;
        };
        let row = &TABLE[index];
        let verdict = self.shared.policy.decide(&PolicyFacts {
            call: CallId::new(index),
        });
        let mut draft = Draft::new(row, &note, self.number, verdict, self.shared.started);
        let carried = matches!(row.handler, Handler::Carry(_)) && verdict.action == Action::Offload;
        if carried {
            chaos::strike(Step::Received);
        }
        let processes = &self.shared.processes;
        let lives = |thread: &Thread| processes.confirm(thread).is_ok();
        let (answer, outcome) = match request.replay(lives) {
            Some(answer) => (answer, Outcome::Replayed),
            None => self.decide(&request, row, verdict, &mut draft),
        };
        if carried {
            chaos::strike(Step::Injected);
        }
        let outcome = match request.answer(answer) {
            Delivery::Delivered => outcome,
            Delivery::Refused => {
                self.refused(&note, draft.take_caller(), answer);
                Outcome::Cancelled
            }
        };
        self.shared.recorder.call(draft.finish(outcome, answer));
    }

    /// A thread that lives was interrupted and calls again: not to be done
    /// twice (kernels before 6.18 drop a very fast answer). A native call was
    /// not done yet.
    fn refused(&self, note: &Notification, caller: Option<(Arc<Thread>, Run)>, answer: Answer) {
        let Some((thread, run)) = caller else { return };
        let same_program = thread.process.program.run() == Some(run);
        let lives = same_program && self.shared.processes.confirm(&thread).is_ok();
        if lives && answer != Answer::Continue {
            self.shared.desk.keep(note, thread, run, answer);
        }
    }

    fn decide(
        &mut self,
        request: &Request,
        row: &'static Row,
        verdict: Verdict,
        draft: &mut Draft,
    ) -> (Answer, Outcome) {
        let usher = self.is_usher();
        if usher && matches!(row.handler, Handler::Carry(_)) {
            return self.full();
        }
        let tracing = self.shared.recorder.traces() && verdict.record != Record::Off && !usher;
        let left = self.leaves(row, verdict);
        let open_by_root = row.opens() && self.shared.own.can_wear();
        if let Some(why) = left.filter(|_| !tracing && !open_by_root) {
            return native(why);
        }
        if let Handler::Watch(change) = row.handler {
            self.shared.processes.announce(change);
        }
        let victim = match row.handler {
            Handler::Guard(victim) => victim(&request.note().args),
            _ => None,
        };
        let case = Case {
            row,
            left,
            victim,
            tracing,
        };
        let tid = request.note().tid;
        for _ in 0..MISTAKES {
            let met = match self.shared.processes.meet(tid) {
                Ok(met) => met,
                Err(errno) => return self.unmet(row, victim, errno),
            };
            match self.meet(request, case, met, draft) {
                (Answer::Continue, Outcome::Native(Native::Stale)) => {
                    self.shared.processes.forget_thread(tid);
                }
                decided => return decided,
            }
        }
        self.unmet(row, victim, Errno::ESRCH)
    }

    /// As many calls are in hand as workers may have: the caller's memory is
    /// not even looked at, because that could be what they wait for.
    fn full(&self) -> (Answer, Outcome) {
        match self.shared.policy.on_full() {
            OnFull::Eagain => (Answer::Fail(Errno::EAGAIN), Outcome::Denied),
            OnFull::Native | OnFull::Wait => native(Native::Full),
        }
    }

    /// Why the kernel gets this row's calls, whoever makes them.
    fn leaves(&self, row: &Row, verdict: Verdict) -> Option<Native> {
        match row.handler {
            Handler::Carry(_) if self.shared.observe_only => Some(Native::Kernel),
            Handler::Carry(_) if verdict.action == Action::Native => Some(Native::Policy),
            _ => None,
        }
    }

    /// The thread cannot be followed just now.
    fn unmet(&self, row: &Row, victim: Option<Victim>, errno: Errno) -> (Answer, Outcome) {
        let why = crate::record::why_unmet(errno);
        match (row.handler, victim) {
            // It is gone, and its call with it.
            _ if errno == Errno::ESRCH => {}
            (Handler::Watch(change), _) => self.shared.processes.lose(change),
            (_, Some(victim)) if self.is_aimed_at_us(victim, None) => return denied(Errno::EPERM),
            _ => {}
        }
        native(why)
    }

    fn meet(
        &mut self,
        request: &Request,
        case: Case,
        met: Met,
        draft: &mut Draft,
    ) -> (Answer, Outcome) {
        let Case {
            row,
            left,
            victim,
            tracing,
        } = case;
        // Before the last look at the caller.
        let run = met.thread.process.program.run();
        draft.caller(&met.thread, run);
        self.welcome(&met, tracing);
        let target = Target { thread: met.thread };
        let mut args = Args::new(request.note().args, &target, tracing);
        let decided = match row.handler {
            Handler::Carry(handler) if left.is_none() => {
                let caller = Caller {
                    program: &target.thread.process.program,
                    run,
                    received: draft.received(),
                };
                self.carry(request, row, &target, &mut args, handler, caller)
            }
            _ if self.shared.processes.confirm(&target.thread).is_err() => native(Native::Stale),
            Handler::Carry(_) => native(left.unwrap_or(Native::Row)),
            Handler::Watch(change) => {
                self.shared.processes.unsettle(&target.thread, change);
                native(Native::Row)
            }
            Handler::Guard(_) => {
                self.note_sender(&target, victim);
                self.guard(&target, victim)
            }
        };
        let decided = match decided {
            (Answer::Continue, _) if self.robs_us(row, &mut args, &target) => denied(Errno::EACCES),
            decided => decided,
        };
        if tracing {
            draft.describe(&mut args, &target);
        }
        decided
    }

    fn carry(
        &mut self,
        request: &Request,
        row: &Row,
        target: &Target,
        args: &mut Args<'_>,
        handler: fn(&mut Carrier<'_, '_>) -> Result<calls::Reply, Native>,
        caller: Caller<'_>,
    ) -> (Answer, Outcome) {
        let shared = Arc::clone(&self.shared);
        // A single thread that waits for its answer leaves nobody to serve.
        if row.class == Class::Slow && shared.processes.several() {
            shared.pool.step_aside(self.number);
        }
        let mut carrier = Carrier {
            args,
            request,
            target,
            processes: &shared.processes,
            mounts: &shared.mounts,
            interrupts: &shared.interrupts,
            worker: self.number,
            own: &shared.own,
            own_files: shared.own_files.as_fd(),
            wardrobe: &mut self.wardrobe,
        };
        match handler(&mut carrier).and_then(|reply| inject(request, reply, caller)) {
            Ok(answer) => (answer, Outcome::Offloaded),
            Err(why) => native(why),
        }
    }

    fn guard(&self, target: &Target, victim: Option<Victim>) -> (Answer, Outcome) {
        let resolved = match victim {
            // Memory may be a page that only the caller's other threads can bring.
            Some(victim) if victim.lies_in_memory() && self.is_usher() => Ok(victim),
            Some(victim) => victim.resolve(target),
            None => return native(Native::Row),
        };
        match resolved {
            Err(why) => native(why),
            // First of all: by the time the kernel looks it could be asys's next thread.
            Ok(Victim::Signalled(pid)) if self.is_nobody(pid, target) => {
                (Answer::Fail(Errno::ESRCH), Outcome::Offloaded)
            }
            Ok(victim) if self.is_aimed_at_us(victim, Some(target)) => denied(Errno::EPERM),
            Ok(_) => native(Native::Row),
        }
    }

    /// Whether the caller's number `pid` is nobody's.
    fn is_nobody(&self, pid: i32, target: &Target) -> bool {
        self.counts_as_we_do(target) && matches!(process::pidfd_open(pid, 0), Err(Errno::ESRCH))
    }

    /// Whether the caller's process numbers are asys's.
    fn counts_as_we_do(&self, target: &Target) -> bool {
        self.facts(target).is_some_and(|facts| facts.same_pids)
    }

    fn facts(&self, target: &Target) -> Option<Arc<Facts>> {
        let processes = &self.shared.processes;
        let ids = processes.confirm(&target.thread).ok()?;
        processes.facts(&target.thread, ids).ok()
    }

    /// Whether all workers but this one may be waiting for the caller.
    fn is_usher(&self) -> bool {
        self.shared.pool.in_hand() > self.shared.capacity
    }

    /// The front, in the same group, gets the signal, too: not to be passed on.
    fn note_sender(&self, target: &Target, victim: Option<Victim>) {
        let to_group = match victim {
            Some(Victim::Group(group)) => group == self.shared.group,
            Some(Victim::OwnGroup | Victim::All) => true,
            _ => false,
        };
        if to_group {
            self.shared.senders.add(target.thread.process.tgid);
        }
    }

    /// Of a caller that cannot be looked at, the worst is assumed.
    fn is_aimed_at_us(&self, victim: Victim, target: Option<&Target>) -> bool {
        let processes = &self.shared.processes;
        let facts = || self.facts(target?);
        // In another process namespace the number is another process's.
        let counts_otherwise = || facts().is_some_and(|facts| !facts.same_pids);
        match victim {
            Victim::Known(pid) => processes.is_ours(pid),
            Victim::One(pid) | Victim::Signalled(pid) | Victim::Queued { pid, .. } => {
                processes.is_ours(pid) && !counts_otherwise()
            }
            Victim::Group(pgrp) => processes.is_our_group(pgrp) && !counts_otherwise(),
            Victim::OwnGroup => false,
            Victim::All => {
                facts().is_none_or(|facts| facts.same_pids && self.may_signal_us(&facts))
            }
            Victim::Pidfd(_) | Victim::Owner { .. } => true,
        }
    }

    /// An open, about to be native, of asys's own memory or descriptors, by one
    /// whom the kernel would let: root.
    fn robs_us(&mut self, row: &Row, args: &mut Args<'_>, target: &Target) -> bool {
        let own = &self.shared.own;
        if !row.opens() || !own.can_wear() || self.wardrobe.wear(&own.identity).is_err() {
            return false;
        }
        let place = match row.args[0] {
            calls::Arg::Dirfd => args.place_at(0, 1),
            _ => args.place(0),
        };
        let own_files = self.shared.own_files.as_fd();
        let is_ours = |pid| self.is_aimed_at_us(Victim::One(pid), Some(target));
        place.is_ok_and(|place| {
            let links = calls::links_of(row, args, &place);
            calls::is_laid_open(target, own_files, &place, links, is_ours)
        })
    }

    fn may_signal_us(&self, facts: &Facts) -> bool {
        let own = self.shared.own.identity.fsuid;
        facts.real.fsuid == own
            || facts.identity.fsuid == own
            || facts.identity.effective.contains(CapSet::KILL)
    }

    /// Has the loop told when a new process ends, and the trace that it is there.
    fn welcome(&self, met: &Met, tracing: bool) {
        let shared = &self.shared;
        if met.new_process {
            crate::supervise::watch_exit(&shared.registry, &met.thread.process);
        }
        let event = match (tracing, met.new_process) {
            (false, _) => None,
            (true, true) => Some(crate::record::first_sight(&met.thread, shared.started)),
            (true, false) => crate::record::exec(&met.thread, shared.started),
        };
        if let Some(event) = event {
            shared.recorder.process(event);
        }
    }
}

fn denied(errno: Errno) -> (Answer, Outcome) {
    (Answer::Fail(errno), Outcome::Denied)
}

fn native(why: Native) -> (Answer, Outcome) {
    (Answer::Continue, Outcome::Native(why))
}

fn hung_up(desk: &Desk) -> bool {
    notify::pending(desk.listener()) == Ok(Pending::HungUp)
}
