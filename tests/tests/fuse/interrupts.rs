//! A daemon that takes its time, and a program that is signalled meanwhile.

use crate::ground;
use asys_tests::deadline::until;
use asys_tests::mirror::Opcode;
use asys_tests::needs::Need;
use asys_tests::play::{self, Tables};
use asys_tests::session::twins;
use asys_tests::{part, proc, signals, test};
use nix::sys::signal::Signal;
use nix::sys::stat::Mode;
use std::os::unix::process::ExitStatusExt;

const NEEDS: &[Need] = &[Need::Fuse];

pub const TABLES: Tables = (
    &[
        test!(handled).needs(NEEDS),
        test!(blocked_and_ignored).needs(NEEDS),
        test!(deadly).needs(NEEDS),
    ],
    &[part!(makes_a_directory), part!(is_not_disturbed)],
);

/// The daemon hears of the signal, and gives up; the handler has run by then.
fn makes_a_directory(args: &[String]) -> i32 {
    match args[0].as_str() {
        "restart" => signals::catch_and_restart(Signal::SIGALRM),
        _ => signals::catch(Signal::SIGALRM),
    }
    signals::timer(20_000);
    let made = nix::unistd::mkdir("m/dir", Mode::S_IRWXU);
    signals::timer(0);
    println!("{made:?}, caught: {}", signals::caught() > 0);
    0
}

fn handled() {
    ground::apart(|| {
        for flags in ["plain", "restart"] {
            twins(|session| {
                let (_mirror, gate) = ground::guarded(session);
                gate.close_to(Opcode::MkDir);
                let ended = session.run(&play::part("makes_a_directory", &[flags]));
                assert_eq!(ended.out, "Err(EINTR), caught: true\n", "{}", ended.err);
                assert_eq!(gate.kept(), 0);
                (ended.status.code(), ended.err, session.names())
            });
        }
    });
}

/// Signals that nobody handles disturb nobody.
fn is_not_disturbed(_: &[String]) -> i32 {
    signals::ignore(Signal::SIGUSR1);
    signals::catch(Signal::SIGALRM);
    signals::block(Signal::SIGALRM);
    signals::timer(1_000);
    let made = nix::unistd::mkdir("m/dir", Mode::S_IRWXU);
    println!("{made:?}, caught: {}", signals::caught());
    0
}

fn blocked_and_ignored() {
    ground::apart(|| {
        twins(|session| {
            let (_mirror, gate) = ground::guarded(session);
            gate.close_to(Opcode::MkDir);
            let part = play::part("is_not_disturbed", &[]);
            let running = session.start(session.command(&part));
            until("the request", || gate.kept() > 0);
            let target = session.target(&running);
            for signal in [Signal::SIGUSR1, Signal::SIGALRM] {
                nix::sys::signal::kill(target, signal).expect("kill");
            }
            until("the alarm", || proc::pends(target, Signal::SIGALRM));
            gate.open();
            let ended = session.end(running);
            assert_eq!(ended.out, "Ok(()), caught: 0\n", "{}", ended.err);
            (ended.status.code(), ended.err, session.names())
        });
    });
}

/// Natively the program is gone when the daemon has answered; under asys at once. The daemon hears of it either way.
fn deadly() {
    ground::apart(|| {
        twins(|session| {
            let (_mirror, gate) = ground::guarded(session);
            gate.close_to(Opcode::Unlink);
            let script = "echo >m/file; rm m/file; echo $?; exec sleep 60";
            let running = session.start(session.command(&["sh", "-c", script]));
            until("the request", || gate.kept() > 0);
            let rm = proc::children(session.target(&running));
            for victim in &rm {
                nix::sys::signal::kill(*victim, Signal::SIGTERM).expect("kill");
            }
            until("the daemon to hear", || gate.kept() == 0);
            running.says("143");
            running.send(Signal::SIGTERM);
            let ended = session.end(running);
            (ended.status.signal(), ended.out, rm.len())
        });
    });
}
