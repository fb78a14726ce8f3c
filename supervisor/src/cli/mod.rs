//! The command line: one file per subcommand.

mod calls;
mod completions;
mod doctor;
mod run;

use crate::message;
use anyhow::Result;
use clap::error::ContextValue;
use clap::{CommandFactory, Parser, Subcommand};
use nix::errno::Errno;
use std::io::{self, Write};

/// Exit status when asys itself fails, as timeout(1) and env(1) have it.
pub const FAILED: u8 = 125;

/// Runs a program with its blocking system calls carried out for it.
#[derive(Debug, Parser)]
#[command(
    name = "asys",
    version,
    max_term_width = 100,
    disable_help_subcommand = true
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    action: Action,
    /// Colours on the terminal.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: Color,
    /// Say only what went wrong.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Say more.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Run a command under asys.
    Run(run::Run),
    /// List every system call, and what asys does with it.
    Calls(calls::Calls),
    /// Say what this kernel, container and user allow.
    Doctor(doctor::Doctor),
    /// Print a shell's completion script.
    Completions(completions::Completions),
}

impl Color {
    /// Whether to colour what goes to `stream`.
    pub(crate) fn on(self, stream: &impl std::io::IsTerminal) -> bool {
        match self {
            Color::Always => true,
            Color::Never => false,
            // https://no-color.org
            Color::Auto => {
                stream.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty())
            }
        }
    }
}

/// Parses the command line and does what it says; returns the exit status.
pub fn main() -> i32 {
    // First of all: what the command is to inherit.
    let inherited = asys_sandbox::Inherited::capture();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return refuse(&error),
    };
    message::set_verbosity(if cli.quiet {
        -1
    } else {
        i8::try_from(cli.verbose).unwrap_or(1)
    });
    let done = match cli.action {
        Action::Run(run) => inherited
            .map_err(|errno| anyhow::anyhow!("start: {}", errno.desc()))
            .and_then(|inherited| run.run(inherited, cli.color)),
        Action::Calls(calls) => output(|| calls.run()),
        Action::Doctor(doctor) => output(|| doctor.run(cli.color)),
        Action::Completions(completions) => output(|| completions.run(&mut Cli::command())),
    };
    done.map_or_else(|error| fail(&error), i32::from)
}

/// Runs a subcommand that only prints: it ends like any filter when its reader does.
fn output(print: impl FnOnce() -> Result<u8>) -> Result<u8> {
    print().or_else(|error| match error.downcast_ref::<io::Error>() {
        Some(io) if io.kind() == io::ErrorKind::BrokenPipe => Ok(0),
        Some(_) => Err(error.context("standard output")),
        None => Err(error),
    })
}

/// Writes a subcommand's output. Nothing is left to the end of the process:
/// it would not be flushed, and errors not be seen.
fn print(text: &[u8]) -> Result<u8> {
    let mut out = io::stdout().lock();
    out.write_all(text)?;
    out.flush()?;
    Ok(0)
}

fn fail(error: &anyhow::Error) -> i32 {
    match error.downcast_ref::<asys_policy::Error>() {
        Some(policy) => message::complain_about_policy(policy),
        None => message::complain(&chain(error)),
    }
    FAILED.into()
}

/// The error and its causes, without the numbers that std adds to those of the system.
fn chain(error: &anyhow::Error) -> String {
    let words = error.chain().map(|cause| {
        let io = cause.downcast_ref::<io::Error>();
        match io.and_then(io::Error::raw_os_error) {
            Some(number) => Errno::from_raw(number).desc().to_owned(),
            None => cause.to_string(),
        }
    });
    words.collect::<Vec<_>>().join(": ")
}

/// Help and version go to stdout; a mistake is one line on stderr.
fn refuse(error: &clap::Error) -> i32 {
    use clap::error::ErrorKind;
    let colour = Color::Auto.on(&std::io::stdout());
    if matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    ) {
        let text = error.render();
        let text = if colour {
            text.ansi().to_string()
        } else {
            text.to_string()
        };
        let printed = output(|| print(text.as_bytes()));
        return printed.map_or_else(|error| fail(&error), i32::from);
    }
    message::complain(&explain(error));
    FAILED.into()
}

fn explain(error: &clap::Error) -> String {
    use clap::error::ErrorKind;
    match error.kind() {
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand => {
            "no subcommand given: try 'asys run COMMAND' or 'asys --help'".to_owned()
        }
        ErrorKind::MissingRequiredArgument => {
            let text = error.render().to_string();
            let missing = text
                .lines()
                .skip(1)
                .map(str::trim)
                .find(|l| l.starts_with('<'));
            format!(
                "{} is missing: see --help",
                missing
                    .unwrap_or("an argument")
                    .trim_matches(['<', '>', '.'])
            )
        }
        _ => {
            let text = rendered(error);
            let lines: Vec<&str> = text
                .lines()
                .map(str::trim)
                .filter(|l| !l.is_empty())
                .collect();
            let first = lines
                .first()
                .copied()
                .unwrap_or("bad usage")
                .trim_start_matches("error: ");
            let more = lines
                .iter()
                .skip(1)
                .find(|l| l.starts_with("tip:") || l.starts_with("[possible"));
            match more {
                Some(more) => format!("{first}: {}", more.trim_start_matches("tip: ")),
                None => format!("{first}: see --help"),
            }
        }
    }
}

/// What clap says, in its lines: those of the arguments it repeats are escaped.
fn rendered(error: &clap::Error) -> String {
    let text = error.render().to_string();
    error.context().fold(text, |text, (_, value)| match value {
        ContextValue::String(word) if word.contains(char::is_control) => {
            text.replace(word, &message::escape(word))
        }
        _ => text,
    })
}

/// The whole command line, for completions and tests.
#[must_use]
pub fn command() -> clap::Command {
    Cli::command()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }

    fn refused(arguments: &[&str]) -> String {
        explain(&Cli::try_parse_from(arguments).unwrap_err())
    }

    #[test]
    fn mistakes_are_one_clear_line() {
        assert_eq!(refused(&["asys", "run"]), "COMMAND is missing: see --help");
        assert!(refused(&["asys"]).starts_with("no subcommand"));
        assert!(refused(&["asys", "run", "--polcy", "x", "true"]).contains("'--polcy'"));
        for arguments in [&["asys", "rum"][..], &["asys", "run", "-w", "x", "y"]] {
            assert_eq!(refused(arguments).lines().count(), 1);
        }
    }

    #[test]
    fn mistakes_repeat_the_whole_word() {
        let workers = refused(&["asys", "run", "-w", "1\n\n2", "x"]);
        assert!(workers.starts_with("invalid value '1\\n\\n2' for '--workers"));
        let option = refused(&["asys", "run", "--po\nasys: x", "x"]);
        assert!(option.starts_with("unexpected argument '--po\\nasys: x'"));
        for word in ["a\nb", "\n", "a\r\nb"] {
            for arguments in [
                &["asys", word][..],
                &["asys", "run", "--no-new-privs", word, "x"],
                &["asys", "--color", word, "calls"],
            ] {
                let line = refused(arguments);
                assert!(
                    line.contains(&message::escape(word)) && !line.contains(char::is_control),
                    "{line}"
                );
            }
        }
    }

    #[test]
    fn errors_of_the_system_have_no_number() {
        let error = anyhow::Error::from(io::Error::from_raw_os_error(libc::ENOSPC));
        let error = error.context("standard output");
        assert_eq!(chain(&error), "standard output: No space left on device");
    }
}
