//! THE TABLE: one row per system call that asys knows how to meet.
//!
//! From it come the filter, dispatch, names, policy groups, `asys calls`,
//! the list in asys(7), and the check that tests cover every row. What is
//! not here stands in [`LEFT_ALONE`] with its reason.

mod access;
mod args;
mod attr;
mod copy;
mod dir;
mod fs;
mod guard;
mod left_alone;
mod link;
mod make;
mod names;
mod open;
mod ready;
mod reply;
mod rw;
mod size;
mod socket;
mod stage;
mod stat;
mod stream;
mod strongbox;
mod sync;
mod vector;
mod waiting;
mod watch;
mod xattr;

pub use args::{Args, Part};
pub use guard::Victim;
pub use left_alone::{LEFT_ALONE, LeftAlone};
pub use open::{Links, links_of};
pub use reply::{NewFile, Patch, Position, Reply, Stream, Undo};
pub use stage::{Call, Native, Object, Stage, Waits, Wears};
pub use strongbox::is_laid_open;
pub use watch::Change;

use crate::carry::Carrier;
use asys_sandbox::When;
use std::ops::Range;

/// One system call.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The number on x86_64.
    pub nr: i64,
    pub name: &'static str,
    /// Policy groups, without the `@`.
    pub groups: &'static [&'static str],
    pub class: Class,
    pub when: When,
    /// What each argument is, for the trace.
    pub args: &'static [Arg],
    pub handler: Handler,
    /// What asys does with it, and what it leaves to the kernel.
    pub note: &'static str,
}

/// How long a call may take, or why it is trapped at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Usually done at once: the leader carries it out and stays leader.
    Quick,
    /// Usually waits for a device: another leads before it begins.
    Slow,
    /// Native always; trapped to learn that what was known is void.
    Watched,
    /// Native, unless aimed at asys itself.
    Guard,
}

impl Class {
    /// As `asys calls` shows it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Class::Quick => "quick",
            Class::Slow => "slow",
            Class::Watched => "watched",
            Class::Guard => "guard",
        }
    }
}

/// What a row does with a call.
#[derive(Clone, Copy, Debug)]
pub enum Handler {
    Carry(fn(&mut Carrier<'_, '_>) -> Result<Reply, Native>),
    Watch(Change),
    Guard(fn(&[u64; 6]) -> Option<Victim>),
}

/// What an argument is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arg {
    /// A directory descriptor or `AT_FDCWD`, to which the next path is relative.
    Dirfd,
    Path,
    /// A string that is no path.
    Text,
    Fd,
    OpenFlags,
    /// `struct open_how`.
    How,
    Mode,
    AccessMode,
    AtFlags,
    StatxMask,
    RenameFlags,
    /// An address of the target's.
    Address,
    Size,
    Offset,
    Pid,
    Signal,
    Number,
    Flags,
}

impl Row {
    /// Whether it opens what a path names.
    #[must_use]
    pub fn opens(&self) -> bool {
        let flags = |arg: &Arg| matches!(arg, Arg::OpenFlags | Arg::How);
        self.nr == libc::SYS_creat || self.args.iter().any(flags)
    }
}

macro_rules! table {
    ($($nr:ident $name:literal [$($group:literal)*] $class:ident $(if $when:expr;)? ($($arg:ident)*) $kind:ident $handler:expr, $note:literal;)*) => {
        &[$(Row {
            nr: number::$nr,
            name: $name,
            groups: &[$($group),*],
            class: Class::$class,
            when: table!(@when $($when)?),
            args: &[$(Arg::$arg),*],
            handler: table!(@$kind $handler),
            note: $note,
        }),*]
    };
    (@when) => { When::Always };
    (@when $when:expr) => { $when };
    (@carry $decode:expr) => { Handler::Carry(|carrier| carrier.carry($decode)) };
    (@watch $change:expr) => { Handler::Watch($change) };
    (@guard $victim:expr) => { Handler::Guard($victim) };
}

