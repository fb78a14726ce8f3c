//! Programs that confine themselves, enter other namespaces, or make their calls by another door.

mod filters;
mod landlock;
mod namespaces;
mod rings;
mod thirty_two_bits;

use crate::case;
use crate::case::Family;
use crate::filesystem::FileSystem;
use crate::needs::Need;

pub const FAMILY: Family = Family {
    name: "confined",
    on: FileSystem::HOME,
    cases: &[
        case!(landlock::landlock_of_an_orphan).needs(&[Need::Landlock]),
        case!(landlock::landlock_of_a_thread).needs(&[Need::Landlock]),
        case!(landlock::landlock_and_a_program).needs(&[Need::Landlock, Need::Tool("sh")]),
        case!(landlock::landlock_of_a_process_never_seen).needs(&[Need::Landlock]),
        case!(filters::own_filter),
        case!(filters::own_filter_of_what_asys_watches),
        case!(filters::own_filter_of_a_thread),
        case!(rings::rings).needs(&[Need::Rings]),
        case!(rings::ring_of_another_user).needs(&[Need::Rings, Need::Root]),
        case!(thirty_two_bits::calls_of_32_bits).needs(&[Need::ThirtyTwoBits]),
        case!(thirty_two_bits::credentials_by_calls_of_32_bits)
            .needs(&[Need::ThirtyTwoBits, Need::Root]),
        case!(thirty_two_bits::root_by_a_call_of_32_bits).needs(&[Need::ThirtyTwoBits, Need::Root]),
        case!(thirty_two_bits::program_of_32_bits).needs(&[Need::ThirtyTwoBits, Need::Tool("sh")]),
        case!(namespaces::mounts_of_a_thread).needs(&[Need::Mounts]),
        case!(namespaces::mounts_and_back).needs(&[Need::Mounts]),
        case!(namespaces::another_root).needs(&[Need::Mounts]),
        case!(namespaces::born_in_a_user_namespace).needs(&[Need::UserNamespace]),
        case!(namespaces::joins_a_user_namespace).needs(&[Need::UserNamespace]),
    ],
};
