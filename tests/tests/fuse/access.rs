//! Whom the kernel lets into a mount: its owner, by all of his ids, unless others are allowed.

use crate::ground::{self, OPEN_TO_ALL};
use asys_tests::mirror::Options;
use asys_tests::needs::Need;
use asys_tests::play::{self, Tables};
use asys_tests::session::{Session, twins};
use asys_tests::users::NOBODY;
use asys_tests::{part, test};
use nix::errno::Errno;
use nix::unistd::{AccessFlags, Gid, Uid, setgroups, setresgid, setresuid};
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::chown;

const NEEDS: &[Need] = &[Need::Fuse];

pub const TABLES: Tables = (
    &[
        test!(by_some_of_the_ids).needs(NEEDS),
        test!(as_another_user_from_the_start).needs(NEEDS),
        test!(of_the_root).needs(NEEDS),
        test!(without_default_permissions).needs(NEEDS),
    ],
    &[part!(tries), part!(tries_the_root)],
);

const ROOTS: Options = Options {
    allow_other: false,
    ..OPEN_TO_ALL
};

const NOBODYS: Options = Options {
    owner: (NOBODY, NOBODY),
    ..ROOTS
};

const MOUNTS: [Options; 3] = [ROOTS, NOBODYS, OPEN_TO_ALL];

const UNCHECKED: Options = Options {
    default_permissions: false,
    ..OPEN_TO_ALL
};

/// Real, effective and saved ids, of user and group alike.
const IDS: [[u32; 3]; 6] = [
    [0, 0, 0],
    [NOBODY, NOBODY, NOBODY],
    [0, NOBODY, 0],
    [NOBODY, NOBODY, 0],
    [0, NOBODY, NOBODY],
    [NOBODY, 0, 0],
];

/// Takes on the ids named, if any.
fn become_these(ids: &[String]) {
    let ids: Vec<u32> = ids.iter().map(|id| id.parse().expect("an id")).collect();
    let [real, effective, saved] = ids[..] else {
        return;
    };
    let [r, e, s] = [real, effective, saved].map(Gid::from_raw);
    setgroups(&[]).expect("setgroups");
    setresgid(r, e, s).expect("setresgid");
    let [r, e, s] = [real, effective, saved].map(Uid::from_raw);
    setresuid(r, e, s).expect("setresuid");
}

/// As somebody, tells what becomes of everything it tries in the mount.
pub fn tries(ids: &[String]) -> i32 {
    become_these(ids);
    for at in ["m", "m/dir"] {
        everything_in(at);
    }
    0
}

/// And of the mount's root itself.
pub fn tries_the_root(ids: &[String]) -> i32 {
    become_these(ids);
    told("stat", "it", fs::metadata("m"));
    told("lstat", "it", fs::symlink_metadata("m"));
    told("access", "it", accessible("m"));
    told("open", "it", File::open("m"));
    told("list", "it", fs::read_dir("m").map(Iterator::count));
    told("mkdir", "it", fs::create_dir("m"));
    told("create", "it", File::create_new("m"));
    told("rmdir", "it", fs::remove_dir("m"));
    told("unlink", "it", fs::remove_file("m"));
    told("rename", "it", fs::rename("m", "other"));
    told("readlink", "it", fs::read_link("m"));
    0
}

fn accessible(path: &str) -> io::Result<()> {
    Ok(nix::unistd::access(path, AccessFlags::R_OK)?)
}

fn told<T>(what: &str, at: &str, done: io::Result<T>) {
    let errno = |error: &io::Error| Errno::from_raw(error.raw_os_error().unwrap_or_default());
    println!(
        "{what} in {at}: {:?}",
        done.as_ref().map(drop).map_err(errno)
    );
}

fn everything_in(at: &str) {
    let at_file = &format!("{at}/file");
    let [new, other] = &["new", "other"].map(|name| format!("{at}/{name}"));
    told("stat", at, fs::metadata(at_file));
    told("access", at, accessible(at_file));
    told("open", at, File::open(at_file));
    told("read", at, fs::read(at_file));
    told(
        "open for writing",
        at,
        File::options().append(true).open(at_file),
    );
    told("readlink", at, fs::read_link(format!("{at}/link")));
    told("open through a link", at, File::open(format!("{at}/link")));
    told("mkdir", at, fs::create_dir(new));
    told("rename", at, fs::rename(new, other));
    told("rmdir", at, fs::remove_dir(other));
    told("create", at, File::create(new));
    told("sync", at, File::open(new).and_then(|file| file.sync_all()));
    told("unlink", at, fs::remove_file(new));
    told("stat of nothing", at, fs::metadata(format!("{at}/nothing")));
}

/// What a program prints that tries everything.
fn tried(session: &Session, part: &str, options: Options, ids: &[u32]) -> String {
    let behind = session.path("behind");
    let dir = behind.join("dir");
    let _mirror = ground::mirror(session, options);
    fs::create_dir_all(&dir).expect("a directory");
    for at in [&behind, &dir] {
        let link = at.join("link");
        fs::write(at.join("file"), "hello").expect("a file");
        let _ = fs::remove_file(&link);
        std::os::unix::fs::symlink("file", &link).expect("a link");
        chown(at, Some(NOBODY), Some(NOBODY)).expect("chown");
    }
    let words: Vec<String> = ids.iter().map(u32::to_string).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let ended = session.run(&play::part(part, &words));
    assert_eq!((ended.status.code(), ended.err), (Some(0), String::new()));
    ended.out
}

/// With some of nobody's ids and with all of them, on each mount.
fn each_with_each(part: &str, mounts: &[Options]) {
    ground::apart(|| {
        for options in mounts {
            for ids in IDS {
                twins(|session| (options, ids, tried(session, part, *options, &ids)));
            }
        }
    });
}

fn by_some_of_the_ids() {
    each_with_each("tries", &MOUNTS);
}

fn without_default_permissions() {
    each_with_each("tries", &[UNCHECKED]);
}

fn of_the_root() {
    each_with_each("tries_the_root", &MOUNTS);
}

/// A privileged asys is not let in where its command is.
fn as_another_user_from_the_start() {
    ground::apart(|| {
        for options in MOUNTS {
            let native = tried(&Session::native(), "tries", options, &[NOBODY; 3]);
            let session = Session::asys_with(&["-q", "-p", "@all", "-u", "nobody"]);
            let asys = tried(&session, "tries", options, &[]);
            assert_eq!(native, asys, "{options:?}: natively on the left");
            let refused = native.contains("open in m: Err(EACCES)");
            assert_eq!(refused, options == ROOTS, "{native}");
        }
    });
}
