//! stat, lstat, fstat, newfstatat, statx: what they say, where they put it, and flags.

mod buffers;
mod flags;
mod kinds;
mod lines;
mod times;

use crate::case;
use crate::case::Family;
use crate::filesystem::FileSystem;
use libc::*;

pub const FAMILY: Family = Family {
    name: "stat",
    on: FileSystem::ALL,
    cases: &[
        case!(kinds::every_kind),
        case!(times::exact_times),
        case!(times::times_follow_the_clock),
        case!(kinds::agree_with_each_other),
        case!(kinds::sizes_and_holes),
        case!(buffers::bad_buffers).each_sees(
            &["stat", "lstat", "fstat", "newfstatat", "statx"],
            &[EFAULT],
        ),
        case!(buffers::exact_buffers),
        case!(flags::bad_descriptors).each_sees(&["fstat", "newfstatat", "statx"], &[EBADF]),
        case!(flags::flags).each_sees(&["newfstatat", "statx"], &[EINVAL, ENOENT]),
        case!(flags::empty_and_null_paths).sees(&[("newfstatat", &[ENOENT, EFAULT])]),
        case!(flags::empty_and_null_paths_here),
        case!(flags::masks).sees(&[("statx", &[EINVAL])]),
        case!(flags::statx_flags),
        case!(kinds::every_kind_of_descriptor),
        case!(kinds::own_proc_files),
        case!(kinds::deleted_files),
    ],
};
