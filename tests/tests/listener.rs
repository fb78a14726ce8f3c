//! What the kernel's own tests of seccomp's user notification check, where the supervisor has to be stopped or killed for
//! it. Each test has the name of the kernel's; the others are twin cases (`tests/src/cases/notification.rs`).
//!
//! A supervisor that is stopped receives nothing: calls queue up, surely and for as long as a test wants it.

use asys_tests::deadline::until;
use asys_tests::play::{self, Tables};
use asys_tests::session::{Running, Session, Tree, twins};
use asys_tests::{part, proc, signals, test};
use nix::errno::Errno;
use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitCode;

const TABLES: Tables = (
    &[
        test!(user_notification_closed_listener),
        test!(user_notification_filter_empty),
        test!(user_notification_filter_empty_threaded),
        test!(user_notification_fifo),
        test!(user_notification_kill_in_middle),
        test!(user_notification_wait_killable_pre_notification),
        test!(user_notification_wait_killable_pre_notification_unrestarted),
    ],
    &[
        part!(takes_turns),
        part!(renames_at_a_word),
        part!(leaves_a_renamer),
        part!(outlives_its_leader),
    ],
);

fn main() -> ExitCode {
    play::main(&[TABLES])
}

/// Renames alone are carried out, one after the other, and all wait for their turn.
const ONE_BY_ONE: &str = "version = 1\n[defaults]\non_full = \"wait\"\n[limits]\nworkers = 1\ninflight = 64\n\
    [[rule]]\ncalls = [\"rename\"]\naction = \"offload\"\n";

fn one_by_one() -> (tempfile::TempDir, Session) {
    let dir = tempfile::tempdir().expect("a directory");
    let policy = dir.path().join("policy.toml");
    fs::write(&policy, ONE_BY_ONE).expect("write");
    let session = Session::asys_with(&["-q", "-p", policy.to_str().expect("a plain path")]);
    (dir, session)
}

/// Waits for SIGUSR1.
fn word() {
    let waited = SigSet::from(Signal::SIGUSR1).wait();
    assert_eq!(waited, Ok(Signal::SIGUSR1));
}

/// From here on SIGUSR1 is a word.
fn listen() {
    SigSet::from(Signal::SIGUSR1)
        .thread_block()
        .expect("sigprocmask");
}

fn say(to: Pid) {
    kill(to, Signal::SIGUSR1).expect("kill");
}

fn rename(from: &str, to: &str) -> Result<(), Errno> {
    let [from, to] = [from, to].map(|name| std::ffi::CString::new(name).expect("a name"));
    // SAFETY: terminated names.
    let done = unsafe { libc::syscall(libc::SYS_rename, from.as_ptr(), to.as_ptr()) };
    Errno::result(done).map(drop)
}

/// Receives nothing until it is continued.
fn stop(supervisor: Pid) {
    kill(supervisor, Signal::SIGSTOP).expect("kill");
    until("all threads of the supervisor stopped", || {
        proc::threads(supervisor).into_iter().all(proc::is_stopped)
    });
}

fn go_on(supervisor: Pid) {
    kill(supervisor, Signal::SIGCONT).expect("kill");
}

fn is_in(call: libc::c_long, pid: Pid) -> bool {
    let text = fs::read_to_string(format!("/proc/{pid}/syscall")).unwrap_or_default();
    text.starts_with(&format!("{call} "))
}

fn until_it_renames(pid: Pid) {
    until("a call that waits", || is_in(libc::SYS_rename, pid));
}

fn is_pending(signal: Signal, pid: Pid) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("status");
    let sets = status.lines().filter_map(|line| {
        let line = line
            .strip_prefix("SigPnd:")
            .or(line.strip_prefix("ShdPnd:"))?;
        u64::from_str_radix(line.trim(), 16).ok()
    });
    let bit = 1 << (signal as i32 - 1);
    sets.fold(0, |all, set| all | set) & bit != 0
}

const CALLERS: usize = 12;

