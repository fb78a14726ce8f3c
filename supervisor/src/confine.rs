//! Confines a worker to the system calls the table needs.
//!
//! A worker handles bytes that the target controls, with the supervisor's
//! privileges. The filter is a second line: everything else is refused.

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch,
};
use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::sys::{attr, data, file, memory, net, notify};

/// Calls made to look at the target, and to answer it.
const LOOK_CALLS: &[i64] = &[
    crate::sys::mount::SYS_STATMOUNT,
    libc::SYS_close,
    libc::SYS_readlink,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_pidfd_open,
    libc::SYS_pidfd_getfd,
    libc::SYS_pidfd_send_signal,
    libc::SYS_kcmp,
    libc::SYS_prlimit64,
    libc::SYS_poll,
    libc::SYS_ppoll,
    libc::SYS_epoll_ctl,
];

/// Calls that change what the worker wears.
const WEAR_CALLS: &[i64] = &[
    libc::SYS_capset,
    libc::SYS_setgroups,
    libc::SYS_setfsuid,
    libc::SYS_setfsgid,
    libc::SYS_umask,
];

/// What a thread of this language needs to run, park and end.
const RUNTIME_CALLS: &[i64] = &[
    libc::SYS_futex,
    libc::SYS_mmap,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_mprotect,
    libc::SYS_madvise,
    libc::SYS_brk,
    libc::SYS_sigaltstack,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_gettid,
    libc::SYS_getpid,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_sched_yield,
    libc::SYS_getrandom,
    libc::SYS_rseq,
    libc::SYS_set_robust_list,
    libc::SYS_restart_syscall,
    libc::SYS_tgkill,
    libc::SYS_writev,
    libc::SYS_sched_getaffinity,
    // unwinding and std's file helpers
    libc::SYS_newfstatat,
    libc::SYS_fstat,
    libc::SYS_openat,
    libc::SYS_stat,
];

/// `PIDFD_GET_INFO` in its first size, as sys::process asks it.
const PIDFD_GET_INFO: u64 = 0xc040_ff0b;
const IOCTLS: &[u64] = &[
    notify::IOCTL_RECV,
    notify::IOCTL_SEND,
    notify::IOCTL_ID_VALID,
    notify::IOCTL_ADDFD,
    PIDFD_GET_INFO,
    memory::IOCTL_PROCMAP_QUERY,
];

fn program() -> Option<&'static BpfProgram> {
    static PROGRAM: OnceLock<Option<BpfProgram>> = OnceLock::new();
    PROGRAM.get_or_init(|| compile().ok()).as_ref()
}

fn compile() -> Result<BpfProgram, seccompiler::BackendError> {
    let plain = [
        file::CALLS,
        attr::CALLS,
        data::CALLS,
        net::CALLS,
        LOOK_CALLS,
        WEAR_CALLS,
        RUNTIME_CALLS,
    ]
    .concat();
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
        plain.into_iter().map(|nr| (nr, Vec::new())).collect();
    let ioctls = IOCTLS.iter().map(|request| {
        let is = SeccompCondition::new(1, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, *request)?;
        SeccompRule::new(vec![is])
    });
    rules.insert(libc::SYS_ioctl, ioctls.collect::<Result<_, _>>()?);
    let refuse = SeccompAction::Errno(libc::EPERM as u32);
    SeccompFilter::new(rules, refuse, SeccompAction::Allow, TargetArch::x86_64)?.try_into()
}

/// Confines the calling thread for the rest of its life. A kernel that
/// refuses leaves it unconfined, which doctor shows.
pub fn this_thread() -> bool {
    program().is_some_and(|program| seccompiler::apply_filter(program).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_confined_thread_cannot_do_what_the_table_does_not_need() {
        let (before, after) = std::thread::spawn(|| {
            let socket = || std::net::UdpSocket::bind("127.0.0.1:0").is_ok();
            let before = socket();
            assert!(this_thread());
            (before, socket())
        })
        .join()
        .unwrap();
        assert_eq!((before, after), (true, false));
    }
}
