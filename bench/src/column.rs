//! The columns: what stands between the program and the kernel.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Serialize;

use crate::case::{Case, Kind};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Column {
    Native,
    /// Our responder that does the call and nothing else.
    Bare,
    /// Our responder that also makes every check SEMANTICS.md asks for.
    Exact,
    Asys,
    Strace,
}

impl Column {
    pub(crate) const ALL: [Column; 5] = [
        Column::Native,
        Column::Bare,
        Column::Exact,
        Column::Asys,
        Column::Strace,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Column::Native => "native",
            Column::Bare => "bare",
            Column::Exact => "exact",
            Column::Asys => "asys",
            Column::Strace => "strace",
        }
    }

    /// A floor answers one known call; starting a program is not one.
    pub(crate) fn measures(self, case: &Case) -> bool {
        case.kind != Kind::StartUp || !matches!(self, Column::Bare | Column::Exact)
    }
}

/// The programs of the columns that need one, or why there is none.
#[derive(Debug)]
pub(crate) struct Programs {
    asys: Result<PathBuf, String>,
    strace: Result<PathBuf, String>,
}

impl Programs {
    pub(crate) fn find(own: &Path) -> Programs {
        Programs {
            asys: asys_beside(own),
            strace: in_path("strace").ok_or_else(|| "strace: not installed".to_owned()),
        }
    }

    pub(crate) fn missing(&self, column: Column) -> Option<&str> {
        match column {
            Column::Asys => self.asys.as_ref().err().map(String::as_str),
            Column::Strace => self.strace.as_ref().err().map(String::as_str),
            Column::Native | Column::Bare | Column::Exact => None,
        }
    }

    /// `inner` under asys as that column has it, but with a trace.
    pub(crate) fn traced(&self, trace: &Path, inner: &[OsString]) -> Option<Command> {
        let mut command = self.asys(&["-t".into(), trace.into(), "--".into()])?;
        command.args(inner);
        Some(command)
    }

    fn asys(&self, options: &[OsString]) -> Option<Command> {
        let mut command = Command::new(self.asys.as_ref().ok()?);
        command.args(["run", "-p", "@all"]).args(options);
        Some(command)
    }

    /// `inner`, started the way this column starts programs. `None` if the column's program is missing.
    pub(crate) fn command(
        &self,
        column: Column,
        case: &Case,
        inner: &[OsString],
    ) -> Option<Command> {
        let mut command = match column {
            Column::Native | Column::Bare | Column::Exact => {
                let mut plain = Command::new(inner.first()?);
                plain.args(inner.get(1..)?);
                return Some(plain);
            }
            Column::Asys => self.asys(&["--".into()])?,
            Column::Strace => {
                let mut strace = Command::new(self.strace.as_ref().ok()?);
                strace.args(["-f", "--seccomp-bpf", "-o", "/dev/null"]);
                strace
                    .arg(format!("--trace={}", case.call_names()))
                    .arg("--");
                strace
            }
        };
        command.args(inner);
        Some(command)
    }
}

fn asys_beside(own: &Path) -> Result<PathBuf, String> {
    let path = match std::env::var_os("ASYS_BIN") {
        Some(path) => PathBuf::from(path),
        None => own.with_file_name("asys"),
    };
    if path.is_file() {
        return Ok(path);
    }
    let path = path.display();
    Err(format!(
        "asys: not found at {path}: build it first (cargo build --release)"
    ))
}

fn in_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|dir| dir.join(program))
        .find(|file| file.is_file())
}
