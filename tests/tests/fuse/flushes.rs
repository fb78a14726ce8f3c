//! How often a daemon is asked to FLUSH, OPEN, RELEASE … under asys.
//!
//! Each close of a descriptor is a FLUSH: a duplicate that a worker makes and closes would be one that the program
//! never asked for.

use crate::ground::{self, OPEN_TO_ALL};
use asys_tests::mirror::Kind;
use asys_tests::needs::Need;
use asys_tests::play::{self, Part, Tables};
use asys_tests::session::Session;
use asys_tests::{part, test};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::fs::FileExt;

const NEEDS: &[Need] = &[Need::Fuse];

pub const TABLES: Tables = (
    &[
        test!(opening).needs(NEEDS),
        test!(creating).needs(NEEDS),
        test!(duplicating).needs(NEEDS),
        test!(looking_at_descriptors).needs(NEEDS),
        test!(reading_and_writing).needs(NEEDS),
        test!(syncing).needs(NEEDS),
        test!(syncing_a_directory).needs(NEEDS),
        test!(listing).needs(NEEDS),
        test!(names).needs(NEEDS),
    ],
    &PARTS,
);

const PARTS: [(&str, Part); 9] = [
    part!(opens),
    part!(creates),
    part!(duplicates),
    part!(looks),
    part!(reads_and_writes),
    part!(syncs),
    part!(syncs_a_directory),
    part!(lists),
    part!(makes_names),
];

/// Each part does what it does this often.
const TIMES: usize = 10;

type Counts = BTreeMap<Kind, usize>;

/// What the daemon was asked by one part, looks aside.
fn counts(session: &Session, part: &str) -> Counts {
    let mirror = ground::mirror(session, OPEN_TO_ALL);
    let file = session.path("behind/file");
    fs::write(file, "hello").expect("a file");
    let ended = session.run(&play::part(part, &[]));
    assert_eq!((ended.status.code(), ended.err), (Some(0), String::new()));
    let mut counts = Counts::new();
    let asked = ground::asked(&mirror).into_iter();
    for asked in asked.filter(|asked| !ground::is_look(asked.kind)) {
        *counts.entry(asked.kind).or_default() += 1;
    }
    counts
}

/// Natively, and under asys.
fn compare(part: &str) {
    ground::apart(|| {
        let native = counts(&Session::native(), part);
        let asys = counts(&Session::asys(), part);
        assert_eq!(native, asys, "{part}: natively on the left");
    });
}

fn opening() {
    compare("opens");
}

pub fn opens(_: &[String]) -> i32 {
    for _ in 0..TIMES {
        File::open("m/file").expect("open");
    }
    0
}

fn creating() {
    compare("creates");
}

pub fn creates(_: &[String]) -> i32 {
    for i in 0..TIMES {
        File::create_new(format!("m/new{i}")).expect("create");
    }
    0
}

fn duplicating() {
    compare("duplicates");
}

fn held() -> File {
    let mut both = File::options();
    both.read(true).write(true).open("m/file").expect("open")
}

pub fn duplicates(_: &[String]) -> i32 {
    let file = held();
    for _ in 0..TIMES {
        file.try_clone().expect("dup");
    }
    0
}

fn looking_at_descriptors() {
    compare("looks");
}

pub fn looks(_: &[String]) -> i32 {
    let file = held();
    for _ in 0..TIMES {
        file.metadata().expect("statx");
        nix::sys::stat::fstat(&file).expect("fstat");
    }
    0
}

fn reading_and_writing() {
    compare("reads_and_writes");
}

pub fn reads_and_writes(_: &[String]) -> i32 {
    let mut file = held();
    let mut buffer = [0; 64];
    for _ in 0..TIMES {
        file.write_all(b"hello").expect("write");
        file.write_at(b"hello", 0).expect("pwrite");
        assert_eq!(file.read(&mut buffer).expect("read"), 0);
        file.read_at(&mut buffer, 0).expect("pread");
    }
    0
}

fn syncing() {
    compare("syncs");
}

pub fn syncs(_: &[String]) -> i32 {
    let file = held();
    for _ in 0..TIMES {
        file.sync_all().expect("fsync");
        file.sync_data().expect("fdatasync");
    }
    0
}

fn syncing_a_directory() {
    compare("syncs_a_directory");
}

pub fn syncs_a_directory(_: &[String]) -> i32 {
    let dir = File::open("m").expect("open");
    for _ in 0..TIMES {
        dir.sync_all().expect("fsync");
    }
    0
}

fn listing() {
    compare("lists");
}

pub fn lists(_: &[String]) -> i32 {
    for _ in 0..TIMES {
        assert_eq!(fs::read_dir("m").expect("open").count(), 1);
    }
    0
}

fn names() {
    compare("makes_names");
}

pub fn makes_names(_: &[String]) -> i32 {
    for _ in 0..TIMES {
        fs::create_dir("m/dir").expect("mkdir");
        fs::rename("m/file", "m/dir/file").expect("rename");
        fs::rename("m/dir/file", "m/file").expect("rename");
        fs::remove_dir("m/dir").expect("rmdir");
        fs::hard_link("m/file", "m/name").expect("link");
        fs::remove_file("m/name").expect("unlink");
    }
    0
}
