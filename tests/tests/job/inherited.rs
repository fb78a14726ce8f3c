//! What the command finds as if its parent had started it directly.

use asys_tests::play::Tables;
use asys_tests::proc;
use asys_tests::session::{Session, twins};
use asys_tests::test;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{SigSet, Signal};
use nix::unistd::Pid;
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::Command;

pub const TABLES: Tables = (
    &[
        test!(closed_standard_descriptors),
        test!(further_descriptors),
        test!(masks_and_ignored_signals),
        test!(limits),
        test!(everything_else),
        test!(group_and_session),
    ],
    &[],
);

/// What is done in the new process before it executes the command, or asys.
type Preparation = fn() -> io::Result<()>;

/// What a shell script prints, started after `prepare`. It goes to the file `said`, whatever became of stdout.
fn told(session: &Session, prepare: Preparation, script: &str) -> (Option<i32>, String) {
    let mut command = session.command(&["sh", "-c", script]);
    prepared(&mut command, prepare);
    let status = session.finish(command).status.code();
    let said = session.text("said");
    assert_ne!(said, "", "{script}");
    (status, said)
}

fn prepared(command: &mut Command, prepare: Preparation) {
    // SAFETY: preparations make system calls only.
    unsafe { command.pre_exec(prepare) };
}

/// Names, modes and targets of the shell's descriptors, and how they are open; not those of the `ls` that looks.
const DESCRIPTORS: &str = "exec 2>said.err; (cd /proc/$$/fd && ls -l | cut -d' ' -f1,9-) >said; \
    cd /proc/$$/fdinfo && grep -E '^(pos|flags|lock)' * >>\"$OLDPWD/said\"; exit 5";

fn close(fds: &[i32]) -> io::Result<()> {
    for fd in fds {
        // SAFETY: the process is about to execute something else: nothing of it uses these any more.
        unsafe { libc::close(*fd) };
    }
    Ok(())
}

pub fn closed_standard_descriptors() {
    const ALL: &[Preparation] = &[
        || close(&[]),
        || close(&[0]),
        || close(&[1]),
        || close(&[2]),
        || close(&[0, 1]),
        || close(&[0, 2]),
        || close(&[1, 2]),
        || close(&[0, 1, 2]),
    ];
    for prepare in ALL {
        twins(|session| {
            told(
                session,
                *prepare,
                "(cd /proc/$$/fd && ls -l | cut -d' ' -f1,9-) >said; exit 5",
            )
        });
    }
}

/// Open files stay open, with their positions and flags; asys adds none.
pub fn further_descriptors() {
    fn open_some() -> io::Result<()> {
        // Out of the way: what is opened may itself get one of the numbers below.
        let aside = |file: File| -> io::Result<OwnedFd> {
            // SAFETY: F_DUPFD_CLOEXEC takes plain numbers and gives a descriptor nobody else knows.
            let fd = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_DUPFD_CLOEXEC, 300) };
            // SAFETY: as above.
            Ok(unsafe { OwnedFd::from_raw_fd(nix::errno::Errno::result(fd)?) })
        };
        let null = aside(File::open("/dev/null")?)?;
        let zero = aside(File::options().read(true).write(true).open("/dev/zero")?)?;
        for (file, fd) in [
            (&null, 3),
            (&zero, 5),
            (&null, 9),
            (&zero, 17),
            (&null, 200),
        ] {
            // SAFETY: the process is about to execute something else; without O_CLOEXEC they stay open.
            nix::errno::Errno::result(unsafe { libc::dup2(file.as_raw_fd(), fd) })?;
        }
        Ok(())
    }
    twins(|session| told(session, open_some, DESCRIPTORS));
}

const SIGNALS: &str = "grep -E '^(Sig(Blk|Ign|Cgt|Pnd)|ShdPnd)' /proc/self/status >said";

