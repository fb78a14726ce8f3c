//! A mirror in the directory of a session, at `m`, of what lies at `behind`.

use asys_tests::deadline::until;
use asys_tests::mirror::{Asked, Gate, Kind, Mirror, Options};
use asys_tests::mounts;
use asys_tests::session::Session;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::panic::resume_unwind;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// Each look is a request; anybody may make something.
pub const OPEN_TO_ALL: Options = Options {
    owner: (0, 0),
    allow_other: true,
    default_permissions: true,
    trust: Duration::ZERO,
};

/// In a thread and a mount namespace of its own, which end with it.
pub fn apart(test: impl FnOnce() + Send) {
    thread::scope(|scope| {
        let apart = scope.spawn(|| {
            mounts::own_namespace().expect("a namespace");
            test();
        });
        apart.join().unwrap_or_else(|panic| resume_unwind(panic));
    });
}

/// This process must not look into the mirror: the programs of the session may.
pub fn mirror(session: &Session, options: Options) -> Mirror {
    let (behind, at) = places(session);
    Mirror::mount(&behind, &at, options).expect("a mirror")
}

/// As [`mirror`], [`OPEN_TO_ALL`], with a gate before it.
pub fn guarded(session: &Session) -> (Mirror, Arc<Gate>) {
    let (behind, at) = places(session);
    Mirror::mount_guarded(&behind, &at, OPEN_TO_ALL).expect("a mirror")
}

fn places(session: &Session) -> (PathBuf, PathBuf) {
    let (behind, at) = (session.path("behind"), session.path("m"));
    for dir in [&behind, &at] {
        fs::create_dir_all(dir).expect("a directory");
    }
    fs::set_permissions(&behind, Permissions::from_mode(0o777)).expect("chmod");
    (behind, at)
}

/// All that was asked, once what was opened has been released, which nobody waits for.
pub fn asked(mirror: &Mirror) -> Vec<Asked> {
    until("every file to be released", || {
        let counts = mirror.journal().counts();
        let of = |kind| counts.get(&kind).copied().unwrap_or_default();
        of(Kind::Open) + of(Kind::Create) == of(Kind::Release)
            && of(Kind::OpenDir) == of(Kind::ReleaseDir)
    });
    mirror.journal().take()
}

/// Asked by whoever looks where something is: asys looks more often.
pub fn is_look(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Lookup | Kind::GetAttr | Kind::ReadLink | Kind::GetXattr | Kind::Access
    )
}
