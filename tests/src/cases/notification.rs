//! What the kernel's own tests of seccomp's user notification check, as a program under asys meets it. Each case has the
//! name of the kernel's (`tools/testing/selftests/seccomp`); those that need asys itself to be stopped or killed are in
//! `tests/listener.rs`.

use super::process::cloned;
use super::world;
use crate::arg::Arg;
use crate::args;
use crate::case;
use crate::case::Family;
use crate::deadline::until;
use crate::faults::Pages;
use crate::filesystem::FileSystem;
use crate::needs::Need;
use crate::outer;
use crate::proc;
use crate::signals;
use crate::twin::{Twin, blank};
use crate::users::is_root;
use crate::word::Word;
use libc::*;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{SigSet, Signal, kill};
use nix::unistd::Pid;
use std::ffi::{CStr, CString};
use std::fs;
use std::os::fd::{AsRawFd, IntoRawFd};
use std::process::{Command, Stdio};
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

pub const FAMILY: Family = Family {
    name: "notification",
    on: FileSystem::HOME,
    cases: &[
        case!(user_notification_basic),
        case!(user_notification_with_tsync),
        case!(user_notification_kill_in_middle).needs(&[Need::Faults]),
        case!(user_notification_signal).needs(&[Need::Faults]),
        case!(user_notification_child_pid_ns).needs(&[Need::UserNamespace]),
        case!(user_notification_sibling_pid_ns).needs(&[Need::UserNamespace]),
        case!(user_notification_fault_recv).needs(&[Need::Faults]),
        case!(user_notification_continue),
        case!(user_notification_continue_of_a_changing_path),
        case!(user_notification_addfd).needs(&[Need::Tool("ls")]),
        case!(user_notification_addfd_of_threads),
        case!(user_notification_addfd_rlimit),
        case!(user_notification_addfd_rlimit_below_what_is_open),
        case!(user_notification_addfd_rlimit_of_threads),
        case!(user_notification_sync),
        case!(user_notification_wait_killable).needs(&[Need::Faults]),
        case!(user_notification_wait_killable_stopped).needs(&[Need::Faults]),
        case!(user_notification_wait_killable_fatal).needs(&[Need::Faults]),
        case!(user_notification_wait_killable_fatal_with_a_core).needs(&[Need::Faults]),
        case!(user_notification_wait_killable_after_reply).within(60),
    ],
};

/// Values, errors and data come back as they are, also to a process whose first call and whose last it is.
fn user_notification_basic(t: &mut Twin) {
    world::file("file", "text");
    t.fork("first call and last", |t| {
        t.opened("open", args![c"file", O_RDONLY]);
    });
    let (one, other) = (c"file", c"nowhere");
    let mut buffer = [b'.'; 8];
    for name in [one, other] {
        let fd = t.call("open", args![name, O_RDWR]);
        for count in [0, 1, 4, 8] {
            t.call("pread64", args![fd, &mut buffer, count, 0]);
            t.bytes("read", &buffer);
        }
        t.call("write", args![fd, b"some", 4]);
        t.call("access", args![name, W_OK]);
        t.call("fsync", args![fd]);
        t.close(fd);
    }
    t.call("mkdir", args![one, 0o777]);
    t.call("rmdir", args![one]);
}

/// A filter for all threads at once, while they make calls that are carried out: each meets it at its next call.
fn user_notification_with_tsync(t: &mut Twin) {
    world::file("file", "text");
    const THREADS: usize = 4;
    let under_way = Barrier::new(THREADS + 1);
    let results = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|number| {
                let under_way = &under_way;
                scope.spawn(move || {
                    let name = format!("dir{number}");
                    under_way.wait();
                    loop {
                        if let Err(error) = fs::create_dir(&name) {
                            return (error.raw_os_error(), fs::metadata("file").is_ok());
                        }
                        fs::remove_dir(&name).expect("rmdir");
                    }
                })
            })
            .collect();
        under_way.wait();
        let refuse = SECCOMP_RET_ERRNO | EXDEV as u32;
        let done = outer::confine_oneself(SYS_mkdir, refuse, SECCOMP_FILTER_FLAG_TSYNC);
        t.note("confined", done.is_ok());
        let results = threads
            .into_iter()
            .map(|thread| thread.join().expect("a thread"));
        results.collect::<Vec<_>>()
    });
    t.note("threads", format!("{results:?}"));
    t.call("mkdir", args![c"dir", 0o777]);
    t.tree(".");
}

