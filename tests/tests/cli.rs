//! The command line: every mistake is one clear line, and nothing was started.

use asys_tests::filesystem::FileSystem;
use asys_tests::needs::{Need, find, missing};
use asys_tests::session::{Ended, Session};
use asys_tests::skips;
use asys_tests::users::is_root;
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;

/// As the last words of a command line: had it run, there would be a file.
const COMMAND: [&str; 3] = ["sh", "-c", ": >started"];

fn asys(session: &Session, args: &[&str]) -> Ended {
    session.finish(session.asys_command(args))
}

fn run_with<'a>(options: &[&'a str]) -> Vec<&'a str> {
    [&["run"], options, &COMMAND].concat()
}

/// One line on stderr that says `clue`, nothing on stdout, and nothing done.
fn refused(session: &Session, args: &[&str], status: i32, clue: &str) {
    let before = session.names();
    let ended = asys(session, args);
    assert_eq!(ended.status.code(), Some(status), "{args:?}: {}", ended.err);
    assert_eq!(ended.out, "", "{args:?}");
    assert!(ended.err.starts_with("asys: "), "{args:?}: {}", ended.err);
    assert!(ended.err.ends_with('\n'), "{args:?}: {}", ended.err);
    assert_eq!(ended.err.lines().count(), 1, "{args:?}: {}", ended.err);
    assert!(ended.err.contains(clue), "{args:?}: {}", ended.err);
    session.gone();
    assert_eq!(session.names(), before, "{args:?}");
}

#[test]
fn options() {
    let session = Session::native();
    for (options, clue) in [
        (&["--polcy", "@all"][..], "--polcy"),
        (&["-Z"], "-Z"),
        (&["--workers", "0"], "0"),
        (&["--workers", "many"], "many"),
        (&["--workers", "-1"], "-1"),
        (&["--workers", "99999999999"], "99999999999"),
        (&["--workers="], "workers"),
        (&["--no-new-privs=maybe"], "maybe"),
        (&["--no-new-privs="], "no-new-privs"),
        (&["--color=purple"], "purple"),
        (&["-q", "-v"], "-q"),
        (&["--wait-all=yes"], "wait-all"),
        (&["--user", "no-such-user"], "no-such-user"),
        (&["--user", "root:no-such-group"], "no-such-group"),
        (&["--user", ""], "user"),
        (&["--user", "4294967295:0"], "user"),
    ] {
        refused(&session, &run_with(options), 125, clue);
    }
}

#[test]
fn subcommands() {
    let session = Session::native();
    for (args, clue) in [
        (&[][..], "--help"),
        (&["rum"], "rum"),
        (&["--nonsense"], "--nonsense"),
        (&["run"], "COMMAND"),
        (&["run", "--"], "COMMAND"),
        (&["run", "-p", "@all"], "COMMAND"),
        (&["run", "-p"], "policy"),
        (&["run", "-t"], "trace"),
        (&["calls", "extra"], "extra"),
        (&["calls", "--jsn"], "--jsn"),
        (&["doctor", "--jsn"], "--jsn"),
        (&["completions"], "SHELL"),
        (&["completions", "tcsh"], "tcsh"),
    ] {
        refused(&session, args, 125, clue);
    }
}

#[test]
fn commands() {
    let session = Session::native();
    fs::write(session.path("plain"), "no program").expect("write");
    fs::write(session.path("orphan"), "#!/no/such/interpreter\n").expect("write");
    let executable = fs::Permissions::from_mode(0o755);
    fs::set_permissions(session.path("orphan"), executable).expect("chmod");
    fs::create_dir(session.path("directory")).expect("mkdir");
    std::os::unix::fs::symlink("loop", session.path("loop")).expect("symlink");
    for (command, status) in [
        ("no-such-command", 127),
        ("./no-such-file", 127),
        ("/no/such/dir/file", 127),
        ("plain/below", 127),
        ("", 127),
        ("./orphan", 127),
        ("./directory", 126),
        ("/", 126),
        ("./plain", 126),
        ("./loop", 126),
    ] {
        refused(&session, &["run", command], status, command);
        refused(
            &session,
            &["run", "-p", "@all", "-q", "--", command],
            status,
            command,
        );
    }
}

