//! access, faccessat, faccessat2: modes, flags, and whose ids count.

use super::world;
use crate::args;
use crate::case;
use crate::case::Family;
use crate::filesystem::FileSystem;
use crate::mounts;
use crate::needs::Need;
use crate::twin::Twin;
use crate::users::{ALICE, BOB, NOBODY, become_user, is_root, ordinary};
use libc::*;
use std::ffi::{CStr, CString};
use std::os::unix::fs::chown;

pub const FAMILY: Family = Family {
    name: "access",
    on: FileSystem::ALL,
    cases: &[
        case!(modes).sees(&[
            ("access", &[EINVAL]),
            ("faccessat", &[EINVAL]),
            ("faccessat2", &[EINVAL]),
        ]),
        case!(flags).sees(&[("faccessat2", &[EINVAL, ENOENT])]),
        case!(wide_registers),
        case!(permission_bits).sees(&[
            ("access", &[EACCES]),
            ("faccessat", &[EACCES]),
            ("faccessat2", &[EACCES]),
        ]),
        case!(real_and_effective_user)
            .needs(&[Need::Root])
            .sees(&[("access", &[EACCES]), ("faccessat2", &[EACCES])]),
        case!(groups_and_others).needs(&[Need::Root]),
        case!(immutable).needs(&[Need::InodeFlags]).sees(&[
            ("access", &[EPERM]),
            ("faccessat", &[EPERM]),
            ("faccessat2", &[EPERM]),
        ]),
        case!(read_only_mount).needs(&[Need::Mounts]).sees(&[
            ("access", &[EROFS]),
            ("faccessat", &[EROFS]),
            ("faccessat2", &[EROFS]),
        ]),
        case!(running_program).needs(&[Need::Tool("cat")]),
    ],
};

fn all(t: &mut Twin, path: &CStr, mode: i32) {
    t.call("access", args![path, mode]);
    t.call("faccessat", args![AT_FDCWD, path, mode]);
    for flags in [0, AT_EACCESS, AT_SYMLINK_NOFOLLOW] {
        t.call("faccessat2", args![AT_FDCWD, path, mode, flags]);
    }
}

fn modes(t: &mut Twin) {
    let _reader = world::build("w");
    for path in [
        c"w/file",
        c"w/dir",
        c"w/link",
        c"w/dangling",
        c"w/fifo",
        c"w/nowhere",
        c"/dev/null",
        c"/proc/self/mem",
    ] {
        for mode in [
            0,
            1,
            2,
            3,
            4,
            5,
            6,
            7,
            8,
            16,
            0o17,
            0o777,
            -1,
            i32::MIN,
            1 << 30,
        ] {
            all(t, path, mode);
        }
    }
}

fn flags(t: &mut Twin) {
    let _reader = world::build("w");
    let link = t.call("open", args![c"w/link", O_PATH | O_NOFOLLOW]);
    let file = t.call("open", args![c"w/file", O_RDONLY]);
    for bit in 0..32 {
        for path in [c"w/file", c"w/link", c"w/dangling", c""] {
            t.call("faccessat2", args![AT_FDCWD, path, R_OK, 1u32 << bit]);
            // The older call has no fourth argument: whatever stands there is not looked at.
            t.call("faccessat", args![AT_FDCWD, path, R_OK, 1u32 << bit]);
        }
    }
    for flags in [
        AT_EMPTY_PATH,
        AT_EMPTY_PATH | AT_EACCESS,
        AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW,
        0x1300,
        -1,
    ] {
        for fd in [link, file, -1, 99, i64::from(AT_FDCWD), 0] {
            for path in [c"", c"w/file", c"/"] {
                t.call("faccessat2", args![fd, path, W_OK, flags]);
            }
            t.call("faccessat2", args![fd, 0, W_OK, flags]);
        }
    }
}

fn wide_registers(t: &mut Twin) {
    world::file("file", "");
    for high in [0u64, 1 << 32, 0xdead_beef_0000_0000] {
        for mode in [0u64, 4, 7, 8] {
            t.call("access", args![c"file", high | mode]);
            t.call(
                "faccessat",
                args![high | u64::from(AT_FDCWD as u32), c"file", high | mode],
            );
            t.call(
                "faccessat2",
                args![AT_FDCWD, c"file", high | mode, high | AT_EACCESS as u64],
            );
        }
    }
}

fn every_mode_of(t: &mut Twin, path: &CStr) {
    for mode in [F_OK, R_OK, W_OK, X_OK, R_OK | X_OK, R_OK | W_OK | X_OK] {
        all(t, path, mode);
    }
}

