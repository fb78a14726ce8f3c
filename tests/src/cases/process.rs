//! What belongs to a process, not to a call: its program, its threads, its relatives, its terminal.

use crate::arg::Arg;
use crate::args;
use crate::case;
use crate::case::Family;
use crate::cases::world;
use crate::filesystem::FileSystem;
use crate::needs::{Need, find};
use crate::twin::{Twin, blank};
use libc::*;
use nix::sys::resource::{Resource, setrlimit};
use std::ffi::CString;
use std::fs;
use std::os::fd::AsRawFd;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::Barrier;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

pub const FAMILY: Family = Family {
    name: "process",
    on: FileSystem::HOME,
    cases: &[
        case!(relatives_of_every_kind),
        case!(memory_lent_to_a_program).needs(&[Need::Tool("cat")]),
        case!(program_by_another_thread)
            .needs(&[Need::Tool("sh"), Need::Tool("ls")])
            .within(60),
        case!(end_of_all_threads_in_their_calls).within(60),
        case!(leader_that_leaves),
        case!(leader_that_leaves_before_it_is_seen),
        case!(threads_of_one_call),
        case!(signals_of_a_threads_own_call),
        case!(own_controlling_terminal),
        case!(no_controlling_terminal),
    ],
};

/// A stack for a child that shares memory.
pub(super) const STACK: usize = 256 << 10;

struct Call<'a>(&'a mut Twin, &'a mut dyn FnMut(&mut Twin));

extern "C" fn begin(call: *mut c_void) -> c_int {
    // SAFETY: `cloned` waits for the child's end, and touches neither until then.
    let call = unsafe { &mut *call.cast::<Call>() };
    (call.1)(call.0);
    0
}

/// Runs `body` in a child made with these flags, and waits for its end.
pub(super) fn cloned(t: &mut Twin, flags: c_int, mut body: impl FnMut(&mut Twin)) {
    let mut stack = vec![0u128; STACK / 16];
    let mut call = Call(t, &mut body);
    // SAFETY: the stack and what the child is given live until it has ended.
    let child = unsafe {
        let top = stack.as_mut_ptr().add(stack.len()).cast();
        clone(begin, top, flags | SIGCHLD, (&raw mut call).cast())
    };
    let mut status = 0;
    // SAFETY: a status to write.
    let waited = unsafe { waitpid(child, &raw mut status, __WALL) };
    assert_eq!(waited, child, "waitpid");
    t.note("cloned", format_args!("ended with {status:#x}"));
}

fn mode_of(t: &mut Twin, name: &CString) {
    let fd = t.call("open", args![name.as_c_str(), O_CREAT | O_RDWR, 0o666]);
    let mut st: stat = blank();
    t.call("fstat", args![fd, &raw mut st]);
    t.note("mode", format!("{:o}", st.st_mode));
}

/// Memory, descriptors, directory and umask, each shared or not: what the child changed is changed, or is not.
fn relatives_of_every_kind(t: &mut Twin) {
    for shared in 0..8 {
        let mut flags = CLONE_VFORK;
        for (bit, flag) in [CLONE_VM, CLONE_FILES, CLONE_FS].into_iter().enumerate() {
            flags |= if shared >> bit & 1 == 1 { flag } else { 0 };
        }
        let name = |name: &str| CString::new(format!("{name}{shared}")).expect("a name");
        let (dir, inner, outer) = (name("dir"), name("inner"), name("outer"));
        t.call("mkdir", args![dir.as_c_str(), 0o777]);
        let mut opened = -1;
        cloned(t, flags, |t| {
            t.call("chdir", args![dir.as_c_str()]);
            t.call("umask", args![0o077]);
            mode_of(t, &inner);
            opened = t.call("open", args![inner.as_c_str(), O_RDWR]);
            t.call("write", args![opened, b"by the child", 12]);
        });
        t.note("memory", opened);
        mode_of(t, &outer);
        let mut buffer = [b'.'; 16];
        for fd in 3..8_i64 {
            t.call("pread64", args![fd, &mut buffer, 16, 0]);
        }
        t.bytes("read", &buffer);
        (3..8).for_each(|fd| t.close(fd));
        if flags & CLONE_FS != 0 {
            t.call("chdir", args![c".."]);
        }
        t.call("umask", args![0o022]);
    }
    t.tree(".");
}