/// A name that a terminal would obey is shown, not obeyed.
#[test]
fn hostile_names() {
    let session = Session::native();
    refused(&session, &["run", "\x1b[31mred\x07"], 127, "red");
    refused(&session, &["run", "two\nlines"], 127, "two");
    for args in [["run", "\x1b[31mred"], ["\x1b[31mred", "run"]] {
        assert!(!asys(&session, &args).err.contains('\x1b'));
    }
}

/// The excerpt below the line is part of the diagnostic.
fn policy_refused(session: &Session, text: &str, place: &str, clue: &str) {
    fs::write(session.path("policy.toml"), text).expect("write");
    let ended = asys(session, &run_with(&["-p", "policy.toml"]));
    let (line, excerpt) = ended.err.split_once('\n').expect("a line");
    assert_eq!(ended.status.code(), Some(125), "{text}: {}", ended.err);
    assert_eq!(ended.out, "");
    let start = format!("asys: policy.toml:{place}: ");
    assert!(line.starts_with(&start), "{start}, {}", ended.err);
    assert!(line.contains(clue), "{clue}, {}", ended.err);
    assert!(excerpt.is_empty() || excerpt.contains('|'), "{}", ended.err);
    assert!(
        excerpt.lines().all(|line| line.starts_with("  ")),
        "{}",
        ended.err
    );
    assert_eq!(session.names(), ["policy.toml"]);
}

#[test]
fn policies() {
    let session = Session::native();
    refused(&session, &run_with(&["-p", "@nonsense"]), 125, "@default");
    refused(&session, &run_with(&["-p", "@"]), 125, "@default");
    refused(
        &session,
        &run_with(&["-p", "no-such.toml"]),
        125,
        "no-such.toml",
    );
    refused(&session, &run_with(&["-p", "/"]), 125, "/");
    refused(&session, &run_with(&["-p", ""]), 125, "policy");
    refused(
        &session,
        &run_with(&["-p", "@all", "-p", "@nonsense"]),
        125,
        "@nonsense",
    );
    for (text, place, clue) in [
        ("version = 1\n[[rule\n", "2:", "rule"),
        ("version = 1\n[[rule]]\ncalls = [\"opn\"]\n", "3:10", "open"),
        (
            "version = 1\n[[rule]]\ncalls = [\"@nme\"]\n",
            "3:10",
            "@name",
        ),
        ("version = 2\n", "1:11", "1"),
        ("", "1:1", "version"),
        ("version = 1\nwrong = 3\n", "2:1", "wrong"),
        (
            "version = 1\n[defaults]\naction = \"offlod\"\n",
            "3:10",
            "offload",
        ),
        ("version = 1\n[limits]\nworkers = 0\n", "3:11", "workers"),
        (
            "version = 1\n[limits]\nworkers = \"many\"\n",
            "3:11",
            "number",
        ),
        (
            "version = 1\n[[rule]]\naction = \"native\"\n",
            "2:",
            "calls",
        ),
    ] {
        let place = place.trim_end_matches(':');
        let complete = place.contains(':');
        match complete {
            true => policy_refused(&session, text, place, clue),
            false => policy_refused_at_line(&session, text, place, clue),
        }
    }
}

/// Where the column is the parser's affair.
fn policy_refused_at_line(session: &Session, text: &str, line: &str, clue: &str) {
    fs::write(session.path("policy.toml"), text).expect("write");
    let ended = asys(session, &run_with(&["-p", "policy.toml"]));
    let start = format!("asys: policy.toml:{line}:");
    assert!(ended.err.starts_with(&start), "{start}, {}", ended.err);
    assert!(ended.err.contains(clue), "{clue}, {}", ended.err);
    assert_eq!(ended.status.code(), Some(125));
    assert_eq!(session.names(), ["policy.toml"]);
}

