//! The features, in the order in which they matter.

use super::scene::{Finding, Scene};
use crate::mounts::statmount_works;
use crate::sys::creds::{self, CapSet};
use crate::sys::file::{self, flag};
use crate::sys::process::{self, PIDFD_THREAD};
use crate::sys::{memory, notify, probe};
use nix::errno::Errno;
use nix::fcntl::AT_FDCWD;
use std::os::fd::AsFd;

/// Something the kernel may have, and this process may be allowed.
pub(super) struct Feature {
    pub(super) name: &'static str,
    pub(super) need: Need,
    pub(super) probe: fn(&Scene) -> Finding,
    /// What asys does when it is not there.
    pub(super) without: &'static str,
}

/// What cannot be had without a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// Nothing works.
    ToRun,
    /// Every call stays native.
    ToCarryOut,
    /// Something is slower, or some calls stay native.
    ForMore,
}

macro_rules! features {
    ($($need:ident $name:literal $probe:ident $without:literal;)*) => {
        &[$(Feature { name: $name, need: Need::$need, probe: $probe, without: $without }),*]
    };
}

#[rustfmt::skip]
pub(super) static FEATURES: &[Feature] = features![
//  need        name                       probe              without it
    ToRun       "user notification"        user_notification  "no call can be trapped";
    ToRun       "listener"                 listener           "no call can be trapped";
    ToCarryOut  "WAIT_KILLABLE_RECV"       wait_killable      "a signal could have a call done twice: all stay native";
    ForMore     "SYNC_WAKE_UP"             sync_wake_up       "each call costs several times as much";
    ForMore     "ADDFD"                    add_fd             "calls that open a file stay native";
    ToRun       "pidfd_open"               pidfd_open         "processes cannot be followed";
    ForMore     "PIDFD_THREAD"             pidfd_thread       "threads are followed through /proc: slower";
    ForMore     "PIDFD_GET_INFO"           pidfd_info         "credentials are read from /proc for each call: slower";
    ForMore     "pidfd_getfd"              pidfd_getfd        "calls on descriptors stay native";
    ForMore     "process_vm_readv"         read_memory        "calls with a path stay native";
    ForMore     "process_vm_writev"        write_memory       "calls that return data stay native";
    ToRun       "procfs"                   procfs             "processes cannot be looked at";
    ToRun       "openat2"                  openat2            "no path can be looked up safely";
    ToRun       "statx"                    statx              "nothing can be known of a file before it is used";
    ForMore     "faccessat2"               faccessat2         "access, faccessat and faccessat2 stay native";
    ForMore     "statmount"                statmount          "file systems are asked what they are each time: slower";
    ForMore     "kcmp"                     kcmp               "processes that share a working directory are not recognised";
    ForMore     "unshare(CLONE_FS)"        own_umask          "calls that create files under another umask than asys's own stay native";
    ForMore     "CAP_SYS_ADMIN"            plain_filter       "no_new_privs is set: set-user-ID programs gain nothing";
    ForMore     "CAP_SYS_PTRACE"           sys_ptrace         "processes that are not dumpable stay native";
    ForMore     "CAP_SETUID, CAP_SETGID"   other_users        "--user is refused; calls with other credentials stay native";
    ForMore     "4096 descriptors"         descriptors        "asys runs short of them with many threads: calls stay native";
];

fn user_notification(_: &Scene) -> Finding {
    let known = probe::filter_action(libc::SECCOMP_RET_USER_NOTIF);
    match known.and_then(|()| probe::notification_sizes()) {
        Ok(sizes) if usize::from(sizes[0]) > size_of::<libc::seccomp_notif>() => {
            Finding::missing("notifications are larger than asys knows")
        }
        other => Finding::of(other),
    }
}

fn listener(scene: &Scene) -> Finding {
    match scene.no_new_privs {
        Err(Errno::EBUSY) => {
            Finding::missing("another supervisor's stands above: asys, or a container's agent")
        }
        other => Finding::of(other),
    }
}

fn wait_killable(scene: &Scene) -> Finding {
    // Where no listener can be had, the kernel still says which flags it knows.
    match (
        scene.wait_killable,
        notify::knows_filter_flag(notify::WAIT_KILLABLE_RECV),
    ) {
        (Ok(_), _) | (Err(_), true) => Finding::ok(""),
        (Err(errno), false) => Finding::of(Err::<(), _>(errno)),
    }
}

