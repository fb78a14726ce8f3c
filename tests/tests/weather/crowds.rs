//! Many processes, many threads, many signals, many programs.

use crate::Tables;
use asys_tests::deadline::until;
use asys_tests::play;
use asys_tests::session::{Session, twins};
use asys_tests::{part, signals, test};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::sys::wait::{WaitStatus, wait};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read;
use std::os::fd::AsRawFd;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

pub const TABLES: Tables = (
    &[
        test!(thousand_children_at_once),
        test!(every_descriptor_closed),
        test!(many_executions),
        test!(threads_that_sync),
        test!(threads_that_rename),
        test!(alarms),
        test!(few_workers),
    ],
    &[
        part!(has_a_thousand_children),
        part!(closes_every_descriptor),
        part!(syncs_in_threads),
        part!(renames_in_threads),
        part!(writes_under_alarms),
    ],
);

fn same(part: &str) {
    twins(|session| seen(session, part));
}

fn seen(session: &Session, part: &str) -> (Option<i32>, String, String, Vec<String>) {
    let ended = session.run(&play::part(part, &[]));
    assert_ne!(ended.out, "", "{}", ended.err);
    session.gone();
    (ended.status.code(), ended.out, ended.err, session.names())
}

fn thousand_children_at_once() {
    same("has_a_thousand_children");
}

/// All wait for the pipe to close, then work at once.
pub fn has_a_thousand_children(_: &[String]) -> i32 {
    let (mut reader, writer) = std::io::pipe().expect("pipe");
    for number in 0..1000 {
        // SAFETY: the process has one thread, so the child may go on as an ordinary process.
        match unsafe { libc::fork() } {
            0 => {
                drop(writer);
                reader.read_to_end(&mut Vec::new()).expect("read");
                std::process::exit(works(number));
            }
            child => assert!(child > 0, "fork"),
        }
    }
    drop((reader, writer));
    let mut ended = Vec::new();
    while let Ok(status) = wait() {
        ended.push(matches!(status, WaitStatus::Exited(_, 0)));
    }
    println!(
        "{} of {}",
        ended.iter().filter(|well| **well).count(),
        ended.len()
    );
    0
}

fn works(number: u32) -> i32 {
    let (name, other) = (format!("{number}"), format!("{number}-renamed"));
    let done = || -> std::io::Result<bool> {
        fs::create_dir(&name)?;
        fs::write(format!("{name}/file"), &name)?;
        fs::rename(&name, &other)?;
        let same = fs::read_to_string(format!("{other}/file"))? == name;
        fs::remove_dir_all(&other)?;
        Ok(same)
    };
    i32::from(!done().unwrap_or(false))
}

fn every_descriptor_closed() {
    same("closes_every_descriptor");
}

pub fn closes_every_descriptor(_: &[String]) -> i32 {
    for round in 0..100 {
        fs::write("file", "text").expect("write");
        let file = File::open("file").expect("open");
        // SAFETY: nothing of this process needs a descriptor beyond the third; `file` is forgotten below.
        let closed = unsafe { libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, 0) };
        assert_eq!(closed, 0);
        let fd = file.as_raw_fd();
        std::mem::forget(file);
        assert!(fs::metadata(format!("/proc/self/fd/{fd}")).is_err());
        let again = File::open("file").expect("open");
        println!("{round}: {fd} {}", again.as_raw_fd());
    }
    0
}

/// Each execution is another program to asys: what it knew of the last is void.
fn many_executions() {
    twins(|session| {
        let script =
            "[ $1 -gt 0 ] || exit 7; echo $1 >>lines; cat lines >copy; exec sh ./again $(($1 - 1))";
        fs::write(session.path("again"), script).expect("write");
        let ended = session.run(&["sh", "./again", "200"]);
        (
            ended.status.code(),
            ended.out,
            ended.err,
            session.text("copy"),
        )
    });
}

fn threads_that_sync() {
    same("syncs_in_threads");
}

