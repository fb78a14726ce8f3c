//! The launch: clone a child, let it install the filter, serve it, let it go.
//!
//! ```text
//!  supervisor                      child (shares the descriptor table)
//!  stage: clone ─────────────────► no_new_privs?, seccomp(NEW_LISTENER)
//!         ◄──────────── LISTENING  (futex; no call the filter could trap)
//!  workers start on the listener
//!  release: GO ──────────────────► unshare the table, user, limits, mask
//!         ◄──────────── ALONE
//!  closes what it inherited        execve
//! ```
//! The child shares the table so that the listener needs no system call to
//! travel: one that a policy might trap would deadlock here.

use crate::child::{become_the_command, pointers};
use crate::command::Command;
use crate::filter::Program;
use crate::gate::{Gate, Stage, step};
use crate::inherited::Inherited;
use crate::user::Account;
use anyhow::{Context, Result, anyhow, bail};
use nix::errno::Errno;
use nix::unistd::Pid;
use std::ffi::{c_char, c_int, c_ulong};
use std::os::fd::{FromRawFd, OwnedFd};
use std::sync::atomic::Ordering;
use std::time::Duration;

/// A command and all that is to hold when it starts.
#[derive(Debug)]
pub struct Launch<'a> {
    pub command: &'a Command,
    pub program: &'a Program,
    pub inherited: &'a Inherited,
    pub account: Option<&'a Account>,
    pub no_new_privs: bool,
    /// `SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV` (Linux 5.19): only fatal
    /// signals end a wait that a worker has begun to serve.
    pub wait_killable: bool,
}

/// A child that has installed the filter and waits to be served.
#[derive(Debug)]
pub struct Staged {
    pid: Pid,
    gate: Gate,
    name: String,
    /// For the message: execve(2) says EACCES of a directory.
    is_dir: bool,
}

/// What the child works with; built before the clone, so that it need not allocate.
pub(crate) struct Prepared<'a> {
    pub(crate) filter: &'a [libc::sock_filter],
    pub(crate) flags: c_ulong,
    pub(crate) no_new_privs: bool,
    pub(crate) user: Option<RawIds>,
    pub(crate) inherited: &'a Inherited,
    /// Null-terminated, like all of these.
    pub(crate) candidates: Vec<*const c_char>,
    pub(crate) argv: Vec<*const c_char>,
    /// `/bin/sh`, a place for the script, the arguments.
    pub(crate) shell_argv: Vec<*const c_char>,
    pub(crate) env: Vec<*const c_char>,
}

pub(crate) struct RawIds {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) groups: Vec<u32>,
}

const FLAG_NEW_LISTENER: c_ulong = 1 << 3;
const FLAG_SPEC_ALLOW: c_ulong = 1 << 2;
const FLAG_WAIT_KILLABLE_RECV: c_ulong = 1 << 5;

impl Launch<'_> {
    /// Clones the child and waits until its listener exists.
    ///
    /// Call it while the process has one thread only: the child runs on a
    /// copy of its memory, where another thread's locks would stay locked.
    ///
    /// # Errors
    /// One line saying what this kernel, container or user refuses.
    pub fn stage(&self) -> Result<(Staged, OwnedFd)> {
        let gate = Gate::new().context("launch: mmap")?;
        let mut prepared = self.prepare();
        let pid = match clone_sharing_files().context("launch: clone")? {
            None => become_the_command(&mut prepared, &gate),
            Some(pid) => pid,
        };
        let name = self.command.name();
        let is_dir = std::path::Path::new(&name).is_dir();
        let staged = Staged {
            pid,
            gate,
            name,
            is_dir,
        };
        staged.wait_beyond(step::STARTED)?;
        if let Some(error) = staged.failure() {
            return Err(error);
        }
        let listener = staged.gate.listener.load(Ordering::Relaxed);
        // SAFETY: the child opened it in the shared table for us alone.
        let listener = unsafe { OwnedFd::from_raw_fd(listener) };
        Ok((staged, listener))
    }

    fn prepare(&self) -> Prepared<'_> {
        let argv = pointers(&self.command.argv);
        let mut shell_argv = vec![c"/bin/sh".as_ptr(), std::ptr::null()];
        shell_argv.extend(&argv[1..]);
        let mut flags = FLAG_NEW_LISTENER | FLAG_SPEC_ALLOW;
        if self.wait_killable {
            flags |= FLAG_WAIT_KILLABLE_RECV;
        }
        Prepared {
            filter: self.program.instructions(),
            flags,
            no_new_privs: self.no_new_privs,
            user: self.account.map(raw_ids),
            inherited: self.inherited,
            candidates: pointers(&self.command.candidates),
            argv,
            shell_argv,
            env: pointers(&self.command.env),
        }
    }
}

