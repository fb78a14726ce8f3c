//! The cases: which call, how often, and what has to be trapped for it.

use clap::ValueEnum;
use serde::Serialize;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Case {
    /// stat of an existing file
    Stat,
    /// openat with `O_RDONLY`, and close
    Open,
    /// pread of 4 KiB that are in the page cache
    Pread,
    /// rename (renameat) of a file, there and back
    Rename,
    /// chmod (fchmodat) of a file, to one mode and back
    Chmod,
    /// write of 4 KiB, and fsync
    WriteFsync,
    /// stat of /proc/self/stat: trapped, but answered "let the kernel do it"
    Native,
    /// from spawn to exit of /bin/true
    StartUp,
}

impl Case {
    /// How the table names it; with the unit, where it is not that of the others.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Case::Stat => "stat",
            Case::Open => "openat + close",
            Case::Pread => "pread 4 KiB",
            Case::Rename => "rename",
            Case::Chmod => "chmod",
            Case::WriteFsync => "write 4 KiB + fsync",
            Case::Native => "stat, answered native",
            Case::StartUp => "start-up of true, ms",
        }
    }

    /// As given to `--only` and to the target.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Case::Stat => "stat",
            Case::Open => "open",
            Case::Pread => "pread",
            Case::Rename => "rename",
            Case::Chmod => "chmod",
            Case::WriteFsync => "write-fsync",
            Case::Native => "native",
            Case::StartUp => "start-up",
        }
    }

    /// Nanoseconds per unit of the row.
    pub(crate) fn unit(self) -> f64 {
        match self {
            Case::StartUp => 1e6,
            _ => 1e3,
        }
    }

    /// How many times in one round: the slow ones less often, so that a round stays a matter of seconds.
    pub(crate) fn iterations(self, base: u32) -> u32 {
        match self {
            Case::WriteFsync => (base / 100).max(10),
            Case::StartUp => (base / 1000).max(10),
            _ => base,
        }
    }

    /// The system calls a floor traps for it.
    pub(crate) fn traps(self) -> &'static [libc::c_long] {
        match self {
            Case::Stat | Case::Native => &[libc::SYS_newfstatat],
            Case::Open => &[libc::SYS_openat],
            Case::Pread => &[libc::SYS_pread64],
            Case::Rename => &[libc::SYS_renameat],
            Case::Chmod => &[libc::SYS_fchmodat],
            Case::WriteFsync => &[libc::SYS_write, libc::SYS_fsync],
            Case::StartUp => &[],
        }
    }

    /// The same by name, for `strace -e trace=` and in asys's trace.
    pub(crate) fn call_names(self) -> &'static str {
        match self {
            Case::Stat | Case::Native => "newfstatat",
            Case::Open | Case::StartUp => "openat",
            Case::Pread => "pread64",
            Case::Rename => "renameat",
            Case::Chmod => "fchmodat",
            Case::WriteFsync => "write,fsync",
        }
    }

    /// Trapped calls per iteration.
    pub(crate) fn calls(self) -> u64 {
        self.traps().len() as u64
    }
}
