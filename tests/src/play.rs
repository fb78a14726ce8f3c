//! The `main` of a test binary that is also the program under test.
//!
//! A *test* runs programs in [sessions](crate::session) and looks at what they do. Where no program of the system does
//! the right thing, the test binary itself plays the *part*: `job-… --part counts LOG`.

use crate::filesystem::FileSystem;
use crate::needs::{self, Need};
use crate::skips;
use libtest_mimic::{Arguments, Failed, Trial};
use std::process::ExitCode;

#[derive(Debug, Clone, Copy)]
pub struct Test {
    pub name: &'static str,
    pub body: fn(),
    pub needs: &'static [Need],
    /// Why it cannot be made here, if what it needs is nothing a [`Need`] knows.
    pub hindrance: fn() -> Option<String>,
}

/// What the test binary does when it is started as a program under test: its exit status.
pub type Part = fn(&[String]) -> i32;

impl Test {
    pub const fn new(name: &'static str, body: fn()) -> Self {
        Self {
            name,
            body,
            needs: &[],
            hindrance: || None,
        }
    }

    pub const fn needs(mut self, needs: &'static [Need]) -> Self {
        self.needs = needs;
        self
    }

    pub const fn unless(mut self, hindrance: fn() -> Option<String>) -> Self {
        self.hindrance = hindrance;
        self
    }

    fn missing(&self) -> Option<String> {
        needs::missing(self.needs, FileSystem::Home).or_else(self.hindrance)
    }

    fn trial(&'static self, listing: bool) -> Trial {
        let missing = (!listing).then(|| self.missing()).flatten();
        let body = move || {
            (self.body)();
            Ok::<(), Failed>(())
        };
        let Some(reason) = missing else {
            return Trial::test(self.name, body);
        };
        skips::report(self.name, &reason);
        Trial::test(self.name, body)
            .with_kind(format!("needs {reason}"))
            .with_ignored_flag(true)
    }
}

/// A row of a table of tests, named after its function and where that stands.
#[macro_export]
macro_rules! test {
    ($body:ident) => {
        $crate::play::Test::new(concat!(module_path!(), "::", stringify!($body)), $body)
    };
}

/// A row of a table of parts, named after its function.
#[macro_export]
macro_rules! part {
    ($body:ident) => {
        (stringify!($body), $body as $crate::play::Part)
    };
}

/// What a module of a test binary brings with it.
pub type Tables = (&'static [Test], &'static [(&'static str, Part)]);

pub fn main(modules: &[Tables]) -> ExitCode {
    let args: Vec<String> = std::env::args().collect();
    if let [_, flag, name, rest @ ..] = &args[..]
        && flag == "--part"
    {
        let mut parts = modules.iter().flat_map(|(_, parts)| *parts);
        let (_, part) = parts.find(|(known, _)| known == name).expect(name);
        std::process::exit(part(rest));
    }
    let arguments = Arguments::from_args();
    let tests = modules.iter().flat_map(|(tests, _)| *tests);
    let trials = tests.map(|test| test.trial(arguments.list)).collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// The command that plays a part of this binary.
pub fn part(name: &str, args: &[&str]) -> Vec<String> {
    let me = std::env::current_exe().expect("this test");
    let words = ["--part", name].into_iter().chain(args.iter().copied());
    std::iter::once(me.display().to_string())
        .chain(words.map(str::to_owned))
        .collect()
}
