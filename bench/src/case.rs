//! What a case is: a program to measure, and how the floors carry out its calls.

use std::path::Path;

use anyhow::Context;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use crate::cases::ALL;
use crate::floor::{Answer, Remote};
use crate::stats::Sample;
use crate::sys::Notification;

/// One row, and all there is to it: a file in `cases/`.
#[derive(Debug)]
pub(crate) struct Case {
    /// As given to `--only` and to the target.
    pub(crate) name: &'static str,
    /// How the table names it; with the unit, where it is not that of the others.
    pub(crate) title: &'static str,
    pub(crate) about: &'static str,
    pub(crate) kind: Kind,
    /// The calls of one iteration, by name for strace and in asys's trace, by number for a floor to trap.
    pub(crate) calls: &'static [(&'static str, libc::c_long)],
    /// The measured program: so many iterations in this directory.
    pub(crate) target: fn(u32, &Path) -> anyhow::Result<Sample>,
    /// Read the operands, do the call, write the result. Right for the case, wrong for the world.
    pub(crate) bare: Floor,
    /// The same with the checks without which the answer could differ from the kernel's.
    pub(crate) exact: Floor,
}

/// How a floor answers what it has trapped. The C library makes such calls, too, on its way: what a floor does not
/// know is native.
pub(crate) type Floor = fn(&mut Remote, &Notification) -> Answer;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Every call is carried out.
    Call,
    /// The same, and the disk is most of the time.
    Disk,
    /// Every call is trapped, but answered "let the kernel do it".
    Native,
    /// No call, but the start of a program.
    StartUp,
}

impl Case {
    pub(crate) fn named(name: &str) -> Option<&'static Case> {
        ALL.iter().copied().find(|case| case.name == name)
    }

    /// For the command line.
    pub(crate) fn parser() -> impl TypedValueParser<Value = &'static Case> {
        let names = ALL.map(|case| PossibleValue::new(case.name).help(case.about));
        PossibleValuesParser::new(names).try_map(|name| Case::named(&name).context("no such case"))
    }

    /// Nanoseconds per unit of the row.
    pub(crate) fn unit(&self) -> f64 {
        match self.kind {
            Kind::StartUp => 1e6,
            _ => 1e3,
        }
    }

    /// How many times in one round: the slow ones less often, so that a round stays a matter of seconds.
    pub(crate) fn iterations(&self, base: u32) -> u32 {
        match self.kind {
            Kind::Disk => (base / 100).max(10),
            Kind::StartUp => (base / 1000).max(10),
            _ => base,
        }
    }

    /// The system calls a floor traps for it.
    pub(crate) fn traps(&self) -> Vec<libc::c_long> {
        self.calls.iter().map(|(_, number)| *number).collect()
    }

    /// The same for `strace -e trace=`.
    pub(crate) fn call_names(&self) -> String {
        let names: Vec<&str> = self.calls.iter().map(|(name, _)| *name).collect();
        names.join(",")
    }

    pub(crate) fn makes(&self, call: &str) -> bool {
        self.calls.iter().any(|(name, _)| *name == call)
    }
}
