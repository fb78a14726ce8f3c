//! The architecture, held by reading the sources.

use asys_tests::skips;
use std::fs;
use std::path::{Path, PathBuf};

/// One source file of ours.
struct Source {
    /// Below the workspace's root.
    name: String,
    /// Without comments, text in quotes, and the tests at its end.
    code: String,
    /// All of it but for those tests.
    lines: usize,
}

/// `None`, on record, where the sources cannot be read: they may lie below somebody else's home.
fn sources(test: &str, dir: &str) -> Option<Vec<Source>> {
    let Some(root) = root() else {
        skips::report(test, "the sources of asys");
        return None;
    };
    let mut found = Vec::new();
    collect(&root, &root.join(dir), &mut found);
    assert!(!found.is_empty(), "no sources in {dir}");
    Some(found)
}

fn root() -> Option<PathBuf> {
    let built_in = Path::new(env!("CARGO_MANIFEST_DIR"));
    let here = std::env::current_dir().unwrap_or_default();
    let candidates = [built_in.parent()?, &here, here.parent().unwrap_or(&here)];
    let found = candidates
        .into_iter()
        .find(|dir| fs::read_dir(dir.join("supervisor/src")).is_ok());
    found.map(Path::to_path_buf)
}

fn collect(root: &Path, dir: &Path, found: &mut Vec<Source>) {
    for entry in fs::read_dir(dir).expect("a readable directory").flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(root, &path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(read(root, &path));
        }
    }
}

fn read(root: &Path, path: &Path) -> Source {
    let text = fs::read_to_string(path).expect("a readable file");
    let tests = text.find("#[cfg(test)]\nmod ").unwrap_or(text.len());
    Source {
        name: path
            .strip_prefix(root)
            .expect("below")
            .display()
            .to_string(),
        code: bare(&text[..tests]),
        lines: text[..tests].lines().count(),
    }
}

/// Comments run to the end of their line; what stands in quotes is emptied. A quote in quotes is escaped here.
fn bare(text: &str) -> String {
    let mut code = String::new();
    for line in text.lines() {
        let mut quoted = false;
        let mut previous = ' ';
        for (at, c) in line.char_indices() {
            let character = previous == '\'' && line[at + 1..].starts_with('\'');
            if c == '"' && previous != '\\' && !character {
                quoted = !quoted;
            }
            if !quoted && line[at..].starts_with("//") {
                break;
            }
            if !quoted {
                code.push(c);
            }
            previous = c;
        }
        code.push('\n');
    }
    code
}

impl Source {
    fn is_below(&self, dir: &str) -> bool {
        self.name.starts_with(&format!("{dir}/"))
    }

    /// The modules of its own crate that it names: each path after `crate::`, groups in braces taken apart.
    fn own_modules(&self) -> Vec<String> {
        let after = self.code.split("crate::").skip(1);
        after
            .flat_map(|rest| paths(rest.split(';').next().unwrap_or(rest)))
            .collect()
    }

    fn has(&self, word: &str) -> bool {
        let bounded = |at: usize| {
            let before = self.code[..at].chars().next_back();
            let after = self.code[at + word.len()..].chars().next();
            let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
            !part(before) && !part(after)
        };
        self.code.match_indices(word).any(|(at, _)| bounded(at))
    }
}

/// `a::{b, c::d}` is `a::b` and `a::c::d`.
fn paths(text: &str) -> Vec<String> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let end = text.find(|c| !is_part(c)).unwrap_or(text.len());
    let (path, rest) = text.split_at(end);
    if !rest.starts_with('{') {
        return vec![path.to_owned()];
    }
    let mut depth = 0;
    let close = rest.find(|c| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        depth == 0
    });
    let inner = &rest[1..close.unwrap_or(rest.len())];
    let mut depth = 0;
    let one_by_one = inner.split(|c| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        c == ',' && depth == 0
    });
    let below = one_by_one.flat_map(|one| paths(one.trim()));
    below.map(|one| format!("{path}{one}")).collect()
}

fn none(what: &str, wrong: &[String]) {
    assert!(wrong.is_empty(), "{what}:\n{}", wrong.join("\n"));
}

#[test]
fn handlers_know_nothing_of_the_machinery() {
    let test = "handlers_know_nothing_of_the_machinery";
    let Some(sources) = sources(test, "supervisor/src/calls") else {
        return;
    };
    const FORBIDDEN: [&str; 8] = [
        "sys::notify",
        "sys::memory",
        "pool",
        "inject",
        "request",
        "worker",
        "supervise",
        "front",
    ];
    let mut wrong = Vec::new();
    for source in &sources {
        let forbidden = |path: &String| {
            FORBIDDEN
                .iter()
                .any(|module| path == module || path.starts_with(&format!("{module}::")))
        };
        let used = source.own_modules().into_iter().filter(forbidden);
        wrong.extend(used.map(|path| format!("{} uses {path}", source.name)));
    }
    none(
        "a handler gets a decoded call and gives back a reply",
        &wrong,
    );
}

/// The doctor tries the calls on a child of its own, which is no target.
const OWN_CHILD: &str = "supervisor/src/cli/doctor/";

