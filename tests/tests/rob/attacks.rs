//! System calls aimed at asys.

use crate::Tables;
use asys_tests::needs::Need;
use asys_tests::play;
use asys_tests::proc;
use asys_tests::session::Session;
use asys_tests::{part, test};
use nix::errno::Errno;
use nix::unistd::Pid;
use std::arch::asm;
use std::os::fd::AsRawFd;

pub const TABLES: Tables = (
    &[
        test!(by_everything),
        test!(by_default),
        test!(by_observation),
        test!(without_a_row),
        test!(as_another_user).needs(&[Need::Root]),
        test!(by_32_bit_calls).unless(why_no_32_bit_calls),
    ],
    &[part!(robs), part!(robs_with_32_bit_calls)],
);

/// One thread of asys's: the number it is aimed at by, and its process.
#[derive(Debug, Clone, Copy)]
pub struct Victim {
    pub process: Pid,
    pub thread: Pid,
}

impl Victim {
    pub fn leads_a_group_of_its_own(self) -> bool {
        let group = proc::stat(self.process).expect("alive").group;
        self.thread == group && group != nix::unistd::getpgrp()
    }
}

/// What the kernel says to one who may not, or must not know.
const REFUSED: [Errno; 3] = [Errno::EPERM, Errno::EACCES, Errno::ESRCH];

fn is_asys(process: Pid) -> bool {
    let name = proc::command_line(process);
    let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
    name.ends_with(b"/asys")
}

/// Every thread of the asys that the calling process is the command of.
pub fn victims() -> Vec<Victim> {
    let supervisor = nix::unistd::getppid();
    let keeper = proc::stat(supervisor).expect("the supervisor").ppid;
    let front = proc::stat(keeper).expect("the keeper").ppid;
    let processes = [front, keeper, supervisor];
    // Started by hand, this would attack the shell.
    assert!(processes.into_iter().all(is_asys), "not all are asys");
    let threads = |process| {
        let threads = proc::threads(process).into_iter();
        threads.map(move |thread| Victim { process, thread })
    };
    let victims: Vec<_> = processes.into_iter().flat_map(threads).collect();
    assert!(
        victims.len() >= 4,
        "front, keeper, supervisor and a worker: {victims:?}"
    );
    victims
}

/// Prints what an attack came to, unless it was refused.
pub fn report(attack: &str, result: Result<i64, Errno>) {
    match result {
        Err(errno) if REFUSED.contains(&errno) => {}
        other => println!("{attack}: {other:?}"),
    }
}

pub fn call(number: i64, args: [i64; 6]) -> Result<i64, Errno> {
    let [a, b, c, d, e, f] = args;
    // SAFETY: attacks pass numbers, and addresses of memory that lives across the call.
    Errno::result(unsafe { libc::syscall(number, a, b, c, d, e, f) })
}

pub fn number(pid: Pid) -> i64 {
    pid.as_raw().into()
}

/// Signal 0 asks for the permission only. What it is granted is a robbery already: nobody is killed then.
pub fn signal(attack: &str, send: impl Fn(i64) -> Result<i64, Errno>) {
    match send(0) {
        Ok(_) => report(&format!("{attack} 0"), Ok(0)),
        Err(errno) => {
            report(&format!("{attack} 0"), Err(errno));
            for number in [libc::SIGKILL, libc::SIGSTOP, libc::SIGTERM, 40] {
                report(&format!("{attack} {number}"), send(number.into()));
            }
        }
    }
}

