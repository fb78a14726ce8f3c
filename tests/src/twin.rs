//! What a case is given: raw system calls and notes, each of them a line of the transcript.
//!
//! # Safety
//! [`Twin::call`] hands any argument to any call, as a program in assembler could. The cases keep the promise that a
//! pointer is either into memory they own or deliberately wrong, which the kernel answers with EFAULT.

use crate::arg::Arg;
use crate::transcript::{Line, Log};
use nix::errno::Errno;
use std::collections::HashMap;
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// Calls that are no rows of the table, made to set the scene or to look at the result.
const OTHERS: &[(&str, i64)] = &[
    ("bind", libc::SYS_bind),
    ("capset", libc::SYS_capset),
    ("chdir", libc::SYS_chdir),
    ("chroot", libc::SYS_chroot),
    ("close", libc::SYS_close),
    ("dup", libc::SYS_dup),
    ("dup2", libc::SYS_dup2),
    ("fchdir", libc::SYS_fchdir),
    ("epoll_ctl", libc::SYS_epoll_ctl),
    ("fcntl", libc::SYS_fcntl),
    ("getpeername", libc::SYS_getpeername),
    ("getsockname", libc::SYS_getsockname),
    ("getsockopt", libc::SYS_getsockopt),
    ("ioctl", libc::SYS_ioctl),
    ("kill", libc::SYS_kill),
    ("lseek", libc::SYS_lseek),
    ("prctl", libc::SYS_prctl),
    ("prlimit64", libc::SYS_prlimit64),
    ("setfsgid", libc::SYS_setfsgid),
    ("setfsuid", libc::SYS_setfsuid),
    ("setgroups", libc::SYS_setgroups),
    ("setresgid", libc::SYS_setresgid),
    ("setresuid", libc::SYS_setresuid),
    ("setsockopt", libc::SYS_setsockopt),
    ("shutdown", libc::SYS_shutdown),
    ("umask", libc::SYS_umask),
];

#[derive(Debug)]
pub struct Twin {
    log: Log,
    /// Lines that may come to nothing, while there are such.
    held: Option<Vec<Line>>,
    inodes: HashMap<(u64, u64), usize>,
    devices: HashMap<u64, usize>,
    ports: HashMap<u16, usize>,
}

/// Of a call that a case may make.
pub fn number(call: &str) -> i64 {
    let row = crate::errnos::all().map(|row| (row.name, row.number));
    let mut all = row.chain(OTHERS.iter().copied());
    all.find(|(name, _)| *name == call)
        .unwrap_or_else(|| panic!("{call} has no number here"))
        .1
}

/// The call itself: a non-negative return, or minus the errno.
fn raw(number: i64, args: &[Arg]) -> i64 {
    let r = |i: usize| args.get(i).map_or(0, |arg| arg.raw);
    // SAFETY: see the module's head.
    let ret = unsafe { libc::syscall(number, r(0), r(1), r(2), r(3), r(4), r(5)) };
    if ret == -1 {
        -i64::from(Errno::last_raw())
    } else {
        ret
    }
}

/// Mounts that come and go meanwhile, in whatever namespace, can make a walk fail: openat2(2) says so of EAGAIN, and a
/// walk that is begun anew goes on counting links where the first one stopped.
fn settled(call: &str, args: &[Arg]) -> i64 {
    let tries = |ret: i64| match -ret as i32 {
        libc::ELOOP => 4,
        // It is by nature an answer that says "try again".
        libc::EAGAIN if call == "openat2" => 200,
        _ => 0,
    };
    let mut ret = raw(number(call), args);
    for tried in 1.. {
        if tried >= tries(ret) {
            break;
        }
        std::thread::yield_now();
        ret = raw(number(call), args);
    }
    ret
}

/// `ENOENT` for -2, `3` for 3.
pub fn shown(ret: i64) -> String {
    match ret {
        -4095..=-1 => format!("{:?}", Errno::from_raw(-ret as i32)),
        _ => ret.to_string(),
    }
}

impl Twin {
    pub fn new(log: Log) -> Self {
        Self {
            log,
            held: None,
            inodes: HashMap::new(),
            devices: HashMap::new(),
            ports: HashMap::new(),
        }
    }

    /// Makes the call and records it. The return is minus the errno, as from the kernel.
    pub fn call(&mut self, call: &str, args: &[Arg]) -> i64 {
        self.call_shown(call, args, shown)
    }

    /// As [`Twin::call`], for a descriptor on whose number another thread, which opens files meanwhile, has a say.
    pub fn call_beside(&mut self, call: &str, args: &[Arg]) -> i64 {
        self.call_shown(call, args, |ret| match ret {
            0.. => "a descriptor".into(),
            _ => shown(ret),
        })
    }

    fn call_shown(&mut self, call: &str, args: &[Arg], shown: impl Fn(i64) -> String) -> i64 {
        let ret = settled(call, args);
        let shown_args: Vec<&str> = args.iter().map(|arg| arg.shown.as_str()).collect();
        self.line(&Line::Call {
            call: call.into(),
            args: shown_args.join(", "),
            ret: shown(ret),
        });
        ret
    }

    fn line(&mut self, line: &Line) {
        match &mut self.held {
            Some(held) => held.push(line.clone()),
            None => self.log.append(line),
        }
    }

