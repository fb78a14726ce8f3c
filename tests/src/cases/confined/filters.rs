//! seccomp filters of the program's own, beside that of asys.

use super::landlock::read_and_make;
use crate::args;
use crate::cases::world;
use crate::outer;
use crate::signals;
use crate::twin::{Twin, blank};
use crate::users::ALICE;
use libc::*;
use nix::sys::signal::Signal;
use std::ffi::CStr;
use std::fs;
use std::process::Command;
use std::sync::Barrier;

pub fn confine(t: &mut Twin, call: c_long, action: u32, flags: c_ulong) {
    let done = outer::confine_oneself(call, action, flags);
    t.note("confined", done.is_ok());
}

const ACTIONS: [u32; 7] = [
    SECCOMP_RET_ALLOW,
    SECCOMP_RET_LOG,
    SECCOMP_RET_ERRNO | EXDEV as u32,
    SECCOMP_RET_ERRNO,
    SECCOMP_RET_TRAP,
    SECCOMP_RET_KILL_THREAD,
    SECCOMP_RET_KILL_PROCESS,
];

/// Whoever says no, it is no: the program's filter comes before asys.
pub fn own_filter(t: &mut Twin) {
    world::file("file", "text");
    signals::catch(Signal::SIGSYS);
    for call in [SYS_mkdir, SYS_open, SYS_stat, SYS_unlink, SYS_close] {
        for action in ACTIONS {
            t.note("filter", format_args!("{call} {action:#x}"));
            t.fork("child", |t| {
                nix::sys::resource::setrlimit(nix::sys::resource::Resource::RLIMIT_CORE, 0, 0)
                    .expect("limit");
                t.opened("open", args![c"file", O_RDONLY]);
                confine(t, call, action, 0);
                read_and_make(t);
                t.note("SIGSYS", signals::caught());
            });
            let _ = fs::remove_dir("dir");
            let _ = fs::remove_file("made");
        }
    }
}

/// What did not happen has changed nothing.
pub fn own_filter_of_what_asys_watches(t: &mut Twin) {
    for action in [SECCOMP_RET_ERRNO, SECCOMP_RET_ERRNO | EPERM as u32] {
        t.fork("child", |t| {
            for call in [SYS_umask, SYS_chdir, SYS_execve, SYS_setresuid, SYS_kill] {
                confine(t, call, action, 0);
            }
            t.call("umask", args![0o077]);
            t.call("chdir", args![c"/"]);
            t.call("setresuid", args![ALICE, ALICE, ALICE]);
            let ran = Command::new("true").spawn();
            t.note("ran", ran.map_err(|error| error.kind()).is_ok());
            // SAFETY: to nobody but oneself.
            t.note("kill", unsafe { kill(getpid(), SIGKILL) });
            make(t, c"made");
        });
        t.tree(".");
        fs::remove_file("made").expect("made");
    }
}

/// A file made now, and whose it is.
pub fn make(t: &mut Twin, name: &CStr) {
    let fd = t.call("open", args![name, O_CREAT | O_RDWR, 0o666]);
    let mut st: stat = blank();
    t.call("fstat", args![fd, &raw mut st]);
    t.note(
        "is",
        format!("{:o} {} {}", st.st_mode, st.st_uid, st.st_gid),
    );
    t.close(fd);
}

/// It is a thread's own without SECCOMP_FILTER_FLAG_TSYNC.
pub fn own_filter_of_a_thread(t: &mut Twin) {
    let (confined, done) = (Barrier::new(2), Barrier::new(2));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let errno = SECCOMP_RET_ERRNO | EXDEV as u32;
            outer::confine_oneself(SYS_mkdir, errno, 0).expect("a filter");
            confined.wait();
            let made = fs::create_dir("confined").map_err(|error| error.raw_os_error());
            assert_eq!(made, Err(Some(EXDEV)));
            done.wait();
        });
        confined.wait();
        t.call("mkdir", args![c"free", 0o777]);
        done.wait();
    });
    t.tree(".");
}
