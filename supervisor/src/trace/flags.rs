//! Names of flags, one table for each kind of argument.

use std::borrow::Cow;

/// A name for bits that count only together; longer ones stand first.
type Table = &'static [(u32, &'static str)];

/// The names of `value`'s bits; what has none comes last, in hexadecimal.
#[must_use]
pub fn names(value: u32, table: Table) -> Vec<Cow<'static, str>> {
    let mut left = value;
    let mut names = Vec::new();
    for (bits, name) in table {
        if left & bits == *bits {
            names.push(Cow::Borrowed(*name));
            left &= !bits;
        }
    }
    if left != 0 {
        names.push(Cow::Owned(format!("{left:#x}")));
    }
    names
}

/// The flags of open(2): how it is accessed first, then the bits.
#[must_use]
pub fn open(value: u32) -> Vec<Cow<'static, str>> {
    const ACCESS: [&str; 4] = ["O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"];
    let access = ACCESS[(value & 3) as usize];
    let mut all = vec![Cow::Borrowed(access)];
    all.extend(names(value & !3, OPEN));
    all
}

/// Whether open(2) with these flags looks at its mode.
#[must_use]
pub fn open_creates(value: u32) -> bool {
    const O_TMPFILE: u32 = bits(libc::O_TMPFILE);
    value & bits(libc::O_CREAT) != 0 || value & O_TMPFILE == O_TMPFILE
}

/// The mode of access(2): `F_OK` is no bit.
#[must_use]
pub fn access(value: u32) -> Vec<Cow<'static, str>> {
    match value {
        0 => vec![Cow::Borrowed("F_OK")],
        value => names(value, ACCESS),
    }
}

/// `AT_*` of `call`: one bit means another thing in each.
#[must_use]
pub fn at(value: u32, call: &str) -> Vec<Cow<'static, str>> {
    let table = match call {
        "unlinkat" => AT_UNLINK,
        "faccessat" | "faccessat2" => AT_ACCESS,
        "execveat" => AT_EXEC,
        _ => AT,
    };
    names(value, table)
}

/// `STATX_*`.
#[must_use]
pub fn statx(value: u32) -> Vec<Cow<'static, str>> {
    names(value, STATX)
}

/// `RENAME_*`.
#[must_use]
pub fn rename(value: u32) -> Vec<Cow<'static, str>> {
    names(value, RENAME)
}

const fn bits(flag: i32) -> u32 {
    flag.cast_unsigned()
}

#[rustfmt::skip]
const OPEN: Table = &[
    // Of two bits each: one alone means another thing.
    (bits(libc::O_TMPFILE),   "O_TMPFILE"),
    (bits(libc::O_SYNC),      "O_SYNC"),
    (bits(libc::O_CREAT),     "O_CREAT"),
    (bits(libc::O_EXCL),      "O_EXCL"),
    (bits(libc::O_NOCTTY),    "O_NOCTTY"),
    (bits(libc::O_TRUNC),     "O_TRUNC"),
    (bits(libc::O_APPEND),    "O_APPEND"),
    (bits(libc::O_NONBLOCK),  "O_NONBLOCK"),
    (bits(libc::O_DSYNC),     "O_DSYNC"),
    (bits(libc::O_ASYNC),     "O_ASYNC"),
    (bits(libc::O_DIRECT),    "O_DIRECT"),
    // The C library has 0: there all files may be large. The kernel's bit is this.
    (0o100_000,               "O_LARGEFILE"),
    (bits(libc::O_DIRECTORY), "O_DIRECTORY"),
    (bits(libc::O_NOFOLLOW),  "O_NOFOLLOW"),
    (bits(libc::O_NOATIME),   "O_NOATIME"),
    (bits(libc::O_CLOEXEC),   "O_CLOEXEC"),
    (bits(libc::O_PATH),      "O_PATH"),
];

const ACCESS: Table = &[(4, "R_OK"), (2, "W_OK"), (1, "X_OK")];

/// Every table of `AT_*` is these and one of its own.
macro_rules! at_table {
    ($($own:expr),*) => {
        &[
            (0x100, "AT_SYMLINK_NOFOLLOW"),
            $($own,)*
            (0x400, "AT_SYMLINK_FOLLOW"),
            (0x800, "AT_NO_AUTOMOUNT"),
            (0x1000, "AT_EMPTY_PATH"),
            (0x2000, "AT_STATX_FORCE_SYNC"),
            (0x4000, "AT_STATX_DONT_SYNC"),
            (0x8000, "AT_RECURSIVE"),
        ]
    };
}
const AT: Table = at_table!();
const AT_UNLINK: Table = at_table!((0x200, "AT_REMOVEDIR"));
const AT_ACCESS: Table = at_table!((0x200, "AT_EACCESS"));
const AT_EXEC: Table = at_table!((0x10000, "AT_EXECVE_CHECK"));

