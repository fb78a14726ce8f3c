//! A directory in which programs are run, natively or under asys, and from which nothing escapes.
//!
//! All processes of a session carry its mark, in their environment or (asys, which cannot be looked into) as the name
//! they were started by. Whatever a test does, none of them outlives it.

use crate::deadline::{comes_true, first, until};
use crate::{asys, proc};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::cell::Cell;
use std::ffi::{OsStr, OsString};
use std::fmt::Debug;
use std::fs::{self, File, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

/// In the environment of every program of a session.
const MARK: &str = "ASYS_SESSION";

#[derive(Debug)]
pub struct Session {
    base: tempfile::TempDir,
    /// What stands before every command: nothing, or asys and its options.
    prefix: Vec<OsString>,
    runs: Cell<u32>,
}

/// A program that has been started.
#[derive(Debug)]
pub struct Running {
    child: Child,
    out: PathBuf,
    err: PathBuf,
}

/// A program that has ended.
#[derive(Debug)]
pub struct Ended {
    pub status: ExitStatus,
    pub out: String,
    pub err: String,
}

/// The processes of one `asys run`.
#[derive(Debug, Clone, Copy)]
pub struct Tree {
    pub front: Pid,
    pub keeper: Pid,
    pub supervisor: Pid,
    pub command: Pid,
}

/// What `play` shows natively and under asys, which must be the same. Both run in the same directory, one after the
/// other.
pub fn twins<T: Debug + PartialEq>(play: impl Fn(&Session) -> T) {
    let session = Session::native();
    let native = play(&session);
    let session = session.again();
    let asys = play(&session);
    assert_eq!(
        native, asys,
        "natively on the left, under asys on the right"
    );
}

/// As the twins of the other families are run.
const EVERYTHING: &[&str] = &["-q", "-p", "@all"];

impl Session {
    pub fn native() -> Self {
        let base = tempfile::Builder::new().prefix("asys-session-").tempdir();
        let base = base.expect("a directory");
        // Programs of other users must be able to come here.
        fs::set_permissions(base.path(), Permissions::from_mode(0o755)).expect("chmod");
        let session = Self {
            base,
            prefix: Vec::new(),
            runs: Cell::new(0),
        };
        fs::create_dir(session.dir()).expect("a directory");
        let binary = asys::binary().expect("the binary under test");
        // Under a name that has the mark in it.
        std::os::unix::fs::symlink(binary, session.asys_path()).expect("symlink");
        session
    }

    pub fn asys() -> Self {
        Self::asys_with(EVERYTHING)
    }

    /// Programs will be run by `asys run OPTION… --`.
    pub fn asys_with(options: &[&str]) -> Self {
        let mut session = Self::native();
        session.put_before(options);
        session
    }

    fn put_before(&mut self, options: &[&str]) {
        let words = ["run"].iter().chain(options).chain(&["--"]);
        let asys = self.asys_path().into_os_string();
        self.prefix = [asys]
            .into_iter()
            .chain(words.map(OsString::from))
            .collect();
    }

    /// The same directory, empty, and asys before each program.
    fn again(mut self) -> Self {
        self.gone();
        crate::tree::remove(&self.dir());
        fs::create_dir(self.dir()).expect("a directory");
        self.put_before(EVERYTHING);
        self.runs.set(0);
        self
    }

    pub fn is_asys(&self) -> bool {
        !self.prefix.is_empty()
    }

    /// Where programs start.
    pub fn dir(&self) -> PathBuf {
        self.base.path().join("dir")
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir().join(name)
    }

    /// What a file in the directory says; empty when it is not there.
    pub fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    /// What is in the directory.
    pub fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.dir()).expect("the directory").flatten();
        let mut names: Vec<_> = entries
            .map(|e| e.file_name().display().to_string())
            .collect();
        names.sort();
        names
    }

    /// A command, with asys before it if that is how this session runs things, as words for a shell.
    pub fn words(&self, argv: &[&str]) -> String {
        let prefix = self.prefix.iter().map(|word| word.display().to_string());
        let words = prefix.chain(argv.iter().map(|word| word.to_string()));
        let quoted = words.map(|word| format!("'{}'", word.replace('\'', r"'\''")));
        quoted.collect::<Vec<_>>().join(" ")
    }

    /// In a process group of its own, that of a job; its output will go to files.
    pub fn command<S: AsRef<OsStr>>(&self, argv: &[S]) -> Command {
        let words = argv.iter().map(|word| word.as_ref().to_os_string());
        let all: Vec<OsString> = self.prefix.iter().cloned().chain(words).collect();
        let mut command = Command::new(&all[0]);
        command.args(&all[1..]);
        self.adopt(&mut command);
        command.process_group(0);
        command
    }

    /// A command of this session that never has asys before it, such as the shell that starts asys; not the leader of
    /// a process group.
    pub fn plain_command<S: AsRef<OsStr>>(&self, argv: &[S]) -> Command {
        let mut command = Command::new(&argv[0]);
        command.args(&argv[1..]);
        self.adopt(&mut command);
        command
    }

    /// `asys` itself, with these arguments.
    pub fn asys_command<S: AsRef<OsStr>>(&self, args: &[S]) -> Command {
        let mut command = Command::new(self.asys_path());
        command.args(args);
        self.adopt(&mut command);
        command.process_group(0);
        command
    }

    /// The binary under test.
    pub fn asys_path(&self) -> PathBuf {
        self.base.path().join("asys")
    }

    /// Makes `command` one of this session's.
    fn adopt(&self, command: &mut Command) {
        command
            .current_dir(self.dir())
            .env(MARK, self.base.path())
            .stdin(Stdio::null());
        // SAFETY: one call that takes numbers only.
        unsafe { command.pre_exec(die_with_the_test) };
    }

    pub fn start(&self, mut command: Command) -> Running {
        let run = self.runs.get();
        self.runs.set(run + 1);
        let file = |kind: &str| self.base.path().join(format!("{run}.{kind}"));
        let (out, err) = (file("out"), file("err"));
        command.stdout(File::create(&out).expect("a file for the output"));
        command.stderr(File::create(&err).expect("a file for the messages"));
        let child = command.spawn().expect("start");
        Running { child, out, err }
    }

    pub fn run<S: AsRef<OsStr>>(&self, argv: &[S]) -> Ended {
        self.finish(self.command(argv))
    }

    pub fn shell(&self, script: &str) -> Ended {
        self.run(&["sh", "-c", script])
    }

    pub fn finish(&self, command: Command) -> Ended {
        self.end(self.start(command))
    }

    /// Waits until it has ended; one that never does fails the test.
    pub fn end(&self, mut running: Running) -> Ended {
        let mut status = None;
        let ended = comes_true(|| {
            status = running.child.try_wait().expect("wait");
            status.is_some()
        });
        assert!(ended, "hung: {}", self.report(&running));
        Ended {
            status: status.expect("it has ended"),
            out: read(&running.out),
            err: read(&running.err),
        }
    }

    fn report(&self, running: &Running) -> String {
        let left = self.processes().into_iter().map(proc::describe);
        let left: Vec<_> = left.collect();
        format!(
            "{}\nstdout: {}\nstderr: {}",
            left.join("\n"),
            read(&running.out),
            read(&running.err)
        )
    }

    /// Front, keeper, supervisor and command, once the command has come to life.
    pub fn tree(&self, running: &Running) -> Tree {
        let front = running.pid();
        let only_child = |of: Pid| {
            proc::children(of)
                .into_iter()
                .find(|pid| proc::is_alive(*pid))
        };
        let keeper = first("the keeper", || only_child(front));
        let supervisor = first("the supervisor", || only_child(keeper));
        let command = first("the command", || only_child(supervisor));
        until("the command's own name", || !self.is_asys_itself(command));
        Tree {
            front,
            keeper,
            supervisor,
            command,
        }
    }

    /// The program itself, with or without asys before it.
    pub fn target(&self, running: &Running) -> Pid {
        match self.is_asys() {
            true => self.tree(running).command,
            false => running.pid(),
        }
    }

    fn is_asys_itself(&self, pid: Pid) -> bool {
        let name = self.asys_path();
        proc::command_line(pid).starts_with(name.as_os_str().as_bytes())
    }

    /// All processes of this session that have not ended.
    pub fn processes(&self) -> Vec<Pid> {
        let mark = self.base.path().as_os_str().as_bytes();
        let has = |text: Vec<u8>| text.windows(mark.len()).any(|part| part == mark);
        let ours = |pid: &Pid| has(proc::command_line(*pid)) || has(proc::environment(*pid));
        let all = proc::all().into_iter();
        all.filter(|pid| *pid != Pid::this() && ours(pid) && proc::is_alive(*pid))
            .collect()
    }

    /// Waits until no process of this session is left.
    pub fn gone(&self) {
        let gone = comes_true(|| self.processes().is_empty());
        let left = self.processes().into_iter().map(proc::describe);
        assert!(gone, "left behind: {:#?}", left.collect::<Vec<_>>());
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let failed = std::thread::panicking();
        let left_behind = !failed && !comes_true(|| self.processes().is_empty());
        for pid in self.processes() {
            let _ = kill(pid, Signal::SIGKILL);
        }
        comes_true(|| self.processes().is_empty());
        crate::tree::remove(&self.dir());
        assert!(!left_behind, "processes were left behind, and killed");
    }
}

impl Running {
    /// Of the process that was started: the program, or asys.
    pub fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().cast_signed())
    }

    /// What it has printed so far.
    pub fn out(&self) -> String {
        read(&self.out)
    }

    pub fn send(&self, signal: Signal) {
        kill(self.pid(), signal).expect("kill");
    }

    /// For real-time signals, too.
    pub fn send_number(&self, signal: i32) {
        // SAFETY: plain numbers.
        let sent = unsafe { libc::kill(self.pid().as_raw(), signal) };
        assert_eq!(sent, 0, "signal {signal}");
    }

    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("wait").is_some()
    }

    /// Waits until it has printed this.
    pub fn says(&self, text: &str) {
        until(&format!("{text:?} on stdout"), || self.out().contains(text));
    }
}

/// Ends the calling process when the thread that started it ends: a test that is interrupted leaves nothing behind.
fn die_with_the_test() -> std::io::Result<()> {
    nix::sys::prctl::set_pdeathsig(Signal::SIGKILL)?;
    Ok(())
}

/// Bytes that are no text are shown, not dropped.
fn read(path: &Path) -> String {
    String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned()
}
