//! Whose rights a call is carried out with: those of the thread that made it, at that moment.

use super::world;
use crate::args;
use crate::capabilities::{
    CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER, CAP_FSETID, OWN, set_effective,
};
use crate::case;
use crate::case::Family;
use crate::filesystem::FileSystem;
use crate::needs::{Need, find};
use crate::twin::{Twin, blank};
use crate::users::{ALICE, BOB, NOBODY, become_user, ordinary};
use libc::*;
use std::ffi::{CStr, CString};
use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::Barrier;

pub const FAMILY: Family = Family {
    name: "credentials",
    on: FileSystem::ALL,
    cases: &[
        case!(drops_privileges).needs(&[Need::Root]),
        case!(effective_user_back_and_forth).needs(&[Need::Root]),
        case!(real_effective_saved).needs(&[Need::Root]),
        case!(file_system_ids).needs(&[Need::Root]),
        case!(supplementary_groups).needs(&[Need::Root]),
        case!(threads_with_credentials).needs(&[Need::Root]),
        case!(threads_one_after_the_other).needs(&[Need::Root]),
        case!(dropped_capabilities).needs(&[Need::Root]),
        case!(kept_capabilities).needs(&[Need::Root]),
        case!(root_without_capabilities).needs(&[Need::Root]),
        case!(securebits).needs(&[Need::Root]),
        case!(umask_of_several_threads),
        case!(umask_of_its_own),
        case!(directory_moved_by_another_thread),
        case!(directory_moved_all_the_time),
        case!(directory_of_its_own),
        case!(file_table_of_its_own),
        case!(not_dumpable),
        case!(not_dumpable_after_dropping).needs(&[Need::Root]),
        case!(set_uid_program).needs(&[Need::SetUid, Need::Tool("cat"), Need::Tool("touch")]),
        case!(set_gid_program).needs(&[Need::SetUid, Need::Tool("cat"), Need::Tool("touch")]),
        case!(no_new_privileges).needs(&[Need::SetUid, Need::Tool("cat")]),
        case!(programs_of_other_users).needs(&[Need::Root, Need::Tool("sh")]),
        case!(user_namespace),
        case!(ownership_of_new_files).needs(&[Need::Root]),
    ],
};

/// Files of root, alice and bob, each for its owner and group only, and a directory anyone may write to.
pub(super) fn belongings() {
    for (name, owner) in [("roots", 0), ("alices", ALICE), ("bobs", BOB)] {
        world::file(name, name);
        chown(name, Some(owner), Some(owner)).expect("chown");
        world::chmod(name, 0o640);
        let dir = format!("dir_{name}");
        world::dir(&dir);
        world::file(&format!("{dir}/inner"), "");
        chown(&dir, Some(owner), Some(owner)).expect("chown");
        world::chmod(&dir, 0o750);
    }
    world::dir("shared");
    world::chmod("shared", 0o1777);
}

/// Tries all of them in every way rights matter, and leaves a file named `tag`.
fn look_around(t: &mut Twin, tag: &str) {
    for name in ["roots", "alices", "bobs"] {
        let (file, dir) = (path(name), path(&format!("dir_{name}")));
        let inner = path(&format!("dir_{name}/inner"));
        t.opened("open", args![file.as_c_str(), O_RDWR]);
        t.opened("openat", args![AT_FDCWD, dir.as_c_str(), O_RDONLY]);
        t.opened("open", args![inner.as_c_str(), O_RDONLY | O_NOATIME]);
        let mut st: stat = blank();
        t.call("stat", args![inner.as_c_str(), &raw mut st]);
        t.call("access", args![file.as_c_str(), R_OK | W_OK]);
        t.call(
            "faccessat2",
            args![AT_FDCWD, file.as_c_str(), W_OK, AT_EACCESS],
        );
        let made = path(&format!("dir_{name}/{tag}"));
        t.call("mkdir", args![made.as_c_str(), 0o755]);
        t.call(
            "rename",
            args![
                made.as_c_str(),
                path(&format!("shared/{tag}_{name}")).as_c_str()
            ],
        );
    }
    let mine = path(&format!("shared/{tag}"));
    t.opened(
        "open",
        args![mine.as_c_str(), O_CREAT | O_RDWR | O_EXCL, 0o666],
    );
}

fn path(text: &str) -> CString {
    CString::new(text).expect("no NUL in a path")
}

fn drops_privileges(t: &mut Twin) {
    belongings();
    look_around(t, "before");
    become_user(t, ALICE, ALICE);
    look_around(t, "after");
    t.call("setresuid", args![0, 0, 0]);
    look_around(t, "still");
}

