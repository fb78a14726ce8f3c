//! readv, writev, preadv, pwritev, preadv2, pwritev2: what a vector adds to reading and writing.

mod descriptors;
mod faults;
mod flags;
mod limits;
mod parts;
mod pipes;
mod positions;
mod traces;
mod vectors;

use crate::case;
use crate::case::Family;
use crate::filesystem::FileSystem;
use crate::needs::Need;
use libc::*;
use vectors::{ALL, READS, WRITES};

pub const FAMILY: Family = Family {
    name: "vector",
    on: FileSystem::ALL,
    cases: &[
        case!(positions::positions),
        case!(parts::parts),
        case!(parts::overlapping_parts),
        case!(parts::parts_over_the_vector),
        case!(parts::counts).each_sees(&ALL, &[EINVAL]),
        case!(faults::bad_vectors).each_sees(&ALL, &[EFAULT]),
        case!(parts::lengths).each_sees(&["readv", "preadv", "writev", "pwritev"], &[EINVAL]),
        case!(faults::bad_parts).each_sees(&ALL, &[EFAULT]),
        case!(faults::parts_that_end),
        case!(positions::offsets)
            .each_sees(&["preadv", "pwritev", "preadv2", "pwritev2"], &[EINVAL]),
        case!(flags::flags).each_sees(&["preadv2", "pwritev2"], &[EOPNOTSUPP]),
        case!(flags::flags_on_many_descriptors).each_sees(&["preadv2", "pwritev2"], &[EOPNOTSUPP]),
        case!(positions::append),
        case!(positions::shared_position),
        case!(positions::holes),
        case!(descriptors::wrong_descriptors).each_sees(&ALL, &[EBADF]),
        case!(descriptors::directories).each_sees(&READS, &[EISDIR]),
        case!(flags::synchronous),
        case!(flags::direct),
        case!(pipes::pipes).sees(&[
            ("readv", &[EAGAIN]),
            ("writev", &[EAGAIN, EPIPE]),
            ("preadv2", &[EAGAIN, ESPIPE]),
            ("pwritev2", &[EAGAIN, EPIPE, ESPIPE]),
            ("preadv", &[ESPIPE]),
            ("pwritev", &[ESPIPE]),
        ]),
        case!(pipes::broken_pipe_kills),
        case!(pipes::sockets).each_sees(&["writev", "pwritev2"], &[EDESTADDRREQ]),
        case!(pipes::interrupted).each_sees(&["readv", "writev", "preadv2", "pwritev2"], &[EINTR]),
        case!(descriptors::devices).each_sees(&WRITES, &[ENOSPC]),
        case!(descriptors::own_memory).each_sees(&ALL, &[EIO]),
        case!(limits::sealed_memory).each_sees(&WRITES, &[EPERM]),
        case!(limits::file_size_limit).each_sees(&WRITES, &[EFBIG]),
        case!(limits::file_size_limit_kills),
        case!(limits::full_file_system)
            .needs(&[Need::Mounts])
            .each_sees(&WRITES, &[ENOSPC]),
        case!(traces::privilege_bits),
        case!(traces::times),
        case!(descriptors::deleted_file),
        case!(parts::large_transfers),
    ],
};
