//! Extended attributes: get, set, list and remove, each by path, by a link's own path, by descriptor and by both.

mod at;
mod changes;
mod forms;
mod kinds;
mod limits;
mod meaning;
mod naming;
mod room;
mod spaces;

use crate::case;
use crate::case::Family;
use crate::filesystem::FileSystem;
use crate::needs::Need;
use forms::{AT, GET, LIST, NAMED, REMOVE, SET};
use libc::*;

pub const FAMILY: Family = Family {
    name: "xattr",
    on: FileSystem::ALL,
    cases: &[
        case!(changes::round_trip).each_sees(&GET, &[ENODATA]),
        case!(changes::removing).each_sees(&REMOVE, &[ENODATA]),
        case!(changes::create_and_replace).each_sees(&SET, &[EEXIST, ENODATA, EINVAL]),
        case!(naming::names_to_set).each_sees(&SET, &[ENOTSUP, ERANGE]),
        case!(naming::names_to_get).each_sees(&GET, &[ENOTSUP, ERANGE]),
        case!(naming::names_to_remove).each_sees(&REMOVE, &[ENOTSUP]),
        case!(naming::bad_names).each_sees(&NAMED, &[EFAULT]),
        case!(room::room_for_values).each_sees(&GET, &[EFAULT, ERANGE]),
        case!(room::room_for_lists).each_sees(&LIST, &[EFAULT, ERANGE]),
        case!(room::values_from).each_sees(&SET, &[EFAULT, E2BIG]),
        case!(room::largest_values),
        case!(room::many_attributes),
        case!(kinds::kinds_of_files).sees(&[
            ("setxattr", &[EPERM]),
            ("lsetxattr", &[EPERM]),
            ("setxattrat", &[EPERM]),
        ]),
        case!(kinds::kernel_files).sees(&[("getxattr", &[ENOTSUP])]),
        case!(kinds::kinds_of_descriptors).sees(&[
            ("fgetxattr", &[EBADF]),
            ("flistxattr", &[EBADF]),
            ("fsetxattr", &[EBADF, EPERM]),
            ("fremovexattr", &[EBADF]),
        ]),
        case!(at::at_flags).each_sees(&AT, &[EINVAL]),
        case!(at::without_a_path).each_sees(&AT, &[EBADF]),
        case!(at::sizes_of_the_structure)
            .each_sees(&["getxattrat", "setxattrat"], &[EINVAL, E2BIG, EFAULT]),
        case!(spaces::name_spaces_of_root).needs(&[Need::Root]),
        case!(spaces::name_spaces_without_the_capability).needs(&[Need::Root]),
        case!(spaces::name_spaces_of_others).sees(&[("setxattr", &[EPERM])]),
        case!(spaces::others_files).needs(&[Need::Root]),
        case!(meaning::access_lists),
        case!(meaning::default_access_lists),
        case!(meaning::file_capabilities).needs(&[Need::Root]),
        case!(limits::immutable)
            .needs(&[Need::InodeFlags])
            .sees(&[("setxattr", &[EPERM]), ("fsetxattr", &[EPERM])]),
        case!(limits::read_only_mount).needs(&[Need::Mounts]),
        case!(limits::no_room)
            .needs(&[Need::Images])
            .each_sees(&SET, &[ENOSPC]),
        case!(changes::change_the_time),
        case!(changes::deleted_file),
    ],
};
