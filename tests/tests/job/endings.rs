//! How the command ends, and what goes on after it.

use asys_tests::deadline::until;
use asys_tests::needs::Need;
use asys_tests::play::{self, Tables};
use asys_tests::proc;
use asys_tests::session::{Session, twins};
use asys_tests::{part, test};
use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit, setrlimit};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{Pid, mkfifo};
use std::os::unix::process::{CommandExt, ExitStatusExt};

pub const TABLES: Tables = (
    &[
        test!(every_exit_status),
        test!(every_fatal_signal),
        test!(core_files).unless(why_no_core_files),
        test!(parent_that_ignores_its_children),
        test!(two_in_a_pipeline),
        test!(reader_that_leaves),
        test!(daemon),
        test!(wait_for_all),
        test!(reused_number).needs(&[Need::Root]),
        test!(reused_number_of_asys).needs(&[Need::Root]),
        test!(output_that_a_daemon_holds),
    ],
    &[
        part!(daemonises),
        part!(leaves_its_number),
        part!(takes_the_number_of_asys),
    ],
);

pub fn every_exit_status() {
    let session = Session::asys();
    for status in 0..=255 {
        let ended = session.shell(&format!("exit {status}"));
        assert_eq!(ended.status.code(), Some(status), "{}", ended.err);
        assert_eq!(ended.err, "");
    }
}

/// Those that stop a process are the job's business.
fn ends_or_does_nothing(signal: &i32) -> bool {
    ![
        libc::SIGSTOP,
        libc::SIGTSTP,
        libc::SIGTTIN,
        libc::SIGTTOU,
        32,
        33,
    ]
    .contains(signal)
}

pub fn every_fatal_signal() {
    let signals = (1..=40).chain([64]).filter(ends_or_does_nothing);
    let signals: Vec<i32> = signals.collect();
    twins(|session| {
        let end = |signal: &i32| {
            let mut command = session.command(&["sh", "-c", &format!("kill -{signal} $$; exit 7")]);
            // SAFETY: one call that takes numbers only.
            unsafe { command.pre_exec(|| Ok(setrlimit(Resource::RLIMIT_CORE, 0, 0)?)) };
            let ended = session.finish(command);
            (
                *signal,
                ended.status.code(),
                ended.status.signal(),
                ended.err,
            )
        };
        let ends: Vec<_> = signals.iter().map(end).collect();
        (ends, session.names())
    });
}

/// A handler of core files would see ours; a hard limit of nought says there are none.
pub fn why_no_core_files() -> Option<String> {
    let pattern = std::fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap_or_default();
    let plain = !pattern.starts_with('|') && !pattern.contains('/');
    let allowed = getrlimit(Resource::RLIMIT_CORE).is_ok_and(|(_, hard)| hard == RLIM_INFINITY);
    (!plain || !allowed).then(|| "core files in the working directory".into())
}

/// The command leaves its core file, asys none: neither a second one nor its own in the command's place.
pub fn core_files() {
    twins(|session| {
        let mut command = session.command(&["sh", "-c", "kill -SEGV $$"]);
        // SAFETY: one call that takes numbers only.
        unsafe {
            command.pre_exec(|| {
                Ok(setrlimit(
                    Resource::RLIMIT_CORE,
                    RLIM_INFINITY,
                    RLIM_INFINITY,
                )?)
            })
        };
        let ended = session.finish(command);
        session.gone();
        // The name may have a pid in it, of another one each time.
        (ended.status.signal(), session.names().len())
    });
}

pub fn parent_that_ignores_its_children() {
    twins(|session| {
        // The shell hands SIGCHLD on as it got it: ignored.
        let script = format!("{}; echo $?", session.words(&["sh", "-c", "exit 6"]));
        let mut command = session.plain_command(&["sh", "-c", &script]);
        // SAFETY: no handler code runs.
        unsafe {
            command.pre_exec(|| {
                libc::signal(libc::SIGCHLD, libc::SIG_IGN);
                Ok(())
            });
        };
        let ended = session.finish(command);
        (ended.out, ended.err)
    });
}

pub fn two_in_a_pipeline() {
    twins(|session| {
        let [first, second] =
            [&["printf", "b\\na\\n"][..], &["sort"]].map(|argv| session.words(argv));
        let ended =
            session.finish(session.plain_command(&["sh", "-c", &format!("{first} | {second}")]));
        (ended.status.code(), ended.out, ended.err)
    });
}

/// SIGPIPE is the command's own, and asys holds no end of the pipe that would keep it from coming.
pub fn reader_that_leaves() {
    twins(|session| {
        let script = format!("({}; echo $? >status) | head -n 1", session.words(&["yes"]));
        let ended = session.finish(session.plain_command(&["sh", "-c", &script]));
        session.gone();
        (ended.out, ended.err, session.text("status"))
    });
}

/// The command ends; what it has left behind in a session of its own waits for a word at the FIFO `go`, then makes
/// some calls.
pub fn daemonises(_: &[String]) -> i32 {
    // SAFETY: the process has one thread, so the child may go on as an ordinary process.
    if unsafe { libc::fork() } != 0 {
        return 3;
    }
    nix::unistd::setsid().expect("setsid");
    // SAFETY: as above.
    if unsafe { libc::fork() } != 0 {
        return 0;
    }
    std::fs::write("pid", std::process::id().to_string()).expect("write");
    std::fs::rename("pid", "daemon").expect("rename");
    let word = std::fs::read_to_string("go").expect("read");
    std::fs::write("pid", word).expect("write");
    std::fs::rename("pid", "done").expect("rename");
    0
}

