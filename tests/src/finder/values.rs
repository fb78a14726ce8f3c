//! What the arguments of a call may be: plausible most of the time, hostile now and then.

use crate::finder::constants::{self, Group};
use crate::finder::language::{ACTORS, Arg, Wild};
use crate::finder::paths;
use crate::finder::shapes::Kind;
use crate::users::{ALICE, BOB, NOBODY};
use proptest::prelude::*;
use proptest::sample::select;

type Args = BoxedStrategy<Arg>;

fn number(list: &[i64]) -> Args {
    select(list.to_vec()).prop_map(Arg::Number).boxed()
}

/// Mostly the first list, sometimes the second.
fn mostly(usual: &[i64], odd: &[i64]) -> Args {
    prop_oneof![9 => number(usual), 1 => number(odd)].boxed()
}

/// Some of a group's bits, sometimes one that has no name.
fn bits(group: Group, base: &[i64]) -> Args {
    let values: Vec<i64> = group.iter().map(|(_, value)| *value).collect();
    let some = proptest::collection::vec(select(values), 0..3);
    let odd = prop_oneof![24 => Just(0i64), 1 => select(vec![1 << 30, 1 << 31, -1, 1 << 40, 0x4000_0000])];
    (select(base.to_vec()), some, odd)
        .prop_map(|(base, some, odd)| {
            Arg::Number(some.iter().fold(base | odd, |all, bit| all | bit))
        })
        .boxed()
}

fn flags(group: Group) -> Args {
    prop_oneof![3 => Just(Arg::Number(0)), 2 => bits(group, &[0])].boxed()
}

fn fd() -> Args {
    prop_oneof![
        60 => (3i64..9).prop_map(Arg::Number),
        5 => (9i64..13).prop_map(Arg::Number),
        3 => number(&[0, 1, 2]),
        4 => number(&[-1, 99, -100, 1023, 0x7fff_ffff, -0x8000_0000]),
        1 => number(&[0x1_0000_0003, -0xffff_fffd]),
    ]
    .boxed()
}

fn dirfd() -> Args {
    prop_oneof![
        5 => Just(Arg::Number(-100)),
        4 => fd(),
    ]
    .boxed()
}

const SIZES: &[u32] = &[16, 1, 0, 7, 64, 100, 300, 1000, 4096, 5000, 9000, 20000];

fn out() -> Args {
    prop_oneof![30 => select(SIZES).prop_map(Arg::Out), 1 => paths::wild()].boxed()
}

fn data() -> Args {
    prop_oneof![30 => select(SIZES).prop_map(Arg::Data), 1 => paths::wild()].boxed()
}

fn parts(part: fn() -> Args) -> Args {
    let list = proptest::collection::vec(part(), 0..5).prop_map(Arg::Parts);
    prop_oneof![20 => list, 1 => paths::wild()].boxed()
}

/// An address of a structure that ends too early, or none at all.
fn or_wild(arg: Arg) -> Args {
    prop_oneof![30 => Just(arg), 1 => paths::wild(), 1 => Just(Arg::Out(10))].boxed()
}

fn lengths() -> Args {
    prop_oneof![
        12 => Just(Arg::Len),
        2 => number(&[0, 1, 10, 100, 255, 4096, 5000]),
        1 => number(&[-1, 0x7fff_ffff, 0x7fff_f000, 1 << 32, i64::MAX, 0x10_0000, 1024, 1025]),
    ]
    .boxed()
}

const POSITIONS: &[i64] = &[
    0,
    1,
    10,
    100,
    4095,
    4096,
    5000,
    9000,
    65536,
    100_000,
    1 << 32,
];
const FAR: &[i64] = &[-1, i64::MAX, i64::MIN, i64::MAX - 10, 1 << 44];

fn position() -> Args {
    prop_oneof![14 => number(POSITIONS), 1 => number(FAR)].boxed()
}