#[test]
fn policies_that_are_no_text() {
    let session = Session::native();
    for (name, bytes) in [
        ("binary", &b"version = 1\n\xff\xfe"[..]),
        ("nul", b"version = 1\n\0"),
        ("large", &[b'#'; 8 << 20]),
        ("deep", &[b'['; 100_000]),
    ] {
        fs::write(session.path(name), bytes).expect("write");
        let ended = asys(&session, &run_with(&["-p", name]));
        assert_eq!(ended.status.code(), Some(125), "{name}: {}", ended.err);
        assert!(ended.err.starts_with("asys: "), "{name}: {}", ended.err);
        assert!(
            ended.err.len() < 1000 && !ended.err.contains(['\0', '\x1b']),
            "{name}"
        );
        fs::remove_file(session.path(name)).expect("unlink");
        assert_eq!(session.names(), [""; 0], "{name}");
    }
}

#[test]
fn unreadable_policy() {
    if is_root() {
        return skips::report(
            "unreadable_policy",
            "an ordinary user: root reads everything",
        );
    }
    let session = Session::native();
    fs::write(session.path("locked"), "version = 1\n").expect("write");
    let locked = fs::Permissions::from_mode(0o000);
    fs::set_permissions(session.path("locked"), locked).expect("chmod");
    refused(&session, &run_with(&["-p", "locked"]), 125, "locked");
}

#[test]
fn unprivileged() {
    if is_root() {
        return skips::report("unprivileged", "an ordinary user");
    }
    let session = Session::native();
    refused(
        &session,
        &run_with(&["--no-new-privs=no"]),
        125,
        "no-new-privs",
    );
    refused(&session, &run_with(&["-u", "root"]), 125, "user");
}

#[test]
fn traces() {
    let session = Session::native();
    fs::write(session.path("precious"), "precious").expect("write");
    std::os::unix::fs::symlink("nowhere", session.path("dangling")).expect("symlink");
    std::os::unix::fs::symlink("precious", session.path("link")).expect("symlink");
    fs::create_dir(session.path("directory")).expect("mkdir");
    for name in [
        "precious",
        "dangling",
        "link",
        "directory",
        "no/such/directory",
    ] {
        refused(&session, &run_with(&["-t", name]), 125, name);
    }
    // To replace a file is to replace a file.
    for name in ["dangling", "link", "directory", "/dev/full"] {
        refused(&session, &run_with(&["--overwrite", "-t", name]), 125, name);
    }
    assert_eq!(session.text("precious"), "precious");
}

#[test]
fn inside_itself() {
    let session = Session::asys();
    let inner = session.asys_path();
    let inner = inner.to_str().expect("a plain path");
    let words = [&[inner, "run", "--"], &COMMAND[..]].concat();
    let ended = session.run(&words);
    assert_eq!(ended.status.code(), Some(125), "{}", ended.err);
    assert_eq!(ended.out, "");
    assert!(ended.err.starts_with("asys: "), "{}", ended.err);
    assert_eq!(ended.err.lines().count(), 1, "{}", ended.err);
    assert_eq!(session.names(), [""; 0]);
}

#[test]
fn version_and_help_are_data() {
    let session = Session::native();
    for args in [
        &["--version"][..],
        &["-V"],
        &["--help"],
        &["-h"],
        &["run", "--help"],
        &["calls", "--help"],
        &["doctor", "--help"],
        &["completions", "--help"],
    ] {
        let ended = asys(&session, args);
        assert_eq!(
            (ended.status.code(), ended.err),
            (Some(0), String::new()),
            "{args:?}"
        );
        assert_ne!(ended.out, "", "{args:?}");
        assert!(
            ended.out.lines().all(|line| line.chars().count() <= 100),
            "{args:?}"
        );
    }
}

/// What stands after the command is the command's.
#[test]
fn words_of_the_command() {
    let session = Session::native();
    for options in [&["run"][..], &["run", "--"], &["run", "-q", "-p", "@all"]] {
        let words = [options, &["echo", "-p", "--help", "--", "-q"]].concat();
        let ended = asys(&session, &words);
        assert_eq!(
            (ended.status.code(), ended.err),
            (Some(0), String::new()),
            "{options:?}"
        );
        assert_eq!(ended.out, "-p --help -- -q\n");
    }
}

