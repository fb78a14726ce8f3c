//! Every row of asys's table, with every errno its man page (man-pages 6.03, section ERRORS) lists.
//!
//! `Covered` means that some case declares to see it (see [`crate::case::Case::sees`]); the test `coverage` holds both
//! sides together. `Cannot` says why no test makes it.

mod waiting;

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
    (EDQUOT, Covered),
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
    (EDQUOT, Covered),
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
    (EDQUOT, Covered),
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
    (EDQUOT, Covered),
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
    (EDQUOT, Covered),
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
    (EDQUOT, Covered),
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
    (EDQUOT, Covered),
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
/// As read and pread: with -1 for an offset it is readv.
const PREADV2: Errnos = &[
    (EAGAIN, Covered),
    (EBADF, Covered),
    (EFAULT, Covered),
    (EINTR, Covered),
    (EINVAL, Covered),
    (EIO, Covered),
    (EISDIR, Covered),
    (ENXIO, Cannot("lseek's, for SEEK_DATA and SEEK_HOLE only")),
    (EOVERFLOW, NO_32_BIT),
    (ESPIPE, Covered),
];
const PWRITEV2: Errnos = &[
    (EAGAIN, Covered),
    (EBADF, Covered),
    (EDESTADDRREQ, Covered),
    (EDQUOT, Covered),
    (EFAULT, Covered),
    (EFBIG, Covered),
    (EINTR, Covered),
    (EINVAL, Covered),
    (EIO, Covered),
    (ENOSPC, Covered),
    (ENXIO, Cannot("lseek's, for SEEK_DATA and SEEK_HOLE only")),
    (EOVERFLOW, NO_32_BIT),
    (EPERM, Covered),
    (EPIPE, Covered),
    (ESPIPE, Covered),
];
const FSTAT: Errnos = &[
    (EBADF, Covered),
    (EFAULT, Covered),
    (ENOMEM, NO_MEMORY),
    (EOVERFLOW, NO_32_BIT),
];
const LINK: Errnos = &[
    (EDQUOT, Covered),
    (EEXIST, Covered),
    (EIO, NO_BAD_DISK),
    (EMLINK, Covered),
    (ENOSPC, Covered),
    (EPERM, Covered),
    (EROFS, Covered),
    (EXDEV, Covered),
];
const SYMLINK: Errnos = &[
    (EDQUOT, Covered),
    (EEXIST, Covered),
    (EIO, NO_BAD_DISK),
    (ENOSPC, Covered),
    (EPERM, Covered),
    (EROFS, Covered),
];
const MKNOD: Errnos = &[
    (EDQUOT, Covered),
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

const NO_LARGE_ATTRIBUTES: How =
    Cannot("no local file system keeps more than a program may ask for");
const STATS_OWN: How = Cannot("stat(2)'s, of numbers that are not asked for here");
const LARGE: Errnos = &[(E2BIG, NO_LARGE_ATTRIBUTES)];
/// The structure of the newest forms.
const STRUCTURE: Errnos = &[(E2BIG, Covered)];
const GETXATTR: Errnos = &[
    (ENODATA, Covered),
    (ENOTSUP, Covered),
    (EOVERFLOW, STATS_OWN),
    (ERANGE, Covered),
];
const LISTXATTR: Errnos = &[
    (E2BIG, NO_LARGE_ATTRIBUTES),
    (
        ENOTSUP,
        Cannot("where there are none, Linux answers with an empty list"),
    ),
    (EOVERFLOW, STATS_OWN),
    (ERANGE, Covered),
];
const SETXATTR: Errnos = &[
    (EDQUOT, Covered),
    (EEXIST, Covered),
    (ENODATA, Covered),
    (ENOSPC, Covered),
    (ENOTSUP, Covered),
    (EOVERFLOW, STATS_OWN),
    (EPERM, Covered),
    (ERANGE, Covered),
];
const REMOVEXATTR: Errnos = &[
    (ENODATA, Covered),
    (ENOTSUP, Covered),
    (EOVERFLOW, STATS_OWN),
];
/// What is left of stat's errors without a path.
const OPEN_FILE: Errnos = &[(EBADF, Covered), (EFAULT, Covered), (ENOMEM, NO_MEMORY)];
const UNKNOWN_FLAG: Errnos = &[(EOPNOTSUPP, Covered)];
const SYNC_FILE_RANGE: Errnos = &[
    (EBADF, Covered),
    (EINVAL, Covered),
    (EIO, NO_BAD_DISK),
    (ENOMEM, NO_MEMORY),
    (ENOSPC, Covered),
    (ESPIPE, Covered),
];
const SYNCFS: Errnos = &[
    (EBADF, Covered),
    (EDQUOT, Cannot("local file systems charge quotas at write")),
    (EIO, NO_BAD_DISK),
    (ENOSPC, Covered),
];
const COPY_FILE_RANGE: Errnos = &[
    (EBADF, Covered),
    (EFBIG, Covered),
    (EINVAL, Covered),
    (EIO, NO_BAD_DISK),
    (EISDIR, Covered),
    (ENOMEM, NO_MEMORY),
    (ENOSPC, Covered),
    (
        EOPNOTSUPP,
        Cannot("Linux copies by itself where a file system does not"),
    ),
    (EOVERFLOW, Covered),
    (EPERM, Covered),
    (ETXTBSY, Cannot("would take a swap file in use")),
    (EXDEV, Covered),
];
const SENDFILE: Errnos = &[
    (EAGAIN, Covered),
    (EBADF, Covered),
    (EFAULT, Covered),
    (EINVAL, Covered),
    (EIO, NO_BAD_DISK),
    (ENOMEM, NO_MEMORY),
    (EOVERFLOW, Covered),
    (ESPIPE, Covered),
];
const SPLICE: Errnos = &[
    (EAGAIN, Covered),
    (EBADF, Covered),
    (EINVAL, Covered),
    (ENOMEM, NO_MEMORY),
    (ESPIPE, Covered),
];
const TEE: Errnos = &[(EAGAIN, Covered), (EINVAL, Covered), (ENOMEM, NO_MEMORY)];
const FTRUNCATE: Errnos = &[
    (EBADF, Covered),
    (EFBIG, Covered),
    (
        EINTR,
        Cannot("no local file system waits interruptibly in ftruncate"),
    ),
    (EINVAL, Covered),
    (EIO, NO_BAD_DISK),
    (
        EISDIR,
        Cannot("a directory's descriptor is never open for writing"),
    ),
    (EPERM, Covered),
    (
        EROFS,
        Cannot("nothing is open for writing on a read-only file system"),
    ),
    (
        ETXTBSY,
        Cannot("nothing that is executed is open for writing"),
    ),
];
const FALLOCATE: Errnos = &[
    (EBADF, Covered),
    (EFBIG, Covered),
    (EINTR, Cannot("would have to be interrupted amid a page")),
    (EINVAL, Covered),
    (EIO, NO_BAD_DISK),
    (ENODEV, Covered),
    (ENOSPC, Covered),
    (ENOSYS, Cannot("every kernel that asys runs on has it")),
    (EOPNOTSUPP, Covered),
    (EPERM, Covered),
    (ESPIPE, Covered),
    (
        ETXTBSY,
        Cannot("nothing that is executed is open for writing"),
    ),
];
const FSTATFS: Errnos = &[
    (EBADF, Covered),
    (EFAULT, Covered),
    (EINTR, Cannot("no local file system waits in statfs")),
    (EIO, NO_BAD_DISK),
    (ENOMEM, NO_MEMORY),
    (ENOSYS, Cannot("every file system tells something")),
    (EOVERFLOW, NO_32_BIT),
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
    row("getxattr",        SYS_getxattr,        &[PATH, LARGE, GETXATTR]),
    row("lgetxattr",       SYS_lgetxattr,       &[PATH, LARGE, GETXATTR]),
    row("fgetxattr",       SYS_fgetxattr,       &[OPEN_FILE, LARGE, GETXATTR]),
    row("getxattrat",      464,                 &[PATH, AT, FLAGS, STRUCTURE, GETXATTR]),
    row("listxattr",       SYS_listxattr,       &[PATH, LISTXATTR]),
    row("llistxattr",      SYS_llistxattr,      &[PATH, LISTXATTR]),
    row("flistxattr",      SYS_flistxattr,      &[OPEN_FILE, LISTXATTR]),
    row("listxattrat",     465,                 &[PATH, AT, FLAGS, LISTXATTR]),
    row("setxattr",        SYS_setxattr,        &[PATH, FLAGS, SETXATTR]),
    row("lsetxattr",       SYS_lsetxattr,       &[PATH, FLAGS, SETXATTR]),
    row("fsetxattr",       SYS_fsetxattr,       &[OPEN_FILE, FLAGS, SETXATTR]),
    row("setxattrat",      463,                 &[PATH, AT, FLAGS, STRUCTURE, SETXATTR]),
    row("removexattr",     SYS_removexattr,     &[PATH, REMOVEXATTR]),
    row("lremovexattr",    SYS_lremovexattr,    &[PATH, REMOVEXATTR]),
    row("fremovexattr",    SYS_fremovexattr,    &[OPEN_FILE, REMOVEXATTR]),
    row("removexattrat",   466,                 &[PATH, AT, FLAGS, REMOVEXATTR]),
    row("readv",           SYS_readv,           &[READ]),
    row("writev",          SYS_writev,          &[WRITE]),
    row("preadv",          SYS_preadv,          &[PREAD]),
    row("pwritev",         SYS_pwritev,         &[PWRITE]),
    row("preadv2",         SYS_preadv2,         &[PREADV2, UNKNOWN_FLAG]),
    row("pwritev2",        SYS_pwritev2,        &[PWRITEV2, UNKNOWN_FLAG]),
    row("copy_file_range", SYS_copy_file_range, &[COPY_FILE_RANGE]),
    row("sendfile",        SYS_sendfile,        &[SENDFILE]),
    row("splice",          SYS_splice,          &[SPLICE]),
    row("tee",             SYS_tee,             &[TEE]),
    row("sync_file_range", SYS_sync_file_range, &[SYNC_FILE_RANGE]),
    row("syncfs",          SYS_syncfs,          &[SYNCFS]),
    row("sync",            SYS_sync,            &[]),
    row("getdents",        SYS_getdents,        &[GETDENTS]),
    row("fstatfs",         SYS_fstatfs,         &[FSTATFS]),
    row("ftruncate",       SYS_ftruncate,       &[FTRUNCATE]),
    row("fallocate",       SYS_fallocate,       &[FALLOCATE]),
];

/// Those that asys carries out.
pub fn carried() -> impl Iterator<Item = &'static Row> {
    ROWS.iter().chain(waiting::ROWS)
}

/// Also those that have cases all the same.
pub fn all() -> impl Iterator<Item = &'static Row> {
    carried().chain(waiting::LEFT_ALONE)
}
