//! One file per family of calls, or a folder with one for each thing that is covered. Its head is the table of cases.

pub mod access;
pub mod confined;
pub mod copy;
pub mod credentials;
pub mod descriptors;
pub mod dir;
pub mod handle;
pub mod layers;
pub mod links;
pub mod mode;
pub mod nodes;
pub mod notification;
pub mod open;
pub mod owner;
pub mod paths;
pub mod process;
pub mod programs;
pub mod quota;
pub mod readlink;
pub mod rename;
pub mod reviewed;
pub mod rw;
pub mod size;
pub mod sparse;
pub mod stat;
pub mod streams;
pub mod symlinks;
pub mod sync;
pub mod times;
pub mod truncate;
pub mod vector;
pub mod witnesses;
pub mod world;
pub mod xattr;

use crate::case::Family;

pub const ALL: &[Family] = &[
    access::FAMILY,
    confined::FAMILY,
    copy::FAMILY,
    credentials::FAMILY,
    descriptors::FAMILY,
    dir::FAMILY,
    handle::FAMILY,
    layers::FAMILY,
    links::FAMILY,
    mode::FAMILY,
    nodes::FAMILY,
    notification::FAMILY,
    open::FAMILY,
    owner::FAMILY,
    paths::FAMILY,
    process::FAMILY,
    programs::FAMILY,
    quota::FAMILY,
    readlink::FAMILY,
    rename::FAMILY,
    reviewed::FAMILY,
    rw::FAMILY,
    size::FAMILY,
    sparse::FAMILY,
    stat::FAMILY,
    streams::FAMILY,
    symlinks::FAMILY,
    sync::FAMILY,
    times::FAMILY,
    truncate::FAMILY,
    vector::FAMILY,
    witnesses::FAMILY,
    xattr::FAMILY,
];