fn effective_user_back_and_forth(t: &mut Twin) {
    belongings();
    for i in 0..6 {
        let user = [ALICE, 0, BOB, 0, NOBODY, 0][i];
        t.call("setresgid", args![-1, user, -1]);
        t.call("setresuid", args![-1, 0, -1]);
        t.call("setresuid", args![-1, user, -1]);
        look_around(t, &format!("turn{i}"));
        t.call("setresuid", args![-1, 0, -1]);
    }
    // Every other call as somebody else: nothing may linger from the call before.
    for i in 0..200 {
        let user = [0, ALICE, BOB][i % 3];
        t.call("setresuid", args![-1, user, -1]);
        let mine = path(&format!("shared/f{i}"));
        t.opened("open", args![mine.as_c_str(), O_CREAT | O_RDWR, 0o600]);
        t.opened("open", args![c"alices", O_RDONLY]);
        t.call("setresuid", args![-1, 0, -1]);
    }
}

fn real_effective_saved(t: &mut Twin) {
    belongings();
    for (i, ids) in [
        [0, ALICE, 0],
        [ALICE, 0, 0],
        [ALICE, BOB, NOBODY],
        [BOB, ALICE, 0],
        [ALICE, ALICE, 0],
    ]
    .iter()
    .enumerate()
    {
        t.fork("child", |t| {
            let [real, effective, saved] = *ids;
            t.call("setresgid", args![real, effective, saved]);
            t.call("setresuid", args![real, effective, saved]);
            look_around(t, &format!("ids{i}"));
            t.call("setresuid", args![-1, saved, -1]);
            look_around(t, &format!("saved{i}"));
        });
    }
}

fn file_system_ids(t: &mut Twin) {
    belongings();
    for (user, group) in [(ALICE, 0), (BOB, ALICE), (0, BOB), (NOBODY, NOBODY), (0, 0)] {
        t.call("setfsgid", args![group]);
        t.call("setfsuid", args![user]);
        look_around(t, &format!("fs{user}_{group}"));
    }
}

fn supplementary_groups(t: &mut Twin) {
    belongings();
    let many: Vec<u32> = (50_000..50_200).chain([BOB]).collect();
    for (i, groups) in [vec![], vec![ALICE], vec![BOB, ALICE], many]
        .iter()
        .enumerate()
    {
        t.fork("child", |t| {
            t.call("setgroups", args![groups.len(), groups.as_ptr()]);
            t.call("setresgid", args![NOBODY, NOBODY, NOBODY]);
            t.call("setresuid", args![NOBODY, NOBODY, NOBODY]);
            look_around(t, &format!("groups{i}"));
        });
    }
}

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
fn threads_with_credentials(t: &mut Twin) {
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
fn threads_one_after_the_other(t: &mut Twin) {
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

fn dropped_capabilities(t: &mut Twin) {
    belongings();
    let sets: [&[u32]; 6] = [
        &[CAP_DAC_OVERRIDE],
        &[CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH],
        &[CAP_FOWNER],
        &[CAP_CHOWN, CAP_FSETID],
        &[
            CAP_DAC_OVERRIDE,
            CAP_DAC_READ_SEARCH,
            CAP_FOWNER,
            CAP_CHOWN,
            CAP_FSETID,
        ],
        &[],
    ];
    for (i, dropped) in sets.iter().enumerate() {
        set_effective(t, dropped);
        look_around(t, &format!("caps{i}"));
        t.call(
            "rmdir",
            args![path(&format!("shared/caps{i}_bobs")).as_c_str()],
        );
    }
}

/// Another user with root's capabilities, raised again after the change of user.
fn kept_capabilities(t: &mut Twin) {
    belongings();
    t.call("prctl", args![PR_SET_KEEPCAPS, 1]);
    become_user(t, ALICE, ALICE);
    look_around(t, "lowered");
    set_effective(t, &[]);
    look_around(t, "raised");
    set_effective(t, &[CAP_DAC_OVERRIDE]);
    look_around(t, "partly");
}

fn root_without_capabilities(t: &mut Twin) {
    belongings();
    let none = [0u32; 6];
    t.call("capset", args![&raw const OWN, none.as_ptr()]);
    look_around(t, "none");
}

/// SECBIT_NO_SETUID_FIXUP: changing ids changes no capabilities, so they are no function of the ids.
fn securebits(t: &mut Twin) {
    belongings();
    t.call("prctl", args![PR_SET_SECUREBITS, 1 << 2]);
    t.call("setresuid", args![ALICE, ALICE, 0]);
    look_around(t, "alice");
    t.call("setfsuid", args![BOB]);
    look_around(t, "bob");
}

/// Runs `step` in a thread that lives until the case ends its scope, so that thread and caller exist side by side.
pub(super) fn beside(t: &mut Twin, step: impl FnOnce() + Send, then: impl FnOnce(&mut Twin)) {
    let (stepped, done) = (Barrier::new(2), Barrier::new(2));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            step();
            stepped.wait();
            done.wait();
        });
        stepped.wait();
        then(t);
        done.wait();
    });
}