/// The daemon, when it has started.
pub fn daemon_of(session: &Session) -> Pid {
    until("the daemon", || session.names().contains(&"daemon".into()));
    Pid::from_raw(session.text("daemon").parse().expect("a pid"))
}

/// Ends with 3, and has a descendant that gets its process number and ends with 5.
pub fn leaves_its_number(_: &[String]) -> i32 {
    let number = Pid::this();
    // SAFETY: the process has one thread, so the child may go on as an ordinary process.
    if unsafe { libc::fork() } != 0 {
        return 3;
    }
    until("the command's end", || proc::stat(number).is_none());
    let parent = Pid::this();
    if clone_as(number) == 0 {
        until("a parent in asys", || nix::unistd::getppid() != parent);
        println!("again {}", Pid::this() == number);
        return 5;
    }
    0
}

/// As fork(2), but the child's number is chosen: clone3(2).
fn clone_as(number: Pid) -> i64 {
    let wanted = [number.as_raw()];
    // Of `struct clone_args`: the signal at the end, and where and how many the numbers are.
    let mut args = [0u64; 11];
    args[4] = libc::SIGCHLD as u64;
    args[8] = wanted.as_ptr() as u64;
    args[9] = 1;
    // SAFETY: the structure and the array live across the call; without CLONE_VM it is a fork.
    let child = unsafe { libc::syscall(libc::SYS_clone3, args.as_ptr(), size_of_val(&args)) };
    assert!(child >= 0, "clone3: {:?}", nix::errno::Errno::last());
    child
}

/// Once the command has ended, its number says nothing.
pub fn reused_number() {
    let session = Session::asys_with(&["-q", "-p", "@all", "--wait-all"]);
    let ended = session.run(&play::part("leaves_its_number", &[]));
    assert_eq!(ended.out, "again true\n", "{}", ended.err);
    assert_eq!((ended.status.code(), ended.err), (Some(3), String::new()));
}

/// Leaves a daemon behind that waits for the end of `asys run`, and has a child then that gets the number it had. The
/// child is the daemon's to signal.
pub fn takes_the_number_of_asys(_: &[String]) -> i32 {
    let parent = |of: Pid| proc::stat(of).expect("of asys").ppid;
    let front = parent(parent(nix::unistd::getppid()));
    // SAFETY: the process has one thread, so the child may go on as an ordinary process.
    if unsafe { libc::fork() } != 0 {
        return 3;
    }
    nix::unistd::setsid().expect("setsid");
    until("the end of asys run", || proc::stat(front).is_none());
    if clone_as(front) == 0 {
        loop {
            nix::unistd::pause();
        }
    }
    until("leave to signal the child", || kill(front, None).is_ok());
    kill(front, Signal::SIGKILL).expect("kill");
    let end = waitpid(front, None).expect("wait");
    std::fs::write(
        "pid",
        format!(
            "{:?}",
            end == WaitStatus::Signaled(front, Signal::SIGKILL, false)
        ),
    )
    .expect("write");
    std::fs::rename("pid", "done").expect("rename");
    0
}

/// Once `asys run` has ended, its number says nothing.
pub fn reused_number_of_asys() {
    let session = Session::asys();
    let ended = session.run(&play::part("takes_the_number_of_asys", &[]));
    assert_eq!((ended.status.code(), ended.err), (Some(3), String::new()));
    session.gone();
    assert_eq!(session.text("done"), "true");
}

pub fn make_fifo(session: &Session) {
    mkfifo(&session.path("go"), nix::sys::stat::Mode::S_IRWXU).expect("mkfifo");
}

pub fn daemon() {
    let session = Session::asys();
    make_fifo(&session);
    let ended = session.run(&play::part("daemonises", &[]));
    assert_eq!((ended.status.code(), ended.err), (Some(3), String::new()));
    let daemon = daemon_of(&session);
    assert_eq!(
        session.processes().len(),
        3,
        "the daemon, its supervisor and that one's keeper"
    );
    std::fs::write(session.path("go"), "go on").expect("the FIFO");
    until("the daemon's calls", || session.text("done") == "go on");
    session.gone();
    assert!(!proc::is_alive(daemon));
}

pub fn wait_for_all() {
    let session = Session::asys_with(&["-q", "--wait-all"]);
    make_fifo(&session);
    let mut running = session.start(session.command(&play::part("daemonises", &[])));
    let daemon = daemon_of(&session);
    assert!(!running.has_ended());
    std::fs::write(session.path("go"), "go on").expect("the FIFO");
    let ended = session.end(running);
    assert!(!proc::is_alive(daemon));
    assert_eq!(session.text("done"), "go on");
    assert_eq!((ended.status.code(), ended.err), (Some(3), String::new()));
}

/// Whoever reads the command's output to its end waits for the daemon if that holds it, and only for the daemon:
/// natively as under asys.
pub fn output_that_a_daemon_holds() {
    twins(|session| {
        make_fifo(session);
        let parts = play::part("daemonises", &[]);
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let script = format!(
            "exec 2>&1; ({} >&- 2>&-; echo $?) | cat",
            session.words(&parts)
        );
        // Nobody holds the pipe: `cat` ends, and so does the shell, while the daemon lives.
        let ended = session.finish(session.plain_command(&["sh", "-c", &script]));
        let daemon = daemon_of(session);
        assert!(proc::is_alive(daemon));
        std::fs::write(session.path("go"), "go on").expect("the FIFO");
        session.gone();
        (ended.out, ended.status.code())
    });
}
