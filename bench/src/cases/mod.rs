//! The cases, one file each.

mod chmod;
mod copy;
mod dir;
mod link;
mod native;
mod open;
mod pread;
mod preadv;
mod rename;
mod start_up;
mod stat;
mod truncate;
mod write_fsync;
mod xattr;

use crate::case::Case;

/// In the order of the table.
pub(crate) const ALL: [&Case; 14] = [
    &stat::CASE,
    &open::CASE,
    &pread::CASE,
    &preadv::CASE,
    &copy::CASE,
    &rename::CASE,
    &link::CASE,
    &chmod::CASE,
    &xattr::CASE,
    &truncate::CASE,
    &dir::CASE,
    &write_fsync::CASE,
    &native::CASE,
    &start_up::CASE,
];
