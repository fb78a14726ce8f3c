//! The names of numbers, as people and the kernel's headers know them.

pub type Group = &'static [(&'static str, i64)];

macro_rules! group {
    ($($name:ident)*) => { &[$((stringify!($name), libc::$name as i64)),*] };
}

pub const OPEN: Group = &[
    ("O_RDWR", 2),
    ("O_WRONLY", 1),
    ("O_CREAT", libc::O_CREAT as i64),
    ("O_EXCL", libc::O_EXCL as i64),
    ("O_NOCTTY", libc::O_NOCTTY as i64),
    ("O_TRUNC", libc::O_TRUNC as i64),
    ("O_APPEND", libc::O_APPEND as i64),
    ("O_NONBLOCK", libc::O_NONBLOCK as i64),
    ("O_SYNC", libc::O_SYNC as i64),
    ("O_DSYNC", libc::O_DSYNC as i64),
    ("O_ASYNC", libc::O_ASYNC as i64),
    ("O_DIRECT", libc::O_DIRECT as i64),
    ("O_LARGEFILE", 0o100_000),
    ("O_TMPFILE", libc::O_TMPFILE as i64),
    ("O_DIRECTORY", libc::O_DIRECTORY as i64),
    ("O_NOFOLLOW", libc::O_NOFOLLOW as i64),
    ("O_NOATIME", libc::O_NOATIME as i64),
    ("O_CLOEXEC", libc::O_CLOEXEC as i64),
    ("O_PATH", libc::O_PATH as i64),
];

pub const DIR: Group = group!(AT_FDCWD);

pub const AT: Group = &[
    ("AT_SYMLINK_NOFOLLOW", 0x100),
    // AT_EACCESS has the same bit.
    ("AT_REMOVEDIR", 0x200),
    ("AT_SYMLINK_FOLLOW", 0x400),
    ("AT_NO_AUTOMOUNT", 0x800),
    ("AT_EMPTY_PATH", 0x1000),
    ("AT_STATX_FORCE_SYNC", 0x2000),
    ("AT_STATX_DONT_SYNC", 0x4000),
];

pub const RESOLVE: Group = &[
    ("RESOLVE_NO_XDEV", 1),
    ("RESOLVE_NO_MAGICLINKS", 2),
    ("RESOLVE_NO_SYMLINKS", 4),
    ("RESOLVE_BENEATH", 8),
    ("RESOLVE_IN_ROOT", 16),
    ("RESOLVE_CACHED", 32),
];

pub const RENAME: Group = &[
    ("RENAME_NOREPLACE", 1),
    ("RENAME_EXCHANGE", 2),
    ("RENAME_WHITEOUT", 4),
];

pub const ACCESS: Group = group!(R_OK W_OK X_OK);

pub const FALLOC: Group = &[
    ("KEEP_SIZE", 1),
    ("PUNCH_HOLE", 2),
    ("COLLAPSE_RANGE", 8),
    ("ZERO_RANGE", 16),
    ("INSERT_RANGE", 32),
    ("UNSHARE_RANGE", 64),
];

pub const RWF: Group = &[
    ("RWF_HIPRI", 1),
    ("RWF_DSYNC", 2),
    ("RWF_SYNC", 4),
    ("RWF_NOWAIT", 8),
    ("RWF_APPEND", 16),
    ("RWF_NOAPPEND", 32),
    ("RWF_ATOMIC", 64),
    ("RWF_DONTCACHE", 128),
];

pub const SPLICE: Group = &[
    ("SPLICE_F_MOVE", 1),
    ("SPLICE_F_NONBLOCK", 2),
    ("SPLICE_F_MORE", 4),
    ("SPLICE_F_GIFT", 8),
];

pub const SYNC_RANGE: Group = &[("WAIT_BEFORE", 1), ("WRITE", 2), ("WAIT_AFTER", 4)];
pub const XATTR: Group = group!(XATTR_CREATE XATTR_REPLACE);
pub const WHENCE: Group = group!(SEEK_CUR SEEK_END SEEK_DATA SEEK_HOLE);
pub const SIGNAL: Group = group!(SIGUSR1 SIGUSR2 SIGALRM SIGIO SIGPIPE SIGXFSZ SIGURG SIGWINCH);
pub const CLONE: Group = group!(CLONE_FS CLONE_FILES CLONE_VM CLONE_THREAD CLONE_SIGHAND);
pub const FCNTL: Group = &[
    ("F_DUPFD", 0),
    ("F_GETFD", 1),
    ("F_SETFD", 2),
    ("F_GETFL", 3),
    ("F_SETFL", 4),
    ("F_SETLEASE", 1024),
    ("F_DUPFD_CLOEXEC", 1030),
    ("F_SETPIPE_SZ", 1031),
    ("F_ADD_SEALS", 1033),
];
pub const RESOURCE: Group = group!(RLIMIT_NOFILE RLIMIT_FSIZE);
pub const UTIME: Group = &[("UTIME_NOW", 0x3fff_ffff), ("UTIME_OMIT", 0x3fff_fffe)];

/// What the finder's own `handle` does with a signal, and its `mask`.
pub const HANDLE: Group = &[
    ("DEFAULT", 0),
    ("IGNORE", 1),
    ("CATCH", 2),
    ("CATCH_AND_RESTART", 3),
];
pub const MASK: Group = &[("BLOCK", 0), ("UNBLOCK", 1)];

pub const ALL: &[Group] = &[
    OPEN, DIR, AT, RESOLVE, RENAME, ACCESS, FALLOC, RWF, SPLICE, SYNC_RANGE, XATTR, WHENCE, SIGNAL,
    CLONE, FCNTL, RESOURCE, UTIME, HANDLE, MASK,
];

/// How the numbers of a group are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    Plain,
    Octal,
    /// One of a group.
    One(Group),
    /// Several at once.
    Bits(Group),
}

pub fn value(name: &str) -> Option<i64> {
    let mut all = ALL.iter().copied().flatten();
    all.find(|(known, _)| *known == name).map(|(_, v)| *v)
}

pub fn show(number: i64, style: Style) -> String {
    match style {
        Style::Octal if number > 7 => format!("0{number:o}"),
        Style::One(group) => match group.iter().find(|(_, v)| *v == number) {
            Some((name, _)) => (*name).into(),
            None => plain(number),
        },
        Style::Bits(group) if number > 0 => bits(number, group),
        _ => plain(number),
    }
}

fn plain(number: i64) -> String {
    match number {
        ..=0x1_0000 => number.to_string(),
        _ => format!("{number:#x}"),
    }
}

/// Names of more bits come first: O_SYNC has O_DSYNC in it.
fn bits(number: i64, group: Group) -> String {
    let mut names: Vec<_> = group.iter().collect();
    names.sort_by_key(|(_, value)| std::cmp::Reverse(value.count_ones()));
    let mut left = number;
    let mut words = Vec::new();
    for (name, value) in names {
        if left & value == *value {
            words.push((*name).to_owned());
            left &= !value;
        }
    }
    if left != 0 {
        words.push(plain(left));
    }
    words.join("|")
}
