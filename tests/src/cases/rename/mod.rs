//! rename, renameat, renameat2.

mod descriptors;
mod flags;
mod limits;
mod names;
mod pairs;
mod permissions;

use crate::case;
use crate::case::Family;
use crate::filesystem::FileSystem;
use crate::needs::Need;
use libc::*;
use pairs::ROWS;

pub const FAMILY: Family = Family {
    name: "rename",
    on: FileSystem::ALL,
    cases: &[
        case!(names::everything_onto_everything)
            .each_sees(&ROWS, &[EISDIR, ENOTDIR, ENOTEMPTY, EINVAL, ENOENT]),
        case!(names::odd_names).each_sees(&ROWS, &[EBUSY, EINVAL]),
        case!(names::both_paths),
        case!(names::hard_links),
        case!(flags::flags).sees(&[("renameat2", &[EINVAL, EEXIST, ENOENT])]),
        case!(flags::exchange).sees(&[("renameat2", &[ENOENT, EINVAL])]),
        case!(flags::no_replace).sees(&[("renameat2", &[EEXIST])]),
        case!(flags::whiteout),
        case!(descriptors::descriptors).sees(&[("renameat", &[EBADF]), ("renameat2", &[EBADF])]),
        case!(names::bad_second_pointer).each_sees(&ROWS, &[EFAULT]),
        case!(permissions::permissions)
            .needs(&[Need::Root])
            .each_sees(&ROWS, &[EACCES, EPERM]),
        case!(permissions::directory_of_somebody_else)
            .needs(&[Need::Root])
            .each_sees(&ROWS, &[EACCES]),
        case!(permissions::immutable)
            .needs(&[Need::InodeFlags])
            .each_sees(&ROWS, &[EPERM]),
        case!(limits::across_mounts)
            .needs(&[Need::Mounts])
            .each_sees(&ROWS, &[EXDEV, EBUSY]),
        case!(limits::read_only_mount)
            .needs(&[Need::Mounts])
            .each_sees(&ROWS, &[EROFS]),
        case!(limits::full_file_system)
            .needs(&[Need::Images])
            .each_sees(&ROWS, &[ENOSPC]),
        case!(limits::too_many_links)
            .needs(&[Need::Images])
            .each_sees(&ROWS, &[EMLINK]),
        case!(descriptors::open_files),
        case!(descriptors::own_directory),
    ],
};