/// A process that makes `call` with a page that is missing; once it waits, and `meanwhile` has been done by a child of its,
/// the page says `text`.
fn in_the_middle(
    t: &mut Twin,
    text: &CStr,
    call: impl FnOnce(&mut Twin, &Pages),
    meanwhile: impl FnOnce(Pid),
) {
    let over = Word::new();
    t.fork("caller", |t| {
        setrlimit(Resource::RLIMIT_CORE, 0, 0).expect("limit");
        let page = Pages::missing(1).expect("a page");
        let caller = Pid::this();
        // SAFETY: the process has one thread; the child leaves through `_exit`.
        if unsafe { fork() } == 0 {
            page.wait_for_a_touch();
            meanwhile(caller);
            page.give(0, text);
            over.say();
            // SAFETY: ends the child at once.
            unsafe { _exit(0) };
        }
        call(t, &page);
    });
    over.hear();
}

type Middle = (&'static str, fn(usize) -> Vec<Arg>);

/// Calls that find what they need in the missing page.
const MIDDLES: &[Middle] = &[
    ("mkdir", |at| args![Arg::at(at, "missing"), 0o777].to_vec()),
    ("open", |at| {
        args![Arg::at(at, "missing"), O_CREAT | O_WRONLY, 0o666].to_vec()
    }),
    ("rename", |at| {
        args![c"file", Arg::at(at, "missing")].to_vec()
    }),
    ("unlink", |at| args![Arg::at(at, "missing")].to_vec()),
];

fn kill_by(caller: Pid, signal: Signal) {
    kill(caller, signal).expect("kill");
    until("the caller's end", || !proc::is_alive(caller));
}

/// What was in hand when its caller was killed has not been done, and is not.
fn user_notification_kill_in_middle(t: &mut Twin) {
    for (call, args) in MIDDLES {
        world::file("file", "text");
        let make = |t: &mut Twin, page: &Pages| {
            t.call(call, &args(page.address(0)));
        };
        in_the_middle(t, c"made", make, |caller| kill_by(caller, Signal::SIGKILL));
        t.tree(".");
        crate::tree::remove("made".as_ref());
    }
}

/// It comes while the call is in hand: the call is done once, then handled, whatever was said of restarting.
fn user_notification_signal(t: &mut Twin) {
    for (call, args) in MIDDLES {
        for restarting in [false, true] {
            world::file("file", "text");
            let make = |t: &mut Twin, page: &Pages| {
                match restarting {
                    true => signals::catch_and_restart(Signal::SIGUSR1),
                    false => signals::catch(Signal::SIGUSR1),
                }
                t.call(call, &args(page.address(0)));
                t.note("caught", signals::caught());
            };
            let name = if *call == "unlink" { c"file" } else { c"made" };
            in_the_middle(t, name, make, |caller| {
                kill(caller, Signal::SIGUSR1).expect("kill");
            });
            t.tree(".");
            crate::tree::remove("made".as_ref());
        }
    }
}

/// Flags for a child in a namespace of processes of its own, of which it is the first.
fn first_of_a_namespace() -> c_int {
    match is_root() {
        true => CLONE_NEWPID,
        false => CLONE_NEWPID | CLONE_NEWUSER,
    }
}

fn work(t: &mut Twin, name: &str) {
    let name = CString::new(name).expect("a name");
    t.call("mkdir", args![name.as_c_str(), 0o777]);
    t.call("chdir", args![name.as_c_str()]);
    let fd = t.call("open", args![c"file", O_CREAT | O_RDWR, 0o666]);
    t.call("write", args![fd, b"text", 4]);
    t.call("fsync", args![fd]);
    t.call("rename", args![c"file", c"renamed"]);
    let mut st: stat = blank();
    t.call("fstat", args![fd, &raw mut st]);
    t.close(fd);
    t.opened("open", args![c"/proc/self/stat", O_RDONLY]);
    // SAFETY: no memory is involved.
    t.note("I am", unsafe { getpid() });
    t.call("kill", args![1, 0]);
    t.call("kill", args![2, 0]);
    t.call("chdir", args![c".."]);
}

/// The number in a notification is not the one that the caller knows itself by.
fn user_notification_child_pid_ns(t: &mut Twin) {
    cloned(t, first_of_a_namespace(), |t| {
        work(t, "first");
        t.fork("second", |t| work(t, "second"));
        cloned(t, CLONE_NEWPID, |t| work(t, "deeper"));
    });
    t.tree(".");
}

/// Two processes of one number, side by side, that make calls at the same time.
fn user_notification_sibling_pid_ns(t: &mut Twin) {
    let [begin, done] = [(); 2].map(|()| Word::new());
    let siblings = ["left", "right"];
    siblings
        .iter()
        .for_each(|name| sibling(name, &begin, &done));
    siblings.iter().for_each(|_| begin.say());
    siblings.iter().for_each(|_| done.hear());
    t.tree(".");
}

/// Makes calls in a namespace of its own, all the time that the other one does.
fn sibling(name: &str, begin: &Word, done: &Word) {
    // SAFETY: without CLONE_VM this is a fork; the child leaves through `_exit`.
    let child = unsafe { syscall(SYS_clone, first_of_a_namespace() | SIGCHLD, 0, 0, 0, 0) };
    assert!(child >= 0, "clone");
    if child != 0 {
        return;
    }
    begin.hear();
    fs::create_dir(name).expect("mkdir");
    for round in 0..100 {
        let [file, renamed] = ["file", "renamed"].map(|file| format!("{name}/{file}{}", round % 3));
        fs::write(&file, format!("{name} {round}")).expect("write");
        fs::rename(&file, &renamed).expect("rename");
        let text = fs::read_to_string(&renamed).expect("read");
        assert_eq!(text, format!("{name} {round}"));
        assert_eq!(std::process::id(), 1);
    }
    done.say();
    // SAFETY: ends the child at once.
    unsafe { _exit(0) };
}

/// What a call points to goes away while somebody waits for it: EFAULT, and the next call is served as any other.
fn user_notification_fault_recv(t: &mut Twin) {
    world::file("file", "text");
    for (call, args) in MIDDLES {
        let page = Pages::missing(1).expect("a page");
        std::thread::scope(|scope| {
            scope.spawn(|| {
                page.wait_for_a_touch();
                page.take_away(0);
            });
            t.call(call, &args(page.address(0)));
        });
        t.opened("open", args![c"file", O_RDONLY]);
    }
    t.tree(".");
}

/// Calls that asys looks at and leaves to the kernel act on the caller.
fn user_notification_continue(t: &mut Twin) {
    world::file("file", "text");
    let me = Arg::at(std::process::id() as usize, "me");
    for _ in 0..3 {
        t.opened("open", args![c"file", O_PATH]);
        t.call("umask", args![0o027]);
        t.call("kill", args![&me, 0]);
        let mut link = [b'.'; 8];
        let mut name = [b'.'; 16];
        t.call("readlink", args![c"/proc/self/fd/99", &mut link, 8]);
        let comm = t.call("open", args![c"/proc/thread-self/comm", O_RDWR]);
        t.call("write", args![comm, b"renamed", 7]);
        t.call("pread64", args![comm, &mut name, 16, 0]);
        t.bytes("name", &name);
        t.close(comm);
        let (out, into) = nix::unistd::pipe().expect("a pipe");
        t.call("write", args![into.as_raw_fd(), b"piped", 5]);
        t.call("read", args![out.as_raw_fd(), &mut name, 16]);
        t.bytes("read", &name);
    }
}

/// Another thread changes the path all the time, also while somebody looks at it: what is opened is one or the other,
/// whoever opens it.
fn user_notification_continue_of_a_changing_path(t: &mut Twin) {
    const NAMES: [&[u8; 8]; 3] = [b"some/abc", b"/dev/fd/", b"././././"];
    world::dir("some");
    world::file("some/abc", "");
    let words = NAMES.map(|name| u64::from_ne_bytes(*name));
    let path = [AtomicU64::new(words[0]), AtomicU64::new(0)];
    let over = AtomicBool::new(false);
    let failed = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                words
                    .iter()
                    .for_each(|word| path[0].store(*word, Ordering::Relaxed));
            }
        });
        let fails = |_: &i32| {
            // SAFETY: there is a NUL after the word, whichever it is.
            let fd = unsafe { syscall(SYS_open, path.as_ptr(), O_RDONLY) };
            // SAFETY: just opened, if it was.
            unsafe { syscall(SYS_close, fd) };
            fd < 0
        };
        let failed = (0..3000).filter(fails).count();
        over.store(true, Ordering::Relaxed);
        failed
    });
    t.note("failed", failed);
}

