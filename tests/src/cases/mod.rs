//! One file per family of calls, or a folder with one for each thing that is covered. Its head is the table of cases.

pub mod accept;
pub mod access;
pub mod closing;
pub mod confined;
pub mod connect;
pub mod copy;
pub mod credentials;
pub mod descriptors;
pub mod dir;
pub mod epoll;
pub mod flock;
pub mod handle;
pub mod layers;
pub mod links;
pub mod local;
pub mod mode;
pub mod nodes;
pub mod notification;
pub mod open;
pub mod owner;
pub mod paths;
pub mod pipes;
pub mod poll;
pub mod process;
pub mod programs;
pub mod quota;
pub mod readlink;
pub mod receive;
pub mod rename;
pub mod reviewed;
pub mod rw;
pub mod select;
pub mod send;
pub mod size;
pub mod sleep;
pub mod sparse;
pub mod stat;
pub mod streams;
pub mod symlinks;
pub mod sync;
pub mod threads;
pub mod times;
pub mod truncate;
pub mod vector;
pub mod witnesses;
pub mod world;
pub mod xattr;

use crate::case::Family;

pub const ALL: &[Family] = &[
    accept::FAMILY,
    access::FAMILY,
    closing::FAMILY,
    confined::FAMILY,
    connect::FAMILY,
    copy::FAMILY,
    credentials::FAMILY,
    descriptors::FAMILY,
    dir::FAMILY,
    epoll::FAMILY,
    flock::FAMILY,
    handle::FAMILY,
    layers::FAMILY,
    links::FAMILY,
    local::FAMILY,
    mode::FAMILY,
    nodes::FAMILY,
    notification::FAMILY,
    open::FAMILY,
    owner::FAMILY,
    paths::FAMILY,
    pipes::FAMILY,
    poll::FAMILY,
    process::FAMILY,
    programs::FAMILY,
    quota::FAMILY,
    readlink::FAMILY,
    receive::FAMILY,
    rename::FAMILY,
    reviewed::FAMILY,
    rw::FAMILY,
    select::FAMILY,
    send::FAMILY,
    size::FAMILY,
    sleep::FAMILY,
    sparse::FAMILY,
    stat::FAMILY,
    streams::FAMILY,
    symlinks::FAMILY,
    sync::FAMILY,
    threads::FAMILY,
    times::FAMILY,
    truncate::FAMILY,
    vector::FAMILY,
    witnesses::FAMILY,
    xattr::FAMILY,
];
