//! The `main` of every family's test binary: the harness, or one of the processes it starts from itself.

use crate::case::{Case, Family};
use crate::transcript::{Line, Log};
use crate::twin::Twin;
use crate::{launch, needs, run};
use anyhow::{Context, Result};
use libtest_mimic::{Arguments, Failed, Trial};
use std::path::Path;
use std::process::ExitCode;

pub fn main(family: Family) -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let done = match args.first().map(String::as_str) {
        Some("--twin-case") => one_case(family, &args[1..]),
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

/// One trial per case; a case whose needs are not met is ignored, with the reason in its place and on record.
fn trials(family: Family) -> Vec<Trial> {
    let arguments = Arguments::from_args();
    let trial = |case: &'static Case| {
        let name = format!("{}::{}", family.name, case.name);
        let missing = needs::missing(case.needs);
        let reason = missing.clone();
        let trial = Trial::test(name.clone(), move || match &reason {
            Some(reason) => Err(Failed::from(format!("needs {reason}"))),
            None => run::twin(family.name, case).map_err(Failed::from),
        });
        let Some(reason) = missing else {
            return trial;
        };
        if !arguments.list {
            crate::skips::report(&name, &reason);
        }
        trial
            .with_kind(format!("needs {reason}"))
            .with_ignored_flag(true)
    };
    family.cases.iter().map(trial).collect()
}
