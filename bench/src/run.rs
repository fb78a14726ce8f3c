//! One run of the measured program in one column, bounded in time.

use std::ffi::OsString;
use std::fs::{self, File};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::case::{Case, Kind};
use crate::column::{Column, Programs};
use crate::floor::{Floor, Responder, Tally};
use crate::launch::Handover;
use crate::proof;
use crate::stats::Sample;
use crate::sys;
use crate::workdir::Workdir;

/// How long an interrupt can go unnoticed if it arrives just before the poll.
const SLICE: Duration = Duration::from_millis(250);

/// How long a killed program may take to go; longer, and it is stuck in the kernel and left behind.
const DYING: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(crate) enum Outcome {
    Measured(Sample),
    Hung,
    Failed(String),
}

#[derive(Debug)]
pub(crate) struct Runner<'a> {
    pub(crate) own: PathBuf,
    pub(crate) programs: Programs,
    pub(crate) workdir: &'a Workdir,
    pub(crate) timeout: Duration,
}

impl Runner<'_> {
    /// An error ends the bench: an interrupt, or the machine failing us. What only spoils the cell is an `Outcome`.
    pub(crate) fn measure(
        &self,
        case: &'static Case,
        column: Column,
        iterations: u32,
    ) -> anyhow::Result<Outcome> {
        if case.kind == Kind::StartUp {
            return self.start_up(case, column, iterations);
        }
        self.workdir.prepare()?;
        match column {
            Column::Bare => self.under_floor(Floor::Bare, case, column, iterations),
            Column::Exact => self.under_floor(Floor::Exact, case, column, iterations),
            Column::Native | Column::Asys | Column::Strace => {
                let inner = self.target(case, iterations)?;
                self.finish(self.command(case, column, &inner)?)
            }
        }
    }

    /// Asks asys's own trace whether it did what its column claims: let the kernel do the calls, and it would look fast.
    pub(crate) fn prove(&self, case: &Case) -> anyhow::Result<Option<String>> {
        self.workdir.prepare()?;
        let iterations = 10;
        let trace = self.workdir.path().join(format!("trace-{}", case.name));
        let command = self
            .programs
            .traced(&trace, &self.target(case, iterations)?);
        let command = self.with_output(command.context("asys: no such program")?)?;
        Ok(match self.finish(command)? {
            Outcome::Hung => Some("hung with --trace".to_owned()),
            Outcome::Failed(why) => Some(why),
            Outcome::Measured(_) => match fs::read_to_string(&trace) {
                Ok(text) => shortfall(proof::tally(&text, case), case, iterations),
                Err(e) => Some(format!("its trace: {e}")),
            },
        })
    }

    fn finish(&self, mut command: Command) -> anyhow::Result<Outcome> {
        match command.spawn() {
            Ok(child) => self.result(self.wait(child)?),
            Err(e) => Ok(Outcome::Failed(e.to_string())),
        }
    }

    fn start_up(&self, case: &Case, column: Column, iterations: u32) -> anyhow::Result<Outcome> {
        let mut command = self.command(case, column, &["/bin/true".into()])?;
        let mut spans = Vec::with_capacity(iterations as usize);
        for _ in 0..iterations {
            let start = Instant::now();
            match self.wait(command.spawn().context(column.name())?)? {
                Some(status) if status.success() => spans.push(start.elapsed().as_nanos() as u64),
                ended => return self.result(ended),
            }
        }
        Ok(Sample::of(spans).map_or(
            Outcome::Failed("no iterations".to_owned()),
            Outcome::Measured,
        ))
    }

    fn under_floor(
        &self,
        floor: Floor,
        case: &'static Case,
        column: Column,
        iterations: u32,
    ) -> anyhow::Result<Outcome> {
        let inner = self.target(case, iterations)?;
        let mut command = self.command(case, column, &inner)?;
        let handover = Handover::prepare(&mut command, &case.traps())?;
        let child = match command.spawn() {
            Ok(child) => child,
            Err(e) => return Ok(Outcome::Failed(format!("a seccomp listener: {e}"))),
        };
        let started = handover
            .receive()
            .map_err(Into::into)
            .and_then(|l| Responder::start(floor, case, l));
        let ended = self.wait(child)?;
        let tally = match started {
            Ok(responder) => responder.finish(),
            Err(e) => Some(Err(e)),
        };
        match tally.transpose() {
            Err(e) => Ok(Outcome::Failed(format!("{}: {e:#}", column.name()))),
            Ok(Some(tally)) if ended.is_some_and(|status| status.success()) => {
                Ok(shortfall(tally, case, iterations).map_or(self.result(ended)?, Outcome::Failed))
            }
            Ok(_) => self.result(ended),
        }
    }

    /// How to start the measured program.
    fn target(&self, case: &Case, iterations: u32) -> anyhow::Result<[OsString; 5]> {
        // A failing exec reports itself by a write, which one case traps.
        if !self.own.is_file() {
            bail!("{}: is gone (rebuilt meanwhile?)", self.own.display());
        }
        Ok([
            self.own.clone().into(),
            "target".into(),
            case.name.into(),
            iterations.to_string().into(),
            self.workdir.site().into(),
        ])
    }

    fn command(&self, case: &Case, column: Column, inner: &[OsString]) -> anyhow::Result<Command> {
        let command = self.programs.command(column, case, inner);
        self.with_output(command.with_context(|| format!("{}: no such program", column.name()))?)
    }

    /// Files and not pipes: a pipe that some survivor holds open would have no end.
    fn with_output(&self, mut command: Command) -> anyhow::Result<Command> {
        let output =
            |name| File::create(self.workdir.path().join(name)).context("output of the target");
        command
            .stdin(Stdio::null())
            .stdout(output("stdout")?)
            .stderr(output("stderr")?)
            .process_group(0);
        Ok(command)
    }

    /// `None`: it hung and was killed.
    fn wait(&self, mut child: Child) -> anyhow::Result<Option<ExitStatus>> {
        let pidfd = sys::pidfd_open(child.id()).context("pidfd_open")?;
        let exited = exits_within(&pidfd, self.timeout)?;
        if exited && !sys::interrupted() {
            return Ok(Some(child.wait()?));
        }
        // Its own group: nobody else is in it. Not reaped yet, so the number is still its own.
        let killed = killpg(Pid::from_raw(child.id() as i32), Signal::SIGKILL);
        if exited || gone_within(&pidfd, DYING)? {
            child.wait()?;
        }
        if sys::interrupted() {
            bail!("interrupted");
        }
        killed.context("kill").map(|()| None)
    }

    fn result(&self, ended: Option<ExitStatus>) -> anyhow::Result<Outcome> {
        let Some(status) = ended else {
            return Ok(Outcome::Hung);
        };
        let read = |name| {
            fs::read_to_string(self.workdir.path().join(name)).context("output of the target")
        };
        if !status.success() {
            let said = read("stderr")?;
            return Ok(Outcome::Failed(format!(
                "{status}: {}",
                said.lines().next().unwrap_or("no message")
            )));
        }
        let sample = serde_json::from_str(&read("stdout")?);
        Ok(sample.map_or_else(
            |e| Outcome::Failed(format!("result: {e}")),
            Outcome::Measured,
        ))
    }
}

