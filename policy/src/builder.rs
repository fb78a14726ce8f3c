//! From the rules of all sources to one verdict for each call.

use std::collections::BTreeSet;

use crate::problems::Problems;
use crate::reader::{Document, Rule};
use crate::selection::select;
use crate::verdict::{Action, Record, RuleId, Verdict};
use crate::vocabulary::{CallId, Vocabulary};
use crate::words::{listed, quoted};

/// Rules an error names; of more it gives the number.
const MAX_NAMED: usize = 3;

/// The rules so far, first match first.
#[derive(Debug)]
pub(crate) struct Builder<'v> {
    vocabulary: &'v Vocabulary,
    default_action: Action,
    verdicts: Vec<Option<Verdict>>,
    rule_names: Vec<String>,
}

impl<'v> Builder<'v> {
    pub(crate) fn new(vocabulary: &'v Vocabulary, default_action: Action) -> Self {
        Self {
            vocabulary,
            default_action,
            verdicts: vec![None; vocabulary.len()],
            rule_names: Vec::new(),
        }
    }

    /// The rules of one source, behind those of the sources before it.
    pub(crate) fn add(&mut self, document: &Document, problems: &mut Problems<'_>) {
        let mut taken = Taken::new(self.vocabulary, &document.rules);
        for (index, rule) in document.rules.iter().enumerate() {
            let verdict = self.verdict(rule, problems);
            let Some(calls) = select(&rule.calls, self.vocabulary, problems) else {
                continue;
            };
            taken.take(index, &calls, problems);
            for call in calls {
                self.verdicts[call.index()].get_or_insert(verdict);
            }
        }
    }

    fn verdict(&mut self, rule: &Rule, problems: &mut Problems<'_>) -> Verdict {
        let action = rule.action.unwrap_or(self.default_action);
        // At most some thousand rules a source, and no command line names a million sources.
        let id = RuleId(u32::try_from(self.rule_names.len()).unwrap_or(u32::MAX));
        self.rule_names.push(label(rule, problems));
        Verdict {
            action,
            record: record(rule, action, problems),
            rule: Some(id),
        }
    }

    /// One verdict a call, and the rules' names. Calls no rule took get the default.
    pub(crate) fn finish(self) -> (Vec<Verdict>, Vec<String>) {
        let action = self.default_action;
        let default = Verdict {
            action,
            record: Record::default_of(action),
            rule: None,
        };
        let verdicts = self.verdicts.into_iter();
        let verdicts = verdicts.map(|verdict| verdict.unwrap_or(default));
        (verdicts.collect(), self.rule_names)
    }
}

/// What the rule records, given who carries its calls out.
fn record(rule: &Rule, action: Action, problems: &mut Problems<'_>) -> Record {
    let Some(written) = &rule.record else {
        return Record::default_of(action);
    };
    let record = *written.get_ref();
    if record == Record::Full && action == Action::Native {
        let native = match rule.action {
            Some(_) => "a native call's result is not known",
            None => "this rule is native by default, and a native call's result is not known",
        };
        problems.add(written.span(), format!("record: {native}: write \"entry\""));
    }
    record
}

/// What traces call the rule: its name, or else the line it begins on.
fn label(rule: &Rule, problems: &Problems<'_>) -> String {
    match &rule.name {
        Some(name) => name.get_ref().clone(),
        None => problems.line_label(&rule.head),
    }
}

/// Which rule of one source takes a call first.
///
/// Of one source only: a policy put before another is meant to take calls away from it.
struct Taken<'r> {
    rules: &'r [Rule],
    by: Vec<Option<usize>>,
}

impl<'r> Taken<'r> {
    fn new(vocabulary: &Vocabulary, rules: &'r [Rule]) -> Self {
        let by = vec![None; vocabulary.len()];
        Self { rules, by }
    }

    /// Gives the rule at `index` those of its calls that are left; that there are none is an error.
    fn take(&mut self, index: usize, calls: &[CallId], problems: &mut Problems<'_>) {
        let left = calls.iter().any(|call| self.by[call.index()].is_none());
        if !left {
            let by = self.takers(calls, problems);
            let message = format!("this rule never matches: its calls are taken above, by {by}");
            problems.add(self.rules[index].calls.span(), message);
        }
        for call in calls {
            self.by[call.index()].get_or_insert(index);
        }
    }

    /// The rules that take these calls, as an error names them.
    fn takers(&self, calls: &[CallId], problems: &Problems<'_>) -> String {
        let rules: BTreeSet<_> = calls
            .iter()
            .filter_map(|call| self.by[call.index()])
            .collect();
        let mut names: Vec<_> = rules
            .iter()
            .take(MAX_NAMED)
            .map(|rule| self.name(*rule, problems))
            .collect();
        if rules.len() > MAX_NAMED {
            names.push(format!("{} more", rules.len() - MAX_NAMED));
        }
        listed(&names, "and")
    }

    fn name(&self, rule: usize, problems: &Problems<'_>) -> String {
        let rule = &self.rules[rule];
        match &rule.name {
            Some(name) => quoted(name.get_ref()),
            None => format!("the rule on line {}", problems.line(&rule.head)),
        }
    }
}
