//! Sudden deaths: of the front, of the keeper, of the supervisor, of the command at every step of a call.

use crate::endings::{daemon_of, make_fifo};
use asys_tests::deadline::until;
use asys_tests::mounts;
use asys_tests::needs::Need;
use asys_tests::play::{self, Tables};
use asys_tests::proc;
use asys_tests::session::{Running, Session, Tree};
use asys_tests::{part, test};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::waitpid;
use nix::unistd::Pid;
use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

pub const TABLES: Tables = (
    &[
        test!(supervisor),
        test!(front),
        test!(keeper),
        test!(supervisor_of_a_daemon),
        test!(keeper_of_a_daemon),
        test!(supervisor_at_a_frozen_file_system).needs(&[Need::Images]),
        test!(command_at_every_step),
        test!(children_at_every_step).needs(&[Need::Root]),
    ],
    &[part!(makes_calls), part!(kills_its_children)],
);

/// A shell that has started a daemon in a session of its own, and makes calls meanwhile.
fn family(session: &Session) -> (Running, Tree, Pid) {
    make_fifo(session);
    let daemon = play::part("daemonises", &[]).join(" ");
    let calls = play::part("makes_calls", &[]).join(" ");
    let script = format!("{daemon}; {calls} & {calls}");
    let running = session.start(session.command(&["sh", "-c", &script]));
    let tree = session.tree(&running);
    let daemon = daemon_of(session);
    running.says("under way");
    (running, tree, daemon)
}

pub fn supervisor() {
    death_of("supervisor", |tree| tree.supervisor);
}

pub fn keeper() {
    death_of("keeper", |tree| tree.keeper);
}

fn death_of(name: &str, victim: fn(&Tree) -> Pid) {
    let session = Session::asys();
    let (running, tree, daemon) = family(&session);
    kill(victim(&tree), Signal::SIGKILL).expect("kill");
    let ended = session.end(running);
    assert!(![tree.command, daemon].into_iter().any(proc::is_alive));
    assert_eq!(session.processes(), []);
    assert_eq!(ended.status.code(), Some(125));
    assert_eq!(ended.err.lines().count(), 1, "{}", ended.err);
    let line = format!("asys: {name} (pid {}): died", victim(&tree));
    assert!(ended.err.starts_with(&line), "{}", ended.err);
}

pub fn supervisor_of_a_daemon() {
    death_without_a_front(|daemon| proc::stat(daemon).expect("the daemon").ppid);
}

pub fn keeper_of_a_daemon() {
    death_without_a_front(|daemon| {
        let supervisor = proc::stat(daemon).expect("the daemon").ppid;
        proc::stat(supervisor).expect("the supervisor").ppid
    });
}

/// The command has ended, and asys with it; its daemons make calls, and wait.
fn death_without_a_front(victim: fn(Pid) -> Pid) {
    let session = Session::asys();
    make_fifo(&session);
    let daemon = play::part("daemonises", &[]).join(" ");
    let calls = play::part("makes_calls", &[]).join(" ");
    let ended = session.shell(&format!("{daemon}; {calls} > said 2> complaints & exit 0"));
    assert_eq!((ended.status.code(), ended.err), (Some(0), String::new()));
    let daemon = daemon_of(&session);
    until("the calls", || session.text("said").contains("under way"));
    kill(victim(daemon), Signal::SIGKILL).expect("kill");
    session.gone();
    // None was answered by nobody.
    assert_eq!(session.text("complaints"), "");
}

pub fn front() {
    let session = Session::asys();
    let (running, ..) = family(&session);
    running.send(Signal::SIGKILL);
    let ended = session.end(running);
    session.gone();
    assert_eq!(ended.status.signal(), Some(libc::SIGKILL));
}