fn permission_bits(t: &mut Twin) {
    let body = |t: &mut Twin| {
        for mode in [
            0o000, 0o100, 0o200, 0o400, 0o500, 0o600, 0o644, 0o755, 0o077, 0o011,
        ] {
            world::file("f", "");
            world::dir("d");
            world::chmod("f", mode);
            world::chmod("d", mode);
            every_mode_of(t, c"f");
            every_mode_of(t, c"d");
            all(t, c"d/below", F_OK);
            std::fs::remove_file("f").expect("f");
            std::fs::remove_dir("d").expect("d");
        }
    };
    body(t);
    ordinary(t, body);
    for path in [
        c"/etc/shadow",
        c"/etc/passwd",
        c"/root",
        c"/root/.bashrc",
        c"/proc/1/mem",
        c"/proc/1/root",
    ] {
        all(t, path, R_OK);
        ordinary(t, |t| every_mode_of(t, path));
    }
}

/// Files of alice, bob and root, asked about by processes whose real and effective ids differ.
fn real_and_effective_user(t: &mut Twin) {
    for (name, owner, mode) in [
        ("alices", ALICE, 0o640),
        ("bobs", BOB, 0o600),
        ("roots", 0, 0o600),
        ("tool", 0, 0o700),
    ] {
        world::file(name, "");
        chown(name, Some(owner), Some(owner)).expect("chown");
        world::chmod(name, mode);
    }
    for (real, effective, saved) in [
        (ALICE, BOB, 0),
        (0, ALICE, 0),
        (ALICE, 0, 0),
        (BOB, ALICE, BOB),
        (NOBODY, NOBODY, 0),
    ] {
        t.fork("set-uid", |t| {
            t.call("setresgid", args![real, effective, saved]);
            t.call("setresuid", args![real, effective, saved]);
            for name in ["alices", "bobs", "roots", "tool"] {
                every_mode_of(t, &CString::new(name).expect("name"));
            }
        });
    }
    t.fork("file-system uid", |t| {
        t.call("setfsuid", args![ALICE]);
        for name in ["alices", "bobs", "roots"] {
            let path = CString::new(name).expect("name");
            every_mode_of(t, &path);
            t.opened("open", args![path.as_c_str(), O_RDONLY]);
        }
    });
}

fn groups_and_others(t: &mut Twin) {
    for (name, mode) in [
        ("g", 0o070),
        ("o", 0o007),
        ("u", 0o700),
        ("not_g", 0o707),
        ("gx", 0o010),
    ] {
        world::file(name, "");
        chown(name, Some(ALICE), Some(BOB)).expect("chown");
        world::chmod(name, mode);
    }
    for (user, group, more) in [
        (ALICE, ALICE, ALICE),
        (NOBODY, BOB, NOBODY),
        (NOBODY, NOBODY, BOB),
        (NOBODY, NOBODY, NOBODY),
    ] {
        t.fork("member", |t| {
            let groups = [more];
            t.call("setgroups", args![1, groups.as_ptr()]);
            t.call("setresgid", args![group, group, group]);
            t.call("setresuid", args![user, user, user]);
            for name in ["g", "o", "u", "not_g", "gx"] {
                every_mode_of(t, &CString::new(name).expect("name"));
            }
        });
    }
}

fn immutable(t: &mut Twin) {
    for (name, flag) in [(c"fixed", mounts::IMMUTABLE), (c"log", mounts::APPEND_ONLY)] {
        let path = name.to_str().expect("name");
        world::file(path, "");
        let file = std::fs::File::open(path).expect("file");
        mounts::set_inode_flag(&file, flag, true).expect("inode flag");
        every_mode_of(t, name);
        t.fork("somebody else", |t| {
            become_user(t, NOBODY, NOBODY);
            every_mode_of(t, name);
        });
        mounts::set_inode_flag(&file, flag, false).expect("inode flag");
    }
}

fn read_only_mount(t: &mut Twin) {
    let _reader = world::build("w");
    mounts::bind("w", "w", true);
    for path in [
        c"w/file",
        c"w/dir",
        c"w/fifo",
        c"w/link",
        c"w/socket",
        c"w/nowhere",
    ] {
        every_mode_of(t, path);
    }
}

fn running_program(t: &mut Twin) {
    every_mode_of(t, c"/proc/self/exe");
    let cat = crate::needs::find("cat").expect("cat");
    every_mode_of(t, &CString::new(cat.to_str().expect("path")).expect("path"));
    t.note("root", is_root());
}
