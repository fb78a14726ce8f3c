//! read, pread64, write, pwrite64: positions, partial results, memory that ends, limits, and what is no file.

mod amounts;
mod descriptors;
mod faults;
mod limits;
mod pipes;
pub(super) mod positions;
mod traces;

use crate::case;
use crate::case::Family;
use crate::filesystem::FileSystem;
use crate::needs::Need;
use libc::*;

const ROWS: [&str; 4] = ["read", "write", "pread64", "pwrite64"];
const WRITES: [&str; 2] = ["write", "pwrite64"];

pub const FAMILY: Family = Family {
    name: "rw",
    on: FileSystem::ALL,
    cases: &[
        case!(positions::positions),
        case!(amounts::lengths),
        case!(amounts::no_bytes),
        case!(positions::negative_offsets).sees(&[("pread64", &[EINVAL]), ("pwrite64", &[EINVAL])]),
        case!(faults::bad_memory).each_sees(&ROWS, &[EFAULT]),
        case!(faults::memory_that_ends),
        case!(faults::read_only_memory),
        case!(descriptors::wrong_descriptors).each_sees(&ROWS, &[EBADF]),
        case!(descriptors::directories).sees(&[
            ("read", &[EISDIR]),
            ("pread64", &[EISDIR]),
            ("write", &[EBADF]),
        ]),
        case!(positions::append),
        case!(positions::shared_position),
        case!(positions::large_files),
        case!(limits::file_size_limit).each_sees(&WRITES, &[EFBIG]),
        case!(limits::file_size_limit_kills),
        case!(descriptors::synchronous_writes),
        case!(descriptors::direct),
        case!(pipes::pipes).sees(&[
            ("read", &[EAGAIN, EBADF]),
            ("write", &[EAGAIN, EPIPE]),
            ("pread64", &[ESPIPE]),
            ("pwrite64", &[ESPIPE]),
        ]),
        case!(pipes::sockets).sees(&[
            ("read", &[EAGAIN]),
            ("write", &[EAGAIN, EDESTADDRREQ, EPIPE]),
        ]),
        case!(descriptors::counters).sees(&[("read", &[EINVAL, EAGAIN]), ("write", &[EINVAL])]),
        case!(pipes::interrupted).sees(&[("read", &[EINTR]), ("write", &[EINTR])]),
        case!(pipes::broken_pipe_kills),
        case!(descriptors::devices).each_sees(&WRITES, &[ENOSPC]),
        case!(descriptors::own_memory).each_sees(&ROWS, &[EIO]),
        case!(limits::sealed_memory).each_sees(&WRITES, &[EPERM]),
        case!(limits::full_file_system)
            .needs(&[Need::Mounts])
            .each_sees(&WRITES, &[ENOSPC]),
        case!(traces::privilege_bits),
        case!(traces::times),
        case!(positions::deleted_file),
        case!(amounts::large_transfers),
    ],
};
