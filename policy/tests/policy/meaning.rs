//! What a right text means.

use std::num::NonZeroU32;

use asys_policy::{Action, Limits, OnFull, Record, Verdict};

use crate::{decide, policy, rule_of, trapped};

/// One rule on these calls.
fn rule(calls: &str, rest: &str) -> String {
    format!("[[rule]]\ncalls = [{calls}]\n{rest}\n")
}

fn one(calls: &str, rest: &str) -> String {
    format!("version = 1\n{}", rule(calls, rest))
}

#[test]
fn nothing_said_is_everything_native_and_nothing_trapped() {
    for texts in [&[][..], &["version = 1"][..]] {
        let policy = policy(texts);
        let native = Verdict {
            action: Action::Native,
            record: Record::Off,
            rule: None,
        };
        assert_eq!(decide(&policy, "open"), native);
        assert_eq!(trapped(&policy), [""; 0]);
        assert_eq!(policy.on_full(), OnFull::Wait);
        assert_eq!(policy.limits(), Limits::default());
    }
}

#[test]
fn the_first_match_wins() {
    let text = one(
        "'fsync'",
        "name = 'one'\naction = 'offload'\nrecord = 'off'",
    ) + &rule("'@durability'", "name = 'two'\naction = 'offload'")
        + &rule("'@all', '!open'", "action = 'native'");
    let policy = policy(&[&text]);
    assert_eq!(rule_of(&policy, "fsync"), Some("one"));
    assert_eq!(rule_of(&policy, "sync"), Some("two"));
    assert_eq!(rule_of(&policy, "connect"), Some("a.toml:11"));
    assert_eq!(rule_of(&policy, "open"), None);
    assert_eq!(decide(&policy, "fsync").record, Record::Off);
    assert_eq!(decide(&policy, "sync").record, Record::Full);
}

#[test]
fn the_first_source_wins() {
    let first = one("'fsync'", "name = 'r'\naction = 'native'");
    let second = one("'@durability'", "name = 'r'\naction = 'offload'");
    let policy = policy(&[&first, &second]);
    assert_eq!(decide(&policy, "fsync").action, Action::Native);
    let expected = ["fdatasync", "sync_file_range", "syncfs", "sync"];
    assert_eq!(trapped(&policy), expected);
}

#[test]
fn across_sources_a_rule_may_be_shadowed() {
    let text = one("'fsync'", "action = 'offload'");
    assert_eq!(rule_of(&policy(&[&text, &text]), "fsync"), Some("a.toml:2"));
}

#[test]
fn each_default_and_limit_is_of_the_first_source_that_sets_it() {
    let texts = [
        "version = 1\n[limits]\nworkers = 0x10",
        "version = 1\n[defaults]\non_full = 'eagain'\n[limits]\nworkers = 2\ninflight = 1_000",
        "version = 1\n[defaults]\non_full = 'native'\naction = 'offload'\n[limits]\ninflight = 3",
    ];
    let policy = policy(&texts);
    assert_eq!(policy.on_full(), OnFull::Eagain);
    assert_eq!(decide(&policy, "uname").action, Action::Offload);
    let limits = Limits {
        workers: NonZeroU32::new(16),
        inflight: NonZeroU32::new(1000),
    };
    assert_eq!(policy.limits(), limits);
}

#[test]
fn offloading_by_default_traps_all_but_what_a_rule_exempts() {
    let text = "version = 1\n[defaults]\naction = 'offload'\n".to_owned()
        + &rule("'@all', '!chdir', '!uname'", "action = 'native'");
    let policy = policy(&[&text]);
    assert_eq!(trapped(&policy), ["chdir", "uname"]);
    assert_eq!(decide(&policy, "chdir").record, Record::Full);
    assert_eq!(decide(&policy, "chdir").rule, None);
}

#[test]
fn a_rule_without_an_action_takes_the_default_of_the_whole_policy() {
    let bare = one("'sync'", "");
    assert_eq!(decide(&policy(&[&bare]), "sync").action, Action::Native);
    let default = "version = 1\n[defaults]\naction = 'offload'";
    let verdict = decide(&policy(&[&bare, default]), "sync");
    assert_eq!(
        (verdict.action, verdict.record),
        (Action::Offload, Record::Full)
    );
}

#[test]
fn exclusions_hold_for_the_whole_list_wherever_they_stand() {
    let texts = [
        "'!sync', '@durability', '!@name'",
        "'@durability', 'sync', '!sync'",
    ];
    for calls in texts {
        let policy = policy(&[&one(calls, "action = 'offload'")]);
        let expected = ["fsync", "fdatasync", "sync_file_range", "syncfs"];
        assert_eq!(trapped(&policy), expected);
    }
}

#[test]
fn an_empty_group_beside_others_is_no_error() {
    let policy = policy(&[&one("'@data', 'sync'", "action = 'offload'")]);
    assert_eq!(trapped(&policy), ["sync"]);
}

#[test]
fn trapped_is_what_is_offloaded_or_recorded() {
    let traps = |rest: &str| !trapped(&policy(&[&one("'sync'", rest)])).is_empty();
    assert!(traps("action = 'offload'"));
    assert!(traps("action = 'offload'\nrecord = 'entry'"));
    assert!(traps("action = 'offload'\nrecord = 'off'"));
    assert!(traps("action = 'native'\nrecord = 'entry'"));
    assert!(!traps("action = 'native'\nrecord = 'off'"));
    assert!(!traps("action = 'native'"));
}

#[test]
fn a_native_rule_exempts_from_a_later_one_untrapped() {
    let text = one("'sync'", "action = 'native'") + &rule("'sync', 'fsync'", "action = 'offload'");
    assert_eq!(trapped(&policy(&[&text])), ["fsync"]);
}

#[test]
fn windows_line_ends_and_a_byte_order_mark_change_nothing() {
    let text = one("'fsync'", "action = 'offload'");
    let other = format!("\u{feff}{}", text.replace('\n', "\r\n"));
    assert_eq!(rule_of(&policy(&[&other]), "fsync"), Some("a.toml:2"));
}

#[test]
fn the_digest_is_of_the_meaning() {
    let digest = |text: &str| policy(&[text]).digest().to_owned();
    let text = one("'sync', 'fsync'", "action = 'offload'");
    let same = one(
        "'fsync', 'sync'",
        "name = 'x'\naction = 'offload' # why\nrecord = 'full'",
    );
    let exempting = text.clone() + &rule("'open'", "action = 'native'");
    assert_eq!(digest(&text), digest(&same));
    assert_eq!(digest(&text), digest(&exempting));
    // Written out: traces of different days, machines and versions are compared by it.
    assert_eq!(digest(&text), "a3534fc8db5f4792");

    let others = [
        one("'sync', 'syncfs'", "action = 'offload'"),
        one("'sync', 'fsync'", "action = 'offload'\nrecord = 'off'"),
        one("'sync', 'fsync'", "action = 'native'\nrecord = 'entry'"),
        format!("{text}[limits]\nworkers = 1"),
        format!("{text}[limits]\ninflight = 1"),
        format!("{text}[defaults]\non_full = 'eagain'"),
    ];
    let mut digests: Vec<_> = others.iter().map(|text| digest(text)).collect();
    digests.push(digest(&text));
    digests.sort_unstable();
    digests.dedup();
    assert_eq!(digests.len(), others.len() + 1);
}
