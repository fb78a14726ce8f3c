//! `asys completions`: what a shell needs to complete a command line of asys.

use anyhow::Result;
use asys_policy::BUILTINS;
use clap::builder::PossibleValuesParser;
use clap::{Command, ValueHint};
use clap_complete::{Shell, generate};

/// Print a shell's completion script.
#[derive(Debug, clap::Args)]
pub(crate) struct Completions {
    /// The shell.
    shell: Shell,
}

impl Completions {
    /// Prints the script on standard output; returns the exit status.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub(crate) fn run(&self, command: &mut Command) -> Result<u8> {
        super::print(&script(self.shell, command))
    }
}

/// The script of `shell` for `command`.
fn script(shell: Shell, command: &Command) -> Vec<u8> {
    let command = command
        .clone()
        .mut_subcommand("run", |run| hinted(run, shell));
    let mut command = command.mut_subcommand("calls", |calls| visible(&calls));
    let mut script = Vec::new();
    generate(shell, &mut command, "asys", &mut script);
    if shell == Shell::Fish {
        script.extend(fish_policies().into_bytes());
    }
    script
}

/// `calls` without its hidden options, which scripts would offer.
fn visible(calls: &Command) -> Command {
    let about = calls.get_about().cloned().unwrap_or_default();
    let shown = calls
        .get_arguments()
        .filter(|arg| !arg.is_hide_set())
        .cloned();
    Command::new("calls").about(about).args(shown)
}

/// `run` with what its values are.
fn hinted(run: Command, shell: Shell) -> Command {
    run.mut_args(|arg| match arg.get_id().as_str() {
        // Bash completes file names where no word fits; the others would stop at the words.
        "policies" if shell == Shell::Bash => arg.value_parser(PossibleValuesParser::new(
            BUILTINS.map(|builtin| builtin.name),
        )),
        "policies" | "trace" => arg.value_hint(ValueHint::FilePath),
        "user" => arg.value_hint(ValueHint::Username),
        "command" => arg.value_hint(ValueHint::CommandWithArguments),
        _ => arg,
    })
}

/// The built-in policies, beside the files that the script completes.
fn fish_policies() -> String {
    let policies = BUILTINS.map(|builtin| {
        let says = builtin.description().replace('\\', "\\\\").replace('\'', "\\'");
        format!(
            "complete -c asys -n \"__fish_seen_subcommand_from run\" -s p -l policy -r -a '{}' -d '{says}'\n",
            builtin.name
        )
    });
    policies.concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::ValueEnum;
    use std::io::Write;

    fn text(shell: Shell) -> String {
        String::from_utf8(script(shell, &super::super::command())).unwrap()
    }

    #[test]
    fn every_shell_has_a_script_with_every_subcommand() {
        for shell in Shell::value_variants() {
            let text = text(*shell);
            for word in ["run", "calls", "doctor", "completions", "overwrite"] {
                assert!(text.contains(word), "{shell}: {word}");
            }
            assert!(!text.contains("mdoc"), "{shell}: a hidden option");
        }
    }

    #[test]
    fn policies_are_completed() {
        for shell in [Shell::Bash, Shell::Fish] {
            let text = text(shell);
            assert!(
                BUILTINS.iter().all(|builtin| text.contains(builtin.name)),
                "{shell}"
            );
        }
    }

    #[test]
    fn bash_accepts_its_script() {
        use std::process::{Command, Stdio};
        let mut bash = Command::new("bash")
            .arg("-n")
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        bash.stdin
            .take()
            .unwrap()
            .write_all(text(Shell::Bash).as_bytes())
            .unwrap();
        assert!(bash.wait().unwrap().success());
    }
}