fn json(session: &Session, args: &[&str]) -> Value {
    let ended = asys(session, args);
    assert_eq!(ended.err, "", "{args:?}");
    serde_json::from_str(&ended.out).expect("JSON")
}

#[test]
fn calls() {
    let session = Session::native();
    let list = json(&session, &["calls", "--json"]);
    let list = list.as_array().expect("an array");
    let named = |name: &str| list.iter().find(|call| call["name"] == name).expect(name);
    assert_eq!(named("openat")["what"], "offloaded");
    assert_eq!(named("futex")["what"], "native");
    assert!(list.iter().all(|call| call["note"].is_string()));
    let shown = asys(&session, &["calls"]);
    assert_eq!((shown.status.code(), shown.err), (Some(0), String::new()));
    assert!(shown.out.contains("openat") && shown.out.contains("futex"));
}

#[test]
fn doctor() {
    let session = Session::native();
    let ended = asys(&session, &["doctor"]);
    let runs = asys(&session, &["run", "true"]).status.success();
    assert_eq!(
        ended.status.code(),
        Some(if runs { 0 } else { 3 }),
        "{}",
        ended.out
    );
    assert_eq!(ended.err, "");
    assert!(!ended.out.contains('\x1b'), "no colours in a file");
    assert!(json(&session, &["doctor", "--json"])["features"].is_array());
}

#[test]
fn completions() {
    let session = Session::native();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ended = asys(&session, &["completions", shell]);
        assert_eq!(
            (ended.status.code(), ended.err),
            (Some(0), String::new()),
            "{shell}"
        );
        assert!(ended.out.contains("no-new-privs"), "{shell}");
    }
    if let Some(reason) = missing(&[Need::Tool("bash")], FileSystem::Home) {
        return skips::report("completions", &reason);
    }
    let bash = find("bash").expect("bash");
    let script = format!(". <('{}' completions bash)", session.asys_path().display());
    let bash = [bash.to_str().expect("a plain path"), "-euc", &script];
    let ended = session.finish(session.plain_command(&bash));
    assert_eq!((ended.status.code(), ended.err), (Some(0), String::new()));
}

const PRINT: [&[&str]; 6] = [
    &["--help"],
    &["--version"],
    &["run", "--help"],
    &["calls"],
    &["doctor"],
    &["completions", "bash"],
];

/// A disk that is full is an error, in a line.
#[test]
fn output_that_cannot_be_written() {
    let session = Session::native();
    for args in PRINT {
        let asys =
            session.words(&[&[session.asys_path().to_str().expect("a plain path")], args].concat());
        let script = format!("{asys} >/dev/full");
        let ended = session.finish(session.plain_command(&["sh", "-c", &script]));
        assert_eq!(ended.status.code(), Some(125), "{args:?}: {}", ended.err);
        assert!(ended.err.starts_with("asys: "), "{args:?}: {}", ended.err);
        assert_eq!(ended.err.lines().count(), 1, "{args:?}: {}", ended.err);
    }
}

/// Nobody wants it: that is no error, and no file gets it in the place of the closed descriptor.
#[test]
fn output_that_nobody_reads() {
    let session = Session::native();
    for args in PRINT {
        let mut command = session.asys_command(args);
        // SAFETY: the process is about to execute asys: nothing of it uses the descriptor any more.
        unsafe {
            command.pre_exec(|| {
                libc::close(1);
                Ok(())
            });
        }
        let ended = session.finish(command);
        assert_eq!(
            (ended.status.code(), ended.err),
            (Some(0), String::new()),
            "{args:?}"
        );
        let asys =
            session.words(&[&[session.asys_path().to_str().expect("a plain path")], args].concat());
        let ended = session.finish(session.plain_command(&["sh", "-c", &format!("{asys} | :")]));
        assert_eq!(
            (ended.status.code(), ended.err),
            (Some(0), String::new()),
            "{args:?}"
        );
    }
}
