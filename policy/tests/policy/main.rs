//! The policy language from outside: what a text means, what is said of a wrong one, and that no text does harm.

mod builtins;
mod errors;
mod hostile;
mod meaning;
mod words;

use asys_policy::{CallId, Error, Facts, Policy, Source, Verdict, Vocabulary};

/// The policy of these texts, which errors call a.toml, b.toml and so on.
fn load(texts: &[&str]) -> Result<Policy, Error> {
    let names = ["a.toml", "b.toml", "c.toml"];
    let sources = names.iter().zip(texts);
    let sources: Vec<_> = sources
        .map(|(name, text)| Source::new(*name, *text))
        .collect();
    Policy::load(&sources, &vocabulary())
}

/// The policy of texts that are right.
fn policy(texts: &[&str]) -> Policy {
    load(texts).unwrap_or_else(|error| panic!("{error}"))
}

fn vocabulary() -> Vocabulary {
    Vocabulary::new(words::TABLE).with_groups(["attr", "data"])
}

fn call(name: &str) -> CallId {
    let index = words::TABLE.iter().position(|(known, _)| *known == name);
    CallId::new(index.unwrap_or_else(|| panic!("no call {name}")))
}

fn decide(policy: &Policy, name: &str) -> Verdict {
    policy.decide(&Facts { call: call(name) })
}

/// The rule that decides a call, by the name a trace gives it.
fn rule_of<'p>(policy: &'p Policy, name: &str) -> Option<&'p str> {
    decide(policy, name).rule.map(|rule| policy.rule_name(rule))
}

fn trapped(policy: &Policy) -> Vec<&'static str> {
    let calls = policy.trapped();
    calls.map(|call| words::TABLE[call.index()].0).collect()
}