fn sync_wake_up(scene: &Scene) -> Finding {
    match scene.no_new_privs {
        Ok(listener) => Finding::of(listener.sync_wake_up),
        Err(_) => Finding::unknown("no listener to try it on"),
    }
}

fn add_fd(scene: &Scene) -> Finding {
    match scene.no_new_privs {
        Ok(listener) => Finding::of(listener.add_fd),
        Err(_) => Finding::unknown("no listener to try it on"),
    }
}

fn pidfd_open(scene: &Scene) -> Finding {
    scene.on_subject(|subject| process::pidfd_open(subject.pid(), 0))
}

fn pidfd_thread(scene: &Scene) -> Finding {
    scene.on_subject(|subject| process::pidfd_open(subject.pid(), PIDFD_THREAD))
}

fn pidfd_info(scene: &Scene) -> Finding {
    scene.on_subject(|subject| process::ids(process::pidfd_open(subject.pid(), 0)?.as_fd()))
}

fn pidfd_getfd(scene: &Scene) -> Finding {
    scene.on_subject(|subject| {
        let pidfd = process::pidfd_open(subject.pid(), 0)?;
        process::pidfd_getfd(pidfd.as_fd(), subject.fd())
    })
}

fn read_memory(scene: &Scene) -> Finding {
    scene.on_subject(|subject| {
        let (expected, address) = subject.memory();
        let mut read = [0; 16];
        memory::read(subject.pid(), address, &mut read)?;
        if read == *expected {
            Ok(())
        } else {
            Err(Errno::EIO)
        }
    })
}

fn write_memory(scene: &Scene) -> Finding {
    scene.on_subject(|subject| {
        let (same, address) = subject.memory();
        memory::write(subject.pid(), std::iter::once((address, &same[..])))
    })
}

fn procfs(scene: &Scene) -> Finding {
    scene.on_subject(|subject| {
        let status = format!("/proc/{}/status", subject.pid());
        std::fs::read(status).map_err(|_| Errno::ENOSYS)
    })
}

fn openat2(_: &Scene) -> Finding {
    let flags = flag::O_PATH | flag::O_DIRECTORY | flag::O_CLOEXEC;
    Finding::of(file::openat2(
        AT_FDCWD,
        c"/",
        flags,
        0,
        flag::RESOLVE_NO_MAGICLINKS,
    ))
}

fn statx(_: &Scene) -> Finding {
    Finding::of(file::statx(
        AT_FDCWD,
        c"/",
        0,
        libc::STATX_BASIC_STATS.into(),
    ))
}

fn faccessat2(_: &Scene) -> Finding {
    Finding::of(file::faccessat2(AT_FDCWD, c"/", 0, libc::AT_EACCESS as u64))
}

fn statmount(_: &Scene) -> Finding {
    Finding::of(statmount_works())
}

fn kcmp(scene: &Scene) -> Finding {
    let own = nix::unistd::getpid().as_raw();
    scene.on_subject(|subject| process::share_fs(own, subject.pid()))
}

/// As a worker does it: in a thread, which has something of its own afterwards and ends.
fn own_umask(_: &Scene) -> Finding {
    match std::thread::Builder::new().spawn(creds::unshare_fs) {
        Ok(thread) => Finding::of(thread.join().unwrap_or(Err(Errno::EIO))),
        Err(error) => Finding::unknown(&format!("no thread to try it in: {error}")),
    }
}

fn plain_filter(scene: &Scene) -> Finding {
    match (scene.privileged, scene.no_new_privs) {
        (Err(Errno::EACCES), _) => Finding::missing("not privileged"),
        (Err(_), Err(_)) => Finding::unknown("no listener to try it on"),
        (other, _) => Finding::of(other),
    }
}

fn sys_ptrace(scene: &Scene) -> Finding {
    scene.capability(CapSet::SYS_PTRACE)
}

fn other_users(scene: &Scene) -> Finding {
    scene.capability(CapSet::SETUID.union(CapSet::SETGID))
}

fn descriptors(_: &Scene) -> Finding {
    use nix::sys::resource::{Resource, getrlimit};
    const ENOUGH: u64 = 4096;
    match getrlimit(Resource::RLIMIT_NOFILE) {
        Ok((_, hard)) if hard >= ENOUGH => Finding::ok(&format!("hard limit {hard}")),
        Ok((_, hard)) => {
            Finding::missing(&format!("hard limit {hard}: raise it with 'ulimit -Hn'"))
        }
        Err(errno) => Finding::of(Err::<(), _>(errno)),
    }
}