/// A floor that let the kernel do the calls would look fast.
fn shortfall(tally: Tally, case: &Case, iterations: u32) -> Option<String> {
    let expected = u64::from(iterations) * case.calls.len() as u64;
    let (got, how) = match case.kind {
        Kind::Native => (tally.native, "answered native"),
        _ => (tally.carried_out, "carried out"),
    };
    (got < expected).then(|| format!("only {got} of {expected} calls were {how}"))
}

/// False: it did not, or we were interrupted.
fn exits_within(pidfd: &OwnedFd, time: Duration) -> anyhow::Result<bool> {
    let deadline = Instant::now() + time;
    while !sys::interrupted() {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        if readable(pidfd, left.min(SLICE))? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The same, whether interrupted or not.
fn gone_within(pidfd: &OwnedFd, time: Duration) -> anyhow::Result<bool> {
    readable(pidfd, time)
}

fn readable(fd: &OwnedFd, time: Duration) -> anyhow::Result<bool> {
    // Up to the next millisecond: a poll of zero would spin through the last one.
    let time = PollTimeout::try_from(time + Duration::from_millis(1))?;
    match poll(&mut [PollFd::new(fd.as_fd(), PollFlags::POLLIN)], time) {
        Ok(ready) => Ok(ready > 0),
        Err(Errno::EINTR) => Ok(false),
        Err(e) => Err(e).context("poll"),
    }
}
