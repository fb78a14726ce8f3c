//! What a family's table says about each of its cases.

use crate::filesystem::FileSystem;
use crate::needs::{self, Need};
use crate::twin::Twin;
use std::time::Duration;

/// Long enough for any case on a busy machine; a case that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(30);

/// A family of calls: one test binary, one table of cases.
#[derive(Debug, Clone, Copy)]
pub struct Family {
    pub name: &'static str,
    pub cases: &'static [Case],
    /// Where they are run.
    pub on: &'static [FileSystem],
}

/// One closure to be run twice, and what the table promises about it.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    pub name: &'static str,
    pub body: fn(&mut Twin),
    /// Rows and errnos this case is there for; the native run must have seen each.
    sees: &'static [(&'static str, &'static [i32])],
    /// Rows that all have to do with the same errnos.
    alike: (&'static [&'static str], &'static [i32]),
    pub needs: &'static [Need],
    /// File systems on which it cannot be run, and what it would take.
    pub not_on: &'static [(FileSystem, &'static str)],
    pub patience: Duration,
}

impl Case {
    pub const fn new(name: &'static str, body: fn(&mut Twin)) -> Self {
        Self {
            name,
            body,
            sees: &[],
            alike: (&[], &[]),
            needs: &[],
            not_on: &[],
            patience: PATIENCE,
        }
    }

    pub const fn sees(mut self, sees: &'static [(&'static str, &'static [i32])]) -> Self {
        self.sees = sees;
        self
    }

    /// Each of these rows sees each of these errnos.
    pub const fn each_sees(
        mut self,
        rows: &'static [&'static str],
        errnos: &'static [i32],
    ) -> Self {
        self.alike = (rows, errnos);
        self
    }

    /// Every row and errno that it is there for.
    pub fn promises(&self) -> impl Iterator<Item = (&'static str, i32)> {
        let (rows, errnos) = self.alike;
        let alike = rows.iter().map(move |row| (*row, errnos));
        let all = self.sees.iter().copied().chain(alike);
        all.flat_map(|(row, errnos)| errnos.iter().map(move |errno| (row, *errno)))
    }

    pub const fn needs(mut self, needs: &'static [Need]) -> Self {
        self.needs = needs;
        self
    }

    pub const fn not_on(mut self, not_on: &'static [(FileSystem, &'static str)]) -> Self {
        self.not_on = not_on;
        self
    }

    /// What it would take to run it on this file system, in words.
    pub fn missing(&self, on: FileSystem) -> Option<String> {
        let excluded = self.not_on.iter().find(|(not, _)| *not == on);
        match excluded {
            Some((_, reason)) => Some((*reason).into()),
            None => needs::missing(self.needs, on),
        }
    }

    pub const fn within(mut self, seconds: u64) -> Self {
        self.patience = Duration::from_secs(seconds);
        self
    }
}

/// A row of a family's table, named after its function; `module::function` where the family is a folder.
#[macro_export]
macro_rules! case {
    ($body:ident) => {
        $crate::case::Case::new(stringify!($body), $body)
    };
    ($module:ident::$body:ident) => {
        $crate::case::Case::new(stringify!($body), $module::$body)
    };
}
