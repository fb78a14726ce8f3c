//! The table of errnos against the cases, and against asys's own table.

use asys_tests::args;
use asys_tests::cases::{ALL, world};
use asys_tests::errnos::{self, How};
use asys_tests::nameless;
use asys_tests::net::{Address, sockets, ways};
use asys_tests::path_rows::PATH_ROWS;
use asys_tests::transcript::{self, Log};
use asys_tests::twin::{Twin, shown};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// Every (row, errno) some case is there for.
fn declared() -> BTreeSet<(&'static str, i32)> {
    let cases = ALL.iter().flat_map(|family| family.cases);
    cases.flat_map(|case| case.promises()).collect()
}

fn errnos() -> impl Iterator<Item = (&'static str, i32, How)> {
    let flat = |row: &'static asys_tests::errnos::Row| {
        let all = row.errnos.iter().copied().flatten();
        all.map(move |(errno, how)| (row.name, *errno, *how))
    };
    errnos::all().flat_map(flat)
}

fn words(pairs: impl Iterator<Item = (&'static str, i32)>) -> Vec<String> {
    pairs
        .map(|(row, errno)| format!("{row} {}", shown(-i64::from(errno))))
        .collect()
}

#[test]
fn every_covered_errno_has_a_case() {
    let declared = declared();
    let covered = errnos().filter(|(_, _, how)| matches!(how, How::Covered));
    let missing = covered
        .map(|(row, errno, _)| (row, errno))
        .filter(|pair| !declared.contains(pair));
    let missing = words(missing);
    assert!(missing.is_empty(), "no case sees {}", missing.join(", "));
}

#[test]
fn what_cannot_be_made_is_not_made() {
    let declared = declared();
    let excused = errnos().filter(|(_, _, how)| matches!(how, How::Cannot(_)));
    let made = words(
        excused
            .map(|(row, errno, _)| (row, errno))
            .filter(|pair| declared.contains(pair)),
    );
    assert!(made.is_empty(), "excused, yet made: {}", made.join(", "));
}

#[test]
fn declarations_name_rows() {
    let rows: BTreeSet<&str> = errnos::all().map(|row| row.name).collect();
    let strange: Vec<_> = declared()
        .into_iter()
        .filter(|(row, _)| !rows.contains(row))
        .collect();
    assert!(strange.is_empty(), "no such rows: {strange:?}");
}

#[test]
fn names_are_unique() {
    for family in ALL {
        let mut seen = BTreeSet::new();
        for case in family.cases {
            assert!(
                seen.insert(case.name),
                "{}::{} twice",
                family.name,
                case.name
            );
        }
    }
}

/// What asys carries out is what the suite covers: a row added to one table must be added to the other.
#[test]
fn rows_are_those_of_asys() {
    let binary = asys_tests::asys::binary().expect("the binary under test");
    let output = Command::new(binary).args(["calls", "--json"]).output();
    let output = output.expect("asys calls --json");
    let calls: Value = serde_json::from_slice(&output.stdout).expect("JSON from asys calls --json");
    let taken = calls.as_array().expect("an array").iter();
    let taken = taken.filter(|call| call["what"] == "offloaded");
    let taken: BTreeSet<&str> = taken.filter_map(|call| call["name"].as_str()).collect();
    let rows: BTreeSet<&str> = errnos::carried().map(|row| row.name).collect();
    assert_eq!(
        taken, rows,
        "asys's table on the left, tests/src/errnos.rs on the right"
    );
}

/// Names the directory in which this test, started anew under asys, makes its calls.
const ROWS_IN: &str = "ASYS_TWIN_ROWS_IN";

/// Twins would agree just as well if asys let everything go native: on plain files it must not.
#[test]
fn every_row_is_offloaded() {
    if let Some(dir) = std::env::var_os(ROWS_IN) {
        return call_every_row(Path::new(&dir));
    }
    let dir = tempfile::tempdir().expect("a directory");
    let trace = dir.path().join("trace");
    let done = Command::new(asys_tests::asys::binary().expect("the binary under test"))
        .args(["run", "-q", "-p", "@all", "-t"])
        .arg(&trace)
        .arg("--")
        .arg(std::env::current_exe().expect("this test"))
        .args(["--exact", "every_row_is_offloaded", "--test-threads=1"])
        .env(ROWS_IN, dir.path())
        .output();
    let output = done.expect("asys run");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let trace = std::fs::read_to_string(trace).expect("the trace");
    let events = trace
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let offloaded = events.filter(|event| event["outcome"] == "offloaded");
    let offloaded: BTreeSet<String> = offloaded
        .filter_map(|event| event["call"].as_str().map(str::to_owned))
        .collect();
    let missing = errnos::carried()
        .map(|row| row.name)
        .filter(|name| !offloaded.contains(*name));
    let missing: Vec<_> = missing.collect();
    assert!(missing.is_empty(), "never offloaded: {missing:?}");
}

fn call_every_row(dir: &Path) {
    let log = dir.join("log");
    transcript::create(&log).expect("a log");
    let mut t = Twin::new(Log::open(&log).expect("the log"));
    std::env::set_current_dir(dir).expect("the directory");
    for row in PATH_ROWS {
        let _reader = world::build("w");
        std::env::set_current_dir("w").expect("the world");
        (row.call)(&mut t, libc::AT_FDCWD.into(), c"file".into());
        std::env::set_current_dir("..").expect("back");
    }
    let _reader = world::build("w");
    let fd = t.call("open", args![c"w/file", libc::O_RDWR]);
    let dir = t.call("open", args![c"w", libc::O_RDONLY]);
    let mut buffer = [0u8; 256];
    t.call("fstat", args![fd, &mut buffer]);
    for row in ["read", "write", "pread64", "pwrite64"] {
        t.call(row, args![fd, &mut buffer, 4, 0]);
    }
    t.call("getdents64", args![dir, &mut buffer, 256]);
    t.call("fsync", args![fd]);
    t.call("fdatasync", args![fd]);
    t.call("fchmod", args![fd, 0o640]);
    t.call("fchown", args![fd, -1, -1]);
    lists_and_syncs(&mut t, fd, dir);
    sizes(&mut t, fd);
    vectors(&mut t, fd);
    copies(&mut t, fd);
    attributes_of_an_open_file(&mut t, fd);
    t.call("flock", args![fd, libc::LOCK_EX]);
    messages(&mut t);
    connections(&mut t);
    readiness(&mut t);
}

fn messages(t: &mut Twin) {
    let [one, two] = sockets::udp_pair(libc::AF_INET);
    let to = Address::of("two", two);
    t.call("connect", args![one, &to, to.length]);
    for (sends, receives) in [
        ("sendto", "recvfrom"),
        ("sendmsg", "recvmsg"),
        ("sendmmsg", "recvmmsg"),
    ] {
        ways::send(t, sends, one, b"sent", 0);
        sockets::arrives(two);
        ways::receive(t, receives, two, 4, 0);
    }
}

fn connections(t: &mut Twin) {
    let listener = sockets::listener(libc::AF_INET, 8);
    let to = Address::of("listener", listener);
    for row in ["accept", "accept4"] {
        let fd = sockets::socket(libc::AF_INET, libc::SOCK_STREAM);
        t.call("connect", args![fd, &to, to.length]);
        t.call(row, args![listener, 0, 0, 0]);
    }
}

fn watching(fd: i64) -> i64 {
    // SAFETY: plain numbers.
    let epoll = i64::from(unsafe { libc::epoll_create1(0) });
    let event = libc::epoll_event {
        events: libc::EPOLLOUT as u32,
        u64: 0,
    };
    let what = &raw const event;
    let done = nix::errno::Errno::result(
        // SAFETY: a live structure.
        unsafe {
            libc::epoll_ctl(
                epoll as i32,
                libc::EPOLL_CTL_ADD,
                fd as i32,
                what.cast_mut(),
            )
        },
    );
    assert_eq!(done, Ok(0), "epoll_ctl");
    epoll
}

/// Of a descriptor that is ready; of sleeps that are over at once.
fn readiness(t: &mut Twin) {
    let [_out, into] = nameless::pipe(0);
    let epoll = watching(into);
    let room = [0u64; 2];
    for row in ["poll", "ppoll"] {
        let polled = [into as u64 | (libc::POLLOUT as u64) << 32];
        t.call(row, args![polled.as_ptr(), 1, 0, 0, 8]);
    }
    for row in ["select", "pselect6"] {
        let bits = [1u64 << into];
        t.call(row, args![64, 0, bits.as_ptr(), 0, 0, 0]);
    }
    for row in ["epoll_wait", "epoll_pwait", "epoll_pwait2"] {
        t.call(row, args![epoll, room.as_ptr(), 1, 0, 0, 8]);
    }
    let none = [0u64; 2];
    t.call("nanosleep", args![none.as_ptr(), 0]);
    t.call(
        "clock_nanosleep",
        args![libc::CLOCK_MONOTONIC, 0, none.as_ptr(), 0],
    );
}

fn lists_and_syncs(t: &mut Twin, fd: i64, dir: i64) {
    let mut buffer = [0u8; 256];
    t.call("lseek", args![dir, 0, libc::SEEK_SET]);
    t.call("getdents", args![dir, &mut buffer, 256]);
    t.call("fstatfs", args![fd, &mut buffer]);
    t.call("sync_file_range", args![fd, 0, 4, 2]);
    t.call("syncfs", args![fd]);
    t.call("sync", args![]);
}

fn sizes(t: &mut Twin, fd: i64) {
    t.call("ftruncate", args![fd, 100]);
    t.call("fallocate", args![fd, 0, 0, 200]);
}

fn vectors(t: &mut Twin, fd: i64) {
    let buffer = [0u8; 8];
    let vector = [[buffer.as_ptr() as usize, 4]; 2];
    let place = vector.as_ptr();
    for row in [
        "readv", "preadv", "preadv2", "writev", "pwritev", "pwritev2",
    ] {
        t.call(row, args![fd, place, 2, 0, 0, 0]);
    }
}

fn copies(t: &mut Twin, fd: i64) {
    let other = t.call("open", args![c"w/dir/inner", libc::O_RDWR]);
    t.call("copy_file_range", args![other, 0, fd, 0, 2, 0]);
    t.call("sendfile", args![fd, other, 0, 2]);
    let mut ends = [[0i32; 2]; 2];
    for pair in &mut ends {
        // SAFETY: a place for two descriptors.
        assert_eq!(unsafe { libc::pipe(pair.as_mut_ptr()) }, 0);
    }
    let [[out, into], [_, other_into]] = ends;
    t.call("write", args![into, b"piped", 5]);
    t.call("tee", args![out, other_into, 5, 0]);
    t.call("splice", args![out, 0, fd, 0, 5, 0]);
}

fn attributes_of_an_open_file(t: &mut Twin, fd: i64) {
    let mut buffer = [0u8; 64];
    t.call("fsetxattr", args![fd, c"user.x", b"value", 5, 0]);
    t.call("fgetxattr", args![fd, c"user.x", &mut buffer, 64]);
    t.call("flistxattr", args![fd, &mut buffer, 64]);
    t.call("fremovexattr", args![fd, c"user.x"]);
}
