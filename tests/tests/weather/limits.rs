//! Tight limits: everything as natively, or one clear line.

use crate::Tables;
use asys_tests::needs::Need;
use asys_tests::session::{Ended, Session};
use asys_tests::test;
use asys_tests::users::is_root;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::Command;

pub const TABLES: Tables = (
    &[
        test!(few_descriptors),
        test!(small_files).needs(&[Need::Tool("head")]),
        test!(few_processes).unless(why_as_many_as_one_likes),
        test!(little_memory),
        test!(little_stack),
        test!(little_time),
    ],
    &[],
);

/// Status, output and what is left of the work: whatever a caller could see.
type Seen = (Option<i32>, Option<i32>, String, String, Vec<String>);

fn seen(session: &Session, ended: Ended) -> Seen {
    session.gone();
    let status = (ended.status.code(), ended.status.signal());
    (status.0, status.1, ended.out, ended.err, session.names())
}

/// Nothing started, and the operator told why in a line.
pub fn is_one_clear_line(seen: &Seen) -> bool {
    let (code, _, out, err, names) = seen;
    *code == Some(125)
        && out.is_empty()
        && names.is_empty()
        && err.starts_with("asys: ")
        && err.lines().count() == 1
}

/// Runs `script` natively and under asys, each prepared by `prepare`; true if asys ran it.
pub fn as_natively_or_one_line(what: &str, script: &str, prepare: impl Fn(&mut Command)) -> bool {
    let run = |session: Session| {
        let mut command = session.command(&["sh", "-c", script]);
        prepare(&mut command);
        let ended = session.finish(command);
        seen(&session, ended)
    };
    let native = run(Session::native());
    let asys = run(Session::asys());
    if is_one_clear_line(&asys) {
        eprintln!("{what}: {}", asys.3.trim_end());
        return false;
    }
    assert_eq!(
        native, asys,
        "{what}: natively on the left, under asys on the right"
    );
    true
}

/// Names, data and durability, by programs of the system.
pub const WORK: &str = "echo text >a && cat a && mkdir d && mv a d/b && ls -R . && ln -s d/b l && cat l \
    && test -x d && cp l copy && rm l && cat copy nowhere; echo $?; umask; pwd >p; exit 4";

fn limited(what: &str, script: &str, resource: Resource, soft: u64, hard: u64) -> bool {
    as_natively_or_one_line(what, script, |command| {
        // SAFETY: two calls that take numbers only.
        unsafe {
            command.pre_exec(move || {
                let (_, most) = getrlimit(resource)?;
                Ok(setrlimit(resource, soft.min(most), hard.min(most))?)
            });
        }
    })
}

fn few_descriptors() {
    let hard = libc::RLIM_INFINITY;
    let ran = limited(
        "16 descriptors, softly",
        WORK,
        Resource::RLIMIT_NOFILE,
        16,
        hard,
    );
    assert!(ran, "asys may raise its own limit");
    for limit in [64, 32, 16, 10, 6] {
        let what = format!("{limit} descriptors");
        limited(&what, WORK, Resource::RLIMIT_NOFILE, limit, limit);
    }
}

/// A block of the shell's `ulimit -f` is 512 bytes or 1024; the limit is the command's own, and so is its signal.
fn small_files() {
    const SCRIPT: &str = "echo small >a; head -c 5000 /dev/zero >b; echo $?; trap '' XFSZ; \
        head -c 5000 /dev/zero >c; echo $?; wc -c a b c; exit 4";
    let ran = limited("small files", SCRIPT, Resource::RLIMIT_FSIZE, 1024, 1024);
    assert!(ran, "the limit is not asys's");
}

fn why_as_many_as_one_likes() -> Option<String> {
    is_root().then(|| "an ordinary user: root's processes are not limited".into())
}

/// The command itself needs no further process.
fn few_processes() {
    const SCRIPT: &str = "echo text >a; read -r line <a; echo $line; exit 4";
    for limit in [1, 2, 5, 500] {
        let what = format!("{limit} processes");
        limited(&what, SCRIPT, Resource::RLIMIT_NPROC, limit, limit);
    }
}

fn little_memory() {
    let hard = libc::RLIM_INFINITY;
    let ran = limited("64 MiB, softly", WORK, Resource::RLIMIT_AS, 64 << 20, hard);
    assert!(ran, "asys may raise its own limit");
    for megabytes in [64, 100, 200, 400, 1000] {
        let what = format!("{megabytes} MiB");
        limited(
            &what,
            WORK,
            Resource::RLIMIT_AS,
            megabytes << 20,
            megabytes << 20,
        );
    }
}

fn little_stack() {
    for kilobytes in [256, 1024] {
        let what = format!("{kilobytes} KiB of stack");
        limited(
            &what,
            WORK,
            Resource::RLIMIT_STACK,
            kilobytes << 10,
            kilobytes << 10,
        );
    }
}

/// The command's time is not asys's, nor asys's the command's.
fn little_time() {
    const SCRIPT: &str = "echo text >a; while :; do :; done";
    limited("a second", SCRIPT, Resource::RLIMIT_CPU, 1, 2);
}
