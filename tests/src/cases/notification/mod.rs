//! What the kernel's own tests of seccomp's user notification check, as a program under asys meets it. Each case has the
//! name of the kernel's (`tools/testing/selftests/seccomp`); those that need asys itself to be stopped or killed are in
//! `tests/listener.rs`.

mod answers;
mod basics;
mod descriptors;
mod middle;
mod namespaces;
mod signals;

use crate::case;
use crate::case::Family;
use crate::filesystem::FileSystem;
use crate::needs::Need;

pub const FAMILY: Family = Family {
    name: "notification",
    on: FileSystem::HOME,
    cases: &[
        case!(basics::user_notification_basic),
        case!(basics::user_notification_with_tsync),
        case!(middle::user_notification_kill_in_middle).needs(&[Need::Faults]),
        case!(middle::user_notification_signal).needs(&[Need::Faults]),
        case!(namespaces::user_notification_child_pid_ns).needs(&[Need::UserNamespace]),
        case!(namespaces::user_notification_sibling_pid_ns).needs(&[Need::UserNamespace]),
        case!(answers::user_notification_fault_recv).needs(&[Need::Faults]),
        case!(answers::user_notification_continue),
        case!(answers::user_notification_continue_of_a_changing_path),
        case!(descriptors::user_notification_addfd).needs(&[Need::Tool("ls")]),
        case!(descriptors::user_notification_addfd_of_threads),
        case!(descriptors::user_notification_addfd_rlimit),
        case!(descriptors::user_notification_addfd_rlimit_below_what_is_open),
        case!(descriptors::user_notification_addfd_rlimit_of_threads),
        case!(answers::user_notification_sync),
        case!(signals::user_notification_wait_killable).needs(&[Need::Faults]),
        case!(signals::user_notification_wait_killable_stopped).needs(&[Need::Faults]),
        case!(signals::user_notification_wait_killable_fatal).needs(&[Need::Faults]),
        case!(signals::user_notification_wait_killable_fatal_with_a_core).needs(&[Need::Faults]),
        case!(signals::user_notification_wait_killable_after_reply).within(60),
    ],
};
