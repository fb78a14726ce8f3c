//! The shell's job: what the shell, systemd or timeout(1) sees.
//!
//! The front executes no call, so it can always stop, continue and exit. It
//! forwards signals sent to its pid, stops when the command stops, and ends
//! as the command ended. It holds a duplicate of the listener: if the
//! supervisor dies, calls wait instead of failing with ENOSYS while the
//! front, a subreaper, kills every descendant. When it exits before the
//! supervisor, it leaves that to the keeper.

use crate::sys::shared::Senders;
use crate::sys::{process, stdio};
use crate::tree;
use crate::wire::{Message, Status, Wire};
use anyhow::{Context, Result, anyhow};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::Signal;
use nix::sys::signalfd::{SfdFlags, SignalFd, siginfo};
use nix::unistd::Pid;
use std::cell::Cell;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::Arc;

/// How asys itself ends.
#[derive(Debug)]
pub enum End {
    Exit(u8),
    Signal(i32),
}

/// The front's ends of its lines.
#[derive(Debug)]
pub struct Ends {
    pub supervisor: Wire,
    pub keeper: Wire,
}

/// The front of one run.
#[derive(Debug)]
pub struct Front {
    wire: Wire,
    keeper: Keeper,
    signals: SignalFd,
    command: Option<Command>,
    senders: Arc<Senders>,
    /// It stopped with the command and has not been told to continue.
    stopped: Cell<bool>,
}

#[derive(Debug)]
struct Keeper {
    pid: Pid,
    pidfd: OwnedFd,
    wire: Wire,
}

#[derive(Debug)]
struct Command {
    pid: Pid,
    pidfd: OwnedFd,
    /// Kept open until the tree is gone, see above.
    listener: OwnedFd,
    supervisor: Pid,
}

/// Signals a terminal sends to the whole group: the command has them already.
const FROM_TERMINAL: &[Signal] = &[
    Signal::SIGINT,
    Signal::SIGQUIT,
    Signal::SIGTSTP,
    Signal::SIGHUP,
    Signal::SIGWINCH,
    Signal::SIGTTIN,
    Signal::SIGTTOU,
    Signal::SIGCONT,
];

/// How long a SIGCONT to the group may take to reach the command, too, in milliseconds.
const CONTINUED: u16 = 50;

/// How long a supervisor that has nothing left to do may take to end, in milliseconds.
const FAREWELL: u16 = 2000;

fn as_end(status: Status) -> End {
    match status {
        Status::Exited(status) => End::Exit(status),
        Status::Killed(signal) => End::Signal(signal),
    }
}

impl Front {
    /// For the keeper just forked, who starts the supervisor. All signals are blocked by now.
    ///
    /// # Errors
    /// When a descriptor cannot be had; the others are gone then.
    pub fn new(
        ends: Ends,
        keeper: Pid,
        inherited_files: &[i32],
        senders: Arc<Senders>,
    ) -> Result<Front> {
        stdio::close_all(inherited_files);
        match Front::equip(keeper) {
            Ok((signals, pidfd)) => Ok(Front {
                wire: ends.supervisor,
                keeper: Keeper {
                    pid: keeper,
                    pidfd,
                    wire: ends.keeper,
                },
                signals,
                command: None,
                senders,
                stopped: Cell::new(false),
            }),
            Err(error) => {
                // Before the wire closes, which the supervisor would complain about.
                tree::kill_all();
                Err(error)
            }
        }
    }

    fn equip(keeper: Pid) -> Result<(SignalFd, OwnedFd)> {
        let all = nix::sys::signal::SigSet::all();
        let flags = SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK;
        let signals = SignalFd::with_flags(&all, flags).context("signalfd")?;
        let pidfd = process::pidfd_open(keeper.as_raw(), 0).context("pidfd_open")?;
        stdio::replace_by_null(&[0, 1]).context("/dev/null")?;
        // Standing there would pin the file system.
        std::env::set_current_dir("/").context("/")?;
        Ok((signals, pidfd))
    }