/// The lowest number that is free, and closed by a program or not, as was asked.
fn user_notification_addfd(t: &mut Twin) {
    world::file("file", "text");
    let fds: Vec<i64> = (0..20)
        .map(|i| {
            t.call(
                "open",
                args![c"file", if i % 3 == 0 { O_CLOEXEC } else { 0 }],
            )
        })
        .collect();
    for hole in [7, 3, 11] {
        t.close(fds[hole]);
    }
    for flags in [O_CLOEXEC, 0, O_CLOEXEC, 0] {
        let fd = t.call("open", args![c"file", flags]);
        t.call("fcntl", args![fd, F_GETFD]);
        t.call("fcntl", args![fd, F_GETFL]);
    }
    t.call("dup2", args![fds[0], 40]);
    t.call("open", args![c"file", O_RDONLY]);
    let mut ls = Command::new("ls");
    let seen = ls.arg("/proc/self/fd").stdin(Stdio::null()).output();
    t.bytes("a program sees", &seen.expect("ls").stdout);
}

const OPENERS: usize = 4;

/// What each of some threads makes of opening `count` files, which all stay open.
fn open_in_threads(count: usize, name: impl Fn(usize, usize) -> String + Sync) -> Vec<Vec<i32>> {
    let (name, start) = (&name, &Barrier::new(OPENERS));
    std::thread::scope(|scope| {
        let open = move |thread: usize| {
            let mut options = fs::File::options();
            options.write(true).create(true);
            let names: Vec<_> = (0..count).map(|i| name(thread, i)).collect();
            start.wait();
            let opened = names.iter().filter_map(|name| options.open(name).ok());
            opened.map(IntoRawFd::into_raw_fd).collect()
        };
        let threads: Vec<_> = (0..OPENERS).map(|n| scope.spawn(move || open(n))).collect();
        let opened = threads
            .into_iter()
            .map(|thread| thread.join().expect("a thread"));
        opened.collect()
    })
}

