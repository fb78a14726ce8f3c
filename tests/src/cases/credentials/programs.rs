//! Programs that gain privileges, or start with those of others.

use super::scene::belongings;
use crate::args;
use crate::cases::world;
use crate::needs::find;
use crate::twin::Twin;
use crate::users::{ALICE, BOB, NOBODY, become_user};
use libc::*;
use std::fs;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

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

pub fn set_uid_program(t: &mut Twin) {
    belongings();
    privileged_tools(0o4755);
    t.fork("bob", |t| {
        become_user(t, BOB, BOB);
        use_tools(t);
    });
    use_tools(t);
}

pub fn set_gid_program(t: &mut Twin) {
    belongings();
    privileged_tools(0o2755);
    t.fork("bob", |t| {
        become_user(t, BOB, BOB);
        use_tools(t);
    });
}

pub fn no_new_privileges(t: &mut Twin) {
    belongings();
    privileged_tools(0o6755);
    t.fork("bob", |t| {
        become_user(t, BOB, BOB);
        t.call("prctl", args![PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0]);
        use_tools(t);
    });
}

pub fn programs_of_other_users(t: &mut Twin) {
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
