//! The `main` of every family's test binary: the harness, or one of the processes it starts from itself.

use crate::case::{Case, Family};
use crate::filesystem::FileSystem;
use crate::transcript::{Line, Log};
use crate::twin::Twin;
use crate::{launch, run, stage};
use anyhow::{Context, Result};
use libtest_mimic::{Arguments, Failed, Trial};
use std::path::Path;
use std::process::ExitCode;

pub fn main(family: Family) -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let done = match args.first().map(String::as_str) {
        Some("--twin-case") => one_case(family, &args[1..]),
        Some("--twin-stage") => stage::main(&args[1..]),
        Some("--twin-launch") => launch::main(&args[1..]),
        _ => return libtest_mimic::run(&Arguments::from_args(), trials(family)).exit_code(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The process that is run twice: `--twin-case FAMILY::CASE LOG`, where LOG may be `-` for people.
fn one_case(family: Family, args: &[String]) -> Result<()> {
    let [name, log] = args else {
        anyhow::bail!("--twin-case FAMILY::CASE LOG");
    };
    let bare = name.rsplit("::").next().unwrap_or(name);
    let mut cases = family.cases.iter();
    let case = cases
        .find(|case| case.name == bare)
        .context("no such case")?;
    if log != "-" {
        (case.body)(&mut Twin::new(Log::open(Path::new(log))?));
        return Ok(());
    }
    let path = std::env::temp_dir().join(format!("asys-twin-{}.log", std::process::id()));
    crate::transcript::create(&path)?;
    (case.body)(&mut Twin::new(Log::open(&path)?));
    let lines = crate::transcript::read(&path)?;
    std::fs::remove_file(&path)?;
    lines
        .iter()
        .map(Line::to_string)
        .for_each(|line| println!("{line}"));
    Ok(())
}

/// One trial per case and file system. A file system that is not to be had here is one ignored trial for the family.
fn trials(family: Family) -> Vec<Trial> {
    let arguments = Arguments::from_args();
    let on = |file_system: FileSystem| match file_system.missing() {
        Some(reason) => {
            let name = format!("{}{}", file_system.prefix(), family.name);
            vec![skipped(name, reason, &arguments)]
        }
        None => {
            let cases = family.cases.iter();
            cases
                .map(|case| trial(family, case, file_system, &arguments))
                .collect()
        }
    };
    family.on.iter().copied().flat_map(on).collect()
}

fn trial(family: Family, case: &'static Case, on: FileSystem, arguments: &Arguments) -> Trial {
    let name = format!("{}{}::{}", on.prefix(), family.name, case.name);
    match case.missing(on) {
        Some(reason) => skipped(name, reason, arguments),
        None => Trial::test(name, move || {
            run::twin(family.name, case, on).map_err(Failed::from)
        }),
    }
}

/// Ignored, with the reason in its place and on record.
fn skipped(name: String, reason: String, arguments: &Arguments) -> Trial {
    if !arguments.list {
        crate::skips::report(&name, &reason);
    }
    let kind = format!("needs {reason}");
    let failure = kind.clone();
    Trial::test(name, move || Err(Failed::from(failure)))
        .with_kind(kind)
        .with_ignored_flag(true)
}
