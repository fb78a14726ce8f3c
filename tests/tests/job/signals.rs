//! Signals sent to asys's pid, to the job, and to the command behind asys's back.

use asys_tests::deadline::until;
use asys_tests::needs::Need;
use asys_tests::play::{self, Tables};
use asys_tests::proc;
use asys_tests::session::{Session, twins};
use asys_tests::{part, test};
use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use std::os::unix::process::ExitStatusExt;

pub const TABLES: Tables = (
    &[
        test!(every_signal_arrives_once),
        test!(every_signal_arrives_once_while_calls_flow),
        test!(queued_signal),
        test!(signal_to_the_group_from_within),
        test!(termination),
        test!(timeout).needs(&[Need::Tool("timeout")]),
        test!(timeout_in_the_foreground).needs(&[Need::Tool("timeout")]),
        test!(stop_of_the_command),
        test!(stop_sent_to_the_job),
        test!(stop_that_cannot_be_caught),
        test!(command_that_is_traced),
        test!(signal_before_the_command_runs),
    ],
    &[
        part!(counts),
        part!(counts_its_own),
        part!(describes_a_signal),
        part!(asks_to_be_traced),
    ],
);

/// Ends a count: the last of all signals to be delivered of those that wait.
const FENCE: i32 = 64;

/// All that a process may catch; 32 and 33 are the C library's.
fn catchable() -> impl Iterator<Item = i32> {
    let possible = |signal: &i32| ![libc::SIGKILL, libc::SIGSTOP, 32, 33].contains(signal);
    (1..FENCE).filter(possible)
}

/// Each signal is followed by the fence, so that what arrives twice, or late, or not at all shows in the list.
pub fn every_signal_arrives_once() {
    twins(|session| numbers_seen(session, &play::part("counts", &[])));
}

pub fn every_signal_arrives_once_while_calls_flow() {
    twins(|session| numbers_seen(session, &play::part("counts", &["busy"])));
}

/// How often the signals arrived that did not arrive once.
fn numbers_seen(session: &Session, counter: &[String]) -> Vec<(i32, usize)> {
    let running = session.start(session.command(counter));
    running.says("ready");
    for (fences, signal) in catchable().enumerate() {
        running.send_number(signal);
        running.send_number(FENCE);
        until(&format!("the fence after signal {signal}"), || {
            running.out().matches("got 64\n").count() > fences
        });
    }
    running.send(Signal::SIGTERM);
    running.send_number(FENCE);
    let ended = session.end(running);
    let parts: Vec<&str> = ended.out.split("got 64\n").collect();
    assert_eq!(parts.len(), catchable().count() + 2, "{}", ended.out);
    let arrived = |(signal, part): (i32, &&str)| {
        let times = part.matches(&format!("got {signal}\n")).count();
        let others = part.matches("got").count() - times;
        assert_eq!(others, 0, "with signal {signal} came others: {part}");
        (signal, times)
    };
    let all = catchable().zip(&parts).map(arrived);
    all.filter(|(_, times)| *times != 1).collect()
}

fn next(among: &libc::sigset_t) -> i32 {
    // SAFETY: a live set; nothing else is asked for.
    unsafe { libc::sigwaitinfo(among, std::ptr::null_mut()) }
}

fn every_signal() -> libc::sigset_t {
    let all = SigSet::all();
    all.thread_block().expect("sigprocmask");
    *all.as_ref()
}

/// Prints the number of each signal it gets, until a second SIGTERM and its fence have come. `busy`: while another
/// thread makes calls that asys carries out.
pub fn counts(args: &[String]) -> i32 {
    let all = every_signal();
    if !args.is_empty() {
        std::thread::spawn(|| {
            loop {
                std::fs::write("busy", "busy").expect("write");
                std::fs::rename("busy", "still busy").expect("rename");
            }
        });
    }
    println!("ready");
    let mut terminations = 0;
    loop {
        let signal = next(&all);
        println!("got {signal}");
        terminations += u32::from(signal == libc::SIGTERM);
        if terminations == 2 && signal == FENCE {
            return 0;
        }
    }
}

/// Sender and value arrive with it.
pub fn queued_signal() {
    twins(|session| {
        let running = session.start(session.command(&play::part("describes_a_signal", &[])));
        running.says("ready");
        let value = libc::sigval {
            sival_ptr: 42 as *mut libc::c_void,
        };
        // SAFETY: plain numbers: nobody looks where the value points.
        let sent = unsafe { libc::sigqueue(running.pid().as_raw(), libc::SIGUSR1, value) };
        assert_eq!(sent, 0, "sigqueue");
        session.end(running).out
    });
}

pub fn describes_a_signal(_: &[String]) -> i32 {
    let all = every_signal();
    println!("ready");
    // SAFETY: a structure of integers and addresses, for which zero is a value.
    let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
    // SAFETY: a live set, and a place for what is said of the signal.
    let signal = unsafe { libc::sigwaitinfo(&all, &raw mut info) };
    // SAFETY: of a queued signal the kernel says all of these.
    let (pid, uid, value) = unsafe { (info.si_pid(), info.si_uid(), info.si_value().sival_ptr) };
    let (code, value) = (info.si_code, value.addr());
    println!("signal {signal} code {code} pid {pid} uid {uid} value {value}");
    0
}

const OWN: usize = 200;

/// `kill 0` in a script: the command has the signal already when the front gets it.
pub fn signal_to_the_group_from_within() {
    twins(|session| {
        let running = session.start(session.command(&play::part("counts_its_own", &[])));
        running.says("sent");
        running.send_number(FENCE);
        session.end(running).out
    });
}