    /// Serves until the command has ended.
    ///
    /// # Errors
    /// What the supervisor reported, or that somebody died; the tree is gone then.
    pub fn run(mut self) -> Result<End> {
        loop {
            let [talks, died, signalled] = self.wait()?;
            if talks && let Some(end) = self.listen()? {
                return Ok(end);
            }
            // Its last words come first.
            if died && !talks {
                return Err(bury("keeper", self.keeper.pid));
            }
            if signalled {
                self.forward()?;
            }
        }
    }

    fn wait(&self) -> Result<[bool; 3]> {
        let fds = [
            self.wire.as_fd(),
            self.keeper.pidfd.as_fd(),
            self.signals.as_fd(),
        ];
        let mut fds = fds.map(|fd| PollFd::new(fd, PollFlags::POLLIN));
        match poll(&mut fds, PollTimeout::NONE) {
            Ok(_) | Err(nix::errno::Errno::EINTR) => {}
            Err(errno) => return Err(errno).context("poll"),
        }
        Ok(fds.map(|fd| fd.any().unwrap_or(false)))
    }

    fn listen(&mut self) -> Result<Option<End>> {
        match self.wire.receive()? {
            None => Err(bury("supervisor", self.supervisor())),
            Some((Message::Started(pid), fds)) => {
                self.adopt(Pid::from_raw(pid), fds).map(|()| None)
            }
            Some((Message::Stopped(signal), _)) => {
                self.stop_with_the_command(signal);
                Ok(None)
            }
            Some((Message::Ended(status), _)) => {
                self.bequeath();
                Ok(Some(as_end(status)))
            }
            Some((Message::Over(status), _)) => {
                self.see_off();
                Ok(Some(as_end(status)))
            }
            Some((Message::Failed(status, reason), _)) => {
                crate::message::complain(&reason);
                self.see_off();
                Ok(Some(End::Exit(status)))
            }
            Some((Message::Go | Message::Keep, _)) => Ok(None),
        }
    }

    /// Any other signal stopped a command that has itself traced: nothing of the shell's.
    fn stop_with_the_command(&self, signal: i32) {
        use Signal::{SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU};
        if let Ok(signal @ (SIGSTOP | SIGTSTP | SIGTTIN | SIGTTOU)) = Signal::try_from(signal) {
            self.stopped.set(true);
            process::stop_by(signal);
        }
    }

    /// The keeper's pid while nobody has said who the supervisor is.
    fn supervisor(&self) -> Pid {
        self.command
            .as_ref()
            .map_or(self.keeper.pid, |command| command.supervisor)
    }

    fn adopt(&mut self, supervisor: Pid, fds: Vec<OwnedFd>) -> Result<()> {
        let [listener, pidfd]: [OwnedFd; 2] = fds
            .try_into()
            .map_err(|_| anyhow!("asys's own socket: descriptors are missing"))?;
        let pid = process::pid_of(pidfd.as_fd()).context("pidfd of the command")?;
        self.command = Some(Command {
            pid: Pid::from_raw(pid),
            pidfd,
            listener,
            supervisor,
        });
        self.wire.send(&Message::Go, &[])
    }

    fn forward(&self) -> Result<()> {
        while let Some(info) = self.signals.read_signal().context("signalfd")? {
            let Ok(signal) = i32::try_from(info.ssi_signo) else {
                continue;
            };
            let Some(command) = &self.command else {
                // Nothing runs yet: the signal ends asys, and so the launch.
                if let Ok(signal) = Signal::try_from(signal) {
                    self.give_up(signal);
                }
                continue;
            };
            if self.is_for_command(&info, signal, command) {
                // ESRCH: it has ended, which the supervisor will say.
                let _ = pass_on(&info, signal, command);
            }
        }
        Ok(())
    }

    fn is_for_command(&self, info: &siginfo, signal: i32, command: &Command) -> bool {
        let named = Signal::try_from(signal).ok();
        match named {
            // Of a child of ours, not sent.
            Some(Signal::SIGCHLD) if info.ssi_code > 0 => false,
            // The supervisor's, to have the front go on with the command.
            Some(Signal::SIGCONT) if info.ssi_pid.cast_signed() == command.supervisor.as_raw() => {
                false
            }
            Some(Signal::SIGCONT) if self.stopped.replace(false) => self.is_left_behind(command),
            Some(terminal) if FROM_TERMINAL.contains(&terminal) && info.ssi_code == SI_KERNEL => {
                false
            }
            // A target may not signal the front (the guard rows see to that):
            // what it sent, it sent to the group, and the command has it.
            _ => !self.is_of_the_tree(info.ssi_pid.cast_signed()),
        }
    }

