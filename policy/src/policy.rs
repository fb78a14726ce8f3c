//! A policy ready to decide.

use std::num::NonZeroU32;

use crate::builder::Builder;
use crate::diagnostic::Error;
use crate::digest::digest;
use crate::problems::{Problems, conclude};
use crate::reader::{Defaults, read};
use crate::source::Source;
use crate::verdict::{Action, Facts, OnFull, RuleId, Verdict};
use crate::vocabulary::{CallId, Vocabulary};

/// How much asys may have in hand; `None` where the policy leaves it to asys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Worker threads.
    pub workers: Option<NonZeroU32>,
    /// Calls accepted and not yet answered.
    pub inflight: Option<NonZeroU32>,
}

impl Limits {
    /// What `self` leaves open is taken from `later`.
    fn or(self, later: Self) -> Self {
        let Self { workers, inflight } = self;
        Self {
            workers: workers.or(later.workers),
            inflight: inflight.or(later.inflight),
        }
    }
}

/// What to do with every call of a vocabulary.
///
/// Everything is worked out when it is loaded; nothing about it changes afterwards.
#[derive(Clone, Debug)]
pub struct Policy {
    /// By call.
    verdicts: Vec<Verdict>,
    /// By rule, as traces show them.
    rule_names: Vec<String>,
    limits: Limits,
    on_full: OnFull,
    digest: String,
}

impl Policy {
    /// Reads the sources as one policy: first match wins, across them in their order; of `[defaults]` and `[limits]`,
    /// the first source that sets a key. No source at all is a policy that leaves every call to the kernel.
    ///
    /// # Errors
    ///
    /// Everything wrong with any of them, each at its line and column; see [`Error`].
    pub fn load(sources: &[Source], vocabulary: &Vocabulary) -> Result<Self, Error> {
        let mut problems: Vec<_> = sources.iter().map(Problems::new).collect();
        let documents: Vec<_> = problems.iter_mut().map(read).collect();

        let all = documents.iter();
        let defaults = all.clone().map(|document| document.defaults);
        let defaults = defaults.fold(Defaults::default(), Defaults::or);
        let limits = all.map(|document| document.limits);
        let limits = limits.fold(Limits::default(), Limits::or);
        // Rules are built once all defaults are known: a rule without an action takes the policy's, not its source's.
        let default_action = defaults.action.unwrap_or(Action::Native);
        let mut builder = Builder::new(vocabulary, default_action);
        for (document, problems) in documents.iter().zip(&mut problems) {
            builder.add(document, problems);
        }
        conclude(problems.iter_mut())?;

        let (verdicts, rule_names) = builder.finish();
        let on_full = defaults.on_full.unwrap_or_default();
        Ok(Self {
            digest: digest(vocabulary, &verdicts, limits, on_full),
            verdicts,
            rule_names,
            limits,
            on_full,
        })
    }

    /// What to do with a call: one look into an array.
    ///
    /// # Panics
    ///
    /// If the call is not of the vocabulary the policy was loaded with.
    pub fn decide(&self, facts: &Facts) -> Verdict {
        let Facts { call } = *facts;
        self.verdicts[call.index()]
    }

    /// The calls asys must see, in the order of the table: those it carries out, and the native ones it records.
    /// All others never reach it.
    pub fn trapped(&self) -> impl Iterator<Item = CallId> {
        let verdicts = self.verdicts.iter().enumerate();
        let trapped = verdicts.filter(|(_, verdict)| verdict.traps());
        trapped.map(|(index, _)| CallId::new(index))
    }

    /// What traces and errors call a rule: its name, or `source:line` if it has none.
    ///
    /// # Panics
    ///
    /// If the rule is another policy's.
    pub fn rule_name(&self, rule: RuleId) -> &str {
        &self.rule_names[rule.0 as usize]
    }

    /// How much asys may have in hand.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// What an offloaded call meets when a limit is reached.
    pub fn on_full(&self) -> OnFull {
        self.on_full
    }

    /// Sixteen hexadecimal digits that are equal for policies that decide alike, whatever their texts, their rules'
    /// names or the order of the table. To compare traces by; no protection against a forged one.
    pub fn digest(&self) -> &str {
        &self.digest
    }
}