fn offset_pointer() -> Args {
    prop_oneof![
        6 => Just(Arg::Wild(Wild::Null)),
        6 => select(POSITIONS).prop_map(Arg::Offset),
        1 => select(FAR).prop_map(Arg::Offset),
        1 => paths::wild(),
    ]
    .boxed()
}

fn how() -> Args {
    let resolve = prop_oneof![3 => Just(0i64), 3 => 0i64..32, 1 => select(vec![64, 1 << 31, -1])];
    let mode =
        prop_oneof![3 => Just(0i64), 3 => Just(0o644), 1 => select(vec![0o7777, 0o10000, -1])];
    let how = (open_flags(), mode, resolve).prop_map(|(flags, mode, resolve)| match flags {
        Arg::Number(flags) => Arg::How([flags, mode, resolve]),
        other => other,
    });
    prop_oneof![20 => how, 1 => paths::wild()].boxed()
}

fn open_flags() -> Args {
    let usual = [
        0,
        2,
        1,
        0o100 | 2,
        0o100 | 1,
        0o200_000,
        0o1002,
        0o1101,
        0o2001,
        0o2102,
        0o10_000_000,
        0o302,
        3,
    ];
    prop_oneof![
        6 => number(&usual),
        5 => bits(constants::OPEN, &usual),
        1 => number(&[0o20_200_002, 0o20_200_000, 0o20_200_001]),
    ]
    .boxed()
}

const NANOS: &[i64] = &[
    0,
    1,
    999_999_999,
    0x3fff_ffff,
    0x3fff_fffe,
    500_000,
    999_999,
    -1,
    1_000_000_000,
];

fn times(count: usize) -> Args {
    let seconds = select(vec![
        0i64,
        1,
        1_000_000_000,
        -1,
        -100_000,
        1 << 31,
        1 << 33,
        1 << 34,
        i64::MAX,
        i64::MIN,
    ]);
    let list = proptest::collection::vec((seconds, select(NANOS)), count).prop_map(Arg::Times);
    prop_oneof![3 => Just(Arg::Wild(Wild::Null)), 8 => list, 1 => paths::wild()].boxed()
}

fn names() -> Args {
    let usual = [
        "user.a",
        "user.a",
        "user.a",
        "user.b",
        "user.abc",
        "trusted.a",
        "security.a",
        "user.",
        "user",
        "nothing.a",
        "",
        "system.posix_acl_access",
        "system.posix_acl_default",
        "security.capability",
        "system.sockprotoname",
    ];
    let text = |name: &str| Arg::Text(name.as_bytes().to_vec());
    let names: Vec<Arg> = usual.into_iter().map(text).collect();
    prop_oneof![12 => select(names), 1 => paths::wild(), 1 => select(vec![Arg::Long(250), Arg::Long(255), Arg::Long(256)])].boxed()
}

fn xattr_value() -> Args {
    let sizes = select(vec![5u32, 0, 1, 100, 1000, 20000]);
    let value = prop_oneof![
        4 => sizes.clone().prop_map(Arg::Data),
        4 => sizes.prop_map(Arg::Out),
        1 => paths::wild(),
    ];
    let value = (value, select(vec![0i64, 0, 1, 2, 3, 4]))
        .prop_map(|(value, flags)| Arg::Value(Box::new(value), flags));
    prop_oneof![16 => value, 1 => paths::wild()].boxed()
}

fn ids() -> Args {
    let ids = [-1, 0, i64::from(ALICE), i64::from(BOB), i64::from(NOBODY)];
    mostly(&ids, &[0xffff_ffff, 0xffff_fffe, 1, 0x1_0000_0000])
}

fn actors() -> impl Strategy<Value = u8> {
    0..ACTORS as u8
}

fn words(lists: Vec<Vec<u32>>) -> Args {
    prop_oneof![14 => select(lists).prop_map(Arg::Words), 1 => paths::wild()].boxed()
}