/// Each number is given to one thread only, and none is left out.
fn user_notification_addfd_of_threads(t: &mut Twin) {
    let opened = open_in_threads(100, |thread, _| format!("file{thread}"));
    let mut all: Vec<i32> = opened.concat();
    all.sort_unstable();
    all.dedup();
    t.note(
        "numbers",
        format!("{} {:?} {:?}", all.len(), all.first(), all.last()),
    );
}

fn limit_descriptors(to: u64) {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).expect("limit");
    setrlimit(Resource::RLIMIT_NOFILE, to, hard).expect("limit");
}

/// At the limit nothing is opened, and nothing made or emptied either.
fn user_notification_addfd_rlimit(t: &mut Twin) {
    world::file("full", "text");
    let highest = t.call("open", args![c"full", O_RDONLY]);
    for more in [0, 1, 2] {
        limit_descriptors(highest as u64 + 1 + more);
        for _ in 0..more {
            t.call("open", args![c"full", O_RDONLY]);
        }
        t.call("open", args![c"new", O_CREAT | O_RDWR, 0o666]);
        t.call("open", args![c"full", O_TRUNC | O_RDWR]);
        t.call("open", args![c"nowhere", O_RDONLY]);
        t.call("open", args![c".", O_TMPFILE | O_RDWR, 0o600]);
        (1..=more as i64).for_each(|fd| t.close(highest + fd));
    }
    limit_descriptors(0);
    t.call("open", args![c"full", O_RDONLY]);
    limit_descriptors(64);
    t.tree(".");
}