#[rustfmt::skip]
const STATX: Table = &[
    (0x7ff,    "STATX_BASIC_STATS"),
    (0x001,    "STATX_TYPE"),
    (0x002,    "STATX_MODE"),
    (0x004,    "STATX_NLINK"),
    (0x008,    "STATX_UID"),
    (0x010,    "STATX_GID"),
    (0x020,    "STATX_ATIME"),
    (0x040,    "STATX_MTIME"),
    (0x080,    "STATX_CTIME"),
    (0x100,    "STATX_INO"),
    (0x200,    "STATX_SIZE"),
    (0x400,    "STATX_BLOCKS"),
    (0x800,    "STATX_BTIME"),
    (0x1000,   "STATX_MNT_ID"),
    (0x2000,   "STATX_DIOALIGN"),
    (0x4000,   "STATX_MNT_ID_UNIQUE"),
    (0x8000,   "STATX_SUBVOL"),
    (0x1_0000, "STATX_WRITE_ATOMIC"),
    (0x2_0000, "STATX_DIO_READ_ALIGN"),
];

const RENAME: Table = &[
    (1, "RENAME_NOREPLACE"),
    (2, "RENAME_EXCHANGE"),
    (4, "RENAME_WHITEOUT"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn check(found: Vec<Cow<'static, str>>, expected: &str) {
        assert_eq!(found.join("|"), expected);
    }

    #[test]
    fn open_flags() {
        let cases: &[(i32, &str)] = &[
            (0, "O_RDONLY"),
            (libc::O_WRONLY, "O_WRONLY"),
            (3, "O_ACCMODE"),
            (
                libc::O_RDWR | libc::O_CREAT | libc::O_TRUNC,
                "O_RDWR|O_CREAT|O_TRUNC",
            ),
            (libc::O_CLOEXEC, "O_RDONLY|O_CLOEXEC"),
            (libc::O_DIRECTORY, "O_RDONLY|O_DIRECTORY"),
            (libc::O_TMPFILE | 2, "O_RDWR|O_TMPFILE"),
            (libc::O_TMPFILE & !libc::O_DIRECTORY, "O_RDONLY|0x400000"),
            (libc::O_SYNC, "O_RDONLY|O_SYNC"),
            (libc::O_DSYNC, "O_RDONLY|O_DSYNC"),
            (libc::O_SYNC & !libc::O_DSYNC, "O_RDONLY|0x100000"),
            (0x8000, "O_RDONLY|O_LARGEFILE"),
            (0x4000_0000 | libc::O_PATH, "O_RDONLY|O_PATH|0x40000000"),
            (
                !3,
                "O_RDONLY|O_TMPFILE|O_SYNC|O_CREAT|O_EXCL|O_NOCTTY|O_TRUNC|O_APPEND|O_NONBLOCK|O_ASYNC|O_DIRECT|O_LARGEFILE|O_NOFOLLOW|O_NOATIME|O_CLOEXEC|O_PATH|0xff80003c",
            ),
        ];
        for (flags, expected) in cases {
            check(open(flags.cast_unsigned()), expected);
        }
    }

    #[test]
    fn mode_counts_only_where_something_is_made() {
        assert!(open_creates(bits(libc::O_CREAT)));
        assert!(open_creates(bits(libc::O_TMPFILE)));
        assert!(!open_creates(bits(libc::O_DIRECTORY)));
        assert!(!open_creates(0));
    }

    #[test]
    fn at_flags_depend_on_the_call() {
        check(at(0x200, "unlinkat"), "AT_REMOVEDIR");
        check(at(0x200, "faccessat2"), "AT_EACCESS");
        check(at(0x300, "newfstatat"), "AT_SYMLINK_NOFOLLOW|0x200");
        check(at(0x1100, "statx"), "AT_SYMLINK_NOFOLLOW|AT_EMPTY_PATH");
        check(at(0x11000, "execveat"), "AT_EXECVE_CHECK|AT_EMPTY_PATH");
        check(at(0, "statx"), "");
    }

    #[test]
    fn masks_and_modes() {
        check(statx(0xfff), "STATX_BASIC_STATS|STATX_BTIME");
        check(
            statx(0x7fe),
            "STATX_MODE|STATX_NLINK|STATX_UID|STATX_GID|STATX_ATIME|STATX_MTIME|STATX_CTIME|STATX_INO|STATX_SIZE|STATX_BLOCKS",
        );
        check(statx(0x8000_0001), "STATX_TYPE|0x80000000");
        check(access(0), "F_OK");
        check(access(6), "R_OK|W_OK");
        check(access(9), "X_OK|0x8");
        check(rename(3), "RENAME_NOREPLACE|RENAME_EXCHANGE");
        check(rename(8), "0x8");
    }
}
