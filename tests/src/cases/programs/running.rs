//! A program in an environment of fixed words, and what it says.

use crate::cases::world;
use crate::needs::find;
use crate::twin::Twin;
use std::fs;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// A program in an environment of fixed words: its home is the case's directory.
pub fn command(program: &str) -> Command {
    let here = std::env::current_dir().expect("here");
    let mut command = Command::new(find(program).unwrap_or_else(|| program.into()));
    command
        .env_clear()
        .env("HOME", &here)
        .env("LC_ALL", "C")
        .env("TZ", "UTC");
    for name in ["PATH", "TMPDIR", "PYENV_ROOT"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    for role in ["AUTHOR", "COMMITTER"] {
        command
            .env(format!("GIT_{role}_NAME"), "A U Thor")
            .env(format!("GIT_{role}_EMAIL"), "author@example.org")
            .env(format!("GIT_{role}_DATE"), "1700000000 +0000");
    }
    command
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

/// Runs it and tells status and output; input comes through a pipe.
pub fn run_with(t: &mut Twin, mut command: Command, input: &str) {
    let words: Vec<_> = command
        .get_args()
        .map(|arg| arg.to_string_lossy().into_owned())
        .collect();
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    // A program that reads nothing may have closed it.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    let output = child.wait_with_output().expect("its output");
    let program = Path::new(command.get_program())
        .file_name()
        .unwrap_or_default()
        .to_string_lossy();
    t.note(
        &program,
        format_args!("{} {}", words.join(" "), output.status),
    );
    for (name, bytes) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
        for line in bytes
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
        {
            t.bytes(name, line);
        }
    }
}

pub fn run(t: &mut Twin, program: &str, args: &[&str]) {
    let mut command = command(program);
    command.args(args);
    run_with(t, command, "");
}

/// `words` separated by spaces, as on a command line without quotes.
pub fn line(t: &mut Twin, words: &str) {
    let words: Vec<&str> = words.split(' ').collect();
    run(t, words[0], &words[1..]);
}

pub fn script(t: &mut Twin, text: &str) {
    run(t, "sh", &["-c", text]);
}

/// A tree with some depth, links, holes and modes; about a hundred files.
pub fn tree(root: &str) {
    world::dir(root);
    for i in 0..8 {
        world::dir(&format!("{root}/d{i}"));
        for j in 0..12 {
            let words = format!("line {i} of {j}\nneedle {}\n", i * j).repeat(i * 40 + j);
            world::file(&format!("{root}/d{i}/f{j}"), &words);
        }
        world::chmod(&format!("{root}/d{i}/f0"), 0o400 + i as u32);
        world::link("f1", &format!("{root}/d{i}/link"));
        fs::hard_link(format!("{root}/d{i}/f2"), format!("{root}/d{i}/hard")).expect("link");
    }
    world::link("nowhere", &format!("{root}/dangling"));
    let hole = fs::File::create(format!("{root}/hole")).expect("hole");
    hole.set_len(3 << 20).expect("hole");
    hole.write_all_at(b"end", (3 << 20) - 3).expect("hole");
    world::chmod(&format!("{root}/d7"), 0o750);
    let old = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_600_000_000);
    for i in 0..8 {
        let file = fs::File::open(format!("{root}/d{i}/f1")).expect("file");
        file.set_modified(old).expect("time");
    }
}
