//! What a thread has for itself, and what it shares: credentials, umask, directory, descriptors.

use super::scene::{belongings, beside, look_around, make, read_name, two_directories};
use crate::args;
use crate::twin::Twin;
use crate::users::{ALICE, BOB, NOBODY};
use libc::*;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::sync::Barrier;

/// This thread only, by raw calls: glibc's would change every thread.
fn this_thread_becomes(user: u32) {
    // SAFETY: no memory is involved.
    unsafe {
        syscall(SYS_setgroups, 0, 0);
        syscall(SYS_setresgid, user, user, 0);
        syscall(SYS_setresuid, user, user, 0);
    }
}

/// Four users at once in one process: each file must belong to its maker, each refusal be its own.
pub fn threads_with_credentials(t: &mut Twin) {
    belongings();
    let users = [0, ALICE, BOB, NOBODY];
    let start = Barrier::new(users.len());
    let found = std::thread::scope(|scope| {
        let work = |user: u32| {
            this_thread_becomes(user);
            start.wait();
            let mut strangers = 0;
            let mut opened = [0; 3];
            for i in 0..300 {
                let name = format!("shared/u{user}_{i}");
                let made = fs::File::create(&name).and_then(|file| file.metadata());
                strangers +=
                    u32::from(!made.is_ok_and(|meta| meta.uid() == user && meta.gid() == user));
                for (count, name) in opened.iter_mut().zip(["roots", "alices", "bobs"]) {
                    *count += u32::from(fs::File::open(name).is_ok());
                }
            }
            format!("user {user}: {strangers} strange files, opened {opened:?}")
        };
        let threads = users.map(|user| scope.spawn(move || work(user)));
        threads.map(|thread| thread.join().expect("a thread"))
    });
    for line in found {
        t.note("thread", line);
    }
}

/// One thread's change shows in no other.
pub fn threads_one_after_the_other(t: &mut Twin) {
    belongings();
    for user in [ALICE, BOB] {
        std::thread::scope(|scope| {
            let thread = scope.spawn(|| {
                this_thread_becomes(user);
                ["roots", "alices", "bobs"].map(|name| fs::read(name).is_ok())
            });
            let opened = thread.join().expect("a thread");
            t.note("thread", format!("{user}: {opened:?}"));
        });
        look_around(t, &format!("main{user}"));
    }
}

/// One umask for all threads, whoever sets it.
pub fn umask_of_several_threads(t: &mut Twin) {
    for mask in [0o077, 0, 0o277, 0o022] {
        // SAFETY: umask cannot fail.
        let set = move || unsafe {
            syscall(SYS_umask, mask);
        };
        beside(t, set, |t| make(t, &format!("m{mask:o}")));
        make(t, &format!("n{mask:o}"));
    }
    t.tree(".");
}

/// After unshare(CLONE_FS) a thread's umask is its own.
pub fn umask_of_its_own(t: &mut Twin) {
    let apart = || {
        // SAFETY: no memory is involved.
        unsafe {
            unshare(CLONE_FS);
            syscall(SYS_umask, 0o777);
        }
        fs::write("apart", "").expect("apart");
    };
    beside(t, apart, |t| make(t, "together"));
    t.tree(".");
}

/// The directory belongs to all threads: what one changes counts for the next call of the other.
pub fn directory_moved_by_another_thread(t: &mut Twin) {
    two_directories();
    for (to, make_name) in [(c"a", "x"), (c"../b", "y"), (c"..", "z"), (c"a", "w")] {
        // SAFETY: the path is terminated.
        let moves = move || unsafe {
            syscall(SYS_chdir, to.as_ptr());
        };
        beside(t, moves, |t| {
            read_name(t, c"name");
            make(t, make_name);
        });
    }
    read_name(t, c"../b/name");
}

/// While another thread goes back and forth, every look-up is in one of the two, and in one only.
pub fn directory_moved_all_the_time(t: &mut Twin) {
    use std::sync::atomic::{AtomicBool, Ordering};
    two_directories();
    let [a, b] = ["a", "b"].map(|name| fs::File::open(name).expect(name));
    std::env::set_current_dir("a").expect("a");
    let over = AtomicBool::new(false);
    let strange = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                for dir in [&b, &a] {
                    use std::os::fd::AsRawFd;
                    // SAFETY: the directories stay open until the scope ends.
                    unsafe { syscall(SYS_fchdir, dir.as_raw_fd()) };
                }
            }
        });
        let ok = |_: &i32| !fs::read("name").is_ok_and(|name| name == b"a" || name == b"b");
        let strange = (0..2000).filter(ok).count();
        over.store(true, Ordering::Relaxed);
        strange
    });
    t.note("neither here nor there", strange);
}

pub fn directory_of_its_own(t: &mut Twin) {
    two_directories();
    let apart = || {
        // SAFETY: no memory is involved but the terminated path.
        unsafe {
            unshare(CLONE_FS);
            syscall(SYS_chdir, c"a".as_ptr());
        }
        fs::write("apart", fs::read("name").expect("name")).expect("apart");
    };
    beside(t, apart, |t| read_name(t, c"b/name"));
    t.tree(".");
}

/// After unshare(CLONE_FILES) the same number is two things in one process.
pub fn file_table_of_its_own(t: &mut Twin) {
    two_directories();
    let fd = t.call("open", args![c"a/name", O_RDWR]);
    let apart = || {
        // SAFETY: no memory is involved but terminated paths and a writable buffer.
        let letter = unsafe {
            unshare(CLONE_FILES);
            syscall(SYS_close, fd);
            let mine = syscall(SYS_open, c"b/name".as_ptr(), O_RDONLY);
            let mut letter = [0u8; 2];
            syscall(SYS_read, mine, letter.as_mut_ptr(), 1);
            (mine == fd, letter[0])
        };
        fs::write("apart", format!("{letter:?}")).expect("apart");
    };
    beside(t, apart, |t| {
        let mut buffer = [b'.'; 4];
        t.call("pread64", args![fd, &mut buffer, 4, 0]);
        t.bytes("name", &buffer);
        t.opened("open", args![c"b/name", O_RDONLY]);
    });
    t.tree(".");
}
