//! Calls of 32 bits, by a program of 64 and by others.

use super::filters::make;
use crate::args;
use crate::cases::credentials::scene::belongings;
use crate::cases::world;
use crate::thirty_two_bits::{self as bits, Low, Operand, nr};
use crate::twin::Twin;
use crate::users::{ALICE, BOB};
use libc::*;
use std::fs;
use std::process::Command;

pub fn by_32_bits(t: &mut Twin, what: &str, number: u32, args: [u32; 3]) -> i64 {
    let result = bits::call(number, args).into();
    t.note(
        what,
        format_args!("{} by 32 bits", crate::twin::shown(result)),
    );
    result
}

/// Both kinds of calls in one program, on the same files.
pub fn calls_of_32_bits(t: &mut Twin) {
    let mut low = Low::new();
    let [dir, file, inner, new, link] =
        [c"dir", c"file", c"inner", c"new", c"link"].map(|name| low.text(name));
    by_32_bits(t, "mkdir", nr::MKDIR, [dir, 0o777, 0]);
    by_32_bits(t, "umask", nr::UMASK, [0o077, 0, 0]);
    make(t, c"made");
    let fd = by_32_bits(
        t,
        "open",
        nr::OPEN,
        [file, (O_CREAT | O_RDWR) as u32, 0o666],
    );
    let text = low.put(b"by 32 bits");
    by_32_bits(t, "write", nr::WRITE, [fd as u32, text, 10]);
    let mut buffer = [b'.'; 16];
    t.call("pread64", args![fd, &mut buffer, 16, 0]);
    t.bytes("read", &buffer);
    t.call("write", args![fd, b" and 64", 7]);
    by_32_bits(t, "close", nr::CLOSE, [fd as u32, 0, 0]);
    t.call("fsync", args![fd]);
    by_32_bits(t, "chdir", nr::CHDIR, [dir, 0, 0]);
    make(t, c"inner");
    by_32_bits(t, "chmod", nr::CHMOD, [inner, 0o640, 0]);
    by_32_bits(t, "rename", nr::RENAME, [inner, new, 0]);
    by_32_bits(t, "symlink", nr::SYMLINK, [new, link, 0]);
    t.opened("open", args![c"link", O_RDONLY]);
    by_32_bits(t, "unshare", nr::UNSHARE, [CLONE_FS as u32, 0, 0]);
    by_32_bits(t, "umask", nr::UMASK, [0o007, 0, 0]);
    make(t, c"last");
    t.call("chdir", args![c".."]);
    t.tree(".");
}

/// Who asys thinks the caller is must be who it is.
pub fn credentials_by_calls_of_32_bits(t: &mut Twin) {
    belongings();
    let mut low = Low::new();
    let wide = low.put(&BOB.to_ne_bytes());
    let narrow = low.put(&(BOB as u16).to_ne_bytes());
    let ways: [(&str, u32, [u32; 3]); 6] = [
        ("setresuid32", nr::SETRESUID32, [ALICE; 3]),
        ("setresuid", nr::SETRESUID, [ALICE; 3]),
        ("setfsuid32", nr::SETFSUID32, [ALICE, 0, 0]),
        ("setfsuid", nr::SETFSUID, [ALICE, 0, 0]),
        ("setgroups32", nr::SETGROUPS32, [1, wide, 0]),
        ("setgroups", nr::SETGROUPS, [1, narrow, 0]),
    ];
    for (what, number, args) in ways {
        t.fork(what, |t| {
            if what.starts_with("setgroups") {
                t.call("setfsuid", args![ALICE]);
            }
            // What is known of before is void afterwards.
            make(t, c"shared/before");
            by_32_bits(t, what, number, args);
            for name in [c"roots", c"alices", c"bobs"] {
                t.opened("open", args![name, O_RDONLY]);
            }
            make(t, c"shared/after");
            t.call("unlink", args![c"shared/after"]);
        });
        fs::remove_file("shared/before").expect("before");
    }
}

pub fn root_by_a_call_of_32_bits(t: &mut Twin) {
    world::dir("jail");
    world::file("jail/inside", "");
    let jail = Low::new().text(c"jail");
    make(t, c"before");
    by_32_bits(t, "chroot", nr::CHROOT, [jail, 0, 0]);
    t.opened("open", args![c"/etc/passwd", O_RDONLY]);
    t.opened("open", args![c"/inside", O_RDONLY]);
    make(t, c"/after");
}

/// A child of another architecture, which in turn runs a program of ours.
pub fn program_of_32_bits(t: &mut Twin) {
    use Operand::{Number, Text};
    let zero = Number(0);
    let made = Number((O_CREAT | O_RDWR) as u32);
    let program = bits::program(&[
        (nr::UMASK, [Number(0o027), zero, zero]),
        (nr::MKDIR, [Text(c"by32"), Number(0o777), zero]),
        (nr::OPEN, [Text(c"made32"), made, Number(0o666)]),
        (nr::WRITE, [Number(3), Text(c"by 32 bits\n"), Number(11)]),
        (nr::CHDIR, [Text(c"by32"), zero, zero]),
        (nr::EXECVE, [Text(c"../script"), zero, zero]),
    ]);
    fs::write("program", program).expect("program");
    let script = "#!/bin/sh\numask; cat ../made32; echo text >made64; mkdir by64; exit 5\n";
    world::file("script", script);
    for name in ["program", "script"] {
        world::chmod(name, 0o755);
    }
    let ran = Command::new("./program").output().expect("the program");
    t.note("ran", ran.status);
    t.bytes("said", &[ran.stdout, ran.stderr].concat());
    t.tree(".");
}

pub fn look_at_both(t: &mut Twin) {
    for name in [c"here/file", c"here/mounted"] {
        t.opened("open", args![name, O_RDONLY]);
    }
    make(t, c"here/made");
    t.call("unlink", args![c"here/made"]);
}
