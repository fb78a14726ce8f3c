//! open, openat, openat2, creat: flags, modes, what the descriptor is like, and what opening does.

mod creation;
mod descriptors;
mod devices;
mod flags;
mod how;
mod in_use;
mod permissions;
mod places;
mod waiting;
mod ways;

use crate::case;
use crate::case::Family;
use crate::filesystem::FileSystem;
use crate::needs::Need;
use libc::*;
use ways::{ALL, CREATORS};

pub const FAMILY: Family = Family {
    name: "open",
    on: FileSystem::ALL,
    cases: &[
        case!(flags::every_flag_on_a_file).sees(&[("openat2", &[EINVAL])]),
        case!(flags::every_flag_on_a_directory).each_sees(&ALL, &[EISDIR]),
        case!(flags::every_flag_on_a_link).each_sees(&ALL, &[ELOOP]),
        case!(flags::every_flag_on_a_fifo),
        case!(flags::every_flag_on_nothing),
        case!(flags::pairs_of_flags)
            .sees(&[("open", &[EINVAL, EEXIST]), ("openat", &[EINVAL, EEXIST])]),
        case!(flags::flags_wider_than_int),
        case!(creation::modes_and_umask),
        case!(creation::setgid_directory),
        case!(creation::exclusive).each_sees(&ALL, &[EEXIST]),
        case!(creation::creat_of_everything).sees(&[("creat", &[EISDIR, ENXIO])]),
        case!(creation::tmpfile).each_sees(&ALL, &[EINVAL]),
        case!(creation::tmpfile_unsupported)
            .needs(&[Need::Root])
            .each_sees(&ALL, &[EOPNOTSUPP]),
        case!(descriptors::path_only),
        case!(descriptors::descriptor_numbers),
        case!(descriptors::too_many_files).each_sees(&CREATORS, &[EMFILE]),
        case!(in_use::running_program)
            .needs(&[Need::Tool("cat")])
            .each_sees(&CREATORS, &[ETXTBSY]),
        case!(in_use::leased).each_sees(&ALL, &[EWOULDBLOCK]),
        case!(permissions::no_atime).each_sees(&ALL, &[EPERM]),
        case!(permissions::immutable)
            .needs(&[Need::InodeFlags])
            .sees(&[("creat", &[EPERM])]),
        case!(waiting::nobody_at_the_other_end).each_sees(&ALL, &[ENXIO]),
        case!(devices::no_such_device)
            .needs(&[Need::Devices])
            .sees(&[
                ("open", &[ENXIO, ENODEV]),
                ("openat", &[ENODEV]),
                ("openat2", &[ENODEV]),
                ("creat", &[ENODEV]),
            ]),
        case!(waiting::interrupted).each_sees(&CREATORS, &[EINTR]),
        case!(waiting::fifo_rendezvous),
        case!(places::read_only_mount)
            .needs(&[Need::Mounts])
            .each_sees(&CREATORS, &[EROFS]),
        case!(places::full_file_system)
            .needs(&[Need::Mounts])
            .each_sees(&CREATORS, &[ENOSPC]),
        case!(in_use::mounted_device)
            .needs(&[Need::Images])
            .each_sees(&ALL, &[EBUSY]),
        case!(how::how_sizes).sees(&[("openat2", &[EINVAL, E2BIG])]),
        case!(how::how_pointers).sees(&[("openat2", &[EFAULT])]),
        case!(how::how_resolves).sees(&[("openat2", &[EXDEV, ELOOP, EINVAL])]),
        case!(how::how_cached).sees(&[("openat2", &[EAGAIN])]),
        case!(how::how_modes).sees(&[("openat2", &[EINVAL])]),
        case!(places::other_mounts)
            .needs(&[Need::Mounts])
            .sees(&[("openat2", &[EXDEV])]),
        case!(devices::own_proc_files),
        case!(descriptors::through_descriptors),
        case!(devices::devices),
        case!(places::changed_root).needs(&[Need::Root]),
        case!(creation::times_of_creation),
        case!(permissions::access_modes_as_ordinary_user).each_sees(&CREATORS, &[EACCES]),
    ],
};
