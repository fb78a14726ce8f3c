//! Filters around asys, as a container's profile or an older kernel would be: single calls are refused; and those that a
//! program has for itself.

use nix::errno::Errno;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// A call that does not exist here, or that one may not make.
#[derive(Debug, Clone, Copy)]
pub struct Refused {
    pub call: libc::c_long,
    /// Only when its second argument is this: an ioctl's request.
    pub request: Option<u32>,
    pub errno: i32,
}

/// Refuses a call in `command` and all its descendants, from before it is executed.
pub fn refuse(command: &mut Command, refused: Refused) {
    let action = libc::SECCOMP_RET_ERRNO | refused.errno.cast_unsigned();
    let program = program(refused.call, refused.request, action);
    // SAFETY: `install` makes two system calls and neither allocates nor takes a lock.
    unsafe { command.pre_exec(move || install(&program, 0)) };
}

/// From here on `call` has this end, for the calling thread; with SECCOMP_FILTER_FLAG_TSYNC among `flags` for all.
pub fn confine_oneself(call: libc::c_long, action: u32, flags: libc::c_ulong) -> io::Result<()> {
    install(&program(call, None, action), flags)
}

/// Offsets in `struct seccomp_data`.
const NUMBER: u32 = 0;
const SECOND_ARGUMENT: u32 = 24;

/// Numbers are those of 64-bit calls; whether one is, is not asked: no test makes others under this filter.
fn program(call: libc::c_long, request: Option<u32>, action: u32) -> Vec<libc::sock_filter> {
    const LOAD: u32 = libc::BPF_LD | libc::BPF_W | libc::BPF_ABS;
    const IS: u32 = libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K;
    const RETURN: u32 = libc::BPF_RET | libc::BPF_K;
    let step = |code: u32, k: u32, jf: u8| libc::sock_filter {
        code: code as u16,
        jt: 0,
        jf,
        k,
    };
    let number = call as u32;
    let mut program = vec![step(LOAD, NUMBER, 0)];
    match request {
        None => program.push(step(IS, number, 1)),
        Some(request) => program.extend([
            step(IS, number, 3),
            step(LOAD, SECOND_ARGUMENT, 0),
            step(IS, request, 1),
        ]),
    }
    program.push(step(RETURN, action, 0));
    program.push(step(RETURN, libc::SECCOMP_RET_ALLOW, 0));
    program
}

fn install(program: &[libc::sock_filter], flags: libc::c_ulong) -> io::Result<()> {
    let header = libc::sock_fprog {
        len: program.len() as u16,
        filter: program.as_ptr().cast_mut(),
    };
    let load = || {
        // SAFETY: `header` describes a live slice, which the kernel only reads.
        let loaded = unsafe {
            libc::syscall(
                libc::SYS_seccomp,
                libc::SECCOMP_SET_MODE_FILTER,
                flags,
                &raw const header,
            )
        };
        Errno::result(loaded)
    };
    // Without privilege only under no_new_privs.
    if load() == Err(Errno::EACCES) {
        nix::sys::prctl::set_no_new_privs()?;
        load()?;
    }
    Ok(())
}
