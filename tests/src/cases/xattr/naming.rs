//! Names of every name space, of none, and in memory that is not there.

use super::forms::{GET, REMOVE, SET, file, get, names, put, remove, set, value};
use crate::arg::Arg;
use crate::memory;
use crate::twin::Twin;
use std::ffi::CString;

/// Of every name space there is, and of none.
fn odd_names() -> Vec<CString> {
    let plain = "
        user user. user.x user.x.y users.x USER.x x .x . foo.bar trusted trusted. trusted.x security security.
        security.x security.selinux security.capability security.ima system system. system.x system.posix_acl_access
        system.posix_acl_default system.posix_acl_accessory system.nfs4_acl btrfs.compression trusted.overlay.opaque
        os2.x
    ";
    let mut names: Vec<String> = plain.split_whitespace().map(String::from).collect();
    names.extend([249, 250, 251, 5000].map(|n| format!("user.{}", "n".repeat(n))));
    names.extend([255, 256].map(|n| "n".repeat(n)));
    names.extend(["", "user.\u{1}\n\"é", " user.x"].map(String::from));
    let mut all: Vec<_> = names
        .into_iter()
        .map(|name| CString::new(name).expect("no NUL"))
        .collect();
    all.push(CString::new(b"user.\xff\xfe".to_vec()).expect("no NUL"));
    all
}

pub fn names_to_set(t: &mut Twin) {
    let on = file(t);
    for name in odd_names() {
        for row in SET {
            put(t, row, on, &name, b"odd");
            value(t, "getxattr", on, &name);
        }
        remove(t, "removexattr", on, &name.as_c_str().into());
    }
    names(t, "listxattr", on);
}

pub fn names_to_get(t: &mut Twin) {
    let on = file(t);
    put(t, "setxattr", on, c"user.x", b"x");
    for name in odd_names() {
        GET.iter().for_each(|row| value(t, row, on, &name));
    }
}

pub fn names_to_remove(t: &mut Twin) {
    let on = file(t);
    for name in odd_names() {
        for row in REMOVE {
            put(t, "setxattr", on, &name, b"odd");
            remove(t, row, on, &name.as_c_str().into());
        }
    }
    names(t, "listxattr", on);
}

pub fn bad_names(t: &mut Twin) {
    let on = file(t);
    let mut places: Vec<Arg> = memory::bad().iter().map(Arg::from).collect();
    for bytes in [&b"user.x\0"[..], b"user.x", b"", b"\0", &[b'n'; 255]] {
        places.push(Arg::from(&memory::before_the_edge(bytes)));
    }
    let from = Arg::from(b"value");
    let mut buffer = [b'.'; 8];
    let out = Arg::from(&mut buffer);
    for name in &places {
        for i in 0..4 {
            set(t, SET[i], on, name, (&from, 5), 0);
            get(t, GET[i], on, name, &out, 8);
            remove(t, REMOVE[i], on, name);
        }
    }
    names(t, "listxattr", on);
}