fn signals(victim: Victim) {
    let (process, thread) = (number(victim.process), number(victim.thread));
    let name = |call: &str| format!("{call} {victim:?}");
    // SI_QUEUE: what sigqueue(3) sends.
    let mut info = [0i32; 32];
    info[2] = libc::SI_QUEUE;
    let info = info.as_ptr() as i64;
    signal(&name("kill"), |s| {
        call(libc::SYS_kill, [thread, s, 0, 0, 0, 0])
    });
    signal(&name("tkill"), |s| {
        call(libc::SYS_tkill, [thread, s, 0, 0, 0, 0])
    });
    signal(&name("tgkill"), |s| {
        call(libc::SYS_tgkill, [process, thread, s, 0, 0, 0])
    });
    signal(&name("rt_sigqueueinfo"), |s| {
        call(libc::SYS_rt_sigqueueinfo, [thread, s, info, 0, 0, 0])
    });
    signal(&name("rt_tgsigqueueinfo"), |s| {
        call(
            libc::SYS_rt_tgsigqueueinfo,
            [process, thread, s, info, 0, 0],
        )
    });
    for flags in [0, libc::O_EXCL] {
        pidfd(victim, flags.into());
    }
}

/// `PIDFD_THREAD` is O_EXCL.
fn pidfd(victim: Victim, flags: i64) {
    let Ok(pidfd) = call(
        libc::SYS_pidfd_open,
        [number(victim.thread), flags, 0, 0, 0, 0],
    ) else {
        return;
    };
    for scope in [0, 1, 2] {
        signal(
            &format!("pidfd_send_signal, flags {scope}, {victim:?}"),
            |s| {
                match call(libc::SYS_pidfd_send_signal, [pidfd, s, 0, scope, 0, 0]) {
                    // A kernel that does not know the scope.
                    Err(Errno::EINVAL) if scope > 0 => Err(Errno::EPERM),
                    other => other,
                }
            },
        );
    }
    for fd in 0..32 {
        let result = call(libc::SYS_pidfd_getfd, [pidfd, fd, 0, 0, 0, 0]);
        report(&format!("pidfd_getfd {fd} {victim:?}"), result);
    }
    let _ = call(libc::SYS_close, [pidfd, 0, 0, 0, 0, 0]);
}

fn limits(victim: Victim) {
    let thread = number(victim.thread);
    let mut limit = [0u64; 2];
    let at = limit.as_mut_ptr() as i64;
    for resource in [libc::RLIMIT_NOFILE, libc::RLIMIT_CPU, libc::RLIMIT_AS] {
        let get = call(libc::SYS_prlimit64, [thread, resource.into(), 0, at, 0, 0]);
        report(&format!("prlimit64, get {resource} {victim:?}"), get);
        if get.is_err() {
            let set = call(libc::SYS_prlimit64, [thread, resource.into(), at, 0, 0, 0]);
            report(&format!("prlimit64, set {resource} {victim:?}"), set);
        }
    }
}

fn tracing(victim: Victim) {
    let thread = number(victim.thread);
    let requests = [
        ("ATTACH", libc::PTRACE_ATTACH),
        ("SEIZE", libc::PTRACE_SEIZE),
        ("INTERRUPT", libc::PTRACE_INTERRUPT),
        ("KILL", libc::PTRACE_KILL),
    ];
    for (name, request) in requests {
        let result = call(libc::SYS_ptrace, [request.into(), thread, 0, 0, 0, 0]);
        report(&format!("ptrace {name} {victim:?}"), result);
    }
    let mut bytes = [0u8; 8];
    let here = [bytes.as_mut_ptr() as i64, 8];
    // Where nothing is: whoever may look gets EFAULT.
    let there = [8i64, 8];
    let (here, there) = (here.as_ptr() as i64, there.as_ptr() as i64);
    for (name, nr) in [
        ("process_vm_readv", libc::SYS_process_vm_readv),
        ("process_vm_writev", libc::SYS_process_vm_writev),
    ] {
        report(
            &format!("{name} {victim:?}"),
            call(nr, [thread, here, 1, there, 1, 0]),
        );
    }
}

