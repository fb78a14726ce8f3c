//! Which calls the finder makes, and what their arguments are: everything that asys carries out, and what changes the
//! world those calls are made in.

use crate::finder::constants::{self as names, Style};

#[derive(Debug)]
pub struct Shape {
    pub name: &'static str,
    pub what: What,
    pub args: &'static [Kind],
    /// How often it is made, compared with others.
    pub weight: u32,
}

impl PartialEq for Shape {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Call(i64),
    /// What the finder does itself, by more than one call.
    Own(Own),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Own {
    /// An actor starts another one.
    Spawn,
    /// An actor becomes a new program.
    Exec,
    /// An actor leaves.
    Leave,
    /// Time goes on: what is stamped from now on shows.
    Tick,
    Handle,
    Mask,
}

/// What an argument is: how it is made up, and how it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Dirfd,
    Fd,
    Path,
    Target,
    Name,
    OpenFlags,
    How,
    HowSize,
    Mode,
    NodeMode,
    Zero,
    AccessMode,
    AtFlags,
    StatxMask,
    RenameFlags,
    Stat,
    Statx,
    Statfs,
    Out,
    In,
    Len,
    Offset,
    OffsetPointer,
    Position,
    Uid,
    Utimbuf,
    Timevals,
    Timespecs,
    FallocMode,
    Extent,
    XattrFlags,
    Value,
    PartsOut,
    PartsIn,
    Count,
    High,
    RwFlags,
    SpliceFlags,
    TeeFlags,
    RangeFlags,
    Dents,
    Dents64,
    Handle,
    MountId,
    Copied,
    Command,
    CommandValue,
    Whence,
    NewFd,
    CloexecFlag,
    PipeFlags,
    Pair,
    Umask,
    Uids,
    Groups,
    Capabilities,
    CapHeader,
    Signal,
    Target0,
    TargetPid,
    TargetTid,
    Handling,
    Masking,
    Actor,
    Share,
    UnshareFlags,
    Resource,
    ReadOut,
    LastFd,
    Limit,
    Domain,
    SocketType,
    Address,
    AddressLen,
    Watch,
    Events,
    InotifyFlags,
    MemfdFlags,
    SocketFlags,
}

impl Kind {
    pub fn is_structure(self) -> bool {
        matches!(
            self,
            Self::Stat | Self::Statx | Self::Statfs | Self::MountId
        )
    }

    pub fn style(self) -> Style {
        use Kind::*;
        match self {
            Dirfd | Fd => Style::One(names::DIR),
            OpenFlags | CloexecFlag | PipeFlags | InotifyFlags | CommandValue => {
                Style::Bits(names::OPEN)
            }
            Mode | NodeMode | Umask => Style::Octal,
            AccessMode => Style::Bits(names::ACCESS),
            AtFlags => Style::Bits(names::AT),
            RenameFlags => Style::Bits(names::RENAME),
            FallocMode => Style::Bits(names::FALLOC),
            XattrFlags => Style::Bits(names::XATTR),
            RwFlags => Style::Bits(names::RWF),
            SpliceFlags | TeeFlags => Style::Bits(names::SPLICE),
            RangeFlags => Style::Bits(names::SYNC_RANGE),
            Command => Style::One(names::FCNTL),
            Whence => Style::One(names::WHENCE),
            Signal => Style::One(names::SIGNAL),
            Handling => Style::One(names::HANDLE),
            Masking => Style::One(names::MASK),
            Share | UnshareFlags => Style::Bits(names::CLONE),
            Resource => Style::One(names::RESOURCE),
            _ => Style::Plain,
        }
    }
}

macro_rules! shapes {
    ($($weight:literal $name:ident $number:tt ($($kind:ident)*);)*) => {
        &[$(Shape {
            name: stringify!($name),
            what: shapes!(@what $number),
            args: &[$(Kind::$kind),*],
            weight: $weight,
        }),*]
    };
    (@what $own:ident) => { What::Own(Own::$own) };
    (@what $number:literal) => { What::Call($number) };
}

