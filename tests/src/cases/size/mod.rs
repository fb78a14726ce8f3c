//! ftruncate, fallocate, fstatfs: how large a file is, what lies in it, and what it lies on.

mod allocation;
mod descriptors;
mod file_systems;
mod lengths;
mod limits;
mod traces;

use crate::case;
use crate::case::Family;
use crate::filesystem::FileSystem;
use crate::needs::Need;
use libc::*;

pub const FAMILY: Family = Family {
    name: "size",
    on: FileSystem::ALL,
    cases: &[
        case!(lengths::lengths).sees(&[("ftruncate", &[EINVAL, EFBIG])]),
        case!(lengths::shrinking_and_growing),
        case!(descriptors::every_kind_of_descriptor).sees(&[
            ("ftruncate", &[EBADF, EINVAL]),
            ("fallocate", &[EBADF, ENODEV, ESPIPE]),
            ("fstatfs", &[EBADF]),
        ]),
        case!(limits::sealed_memory).sees(&[("ftruncate", &[EPERM]), ("fallocate", &[EPERM])]),
        case!(limits::fixed_files).needs(&[Need::InodeFlags]),
        case!(limits::file_size_limit).sees(&[("ftruncate", &[EFBIG]), ("fallocate", &[EFBIG])]),
        case!(limits::file_size_limit_kills),
        case!(traces::privilege_bits),
        case!(traces::times),
        case!(lengths::deleted_file),
        case!(lengths::shared_files),
        case!(allocation::fallocate_modes).sees(&[("fallocate", &[EOPNOTSUPP])]),
        case!(allocation::fallocate_ranges).sees(&[("fallocate", &[EINVAL, EFBIG])]),
        case!(allocation::fallocate_data),
        case!(allocation::fallocate_moves_data)
            .needs(&[Need::Images])
            .sees(&[("fallocate", &[EINVAL])]),
        case!(limits::full_file_system)
            .needs(&[Need::Mounts])
            .sees(&[("fallocate", &[ENOSPC])]),
        case!(file_systems::file_systems),
        case!(file_systems::mount_flags).needs(&[Need::Mounts]),
        case!(file_systems::bad_buffers).sees(&[("fstatfs", &[EFAULT])]),
    ],
};
