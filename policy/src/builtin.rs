//! The policies asys brings along: TOML like any other, read by the same reader.

use std::fmt;

use crate::source::Source;
use crate::words::{advice, listed, quoted};

/// A policy that is always there.
#[derive(Clone, Copy, Debug)]
pub struct Builtin {
    /// With its `@`, as on the command line.
    pub name: &'static str,
    /// The TOML.
    pub text: &'static str,
}

/// All of them, the default first.
pub const BUILTINS: [Builtin; 4] = [
    Builtin {
        name: "@default",
        text: include_str!("../builtin/default.toml"),
    },
    Builtin {
        name: "@files",
        text: include_str!("../builtin/files.toml"),
    },
    Builtin {
        name: "@all",
        text: include_str!("../builtin/all.toml"),
    },
    Builtin {
        name: "@observe",
        text: include_str!("../builtin/observe.toml"),
    },
];

impl Builtin {
    /// What it does, in one sentence: the comment on the first line of its text.
    pub fn description(&self) -> &'static str {
        let first = self.text.lines().next().unwrap_or_default();
        first.trim_start_matches(['#', ' '])
    }
}

/// The text of the built-in with this name, `@` included.
pub fn builtin(name: &str) -> Option<&'static str> {
    let found = BUILTINS.iter().find(|builtin| builtin.name == name);
    found.map(|builtin| builtin.text)
}

impl Source {
    /// The built-in with this name, `@` included.
    ///
    /// # Errors
    ///
    /// There is none; the error names the nearest one.
    pub fn builtin(name: &str) -> Result<Self, UnknownBuiltin> {
        let text = builtin(name).ok_or_else(|| UnknownBuiltin(name.to_owned()))?;
        Ok(Self::new(name, text))
    }
}

/// No built-in policy has this name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownBuiltin(String);

impl fmt::Display for UnknownBuiltin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = BUILTINS.map(|builtin| builtin.name);
        let all = || format!("expected {}", listed(&names.map(str::to_owned), "or"));
        let advice = advice(&self.0, names, all);
        write!(f, "unknown policy {}: {advice}", quoted(&self.0))
    }
}

impl std::error::Error for UnknownBuiltin {}