/// As vfork(2) does: the child has its parent's memory until it runs a program.
fn memory_lent_to_a_program(t: &mut Twin) {
    world::file("file", "text\n");
    let cat = CString::new(
        find("cat")
            .expect("cat")
            .into_os_string()
            .into_encoded_bytes(),
    );
    let cat = cat.expect("a path");
    let argv = [cat.as_ptr(), c"out".as_ptr(), std::ptr::null()];
    let envp = [std::ptr::null::<c_char>()];
    for _ in 0..50 {
        let mut before = 0;
        cloned(t, CLONE_VM | CLONE_VFORK, |t| {
            before = t.call("open", args![c"file", O_RDONLY]);
            t.call("rename", args![c"file", c"out"]);
            // SAFETY: a path and two lists that end with null.
            unsafe { execve(cat.as_ptr(), argv.as_ptr(), envp.as_ptr()) };
        });
        t.note("lent", before);
        t.call("rename", args![c"out", c"file"]);
    }
}

/// Calls that leave nothing behind, of every family, until the process is no more.
fn calls_without_end() {
    let file = fs::File::options().read(true).write(true).open("busy");
    let file = file.expect("busy");
    loop {
        let mut buffer = [0; 64];
        let read = std::os::unix::fs::FileExt::read_at(&file, &mut buffer, 0);
        let list = fs::read_dir(".").map(Iterator::count);
        let looked = fs::metadata("busy").map(drop);
        let opened = fs::File::open("busy").map(drop);
        let synced = file.sync_data();
        assert!(read.is_ok() && list.is_ok() && looked.is_ok());
        assert!(opened.is_ok() && synced.is_ok());
    }
}

const THREADS: usize = 4;
const ROUNDS: u64 = 30;

/// Another one each time, so that every step of a call is met.
fn a_moment(round: u64) {
    std::thread::park_timeout(Duration::from_micros(round * 41));
}

/// Its other threads' calls end with them; none of their answers, and none of their descriptors, is the program's.
fn program_by_another_thread(t: &mut Twin) {
    world::file("busy", "busy");
    for round in 0..ROUNDS {
        t.fork("program", |_| {
            let begun = Barrier::new(THREADS + 1);
            std::thread::scope(|scope| {
                for _ in 0..THREADS {
                    scope.spawn(|| {
                        begun.wait();
                        calls_without_end();
                    });
                }
                begun.wait();
                a_moment(round);
                let script = format!(
                    "cat busy; echo x >made{round}; cat made{round} nowhere; umask; ls /proc/self/fd | wc -l; exit 3"
                );
                let mut sh = Command::new("sh");
                scope.spawn(move || sh.args(["-c", &script]).env("LC_ALL", "C").exec());
            });
        });
    }
    t.tree(".");
}

fn end_of_all_threads_in_their_calls(t: &mut Twin) {
    world::file("busy", "busy");
    for round in 0..ROUNDS {
        t.fork("process", |_| {
            let begun = Barrier::new(THREADS + 1);
            std::thread::scope(|scope| {
                for _ in 0..THREADS {
                    scope.spawn(|| {
                        begun.wait();
                        calls_without_end();
                    });
                }
                begun.wait();
                a_moment(round);
                // SAFETY: ends all threads, wherever they are.
                unsafe { _exit(7) };
            });
        });
        t.call("rename", args![c"busy", c"busy"]);
    }
    t.tree(".");
}

/// Lets a thread go on with what its leader leaves to it.
struct Left(*mut Twin);

// SAFETY: the leader touches it no more.
unsafe impl Send for Left {}

impl Left {
    /// Takes the whole of it into the thread.
    fn take(&mut self) -> &mut Twin {
        // SAFETY: the leader has left it to this thread, and its memory stays until the process ends.
        unsafe { &mut *self.0 }
    }
}

