//! `asys doctor`: what this kernel, container and user allow.
//!
//! Every feature is tried, none derived from the kernel's version: kernels
//! have patches, and container profiles refuse single calls.

mod features;
mod scene;

use super::Color;
use crate::trace::{Ink, escape, paint};
use anyhow::Result;
use features::{FEATURES, Need};
use scene::{Finding, Scene, State};
use serde::{Serialize, Serializer};
use std::fmt::Write as _;

/// Exit status where asys cannot run at all: as `asys test` has it.
const CANNOT_RUN: u8 = 3;

/// Say what this kernel, container and user allow.
#[derive(Debug, clap::Args)]
pub(crate) struct Doctor {
    /// Print a JSON object.
    #[arg(long)]
    json: bool,
}

impl Doctor {
    /// Prints what was found on standard output; returns the exit status: 0
    /// when asys can run here, if only to observe, and 3 when it cannot.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub(crate) fn run(&self, color: Color) -> Result<u8> {
        let report = Report::new(&Scene::set());
        let text = match self.json {
            true => serde_json::to_string_pretty(&report)? + "\n",
            false => report.readable(color.on(&std::io::stdout())),
        };
        super::print(text.as_bytes())?;
        Ok(if report.verdict == Verdict::Cannot {
            CANNOT_RUN
        } else {
            0
        })
    }
}

/// Everything found.
#[derive(Debug, Serialize)]
struct Report {
    asys: &'static str,
    kernel: String,
    arch: &'static str,
    verdict: Verdict,
    features: Vec<Line>,
    /// What bears on the features.
    #[serde(serialize_with = "as_object")]
    surroundings: Vec<(&'static str, String)>,
}

/// What asys can do here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    /// Carry calls out.
    Runs,
    /// Write down that they were made.
    Observes,
    Cannot,
}

/// One feature.
#[derive(Debug, Serialize)]
struct Line {
    name: &'static str,
    state: State,
    /// What the kernel said; may be empty.
    detail: String,
    /// What asys does without it; null when it is there.
    consequence: Option<&'static str>,
}

impl Report {
    fn new(scene: &Scene) -> Report {
        let mut verdict = Verdict::Runs;
        let lines = FEATURES.iter().map(|feature| {
            let Finding { state, detail } = (feature.probe)(scene);
            if state == State::Missing {
                verdict = verdict.max(worst(feature.need));
            }
            let consequence = (state != State::Ok).then_some(feature.without);
            Line {
                name: feature.name,
                state,
                detail,
                consequence,
            }
        });
        Report {
            asys: env!("CARGO_PKG_VERSION"),
            features: lines.collect(),
            verdict,
            kernel: scene.kernel.clone(),
            arch: std::env::consts::ARCH,
            surroundings: scene.surroundings(),
        }
    }

    fn readable(&self, colours: bool) -> String {
        let mut out = String::new();
        let mut say = |line: String| {
            // Writing to a String cannot fail.
            let _ = writeln!(out, "{}", line.trim_end());
        };
        for line in &self.features {
            line.lines(colours).for_each(&mut say);
        }
        say(String::new());
        let about = [("kernel", format!("{} {}", self.kernel, self.arch))];
        for (name, value) in about.iter().chain(&self.surroundings) {
            say(format!("{name:NAMES$}  {}", escape(value.as_bytes())));
        }
        say(String::new());
        let (ink, words) = match self.verdict {
            Verdict::Runs => (Ink::Good, "asys can carry calls out here"),
            Verdict::Observes => (
                Ink::Uncertain,
                "asys can only observe here: every call stays native",
            ),
            Verdict::Cannot => (Ink::Bad, "asys cannot run here"),
        };
        say(paint(colours, ink, words));
        out
    }
}

fn as_object<S: Serializer>(
    pairs: &[(&str, String)],
    json: S,
) -> std::result::Result<S::Ok, S::Error> {
    json.collect_map(pairs.iter().map(|(name, value)| (name, value)))
}

/// Columns of the longest name.
const NAMES: usize = 24;

impl Line {
    fn lines(&self, colours: bool) -> impl Iterator<Item = String> {
        let ink = match self.state {
            State::Ok => Ink::Good,
            State::Missing => Ink::Bad,
            State::Unknown => Ink::Uncertain,
        };
        let state = paint(colours, ink, &format!("{:7}", self.state.word()));
        let first = format!("{:NAMES$}  {state}  {}", self.name, self.detail);
        let without = |text: &str| format!("{:NAMES$}  {}", "", paint(colours, Ink::Quiet, text));
        std::iter::once(first).chain(self.consequence.map(without))
    }
}

fn worst(need: Need) -> Verdict {
    match need {
        Need::ToRun => Verdict::Cannot,
        Need::ToCarryOut => Verdict::Observes,
        Need::ForMore => Verdict::Runs,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::errno::Errno;

    #[test]
    fn here_everything_is_known() {
        let report = Report::new(&Scene::set());
        assert_eq!(report.features.len(), FEATURES.len());
        let text = report.readable(false);
        assert!(!text.contains('\x1b') && text.lines().last().unwrap().starts_with("asys can"));
        assert!(
            text.lines().all(|line| line.chars().count() <= 100),
            "{text}"
        );
    }

    #[test]
    fn the_worst_decides() {
        let mut scene = Scene::set();
        scene.no_new_privs = Err(Errno::EBUSY);
        let report = Report::new(&scene);
        assert_eq!(report.verdict, Verdict::Cannot);
        let line = report
            .features
            .iter()
            .find(|line| line.name == "listener")
            .unwrap();
        assert_eq!(line.state, State::Missing);
        assert!(line.detail.contains("another"));
        assert!(report.readable(false).ends_with("asys cannot run here\n"));
    }

    #[test]
    fn without_a_child_nothing_is_claimed() {
        let mut scene = Scene::set();
        scene.subject = Err(Errno::EAGAIN);
        let report = Report::new(&scene);
        let line = report
            .features
            .iter()
            .find(|line| line.name == "process_vm_readv")
            .unwrap();
        assert_eq!(
            (line.state, line.consequence.is_some()),
            (State::Unknown, true)
        );
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(json["features"][0]["state"], "ok");
    }

    #[test]
    fn names_fit_their_column() {
        assert!(FEATURES.iter().all(|feature| feature.name.len() <= NAMES));
    }
}
