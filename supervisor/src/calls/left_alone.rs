//! What is never taken from the kernel, and why.
//!
//! Every system call of the platform is here or in [`super::TABLE`].

/// System calls with one reason to be left to the kernel.
#[derive(Clone, Copy, Debug)]
pub struct LeftAlone {
    pub reason: &'static str,
    pub names: &'static [&'static str],
}

const fn because(reason: &'static str, names: &'static [&'static str]) -> LeftAlone {
    LeftAlone { reason, names }
}

/// "not yet" means that asys can and will take it.
#[rustfmt::skip]
pub static LEFT_ALONE: &[LeftAlone] = &[
    because("superseded by statfs(2), which asys carries out", &[
        "ustat",
    ]),
    because("attributes of single file systems, as the ioctls they stand for", &[
        "file_getattr", "file_setattr",
    ]),
    because("a signalfd in it answers for whoever asks, and is asked but once", &[
        "epoll_wait", "epoll_pwait", "epoll_pwait2",
    ]),
    because("several messages of which one may fail: the kernel's own loop", &[
        "sendmmsg", "recvmmsg",
    ]),
    because("waits for nothing but time", &[
        "nanosleep", "clock_nanosleep",
    ]),
    because("/proc/locks names who locked", &[
        "flock",
    ]),
    because("not yet: a path to be looked up under a deadline, then native", &[
        "chdir", "mount", "umount2", "inotify_add_watch", "uselib", "acct", "swapon", "swapoff", "quotactl",
        "open_by_handle_at", "open_tree", "move_mount", "fspick", "fanotify_mark",
        "statmount", "mq_open", "mq_unlink",
    ]),
    because("acts on the caller's memory", &[
        "mmap", "mprotect", "munmap", "brk", "mremap", "msync", "mincore", "madvise", "process_madvise",
        "remap_file_pages", "mlock", "mlock2", "munlock", "mlockall", "munlockall", "mbind",
        "set_mempolicy", "get_mempolicy", "migrate_pages", "move_pages", "set_mempolicy_home_node",
        "pkey_mprotect", "pkey_alloc", "pkey_free", "memfd_create", "memfd_secret", "userfaultfd", "shmat",
        "shmdt", "vmsplice", "membarrier", "map_shadow_stack", "mseal", "modify_ldt", "arch_prctl",
        "set_thread_area", "get_thread_area",
    ]),
    because("acts on the caller's descriptors", &[
        "close", "close_range", "dup", "dup2", "dup3", "pipe", "pipe2",  "lseek", 
        "fchdir", "eventfd", "eventfd2", "signalfd", "signalfd4", "timerfd_create", "timerfd_settime",
        "timerfd_gettime", "epoll_create", "epoll_create1", "epoll_ctl", "epoll_ctl_old", "epoll_wait_old",
        "inotify_init", "inotify_init1", "inotify_rm_watch", "fanotify_init", "pidfd_open", "fsopen",
        "fsconfig", "fsmount", "mount_setattr", "open_tree_attr", "quotactl_fd", "readahead", "fadvise64",
        "cachestat",
    ]),
    because("acts on the caller's process and its children", &[
        "clone", "clone3", "fork", "vfork", "exit", "exit_group", "wait4", "waitid", "getpid", "getppid",
        "getpgrp", "getpgid", "setsid", "getsid", "gettid", "set_tid_address", "set_robust_list",
        "get_robust_list", "rseq", "personality", "seccomp", "landlock_create_ruleset", "landlock_add_rule",
        "getcwd", "kcmp", "process_mrelease", "restart_syscall",
    ]),
    because("reads the caller's own credentials", &[
        "getuid", "getgid", "geteuid", "getegid", "getresuid", "getresgid", "getgroups", "capget", "keyctl",
        "add_key", "request_key", "lsm_get_self_attr", "lsm_set_self_attr", "lsm_list_modules",
    ]),
    because("signals: their timing is the caller's", &[
        "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigpending", "rt_sigtimedwait",
        "rt_sigsuspend", "sigaltstack", "pause", "alarm", "getitimer", "setitimer", "timer_create",
        "timer_settime", "timer_gettime", "timer_getoverrun", "timer_delete",
    ]),
    because("futex(2): waits on the caller's memory", &[
        "futex", "futex_waitv", "futex_wake", "futex_wait", "futex_requeue",
    ]),
    because("scheduling and limits of the caller", &[
        "sched_yield",  "sched_getparam",  "sched_getscheduler",  "sched_getattr", "sched_get_priority_max", "sched_get_priority_min",
        "sched_rr_get_interval",  "sched_getaffinity", "getpriority",  "ioprio_get", "getrlimit", "setrlimit", "getrusage", "times", "getcpu",
    ]),
    because("sockets: made and named by the caller, whose credentials peers see", &[
        "socket", "socketpair", "bind", "listen", "shutdown", "getsockname", "getpeername", "setsockopt",
        "getsockopt",
    ]),
    because("System V and POSIX queues: the caller's namespace and undo lists", &[
        "shmget", "shmctl", "semget", "semop", "semtimedop", "semctl", "msgget", "msgsnd", "msgrcv",
        "msgctl", "mq_timedsend", "mq_timedreceive", "mq_notify", "mq_getsetattr",
    ]),
    because("asynchronous already: io_uring and aio never reach seccomp once set up", &[
        "io_setup", "io_destroy", "io_getevents", "io_pgetevents", "io_submit", "io_cancel",
        "io_uring_setup", "io_uring_enter", "io_uring_register",
    ]),
    because("clocks and numbers: never wait", &[
        "time", "gettimeofday", "clock_gettime", "clock_getres", "getrandom", "uname", "sysinfo", "sysfs",
        "lookup_dcookie", "listmount",
    ]),
    because("administers the machine", &[
        "settimeofday", "clock_settime", "adjtimex", "clock_adjtime", "sethostname", "setdomainname",
        "reboot", "syslog", "vhangup", "iopl", "ioperm", "init_module", "finit_module", "delete_module",
        "create_module", "get_kernel_syms", "query_module", "kexec_load", "kexec_file_load", "bpf",
        "perf_event_open", "nfsservctl", "_sysctl",
    ]),
    because("made by the kernel for its own probes", &[
        "uprobe", "uretprobe",
    ]),
    because("never implemented on Linux: ENOSYS", &[
        "getpmsg", "putpmsg", "afs_syscall", "tuxcall", "security", "vserver",
    ]),
];