/// Numbers that a kernel younger than asys (Linux 6.18) may have given to a
/// call: trapped to be counted, and native.
pub const UNKNOWN: Range<i64> = 470..512;

/// Rows of calls younger than Linux 5.19. A kernel without them says ENOSYS,
/// and so has asys to, though it could carry them out by others.
pub const LATE: [i64; 5] = [
    number::SYS_fchmodat2,
    number::SYS_setxattrat,
    number::SYS_getxattrat,
    number::SYS_listxattrat,
    number::SYS_removexattrat,
];

/// The platform's numbers, those included that the C library does not name yet.
#[expect(non_upper_case_globals, reason = "named as the C library names them")]
mod number {
    pub(super) use libc::*;
    pub(super) const SYS_setxattrat: i64 = 463;
    pub(super) const SYS_getxattrat: i64 = 464;
    pub(super) const SYS_listxattrat: i64 = 465;
    pub(super) const SYS_removexattrat: i64 = 466;
}

#[rustfmt::skip]
const SECUREBITS: When = When::ArgIs { arg: 0, values: &[libc::PR_SET_SECUREBITS as u32] };
const ANOTHER: When = When::ArgIsNot { arg: 0, value: 0 };
const ANOTHER_SECOND: When = When::ArgIsNot { arg: 1, value: 0 };
#[rustfmt::skip]
const SETOWN: When = When::ArgIs { arg: 1, values: &[guard::F_SETOWN, guard::F_SETOWN_EX] };
#[rustfmt::skip]
const OWNER: When = When::ArgIs { arg: 1, values: &[guard::FIOSETOWN, guard::SIOCSPGRP] };