    /// Calls whose returns are not the same twice: no lines, but for what the caller notes of them.
    pub fn quietly<T>(&mut self, body: impl FnOnce(&mut Twin) -> T) -> T {
        let held = self.held.replace(Vec::new());
        let done = body(self);
        self.held = held;
        done
    }

    /// A call that does nobody knows how much: only its failure has lines.
    pub fn call_for_what_it_does(&mut self, body: impl FnOnce(&mut Twin) -> i64) -> i64 {
        let (done, lines) = self.quietly(|t| (body(t), t.held.take()));
        if done < 0 {
            lines.iter().flatten().for_each(|line| self.line(line));
        }
        done
    }

    /// A call that succeeds nobody knows how often: only its failure has lines.
    pub fn call_until_it_fails(&mut self, mut body: impl FnMut(&mut Twin) -> i64) {
        loop {
            if self.call_for_what_it_does(&mut body) < 0 {
                return;
            }
        }
    }

    /// As [`Twin::call`], for a descriptor that is not wanted any longer.
    pub fn opened(&mut self, call: &str, args: &[Arg]) -> bool {
        let fd = self.call(call, args);
        self.close(fd);
        fd >= 0
    }

    /// Closes what a call may have opened; nothing worth a line.
    pub fn close(&mut self, fd: i64) {
        if fd >= 0 {
            raw(libc::SYS_close, &[Arg::from(fd)]);
        }
    }

    pub fn note(&mut self, note: &str, is: impl Display) {
        self.line(&Line::Note {
            note: note.into(),
            is: is.to_string(),
        });
    }

    pub fn bytes(&mut self, note: &str, bytes: &[u8]) {
        self.note(note, bytes.escape_ascii());
    }

    /// What the kernel keeps about a descriptor that no row of the table tells: flags and position.
    pub fn fdinfo(&mut self, fd: i64) {
        let Ok(text) = std::fs::read_to_string(format!("/proc/self/fdinfo/{fd}")) else {
            return self.note("fdinfo", "none");
        };
        let kept = text
            .lines()
            .filter(|line| line.starts_with("pos:") || line.starts_with("flags:"));
        let line = kept.collect::<Vec<_>>().join(" ").replace('\t', " ");
        self.note("fdinfo", line);
    }

    /// A file made anew may get the number of one that is gone, or not: from here on numbers mean nothing.
    pub fn forget_inodes(&mut self) {
        self.inodes.clear();
    }

    /// The order in which this inode was first seen stands for its number.
    pub fn inode(&mut self, device: u64, inode: u64) -> String {
        let device = self.device(device);
        let next = self.inodes.len();
        let seen = *self.inodes.entry((device as u64, inode)).or_insert(next);
        format!("d{device}i{seen}")
    }

    /// The order in which this port was first seen stands for its number; none is none.
    pub fn port(&mut self, port: u16) -> String {
        if port == 0 {
            return "no port".into();
        }
        let next = self.ports.len();
        let seen = *self.ports.entry(port).or_insert(next);
        format!("port {seen}")
    }

    /// For what is made from here on the kernel may choose a port again that it has chosen before, or not.
    pub fn forget_ports(&mut self) {
        self.ports.clear();
    }

    fn device(&mut self, device: u64) -> usize {
        let next = self.devices.len();
        *self.devices.entry(device).or_insert(next)
    }

    /// All of a stat but what differs between two runs by nature: inode and device numbers (only their order), and
    /// times (only whether the file was changed after it was last written; other programs use devices meanwhile).
    pub fn stat(&mut self, what: &str, st: &libc::stat) {
        let inode = self.inode(st.st_dev, st.st_ino);
        let written = (st.st_mtime, st.st_mtime_nsec);
        let changed = (st.st_ctime, st.st_ctime_nsec);
        let device = st.st_mode & libc::S_IFMT == libc::S_IFCHR;
        self.note(
            what,
            format_args!(
                "{inode} mode {:o} nlink {} uid {} gid {} rdev {:#x} size {} blksize {} changed since {}",
                st.st_mode,
                st.st_nlink,
                st.st_uid,
                st.st_gid,
                st.st_rdev,
                st.st_size,
                st.st_blksize,
                changed >= written || device,
            ),
        );
    }

    /// Runs `body` in a forked child, whose calls go into the same transcript, and waits for its end.
    pub fn fork(&mut self, who: &str, body: impl FnOnce(&mut Twin)) {
        // SAFETY: the case is single-threaded here, and the child leaves through `_exit`.
        let pid = unsafe { libc::fork() };
        assert!(pid >= 0, "fork failed");
        if pid == 0 {
            let done = catch_unwind(AssertUnwindSafe(|| body(self)));
            // SAFETY: ends the child without running the parent's exit handlers.
            unsafe { libc::_exit(if done.is_ok() { 0 } else { 101 }) };
        }
        let mut status = 0;
        // SAFETY: `status` is a valid place for the status of our own child.
        while unsafe { libc::waitpid(pid, &raw mut status, 0) } != pid {}
        self.note(who, format_args!("ended with {status:#x}"));
    }

    /// Names, types, modes and sizes below `root`: what calls have left behind so far.
    pub fn tree(&mut self, root: &str) {
        for line in crate::tree::snapshot(Path::new(root)) {
            self.note("tree", line);
        }
    }
}

/// A zeroed structure for a call to fill.
pub fn blank<T>() -> T {
    // SAFETY: used for libc's plain structures of integers only, for which zero is a value.
    unsafe { std::mem::zeroed() }
}
