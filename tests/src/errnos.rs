//! Every row of asys's table, with every errno its man page (man-pages 6.03, section ERRORS) lists.
//!
//! `Covered` means that some case declares to see it (see [`crate::case::Case::sees`]); the test `coverage` holds both
//! sides together. `Cannot` says why no test makes it.

use How::{Cannot, Covered};
use libc::*;

#[derive(Debug, Clone, Copy)]
pub enum How {
    Covered,
    Cannot(&'static str),
}

pub type Errnos = &'static [(i32, How)];

#[derive(Debug)]
pub struct Row {
    pub name: &'static str,
    pub number: i64,
    pub errnos: &'static [Errnos],
}

const fn row(name: &'static str, number: i64, errnos: &'static [Errnos]) -> Row {
    Row {
        name,
        number,
        errnos,
    }
}

const NO_MEMORY: How = Cannot("the kernel runs out of memory on no test's word");
const NO_BAD_DISK: How = Cannot("needs a disk that fails");
const NO_QUOTA: How = Cannot("needs disk quotas, which this kernel may have no format for");
const NO_ODD_NAMES: How = Cannot("needs a file system that refuses names (vfat, casefolding)");
const NO_32_BIT: How = Cannot("only a 32-bit program sees it; asys lets those calls go native");

/// Every call that looks up a path.
const PATH: Errnos = &[
    (EACCES, Covered),
    (EFAULT, Covered),
    (ELOOP, Covered),
    (ENAMETOOLONG, Covered),
    (ENOENT, Covered),
    (ENOMEM, NO_MEMORY),
    (ENOTDIR, Covered),
];
/// And relative to a descriptor.
const AT: Errnos = &[(EBADF, Covered)];
/// And with flags of its own, or an operand that can be wrong.
const FLAGS: Errnos = &[(EINVAL, Covered)];

const OPEN: Errnos = &[
    (EBUSY, Covered),
    (EDQUOT, NO_QUOTA),
    (EEXIST, Covered),
    (EFBIG, NO_32_BIT),
    (EINTR, Covered),
    (EINVAL, Covered),
    (EISDIR, Covered),
    (EMFILE, Covered),
    (ENFILE, Cannot("would take the whole machine's fs.file-max")),
    (ENODEV, Covered),
    (ENOSPC, Covered),
    (ENXIO, Covered),
    (EOPNOTSUPP, Covered),
    (EOVERFLOW, NO_32_BIT),
    (EPERM, Covered),
    (EROFS, Covered),
    (ETXTBSY, Covered),
    (EWOULDBLOCK, Covered),
];
const CREAT: Errnos = &[
    (EBUSY, Cannot("creat has no O_EXCL")),
    (EDQUOT, NO_QUOTA),
    (EEXIST, Cannot("creat has no O_EXCL")),
    (EFBIG, NO_32_BIT),
    (EINTR, Covered),
    (EINVAL, NO_ODD_NAMES),
    (EISDIR, Covered),
    (EMFILE, Covered),
    (ENFILE, Cannot("would take the whole machine's fs.file-max")),
    (ENODEV, Covered),
    (ENOSPC, Covered),
    (ENXIO, Covered),
    (EOPNOTSUPP, Cannot("creat has no O_TMPFILE")),
    (EOVERFLOW, NO_32_BIT),
    (EPERM, Covered),
    (EROFS, Covered),
    (ETXTBSY, Covered),
    (EWOULDBLOCK, Cannot("creat has no O_NONBLOCK")),
];
const OPENAT2: Errnos = &[(E2BIG, Covered), (EAGAIN, Covered), (EXDEV, Covered)];
const STAT: Errnos = &[(EOVERFLOW, NO_32_BIT)];
const ACCESS: Errnos = &[
    (EINVAL, Covered),
    (EIO, NO_BAD_DISK),
    (EPERM, Covered),
    (EROFS, Covered),
    (
        ETXTBSY,
        Cannot("Linux checks it in open only, never in access"),
    ),
];
const MKDIR: Errnos = &[
    (EDQUOT, NO_QUOTA),
    (EEXIST, Covered),
    (EINVAL, NO_ODD_NAMES),
    (EMLINK, Covered),
    (ENOSPC, Covered),
    (EPERM, Covered),
    (EROFS, Covered),
];
const UNLINK: Errnos = &[
    (EBUSY, Covered),
    (EIO, NO_BAD_DISK),
    (EISDIR, Covered),
    (EPERM, Covered),
    (EROFS, Covered),
];
const RMDIR: Errnos = &[
    (EBUSY, Covered),
    (EINVAL, Covered),
    (ENOTEMPTY, Covered),
    (EPERM, Covered),
    (EROFS, Covered),
];
const UNLINKAT: Errnos = &[(EINVAL, Covered), (ENOTEMPTY, Covered)];
const RENAME: Errnos = &[
    (EBUSY, Covered),
    (EDQUOT, NO_QUOTA),
    (
        EEXIST,
        Cannot("Linux's file systems answer ENOTEMPTY instead"),
    ),
    (EINVAL, Covered),
    (EISDIR, Covered),
    (EMLINK, Covered),
    (ENOSPC, Covered),
    (ENOTEMPTY, Covered),
    (EPERM, Covered),
    (EROFS, Covered),
    (EXDEV, Covered),
];
const RENAMEAT2: Errnos = &[
    (EBUSY, Covered),
    (EDQUOT, NO_QUOTA),
    (EEXIST, Covered),
    (EINVAL, Covered),
    (EISDIR, Covered),
    (EMLINK, Covered),
    (ENOSPC, Covered),
    (ENOTEMPTY, Covered),
    (EPERM, Covered),
    (EROFS, Covered),
    (EXDEV, Covered),
];
const READLINK: Errnos = &[(EINVAL, Covered), (EIO, NO_BAD_DISK)];
const GETDENTS: Errnos = &[
    (EBADF, Covered),
    (EFAULT, Covered),
    (EINVAL, Covered),
    (ENOENT, Covered),
    (ENOTDIR, Covered),
];
const SYNC: Errnos = &[
    (EBADF, Covered),
    (EDQUOT, Cannot("local file systems charge quotas at write")),
    (
        EINTR,
        Cannot("no local file system waits interruptibly in fsync"),
    ),
    (EINVAL, Covered),
    (EIO, NO_BAD_DISK),
    (ENOSPC, Covered),
    (EROFS, Cannot("Linux answers EINVAL for special files")),
];
const READ: Errnos = &[
    (EAGAIN, Covered),
    (EBADF, Covered),
    (EFAULT, Covered),
    (EINTR, Covered),
    (EINVAL, Covered),
    (EIO, Covered),
    (EISDIR, Covered),
];
const NEVER_WAITS: How =
    Cannot("what has positions is never not ready, and what can wait is ESPIPE");
const PREAD: Errnos = &[
    (EAGAIN, NEVER_WAITS),
    (EBADF, Covered),
    (EFAULT, Covered),
    (EINTR, NEVER_WAITS),
    (EINVAL, Covered),
    (EIO, Covered),
    (EISDIR, Covered),
    (ENXIO, Cannot("lseek's, for SEEK_DATA and SEEK_HOLE only")),
    (EOVERFLOW, NO_32_BIT),
    (ESPIPE, Covered),
];
const WRITE: Errnos = &[
    (EAGAIN, Covered),
    (EBADF, Covered),
    (EDESTADDRREQ, Covered),
    (EDQUOT, NO_QUOTA),
    (EFAULT, Covered),
    (EFBIG, Covered),
    (EINTR, Covered),
    (EINVAL, Covered),
    (EIO, Covered),
    (ENOSPC, Covered),
    (EPERM, Covered),
    (EPIPE, Covered),
];
const PWRITE: Errnos = &[
    (EAGAIN, NEVER_WAITS),
    (EBADF, Covered),
    (EDESTADDRREQ, Cannot("a socket answers ESPIPE")),
    (EDQUOT, NO_QUOTA),
    (EFAULT, Covered),
    (EFBIG, Covered),
    (EINTR, NEVER_WAITS),
    (EINVAL, Covered),
    (EIO, Covered),
    (ENOSPC, Covered),
    (ENXIO, Cannot("lseek's, for SEEK_DATA and SEEK_HOLE only")),
    (EOVERFLOW, NO_32_BIT),
    (EPERM, Covered),
    (EPIPE, Cannot("a pipe answers ESPIPE")),
    (ESPIPE, Covered),
];
const FSTAT: Errnos = &[
    (EBADF, Covered),
    (EFAULT, Covered),
    (ENOMEM, NO_MEMORY),
    (EOVERFLOW, NO_32_BIT),
];
const LINK: Errnos = &[
    (EDQUOT, NO_QUOTA),
    (EEXIST, Covered),
    (EIO, NO_BAD_DISK),
    (EMLINK, Covered),
    (ENOSPC, Covered),
    (EPERM, Covered),
    (EROFS, Covered),
    (EXDEV, Covered),
];
const SYMLINK: Errnos = &[
    (EDQUOT, NO_QUOTA),
    (EEXIST, Covered),
    (EIO, NO_BAD_DISK),
    (ENOSPC, Covered),
    (EPERM, Covered),
    (EROFS, Covered),
];
const MKNOD: Errnos = &[
    (EDQUOT, NO_QUOTA),
    (EEXIST, Covered),
    (EINVAL, Covered),
    (ENOSPC, Covered),
    (EPERM, Covered),
    (EROFS, Covered),
];
const STATFS: Errnos = &[
    (EINTR, Cannot("no local file system waits in statfs")),
    (EIO, NO_BAD_DISK),
    (ENOSYS, Cannot("every file system that has paths tells")),
    (EOVERFLOW, NO_32_BIT),
];
/// Of those of openat(2) the ones of a look-up: nothing is opened.
const HANDLE: Errnos = &[(EOPNOTSUPP, Covered), (EOVERFLOW, Covered)];
/// chmod, chown and their like, which write to an inode.
const ATTRIBUTES: Errnos = &[(EIO, NO_BAD_DISK), (EPERM, Covered), (EROFS, Covered)];
/// And by descriptor.
const BY_FILE: Errnos = &[(EBADF, Covered), (ENOMEM, NO_MEMORY)];
const HAS_NO_FLAGS: How = Cannot("the call has no flags, only the C library's function has");
const FCHMODAT: Errnos = &[(EINVAL, HAS_NO_FLAGS), (EOPNOTSUPP, HAS_NO_FLAGS)];
const FCHMODAT2: Errnos = &[(EINVAL, Covered), (EOPNOTSUPP, Covered)];
const UTIME: Errnos = &[(EPERM, Covered), (EROFS, Covered)];
const UTIMENSAT: Errnos = &[(EINVAL, Covered), (ESRCH, Cannot("Linux answers EACCES"))];
const TRUNCATE: Errnos = &[
    (EFBIG, Covered),
    (EINTR, Covered),
    (EINVAL, Covered),
    (EIO, NO_BAD_DISK),
    (EISDIR, Covered),
    (EPERM, Covered),
    (EROFS, Covered),
    (ETXTBSY, Covered),
];

#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    row("open",       SYS_open,       &[PATH, OPEN]),
    row("openat",     SYS_openat,     &[PATH, AT, OPEN]),
    row("openat2",    SYS_openat2,    &[PATH, AT, OPEN, OPENAT2]),
    row("creat",      SYS_creat,      &[PATH, CREAT]),
    row("stat",       SYS_stat,       &[PATH, STAT]),
    row("lstat",      SYS_lstat,      &[PATH, STAT]),
    row("fstat",      SYS_fstat,      &[FSTAT]),
    row("newfstatat", SYS_newfstatat, &[PATH, AT, FLAGS, STAT]),
    row("statx",      SYS_statx,      &[PATH, AT, FLAGS]),
    row("access",     SYS_access,     &[PATH, ACCESS]),
    row("faccessat",  SYS_faccessat,  &[PATH, AT, ACCESS]),
    row("faccessat2", SYS_faccessat2, &[PATH, AT, ACCESS]),
    row("mkdir",      SYS_mkdir,      &[PATH, MKDIR]),
    row("mkdirat",    SYS_mkdirat,    &[PATH, AT, MKDIR]),
    row("unlink",     SYS_unlink,     &[PATH, UNLINK]),
    row("unlinkat",   SYS_unlinkat,   &[PATH, AT, UNLINK, UNLINKAT]),
    row("rmdir",      SYS_rmdir,      &[PATH, RMDIR]),
    row("rename",     SYS_rename,     &[PATH, RENAME]),
    row("renameat",   SYS_renameat,   &[PATH, AT, RENAME]),
    row("renameat2",  SYS_renameat2,  &[PATH, AT, RENAMEAT2]),
    row("readlink",   SYS_readlink,   &[PATH, READLINK]),
    row("readlinkat", SYS_readlinkat, &[PATH, AT, READLINK]),
    row("getdents64", SYS_getdents64, &[GETDENTS]),
    row("fsync",      SYS_fsync,      &[SYNC]),
    row("fdatasync",  SYS_fdatasync,  &[SYNC]),
    row("pread64",    SYS_pread64,    &[PREAD]),
    row("read",       SYS_read,       &[READ]),
    row("write",      SYS_write,      &[WRITE]),
    row("pwrite64",   SYS_pwrite64,   &[PWRITE]),
    row("link",       SYS_link,       &[PATH, LINK]),
    row("linkat",     SYS_linkat,     &[PATH, AT, FLAGS, LINK]),
    row("symlink",    SYS_symlink,    &[PATH, SYMLINK]),
    row("symlinkat",  SYS_symlinkat,  &[PATH, AT, SYMLINK]),
    row("mknod",      SYS_mknod,      &[PATH, MKNOD]),
    row("mknodat",    SYS_mknodat,    &[PATH, AT, MKNOD]),
    row("statfs",     SYS_statfs,     &[PATH, STATFS]),
    row("name_to_handle_at", SYS_name_to_handle_at, &[PATH, AT, FLAGS, HANDLE]),
    row("chmod",      SYS_chmod,      &[PATH, ATTRIBUTES]),
    row("fchmod",     SYS_fchmod,     &[BY_FILE, ATTRIBUTES]),
    row("fchmodat",   SYS_fchmodat,   &[PATH, AT, ATTRIBUTES, FCHMODAT]),
    row("fchmodat2",  SYS_fchmodat2,  &[PATH, AT, ATTRIBUTES, FCHMODAT2]),
    row("chown",      SYS_chown,      &[PATH, ATTRIBUTES]),
    row("lchown",     SYS_lchown,     &[PATH, ATTRIBUTES]),
    row("fchown",     SYS_fchown,     &[BY_FILE, ATTRIBUTES]),
    row("fchownat",   SYS_fchownat,   &[PATH, AT, FLAGS, ATTRIBUTES]),
    row("utime",      SYS_utime,      &[PATH, UTIME]),
    row("utimes",     SYS_utimes,     &[PATH, UTIME]),
    row("futimesat",  SYS_futimesat,  &[PATH, AT, UTIME]),
    row("utimensat",  SYS_utimensat,  &[PATH, AT, UTIME, UTIMENSAT]),
    row("truncate",   SYS_truncate,   &[PATH, TRUNCATE]),
];