pub fn syncs_in_threads(_: &[String]) -> i32 {
    const THREADS: usize = 64;
    let together = Barrier::new(THREADS);
    std::thread::scope(|scope| {
        for number in 0..THREADS {
            let together = &together;
            scope.spawn(move || {
                let file = File::create(format!("{number:02}")).expect("create");
                together.wait();
                for round in 0..4 {
                    std::io::Write::write_all(&mut &file, &[b'a' + round]).expect("write");
                    file.sync_all().expect("fsync");
                    file.sync_data().expect("fdatasync");
                }
            });
        }
    });
    for number in 0..THREADS {
        println!(
            "{}",
            fs::read_to_string(format!("{number:02}")).expect("read")
        );
    }
    0
}

fn threads_that_rename() {
    same("renames_in_threads");
}

/// Some rename a file back and forth, others open it by both names: it is there under one of them, whole, always.
pub fn renames_in_threads(_: &[String]) -> i32 {
    fs::write("a", "whole").expect("write");
    let done = AtomicBool::new(false);
    let opened = AtomicU32::new(0);
    let look = || {
        let mut strange = BTreeSet::new();
        while !done.load(Ordering::Relaxed) {
            for name in ["a", "b"] {
                match fs::read_to_string(name) {
                    Ok(text) if text == "whole" => drop(opened.fetch_add(1, Ordering::Relaxed)),
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                    other => drop(strange.insert(format!("{other:?}"))),
                }
            }
        }
        strange
    };
    std::thread::scope(|scope| {
        let lookers: Vec<_> = (0..4).map(|_| scope.spawn(look)).collect();
        for round in 0..2000 {
            let (from, to) = if round % 2 == 0 {
                ("a", "b")
            } else {
                ("b", "a")
            };
            fs::rename(from, to).expect("rename");
        }
        until("the file opened", || opened.load(Ordering::Relaxed) > 10);
        done.store(true, Ordering::Relaxed);
        for looker in lookers {
            println!("{:?}", looker.join().expect("a thread"));
        }
    });
    0
}

/// No write is done twice, none is lost, whenever the signal comes.
fn alarms() {
    same("writes_under_alarms");
}

static ALARMS: AtomicU32 = AtomicU32::new(0);

extern "C" fn count(_: libc::c_int) {
    ALARMS.fetch_add(1, Ordering::Relaxed);
}

/// Writes, appends and renames until a thousand alarms have come.
pub fn writes_under_alarms(_: &[String]) -> i32 {
    let action = SigAction::new(
        SigHandler::Handler(count),
        SaFlags::SA_RESTART,
        SigSet::empty(),
    );
    // SAFETY: the handler only adds to an atomic.
    unsafe { sigaction(Signal::SIGALRM, &action) }.expect("sigaction");
    let written = File::create("written").expect("create");
    let appended = File::options()
        .create(true)
        .append(true)
        .open("appended")
        .expect("create");
    signals::timer(1000);
    let mut lines = 0_u32;
    while ALARMS.load(Ordering::Relaxed) < 1000 {
        let line = format!("{lines:09}\n");
        for file in [&written, &appended] {
            // SAFETY: the buffer lives across the call.
            let count = unsafe { libc::write(file.as_raw_fd(), line.as_ptr().cast(), line.len()) };
            assert_eq!(count, 10);
        }
        fs::rename("appended", "moved").expect("rename");
        fs::rename("moved", "appended").expect("rename");
        lines += 1;
    }
    signals::timer(0);
    let whole: String = (0..lines).map(|number| format!("{number:09}\n")).collect();
    for name in ["written", "appended"] {
        println!(
            "{name}: {}",
            fs::read_to_string(name).expect("read") == whole
        );
        fs::remove_file(name).expect("unlink");
    }
    0
}

/// More callers than workers: they wait, and all are served.
fn few_workers() {
    for workers in ["1", "2"] {
        let session = Session::asys_with(&["-q", "-p", "@all", "--workers", workers]);
        for part in ["syncs_in_threads", "renames_in_threads"] {
            let ended = session.run(&play::part(part, &[]));
            assert_eq!((ended.status.code(), ended.err), (Some(0), String::new()));
        }
    }
}
