//! The cases, one file each.

mod chmod;
mod native;
mod open;
mod pread;
mod rename;
mod start_up;
mod stat;
mod write_fsync;

use crate::case::Case;

/// In the order of the table.
pub(crate) const ALL: [&Case; 8] = [
    &stat::CASE,
    &open::CASE,
    &pread::CASE,
    &rename::CASE,
    &chmod::CASE,
    &write_fsync::CASE,
    &native::CASE,
    &start_up::CASE,
];
