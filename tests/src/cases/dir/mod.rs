//! mkdir, mkdirat, unlink, unlinkat, rmdir, getdents64, getdents.

mod entries;
mod limits;
mod listing;
mod making;
mod removing;

use crate::case;
use crate::case::Family;
use crate::filesystem::FileSystem;
use crate::needs::Need;
use libc::*;

pub const FAMILY: Family = Family {
    name: "dir",
    on: FileSystem::ALL,
    cases: &[
        case!(making::mkdir_modes),
        case!(making::mkdir_inherits),
        case!(making::mkdir_exists).sees(&[("mkdir", &[EEXIST]), ("mkdirat", &[EEXIST])]),
        case!(removing::remove_everything).sees(&[
            ("unlink", &[EISDIR]),
            ("unlinkat", &[EISDIR, ENOTEMPTY, EINVAL]),
            ("rmdir", &[ENOTEMPTY, EINVAL]),
        ]),
        case!(removing::unlinkat_flags).sees(&[("unlinkat", &[EINVAL])]),
        case!(removing::open_files_and_hard_links),
        case!(removing::root_directory).sees(&[("rmdir", &[EBUSY]), ("unlinkat", &[EBUSY])]),
        case!(removing::sticky_directory)
            .needs(&[Need::Root])
            .sees(&[
                ("unlink", &[EPERM]),
                ("unlinkat", &[EPERM]),
                ("rmdir", &[EPERM]),
            ]),
        case!(limits::immutable)
            .needs(&[Need::InodeFlags])
            .sees(&[("unlink", &[EPERM]), ("rmdir", &[EPERM])]),
        case!(limits::kernel_directories)
            .needs(&[Need::Root])
            .sees(&[("mkdir", &[EPERM]), ("mkdirat", &[EPERM])]),
        case!(limits::read_only_mount)
            .needs(&[Need::Mounts])
            .sees(&[
                ("mkdir", &[EROFS]),
                ("mkdirat", &[EROFS]),
                ("unlink", &[EROFS]),
                ("unlinkat", &[EROFS]),
                ("rmdir", &[EROFS]),
            ]),
        case!(limits::mount_points).needs(&[Need::Mounts]).sees(&[
            ("unlink", &[EBUSY]),
            ("unlinkat", &[EBUSY]),
            ("rmdir", &[EBUSY]),
        ]),
        case!(limits::full_file_system)
            .needs(&[Need::Mounts])
            .sees(&[("mkdir", &[ENOSPC]), ("mkdirat", &[ENOSPC])]),
        case!(limits::too_many_links)
            .needs(&[Need::Images])
            .sees(&[("mkdir", &[EMLINK]), ("mkdirat", &[EMLINK])]),
        case!(listing::listing),
        case!(listing::listing_many),
        case!(listing::listing_buffers).sees(&[("getdents64", &[EFAULT, EINVAL])]),
        case!(listing::listing_descriptors).sees(&[("getdents64", &[EBADF, ENOTDIR])]),
        case!(listing::listing_positions),
        case!(listing::listing_while_changing),
        case!(listing::listing_deleted).sees(&[("getdents64", &[ENOENT])]),
        case!(listing::listing_proc),
        case!(listing::old_listing),
        case!(listing::old_listing_many),
        case!(listing::old_listing_buffers).sees(&[("getdents", &[EFAULT, EINVAL])]),
        case!(listing::old_listing_descriptors).sees(&[("getdents", &[EBADF, ENOTDIR])]),
        case!(listing::old_listing_positions),
        case!(listing::old_listing_deleted).sees(&[("getdents", &[ENOENT])]),
    ],
};
