//! `asys run`: the main job.

use crate::calls::{Class, LATE, Row, TABLE, UNKNOWN};
use crate::cli::{Color, FAILED};
use crate::front::{self, Ends, Front};
use crate::identity::Own;
use crate::keeper;
use crate::message;
use crate::supervise::{self, Plan};
use crate::sys::shared::Senders;
use crate::sys::{notify, probe, process, stdio};
use crate::trace::{Destination, Header, Recorder};
use crate::wire::{self, Message, Wire};
use anyhow::{Context, Result, bail};
use asys_policy::{Policy, Source, Vocabulary};
use asys_sandbox::{Account, Command, Inherited, Launch, NotExecuted, Program, Trap, When};
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

/// Run a command with its system calls carried out by asys, as the policy says.
#[derive(Debug, clap::Args)]
pub(crate) struct Run {
    /// A policy file, or a built-in one: @default, @files, @all, @observe.
    /// Repeatable; the first rule that matches wins.
    #[arg(short, long = "policy", value_name = "FILE|@NAME")]
    policies: Vec<OsString>,
    /// Write every trapped call as JSON Lines; ".zst" compresses, "-" is stderr, readable.
    #[arg(short, long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// Let --trace replace an existing file.
    #[arg(long)]
    overwrite: bool,
    /// Print a table of all calls on stderr at the end.
    #[arg(short, long)]
    summary: bool,
    /// Start the command as this user, with its groups, HOME, USER and LOGNAME.
    #[arg(short, long, value_name = "USER[:GROUP]")]
    user: Option<String>,
    /// Most worker threads.
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    workers: Option<u32>,
    /// Wait for processes that outlive the command.
    #[arg(long)]
    wait_all: bool,
    /// Whether set-uid programs lose their privilege; default: no when asys is privileged.
    #[arg(long, value_name = "yes|no", value_parser = yes_or_no)]
    no_new_privs: Option<bool>,
    /// The command and its arguments.
    #[arg(
        value_name = "COMMAND",
        required = true,
        trailing_var_arg = true,
        allow_hyphen_values = false
    )]
    command: Vec<OsString>,
}

/// Workers at most, when neither option nor policy says.
const WORKERS: u32 = 64;

fn yes_or_no(text: &str) -> Result<bool, String> {
    match text {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err("say yes or no".into()),
    }
}

/// All that is decided before anything starts.
struct Prepared {
    policy: Arc<Policy>,
    program: Program,
    account: Option<Account>,
    command: Command,
    own: Own,
    no_new_privs: bool,
    /// Whether calls can be carried out exactly on this kernel.
    exact: bool,
    recorder: Recorder,
}

impl Run {
    /// Runs the command; returns the exit status, or dies as the command died.
    pub(crate) fn run(self, inherited: Inherited, color: Color) -> Result<u8> {
        // Before asys opens anything of its own.
        let inherited_files = stdio::open_descriptors();
        let started = Instant::now();
        let prepared = self.prepare()?;
        let (supervisor, to_front) = wire::pair()?;
        let (keeper, from_front) = wire::pair()?;
        front::prepare()?;
        inherited.raise_limits();
        #[cfg(feature = "chaos")]
        crate::chaos::arm();
        let senders = Arc::new(Senders::new().context("mmap")?);
        let front = nix::unistd::getpid();
        if let Some(child) = process::fork().context("fork")? {
            drop((to_front, from_front));
            let ends = Ends { supervisor, keeper };
            let end = Front::new(ends, child, &inherited_files, senders)?.run()?;
            front::end(&end)
        }
        drop((supervisor, keeper));
        let keeper = keeper::found(from_front);
        let summary = self.summary.then(|| color.on(&std::io::stderr()));
        let workers = self.workers.or(limit(&prepared.policy)).unwrap_or(WORKERS);
        let supervised = keeper.and_then(|keeper| {
            supervise::run(Plan {
                launch: Launch {
                    command: &prepared.command,
                    program: &prepared.program,
                    inherited: &inherited,
                    account: prepared.account.as_ref(),
                    no_new_privs: prepared.no_new_privs,
                    wait_killable: prepared.exact,
                },
                policy: prepared.policy,
                recorder: prepared.recorder,
                workers: workers as usize,
                wait_all: self.wait_all,
                summary,
                inherited_files,
                wire: &to_front,
                senders,
                front,
                keeper,
                own: prepared.own,
                observe_only: !prepared.exact,
                started,
            })
        });
        end_supervisor(&supervised, &to_front)
    }