#[rustfmt::skip]
pub static TABLE: &[Row] = table![
//  number                 name              groups           class         arguments                               handler                        note
    SYS_open               "open"            ["name"]         Quick         (Path OpenFlags Mode)                   carry open::open,              "native: O_PATH, O_ASYNC, devices, FIFOs, sockets, a link with O_CREAT, a leased file, files on network file systems and FUSE";
    SYS_openat             "openat"          ["name"]         Quick         (Dirfd Path OpenFlags Mode)             carry open::openat,            "as open";
    SYS_openat2            "openat2"         ["name"]         Quick         (Dirfd Path How Size)                   carry open::openat2,           "as open; native: RESOLVE_CACHED, a size other than 24";
    SYS_creat              "creat"           ["name"]         Quick         (Path Mode)                             carry open::creat,             "as open";
    SYS_stat               "stat"            ["name"]         Quick         (Path Address)                          carry stat::stat,              "";
    SYS_lstat              "lstat"           ["name"]         Quick         (Path Address)                          carry stat::lstat,             "";
    SYS_newfstatat         "newfstatat"      ["name"]         Quick         (Dirfd Path Address AtFlags)            carry stat::newfstatat,        "";
    SYS_statx              "statx"           ["name"]         Quick         (Dirfd Path AtFlags StatxMask Address)  carry stat::statx,             "";
    SYS_access             "access"          ["name"]         Quick         (Path AccessMode)                       carry access::access,          "native once a thread of the tree has changed its securebits";
    SYS_faccessat          "faccessat"       ["name"]         Quick         (Dirfd Path AccessMode)                 carry access::faccessat,       "as access";
    SYS_faccessat2         "faccessat2"      ["name"]         Quick         (Dirfd Path AccessMode AtFlags)         carry access::faccessat2,      "as access; native: AT_EMPTY_PATH without a path";
    SYS_mkdir              "mkdir"           ["name"]         Quick         (Path Mode)                             carry names::mkdir,            "";
    SYS_mkdirat            "mkdirat"         ["name"]         Quick         (Dirfd Path Mode)                       carry names::mkdirat,          "";
    SYS_unlink             "unlink"          ["name"]         Quick         (Path)                                  carry names::unlink,           "";
    SYS_unlinkat           "unlinkat"        ["name"]         Quick         (Dirfd Path AtFlags)                    carry names::unlinkat,         "";
    SYS_rmdir              "rmdir"           ["name"]         Quick         (Path)                                  carry names::rmdir,            "";
    SYS_rename             "rename"          ["name"]         Quick         (Path Path)                             carry names::rename,           "";
    SYS_renameat           "renameat"        ["name"]         Quick         (Dirfd Path Dirfd Path)                 carry names::renameat,         "";
    SYS_renameat2          "renameat2"       ["name"]         Quick         (Dirfd Path Dirfd Path RenameFlags)     carry names::renameat2,        "";
    SYS_readlink           "readlink"        ["name"]         Quick         (Path Address Size)                     carry link::readlink,          "";
    SYS_readlinkat         "readlinkat"      ["name"]         Quick         (Dirfd Path Address Size)               carry link::readlinkat,        "native: an empty path";
    SYS_link               "link"            ["name"]         Quick         (Path Path)                             carry make::link,              "";
    SYS_linkat             "linkat"          ["name"]         Quick         (Dirfd Path Dirfd Path AtFlags)         carry make::linkat,            "native: AT_EMPTY_PATH";
    SYS_symlink            "symlink"         ["name"]         Quick         (Text Path)                             carry make::symlink,           "";
    SYS_symlinkat          "symlinkat"       ["name"]         Quick         (Text Dirfd Path)                       carry make::symlinkat,         "";
    SYS_mknod              "mknod"           ["name"]         Quick         (Path Mode Number)                      carry make::mknod,             "native: devices";
    SYS_mknodat            "mknodat"         ["name"]         Quick         (Dirfd Path Mode Number)                carry make::mknodat,           "as mknod";
    SYS_statfs             "statfs"          ["name"]         Quick         (Path Address)                          carry fs::statfs,              "";
    SYS_name_to_handle_at  "name_to_handle_at" ["name"]       Quick         (Dirfd Path Address Address AtFlags)    carry fs::name_to_handle_at,   "native: an empty path, AT_HANDLE_CONNECTABLE";
    SYS_fstat              "fstat"           ["attr"]         Quick         (Fd Address)                            carry stat::fstat,             "";
    SYS_getdents64         "getdents64"      ["attr"]         Quick         (Fd Address Size)                       carry dir::getdents64,         "native: procfs and its like";
    SYS_getdents           "getdents"        ["attr"]         Quick         (Fd Address Size)                       carry dir::getdents,           "as getdents64";
    SYS_fstatfs            "fstatfs"         ["attr"]         Quick         (Fd Address)                            carry fs::fstatfs,             "";
    SYS_chmod              "chmod"           ["attr"]         Quick         (Path Mode)                             carry attr::chmod,             "";
    SYS_fchmod             "fchmod"          ["attr"]         Quick         (Fd Mode)                               carry attr::fchmod,            "native: network file systems and FUSE";
    SYS_fchmodat           "fchmodat"        ["attr"]         Quick         (Dirfd Path Mode)                       carry attr::fchmodat,          "";
    SYS_fchmodat2          "fchmodat2"       ["attr"]         Quick         (Dirfd Path Mode AtFlags)               carry attr::fchmodat2,         "where the kernel has it: Linux 6.6";
    SYS_chown              "chown"           ["attr"]         Quick         (Path Number Number)                    carry attr::chown,             "";
    SYS_lchown             "lchown"          ["attr"]         Quick         (Path Number Number)                    carry attr::lchown,            "";
    SYS_fchown             "fchown"          ["attr"]         Quick         (Fd Number Number)                      carry attr::fchown,            "as fchmod";
    SYS_fchownat           "fchownat"        ["attr"]         Quick         (Dirfd Path Number Number AtFlags)      carry attr::fchownat,          "";
    SYS_utime              "utime"           ["attr"]         Quick         (Path Address)                          carry attr::utime,             "";
    SYS_utimes             "utimes"          ["attr"]         Quick         (Path Address)                          carry attr::utimes,            "";
    SYS_futimesat          "futimesat"       ["attr"]         Quick         (Dirfd Path Address)                    carry attr::futimesat,         "without a path as fchmod";
    SYS_utimensat          "utimensat"       ["attr"]         Quick         (Dirfd Path Address AtFlags)            carry attr::utimensat,         "as futimesat; native: UTIME_OMIT twice";
    SYS_truncate           "truncate"        ["attr"]         Quick         (Path Offset)                           carry size::truncate,          "native: a finite RLIMIT_FSIZE, while any file is leased";
    SYS_ftruncate          "ftruncate"       ["attr"]         Quick         (Fd Offset)                             carry size::ftruncate,         "native: a finite RLIMIT_FSIZE, network file systems and FUSE";
    SYS_fallocate          "fallocate"       ["attr"]         Slow          (Fd Number Offset Offset)               carry size::fallocate,         "as ftruncate";
    SYS_getxattr           "getxattr"        ["attr"]         Quick         (Path Text Address Size)                carry xattr::getxattr,         "";
    SYS_lgetxattr          "lgetxattr"       ["attr"]         Quick         (Path Text Address Size)                carry xattr::lgetxattr,        "";
    SYS_fgetxattr          "fgetxattr"       ["attr"]         Quick         (Fd Text Address Size)                  carry xattr::fgetxattr,        "as fchmod";
    SYS_listxattr          "listxattr"       ["attr"]         Quick         (Path Address Size)                     carry xattr::listxattr,        "";
    SYS_llistxattr         "llistxattr"      ["attr"]         Quick         (Path Address Size)                     carry xattr::llistxattr,       "";
    SYS_flistxattr         "flistxattr"      ["attr"]         Quick         (Fd Address Size)                       carry xattr::flistxattr,       "as fchmod";
    SYS_setxattr           "setxattr"        ["attr"]         Quick         (Path Text Address Size Flags)          carry xattr::setxattr,         "";
    SYS_lsetxattr          "lsetxattr"       ["attr"]         Quick         (Path Text Address Size Flags)          carry xattr::lsetxattr,        "";
    SYS_fsetxattr          "fsetxattr"       ["attr"]         Quick         (Fd Text Address Size Flags)            carry xattr::fsetxattr,        "as fchmod";
    SYS_removexattr        "removexattr"     ["attr"]         Quick         (Path Text)                             carry xattr::removexattr,      "";
    SYS_lremovexattr       "lremovexattr"    ["attr"]         Quick         (Path Text)                             carry xattr::lremovexattr,     "";
    SYS_fremovexattr       "fremovexattr"    ["attr"]         Quick         (Fd Text)                               carry xattr::fremovexattr,     "as fchmod";
    SYS_getxattrat         "getxattrat"      ["attr"]         Quick         (Dirfd Path AtFlags Text Address Size)  carry xattr::getxattrat,       "where the kernel has it (Linux 6.13) as getxattr, without a path as fgetxattr; native: a structure of another size";
    SYS_listxattrat        "listxattrat"     ["attr"]         Quick         (Dirfd Path AtFlags Address Size)       carry xattr::listxattrat,      "as getxattrat";
    SYS_setxattrat         "setxattrat"      ["attr"]         Quick         (Dirfd Path AtFlags Text Address Size)  carry xattr::setxattrat,       "as getxattrat";
    SYS_removexattrat      "removexattrat"   ["attr"]         Quick         (Dirfd Path AtFlags Text)               carry xattr::removexattrat,    "as getxattrat";
    SYS_read               "read"            ["data"]         Quick         (Fd Address Size)                       carry rw::read,                "regular files of local file systems, pipes, eventfds, TCP and UDP sockets; native: what has to wait, O_DIRECT, more than 8 MiB except on ext4, tmpfs and btrfs";
    SYS_pread64            "pread64"         ["data"]         Quick         (Fd Address Size Offset)                carry rw::pread64,             "as read";
    SYS_write              "write"           ["data"]         Quick         (Fd Address Size)                       carry rw::write,               "as read; native: a finite RLIMIT_FSIZE, more than 8 MiB";
    SYS_pwrite64           "pwrite64"        ["data"]         Quick         (Fd Address Size Offset)                carry rw::pwrite64,            "as write";
    SYS_readv              "readv"           ["data"]         Quick         (Fd Address Size)                       carry vector::readv,           "as read";
    SYS_writev             "writev"          ["data"]         Quick         (Fd Address Size)                       carry vector::writev,          "as write";
    SYS_preadv             "preadv"          ["data"]         Quick         (Fd Address Size Offset Offset)         carry vector::preadv,          "as read";
    SYS_pwritev            "pwritev"         ["data"]         Quick         (Fd Address Size Offset Offset)         carry vector::pwritev,         "as write";
    SYS_preadv2            "preadv2"         ["data"]         Quick         (Fd Address Size Offset Offset Flags)   carry vector::preadv2,         "as read";
    SYS_pwritev2           "pwritev2"        ["data"]         Quick         (Fd Address Size Offset Offset Flags)   carry vector::pwritev2,        "as write";
    SYS_copy_file_range    "copy_file_range" ["data"]         Slow          (Fd Address Fd Address Size Flags)      carry copy::copy_file_range,   "regular files of local file systems; native: a finite RLIMIT_FSIZE";
    SYS_sendfile           "sendfile"        ["data"]         Slow          (Fd Fd Address Size)                    carry copy::sendfile,          "as copy_file_range";
    SYS_splice             "splice"          ["data"]         Quick         (Fd Address Fd Address Size Flags)      carry copy::splice,            "pipes and regular files of local file systems; native: what has to wait";
    SYS_tee                "tee"             ["data"]         Quick         (Fd Fd Size Flags)                      carry copy::tee,               "native: what has to wait";
    SYS_connect            "connect"         ["net"]          Quick         (Fd Address Size)                       carry socket::connect,         "TCP and UDP; native: what has to wait, other families";
    SYS_accept             "accept"          ["net"]          Quick         (Fd Address Address)                    carry socket::accept,          "TCP; native: what has to wait, other families";
    SYS_accept4            "accept4"         ["net"]          Quick         (Fd Address Address Flags)              carry socket::accept4,         "as accept";
    SYS_sendto             "sendto"          ["net"]          Quick         (Fd Address Size Flags Address Size)    carry socket::sendto,          "TCP and UDP; native: what has to wait, a blocking TCP socket, MSG_OOB, MSG_FASTOPEN, MSG_ZEROCOPY, other families";
    SYS_sendmsg            "sendmsg"         ["net"]          Quick         (Fd Address Flags)                      carry socket::sendmsg,         "as sendto; native: control data";
    SYS_recvfrom           "recvfrom"        ["net"]          Quick         (Fd Address Size Flags Address Address) carry socket::recvfrom,        "TCP and UDP; native: what has to wait, MSG_OOB, MSG_TRUNC, MSG_WAITALL, MSG_ERRQUEUE, other families";
    SYS_recvmsg            "recvmsg"         ["net"]          Quick         (Fd Address Flags)                      carry socket::recvmsg,         "as recvfrom; native: control data";
    SYS_poll               "poll"            ["wait"]         Quick         (Address Size Number)                   carry ready::poll,             "of up to 8 pipes, sockets, eventfds; native: what has to wait";
    SYS_ppoll              "ppoll"           ["wait"]         Quick         (Address Size Address Address Size)     carry ready::ppoll,            "as poll; native: a timeout other than none and zero";
    SYS_select             "select"          ["wait"]         Quick         (Number Address Address Address Address) carry ready::select,          "as ppoll";
    SYS_pselect6           "pselect6"        ["wait"]         Quick         (Number Address Address Address Address Address) carry ready::pselect6, "as ppoll";
    SYS_fsync              "fsync"           ["durability"]   Slow          (Fd)                                    carry sync::fsync,             "regular files, directories, block devices of local file systems";
    SYS_fdatasync          "fdatasync"       ["durability"]   Slow          (Fd)                                    carry sync::fdatasync,         "as fsync";
    SYS_sync_file_range    "sync_file_range" ["durability"]   Slow          (Fd Offset Offset Flags)                carry sync::sync_file_range,   "files of local file systems";
    SYS_syncfs             "syncfs"          ["durability"]   Slow          (Fd)                                    carry sync::syncfs,            "as sync_file_range";
    SYS_sync               "sync"            ["durability"]   Slow          ()                                      carry sync::sync,              "";

    SYS_execve             "execve"          []               Watched       (Path Address Address)                  watch Change::Program,            "a new program, maybe with other credentials";
    SYS_execveat           "execveat"        []               Watched       (Dirfd Path Address Address AtFlags)    watch Change::Program,            "as execve";
    SYS_umask              "umask"           []               Watched       (Mode)                                  watch Change::World,              "what is created next has another mode";
    SYS_unshare            "unshare"         []               Watched       (Flags)                                 watch Change::World,              "may enter another namespace";
    SYS_setns              "setns"           []               Watched       (Fd Flags)                              watch Change::World,              "as unshare";
    SYS_chroot             "chroot"          []               Watched       (Path)                                  watch Change::World,              "paths mean something else";
    SYS_pivot_root         "pivot_root"      []               Watched       (Path Path)                             watch Change::World,              "as chroot";
    SYS_setuid             "setuid"          []               Watched       (Number)                                watch Change::Credentials,      "other credentials";
    SYS_setgid             "setgid"          []               Watched       (Number)                                watch Change::Credentials,      "other credentials";
    SYS_setreuid           "setreuid"        []               Watched       (Number Number)                         watch Change::Credentials,      "other credentials";
    SYS_setregid           "setregid"        []               Watched       (Number Number)                         watch Change::Credentials,      "other credentials";
    SYS_setresuid          "setresuid"       []               Watched       (Number Number Number)                  watch Change::Credentials,      "other credentials";
    SYS_setresgid          "setresgid"       []               Watched       (Number Number Number)                  watch Change::Credentials,      "other credentials";
    SYS_setfsuid           "setfsuid"        []               Watched       (Number)                                watch Change::Credentials,      "other credentials";
    SYS_setfsgid           "setfsgid"        []               Watched       (Number)                                watch Change::Credentials,      "other credentials";
    SYS_setgroups          "setgroups"       []               Watched       (Size Address)                          watch Change::Credentials,      "other credentials";
    SYS_capset             "capset"          []               Watched       (Address Address)                       watch Change::Credentials,      "other credentials";
    SYS_prctl              "prctl"           []               Watched       if SECUREBITS; (Number Number)          watch Change::Securebits,       "PR_SET_SECUREBITS only";
    SYS_landlock_restrict_self "landlock_restrict_self" []    Watched       (Fd Flags)                              watch Change::Landlock,         "a worker is not confined like it: native from then on";

    SYS_kill               "kill"            []               Guard         (Pid Signal)                            guard guard::kill,             "EPERM when aimed at asys";
    SYS_tkill              "tkill"           []               Guard         (Pid Signal)                            guard guard::tkill,            "as kill";
    SYS_tgkill             "tgkill"          []               Guard         (Pid Pid Signal)                        guard guard::tgkill,           "as kill";
    SYS_rt_sigqueueinfo    "rt_sigqueueinfo" []               Guard         (Pid Signal Address)                    guard guard::queued_first,     "as kill";
    SYS_rt_tgsigqueueinfo  "rt_tgsigqueueinfo" []             Guard         (Pid Pid Signal Address)                guard guard::queued_second,    "as kill";
    SYS_pidfd_send_signal  "pidfd_send_signal" []             Guard         (Fd Signal Address Flags)               guard guard::pidfd,            "as kill";
    SYS_pidfd_getfd        "pidfd_getfd"     []               Guard         (Fd Number Flags)                       guard guard::pidfd,            "as kill";
    SYS_ptrace             "ptrace"          []               Guard         (Number Pid Address Address)            guard guard::ptrace,           "as kill";
    SYS_process_vm_readv   "process_vm_readv" []              Guard         (Pid Address Size Address Size Flags)   guard guard::first,            "as kill";
    SYS_process_vm_writev  "process_vm_writev" []             Guard         (Pid Address Size Address Size Flags)   guard guard::first,            "as kill";
    SYS_prlimit64          "prlimit64"       []               Guard         if ANOTHER; (Pid Number Address Address) guard guard::first,           "as kill; one's own limits are not trapped";
    SYS_fcntl              "fcntl"           []               Guard         if SETOWN; (Fd Number Pid)              guard guard::fcntl,            "F_SETOWN, F_SETOWN_EX: as kill, for signals by descriptor";
    SYS_ioctl              "ioctl"           []               Guard         if OWNER; (Fd Number Address)           guard guard::ioctl,            "FIOSETOWN, SIOCSPGRP: as fcntl";
    SYS_setpgid            "setpgid"         []               Guard         if ANOTHER_SECOND; (Pid Pid)            guard guard::joined,           "EPERM for a group of asys's: its members could signal it";
    SYS_setpriority        "setpriority"     []               Guard         if ANOTHER_SECOND; (Number Pid Number)  guard guard::priority,         "as kill; one's own is not trapped";
    SYS_ioprio_set         "ioprio_set"      []               Guard         if ANOTHER_SECOND; (Number Pid Number)  guard guard::io_priority,      "as setpriority";
    SYS_sched_setaffinity  "sched_setaffinity" []             Guard         if ANOTHER; (Pid Size Address)          guard guard::first,            "as setpriority";
    SYS_sched_setparam     "sched_setparam"  []               Guard         if ANOTHER; (Pid Address)               guard guard::first,            "as setpriority";
    SYS_sched_setscheduler "sched_setscheduler" []            Guard         if ANOTHER; (Pid Number Address)        guard guard::first,            "as setpriority";
    SYS_sched_setattr      "sched_setattr"   []               Guard         if ANOTHER; (Pid Address Flags)         guard guard::first,            "as setpriority";
];

