//! A worker that panics at each step of a call: EIO once or the result, never a hang.

use crate::Tables;
use asys_tests::play;
use asys_tests::session::{Ended, Session};
use asys_tests::{part, test};
use nix::errno::Errno;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::os::fd::AsRawFd;

pub const TABLES: Tables = (
    &[
        test!(received).unless(why_no_panics),
        test!(decoded).unless(why_no_panics),
        test!(dressed).unless(why_no_panics),
        test!(performed).unless(why_no_panics),
        test!(injected).unless(why_no_panics),
        test!(among_all_calls).unless(why_no_panics),
        test!(at_every_call).unless(why_no_panics),
        test!(with_one_worker).unless(why_no_panics),
    ],
    &[part!(syncs), part!(makes_every_kind_of_call)],
);

const CALLS: usize = 200;

/// Prints the result of each of many fsyncs.
pub fn syncs(_: &[String]) -> i32 {
    let file = File::create("file").expect("create");
    for _ in 0..CALLS {
        // SAFETY: the descriptor is open across the call.
        let result = unsafe { libc::fsync(file.as_raw_fd()) };
        println!("{:?}", Errno::result(result));
    }
    0
}

/// Runs a part whose every `every`th call a worker panics at `step` of.
fn struck(session: &Session, step: &str, every: usize, part: &str) -> Ended {
    let mut command = session.command(&play::part(part, &[]));
    command.env("ASYS_CHAOS", step);
    command.env("ASYS_CHAOS_EVERY", every.to_string());
    // The loader would look for each library in each of cargo's directories.
    command.env_remove("LD_LIBRARY_PATH");
    session.finish(command)
}

/// The policy under which fsync is all that is carried out: the program's own start is not struck.
fn durability_only() -> (tempfile::TempDir, Session) {
    let dir = tempfile::tempdir().expect("a directory");
    let policy = dir.path().join("policy.toml");
    let text = "version = 1\n[[rule]]\ncalls = [\"fsync\"]\naction = \"offload\"\n";
    fs::write(&policy, text).expect("write");
    let session = Session::asys_with(&["-q", "-p", policy.to_str().expect("a plain path")]);
    (dir, session)
}

/// A binary without the hook ignores it.
fn why_no_panics() -> Option<String> {
    let (_dir, session) = durability_only();
    let ended = struck(&session, "received", 2, "syncs");
    let works = ended.out.contains("EIO");
    (!works).then(|| "asys built with the feature chaos".into())
}

fn strike(step: &str) {
    let (_dir, session) = durability_only();
    let ended = struck(&session, step, 2, "syncs");
    assert_eq!(ended.status.code(), Some(0), "{}", ended.err);
    let results: Vec<_> = ended.out.lines().collect();
    assert_eq!(results.len(), CALLS);
    let failed = results
        .iter()
        .filter(|result| **result == "Err(EIO)")
        .count();
    let done = results.iter().filter(|result| **result == "Ok(0)").count();
    assert_eq!(failed + done, CALLS, "{}", ended.out);
    // Each panic is one EIO, and no more; the first call struck may have been another than fsync.
    assert!(
        failed.abs_diff(CALLS / 2) <= 1,
        "{failed} of {CALLS} failed"
    );
}

fn received() {
    strike("received");
}

fn decoded() {
    strike("decoded");
}

fn dressed() {
    strike("dressed");
}

fn performed() {
    strike("performed");
}

fn injected() {
    strike("injected");
}

const STEPS: [&str; 5] = ["received", "decoded", "dressed", "performed", "injected"];

/// Prints each kind of result once.
pub fn makes_every_kind_of_call(_: &[String]) -> i32 {
    let mut seen = BTreeSet::new();
    for round in 0..CALLS {
        let name = format!("file-{round}");
        let other = format!("{name}-renamed");
        let calls: [(&str, &dyn Fn() -> std::io::Result<()>); 8] = [
            ("write", &|| fs::write(&name, &name)),
            ("stat", &|| fs::metadata(&name).map(drop)),
            ("read", &|| fs::read(&name).map(drop)),
            ("mkdir", &|| fs::create_dir("dir")),
            ("readdir", &|| {
                fs::read_dir(".").map(|entries| entries.for_each(drop))
            }),
            ("rmdir", &|| fs::remove_dir("dir")),
            ("rename", &|| fs::rename(&name, &other)),
            ("unlink", &|| fs::remove_file(&other)),
        ];
        for (call, make) in calls {
            let result = make().map_err(|error| error.raw_os_error().map(Errno::from_raw));
            seen.insert(format!("{call} {result:?}"));
        }
        // What a failed call has left undone, or done.
        let _ = fs::remove_dir("dir");
        let _ = fs::remove_file(&name);
        let _ = fs::remove_file(&other);
    }
    seen.iter().for_each(|line| tell(line));
    0
}

/// What follows from an EIO: the file was not made, or was and the name is taken.
const CONSEQUENCES: [&str; 3] = ["ENOENT", "EEXIST", "EIO"];

/// The program's own start has fewer calls than that.
const RARELY: usize = 61;

/// Telling is a call, too, and may be the one that is struck.
fn tell(line: &str) {
    let line = format!("{line}\n");
    while nix::unistd::write(std::io::stdout(), line.as_bytes()) == Err(nix::errno::Errno::EIO) {}
}

fn among_all_calls() {
    for step in STEPS {
        let session = Session::asys();
        let ended = struck(&session, step, RARELY, "makes_every_kind_of_call");
        assert_eq!(ended.status.code(), Some(0), "{step}: {}", ended.err);
        assert!(ended.out.contains("EIO"), "{step}: {}", ended.out);
        let strange = ended.out.lines().find(|line| {
            !line.ends_with(" Ok(())") && !CONSEQUENCES.iter().any(|name| line.contains(name))
        });
        assert_eq!(strange, None, "{step}");
    }
}

/// No program starts this way; but all ends.
fn at_every_call() {
    for step in STEPS {
        let session = Session::asys();
        let ended = struck(&session, step, 1, "syncs");
        assert_ne!(ended.status.code(), Some(0), "{step}");
        session.gone();
    }
}

/// The one worker there may be is replaced each time.
fn with_one_worker() {
    let session = Session::asys_with(&["-q", "-p", "@all", "--workers", "1"]);
    let ended = struck(&session, "performed", RARELY, "makes_every_kind_of_call");
    assert_eq!(ended.status.code(), Some(0), "{}", ended.err);
    assert!(ended.out.contains("EIO"), "{}", ended.out);
}