    fn prepare(&self) -> Result<Prepared> {
        let policy = Arc::new(self.load_policy()?);
        let own = Own::capture().context("credentials")?;
        let account = self.user.as_deref().map(Account::look_up).transpose()?;
        let no_new_privs = self.no_new_privs.unwrap_or(!own.can_filter());
        if !no_new_privs && !own.can_filter() {
            bail!("--no-new-privs=no: needs CAP_SYS_ADMIN: run asys as root, or leave it out");
        }
        let program = Program::compile(&traps(&policy, &own), &traps_32_bit())?;
        let mut env: Vec<(OsString, OsString)> = std::env::vars_os().collect();
        if let Some(account) = &account {
            account.adorn(&mut env);
        }
        let command = Command::new(&self.command, &env);
        let destination = match &self.trace {
            Some(path) => Some(Destination::open(path, self.overwrite)?),
            None => None,
        };
        let header = Header::new(&self.command, policy.digest());
        let recorder = Recorder::new(destination, header, Arc::clone(&policy));
        let exact = notify::knows_filter_flag(notify::WAIT_KILLABLE_RECV);
        if !exact {
            message::warn(
                "this kernel (before Linux 5.19) lacks WAIT_KILLABLE_RECV: calls are observed, not carried out",
            );
        }
        Ok(Prepared {
            policy,
            program,
            account,
            command,
            own,
            no_new_privs,
            exact,
            recorder,
        })
    }

    fn load_policy(&self) -> Result<Policy> {
        let default = [OsString::from("@default")];
        let names = if self.policies.is_empty() {
            &default[..]
        } else {
            &self.policies
        };
        let sources = names.iter().map(source).collect::<Result<Vec<_>>>()?;
        Ok(Policy::load(&sources, &vocabulary())?)
    }
}

/// A 64-bit program can change by a 32-bit call what asys knows of it.
fn traps_32_bit() -> Vec<(String, When)> {
    crate::calls::i386()
        .map(|(row, name)| (name, row.when))
        .collect()
}

fn limit(policy: &Policy) -> Option<u32> {
    policy.limits().workers.map(std::num::NonZeroU32::get)
}

/// The end of the supervisor's process: what went wrong in it, the front says.
fn end_supervisor(supervised: &Result<()>, wire: &Wire) -> ! {
    let Err(error) = supervised else {
        std::process::exit(0)
    };
    crate::tree::kill_all();
    let reason = super::chain(error);
    let failed = Message::Failed(status_of(error), reason.clone());
    if wire.send(&failed, &[]).is_err() {
        message::complain(&reason);
    }
    std::process::exit(FAILED.into())
}

/// As env(1): 127 not found, 126 found but not executable, 125 anything else.
fn status_of(error: &anyhow::Error) -> u8 {
    error
        .downcast_ref::<NotExecuted>()
        .map_or(FAILED, NotExecuted::exit_status)
}

fn source(name: &OsString) -> Result<Source> {
    if let Some(name) = name.to_str().filter(|n| n.starts_with('@')) {
        return Ok(Source::builtin(name)?);
    }
    if name.is_empty() {
        bail!("--policy: an empty name: say a file or one of @default, @files, @all, @observe");
    }
    let shown = name.to_string_lossy().into_owned();
    let text = read_bounded(name).with_context(|| format!("policy {shown}"))?;
    Ok(Source::new(shown, text))
}

fn read_bounded(name: &OsString) -> Result<String> {
    use std::io::Read;
    let mut bytes = Vec::new();
    let file = std::fs::File::open(name)?;
    file.take(asys_policy::MAX_SOURCE_BYTES as u64 + 1)
        .read_to_end(&mut bytes)?;
    String::from_utf8(bytes).map_err(|_| anyhow::anyhow!("is not UTF-8 text"))
}

/// The words a policy may use for calls.
pub(crate) fn vocabulary() -> Vocabulary {
    Vocabulary::new(TABLE.iter().map(|row| (row.name, row.groups))).with_groups([
        "name",
        "attr",
        "data",
        "durability",
    ])
}

/// What must notify: what the policy wants, what may make facts void, what
/// could be aimed at asys, and with privilege what could open asys's memory.
fn traps(policy: &Policy, own: &Own) -> Vec<Trap> {
    let mut wanted = vec![false; TABLE.len()];
    for call in policy.trapped() {
        wanted[call.index()] = true;
    }
    let needed = |row: &Row| match row.class {
        Class::Watched | Class::Guard => true,
        Class::Quick | Class::Slow => row.opens() && own.can_wear(),
    };
    let exists = |nr: i64| !LATE.contains(&nr) || probe::has_call(nr);
    let rows = TABLE.iter().zip(wanted);
    let rows = rows.filter(|(row, _)| exists(row.nr));
    rows.filter(|(row, wanted)| *wanted || needed(row))
        .map(|(row, _)| Trap {
            nr: row.nr,
            when: row.when,
        })
        .chain(UNKNOWN.map(|nr| Trap {
            nr,
            when: When::Always,
        }))
        .collect()
}