    fn is_of_the_tree(&self, pid: i32) -> bool {
        self.senders.contains(pid) || tree::descends(Pid::from_raw(pid), self.keeper.pid)
    }

    /// The shell continues the whole group: the command is left out only if it
    /// was the front alone that was continued. Whatever the supervisor says
    /// meanwhile is of a command that went on.
    fn is_left_behind(&self, command: &Command) -> bool {
        // One that runs already may be stopped again by the time the wait is over.
        if !tree::is_stopped(command.pid) {
            return false;
        }
        let mut fds = [PollFd::new(self.wire.as_fd(), PollFlags::POLLIN)];
        let silent = poll(&mut fds, PollTimeout::from(CONTINUED)) == Ok(0);
        silent && tree::is_stopped(command.pid)
    }

    fn give_up(&self, signal: Signal) {
        use Signal::{SIGCHLD, SIGCONT, SIGURG, SIGWINCH};
        if !matches!(signal, SIGCHLD | SIGCONT | SIGURG | SIGWINCH) {
            tree::kill_all();
            process::die_by(signal);
        }
    }

    /// The keeper goes on with what this process held.
    fn bequeath(&self) {
        if let Some(command) = &self.command {
            // Refused: it is dead, and the supervisor ends the tree.
            let listener = command.listener.as_raw_fd();
            let _ = self.keeper.wire.send(&Message::Keep, &[listener]);
        }
    }

    /// Reaps the keeper, which ends with the supervisor: nobody else might.
    fn see_off(&self) {
        let mut fds = [PollFd::new(self.keeper.pidfd.as_fd(), PollFlags::POLLIN)];
        let _ = poll(&mut fds, PollTimeout::from(FAREWELL));
        let _ =
            nix::sys::wait::waitpid(self.keeper.pid, Some(nix::sys::wait::WaitPidFlag::WNOHANG));
    }
}

/// What was queued goes on with its sender and value; what was sent plainly is
/// the front's own to the kernel.
fn pass_on(info: &siginfo, signal: i32, command: &Command) -> nix::Result<()> {
    let command = command.pidfd.as_fd();
    if info.ssi_code != libc::SI_QUEUE {
        return process::pidfd_send_signal(command, signal);
    }
    let value = info.ssi_ptr;
    let sender = (info.ssi_pid.cast_signed(), info.ssi_uid);
    process::pidfd_queue_signal(command, signal, sender, value)
}

/// One of asys's own is gone before the command: nothing half supervised runs on.
fn bury(who: &str, pid: Pid) -> anyhow::Error {
    let gone = tree::kill_all();
    let rest = if gone {
        ""
    } else {
        "; some processes would not die"
    };
    anyhow!("{who} (pid {pid}): died: the command was killed{rest}")
}

/// `SI_KERNEL` of siginfo.h.
const SI_KERNEL: i32 = 0x80;

/// Ends this process as the command ended.
pub fn end(end: &End) -> ! {
    if let End::Signal(number) = end {
        match Signal::try_from(*number) {
            Ok(signal) => process::die_by(signal),
            Err(_) => process::die_by_number(*number),
        }
    }
    let status = match end {
        End::Exit(status) => i32::from(*status),
        End::Signal(number) => 128 + number,
    };
    std::process::exit(status)
}

/// Prepares this process to be a front: blocks all signals, cannot be
/// inspected by others of its user, adopts orphans.
///
/// # Errors
/// prctl(2)'s.
pub fn prepare() -> Result<()> {
    use nix::sys::signal::{SigSet, SigmaskHow, sigprocmask};
    sigprocmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::all()), None).context("sigprocmask")?;
    // A parent that ignores SIGCHLD would have our children reaped unseen.
    process::set_dispositions(&[Signal::SIGCHLD], false);
    process::forbid_inspection().context("PR_SET_DUMPABLE")?;
    nix::sys::prctl::set_child_subreaper(true).context("PR_SET_CHILD_SUBREAPER")?;
    Ok(())
}