fn make(t: &mut Twin, name: &str) {
    let (file, dir) = (path(&format!("{name}.file")), path(&format!("{name}.dir")));
    t.opened("open", args![file.as_c_str(), O_CREAT | O_RDWR, 0o666]);
    t.call("mkdir", args![dir.as_c_str(), 0o777]);
}

/// One umask for all threads, whoever sets it.
fn umask_of_several_threads(t: &mut Twin) {
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
fn umask_of_its_own(t: &mut Twin) {
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

fn two_directories() {
    for name in ["a", "b"] {
        world::dir(name);
        world::file(&format!("{name}/name"), name);
    }
}

fn read_name(t: &mut Twin, name: &CStr) {
    let fd = t.call("open", args![name, O_RDONLY]);
    let mut buffer = [b'.'; 4];
    t.call("read", args![fd, &mut buffer, 4]);
    t.bytes("name", &buffer);
    t.close(fd);
}

/// The directory belongs to all threads: what one changes counts for the next call of the other.
fn directory_moved_by_another_thread(t: &mut Twin) {
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
fn directory_moved_all_the_time(t: &mut Twin) {
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

fn directory_of_its_own(t: &mut Twin) {
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
fn file_table_of_its_own(t: &mut Twin) {
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

/// Nobody may look into such a process; its calls are to be the same all the same.
fn not_dumpable(t: &mut Twin) {
    let body = |t: &mut Twin| {
        two_directories();
        for dumpable in [0, 1, 0] {
            t.call("prctl", args![PR_SET_DUMPABLE, dumpable]);
            read_name(t, c"a/name");
            make(t, &format!("d{dumpable}"));
            t.call("rename", args![c"a", c"c"]);
            t.call("rename", args![c"c", c"a"]);
            t.opened("open", args![c"/proc/self/mem", O_RDWR]);
            t.opened("open", args![c"/proc/self/fd", O_RDONLY]);
            t.call("chdir", args![c"b"]);
            read_name(t, c"name");
            t.call("chdir", args![c".."]);
        }
        t.tree(".");
    };
    ordinary(t, body);
    body(t);
}

/// A change of user makes a process undumpable by itself.
fn not_dumpable_after_dropping(t: &mut Twin) {
    belongings();
    t.call("prctl", args![PR_SET_DUMPABLE, 0]);
    look_around(t, "root");
    become_user(t, BOB, BOB);
    look_around(t, "bob");
    t.call("prctl", args![PR_GET_DUMPABLE]);
    t.call("prctl", args![PR_SET_DUMPABLE, 1]);
    look_around(t, "dumpable");
}

/// Copies of cat and touch with these permission bits, owned by alice.
fn privileged_tools(bits: u32) {
    for tool in ["cat", "touch"] {
        fs::copy(find(tool).expect(tool), tool).expect(tool);
        chown(tool, Some(ALICE), Some(ALICE)).expect(tool);
        world::chmod(tool, bits);
    }
}

fn run(t: &mut Twin, program: &str, arg: &str) {
    let mut command = Command::new(format!("./{program}"));
    let output = command
        .arg(arg)
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .output()
        .expect(program);
    t.note(program, format_args!("{arg}: {}", output.status));
    t.bytes("stdout", &output.stdout);
    t.bytes("stderr", &output.stderr);
}

fn use_tools(t: &mut Twin) {
    for file in ["roots", "alices", "bobs", "/etc/shadow"] {
        run(t, "cat", file);
    }
    run(t, "touch", "dir_alices/touched");
    run(t, "touch", "dir_bobs/touched");
    run(t, "touch", "shared/touched");
    t.tree(".");
}

fn set_uid_program(t: &mut Twin) {
    belongings();
    privileged_tools(0o4755);
    t.fork("bob", |t| {
        become_user(t, BOB, BOB);
        use_tools(t);
    });
    use_tools(t);
}

fn set_gid_program(t: &mut Twin) {
    belongings();
    privileged_tools(0o2755);
    t.fork("bob", |t| {
        become_user(t, BOB, BOB);
        use_tools(t);
    });
}

fn no_new_privileges(t: &mut Twin) {
    belongings();
    privileged_tools(0o6755);
    t.fork("bob", |t| {
        become_user(t, BOB, BOB);
        t.call("prctl", args![PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0]);
        use_tools(t);
    });
}

fn programs_of_other_users(t: &mut Twin) {
    belongings();
    for user in [ALICE, BOB, NOBODY] {
        let text = "umask; cat roots alices bobs; echo x > shared/$0; ls -n shared; cd dir_alices && pwd; id -u";
        let mut command = Command::new("sh");
        command
            .args(["-c", text, &user.to_string()])
            .uid(user)
            .gid(user)
            .env("LC_ALL", "C");
        let output = command.stdin(Stdio::null()).output().expect("sh");
        t.note("sh", output.status);
        // The times of ls are no part of this.
        let text = String::from_utf8_lossy(&output.stdout);
        let kept = text.lines().map(|line| {
            line.split_whitespace()
                .take(4)
                .collect::<Vec<_>>()
                .join(" ")
        });
        kept.for_each(|line| t.note("stdout", line));
        t.bytes("stderr", &output.stderr);
    }
}

/// Where ids mean something else: root in there, an ordinary user out here, or nobody at all without a map.
fn user_namespace(t: &mut Twin) {
    two_directories();
    for mapped in [true, false] {
        ordinary(t, |t| {
            // A change of user took the right to write one's own maps.
            t.call("prctl", args![PR_SET_DUMPABLE, 1]);
            world::file("mine", "");
            let (uid, gid) = (nix::unistd::geteuid(), nix::unistd::getegid());
            // SAFETY: no memory is involved.
            let entered = unsafe { unshare(CLONE_NEWUSER | CLONE_NEWNS) } == 0;
            t.note("entered", entered);
            let maps = [
                ("setgroups", "deny".into()),
                ("uid_map", format!("0 {uid} 1")),
                ("gid_map", format!("0 {gid} 1")),
            ];
            for (file, line) in maps.iter().filter(|_| mapped && entered) {
                t.note(file, fs::write(format!("/proc/self/{file}"), line).is_ok());
            }
            inside_user_namespace(t);
            fs::remove_file("mine").expect("mine");
        });
    }
}

fn inside_user_namespace(t: &mut Twin) {
    let mut st: stat = blank();
    for path in [c"mine", c"/", c"../a"] {
        t.call("stat", args![path, &raw mut st]);
        t.stat("stat", &st);
    }
    make(t, "inside");
    t.opened("open", args![c"/etc/shadow", O_RDONLY]);
    t.opened("open", args![c"mine", O_RDONLY | O_NOATIME]);
    let _ = fs::create_dir("m");
    t.note(
        "tmpfs",
        crate::mounts::tmpfs(std::path::Path::new("m"), "size=64k").is_ok(),
    );
    t.opened("open", args![c"m/file", O_CREAT | O_RDWR, 0o600]);
    t.tree(".");
}

/// uid and gid of what is made, by thread ids of all kinds.
fn ownership_of_new_files(t: &mut Twin) {
    world::dir("shared");
    world::chmod("shared", 0o777);
    for (i, [user, group, fs_user, fs_group]) in [
        [0, 0, 0, 0],
        [ALICE, BOB, ALICE, BOB],
        [ALICE, ALICE, BOB, ALICE],
        [BOB, BOB, BOB, 0],
    ]
    .into_iter()
    .enumerate()
    {
        t.fork("child", |t| {
            t.call("setresgid", args![-1, group, 0]);
            t.call("setresuid", args![-1, user, 0]);
            t.call("setfsgid", args![fs_group]);
            t.call("setfsuid", args![fs_user]);
            make(t, &format!("shared/{i}"));
            let name = path(&format!("shared/{i}.creat"));
            t.opened("creat", args![name.as_c_str(), 0o644]);
            let how = crate::path_rows::OpenHow {
                flags: (O_CREAT | O_RDWR) as u64,
                mode: 0o640,
                resolve: 0,
            };
            let name = path(&format!("shared/{i}.openat2"));
            t.opened(
                "openat2",
                args![AT_FDCWD, name.as_c_str(), how.arg(), size_of_val(&how)],
            );
            t.opened("open", args![c"shared", O_TMPFILE | O_RDWR, 0o600]);
        });
    }
}