/// Nobody else is in the groups of supervisor and keeper; the front's is the command's own, which it may signal.
fn groups(leader: Pid) {
    signal(&format!("kill the group of {leader}"), |s| {
        call(libc::SYS_kill, [-number(leader), s, 0, 0, 0, 0])
    });
    priorities(1, 2, number(leader));
    const PROCESS_GROUP: i64 = 4;
    let pidfd = call(libc::SYS_pidfd_open, [number(leader), 0, 0, 0, 0, 0]);
    let Ok(pidfd) = pidfd else { return };
    signal(
        &format!("pidfd_send_signal, the group of {leader}"),
        |s| match call(
            libc::SYS_pidfd_send_signal,
            [pidfd, s, 0, PROCESS_GROUP, 0, 0],
        ) {
            Err(Errno::EINVAL) => Err(Errno::EPERM),
            other => other,
        },
    );
}

/// setpriority(2) and ioprio_set(2), which count their kinds of targets from 0 and from 1.
fn priorities(which: i64, io_which: i64, who: i64) {
    let nicer = call(libc::SYS_setpriority, [which, who, 19, 0, 0, 0]);
    report(&format!("setpriority {which} {who}"), nicer);
    const IDLE: i64 = 3 << 13;
    let idle = call(libc::SYS_ioprio_set, [io_which, who, IDLE, 0, 0, 0]);
    report(&format!("ioprio_set {io_which} {who}"), idle);
}

fn scheduling(victim: Victim) {
    let thread = number(victim.thread);
    priorities(0, 1, thread);
    let one_cpu = [1u64];
    let (cpus, size) = (one_cpu.as_ptr() as i64, 8);
    let moved = call(libc::SYS_sched_setaffinity, [thread, size, cpus, 0, 0, 0]);
    report(&format!("sched_setaffinity {victim:?}"), moved);
    let priority = [0i32; 16];
    let priority = priority.as_ptr() as i64;
    let batch = i64::from(libc::SCHED_BATCH);
    for (name, nr, args) in [
        (
            "setscheduler",
            libc::SYS_sched_setscheduler,
            [thread, batch, priority],
        ),
        ("setparam", libc::SYS_sched_setparam, [thread, priority, 0]),
        ("setattr", libc::SYS_sched_setattr, [thread, priority, 0]),
    ] {
        let done = call(nr, [args[0], args[1], args[2], 0, 0, 0]);
        report(&format!("sched_{name} {victim:?}"), done);
    }
}

/// Whoever owns a descriptor gets its signals: the kernel asks for the permission when it sends them.
fn ownership(victim: Victim) {
    let (ours, _theirs) = std::os::unix::net::UnixStream::pair().expect("a pair");
    let fd = i64::from(ours.as_raw_fd());
    let (process, thread) = (number(victim.process), number(victim.thread));
    let own = i64::from(libc::F_SETOWN);
    report(
        &format!("F_SETOWN {victim:?}"),
        call(libc::SYS_fcntl, [fd, own, process, 0, 0, 0]),
    );
    const F_SETOWN_EX: i64 = 15;
    for (kind, who) in [(0, thread), (1, process)] {
        let owner = [kind, who as i32];
        let result = call(
            libc::SYS_fcntl,
            [fd, F_SETOWN_EX, owner.as_ptr() as i64, 0, 0, 0],
        );
        report(&format!("F_SETOWN_EX {kind} {victim:?}"), result);
    }
    for request in [0x8901, 0x8902] {
        let owner = process as i32;
        let at = (&raw const owner) as i64;
        let result = call(libc::SYS_ioctl, [fd, request, at, 0, 0, 0]);
        report(&format!("owner by ioctl {request:#x} {victim:?}"), result);
    }
}

/// pidfd_send_signal(2) takes a directory of procfs, too.
fn by_its_directory(victim: Victim) {
    let Victim { process, thread } = victim;
    for name in [format!("/proc/{process}"), format!("/proc/{thread}")] {
        let Ok(dir) = std::fs::File::open(&name) else {
            continue;
        };
        let fd = i64::from(dir.as_raw_fd());
        signal(&format!("pidfd_send_signal, {name}"), |s| {
            call(libc::SYS_pidfd_send_signal, [fd, s, 0, 0, 0, 0])
        });
    }
}

/// Asys answers as before: a file is made, looked at and removed.
pub fn still_served() {
    std::fs::write("after", "the robbery").expect("write");
    assert_eq!(std::fs::read("after").expect("read"), b"the robbery");
    std::fs::remove_file("after").expect("unlink");
    println!("still served");
}

