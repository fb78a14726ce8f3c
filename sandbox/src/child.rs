//! The child between clone(2) and execve(2).
//!
//! It runs on a copy of the supervisor's memory but in its descriptor table,
//! and must neither allocate nor take a lock: everything it needs was
//! prepared before. Until [`step::GO`] it may not make a call the filter
//! traps, because nobody would answer.

use crate::gate::{Page, Stage, step};
use crate::inherited::CHANGED;
use crate::launch::Prepared;
use std::ffi::{c_char, c_int, c_ulong};
use std::ptr::null;

/// Installs the filter, waits to be served, and becomes the command.
pub(crate) fn become_the_command(prepared: &mut Prepared, page: &Page) -> ! {
    let failed = run(prepared, page);
    page.errno
        .store(failed.errno, std::sync::atomic::Ordering::Relaxed);
    page.stage
        .store(failed.stage as u32, std::sync::atomic::Ordering::Relaxed);
    page.advance(step::FAILED);
    // SAFETY: ends this process without running anything of the supervisor's.
    unsafe { libc::_exit(127) }
}

struct Failed {
    stage: Stage,
    errno: c_int,
}

fn run(prepared: &mut Prepared, page: &Page) -> Failed {
    match prepare(prepared, page) {
        Err(failed) => failed,
        Ok(()) => Failed {
            stage: Stage::Exec,
            errno: exec(prepared),
        },
    }
}

fn prepare(prepared: &Prepared, page: &Page) -> Result<(), Failed> {
    let listener = install_filter(prepared)?;
    page.listener
        .store(listener, std::sync::atomic::Ordering::Relaxed);
    page.advance(step::LISTENING);
    while page.step() == step::LISTENING {
        page.wait_while(step::LISTENING, None);
    }
    leave_table(listener)?;
    page.advance(step::ALONE);
    become_the_user(prepared)?;
    restore(prepared)
}

/// A table of its own first: the command's descriptors must not be the
/// supervisor's. The copy of the listener goes with the same call, or the
/// child would keep its own notifications alive when the supervisor dies.
fn leave_table(listener: c_int) -> Result<(), Failed> {
    // SAFETY: no memory is involved; `listener` is used no more.
    let left = unsafe {
        libc::syscall(
            libc::SYS_close_range,
            listener,
            listener,
            libc::CLOSE_RANGE_UNSHARE,
        )
    };
    check(Stage::FileTable, left).map(drop)
}

fn install_filter(prepared: &Prepared) -> Result<c_int, Failed> {
    if prepared.no_new_privs {
        // SAFETY: no memory is involved.
        let set = unsafe {
            libc::syscall(
                libc::SYS_prctl,
                libc::PR_SET_NO_NEW_PRIVS,
                1 as c_ulong,
                0,
                0,
                0,
            )
        };
        check(Stage::NoNewPrivs, set)?;
    }
    let program = libc::sock_fprog {
        len: prepared.filter.len() as u16,
        filter: prepared.filter.as_ptr().cast_mut(),
    };
    // SAFETY: `program` describes a live slice, which the kernel only reads.
    let listener = unsafe {
        libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_SET_MODE_FILTER,
            prepared.flags,
            &raw const program,
        )
    };
    check(Stage::Filter, listener).map(|fd| fd as c_int)
}

fn become_the_user(prepared: &Prepared) -> Result<(), Failed> {
    let Some(user) = &prepared.user else {
        return Ok(());
    };
    // SAFETY: `groups` is a live slice of `len` ids, which the kernel only reads.
    let groups =
        unsafe { libc::syscall(libc::SYS_setgroups, user.groups.len(), user.groups.as_ptr()) };
    check(Stage::User, groups)?;
    // SAFETY: plain numbers. Groups before the user: afterwards it may not.
    check(Stage::User, unsafe {
        libc::syscall(libc::SYS_setresgid, user.gid, user.gid, user.gid)
    })?;
    // SAFETY: plain numbers.
    check(Stage::User, unsafe {
        libc::syscall(libc::SYS_setresuid, user.uid, user.uid, user.uid)
    })?;
    Ok(())
}

fn restore(prepared: &Prepared) -> Result<(), Failed> {
    for signal in CHANGED {
        let ignored = prepared.inherited.ignored.contains(&signal);
        // SAFETY: an all-zero sigaction is SIG_DFL without flags.
        let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
        action.sa_sigaction = if ignored {
            libc::SIG_IGN
        } else {
            libc::SIG_DFL
        };
        // SAFETY: a live sigaction, no old one wanted.
        unsafe { libc::sigaction(signal as c_int, &raw const action, std::ptr::null_mut()) };
    }
    for (resource, soft, hard) in &prepared.inherited.limits {
        let limit = libc::rlimit {
            rlim_cur: *soft,
            rlim_max: *hard,
        };
        // SAFETY: a live rlimit, which the kernel only reads.
        let set = unsafe { libc::setrlimit(*resource as _, &raw const limit) };
        check(Stage::Limits, set.into())?;
    }
    for (fd, closed) in (0..).zip(prepared.inherited.closed) {
        if closed {
            // SAFETY: our own placeholder, in a table of our own.
            unsafe { libc::syscall(libc::SYS_close, fd as c_int) };
        }
    }
    let mask = prepared.inherited.mask.as_ref();
    // SAFETY: a live signal set, no old one wanted. Last: a signal that waited acts from here on.
    unsafe { libc::sigprocmask(libc::SIG_SETMASK, mask, std::ptr::null_mut()) };
    Ok(())
}

/// Tries the candidates as execvp(3) does; returns the errno it would report.
fn exec(prepared: &mut Prepared) -> c_int {
    let mut refused = None;
    let mut errno = libc::ENOENT;
    for i in 0..prepared.candidates.len() - 1 {
        errno = exec_one(prepared, prepared.candidates[i]);
        match errno {
            libc::EACCES => refused = Some(errno),
            libc::ENOENT | libc::ENOTDIR | libc::ESTALE | libc::ENODEV | libc::ETIMEDOUT => {}
            other => return other,
        }
    }
    refused.unwrap_or(errno)
}

fn exec_one(prepared: &mut Prepared, file: *const c_char) -> c_int {
    let env = prepared.env.as_ptr();
    // SAFETY: `file` is a C string; both arrays are null-terminated arrays of C strings.
    unsafe { libc::syscall(libc::SYS_execve, file, prepared.argv.as_ptr(), env) };
    let errno = last_errno();
    if errno != libc::ENOEXEC {
        return errno;
    }
    // A script without an interpreter line: execvp(3) hands it to the shell.
    prepared.shell_argv[1] = file;
    let shell = c"/bin/sh".as_ptr();
    // SAFETY: as above.
    unsafe { libc::syscall(libc::SYS_execve, shell, prepared.shell_argv.as_ptr(), env) };
    last_errno()
}

fn check(stage: Stage, result: i64) -> Result<i64, Failed> {
    if result < 0 {
        Err(Failed {
            stage,
            errno: last_errno(),
        })
    } else {
        Ok(result)
    }
}

fn last_errno() -> c_int {
    // SAFETY: errno lies in this thread's own memory.
    unsafe { *libc::__errno_location() }
}

/// A null-terminated array of pointers into `strings`, as execve(2) wants it.
pub(crate) fn pointers(strings: &[std::ffi::CString]) -> Vec<*const c_char> {
    strings.iter().map(|s| s.as_ptr()).chain([null()]).collect()
}
