//! `twin [--seconds N] [--seed N] [--most N] [--jobs N] [--verbose]`: looks for differences. `twin --print SEED`: the sequence of a
//! seed. `twin --replay FILE`: one sequence, both ways.

use anyhow::{Context, Result, bail};
use asys_tests::filesystem::FileSystem;
use asys_tests::finder::generate::Generator;
use asys_tests::finder::search::{self, Options};
use asys_tests::finder::{self, fence, text};
use asys_tests::needs::{self, Need};
use asys_tests::skips;
use asys_tests::users::is_root;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Duration;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let done = match finder::part(&args) {
        Some(done) => done.map(|()| true),
        None => run(&args),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("twin: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(args: &[String]) -> Result<bool> {
    let mut options = Options {
        time: Duration::from_secs(60),
        seed: fresh_seed(),
        most: 5,
        jobs: std::thread::available_parallelism().map_or(1, usize::from),
        verbose: false,
    };
    let mut words = args.iter();
    while let Some(word) = words.next() {
        if word == "--verbose" {
            options.verbose = true;
            continue;
        }
        let value = words.next().with_context(|| format!("{word} of what?"))?;
        match word.as_str() {
            "--seconds" => options.time = Duration::from_secs(value.parse()?),
            "--seed" => options.seed = value.parse()?,
            "--jobs" => options.jobs = value.parse()?,
            "--most" => options.most = value.parse()?,
            "--print" => {
                print!(
                    "{}",
                    text::print(&Generator::new().sequence(value.parse()?))
                );
                return Ok(true);
            }
            "--replay" => {
                let sequence = text::parse(&std::fs::read_to_string(value)?)?;
                return search::replay(&sequence);
            }
            other => bail!("no option {other}"),
        }
    }
    let fenced = std::env::var_os(FENCED);
    if is_root() && fenced.is_none() {
        return in_a_fence();
    }
    if let Some(own) = fenced {
        fence::raise(Path::new(&own))?;
    }
    let seed = options.seed;
    let found = search::search(options)?;
    println!("twin: seed {seed}: {found}");
    Ok(found.differences == 0)
}

/// The directory of a search that stands in its fence.
const FENCED: &str = "ASYS_TWIN_FENCED";

/// The same again, in a directory that is removed from without: inside, nothing around it can be changed.
fn in_a_fence() -> Result<bool> {
    if let Some(reason) = needs::missing(&[Need::Mounts], FileSystem::Home) {
        skips::report("twin", &reason);
        return Ok(true);
    }
    let own = tempfile::Builder::new().prefix("asys-finder-").tempdir()?;
    std::fs::set_permissions(own.path(), std::fs::Permissions::from_mode(0o755))?;
    let mut search = Command::new(std::env::current_exe()?);
    let search = search
        .args(std::env::args_os().skip(1))
        .env(FENCED, own.path())
        .env("TMPDIR", own.path());
    let status = search.status()?;
    match status.code() {
        Some(0) => Ok(true),
        Some(1) => Ok(false),
        _ => bail!("the search has ended with {status}"),
    }
}

fn fresh_seed() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(1, |now| now.as_micros() as u64)
}
