//! One run, from start to the last of its descendants.
//!
//! The launcher is a process of its own between runner and run: a session leader, so that the run has no terminal and
//! is no leader itself, and a subreaper, so that nothing the run leaves behind can hide. Its stdin is a pipe from the
//! runner: when the runner dies, so does the run.

use crate::filesystem::FileSystem;
use crate::users::is_root;
use crate::{mounts, tree};
use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::Write;
use std::os::fd::{AsFd, BorrowedFd, FromRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How long asys's own processes, and a case's orphans, may take to go once the command has ended.
const FAREWELL: Duration = Duration::from_secs(10);

/// After a run that hung: until all of it is killed, and looked at.
const LONGEST_FAREWELL: Duration = Duration::from_secs(60);

/// What the runner reads from the launcher's stdout.
#[derive(Debug, Serialize, Deserialize)]
pub struct Outcome {
    /// `exit 0`, `signal SIGSEGV`, or `hung`.
    pub status: String,
    /// Descendants that were still there and had to be killed.
    pub left: Vec<String>,
    /// What is in the directory now. Nobody but the launcher may see what is mounted there.
    pub tree: Vec<String>,
}

/// What is to be run.
#[derive(Debug)]
pub struct Run<'a> {
    pub dir: &'a Path,
    pub on: FileSystem,
    pub patience: Duration,
    /// Where stdout and stderr go.
    pub out: [&'a Path; 2],
    pub command: &'a [String],
}

/// Runs a command under a launcher, on a stage where that is needed.
pub fn launch(run: &Run<'_>) -> Result<Outcome> {
    let mut launcher = Command::new(std::env::current_exe()?);
    if run.on.is_staged() {
        let store = run.dir.with_file_name("store");
        fs::create_dir_all(&store)?;
        launcher
            .arg("--twin-stage")
            .arg((run.patience + LONGEST_FAREWELL).as_secs().to_string())
            .arg(run.on.name())
            .args([&store, run.dir]);
    }
    let mut child = launcher
        .arg("--twin-launch")
        .arg(run.dir)
        .arg(run.patience.as_secs().to_string())
        .args(run.out)
        .args(run.command)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start the launcher")?;
    // Held open until the run is over: its closing is what tells the launcher that the runner is gone.
    let alive = child.stdin.take();
    let output = child.wait_with_output()?;
    drop(alive);
    serde_json::from_slice(&output.stdout).context("the launcher said nothing")
}

/// The launcher: `--twin-launch DIR SECONDS STDOUT STDERR COMMAND…`.
pub fn main(args: &[String]) -> Result<()> {
    let [dir, seconds, stdout, stderr, command @ ..] = args else {
        anyhow::bail!("--twin-launch DIR SECONDS STDOUT STDERR COMMAND…");
    };
    if is_root() {
        apart()?;
    }
    std::env::set_current_dir(dir)?;
    nix::unistd::setsid()?;
    nix::sys::prctl::set_child_subreaper(true)?;
    // Whether a count reaches beyond the address space depends on where the buffer lies: the same place in both runs.
    nix::sys::personality::set(nix::sys::personality::Persona::ADDR_NO_RANDOMIZE)?;
    // SAFETY: umask cannot fail; every run starts with the same one.
    unsafe { libc::umask(0o022) };
    let child = Command::new(&command[0])
        .args(&command[1..])
        .stdin(Stdio::null())
        .stdout(File::create(stdout)?)
        .stderr(File::create(stderr)?)
        .process_group(0)
        .spawn()
        .with_context(|| command[0].clone())?;
    let (status, left) = see_to_its_end(
        Pid::from_raw(child.id() as i32),
        Duration::from_secs(seconds.parse()?),
    )?;
    let outcome = Outcome {
        status,
        left,
        tree: tree::snapshot(Path::new(dir)),
    };
    // The runner may be gone.
    let _ = writeln!(std::io::stdout(), "{}", serde_json::to_string(&outcome)?);
    std::env::set_current_dir("/")?;
    if !mounts::is_mount_point(Path::new(dir))? {
        clean_up_for_the_runner(Path::new(dir));
    }
    Ok(())
}

/// What a case mounts is seen by its run only. By asys, too, and as its own: in a namespace of the case's the kernel
/// would do every call.
fn apart() -> Result<()> {
    match mounts::own_namespace() {
        // No case mounts anything then.
        Err(Errno::EPERM) => Ok(()),
        done => done.context("a mount namespace"),
    }
}

/// How it ended, and who was left.
fn see_to_its_end(child: Pid, patience: Duration) -> Result<(String, Vec<String>)> {
    if !ends_within(child, patience)? {
        return Ok(("hung".into(), kill_descendants()));
    }
    let status = match waitpid(child, None)? {
        WaitStatus::Exited(_, code) => format!("exit {code}"),
        WaitStatus::Signaled(_, signal, _) => format!("signal {signal}"),
        other => format!("{other:?}"),
    };
    let until = Instant::now() + FAREWELL;
    while let Some(&next) = children(Pid::this()).first() {
        if !ends_within(next, until.saturating_duration_since(Instant::now()))? {
            break;
        }
        let _ = waitpid(next, Some(WaitPidFlag::WNOHANG));
    }
    Ok((status, kill_descendants()))
}

/// False when the time is up, or the runner has gone.
fn ends_within(pid: Pid, patience: Duration) -> Result<bool> {
    ends(pid, patience, &[runner()])
}

/// Whether it ends within that time, and before anything happens to the others.
pub fn ends(pid: Pid, patience: Duration, others: &[BorrowedFd<'_>]) -> Result<bool> {
    // SAFETY: pidfd_open has no memory arguments.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid.as_raw(), 0) };
    if fd < 0 {
        return Ok(true);
    }
    // SAFETY: the kernel just gave us this descriptor and nobody else knows it.
    let pidfd = unsafe { OwnedFd::from_raw_fd(fd as i32) };
    let mut fds = vec![PollFd::new(pidfd.as_fd(), PollFlags::POLLIN)];
    fds.extend(
        others
            .iter()
            .map(|other| PollFd::new(*other, PollFlags::empty())),
    );
    poll(&mut fds, PollTimeout::try_from(patience)?)?;
    Ok(fds[0].any() == Some(true))
}

/// A pipe whose other end only the runner holds.
fn runner() -> BorrowedFd<'static> {
    // SAFETY: stdin is open for as long as this process lives.
    unsafe { BorrowedFd::borrow_raw(0) }
}

/// The runner removes what the run has left, unless it is gone.
pub fn clean_up_for_the_runner(dir: &Path) {
    let mut fds = [PollFd::new(runner(), PollFlags::empty())];
    let gone = poll(&mut fds, PollTimeout::ZERO).is_ok_and(|happened| happened > 0);
    if let Some(base) = dir.parent().filter(|_| gone) {
        tree::remove(base);
    }
}

fn children(of: Pid) -> Vec<Pid> {
    let tasks = fs::read_dir(format!("/proc/{of}/task"));
    let lists = tasks
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    let pids: Vec<String> = lists
        .flat_map(|list| {
            list.split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .collect();
    pids.iter()
        .filter_map(|pid| pid.parse().ok().map(Pid::from_raw))
        .collect()
}

fn descendants(of: Pid, into: &mut Vec<Pid>) {
    for child in children(of) {
        into.push(child);
        descendants(child, into);
    }
}

/// Kills whatever is left, says what it was, and reaps it.
fn kill_descendants() -> Vec<String> {
    let mut left = Vec::new();
    let mut found = Vec::new();
    descendants(Pid::this(), &mut found);
    for &pid in &found {
        left.push(describe(pid));
    }
    while let Some(&pid) = found.first() {
        for &pid in &found {
            let _ = kill(pid, Signal::SIGKILL);
        }
        // One that stays in D is abandoned to init: better than a suite that never ends.
        if !ends_within(pid, FAREWELL).unwrap_or(false) {
            break;
        }
        let _ = waitpid(pid, Some(WaitPidFlag::WNOHANG));
        found.clear();
        descendants(Pid::this(), &mut found);
    }
    left
}

/// Command line, state, and the call it is in: the first thing one asks of a hang.
fn describe(pid: Pid) -> String {
    let read = |file: &str| fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap_or_default();
    let state = read("stat");
    let state = state.rsplit(") ").next().and_then(|rest| rest.get(..1));
    format!(
        "{} [{}] {} in {}, system call {}",
        pid,
        read("comm").trim(),
        state.unwrap_or("gone"),
        read("wchan"),
        read("syscall").split(' ').next().unwrap_or_default().trim(),
    )
}
