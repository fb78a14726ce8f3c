//! Starts the actors of one sequence after the other, ends them, and sees to it that nobody waits for ever.

use crate::finder::actor::{AREA, Actor, raw, tick};
use crate::finder::area::{Area, Block, PLAYED, STUCK};
use crate::finder::language::{ACTORS, Round};
use crate::finder::signals::poke;
use crate::finder::{arena, text};
use anyhow::{Context, Result, ensure};
use nix::errno::Errno;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, fork};
use std::fs::File;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// A call that takes longer waits for something that only another step could do.
const PATIENCE: Duration = Duration::from_millis(15);
/// Where two may wait for each other, so many times that.
const TOGETHER: u32 = 20;
/// So many signals must have ended any wait.
const POKES: u32 = 1500;

/// What a batch's text says: the directory in which there is one for each sequence, then the sequences.
#[derive(Debug)]
pub struct Play<'a> {
    pub dir: &'a str,
    pub sequences: Vec<&'a str>,
}

const BETWEEN: &str = "\n---\n";

impl<'a> Play<'a> {
    pub fn print(dir: &str, sequences: &[&[Round]]) -> String {
        let texts = sequences.iter().map(|sequence| text::print(sequence));
        let all: Vec<String> = std::iter::once(dir.to_owned()).chain(texts).collect();
        all.join(BETWEEN)
    }

    pub fn parse(text: &'a str) -> Result<Self> {
        let mut parts = text.split(BETWEEN);
        let dir = parts.next().context("no directory")?;
        Ok(Self {
            dir,
            sequences: parts.collect(),
        })
    }

    /// Some directories deep: who goes up does not meet others at once.
    pub fn root_of(&self, number: usize) -> Vec<u8> {
        root_of(Path::new(self.dir), number)
    }
}

pub fn root_of(dir: &Path, number: usize) -> Vec<u8> {
    format!("{}/q{number}/u/v", dir.display()).into_bytes()
}

/// The process that is run twice: `--twin-play AREA`.
pub fn main(args: &[String]) -> Result<()> {
    let [path] = args else {
        anyhow::bail!("--twin-play AREA");
    };
    let file = File::options().read(true).write(true).open(path)?;
    let area = Area::open(&file)?;
    prepare(&file)?;
    let play = Play::parse(area.text())?;
    ensure!(
        play.sequences.len() == area.sequences(),
        "as many sequences as blocks"
    );
    arena::map();
    // The world is older than what the actors do.
    tick(area.block(0));
    for (number, sequence) in play.sequences.iter().enumerate() {
        let sequence = Arc::new(text::parse(sequence)?);
        let actor = Actor {
            block: area.block(number),
            sequence,
            number,
            root: play.root_of(number).into(),
            me: 0,
        };
        actor.block.begin_after(area.block(0));
        conduct(&actor)?;
    }
    Ok(())
}

/// The area at its place, no other descriptors but the first three; limits that keep the machine from harm.
fn prepare(file: &File) -> Result<()> {
    wake_for_children();
    nix::sys::prctl::set_child_subreaper(true)?;
    setrlimit(Resource::RLIMIT_NOFILE, 1024, 1024)?;
    setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
    setrlimit(Resource::RLIMIT_AS, 4 << 30, 4 << 30)?;
    setrlimit(Resource::RLIMIT_CPU, 300, 300)?;
    // SAFETY: the area stays there for as long as there are actors.
    let done = unsafe { libc::dup2(file.as_raw_fd(), AREA) };
    Errno::result(done)?;
    let null = File::options().read(true).write(true).open("/dev/null")?;
    // SAFETY: as above; the number is nobody's.
    let done = unsafe { libc::dup2(null.as_raw_fd(), NULL) };
    Errno::result(done).map(drop)?;
    Ok(())
}

/// Where the conductor has what is to be an actor's first three descriptors.
const NULL: i32 = AREA + 1;

fn conduct(actor: &Actor) -> Result<()> {
    let block = actor.block;
    block.set_alive(0, true);
    // SAFETY: this process has one thread.
    let pid = match unsafe { fork() }? {
        ForkResult::Child => {
            let _ = std::env::set_current_dir(std::str::from_utf8(&actor.root)?);
            let _ = nix::unistd::setpgid(Pid::from_raw(0), Pid::from_raw(0));
            for fd in 0..3 {
                raw(libc::SYS_dup2, [NULL as u64, fd, 0, 0, 0, 0]);
            }
            raw(libc::SYS_close_range, [3, AREA as u64 - 1, 0, 0, 0, 0]);
            raw(
                libc::SYS_close_range,
                [AREA as u64 + 1, u64::from(u32::MAX), 0, 0, 0, 0],
            );
            actor.begin()
        }
        ForkResult::Parent { child } => child,
    };
    let _ = nix::unistd::setpgid(pid, pid);
    let end = (actor.sequence.len() + ACTORS) as u32;
    let ended = if sees_its_end(actor, end) {
        PLAYED
    } else {
        STUCK
    };
    block.ended.store(ended, Ordering::Release);
    raw(
        libc::SYS_kill,
        [-pid.as_raw() as u64, libc::SIGKILL as u64, 0, 0, 0, 0],
    );
    while waitpid(None, None) != Err(Errno::ECHILD) {}
    Ok(())
}

/// Until the last round, with a signal to whoever waits for ever.
fn sees_its_end(actor: &Actor, end: u32) -> bool {
    let block = actor.block;
    let mut pokes = 0;
    loop {
        let turn = block.turn();
        if turn == end {
            return true;
        }
        let leaving = block.leaving.swap(0, Ordering::AcqRel);
        if leaving != 0 {
            let _ = waitpid(Pid::from_raw(leaving), None);
            actor.done(turn as usize);
            continue;
        }
        block.wait_while(turn, Some(PATIENCE));
        if block.turn() != turn || block.leaving.load(Ordering::Acquire) != 0 {
            pokes = 0;
            continue;
        }
        pokes += 1;
        if actor
            .sequence
            .get(turn as usize)
            .is_some_and(|round| round.0.len() > 1)
            && pokes < TOGETHER
        {
            continue;
        }
        if pokes > POKES || (pokes > 4 && somebody_died(block)) {
            return false;
        }
        for (pid, tid) in block.pids.iter().zip(&block.tids) {
            let (pid, tid) = (pid.load(Ordering::Acquire), tid.load(Ordering::Acquire));
            if tid != 0 {
                raw(
                    libc::SYS_tgkill,
                    [pid as u64, tid as u64, poke() as u64, 0, 0, 0],
                );
            }
        }
    }
}

/// Killed by a signal, as far as can be seen: it is not the end of the sequence's steps, but of its play.
fn somebody_died(block: &Block) -> bool {
    let dead = |pid: i32| pid != 0 && !crate::proc::is_alive(Pid::from_raw(pid));
    let pids = block.pids.iter().map(|pid| pid.load(Ordering::Acquire));
    pids.enumerate()
        .any(|(i, pid)| block.is_alive(i) && dead(pid))
}

/// A child's end ends a wait.
fn wake_for_children() {
    extern "C" fn nothing(_: libc::c_int) {}
    let handler = nix::sys::signal::SigHandler::Handler(nothing);
    let (flags, mask) = (
        nix::sys::signal::SaFlags::empty(),
        nix::sys::signal::SigSet::empty(),
    );
    let action = nix::sys::signal::SigAction::new(handler, flags, mask);
    // SAFETY: the handler does nothing.
    let set = unsafe { nix::sys::signal::sigaction(nix::sys::signal::SIGCHLD, &action) };
    set.expect("sigaction");
}
