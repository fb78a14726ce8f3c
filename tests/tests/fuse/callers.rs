//! Who asks a daemon: the program's file-system ids, whoever carries a call out.

use crate::ground::{self, OPEN_TO_ALL};
use asys_tests::mirror::{Asked, Kind};
use asys_tests::needs::Need;
use asys_tests::play::{self, Tables};
use asys_tests::session::{Session, twins};
use asys_tests::users::{ALICE, BOB};
use asys_tests::{part, test};
use nix::unistd::{Gid, Uid, setfsgid, setfsuid, setgroups, setresgid, setresuid};
use std::fs;
use std::process;

const NEEDS: &[Need] = &[Need::Fuse];

pub const TABLES: Tables = (
    &[
        test!(file_system_ids_are_the_programs).needs(NEEDS),
        test!(data_is_asked_for_by_the_program).needs(NEEDS),
        test!(a_worker_asks_for_names).needs(NEEDS),
    ],
    &[part!(works_as)],
);

/// As `BECOME UID GID`: some of its ids, or all of them.
const WHO: [(&str, u32, u32); 6] = [
    ("itself", 0, 0),
    ("fsids", ALICE, BOB),
    ("fsids", 0, BOB),
    ("fsids", ALICE, 0),
    ("effective", ALICE, BOB),
    ("all", ALICE, BOB),
];

fn working_as(who: (&str, u32, u32)) -> Vec<String> {
    play::part("works_as", &[who.0, &who.1.to_string(), &who.2.to_string()])
}

/// Becomes somebody, does one of each, and tells its number.
pub fn works_as(args: &[String]) -> i32 {
    let [how, uid, gid] = args else { return 2 };
    let uid = Uid::from_raw(uid.parse().expect("a number"));
    let gid = Gid::from_raw(gid.parse().expect("a number"));
    let (no_uid, no_gid) = (Uid::from_raw(u32::MAX), Gid::from_raw(u32::MAX));
    match how.as_str() {
        "fsids" => drop((setfsgid(gid), setfsuid(uid))),
        "effective" => {
            setresgid(no_gid, gid, no_gid).expect("setresgid");
            setresuid(no_uid, uid, no_uid).expect("setresuid");
        }
        "all" => {
            setgroups(&[]).expect("setgroups");
            setresgid(gid, gid, gid).expect("setresgid");
            setresuid(uid, uid, uid).expect("setresuid");
        }
        _ => {}
    }
    println!("{}", process::id());
    one_of_each();
    0
}

fn one_of_each() {
    fs::create_dir("m/dir").expect("mkdir");
    fs::write("m/dir/file", "hello").expect("write");
    assert_eq!(fs::read("m/dir/file").expect("read"), b"hello");
    fs::rename("m/dir/file", "m/dir/name").expect("rename");
    assert_eq!(fs::read_dir("m/dir").expect("open").count(), 1);
    std::os::unix::fs::symlink("name", "m/dir/link").expect("symlink");
    fs::read_link("m/dir/link").expect("readlink");
    fs::remove_file("m/dir/link").expect("unlink");
    fs::remove_file("m/dir/name").expect("unlink");
    fs::remove_dir("m/dir").expect("rmdir");
}

/// What was asked for, and the program that asked.
fn asked(session: &Session, who: (&str, u32, u32)) -> (Vec<Asked>, u32) {
    let mirror = ground::mirror(session, OPEN_TO_ALL);
    let ended = session.run(&working_as(who));
    assert_eq!((ended.status.code(), ended.err), (Some(0), String::new()));
    let program = ended.out.trim().parse().expect("a number");
    (ground::asked(&mirror), program)
}

fn file_system_ids_are_the_programs() {
    ground::apart(|| {
        for who in WHO {
            twins(|session| {
                // FLUSH and RELEASE come when they come.
                let when = [Kind::Flush, Kind::Release, Kind::ReleaseDir];
                let (asked, _) = asked(session, who);
                let mut ids: Vec<_> = asked.iter().map(|asked| (asked.uid, asked.gid)).collect();
                ids.sort_unstable();
                ids.dedup();
                let done = asked
                    .iter()
                    .filter(|asked| !ground::is_look(asked.kind) && !when.contains(&asked.kind));
                let done: Vec<_> = done
                    .map(|asked| (asked.kind, asked.uid, asked.gid))
                    .collect();
                (done, ids)
            });
        }
    });
}

fn data_is_asked_for_by_the_program() {
    ground::apart(|| {
        let (asked, program) = asked(&Session::asys(), WHO[0]);
        let data = asked
            .iter()
            .filter(|asked| matches!(asked.kind, Kind::Read | Kind::Write));
        let by: Vec<_> = data.map(|asked| asked.pid).collect();
        assert!(!by.is_empty());
        assert!(by.iter().all(|pid| *pid == program), "{program}: {by:?}");
    });
}

/// Whose call it is for others is a difference that asys(7) owns up to. With other ids than asys's it is the program's.
fn a_worker_asks_for_names() {
    ground::apart(|| {
        for who in WHO {
            let (asked, program) = asked(&Session::asys(), who);
            let made = asked.iter().find(|asked| asked.kind == Kind::MkDir);
            let by = made.expect("a directory was made").pid;
            let own = who != WHO[0];
            assert_eq!(by == program, own, "{who:?}: {program}, {by}");
        }
    });
}