/// Where in [`TABLE`] the row of a number stands.
#[must_use]
pub fn index_of(nr: i64) -> Option<usize> {
    static INDEX: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
    const NONE: u8 = u8::MAX;
    let index = INDEX.get_or_init(|| {
        let mut index = vec![NONE; 1024];
        for (place, row) in TABLE.iter().enumerate() {
            index[row.nr as usize] = place as u8;
        }
        index
    });
    let place = *index.get(usize::try_from(nr).ok()?)?;
    (place != NONE).then_some(place.into())
}

/// Names by which the 32-bit calls of a 64-bit program (`int 0x80`) do what
/// a watched or guarded row does: what they change must not go unseen.
pub fn i386() -> impl Iterator<Item = (&'static Row, String)> {
    let rows = TABLE
        .iter()
        .filter(|row| matches!(row.class, Class::Watched | Class::Guard));
    let spellings = |row: &'static Row| {
        [
            row.name.to_owned(),
            format!("{}32", row.name),
            format!("{}64", row.name),
        ]
        .map(|name| (row, name))
    };
    rows.flat_map(spellings)
        .filter(|(_, name)| i386_number(name).is_some())
}

fn i386_number(name: &str) -> Option<i32> {
    use libseccomp::{ScmpArch, ScmpSyscall};
    let call = ScmpSyscall::from_name_by_arch(name, ScmpArch::X86).ok()?;
    let number = i32::from(call);
    (number >= 0).then_some(number)
}