/// Numbers of x86_64, which asys is for.
#[rustfmt::skip]
pub static SHAPES: &[Shape] = shapes![
    //w name               number  arguments
    14  openat             257     (Dirfd Path OpenFlags Mode);
    8   open               2       (Path OpenFlags Mode);
    6   openat2            437     (Dirfd Path How HowSize);
    2   creat              85      (Path Mode);
    2   stat               4       (Path Stat);
    2   lstat              6       (Path Stat);
    4   newfstatat         262     (Dirfd Path Stat AtFlags);
    4   statx              332     (Dirfd Path AtFlags StatxMask Statx);
    2   access             21      (Path AccessMode);
    2   faccessat          269     (Dirfd Path AccessMode);
    3   faccessat2         439     (Dirfd Path AccessMode AtFlags);
    3   mkdir              83      (Path Mode);
    2   mkdirat            258     (Dirfd Path Mode);
    3   unlink             87      (Path);
    3   unlinkat           263     (Dirfd Path AtFlags);
    2   rmdir              84      (Path);
    4   rename             82      (Path Path);
    2   renameat           264     (Dirfd Path Dirfd Path);
    4   renameat2          316     (Dirfd Path Dirfd Path RenameFlags);
    2   readlink           89      (Path Out Len);
    3   readlinkat         267     (Dirfd Path Out Len);
    3   link               86      (Path Path);
    3   linkat             265     (Dirfd Path Dirfd Path AtFlags);
    3   symlink            88      (Target Path);
    2   symlinkat          266     (Target Dirfd Path);
    2   mknod              133     (Path NodeMode Zero);
    2   mknodat            259     (Dirfd Path NodeMode Zero);
    2   statfs             137     (Path Statfs);
    3   name_to_handle_at  303     (Dirfd Path Handle MountId AtFlags);
    3   fstat              5       (Fd Stat);
    4   getdents64         217     (Fd Dents64 Len);
    2   getdents           78      (Fd Dents Len);
    2   fstatfs            138     (Fd Statfs);
    3   chmod              90      (Path Mode);
    2   fchmod             91      (Fd Mode);
    2   fchmodat           268     (Dirfd Path Mode);
    3   fchmodat2          452     (Dirfd Path Mode AtFlags);
    2   chown              92      (Path Uid Uid);
    2   lchown             94      (Path Uid Uid);
    2   fchown             93      (Fd Uid Uid);
    3   fchownat           260     (Dirfd Path Uid Uid AtFlags);
    2   utime              132     (Path Utimbuf);
    2   utimes             235     (Path Timevals);
    2   futimesat          261     (Dirfd Path Timevals);
    4   utimensat          280     (Dirfd Path Timespecs AtFlags);
    3   truncate           76      (Path Offset);
    4   ftruncate          77      (Fd Offset);
    4   fallocate          285     (Fd FallocMode Extent Extent);
    2   getxattr           191     (Path Name Out Len);
    2   lgetxattr          192     (Path Name Out Len);
    2   fgetxattr          193     (Fd Name Out Len);
    2   listxattr          194     (Path Out Len);
    2   llistxattr         195     (Path Out Len);
    2   flistxattr         196     (Fd Out Len);
    3   setxattr           188     (Path Name In Len XattrFlags);
    2   lsetxattr          189     (Path Name In Len XattrFlags);
    3   fsetxattr          190     (Fd Name In Len XattrFlags);
    2   removexattr        197     (Path Name);
    2   lremovexattr       198     (Path Name);
    2   fremovexattr       199     (Fd Name);
    2   getxattrat         464     (Dirfd Path AtFlags Name Value Len);
    2   listxattrat        465     (Dirfd Path AtFlags Out Len);
    2   setxattrat         463     (Dirfd Path AtFlags Name Value Len);
    2   removexattrat      466     (Dirfd Path AtFlags Name);
    6   read               0       (Fd ReadOut Len);
    4   pread64            17      (Fd Out Len Position);
    8   write              1       (Fd In Len);
    5   pwrite64           18      (Fd In Len Position);
    3   readv              19      (Fd PartsOut Len);
    4   writev             20      (Fd PartsIn Len);
    3   preadv             295     (Fd PartsOut Len Position High);
    3   pwritev            296     (Fd PartsIn Len Position High);
    3   preadv2            327     (Fd PartsOut Len Position High RwFlags);
    4   pwritev2           328     (Fd PartsIn Len Position High RwFlags);
    4   copy_file_range    326     (Fd OffsetPointer Fd OffsetPointer Copied Zero);
    4   sendfile           40      (Fd Fd OffsetPointer Copied);
    5   splice             275     (Fd OffsetPointer Fd OffsetPointer Copied SpliceFlags);
    3   tee                276     (Fd Fd Copied TeeFlags);
    2   fsync              74      (Fd);
    2   fdatasync          75      (Fd);
    2   sync_file_range    277     (Fd Extent Extent RangeFlags);
    1   syncfs             306     (Fd);

    4   close              3       (Fd);
    3   dup                32      (Fd);
    3   dup2               33      (Fd NewFd);
    2   dup3               292     (Fd NewFd CloexecFlag);
    1   close_range        436     (Fd LastFd Zero);
    5   lseek              8       (Fd Position Whence);
    5   fcntl              72      (Fd Command CommandValue);
    2   pipe2              293     (Pair PipeFlags);
    1   memfd_create       319     (Name MemfdFlags);
    2   socketpair         53      (Domain SocketType Zero Pair);
    1   socket             41      (Domain SocketType Zero);
    1   bind               49      (Fd Address AddressLen);
    5   chdir              80      (Path);
    4   fchdir             81      (Fd);
    1   chroot             161     (Target0);
    3   umask              95      (Umask);
    3   unshare            272     (UnshareFlags);
    2   inotify_init1      294     (InotifyFlags);
    4   inotify_add_watch  254     (Fd Path Watch);
    2   setrlimit          160     (Resource Limit);
    2   setfsuid           122     (Uids);
    2   setfsgid           123     (Uids);
    1   setuid             105     (Uids);
    1   setgid             106     (Uids);
    1   setreuid           113     (Uids Uids);
    2   setresuid          117     (Uids Uids Uids);
    2   setresgid          119     (Uids Uids Uids);
    2   setgroups          116     (Count Groups);
    3   capset             126     (CapHeader Capabilities);
    1   kill               62      (TargetPid Signal);
    2   tgkill             234     (TargetPid TargetTid Signal);
    2   handle             Handle  (Signal Handling);
    2   mask               Mask    (Signal Masking);
    8   spawn              Spawn   (Actor Share);
    1   exec               Exec    ();
    1   leave              Leave   ();
    2   tick               Tick    ();
];

pub fn named(name: &str) -> Option<&'static Shape> {
    SHAPES.iter().find(|shape| shape.name == name)
}
