//! `asys-bench`: what asys costs, measured in one run against what it could cost.
//!
//! The binary starts itself again as the measured program (`target.rs`), once per case, column and round: natively,
//! under two minimal responders of its own (`floor/`), under asys and under strace.
#![deny(unsafe_code)]

mod aims;
mod case;
mod cases;
mod cli;
mod column;
mod environment;
mod floor;
mod json;
mod launch;
mod proof;
mod rounds;
mod run;
mod stats;
mod sys;
mod table;
mod target;
mod workdir;

use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;

use cli::{Cli, Mode, Options};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.mode {
        Some(Mode::Target {
            case,
            iterations,
            dir,
        }) => target::main(case, iterations, &dir).map(|()| ExitCode::SUCCESS),
        None => bench(&cli.options),
    };
    done.unwrap_or_else(|e| {
        eprintln!("bench: {e:#}");
        ExitCode::from(2)
    })
}

fn bench(options: &Options) -> anyhow::Result<ExitCode> {
    sys::catch_interrupts().context("signals")?;
    let workdir = workdir::Workdir::create(options.dir.as_deref())?;
    let environment = environment::Environment::read(workdir.path());
    let results = rounds::measure(options, &workdir)?;
    let verdicts = aims::judge(&results);
    table::print(&results, &verdicts, &environment);
    if let Some(path) = &options.json {
        json::write(path, &results, &verdicts, &environment)?;
    }
    let failed = options.check && !aims::all_met(&verdicts);
    Ok(ExitCode::from(u8::from(failed)))
}