/// Waits until the first thread is a zombie, which it stays while others live.
fn without_its_leader(t: &mut Twin, then: fn(&mut Twin)) {
    t.fork("process", |t| {
        let mut left = Left(t);
        std::thread::spawn(move || {
            let me = nix::unistd::Pid::this();
            crate::deadline::until("the leader's end", || !crate::proc::is_alive(me));
            then(left.take());
            // SAFETY: ends the process; nobody else does.
            unsafe { _exit(0) };
        });
        // SAFETY: ends this thread alone. Nothing of it is used by others but what it left.
        unsafe { syscall(SYS_exit, 0) };
    });
}

fn work(t: &mut Twin) {
    t.call("mkdir", args![c"dir", 0o777]);
    let fd = t.call("open", args![c"dir/file", O_CREAT | O_RDWR, 0o666]);
    t.call("write", args![fd, b"some text", 9]);
    t.call("fsync", args![fd]);
    let mut buffer = [b'.'; 16];
    t.call("pread64", args![fd, &mut buffer, 16, 0]);
    t.bytes("read", &buffer);
    let mut st: stat = blank();
    t.call("fstat", args![fd, &raw mut st]);
    t.stat("fstat", &st);
    t.close(fd);
    t.call("umask", args![0o077]);
    t.opened("open", args![c"dir/other", O_CREAT | O_RDWR, 0o666]);
    t.call("chdir", args![c"dir"]);
    t.call("rename", args![c"file", c"renamed"]);
    t.opened("open", args![c"/proc/self/status", O_RDONLY]);
    t.opened("open", args![c"/proc/thread-self/comm", O_RDONLY]);
    t.tree(".");
}

fn leader_that_leaves(t: &mut Twin) {
    t.fork("before", |t| {
        t.opened("open", args![c".", O_RDONLY]);
        without_its_leader(t, work);
    });
}

/// Nothing is known of the process when its first call comes: it has no leader any more.
fn leader_that_leaves_before_it_is_seen(t: &mut Twin) {
    without_its_leader(t, work);
}

/// Each is gone as soon as its call is answered, and its number may be the next one's.
fn threads_of_one_call(t: &mut Twin) {
    world::file("file", "");
    let mut failed = 0;
    for round in 0..300 {
        let name = format!("made{}", round % 7);
        let thread = std::thread::spawn(move || match round % 3 {
            0 => fs::metadata("file").map(drop),
            1 => fs::write(&name, "text"),
            _ => fs::read_dir(".").map(drop),
        });
        failed += usize::from(thread.join().expect("a thread").is_err());
    }
    t.note("failed", failed);
    t.tree(".");
}

/// The thread that SIGPIPE or SIGXFSZ came to.
static CAME_TO: AtomicI32 = AtomicI32::new(0);

extern "C" fn note_the_thread(_: c_int) {
    // SAFETY: no memory is involved.
    let me = unsafe { syscall(SYS_gettid) };
    CAME_TO.store(me as i32, Ordering::Relaxed);
}

/// What `call` returned, and whether its signal came to the thread that made it.
fn came_to_the_caller(t: &mut Twin, call: &str, args: &[Arg]) {
    CAME_TO.store(0, Ordering::Relaxed);
    t.call(call, args);
    // SAFETY: no memory is involved.
    let me = unsafe { syscall(SYS_gettid) };
    let came_to = match i64::from(CAME_TO.load(Ordering::Relaxed)) {
        0 => "nobody",
        thread if thread == me => "the caller",
        _ => "somebody else",
    };
    t.note("signal came to", came_to);
}

