//! copy_file_range, sendfile, splice, tee: bytes that go from one descriptor to another.

mod arguments;
mod ends;
mod faults;
mod files;
mod limits;
mod pipes;
mod ranges;
mod sockets;
mod traces;
mod waiting;

use crate::case;
use crate::case::Family;
use crate::filesystem::FileSystem;
use crate::needs::Need;
use libc::*;

pub const FAMILY: Family = Family {
    name: "copy",
    on: FileSystem::ALL,
    cases: &[
        case!(ranges::ranges),
        case!(ranges::within_one_file).sees(&[("copy_file_range", &[EINVAL])]),
        case!(ranges::lengths).sees(&[("copy_file_range", &[EOVERFLOW]), ("sendfile", &[EINVAL])]),
        case!(ranges::offsets).sees(&[
            ("copy_file_range", &[EINVAL, EFBIG, EOVERFLOW]),
            ("sendfile", &[EINVAL, EOVERFLOW]),
        ]),
        case!(faults::bad_offsets).sees(&[
            ("copy_file_range", &[EFAULT]),
            ("sendfile", &[EFAULT]),
            ("splice", &[EFAULT]),
        ]),
        case!(faults::fixed_offsets),
        case!(faults::offsets_that_end),
        case!(arguments::flags).sees(&[
            ("copy_file_range", &[EINVAL]),
            ("splice", &[EINVAL]),
            ("tee", &[EINVAL]),
        ]),
        case!(arguments::wrong_descriptors).sees(&[
            ("copy_file_range", &[EBADF, EISDIR, EINVAL]),
            ("sendfile", &[EBADF, EINVAL]),
            ("splice", &[EBADF, EINVAL]),
            ("tee", &[EBADF, EINVAL]),
        ]),
        case!(arguments::upper_halves),
        case!(ranges::append).sees(&[
            ("copy_file_range", &[EBADF]),
            ("sendfile", &[EINVAL]),
            ("splice", &[EINVAL]),
        ]),
        case!(files::direct),
        case!(ranges::shared_positions),
        case!(ranges::holes),
        case!(files::across_file_systems).sees(&[("copy_file_range", &[EXDEV])]),
        case!(files::kernel_files),
        case!(limits::sealed_memory).sees(&[("copy_file_range", &[EPERM])]),
        case!(limits::immutable).needs(&[Need::InodeFlags]),
        case!(limits::full_file_system)
            .needs(&[Need::Mounts])
            .sees(&[("copy_file_range", &[ENOSPC]), ("sendfile", &[ENOSPC])]),
        case!(limits::file_size_limit).sees(&[
            ("copy_file_range", &[EFBIG]),
            ("sendfile", &[EFBIG]),
            ("splice", &[EFBIG]),
        ]),
        case!(traces::privilege_bits),
        case!(traces::times),
        case!(files::deleted_files),
        case!(ranges::large_files),
        case!(sockets::sendfile_elsewhere).sees(&[("sendfile", &[EAGAIN, ESPIPE])]),
        case!(pipes::pipes_and_files).sees(&[("splice", &[EAGAIN, ESPIPE])]),
        case!(pipes::pipes_and_pipes).sees(&[("splice", &[EAGAIN]), ("tee", &[EAGAIN])]),
        case!(pipes::named_pipes),
        case!(pipes::small_pipes),
        case!(pipes::what_a_pipe_holds_is_the_file),
        case!(waiting::nobody_at_the_other_end).sees(&[("splice", &[EPIPE]), ("tee", &[EPIPE])]),
        case!(waiting::broken_pipe_kills),
        case!(waiting::waiting),
        case!(waiting::interrupted).sees(&[("splice", &[EINTR]), ("tee", &[EINTR])]),
        case!(sockets::sockets),
    ],
};
