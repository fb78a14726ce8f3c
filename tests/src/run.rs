//! A case, twice, and the comparison.

use crate::case::Case;
use crate::filesystem::FileSystem;
use crate::launch::{Outcome, Run, launch};
use crate::transcript::{self, Line};
use crate::twin::shown;
use crate::{asys, tree};
use anyhow::{Context, Result};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Everything one run showed.
struct Seen {
    outcome: Outcome,
    lines: Vec<Line>,
    output: [String; 2],
}

/// Both runs and their comparison; the error is a text for people.
pub fn twin(family: &str, case: &Case, on: FileSystem) -> Result<(), String> {
    let asys = asys::binary().map_err(|error| format!("{error:#}"))?;
    let base = Base::new(on).map_err(|error| format!("{error:#}"))?;
    let under = ["run", "-q", "-p", "@all", "--"].map(String::from);
    let prefix: Vec<String> = [asys.display().to_string()]
        .into_iter()
        .chain(under)
        .collect();
    let name = format!("{family}::{}", case.name);
    let once = |side: &str, prefix: &[String]| {
        once(&base.0, side, prefix, &name, case, on).map_err(|e| format!("{side}: {e:#}"))
    };
    let native = once("native", &[])?;
    check_native(&native)?;
    if on == FileSystem::Home {
        check_table(case, &native)?;
    }
    let asys = once("asys", &prefix)?;
    compare(&native, &asys)
}

/// The directory that holds the run and its records, gone at the end even if a case has locked its directories.
/// With `ASYS_TWIN_KEEP` in the environment it stays.
struct Base(PathBuf);

impl Base {
    fn new(on: FileSystem) -> Result<Self> {
        let dir = tempfile::Builder::new()
            .prefix("asys-twin-")
            .tempdir_in(on.base())?;
        // A case that drops root's privileges must still be able to come here.
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755))?;
        Ok(Self(dir.keep()))
    }
}

impl Drop for Base {
    fn drop(&mut self) {
        match std::env::var_os("ASYS_TWIN_KEEP") {
            Some(_) => eprintln!("kept: {}", self.0.display()),
            None => tree::remove(&self.0),
        }
    }
}

/// Each run has the same directory, one after the other; what it leaves is then moved to `side`.
fn once(
    base: &Path,
    side: &str,
    prefix: &[String],
    name: &str,
    case: &Case,
    on: FileSystem,
) -> Result<Seen> {
    let dir = base.join("run");
    fs::create_dir(&dir)?;
    let file = |kind: &str| base.join(format!("{side}.{kind}"));
    let (log, out, err) = (file("log"), file("out"), file("err"));
    transcript::create(&log)?;
    let me = std::env::current_exe()?.display().to_string();
    let case_args = ["--twin-case".into(), name.into(), log.display().to_string()];
    let command: Vec<String> = prefix
        .iter()
        .cloned()
        .chain([me])
        .chain(case_args)
        .collect();
    let outcome = launch(&Run {
        dir: &dir,
        on,
        patience: case.patience,
        out: [&out, &err],
        command: &command,
    })?;
    let seen = Seen {
        outcome,
        lines: transcript::read(&log)?,
        output: [lossy(&out)?, lossy(&err)?],
    };
    fs::rename(&dir, base.join(side)).context("cannot move the finished run away")?;
    Ok(seen)
}

fn lossy(path: &Path) -> Result<String> {
    Ok(String::from_utf8_lossy(&fs::read(path)?).into_owned())
}

/// A case that fails natively or leaves processes is wrong itself.
fn check_native(native: &Seen) -> Result<(), String> {
    if native.outcome.status != "exit 0" || !native.outcome.left.is_empty() {
        return Err(format!("the case itself fails: {}", story(native)));
    }
    Ok(())
}

/// And one that does not see what its table promises. Other file systems may have other errors, and an older kernel
/// not the call.
fn check_table(case: &Case, native: &Seen) -> Result<(), String> {
    for (row, errno) in case.promises() {
        let sees = |wanted: &str| {
            native.lines.iter().any(
                |line| matches!(line, Line::Call { call, ret, .. } if call == row && ret == wanted),
            )
        };
        let wanted = shown(-i64::from(errno));
        if !sees(&wanted) && !sees("ENOSYS") {
            return Err(format!(
                "the table says this case sees {wanted} from {row}: it does not"
            ));
        }
    }
    Ok(())
}

fn compare(native: &Seen, asys: &Seen) -> Result<(), String> {
    let mut wrong = Vec::new();
    if asys.outcome.status != native.outcome.status || !asys.outcome.left.is_empty() {
        wrong.push(format!("under asys: {}", story(asys)));
    }
    wrong.extend(transcript::difference(&native.lines, &asys.lines));
    if native.outcome.tree != asys.outcome.tree {
        wrong.push(format!(
            "the trees differ:\n{}",
            lines_differ(&native.outcome.tree, &asys.outcome.tree)
        ));
    }
    for (name, i) in [("stdout", 0), ("stderr", 1)] {
        if native.output[i] != asys.output[i] {
            let (native, asys) = (&native.output[i], &asys.output[i]);
            wrong.push(format!("{name} native:\n{native}\n{name} asys:\n{asys}"));
        }
    }
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(wrong.join("\n")),
    }
}

/// Lines that only one side has.
fn lines_differ(native: &[String], asys: &[String]) -> String {
    let only = |side: &str, here: &[String], there: &[String]| {
        let lines = here.iter().filter(|line| !there.contains(line)).take(12);
        lines
            .map(|line| format!("  {side} {line}\n"))
            .collect::<String>()
    };
    only("native", native, asys) + &only("asys  ", asys, native)
}

/// How a run ended, what it said last, and who was left.
fn story(seen: &Seen) -> String {
    let last: Vec<String> = seen
        .lines
        .iter()
        .rev()
        .take(8)
        .rev()
        .map(Line::to_string)
        .collect();
    let stderr: String = seen.output[1].chars().take(2000).collect();
    let [status, left] = [seen.outcome.status.clone(), seen.outcome.left.join("\n  ")];
    format!(
        "{status}\nlast lines:\n  {}\nprocesses left:\n  {left}\nstderr: {stderr}",
        last.join("\n  ")
    )
}