/// The limit bounds the number, not how many there are.
fn user_notification_addfd_rlimit_below_what_is_open(t: &mut Twin) {
    world::file("file", "text");
    for fd in 40..60 {
        t.call("dup2", args![1, fd]);
    }
    limit_descriptors(10);
    for i in 0..12 {
        let name = CString::new(format!("new{i}")).expect("a name");
        t.call("open", args![name.as_c_str(), O_CREAT | O_RDWR, 0o666]);
    }
    limit_descriptors(64);
    t.tree(".");
}

/// Who gets none of the last numbers has made no file.
fn user_notification_addfd_rlimit_of_threads(t: &mut Twin) {
    for round in 0..20 {
        t.fork("process", |t| {
            let dir = format!("dir{round}");
            world::dir(&dir);
            limit_descriptors(20);
            let opened = open_in_threads(10, |thread, i| format!("{dir}/{thread}-{i}"));
            limit_descriptors(64);
            t.note("opened", opened.concat().len());
            t.note("made", fs::read_dir(&dir).expect("dir").count());
            fs::remove_dir_all(&dir).expect("dir");
        });
    }
}

/// Wherever a caller runs, it runs there afterwards, and as it did.
fn user_notification_sync(t: &mut Twin) {
    world::file("file", "text");
    // SAFETY: sets and structures of our own; the calls read or fill them.
    unsafe {
        let mut all: cpu_set_t = blank();
        sched_getaffinity(0, size_of_val(&all), &raw mut all);
        for cpu in (0..CPU_SETSIZE as usize).filter(|cpu| CPU_ISSET(*cpu, &all)) {
            let mut one: cpu_set_t = blank();
            CPU_SET(cpu, &mut one);
            sched_setaffinity(0, size_of_val(&one), &raw const one);
            for policy in [SCHED_OTHER, SCHED_BATCH, SCHED_IDLE] {
                t.fork("child", |t| {
                    let param: sched_param = blank();
                    sched_setscheduler(0, policy, &raw const param);
                    setpriority(PRIO_PROCESS, 0, 5);
                    let fd = t.call("open", args![c"file", O_RDWR]);
                    t.call("write", args![fd, b"text", 4]);
                    t.call("fsync", args![fd]);
                    let mut now: cpu_set_t = blank();
                    sched_getaffinity(0, size_of_val(&now), &raw mut now);
                    t.note("same", CPU_EQUAL(&now, &one));
                    t.note("policy", sched_getscheduler(0) == policy);
                    t.note("nice", getpriority(PRIO_PROCESS, 0));
                });
            }
        }
    }
}

/// Signals that do not kill wait until a call that somebody has in hand is answered.
fn user_notification_wait_killable(t: &mut Twin) {
    world::file("file", "text");
    let make = |t: &mut Twin, page: &Pages| {
        signals::catch(Signal::SIGUSR1);
        signals::catch_and_restart(Signal::SIGALRM);
        signals::ignore(Signal::SIGTERM);
        SigSet::from(Signal::SIGUSR2)
            .thread_block()
            .expect("sigprocmask");
        let made = args![Arg::at(page.address(0), "missing"), O_CREAT | O_RDWR, 0o666];
        t.call("open", made);
        t.note("caught", signals::caught());
        let waits = SigSet::from(Signal::SIGUSR2).wait();
        t.note("waited", format!("{waits:?}"));
    };
    in_the_middle(t, c"made", make, |caller| {
        for signal in [
            Signal::SIGUSR1,
            Signal::SIGUSR2,
            Signal::SIGALRM,
            Signal::SIGTERM,
            Signal::SIGWINCH,
            Signal::SIGCHLD,
        ] {
            kill(caller, signal).expect("kill");
        }
    });
    t.tree(".");
}