/// As [`index_of`], of a 32-bit call.
#[must_use]
pub fn index_of_i386(nr: i64) -> Option<usize> {
    static INDEX: std::sync::OnceLock<Vec<(i64, usize)>> = std::sync::OnceLock::new();
    let index = INDEX.get_or_init(|| {
        let numbered =
            |(row, name): (&Row, String)| Some((i386_number(&name)?.into(), index_of(row.nr)?));
        i386().filter_map(numbered).collect()
    });
    index
        .iter()
        .find(|(number, _)| *number == nr)
        .map(|(_, row)| *row)
}

#[cfg(test)]
mod tests {
    use super::*;
    use libseccomp::{ScmpArch, ScmpSyscall};
    use std::collections::HashSet;

    #[test]
    fn names_are_the_numbers() {
        for row in TABLE {
            let call = ScmpSyscall::from(row.nr as i32);
            match call.get_name_by_arch(ScmpArch::X8664) {
                Ok(name) => assert_eq!(name, row.name),
                // Younger than the library.
                Err(_) => assert!(row.nr > 450, "{} has no name", row.name),
            }
        }
    }

    #[test]
    fn every_number_is_found_and_stands_once() {
        let numbers: HashSet<i64> = TABLE.iter().map(|row| row.nr).collect();
        assert_eq!(numbers.len(), TABLE.len());
        assert!(TABLE.len() < 255);
        for (place, row) in TABLE.iter().enumerate() {
            assert_eq!(index_of(row.nr), Some(place));
        }
        assert_eq!(index_of(-1), None);
        assert_eq!(index_of(1 << 40), None);
        assert_eq!(index_of(libc::SYS_mmap), None);
    }