#[test]
fn only_inject_writes_into_a_target() {
    let Some(sources) = sources("only_inject_writes_into_a_target", "supervisor/src") else {
        return;
    };
    let others = sources.iter().filter(|source| {
        source.name != "supervisor/src/inject.rs"
            && !source.is_below("supervisor/src/sys")
            && !source.name.starts_with(OWN_CHILD)
    });
    let mut wrong = Vec::new();
    for source in others {
        let imported = ["sys::memory::write", "sys::notify::add_fd"];
        let used = source
            .own_modules()
            .into_iter()
            .filter(|path| imported.contains(&path.as_str()));
        wrong.extend(used.map(|path| format!("{} uses {path}", source.name)));
        let called = ["memory::write", "notify::add_fd"];
        let used = called.into_iter().filter(|word| source.has(word));
        wrong.extend(used.map(|word| format!("{} calls {word}", source.name)));
    }
    none("inject is the only writer to a target", &wrong);
}

#[test]
fn sys_imports_nothing_of_ours() {
    let Some(sources) = sources("sys_imports_nothing_of_ours", "supervisor/src/sys") else {
        return;
    };
    let mut wrong = Vec::new();
    for source in &sources {
        let foreign = source
            .own_modules()
            .into_iter()
            .filter(|path| !path.starts_with("sys::"));
        wrong.extend(foreign.map(|path| format!("{} uses {path}", source.name)));
        let words = ["asys_policy", "asys_sandbox", "super::super"];
        let used = words.into_iter().filter(|word| source.has(word));
        wrong.extend(used.map(|word| format!("{} uses {word}", source.name)));
    }
    none("sys stands below everything", &wrong);
}

#[test]
fn policy_does_nothing_but_think() {
    let Some(sources) = sources("policy_does_nothing_but_think", "policy/src") else {
        return;
    };
    const OUTSIDE: [&str; 12] = [
        "std::fs",
        "std::net",
        "std::env",
        "std::process",
        "std::io",
        "std::os",
        "std::thread",
        "Instant",
        "SystemTime",
        "nix",
        "libc",
        "println",
    ];
    let mut wrong = Vec::new();
    for source in &sources {
        let used = OUTSIDE.into_iter().filter(|word| source.has(word));
        wrong.extend(used.map(|word| format!("{} uses {word}", source.name)));
        let std = source.code.split("std::{").skip(1).flat_map(|rest| {
            let list = rest.split(';').next().unwrap_or(rest);
            paths(&format!("{{{list}"))
        });
        let used = std.filter(|path| {
            OUTSIDE
                .iter()
                .any(|word| format!("std::{path}").starts_with(word))
        });
        wrong.extend(used.map(|path| format!("{} uses std::{path}", source.name)));
    }
    none("policy does no input or output, and has no clock", &wrong);
}

#[test]
fn leaves_do_not_know_each_other() {
    let test = "leaves_do_not_know_each_other";
    let (Some(policy), Some(sandbox)) = (sources(test, "policy/src"), sources(test, "sandbox/src"))
    else {
        return;
    };
    let mut wrong = Vec::new();
    for source in policy.iter().chain(&sandbox) {
        let ours = ["asys_policy", "asys_sandbox", "asys_supervisor"];
        let used = ours.into_iter().filter(|word| source.has(word));
        wrong.extend(used.map(|word| format!("{} uses {word}", source.name)));
    }
    none(
        "policy and sandbox know neither each other nor the table",
        &wrong,
    );
}

#[test]
fn unsafe_stays_behind_its_fence() {
    let test = "unsafe_stays_behind_its_fence";
    let mut wrong = Vec::new();
    for dir in ["supervisor/src", "policy/src"] {
        let Some(sources) = sources(test, dir) else {
            return;
        };
        let fenced = |source: &&Source| source.is_below("supervisor/src/sys");
        for source in sources.iter().filter(|source| !fenced(source)) {
            // The C library's entry point is an attribute, not a block.
            let code = source
                .code
                .replace("#[unsafe(no_mangle)]", "")
                .replace("unsafe_code", "");
            if code.contains("unsafe") {
                wrong.push(source.name.clone());
            }
        }
    }
    none("unsafe outside supervisor/src/sys and sandbox/src", &wrong);
}

/// Tables may be as long as what they list.
const TABLES: [&str; 2] = ["supervisor/src/calls/mod.rs", "tests/src/errnos.rs"];

const LONGEST: usize = 500;

#[test]
fn no_file_is_too_long() {
    let mut wrong = Vec::new();
    for dir in [
        "supervisor/src",
        "sandbox/src",
        "policy/src",
        "bench/src",
        "tests/src",
        "tests/tests",
    ] {
        let Some(sources) = sources("no_file_is_too_long", dir) else {
            return;
        };
        let is_table = |source: &&Source| TABLES.contains(&source.name.as_str());
        let long = sources
            .iter()
            .filter(|source| source.lines > LONGEST && !is_table(source));
        wrong.extend(long.map(|source| format!("{}: {} lines", source.name, source.lines)));
    }
    none("files that are longer than 500 lines", &wrong);
}

/// In a mount namespace of its own every call of a case is native, and its twins agree on nothing.
#[test]
fn cases_mount_where_asys_is() {
    let Some(sources) = sources("cases_mount_where_asys_is", "tests/src/cases") else {
        return;
    };
    let apart = sources
        .iter()
        .filter(|source| source.has("own_namespace"))
        .map(|source| source.name.clone());
    none(
        "the launcher makes the namespace",
        &apart.collect::<Vec<_>>(),
    );
}

#[test]
fn what_is_read_is_what_is_meant() {
    assert_eq!(
        bare("a // unsafe\nb(\"unsafe // {\", '\"') c"),
        "a \nb(\", '\"') c\n"
    );
    assert_eq!(
        paths("sys::{notify, file::{self, flag}, process}"),
        [
            "sys::notify",
            "sys::file::self",
            "sys::file::flag",
            "sys::process",
        ]
    );
    assert_eq!(paths("pool::Pool"), ["pool::Pool"]);
}