pub fn masks_and_ignored_signals() {
    fn block(signals: &[Signal]) -> io::Result<()> {
        let set: SigSet = signals.iter().copied().collect();
        Ok(set.thread_block()?)
    }
    fn ignore(signals: &[Signal]) -> io::Result<()> {
        for signal in signals {
            // SAFETY: no handler code runs.
            unsafe { libc::signal(*signal as i32, libc::SIG_IGN) };
        }
        Ok(())
    }
    const ALL: &[Preparation] = &[
        || block(&[]),
        || Ok(SigSet::all().thread_block()?),
        || block(&[Signal::SIGCHLD, Signal::SIGTERM, Signal::SIGUSR2]),
        || ignore(&[Signal::SIGPIPE]),
        || {
            ignore(&[
                Signal::SIGCHLD,
                Signal::SIGHUP,
                Signal::SIGINT,
                Signal::SIGQUIT,
            ])
        },
        || {
            ignore(&[
                Signal::SIGXFSZ,
                Signal::SIGXCPU,
                Signal::SIGTTIN,
                Signal::SIGTTOU,
                Signal::SIGTSTP,
            ])
        },
        || {
            ignore(&[
                Signal::SIGCONT,
                Signal::SIGUSR1,
                Signal::SIGWINCH,
                Signal::SIGURG,
                Signal::SIGALRM,
            ])
        },
        || block(&[Signal::SIGPIPE]).and_then(|()| ignore(&[Signal::SIGPIPE])),
    ];
    for prepare in ALL {
        twins(|session| told(session, *prepare, SIGNALS));
    }
}

pub fn limits() {
    fn soft(resource: Resource, soft: u64) -> io::Result<()> {
        let (_, hard) = getrlimit(resource)?;
        Ok(setrlimit(resource, soft.min(hard), hard)?)
    }
    const ALL: &[Preparation] = &[
        || Ok(()),
        || soft(Resource::RLIMIT_NOFILE, 64).and_then(|()| soft(Resource::RLIMIT_CORE, 0)),
        || Ok(setrlimit(Resource::RLIMIT_NOFILE, 77, 99)?),
        || soft(Resource::RLIMIT_FSIZE, 1 << 20).and_then(|()| soft(Resource::RLIMIT_CPU, 100)),
        || soft(Resource::RLIMIT_AS, 4 << 30).and_then(|()| soft(Resource::RLIMIT_DATA, 2 << 30)),
        || {
            soft(Resource::RLIMIT_STACK, 1 << 20)
                .and_then(|()| soft(Resource::RLIMIT_MEMLOCK, 4096))
        },
        || soft(Resource::RLIMIT_NPROC, 5000).and_then(|()| soft(Resource::RLIMIT_SIGPENDING, 500)),
    ];
    for prepare in ALL {
        twins(|session| told(session, *prepare, "cat /proc/self/limits >said"));
    }
}

/// The rest of /proc/self/status but for what asys(7) lists and what is about the run's own numbers and memory.
const STATE: &str = "exec >said; umask; pwd; nice; env | sort; \
    grep -vE '^(Pid|PPid|Tgid|Ngid|NS.*|Vm.*|Rss.*|HugetlbPages|Threads|SigQ|.*ctxt_switches|State|Seccomp.*|NoNewPrivs):?' \
    /proc/self/status; \
    cat /proc/self/personality /proc/self/oom_score_adj /proc/self/coredump_filter /proc/self/cgroup \
    /proc/self/timerslack_ns; ls -l /proc/self/ns | cut -d' ' -f9-";

pub fn everything_else() {
    fn set_all() -> io::Result<()> {
        // SAFETY: plain numbers.
        unsafe {
            libc::umask(0o137);
            libc::setpriority(libc::PRIO_PROCESS, 0, 5);
            libc::prctl(libc::PR_SET_TIMERSLACK, 123_456);
        }
        std::env::set_current_dir("/usr/../tmp/.")?;
        Ok(())
    }
    twins(|session| told(session, || Ok(()), STATE));
    twins(|session| {
        let mut command = session.command(&["sh", "-c", &STATE.replace("exec >said; ", "")]);
        prepared(&mut command, set_all);
        let ended = session.finish(command);
        assert_ne!(ended.out, "");
        (ended.status.code(), ended.out, ended.err)
    });
}

pub fn group_and_session() {
    let session = Session::asys();
    let running = session.start(session.command(&["sleep", "1000"]));
    let tree = session.tree(&running);
    let all = [tree.front, tree.keeper, tree.supervisor, tree.command];
    let [front, keeper, supervisor, command] = all.map(|pid| proc::stat(pid).expect("alive"));
    assert_eq!(command.group, front.group);
    assert_eq!(front.group, running.pid());
    assert_eq!(supervisor.group, tree.supervisor);
    assert_eq!(keeper.group, tree.keeper);
    let own = proc::stat(Pid::this()).expect("alive").session;
    let of_the_shell = [front, supervisor, command];
    assert_eq!(of_the_shell.map(|process| process.session), [own; 3]);
    assert_eq!(keeper.session, tree.keeper);
    running.send(Signal::SIGTERM);
    session.end(running);
}