/// SIGPIPE and SIGXFSZ are for the thread that wrote, though others could take them as well.
fn signals_of_a_threads_own_call(t: &mut Twin) {
    for signal in [SIGPIPE, SIGXFSZ] {
        let mut action: sigaction = blank();
        action.sa_sigaction = note_the_thread as *const () as usize;
        // SAFETY: the handler makes one raw call and stores its result.
        assert_eq!(0, unsafe {
            sigaction(signal, &raw const action, std::ptr::null_mut())
        });
    }
    world::file("file", "some text");
    let file = t.call("open", args![c"file", O_RDWR]);
    let (out, into) = nix::unistd::pipe().expect("a pipe");
    drop(out);
    let (full, other) = nix::unistd::pipe().expect("a pipe");
    let [into, full, other] = [&into, &full, &other].map(|fd| fd.as_raw_fd());
    t.call("write", args![other, b"piped", 5]);
    let vector = [c"text".as_ptr().addr(), 4];
    let vector = Arg::at(vector.as_ptr().addr(), "vector");
    std::thread::scope(|scope| {
        scope.spawn(|| {
            came_to_the_caller(t, "write", args![into, b"x", 1]);
            came_to_the_caller(t, "writev", args![into, &vector, 1]);
            came_to_the_caller(t, "sendfile", args![into, file, 0, 4]);
            came_to_the_caller(t, "splice", args![file, 0, into, 0, 4, 0]);
            came_to_the_caller(t, "tee", args![full, into, 4, 0]);
            setrlimit(Resource::RLIMIT_FSIZE, 12, RLIM_INFINITY).expect("limit");
            came_to_the_caller(t, "pwrite64", args![file, b"x", 1, 12]);
            came_to_the_caller(t, "pwritev", args![file, &vector, 1, 12]);
            came_to_the_caller(t, "ftruncate", args![file, 13]);
            came_to_the_caller(t, "truncate", args![c"file", 13]);
            came_to_the_caller(t, "fallocate", args![file, 0, 0, 13]);
            t.call("lseek", args![file, 12, SEEK_SET]);
            came_to_the_caller(t, "splice", args![full, 0, file, 0, 4, 0]);
        });
    });
}

/// In a session of its own, without a terminal so far.
fn session(t: &mut Twin, then: impl FnOnce(&mut Twin)) {
    t.fork("session", |t| {
        nix::unistd::setsid().expect("a session");
        then(t);
    });
}

const WAYS: [&str; 2] = ["open", "openat"];

fn open_terminal(t: &mut Twin, row: &str, flags: c_int) -> i64 {
    match row {
        "open" => t.call(row, args![c"/dev/tty", flags]),
        _ => t.call(row, args![AT_FDCWD, c"/dev/tty", flags]),
    }
}

/// /dev/tty is the caller's.
fn own_controlling_terminal(t: &mut Twin) {
    session(t, |t| {
        let pty = nix::pty::openpty(None, None).expect("a terminal");
        let (ours, theirs) = (pty.master.as_raw_fd(), pty.slave.as_raw_fd());
        t.call("ioctl", args![theirs, TIOCSCTTY, 0]);
        let name = nix::unistd::ttyname(&pty.slave).expect("its name");
        let name = CString::new(name.into_os_string().into_encoded_bytes()).expect("a name");
        for row in WAYS {
            let fd = open_terminal(t, row, O_RDWR);
            t.call("write", args![fd, b"said", 4]);
            let mut said = [b'.'; 8];
            t.call("read", args![ours, &mut said, 8]);
            t.bytes("said", &said);
            t.call("write", args![ours, b"heard\n", 6]);
            let mut heard = [b'.'; 8];
            t.call("read", args![fd, &mut heard, 8]);
            t.bytes("heard", &heard);
            t.call("read", args![ours, &mut heard, 8]);
            t.close(fd);
            let by_name = Arg::at(name.as_ptr().addr(), "its name");
            t.opened("open", args![&by_name, O_RDWR]);
            t.call("access", args![&by_name, R_OK]);
        }
        session(t, |t| {
            open_terminal(t, "open", O_RDWR);
        });
        crate::signals::ignore(nix::sys::signal::Signal::SIGHUP);
        t.call("ioctl", args![theirs, TIOCNOTTY, 0]);
        for row in WAYS {
            open_terminal(t, row, O_RDWR);
        }
    });
}

fn no_controlling_terminal(t: &mut Twin) {
    session(t, |t| {
        for row in WAYS {
            for flags in [O_RDONLY, O_RDWR | O_NOCTTY, O_RDWR | O_CREAT, O_DIRECTORY] {
                let fd = open_terminal(t, row, flags);
                t.close(fd);
            }
        }
    });
}