/// Has children that wait for a word each, and then take the token from the one before them; prints how each ended.
fn takes_turns(_: &[String]) -> i32 {
    listen();
    fs::write("token0", "").expect("token");
    let children: Vec<i32> = (0..CALLERS).map(take_the_token).collect();
    println!("ready");
    for child in children {
        let ended = waitpid(Pid::from_raw(child), None).expect("wait");
        let WaitStatus::Exited(_, status) = ended else {
            panic!("{ended:?}");
        };
        println!("{status}");
    }
    0
}

fn take_the_token(number: usize) -> i32 {
    // SAFETY: the process has one thread, so the child may go on as an ordinary process.
    let child = unsafe { libc::fork() };
    if child == 0 {
        word();
        let taken = rename(&format!("token{number}"), &format!("token{}", number + 1));
        // SAFETY: ends the child at once.
        unsafe { libc::_exit(taken.map_or_else(|errno| errno as i32, |()| 0)) };
    }
    child
}

/// All of them in their calls, in the order of their numbers, and nobody has received one.
fn all_queue(session: &Session) -> (Running, Tree) {
    let running = session.start(session.command(&play::part("takes_turns", &[])));
    running.says("ready");
    let tree = session.tree(&running);
    let callers = proc::children(tree.command);
    assert_eq!(callers.len(), CALLERS);
    stop(tree.supervisor);
    for caller in callers {
        say(caller);
        until_it_renames(caller);
    }
    (running, tree)
}

/// Who came first is served first: nobody finds the token somewhere else than where the one before has put it.
fn user_notification_fifo() {
    let (_dir, session) = one_by_one();
    let (running, tree) = all_queue(&session);
    go_on(tree.supervisor);
    let ended = session.end(running);
    assert_eq!(ended.out, format!("ready\n{}", "0\n".repeat(CALLERS)));
    assert_eq!(session.names(), [format!("token{CALLERS}")]);
}

/// Nobody receives any more: who waits dies, and is not told ENOSYS.
fn user_notification_closed_listener() {
    let (_dir, session) = one_by_one();
    let (running, tree) = all_queue(&session);
    kill(tree.supervisor, Signal::SIGKILL).expect("kill");
    let ended = session.end(running);
    session.gone();
    assert_eq!(
        (ended.status.code(), ended.out),
        (Some(125), "ready\n".into())
    );
    assert_eq!(session.names(), ["token0"]);
}

/// Those who are killed before anybody has received their calls have not made them; the others have.
fn user_notification_kill_in_middle() {
    let (_dir, session) = one_by_one();
    let (running, tree) = all_queue(&session);
    let callers = proc::children(tree.command);
    let last = *callers.last().expect("callers");
    kill(last, Signal::SIGTERM).expect("kill");
    until("its end", || !proc::is_alive(last));
    go_on(tree.supervisor);
    until("the others' ends", || {
        !callers.iter().any(|caller| proc::is_alive(*caller))
    });
    session.end(running);
    assert_eq!(session.names(), [format!("token{}", CALLERS - 1)]);
}

/// Prints what came of the only call it makes, at a word, and how many signals it has handled.
fn renames_at_a_word(args: &[String]) -> i32 {
    listen();
    fs::write("old", "").expect("old");
    match args[0].as_str() {
        "restarting" => signals::catch_and_restart(Signal::SIGUSR2),
        "interrupted" => signals::catch(Signal::SIGUSR2),
        _ => signals::ignore(Signal::SIGUSR2),
    }
    println!("ready");
    word();
    let renamed = rename("old", "new");
    println!("{renamed:?}, caught {}", signals::caught());
    0
}

/// What becomes of a call if `send` happens to its caller before anybody has received it.
fn before_it_is_received(session: &Session, how: &str, send: impl Fn(Pid)) -> Seen {
    let running = session.start(session.command(&play::part("renames_at_a_word", &[how])));
    running.says("ready");
    let command = session.target(&running);
    if session.is_asys() {
        let supervisor = session.tree(&running).supervisor;
        stop(supervisor);
        say(command);
        until_it_renames(command);
        send(command);
        go_on(supervisor);
    } else {
        send(command);
        say(command);
    }
    let ended = session.end(running);
    (ended.out, ended.status.signal(), session.names())
}

