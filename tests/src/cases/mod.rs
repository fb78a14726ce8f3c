//! One file per family of calls. Each has its table of cases at its head.

pub mod accept;
pub mod access;
pub mod closing;
pub mod connect;
pub mod copy;
pub mod credentials;
pub mod dir;
pub mod epoll;
pub mod flock;
pub mod handle;
pub mod layers;
pub mod links;
pub mod local;
pub mod mode;
pub mod nodes;
pub mod open;
pub mod owner;
pub mod paths;
pub mod pipes;
pub mod poll;
pub mod programs;
pub mod readlink;
pub mod receive;
pub mod rename;
pub mod reviewed;
pub mod rw;
pub mod select;
pub mod send;
pub mod size;
pub mod sleep;
pub mod stat;
pub mod streams;
pub mod symlinks;
pub mod sync;
pub mod threads;
pub mod times;
pub mod truncate;
pub mod vector;
pub mod world;
pub mod xattr;

use crate::case::Family;

pub const ALL: &[Family] = &[
    accept::FAMILY,
    access::FAMILY,
    closing::FAMILY,
    connect::FAMILY,
    copy::FAMILY,
    credentials::FAMILY,
    dir::FAMILY,
    epoll::FAMILY,
    flock::FAMILY,
    handle::FAMILY,
    layers::FAMILY,
    links::FAMILY,
    local::FAMILY,
    mode::FAMILY,
    nodes::FAMILY,
    open::FAMILY,
    owner::FAMILY,
    paths::FAMILY,
    pipes::FAMILY,
    poll::FAMILY,
    programs::FAMILY,
    readlink::FAMILY,
    receive::FAMILY,
    rename::FAMILY,
    reviewed::FAMILY,
    rw::FAMILY,
    select::FAMILY,
    send::FAMILY,
    size::FAMILY,
    sleep::FAMILY,
    stat::FAMILY,
    streams::FAMILY,
    symlinks::FAMILY,
    sync::FAMILY,
    threads::FAMILY,
    times::FAMILY,
    truncate::FAMILY,
    vector::FAMILY,
    xattr::FAMILY,
];