/// Has children send a signal to their group and be gone at once.
pub fn counts_its_own(_: &[String]) -> i32 {
    let all = every_signal();
    let mut count = 0;
    for _ in 0..OWN {
        // SAFETY: the child makes raw calls only and leaves through `_exit`.
        let child = unsafe { libc::fork() };
        if child == 0 {
            // SAFETY: plain numbers.
            unsafe {
                libc::kill(0, libc::SIGUSR1);
                libc::_exit(0);
            }
        }
        waitpid(Pid::from_raw(child), None).expect("wait");
        while next(&all) != libc::SIGUSR1 {}
        count += 1;
    }
    println!("sent");
    loop {
        match next(&all) {
            libc::SIGUSR1 => count += 1,
            FENCE => break,
            _ => {}
        }
    }
    println!("{count} of {OWN}");
    0
}

pub fn termination() {
    twins(|session| {
        [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP].map(|signal| {
            let running = session.start(session.command(&["sleep", "1000"]));
            session.target(&running);
            running.send(signal);
            session.end(running).status.signal()
        })
    });
}

pub fn timeout() {
    under_timeout(&["timeout", "1"]);
}

pub fn timeout_in_the_foreground() {
    under_timeout(&["timeout", "--foreground", "1"]);
}

fn under_timeout(timeout: &[&str]) {
    twins(|session| {
        let script = format!(
            "{} {}",
            timeout.join(" "),
            session.words(&["sleep", "1000"])
        );
        let ended = session.finish(session.plain_command(&["sh", "-c", &script]));
        session.gone();
        (ended.status.code(), ended.out, ended.err)
    });
}

/// The state that the parent of the job is told about next.
fn change(job: Pid) -> WaitStatus {
    waitpid(job, Some(WaitPidFlag::WUNTRACED | WaitPidFlag::WCONTINUED)).expect("wait")
}

/// As the shell would: by its pid only.
fn forget_pid(status: WaitStatus) -> String {
    match status {
        WaitStatus::Stopped(_, signal) => format!("stopped by {signal}"),
        WaitStatus::Continued(_) => "continued".into(),
        other => format!("{other:?}"),
    }
}

/// The parent of asys sees a stop of the command as its own child's, and continues both by continuing asys.
pub fn stop_of_the_command() {
    twins(|session| {
        [
            Signal::SIGSTOP,
            Signal::SIGTSTP,
            Signal::SIGTTIN,
            Signal::SIGTTOU,
        ]
        .map(|signal| {
            let running = session.start(session.command(&["sleep", "1000"]));
            let target = session.target(&running);
            kill(target, signal).expect("kill");
            let stopped = change(running.pid());
            running.send(Signal::SIGCONT);
            until("the command goes on", || proc::waits(target));
            let continued = change(running.pid());
            kill(target, Signal::SIGTERM).expect("kill");
            let status = session.end(running).status.signal();
            (forget_pid(stopped), forget_pid(continued), status)
        })
    });
}

pub fn stop_sent_to_the_job() {
    twins(|session| {
        let running = session.start(session.command(&["sleep", "1000"]));
        let target = session.target(&running);
        running.send(Signal::SIGTSTP);
        let stopped = change(running.pid());
        assert!(proc::is_stopped(target));
        running.send(Signal::SIGCONT);
        until("the command goes on", || proc::waits(target));
        running.send(Signal::SIGTERM);
        (forget_pid(stopped), session.end(running).status.signal())
    });
}

/// SIGSTOP cannot be passed on. The command goes on, and its end is reported when asys does.
pub fn stop_that_cannot_be_caught() {
    let session = Session::asys();
    let running = session.start(session.command(&["sleep", "1000"]));
    let tree = session.tree(&running);
    running.send(Signal::SIGSTOP);
    change(running.pid());
    assert!(!proc::is_stopped(tree.command));
    kill(tree.command, Signal::SIGTERM).expect("kill");
    until("the command has ended", || !proc::is_alive(tree.command));
    running.send(Signal::SIGCONT);
    let ended = session.end(running);
    assert_eq!(ended.status.signal(), Some(libc::SIGTERM));
}

/// Its parent is asys, which lets it go on.
pub fn command_that_is_traced() {
    let session = Session::asys();
    let ended = session.run(&play::part("asks_to_be_traced", &[]));
    assert_eq!(ended.out, "went on\n", "{}", ended.err);
    assert_eq!((ended.status.code(), ended.err), (Some(0), String::new()));
}

pub fn asks_to_be_traced(_: &[String]) -> i32 {
    // SAFETY: plain numbers.
    let traced = unsafe { libc::ptrace(libc::PTRACE_TRACEME, 0, 0, 0) };
    assert_eq!(traced, 0, "ptrace");
    // It stops there, though nobody cares for the signal.
    nix::sys::signal::raise(Signal::SIGURG).expect("raise");
    println!("went on");
    0
}

/// At whatever moment of the start it comes: asys ends by it, and nothing stays.
pub fn signal_before_the_command_runs() {
    let session = Session::asys();
    for _ in 0..30 {
        let running = session.start(session.command(&["sleep", "1000"]));
        running.send(Signal::SIGTERM);
        let ended = session.end(running);
        assert_eq!(ended.status.signal(), Some(libc::SIGTERM), "{}", ended.err);
        assert_eq!(ended.err, "");
        session.gone();
    }
}
