//! Attributes that mean something to the kernel: access lists, and the capabilities of a program.

use super::forms::{GET, On, REMOVE, SET, file, names, on, put, remove, value};
use crate::args;
use crate::cases::world;
use crate::twin::Twin;
use crate::users::{ALICE, NOBODY, is_root, ordinary};
use libc::*;

/// `struct posix_acl_xattr_header` and its entries: tag, permissions, id.
fn access_list(entries: &[(u16, u16, u32)]) -> Vec<u8> {
    let mut bytes = 2u32.to_ne_bytes().to_vec();
    for (tag, permissions, id) in entries {
        bytes.extend(tag.to_ne_bytes());
        bytes.extend(permissions.to_ne_bytes());
        bytes.extend(id.to_ne_bytes());
    }
    bytes
}

const NO_ID: u32 = u32::MAX;

const OWNER: u16 = 1;

pub const USER: u16 = 2;

const GROUP: u16 = 4;

const MASK: u16 = 16;

const OTHER: u16 = 32;

fn lists() -> Vec<Vec<u8>> {
    let plain = [(OWNER, 6, NO_ID), (GROUP, 4, NO_ID), (OTHER, 0, NO_ID)];
    let named = [
        (OWNER, 7, NO_ID),
        (USER, 6, NOBODY),
        (GROUP, 4, NO_ID),
        (MASK, 6, NO_ID),
        (OTHER, 1, NO_ID),
    ];
    let unmasked = [named[0], named[1], named[2], named[4]];
    let mut wrong_version = access_list(&plain);
    wrong_version[0] = 9;
    let mut cut = access_list(&named);
    cut.pop();
    vec![
        access_list(&plain),
        access_list(&named),
        access_list(&unmasked),
        access_list(&[]),
        access_list(&plain[..2]),
        wrong_version,
        cut,
        Vec::new(),
        vec![2, 0, 0, 0],
    ]
}

/// They change the mode, and lend or deny what modes do not.
pub fn access_lists(t: &mut Twin) {
    let on = file(t);
    world::dir("home");
    for list in lists() {
        for (row, getter) in SET.iter().zip(GET) {
            world::chmod("file", 0o640);
            put(t, row, on, c"system.posix_acl_access", &list);
            value(t, getter, on, c"system.posix_acl_access");
            names(t, "listxattr", on);
            t.tree(".");
            if is_root() {
                let path = c"../file";
                ordinary(t, |t| {
                    t.opened("open", args![path, O_RDWR]);
                    value(
                        t,
                        "getxattr",
                        On { path, fd: -1 },
                        c"system.posix_acl_access",
                    );
                });
            }
        }
        remove(t, "removexattr", on, &c"system.posix_acl_access".into());
        t.tree(".");
    }
}

/// What is made in such a directory inherits them, whatever the umask.
pub fn default_access_lists(t: &mut Twin) {
    world::dir("dir");
    let dir = on(t, c"dir");
    let name = c"system.posix_acl_default";
    for (i, list) in lists().iter().enumerate() {
        for umask in [0, 0o077] {
            t.call("umask", args![umask]);
            put(t, SET[i % 4], dir, name, list);
            value(t, GET[i % 4], dir, name);
            t.opened("open", args![c"dir/file", O_CREAT | O_RDWR, 0o666]);
            t.call("mkdir", args![c"dir/sub", 0o777]);
            let sub = On {
                path: c"dir/sub",
                fd: -1,
            };
            value(t, "getxattr", sub, name);
            t.tree("dir");
            t.call("unlink", args![c"dir/file"]);
            t.call("rmdir", args![c"dir/sub"]);
        }
        remove(t, REMOVE[i % 4], dir, &name.into());
    }
    let on = file(t);
    put(t, "setxattr", on, name, &lists()[0]);
    put(t, "setxattr", on, name, b"");
}

/// A program's capabilities; writing to it takes them away.
pub fn file_capabilities(t: &mut Twin) {
    let on = file(t);
    let name = c"security.capability";
    let version = |version: u32, words: &[u32]| {
        let mut bytes = version.to_ne_bytes().to_vec();
        words
            .iter()
            .for_each(|word| bytes.extend(word.to_ne_bytes()));
        bytes
    };
    for value_of in [
        version(0x0200_0001, &[1 << 10, 0, 0, 0]),
        version(0x0300_0001, &[1 << 10, 0, 0, 0, 0]),
        version(0x0300_0001, &[1 << 10, 0, 0, 0, ALICE]),
        version(0x0100_0001, &[1, 1]),
        version(0x0200_0001, &[1]),
        Vec::new(),
    ] {
        for i in 0..4 {
            put(t, SET[i], on, name, &value_of);
            value(t, GET[i], on, name);
            let writer = t.call("open", args![c"file", O_WRONLY]);
            t.call("write", args![writer, b"x", 1]);
            t.close(writer);
            value(t, GET[i], on, name);
            put(t, SET[i], on, name, &value_of);
            remove(t, REMOVE[i], on, &name.into());
        }
    }
}
