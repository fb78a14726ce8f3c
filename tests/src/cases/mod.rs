//! One file per family of calls. Each has its table of cases at its head.

pub mod access;
pub mod copy;
pub mod credentials;
pub mod dir;
pub mod layers;
pub mod open;
pub mod paths;
pub mod programs;
pub mod readlink;
pub mod rename;
pub mod reviewed;
pub mod rw;
pub mod size;
pub mod stat;
pub mod sync;
pub mod vector;
pub mod world;
pub mod xattr;

use crate::case::Family;

pub const ALL: &[Family] = &[
    access::FAMILY,
    copy::FAMILY,
    credentials::FAMILY,
    dir::FAMILY,
    layers::FAMILY,
    open::FAMILY,
    paths::FAMILY,
    programs::FAMILY,
    readlink::FAMILY,
    rename::FAMILY,
    reviewed::FAMILY,
    rw::FAMILY,
    size::FAMILY,
    stat::FAMILY,
    sync::FAMILY,
    vector::FAMILY,
    xattr::FAMILY,
];