/// A stop comes after the answer, and what follows after SIGCONT.
fn user_notification_wait_killable_stopped(t: &mut Twin) {
    let [given, over] = [(); 2].map(|()| Word::new());
    t.fork("caller", |t| {
        let page = Pages::missing(1).expect("a page");
        let caller = Pid::this();
        // SAFETY: the process has one thread; the child leaves through `_exit`.
        if unsafe { fork() } == 0 {
            page.wait_for_a_touch();
            kill(caller, Signal::SIGSTOP).expect("kill");
            page.give(0, c"made");
            given.say();
            until("the stop", || proc::is_stopped(caller));
            let made = fs::exists("made").expect("made");
            fs::write("seen", made.to_string()).expect("seen");
            kill(caller, Signal::SIGCONT).expect("kill");
            over.say();
            // SAFETY: ends the child at once.
            unsafe { _exit(0) };
        }
        t.call("mkdir", args![Arg::at(page.address(0), "missing"), 0o777]);
        t.call("rmdir", args![c"made"]);
    });
    given.hear();
    over.hear();
    t.tree(".");
}

/// Whoever is killed is dead before anybody has answered.
fn user_notification_wait_killable_fatal(t: &mut Twin) {
    for signal in [
        Signal::SIGKILL,
        Signal::SIGTERM,
        Signal::SIGALRM,
        Signal::SIGUSR1,
    ] {
        let make = |t: &mut Twin, page: &Pages| {
            t.call("mkdir", args![Arg::at(page.address(0), "missing"), 0o777]);
        };
        in_the_middle(t, c"made", make, |caller| kill_by(caller, signal));
        t.tree(".");
    }
}

/// A signal that dumps a core does not kill before the call is over.
fn user_notification_wait_killable_fatal_with_a_core(t: &mut Twin) {
    for signal in [Signal::SIGQUIT, Signal::SIGSYS, Signal::SIGXCPU] {
        let make = |t: &mut Twin, page: &Pages| {
            t.call("mkdir", args![Arg::at(page.address(0), "missing"), 0o777]);
            t.note("not", "reached");
        };
        in_the_middle(t, c"made", make, |caller| {
            kill(caller, signal).expect("kill");
        });
        t.tree(".");
        t.call("rmdir", args![c"made"]);
    }
}

/// Signals without end, whenever: every call is done once, and its answer is its caller's.
fn user_notification_wait_killable_after_reply(t: &mut Twin) {
    world::file("file", "");
    let open = || fs::read_dir("/proc/self/fd").expect("fds").count();
    let before = open();
    signals::catch_and_restart(Signal::SIGALRM);
    signals::timer(1000);
    let mut strange = Vec::new();
    let mut done = |what: &str, done: bool| {
        if !done {
            strange.push(format!("{what}: {}", nix::errno::Errno::last()));
        }
    };
    while signals::caught() < 300 {
        // SAFETY: terminated names.
        unsafe {
            done("mkdir", syscall(SYS_mkdir, c"dir".as_ptr(), 0o777) == 0);
            done(
                "rename",
                syscall(SYS_rename, c"dir".as_ptr(), c"other".as_ptr()) == 0,
            );
            done("rmdir", syscall(SYS_rmdir, c"other".as_ptr()) == 0);
            let fd = syscall(SYS_open, c"file".as_ptr(), O_RDONLY);
            done("open", fd >= 0);
            done("close", syscall(SYS_close, fd) == 0);
        }
    }
    signals::timer(0);
    t.note("strange", strange.join(", "));
    t.note("open", format!("{}", open() - before));
}