/// A worker that a file system holds cannot die; the command can.
pub fn supervisor_at_a_frozen_file_system() {
    mounts::own_namespace().expect("a namespace");
    let session = Session::asys();
    let frozen = session.path("frozen");
    std::fs::create_dir(&frozen).expect("mkdir");
    std::env::set_current_dir(session.dir()).expect("chdir");
    mounts::ext4("frozen", 2048, || {}, &[]);
    let mut command = session.command(&play::part("makes_calls", &[]));
    command.current_dir(&frozen);
    let running = session.start(command);
    let tree = session.tree(&running);
    running.says("under way");
    let ice = mounts::freeze(&frozen);
    let is_held = |thread| proc::stat(thread).is_some_and(|stat| stat.state == 'D');
    until("a worker that is held", || {
        proc::threads(tree.supervisor).into_iter().any(is_held)
    });
    kill(tree.supervisor, Signal::SIGKILL).expect("kill");
    until("the command's death", || !proc::is_alive(tree.command));
    drop(ice);
    let ended = session.end(running);
    assert_eq!(ended.status.code(), Some(125), "{}", ended.err);
    session.gone();
    std::env::set_current_dir("/").expect("chdir");
    nix::mount::umount(&frozen).expect("umount");
}

/// Never ends by itself.
pub fn makes_calls(_: &[String]) -> i32 {
    let name = format!("calls-{}", std::process::id());
    let other = format!("{name}-renamed");
    for round in 0_u64.. {
        std::fs::write(&name, "some bytes").expect("write");
        std::fs::File::open(&name)
            .and_then(|file| file.sync_all())
            .expect("fsync");
        std::fs::rename(&name, &other).expect("rename");
        std::fs::read_dir(".").expect("readdir").for_each(drop);
        std::fs::read(&other).expect("read");
        std::fs::remove_file(&other).expect("unlink");
        if round == 3 {
            println!("under way");
        }
    }
    0
}

/// A moment that is another one each time, so that every step of a call is hit.
fn a_moment(round: u32) {
    std::thread::park_timeout(Duration::from_micros(u64::from(round) * 37));
}

const ROUNDS: u32 = 40;

pub fn command_at_every_step() {
    let mounts = || std::fs::read_to_string("/proc/self/mountinfo").expect("mountinfo");
    let before = mounts();
    let session = Session::asys();
    for round in 0..ROUNDS {
        let running = session.start(session.command(&play::part("makes_calls", &[])));
        let tree = session.tree(&running);
        running.says("under way");
        a_moment(round);
        kill(tree.command, Signal::SIGKILL).expect("kill");
        let ended = session.end(running);
        assert_eq!(ended.status.signal(), Some(libc::SIGKILL), "{}", ended.err);
        assert_eq!(ended.err, "");
        session.gone();
        let own = format!("calls-{}", tree.command);
        let foreign = session
            .names()
            .into_iter()
            .find(|name| !name.starts_with("calls-"));
        assert_eq!(foreign, None);
        assert!(
            session
                .names()
                .iter()
                .filter(|name| name.starts_with(&own))
                .count()
                <= 1
        );
    }
    assert_eq!(mounts(), before);
}

/// Kills children that make calls, in two halves, and waits after each for a word at the FIFO.
pub fn kills_its_children(_: &[String]) -> i32 {
    for half in ["half", "whole"] {
        (0..ROUNDS).for_each(kill_a_child);
        println!("{half}");
        std::fs::read("go").expect("read");
    }
    0
}

fn kill_a_child(round: u32) {
    // SAFETY: the process has one thread, so the child may go on as an ordinary process.
    let child = unsafe { libc::fork() };
    if child == 0 {
        makes_calls(&[]);
    }
    let child = Pid::from_raw(child);
    let begun = |name: &str| std::path::Path::new(&format!("calls-{child}{name}")).exists();
    until("the child's calls", || begun("") || begun("-renamed"));
    a_moment(round);
    kill(child, Signal::SIGKILL).expect("kill");
    waitpid(child, None).expect("wait");
}

/// What a killed target leaves in the hands of the supervisor does not add up.
pub fn children_at_every_step() {
    let session = Session::asys();
    make_fifo(&session);
    let running = session.start(session.command(&play::part("kills_its_children", &[])));
    let supervisor = session.tree(&running).supervisor;
    let open = || {
        let fds = std::fs::read_dir(format!("/proc/{supervisor}/fd")).expect("the supervisor");
        fds.count()
    };
    running.says("half");
    let half = open();
    std::fs::write(session.path("go"), "go on").expect("the FIFO");
    running.says("whole");
    until("descriptors of dead processes closed", || open() <= half);
    std::fs::write(session.path("go"), "go on").expect("the FIFO");
    let ended = session.end(running);
    assert_eq!((ended.status.code(), ended.err), (Some(0), String::new()));
}
