//! Transfers larger than all of asys.

use crate::Tables;
use asys_tests::memory;
use asys_tests::play;
use asys_tests::session::Session;
use asys_tests::{part, test};
use nix::sys::signal::Signal;
use nix::unistd::Pid;
use std::fs::File;
use std::os::fd::AsRawFd;

pub const TABLES: Tables = (
    &[test!(four_gibibytes_in_little_memory)],
    &[part!(reads_four_gibibytes)],
);

const GIB: u64 = 1 << 30;
/// What a call moves at most: `MAX_RW_COUNT`.
const MOST: u64 = 2 * GIB - 4096;

/// Reads a sparse file into one window of memory, and waits.
fn reads_four_gibibytes(_: &[String]) -> i32 {
    let file = File::create_new("sparse").expect("create");
    file.set_len(4 * GIB).expect("ftruncate");
    let file = File::open("sparse").expect("open");
    let into = memory::repeated(1 << 24, 4 << 30);
    let mut counts = [0; 3];
    for count in &mut counts {
        let address = into.address as *mut libc::c_void;
        // SAFETY: the memory at `into` is writable for this length.
        *count = unsafe { libc::read(file.as_raw_fd(), address, 4 << 30) };
    }
    println!("{counts:?}");
    nix::unistd::pause();
    0
}

fn four_gibibytes_in_little_memory() {
    let session = Session::asys_with(&["-q", "-p", "@all", "-t", "trace"]);
    let running = session.start(session.command(&play::part("reads_four_gibibytes", &[])));
    let tree = session.tree(&running);
    running.says(&format!("[{MOST}, {MOST}, 8192]"));
    let used = most_memory(tree.supervisor);
    running.send(Signal::SIGTERM);
    session.end(running);
    assert!(used < 32 << 10, "{used} KiB");
    let trace = session.text("trace");
    let whole = format!("\"ret\":{MOST},");
    let reads = trace.lines().filter(|line| line.contains(&whole));
    let carried = reads.filter(|line| line.contains("\"outcome\":\"offloaded\""));
    assert_eq!(carried.count(), 2, "{trace}");
}

/// In KiB: `VmHWM` of proc_pid_status(5).
fn most_memory(pid: Pid) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("status");
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .expect("VmHWM");
    let number = line.trim().trim_end_matches(" kB");
    number.parse().expect("a number")
}