pub fn robs(_: &[String]) -> i32 {
    for victim in victims() {
        signals(victim);
        limits(victim);
        tracing(victim);
        scheduling(victim);
        ownership(victim);
        by_its_directory(victim);
        if victim.leads_a_group_of_its_own() {
            groups(victim.process);
        }
    }
    still_served();
    0
}

/// Runs a robber; asys and robber must come out of it unharmed, and the robber with nothing.
pub fn robbed_by(part: &str, options: &[&str]) {
    let session = Session::asys_with(options);
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o777);
    std::fs::set_permissions(session.dir(), mode).expect("chmod");
    let ended = session.run(&play::part(part, &[]));
    assert_eq!(ended.out, "still served\n", "{}", ended.err);
    assert_eq!((ended.status.code(), ended.err), (Some(0), String::new()));
}

fn by_everything() {
    robbed_by("robs", &["-q", "-p", "@all"]);
}

fn by_default() {
    robbed_by("robs", &["-q"]);
}

fn by_observation() {
    robbed_by("robs", &["-q", "-p", "@observe"]);
}

/// A policy that asks for nothing still protects.
fn without_a_row() {
    let dir = tempfile::tempdir().expect("a directory");
    let policy = dir.path().join("policy.toml");
    std::fs::write(&policy, "version = 1\n").expect("write");
    robbed_by(
        "robs",
        &["-q", "-p", policy.to_str().expect("a plain path")],
    );
}

fn as_another_user() {
    robbed_by("robs", &["-q", "-p", "@all", "-u", "nobody"]);
}

/// A call as 32-bit programs make it, which 64-bit ones can, too.
fn call_32(number: u32, a: u32, b: u32) -> Result<i64, Errno> {
    let result: i32;
    // SAFETY: `int 0x80` takes numbers in ebx and ecx, returns one in eax, and clobbers r8 to r11 at most. rbx
    // belongs to LLVM and is put back.
    unsafe {
        asm!(
            "xchg {a}, rbx",
            "int 0x80",
            "xchg {a}, rbx",
            a = inout(reg) u64::from(a) => _,
            inout("eax") number.cast_signed() => result,
            in("ecx") b,
            in("edx") 0,
            out("r8") _, out("r9") _, out("r10") _, out("r11") _,
        );
    }
    match result {
        -4095..=-1 => Err(Errno::from_raw(-result)),
        _ => Ok(result.into()),
    }
}

/// Without the emulation `int 0x80` is a fault: it is tried in a child.
fn why_no_32_bit_calls() -> Option<String> {
    // SAFETY: the child makes one raw call and leaves through `_exit`.
    let child = unsafe { libc::fork() };
    if child == 0 {
        // getpid(2)'s number there.
        let works = call_32(20, 0, 0).is_ok();
        // SAFETY: ends the child without running the parent's exit handlers.
        unsafe { libc::_exit(i32::from(!works)) };
    }
    let status = nix::sys::wait::waitpid(Pid::from_raw(child), None);
    let works = matches!(status, Ok(nix::sys::wait::WaitStatus::Exited(_, 0)));
    (!works).then(|| "a kernel with 32-bit calls".into())
}

fn by_32_bit_calls() {
    robbed_by("robs_with_32_bit_calls", &["-q", "-p", "@all"]);
}

/// kill(2) and tkill(2) by their numbers there. Signal 0 only: SIGTERM, too, would be the end of asys.
pub fn robs_with_32_bit_calls(_: &[String]) -> i32 {
    const KILL: u32 = 37;
    const TKILL: u32 = 238;
    for victim in victims() {
        for (name, nr) in [("kill", KILL), ("tkill", TKILL)] {
            let result = call_32(nr, victim.thread.as_raw().cast_unsigned(), 0);
            report(&format!("32-bit {name} 0 {victim:?}"), result);
        }
    }
    still_served();
    0
}
