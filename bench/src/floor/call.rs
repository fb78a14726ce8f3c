//! The calls the floors know, decoded.

use std::os::fd::RawFd;

use libc::{c_int, seccomp_data};

/// Larger buffers go native: a floor is for the cases, and a target must not make us allocate.
pub(super) const LARGEST: usize = 64 << 10;

#[derive(Clone, Copy, Debug)]
pub(super) enum Call {
    Stat {
        path: u64,
        buffer: u64,
        flags: c_int,
    },
    Open {
        path: u64,
        flags: c_int,
        mode: u32,
    },
    Pread {
        fd: RawFd,
        buffer: u64,
        count: usize,
        offset: i64,
    },
    Rename {
        old: u64,
        new: u64,
    },
    Chmod {
        path: u64,
        mode: u32,
    },
    Write {
        fd: RawFd,
        buffer: u64,
        count: usize,
    },
    Fsync {
        fd: RawFd,
    },
    /// Whatever else the C library does on its way: native.
    Other,
}

impl Call {
    pub(super) fn decode(data: &seccomp_data) -> Call {
        let a = data.args;
        let at_cwd = |dirfd: u64| dirfd as c_int == libc::AT_FDCWD;
        match data.nr.into() {
            libc::SYS_newfstatat if at_cwd(a[0]) && a[3] == 0 => Call::Stat {
                path: a[1],
                buffer: a[2],
                flags: a[3] as c_int,
            },
            libc::SYS_openat if at_cwd(a[0]) => Call::Open {
                path: a[1],
                flags: a[2] as c_int,
                mode: a[3] as u32,
            },
            libc::SYS_pread64 if a[2] <= LARGEST as u64 => Call::Pread {
                fd: a[0] as RawFd,
                buffer: a[1],
                count: a[2] as usize,
                offset: a[3] as i64,
            },
            libc::SYS_renameat if at_cwd(a[0]) && at_cwd(a[2]) => Call::Rename {
                old: a[1],
                new: a[3],
            },
            libc::SYS_fchmodat if at_cwd(a[0]) => Call::Chmod {
                path: a[1],
                mode: a[2] as u32,
            },
            libc::SYS_write if a[2] <= LARGEST as u64 => Call::Write {
                fd: a[0] as RawFd,
                buffer: a[1],
                count: a[2] as usize,
            },
            libc::SYS_fsync => Call::Fsync { fd: a[0] as RawFd },
            _ => Call::Other,
        }
    }
}
