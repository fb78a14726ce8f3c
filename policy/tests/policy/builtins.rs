//! The built-in policies against a table like the real one.

use asys_policy::{Action, BUILTINS, Policy, Record, Source, builtin};

use crate::{decide, policy, rule_of, trapped, vocabulary, words};

fn load(name: &str) -> Policy {
    let source = Source::builtin(name).expect("a built-in");
    Policy::load(&[source], &vocabulary()).unwrap_or_else(|error| panic!("{error}"))
}

fn members(groups: &[&str]) -> Vec<&'static str> {
    let rows = words::TABLE.iter();
    let rows = rows.filter(|(_, of)| of.iter().any(|group| groups.contains(group)));
    rows.map(|(name, _)| *name).collect()
}

#[test]
fn default_offloads_names_and_durability() {
    let policy = load("@default");
    assert_eq!(trapped(&policy), members(&["name", "durability"]));
    assert_eq!(decide(&policy, "openat").action, Action::Offload);
    assert_eq!(decide(&policy, "openat").record, Record::Full);
    assert_eq!(rule_of(&policy, "openat"), Some("names and durability"));
    assert_eq!(decide(&policy, "fchmod").action, Action::Native);
}

#[test]
fn files_adds_attributes_and_data() {
    let policy = load("@files");
    assert_eq!(
        trapped(&policy),
        members(&["name", "attr", "durability", "data"])
    );
    assert_eq!(decide(&policy, "fchmod").action, Action::Offload);
    assert_eq!(decide(&policy, "connect").action, Action::Native);
}

#[test]
fn all_offloads_everything() {
    let policy = load("@all");
    assert_eq!(trapped(&policy).len(), words::TABLE.len());
    assert_eq!(decide(&policy, "connect").action, Action::Offload);
}

#[test]
fn observe_offloads_nothing_and_records_the_entry_of_everything() {
    let policy = load("@observe");
    assert_eq!(trapped(&policy).len(), words::TABLE.len());
    for (name, _) in words::TABLE {
        let verdict = decide(&policy, name);
        assert_eq!(
            (verdict.action, verdict.record),
            (Action::Native, Record::Entry)
        );
    }
}

#[test]
fn a_policy_before_a_built_in_exempts_its_calls() {
    let exempt = "version = 1\n[[rule]]\ncalls = [\"@durability\"]\naction = \"native\"\n";
    let default = builtin("@default").expect("a built-in");
    assert_eq!(trapped(&policy(&[exempt, default])), members(&["name"]));
}

#[test]
fn each_is_described_in_a_sentence() {
    for builtin in BUILTINS {
        let description = builtin.description();
        assert!(description.starts_with(char::is_uppercase), "{description}");
        assert!(description.ends_with('.'), "{description}");
        assert!(description.len() <= 90, "{description}");
    }
}

#[test]
fn an_unknown_name_is_told_the_nearest() {
    let said = |name| Source::builtin(name).expect_err("no built-in").to_string();
    assert_eq!(
        said("@defualt"),
        "unknown policy \"@defualt\": did you mean \"@default\"?"
    );
    assert_eq!(
        said("files"),
        "unknown policy \"files\": did you mean \"@files\"?"
    );
    assert_eq!(
        said("@strict"),
        "unknown policy \"@strict\": expected @default, @files, @all or @observe"
    );
    assert_eq!(builtin("@strict"), None);
}
