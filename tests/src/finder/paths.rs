//! Paths a sequence may name: in its own directory, to be looked at in procfs, and wrong ones.

use crate::finder::language::{Arg, Wild};
use proptest::prelude::*;
use proptest::sample::select;

/// What is there, and what a sequence is likely to make there. Those in front are what shrinking ends with.
const USUAL: &[&str] = &[
    "f", "d", "d/f", "a", "d/a", "l", "ld", "d/e", "d/e/g", "c", "d/c", "h", "x", "n", "u", "b",
    "o", "o/f", "t", "t/f", "t/a", "g", "g/a", "loop", "dangle", "nowhere", "d/up", "ld/f", "ld/a",
    "a/f", "a/a", ".",
];

/// Detours, and ends that are none.
const ODD: &[&str] = &[
    "", "p", "lp", "s", "/", "./f", "d/", "f/", "d/.", "f/.", "d/..", "d/../f", "..", "../v/f",
    "d//f", "//", "ld/", "ld/..", "l/", "loop/f", "dangle/", "d/e/..", "d/e/../f", "@", "@/f",
    "@/d", "@/a", "@/ld/f", "@/", "p/", "s/a", "n/a", "a/", "a/.", "d/up/a",
];

/// What is the caller's own there would be the worker's in asys.
const PROCFS: &[&str] = &[
    "/proc/self/cwd",
    "/proc/self/cwd/f",
    "/proc/self/cwd/a",
    "/proc/self/fd/3",
    "/proc/self/fd/4",
    "/proc/self/fd/5",
    "/proc/self/fd/3/f",
    "/proc/self/fd",
    "/proc/self/fd/",
    "/proc/self/exe",
    "/proc/self/root",
    "/proc/self",
    "/proc/thread-self",
    "/proc/thread-self/cwd/f",
    "/proc/self/comm",
    "/dev/null",
    "/dev/fd/3",
    "/dev/zero",
    "/dev",
    "/proc/self/ns/mnt",
    "/proc/self/fd/99",
    "/proc/nothing",
    "/proc/sys/kernel/ostype",
    "/sys",
];

/// Targets of links.
const TARGETS: &[&str] = &[
    "f",
    "d",
    "d/f",
    "a",
    "nowhere",
    "..",
    "../f",
    ".",
    "/dev/null",
    "@/f",
    "@/d",
    "/proc/self/cwd",
    "/proc/self/fd/3",
    "l",
    "loop",
    "c",
    "d/../f",
    "f/",
    "",
];

fn text(path: &'static str) -> Arg {
    Arg::Text(path.as_bytes().to_vec())
}

fn one_of(paths: &'static [&'static str]) -> BoxedStrategy<Arg> {
    select(paths).prop_map(text).boxed()
}

pub fn path() -> BoxedStrategy<Arg> {
    prop_oneof![
        60 => one_of(USUAL),
        12 => one_of(ODD),
        6 => one_of(PROCFS),
        3 => wrong(),
    ]
    .boxed()
}

pub fn target() -> BoxedStrategy<Arg> {
    prop_oneof![12 => one_of(TARGETS), 1 => wrong()].boxed()
}

/// For what must not be left: a new root directory.
pub fn below() -> BoxedStrategy<Arg> {
    one_of(&["d", "f", "nowhere", "d/e", "n"])
}

pub fn wrong() -> BoxedStrategy<Arg> {
    let lengths = prop_oneof![
        select(vec![
            Arg::Long(255),
            Arg::Long(256),
            Arg::Long(4095),
            Arg::Long(4096),
            Arg::Long(5000)
        ]),
        select(vec![
            Arg::Deep(100),
            Arg::Deep(2046),
            Arg::Deep(2047),
            Arg::Deep(2048)
        ]),
        Just(Arg::Text(b"\xff\x01\n".to_vec())),
    ];
    prop_oneof![2 => wild(), 2 => lengths].boxed()
}

pub fn wild() -> BoxedStrategy<Arg> {
    use Wild::*;
    select(vec![
        Null,
        One,
        NoAccess,
        ReadOnly,
        Kernel,
        NonCanonical,
        Top,
    ])
    .prop_map(Arg::Wild)
    .boxed()
}
