//! Whose rights a call is carried out with: those of the thread that made it, at that moment.

mod dumpable;
mod ids;
mod privileges;
mod programs;
pub(super) mod scene;
mod threads;

use crate::case;
use crate::case::Family;
use crate::filesystem::FileSystem;
use crate::needs::Need;

pub const FAMILY: Family = Family {
    name: "credentials",
    on: FileSystem::ALL,
    cases: &[
        case!(ids::drops_privileges).needs(&[Need::Root]),
        case!(ids::effective_user_back_and_forth).needs(&[Need::Root]),
        case!(ids::real_effective_saved).needs(&[Need::Root]),
        case!(ids::file_system_ids).needs(&[Need::Root]),
        case!(ids::supplementary_groups).needs(&[Need::Root]),
        case!(threads::threads_with_credentials).needs(&[Need::Root]),
        case!(threads::threads_one_after_the_other).needs(&[Need::Root]),
        case!(privileges::dropped_capabilities).needs(&[Need::Root]),
        case!(privileges::kept_capabilities).needs(&[Need::Root]),
        case!(privileges::root_without_capabilities).needs(&[Need::Root]),
        case!(privileges::securebits).needs(&[Need::Root]),
        case!(threads::umask_of_several_threads),
        case!(threads::umask_of_its_own),
        case!(threads::directory_moved_by_another_thread),
        case!(threads::directory_moved_all_the_time),
        case!(threads::directory_of_its_own),
        case!(threads::file_table_of_its_own),
        case!(dumpable::not_dumpable),
        case!(dumpable::not_dumpable_after_dropping).needs(&[Need::Root]),
        case!(programs::set_uid_program).needs(&[
            Need::SetUid,
            Need::Tool("cat"),
            Need::Tool("touch"),
        ]),
        case!(programs::set_gid_program).needs(&[
            Need::SetUid,
            Need::Tool("cat"),
            Need::Tool("touch"),
        ]),
        case!(programs::no_new_privileges).needs(&[Need::SetUid, Need::Tool("cat")]),
        case!(programs::programs_of_other_users).needs(&[Need::Root, Need::Tool("sh")]),
        case!(privileges::user_namespace),
        case!(ids::ownership_of_new_files).needs(&[Need::Root]),
    ],
};