    #[test]
    fn thirty_two_bit_calls_are_found_by_their_own_numbers() {
        for (nr, name) in [
            (60, "umask"),
            (23, "setuid"),
            (213, "setuid"),
            (37, "kill"),
            (221, "fcntl"),
        ] {
            assert_eq!(index_of_i386(nr).map(|i| TABLE[i].name), Some(name));
        }
        assert_eq!(index_of_i386(5), None, "open stays native");
    }

    /// The kernel's own list, as its headers have it here: older than the
    /// kernel, and than the library, or younger.
    #[test]
    fn every_number_of_the_headers_is_in_one_list() {
        let places = ["x86_64-linux-gnu/asm", "asm"];
        let headers = places.map(|at| format!("/usr/include/{at}/unistd_64.h"));
        let text = headers
            .iter()
            .find_map(|path| std::fs::read_to_string(path).ok());
        let text = text.expect("the kernel's headers: libc6-dev brings them");
        let table: Vec<_> = TABLE.iter().map(|row| (row.name, row.nr)).collect();
        let alone: HashSet<&str> = LEFT_ALONE.iter().flat_map(|l| l.names).copied().collect();
        let defined = text.lines().filter_map(|line| {
            let (name, number) = line.strip_prefix("#define __NR_")?.split_once(' ')?;
            Some((name, number.trim().parse::<i64>().ok()?))
        });
        let defined: Vec<_> = defined.collect();
        assert!(defined.len() > 300, "{} numbers", defined.len());
        for (name, number) in defined {
            let known = table.contains(&(name, number)) || alone.contains(name);
            assert!(known != UNKNOWN.contains(&number), "{name} {number}");
        }
    }

    #[test]
    fn every_call_of_the_platform_is_in_exactly_one_list() {
        let table: HashSet<&str> = TABLE.iter().map(|row| row.name).collect();
        let alone: HashSet<&str> = LEFT_ALONE.iter().flat_map(|l| l.names).copied().collect();
        let both: Vec<_> = table.intersection(&alone).collect();
        assert!(both.is_empty(), "in both lists: {both:?}");
        let listed = LEFT_ALONE.iter().map(|l| l.names.len()).sum::<usize>();
        assert_eq!(alone.len(), listed, "a name stands twice in LEFT_ALONE");
        let known = |nr: i32| ScmpSyscall::from(nr).get_name_by_arch(ScmpArch::X8664).ok();
        let missing: Vec<_> = (0..512)
            .filter_map(known)
            .filter(|name| !table.contains(name.as_str()) && !alone.contains(name.as_str()))
            .collect();
        assert!(missing.is_empty(), "in neither list: {missing:?}");
    }
}