const ALL_BUT_DAC: u32 = 0xffff_fff9;

pub fn of(kind: Kind) -> Args {
    use Kind::*;
    match kind {
        Dirfd => dirfd(),
        Fd => fd(),
        Path => paths::path(),
        Target => paths::target(),
        Target0 => paths::below(),
        Name => names(),
        OpenFlags => open_flags(),
        How => how(),
        HowSize => mostly(&[24], &[0, 23, 25, 32, 4096, 4097, -1, 16]),
        Mode => mostly(&[0o644, 0o755, 0o600, 0o777, 0, 0o7777, 0o1777, 0o2755, 0o4711], &[-1, 0o10_644, 0o177_777, 0x1_0000_01ff]),
        NodeMode => mostly(&[0o644, 0o100_644, 0o010_644, 0o140_755, 0o010_000], &[0o040_755, 0o120_777, 0o170_000, 0o001_777]),
        Umask => mostly(&[0o022, 0, 0o077, 0o777, 0o027], &[-1, 0o7777, 0o10_022]),
        Zero => prop_oneof![24 => Just(Arg::Number(0)), 1 => number(&[1, -1, 1 << 32])].boxed(),
        AccessMode => mostly(&[0, 1, 2, 3, 4, 5, 6, 7], &[8, -1, 0x1_0000_0004]),
        AtFlags => flags(constants::AT),
        StatxMask => mostly(&[0x7ff, 0xfff, 0, 0x17ff, 0x37ff], &[-1, 1 << 31, 0xffff_7fff]),
        RenameFlags => prop_oneof![4 => Just(Arg::Number(0)), 4 => number(&[1, 2, 4, 3, 5, 6, 7, 8, -1])].boxed(),
        Stat => or_wild(Arg::Stat),
        Statx => or_wild(Arg::Statx),
        Statfs => or_wild(Arg::Statfs),
        Out => out(),
        ReadOut => prop_oneof![5 => out(), 2 => of(Events)].boxed(),
        LastFd => number(&[5, 8, 40]),
        In => data(),
        Len => lengths(),
        Offset | Position => position(),
        OffsetPointer => offset_pointer(),
        High => mostly(&[0], &[1, -1, 1 << 40]),
        Extent => mostly(&[0, 1, 4096, 8192, 100, 65536, 1 << 20], &[-1, i64::MAX, i64::MIN]),
        Copied => mostly(&[16, 0, 1, 100, 4096, 5000, 20000, 65536, 1 << 18], &[0x7fff_f000]),
        Uid => ids(),
        Uids => ids(),
        Utimbuf => times(1),
        Timevals | Timespecs => times(2),
        FallocMode => mostly(&[0, 1, 3, 16, 17, 8, 32, 65], &[2, 4, 128, -1, 24, 33]),
        XattrFlags => mostly(&[0, 1, 2], &[3, 4, -1]),
        Value => xattr_value(),
        PartsOut => parts(out),
        PartsIn => parts(data),
        Count => mostly(&[0, 1, 2], &[-1, 65537]),
        RwFlags => flags(constants::RWF),
        // tee and splice between descriptors that may wait do so until they are interrupted.
        SpliceFlags | TeeFlags => prop_oneof![8 => number(&[2, 3, 6]), 2 => bits(constants::SPLICE, &[0])].boxed(),
        RangeFlags => flags(constants::SYNC_RANGE),
        Dents => prop_oneof![20 => select(vec![Arg::Dents(2000), Arg::Dents(100), Arg::Dents(24), Arg::Dents(0), Arg::Dents(300)]), 1 => paths::wild()].boxed(),
        Dents64 => prop_oneof![20 => select(vec![Arg::Dents64(2000), Arg::Dents64(100), Arg::Dents64(24), Arg::Dents64(0), Arg::Dents64(300)]), 1 => paths::wild()].boxed(),
        Events => select(vec![Arg::Events(1000), Arg::Events(20)]).boxed(),
        Handle => prop_oneof![20 => select(vec![Arg::Handle(128), Arg::Handle(0), Arg::Handle(8), Arg::Handle(129), Arg::Handle(200)]), 1 => paths::wild()].boxed(),
        MountId => or_wild(Arg::MountId),
        Command => number(&[0, 1, 2, 3, 4, 1030, 1031, 1033, 1024]),
        CommandValue => mostly(&[0, 1, 2, 0o4000, 0o2000, 0o6000, 5, 10], &[-1, 0o40_000, 0o20_000, 0o1_004_000, 4096, 1 << 40]),
        Whence => mostly(&[0, 1, 2, 3, 4], &[5, -1]),
        NewFd => mostly(&[3, 4, 5, 6, 7, 8, 12], &[-1, 40, 5000]),
        CloexecFlag => mostly(&[0, 0o2_000_000], &[1]),
        PipeFlags => mostly(&[0o4000], &[0, 0o2_004_000, 0o40_000]),
        SocketFlags | InotifyFlags => mostly(&[0o4000], &[0o2_004_000]),
        Pair => or_wild(Arg::Pair),
        Groups => words(vec![vec![0, 0], vec![ALICE, BOB], vec![BOB, 0]]),
        CapHeader => words(vec![vec![0x2008_0522, 0], vec![0x1998_0330, 0], vec![0, 0], vec![0x2008_0522, 1]]),
        Capabilities => words(vec![
            vec![0, u32::MAX, 0, 0, 0x1ff, 0],
            vec![u32::MAX, u32::MAX, 0, 0x1ff, 0x1ff, 0],
            vec![ALL_BUT_DAC, u32::MAX, 0, 0x1ff, 0x1ff, 0],
            vec![4, u32::MAX, 0, 0, 0x1ff, 0],
            vec![0; 6],
            vec![2, 6, 0, 0, 0, 0],
            vec![8, 9, 0, 0, 0, 0],
        ]),
        Signal => select(constants::SIGNAL).prop_map(|(_, signal)| Arg::Number(signal)).boxed(),
        TargetPid => actors().prop_map(Arg::Pid).boxed(),
        TargetTid => actors().prop_map(Arg::Tid).boxed(),
        // Whom the default would kill, another sequence tells of.
        Handling => number(&[3, 2, 1, 3, 2]),
        Masking => number(&[0, 1, 1]),
        Actor => (1..ACTORS as i64).prop_map(Arg::Number).boxed(),
        Share => number(&[THREAD, 0, THREAD, 0, 0x200, 0x400, 0x600]),
        UnshareFlags => mostly(&[0x200, 0x400, 0x600, 0], &[1, 0x100, 0x800]),
        Resource => number(&[7, 7, 7, 1]),
        Limit => words(vec![vec![16, 0, 1024, 0], vec![8, 0, 1024, 0], vec![1024, 0, 1024, 0], vec![5000, 0, 5000, 0], vec![u32::MAX; 4]]),
        Domain => number(&[1]),
        SocketType => number(&[1 | 0o4000, 2 | 0o4000, 5 | 0o4000]),
        Address => select(vec!["a", "c", "d/a", "f", "d", "nowhere/a"]).prop_map(|path| Arg::Address(path.into())).boxed(),
        AddressLen => mostly(&[8, 5, 4], &[2, 0, 110, -1]),
        Watch => mostly(&[0xfff, 0x3, 0x8ff], &[0, 0x0100_0fff, 0x0200_0fff]),
        MemfdFlags => mostly(&[0, 2, 3], &[1, -1]),
    }
}

/// A thread, with all that threads share.
pub const THREAD: i64 = (libc::CLONE_THREAD
    | libc::CLONE_VM
    | libc::CLONE_SIGHAND
    | libc::CLONE_FILES
    | libc::CLONE_FS) as i64;