type Seen = (String, Option<i32>, Vec<String>);

type Way = (&'static str, fn(Pid));

fn handled(command: Pid) {
    kill(command, Signal::SIGUSR2).expect("kill");
    until("the signal's handler", || {
        !is_pending(Signal::SIGUSR2, command)
    });
}

fn restarted(command: Pid) {
    handled(command);
    handled(command);
}

fn stopped(command: Pid) {
    kill(command, Signal::SIGSTOP).expect("kill");
    until("the stop", || proc::is_stopped(command));
    kill(command, Signal::SIGCONT).expect("kill");
    until("its going on", || !proc::is_stopped(command));
}

fn killed(command: Pid) {
    kill(command, Signal::SIGTERM).expect("kill");
    until("its end", || !proc::is_alive(command));
}

/// The handler runs at once, and the call is made once, afterwards; a stop and its end leave no trace; a death is one.
fn user_notification_wait_killable_pre_notification() {
    let ways: [Way; 3] = [
        ("restarting", restarted),
        ("ignoring", handled),
        ("stopped", stopped),
    ];
    for (how, send) in ways {
        twins(|session| {
            let seen = before_it_is_received(session, how, send);
            fs::remove_file(session.path("new")).expect("done");
            seen
        });
    }
    let session = Session::asys_with(&["-q", "-p", "@default"]);
    let (out, signal, names) = before_it_is_received(&session, "killed", killed);
    assert_eq!((out.as_str(), signal), ("ready\n", Some(libc::SIGTERM)));
    assert_eq!(names, ["old"]);
}

/// A handler without SA_RESTART ends a call that nobody has received, and it has not been made: asys(7), DIFFERENCES.
fn user_notification_wait_killable_pre_notification_unrestarted() {
    let session = Session::asys_with(&["-q", "-p", "@default"]);
    let (out, _, names) = before_it_is_received(&session, "interrupted", handled);
    assert_eq!(out, "ready\nErr(EINTR), caught 1\n");
    assert_eq!(names, ["old"]);
}

/// Ends, but for a descendant that renames at a word.
fn leaves_a_renamer(_: &[String]) -> i32 {
    listen();
    // SAFETY: the process has one thread, so the child may go on as an ordinary process.
    if unsafe { libc::fork() } != 0 {
        return 3;
    }
    nix::unistd::setsid().expect("a session");
    fs::write("pid", std::process::id().to_string()).expect("pid");
    fs::rename("pid", "old").expect("rename");
    word();
    i32::from(rename("old", "new").is_err())
}

/// asys is there for as long as anybody is whose calls it has to carry out, and no longer.
fn user_notification_filter_empty() {
    let session = Session::asys();
    let ended = session.run(&play::part("leaves_a_renamer", &[]));
    assert_eq!((ended.status.code(), ended.err), (Some(3), String::new()));
    until("the renamer", || session.names() == ["old"]);
    let renamer = Pid::from_raw(session.text("old").parse().expect("a pid"));
    let three = session.processes().len();
    assert_eq!(
        three, 3,
        "the renamer, its supervisor and that one's keeper"
    );
    say(renamer);
    session.gone();
    assert_eq!(session.names(), ["new"]);
}

/// Its first thread ends with 3, long before the last one, which ends with 5.
fn outlives_its_leader(_: &[String]) -> i32 {
    let leader = Pid::this();
    std::thread::spawn(move || {
        until("the leader's end", || !proc::is_alive(leader));
        for round in 0..10 {
            fs::write("old", round.to_string()).expect("write");
            println!("{:?}", rename("old", "new"));
        }
        // SAFETY: ends this thread alone.
        unsafe { libc::syscall(libc::SYS_exit, 5) };
    });
    // SAFETY: ends this thread alone; nothing of it is used by the other.
    unsafe { libc::syscall(libc::SYS_exit, 3) };
    0
}

/// The last thread, not the first one, is the end.
fn user_notification_filter_empty_threaded() {
    twins(|session| {
        let ended = session.run(&play::part("outlives_its_leader", &[]));
        session.gone();
        (ended.status.code(), ended.out, ended.err, session.names())
    });
}
