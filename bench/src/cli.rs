//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, value_parser};

use crate::case::Case;

#[derive(Debug, Parser)]
#[command(
    name = "asys-bench",
    version,
    about = "What asys costs, against native, two floors and strace",
    after_help = "asys is taken from ASYS_BIN, else from beside this executable.\n\
                  A cell is the median over the rounds of each round's median; ± is half the distance of the quartiles.\n\
                  A ratio is the median of the ratios within one round, so drift of the machine cancels.\n\
                  asys's cells are \"failed\" where its own trace says that it did not carry the calls out.\n\
                  Exit status: 0; with --check 1 if an aim was missed or not measured; 2 if the bench itself failed.",
    args_conflicts_with_subcommands = true
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) mode: Option<Mode>,
    #[command(flatten)]
    pub(crate) options: Options,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Mode {
    /// The measured program itself; its result goes to stdout as JSON.
    #[command(hide = true)]
    Target {
        #[arg(value_parser = Case::parser())]
        case: &'static Case,
        iterations: u32,
        dir: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Rounds; each measures every case in every column once
    #[arg(long, value_name = "N", default_value_t = 15, value_parser = value_parser!(u32).range(1..=1000))]
    pub(crate) rounds: u32,

    /// Calls per case, column and round; write-fsync does a 100th of it, start-up a 1000th (at least 10)
    #[arg(long, value_name = "N", default_value_t = 5_000, value_parser = value_parser!(u32).range(10..=100_000_000))]
    pub(crate) iterations: u32,

    /// Measure this case only (repeatable)
    #[arg(long, value_name = "CASE", value_parser = Case::parser())]
    pub(crate) only: Vec<&'static Case>,

    /// Also write everything measured to FILE
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,

    /// Work in a fresh directory below DIR [default: $TMPDIR, else /var/tmp]
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,

    /// Report a measured program that takes longer than this as hung, and kill it
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    pub(crate) timeout: Duration,

    /// Exit with 1 unless every aim was measured and met
    #[arg(long)]
    pub(crate) check: bool,
}

fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse::<u64>() {
        Ok(n @ 1..=86_400) => Ok(Duration::from_secs(n)),
        _ => Err("a number of seconds from 1 to 86400 is expected".to_owned()),
    }
}
