//! The child's side of a floor: between fork and exec it installs the filter and hands the listener over.
//!
//! # Safety
//! The child of a fork may only call what is async-signal-safe: what runs there allocates nothing, takes no lock and
//! only makes raw system calls. All else is prepared before the fork.
#![allow(unsafe_code)]

use std::io;
use std::mem;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::ptr;

use libc::{c_long, c_uint, sock_filter};
use nix::sys::socket::{
    AddressFamily, ControlMessageOwned, MsgFlags, SockFlag, SockType, recvmsg, socketpair,
};

const SECCOMP_RET_ALLOW: u32 = libc::SECCOMP_RET_ALLOW;
const SECCOMP_RET_USER_NOTIF: u32 = libc::SECCOMP_RET_USER_NOTIF;

#[cfg(target_arch = "x86_64")]
const AUDIT_ARCH: u32 = 0xc000_003e;
#[cfg(target_arch = "aarch64")]
const AUDIT_ARCH: u32 = 0xc000_00b7;

/// A socket the listener travels through: sending it needs no call any case traps, and a descriptor on its way survives
/// the exec, so that neither side has to wait for the other.
#[derive(Debug)]
pub(crate) struct Handover {
    ours: OwnedFd,
    theirs: OwnedFd,
}

impl Handover {
    /// Makes `command` trap `calls`. The handover must live until the command is spawned.
    pub(crate) fn prepare(command: &mut Command, calls: &[c_long]) -> io::Result<Handover> {
        let flags = SockFlag::SOCK_CLOEXEC;
        let (ours, theirs) = socketpair(AddressFamily::Unix, SockType::Stream, None, flags)?;
        let program = filter(calls);
        let socket = theirs.as_raw_fd();
        // SAFETY: the closure only calls `install` and `send`, which are async-signal-safe (see above); `program` was
        // allocated here, and `socket` is open in the child because `theirs` lives until `receive`.
        unsafe {
            command.pre_exec(move || send(socket, install(&program)?));
        }
        Ok(Handover { ours, theirs })
    }

    /// The listener, after a successful spawn.
    pub(crate) fn receive(self) -> io::Result<OwnedFd> {
        // Else a child that sent nothing would leave us waiting for our own copy.
        drop(self.theirs);
        let mut byte = [0];
        let mut iov = [io::IoSliceMut::new(&mut byte)];
        let mut space = nix::cmsg_space!(RawFd);
        let flags = MsgFlags::MSG_CMSG_CLOEXEC;
        let message = recvmsg::<()>(self.ours.as_raw_fd(), &mut iov, Some(&mut space), flags)?;
        let first = message.cmsgs()?.next();
        match first {
            Some(ControlMessageOwned::ScmRights(fds)) if fds.len() == 1 => {
                // SAFETY: the kernel has just installed this descriptor for us; nobody else knows it.
                Ok(unsafe { OwnedFd::from_raw_fd(fds[0]) })
            }
            _ => Err(io::Error::other("listener: the child sent none")),
        }
    }
}

/// "Trap these, allow all else." A program of another architecture would be allowed everything: we run only our own.
fn filter(calls: &[c_long]) -> Vec<sock_filter> {
    let load = |offset: usize| {
        op(
            libc::BPF_LD | libc::BPF_W | libc::BPF_ABS,
            offset as u32,
            0,
            0,
        )
    };
    let equal = |k: u32, jt: u8, jf: u8| op(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, k, jt, jf);
    let answer = |k: u32| op(libc::BPF_RET | libc::BPF_K, k, 0, 0);

    let count = calls.len() as u8;
    let mut program = vec![
        load(mem::offset_of!(libc::seccomp_data, arch)),
        equal(AUDIT_ARCH, 0, count + 1),
        load(mem::offset_of!(libc::seccomp_data, nr)),
    ];
    for (tested, &call) in (0..count).zip(calls) {
        program.push(equal(call as u32, count - tested, 0));
    }
    program.extend([answer(SECCOMP_RET_ALLOW), answer(SECCOMP_RET_USER_NOTIF)]);
    program
}

fn op(code: c_uint, k: u32, jt: u8, jf: u8) -> sock_filter {
    sock_filter {
        code: code as u16,
        jt,
        jf,
        k,
    }
}

/// Installs `program` in the calling thread and returns the listener. Async-signal-safe.
fn install(program: &[sock_filter]) -> io::Result<RawFd> {
    let fprog = libc::sock_fprog {
        len: program.len() as u16,
        filter: program.as_ptr().cast_mut(),
    };
    // WAIT_KILLABLE_RECV: a call the floor has done must not be restarted, and done twice (KERNEL-FACTS, Signals).
    let flags =
        libc::SECCOMP_FILTER_FLAG_NEW_LISTENER | libc::SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
    // SAFETY: raw system calls; `fprog` points at `program`, which the kernel only reads and which outlives the call.
    let listener = unsafe {
        if libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 {
            return Err(io::Error::last_os_error());
        }
        libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_SET_MODE_FILTER,
            flags,
            &raw const fprog,
        )
    };
    match listener {
        fd if fd >= 0 => Ok(fd as RawFd),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Room for one control message with one descriptor, aligned as `cmsghdr` has to be.
#[repr(C)]
struct OneRight {
    header: libc::cmsghdr,
    fd: RawFd,
}

/// Sends `fd` through `socket`. By hand, because a library's sendmsg may allocate. Async-signal-safe.
fn send(socket: RawFd, fd: RawFd) -> io::Result<()> {
    let mut byte = 0_u8;
    let mut iov = libc::iovec {
        iov_base: (&raw mut byte).cast(),
        iov_len: 1,
    };
    // SAFETY: both are plain C structures for which all bits zero is a valid value.
    let (mut right, mut message): (OneRight, libc::msghdr) = unsafe { mem::zeroed() };
    // SAFETY: CMSG_LEN only computes.
    right.header.cmsg_len = unsafe { libc::CMSG_LEN(size_of::<RawFd>() as u32) } as usize;
    right.header.cmsg_level = libc::SOL_SOCKET;
    right.header.cmsg_type = libc::SCM_RIGHTS;
    right.fd = fd;
    message.msg_name = ptr::null_mut();
    message.msg_iov = &raw mut iov;
    message.msg_iovlen = 1;
    message.msg_control = (&raw mut right).cast();
    message.msg_controllen = size_of::<OneRight>();
    // SAFETY: every pointer in `message` is to a local that lives until the call returns, with its true length.
    match unsafe { libc::sendmsg(socket, &raw const message, libc::MSG_NOSIGNAL) } {
        1 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filter_jumps_where_it_should() {
        let program = filter(&[libc::SYS_write, libc::SYS_fsync]);
        let notify = program.len() - 1;
        assert_eq!(program[notify].k, SECCOMP_RET_USER_NOTIF);
        for at in [3, 4] {
            assert_eq!(at + 1 + usize::from(program[at].jt), notify);
        }
        // Another architecture is allowed.
        assert_eq!(program[2 + usize::from(program[1].jf)].k, SECCOMP_RET_ALLOW);
    }

    #[test]
    fn a_listener_arrives() {
        let mut command = Command::new("/bin/true");
        let handover = Handover::prepare(&mut command, &[libc::SYS_getppid]).expect("prepare");
        let mut child = command.spawn().expect("spawn");
        let listener = handover.receive().expect("listener");
        assert!(child.wait().expect("wait").success());
        drop(listener);
    }
}
