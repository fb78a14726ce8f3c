//! A kernel or a container without a feature: results as natively, or one clear line.

use crate::Tables;
use crate::limits::{WORK, as_natively_or_one_line};
use asys_tests::outer::{Refused, refuse};
use asys_tests::play;
use asys_tests::session::Session;
use asys_tests::{part, test};
use nix::errno::Errno;

/// A test for each call that is refused.
macro_rules! tables {
    ($($name:ident $number:expr;)*) => {
        pub const TABLES: Tables = (
            &[test!(no_pidfd_get_info), test!(unknown_number), $(test!($name)),*],
            &[part!(makes_unknown_calls)],
        );
        $(fn $name() { without(stringify!($name), $number); })*
    };
}

/// The numbers are newer than this libc.
const SYS_STATMOUNT: libc::c_long = 457;

tables! {
    no_pidfd_open libc::SYS_pidfd_open;
    no_pidfd_getfd libc::SYS_pidfd_getfd;
    no_pidfd_send_signal libc::SYS_pidfd_send_signal;
    no_openat2 libc::SYS_openat2;
    no_statx libc::SYS_statx;
    no_statmount SYS_STATMOUNT;
    no_kcmp libc::SYS_kcmp;
    no_process_vm_readv libc::SYS_process_vm_readv;
    no_process_vm_writev libc::SYS_process_vm_writev;
    no_faccessat2 libc::SYS_faccessat2;
    no_renameat2 libc::SYS_renameat2;
    no_seccomp libc::SYS_seccomp;
    no_clone3 libc::SYS_clone3;
    no_unshare libc::SYS_unshare;
    no_memfd libc::SYS_memfd_create;
    no_signalfd libc::SYS_signalfd4;
    no_eventfd libc::SYS_eventfd2;
    no_epoll libc::SYS_epoll_create1;
    no_getrandom libc::SYS_getrandom;
    no_prlimit64 libc::SYS_prlimit64;
    no_setpgid libc::SYS_setpgid;
    no_setsid libc::SYS_setsid;
    no_setfsuid libc::SYS_setfsuid;
    no_setgroups libc::SYS_setgroups;
    no_capset libc::SYS_capset;
    no_prctl libc::SYS_prctl;
}

/// As an older kernel says it, and as a container's profile does.
fn without(what: &str, call: libc::c_long) {
    for errno in [libc::ENOSYS, libc::EPERM] {
        missing(
            what,
            Refused {
                call,
                request: None,
                errno,
            },
        );
    }
}

fn no_pidfd_get_info() {
    missing(
        "no_pidfd_get_info",
        Refused {
            call: libc::SYS_ioctl,
            request: Some(0xc040_ff0b),
            errno: libc::ENOTTY,
        },
    );
}

fn missing(what: &str, refused: Refused) {
    as_natively_or_one_line(what, WORK, |command| refuse(command, refused));
}

/// Numbers that no kernel has given away, and that none will.
pub fn makes_unknown_calls(_: &[String]) -> i32 {
    for number in [511, 512, 0x3fff_ffff, -1] {
        // SAFETY: a call that does not exist does nothing.
        let result = Errno::result(unsafe { libc::syscall(number) });
        println!("{number}: {result:?}");
    }
    0
}

/// A call that asys does not know is the kernel's, and on record.
fn unknown_number() {
    let part = play::part("makes_unknown_calls", &[]);
    let native = Session::native().run(&part);
    let asys = Session::asys_with(&["-q", "-p", "@all", "-s"]).run(&part);
    assert_eq!(native.out, asys.out);
    let counted = "1 native: of system calls that this asys does not know\n";
    assert!(asys.err.ends_with(counted), "{}", asys.err);
}