fn raw_ids(account: &Account) -> RawIds {
    RawIds {
        uid: account.uid.as_raw(),
        gid: account.gid.as_raw(),
        groups: account.groups.iter().map(|g| g.as_raw()).collect(),
    }
}

/// fork(2), but the child shares the descriptor table. `None` in the child.
fn clone_sharing_files() -> Result<Option<Pid>, Errno> {
    let flags = libc::CLONE_FILES | libc::SIGCHLD;
    // SAFETY: without CLONE_VM this is a fork: the child has its own copy of
    // the stack and uses async-signal-safe calls only.
    let pid = unsafe { libc::syscall(libc::SYS_clone, flags, 0, 0, 0, 0) };
    match Errno::result(pid)? {
        0 => Ok(None),
        pid => Ok(Some(Pid::from_raw(pid as c_int))),
    }
}

impl Staged {
    #[must_use]
    pub fn pid(&self) -> Pid {
        self.pid
    }

    /// Lets the child go on, now that its listener is served, and waits until
    /// it has a descriptor table of its own.
    ///
    /// # Errors
    /// When the child died or could not go on.
    pub fn release(&self) -> Result<()> {
        self.gate.advance(step::GO);
        self.wait_beyond(step::GO)
    }

    /// Why the child never became the command, if it did not; `None` once it did.
    #[must_use]
    pub fn failure(&self) -> Option<anyhow::Error> {
        if self.gate.step() != step::FAILED {
            return None;
        }
        let errno = Errno::from_raw(self.gate.errno.load(Ordering::Relaxed));
        let stage = Stage::from_raw(self.gate.stage.load(Ordering::Relaxed));
        Some(match stage {
            Stage::Exec => {
                anyhow!(NotExecuted {
                    name: self.name.clone(),
                    errno,
                    is_dir: self.is_dir
                })
            }
            Stage::Filter => filter_refused(errno),
            Stage::NoNewPrivs => anyhow!("no_new_privs: {}", errno.desc()),
            Stage::FileTable => anyhow!("launch: close_range: {}", errno.desc()),
            Stage::User => anyhow!(
                "--user: {}: asys needs the privilege to change users",
                errno.desc()
            ),
            Stage::Limits => anyhow!("launch: setrlimit: {}", errno.desc()),
        })
    }

    fn wait_beyond(&self, seen: u32) -> Result<()> {
        while self.gate.step() == seen {
            // The timeout is for a child killed before it could say anything.
            self.gate.wait_while(seen, Some(Duration::from_millis(50)));
            if self.gate.step() == seen && self.is_dead() {
                bail!("{}: the child was killed before it started", self.name);
            }
        }
        Ok(())
    }

    fn is_dead(&self) -> bool {
        use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
        // Looked at, not reaped: the event loop wants its status.
        let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
        !matches!(waitid(Id::Pid(self.pid), flags), Ok(WaitStatus::StillAlive))
    }
}

fn filter_refused(errno: Errno) -> anyhow::Error {
    match errno {
        Errno::EBUSY => anyhow!(
            "seccomp: another supervisor already listens here (asys inside asys, or a container agent): run the command without asys"
        ),
        Errno::EINVAL => anyhow!(
            "seccomp: this kernel has no user notification (Linux 5.0 with CONFIG_SECCOMP_FILTER): see asys doctor"
        ),
        Errno::EACCES => anyhow!("seccomp: refused without no_new_privs: use --no-new-privs=yes"),
        other => anyhow!(
            "seccomp: {}: the container's profile may forbid it: see asys doctor",
            other.desc()
        ),
    }
}

/// The command could not be executed. Its exit status is 127 when it was not
/// found and 126 otherwise, as the shell's.
#[derive(Debug)]
pub struct NotExecuted {
    pub name: String,
    pub errno: Errno,
    is_dir: bool,
}

impl NotExecuted {
    #[must_use]
    pub fn exit_status(&self) -> u8 {
        if matches!(self.errno, Errno::ENOENT | Errno::ENOTDIR) {
            127
        } else {
            126
        }
    }
}

impl std::fmt::Display for NotExecuted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.errno {
            Errno::ENOENT if !self.name.contains('/') => {
                write!(f, "{}: command not found", self.name)
            }
            Errno::EACCES if self.is_dir => write!(f, "{}: is a directory", self.name),
            errno => write!(f, "{}: cannot execute: {}", self.name, errno.desc()),
        }
    }
}

impl std::error::Error for NotExecuted {}
