//! What is said of a wrong text, and where.

use asys_policy::Error;

use crate::load;

fn error(text: &str) -> Error {
    load(&[text])
        .err()
        .unwrap_or_else(|| panic!("no error in {text}"))
}

/// The first lines of all errors, without the source's name.
fn said(text: &str) -> Vec<String> {
    let error = error(text);
    let lines = error.diagnostics().iter();
    let lines = lines.map(|diagnostic| diagnostic.headline().replace("a.toml:", ""));
    lines.collect()
}

/// What is said of the one thing wrong with this rule, which begins on line 2.
fn said_of_rule(lines: &str) -> Vec<String> {
    said(&format!("version = 1\n[[rule]]\n{lines}\n"))
}

/// What is said of these calls; they begin at column 9 of line 3.
fn said_of_calls(calls: &str) -> Vec<String> {
    said_of_rule(&format!("calls = {calls}\naction = 'offload'"))
}

#[test]
fn an_error_shows_its_line_and_marks_the_word() {
    let error = error("version = 1\n\n# of a lab\n\n\n[[rule]]\ncalls = [\"opneat\"]\n");
    let headline = "a.toml:7:10: unknown call \"opneat\": did you mean \"openat\"?";
    assert_eq!(error.headline(), headline);
    let rest = "  7 | calls = [\"opneat\"]\n    |          ^^^^^^^^";
    assert_eq!(error.to_string(), format!("{headline}\n{rest}"));
    let first = &error.diagnostics()[0];
    assert_eq!(
        (first.source(), first.line(), first.column()),
        ("a.toml", 7, 10)
    );
}

#[test]
fn unknown_keys() {
    assert_eq!(
        said("version = 1\nrules = 1\npath = 1\n[defaults]\nonfull = 1\n[limits]\nmax = 1\n"),
        [
            "2:1: unknown key \"rules\": did you mean \"rule\"?",
            "3:1: unknown key \"path\": expected version, defaults, limits or rule",
            "5:1: unknown key \"onfull\" in [defaults]: did you mean \"on_full\"?",
            "7:1: unknown key \"max\" in [limits]: expected workers or inflight",
        ]
    );
    assert_eq!(
        said_of_rule("calls = ['sync']\n\"acti\\u001bon\" = 1\npath = 1"),
        [
            "4:1: unknown key \"acti\\u{1b}on\" in [[rule]]: did you mean \"action\"?",
            "5:1: unknown key \"path\" in [[rule]]: expected name, calls, action or record",
        ]
    );
}

#[test]
fn unknown_words() {
    assert_eq!(
        said("version = 1\n[defaults]\naction = 'ofload'\non_full = 'block'\n"),
        [
            "3:10: unknown action \"ofload\": did you mean \"offload\"?",
            "4:11: unknown on_full \"block\": expected \"wait\", \"eagain\" or \"native\"",
        ]
    );
    assert_eq!(
        said_of_rule("calls = ['sync']\naction = 'deny'\nrecord = 'FULL'"),
        [
            "4:10: unknown action \"deny\": expected \"native\" or \"offload\"",
            "5:10: unknown record \"FULL\": did you mean \"full\"?",
        ]
    );
}

#[test]
fn unknown_calls_and_groups() {
    let unknown = |entry: &str| said_of_calls(&format!("['sync', '{entry}']"));
    assert_eq!(
        unknown("fysnc"),
        ["3:18: unknown call \"fysnc\": did you mean \"fsync\"?"]
    );
    assert_eq!(
        unknown("!fysnc"),
        ["3:18: unknown call \"fysnc\": did you mean \"fsync\"?"]
    );
    assert_eq!(
        unknown("@nmae"),
        ["3:18: unknown group \"@nmae\": did you mean \"@name\"?"]
    );
    assert_eq!(
        unknown("mmap"),
        ["3:18: unknown call \"mmap\": \"asys calls\" lists those asys takes"]
    );
    assert_eq!(
        unknown("!@files"),
        [
            "3:18: unknown group \"@files\": expected @all, @attr, @data, @durability, @name, @net or @sleep"
        ]
    );
    assert_eq!(
        unknown(""),
        ["3:18: unknown call \"\": \"asys calls\" lists those asys takes"]
    );
}

#[test]
fn a_group_without_its_sign_and_a_call_with_one() {
    let unknown = |entry: &str| said_of_calls(&format!("['{entry}']"));
    // "uname" is as near.
    assert_eq!(
        unknown("name"),
        ["3:10: unknown call \"name\": did you mean \"@name\"?"]
    );
    assert_eq!(
        unknown("@sync"),
        ["3:10: unknown group \"@sync\": did you mean \"sync\"?"]
    );
}

#[test]
fn calls_that_choose_nothing() {
    assert_eq!(
        said_of_calls("[]"),
        ["3:9: calls: expected at least one call or @group"]
    );
    assert_eq!(
        said_of_calls("['!sync', '!@name']"),
        ["3:9: calls: only exclusions, nothing to exclude from: put \"@all\" before them"]
    );
    assert_eq!(
        said_of_calls("['sync', '!@durability']"),
        ["3:9: calls: everything named is excluded again, so this rule never matches"]
    );
    assert_eq!(
        said_of_calls("['@data', '!sync']"),
        ["3:9: calls: these groups have no call yet, so this rule never matches"]
    );
}

#[test]
fn calls_are_required_and_an_array_of_strings() {
    assert_eq!(
        said_of_rule("action = 'native'"),
        ["2:1: missing calls: name those the rule is for, like calls = [\"@name\", \"fsync\"]"]
    );
    assert_eq!(
        said_of_calls("'sync'"),
        ["3:9: calls: expected an array of strings, found a string"]
    );
    assert_eq!(
        said_of_calls("['sync', 1, ['open']]"),
        [
            "3:18: calls: expected a string, found an integer",
            "3:21: calls: expected a string, found an array",
        ]
    );
}

#[test]
fn values_of_the_wrong_type() {
    assert_eq!(
        said("version = 1\ndefaults = 1\nlimits = 'x'\nrule = [1, {}]"),
        [
            "2:12: defaults: expected a table, found an integer",
            "3:10: limits: expected a table, found a string",
            "4:9: rule: expected a table, found an integer",
            "4:12: missing calls: name those the rule is for, like calls = [\"@name\", \"fsync\"]",
        ]
    );
    assert_eq!(
        said_of_rule("calls = ['sync']\nname = 1\naction = true\nrecord = 1.5"),
        [
            "4:8: name: expected a string, found an integer",
            "5:10: action: expected a string, found a boolean",
            "6:10: record: expected a string, found a float",
        ]
    );
    assert_eq!(
        said("version = 1\n[rule]\ncalls = ['sync']"),
        [
            "2:1: rule: expected an array of tables, each under a [[rule]] in double brackets, found a table"
        ]
    );
}

#[test]
fn limits_are_whole_numbers_from_one() {
    for wrong in ["0", "-1", "4294967296", "99999999999999999999999999"] {
        assert_eq!(
            said(&format!("version = 1\n[limits]\nworkers = {wrong}")),
            ["3:11: workers: expected a whole number from 1 to 4294967295"]
        );
    }
    assert_eq!(
        said("version = 1\n[limits]\ninflight = 1.0"),
        ["3:12: inflight: expected a whole number from 1 to 4294967295, found a float"]
    );
}

#[test]
fn the_version() {
    let missing = "missing version: begin with \"version = 1\"";
    assert_eq!(said(""), [format!("1:1: {missing}")]);
    assert_eq!(said("\u{feff}"), [format!("1:1: {missing}")]);
    assert_eq!(
        said("# mine\n[limits]\nworker = 1"),
        [
            format!("1:1: {missing}"),
            "3:1: unknown key \"worker\" in [limits]: did you mean \"workers\"?".into()
        ]
    );
    assert_eq!(
        said("version = '1'"),
        ["1:11: version: expected the number 1, found a string"]
    );
    // Of the keys of another version nothing is said.
    assert_eq!(
        said("version = 2\nrulez = 1"),
        ["1:11: unknown version 2: this asys reads version 1"]
    );
}

#[test]
fn full_records_of_native_calls() {
    let text = "calls = ['sync']\naction = 'native'\nrecord = 'full'";
    assert_eq!(
        said_of_rule(text),
        ["5:10: record: a native call's result is not known: write \"entry\""]
    );
    assert_eq!(
        said_of_rule("calls = ['sync']\nrecord = 'full'"),
        [
            "4:10: record: this rule is native by default, and a native call's result is not known: write \"entry\""
        ]
    );
}

#[test]
fn what_follows_from_another_error_is_not_said() {
    assert_eq!(
        said_of_rule("calls = ['sync']\naction = 'ofload'\nrecord = 'full'"),
        ["4:10: unknown action \"ofload\": did you mean \"offload\"?"]
    );
    assert_eq!(
        said("version = 1\n[defaults]\naction = 'x'\n[[rule]]\ncalls = ['sync']\nrecord = 'full'"),
        ["3:10: unknown action \"x\": expected \"native\" or \"offload\""]
    );
    assert_eq!(
        said_of_calls("[1]"),
        ["3:10: calls: expected a string, found an integer"]
    );
}

#[test]
fn a_rule_that_never_matches_within_its_source() {
    let text = "version = 1\n[[rule]]\nname = 'disk'\ncalls = ['@durability']\n\
                [[rule]]\ncalls = ['fsync', 'sync']\n";
    assert_eq!(
        said(text),
        ["6:9: this rule never matches: its calls are taken above, by \"disk\""]
    );
}

#[test]
fn a_rule_that_several_shadow() {
    let rule = |calls: &str| format!("[[rule]]\ncalls = [{calls}]\n");
    let text = [
        "'sync'",
        "'fsync', 'sync'",
        "'open'",
        "'creat'",
        "'sync', 'fsync', 'open', 'creat'",
    ];
    let text = text.map(rule).concat();
    assert_eq!(
        said(&format!("version = 1\n{text}")),
        [
            "11:9: this rule never matches: its calls are taken above, by \
          the rule on line 2, the rule on line 4, the rule on line 6 and 1 more"
        ]
    );
}

#[test]
fn names() {
    let named = |name: &str| said_of_rule(&format!("calls = ['sync']\nname = \"{name}\""));
    assert_eq!(named(" "), ["4:8: name: expected some text, found none"]);
    assert_eq!(
        named("a\\nb"),
        ["4:8: name: expected one line without control characters"]
    );
    assert_eq!(
        named(&"é".repeat(101)),
        ["4:8: name: expected at most 100 characters"]
    );
    assert_eq!(
        said(
            "version = 1\n[[rule]]\nname = 'r'\ncalls = ['sync']\n[[rule]]\nname = 'r'\ncalls = ['open']"
        ),
        ["6:8: name: the rule on line 3 has it already, choose another"]
    );
}

#[test]
fn toml_itself() {
    assert_eq!(
        said("version = 1\nlimits = [\n"),
        ["2:11: unclosed array, expected `]`"]
    );
    assert_eq!(said("version = 1\nversion = 1"), ["2:1: duplicate key"]);
    assert_eq!(
        said("version = 1\n[defaults]\naction = offload"),
        ["3:10: string values must be quoted, expected literal string"]
    );
}

#[test]
fn columns_count_characters_after_any_line_end() {
    let text =
        "\u{feff}version = 1\r\n[[rule]]\r\nname = \"日本é\"; calls = 1\r\n".replace(';', " #");
    assert_eq!(said(&text)[0].split(' ').next(), Some("2:1:"));
    let inline = "version = 1\r\nrule = [{ name = '日本é', calls = ['nosuchcall'] }]\r\n";
    let error = error(inline);
    let marked = error.to_string();
    assert_eq!(error.diagnostics()[0].column(), 34);
    let mut lines = marked.lines().skip(1);
    assert_eq!(
        lines.next(),
        Some("  2 | rule = [{ name = '日本é', calls = ['nosuchcall'] }]")
    );
    let caret = format!("    | {}{}", " ".repeat(35), "^".repeat(12));
    assert_eq!(lines.next(), Some(&*caret));
}

#[test]
fn all_errors_of_all_sources_come_in_order() {
    let texts = [
        "version = 1\n[limits]\nworkers = 0\n[defaults]\naction = 'x'\n",
        "version = 1\n[[rule]]\ncalls = ['x', 'y']\nrecord = 'z'\n",
    ];
    let error = load(&texts).expect_err("errors");
    let places = error.diagnostics().iter();
    let places: Vec<_> = places.map(|d| (d.source(), d.line(), d.column())).collect();
    let expected = [
        ("a.toml", 3, 11),
        ("a.toml", 5, 10),
        ("b.toml", 3, 10),
        ("b.toml", 3, 15),
        ("b.toml", 4, 10),
    ];
    assert_eq!(places, expected);
    assert_eq!(error.to_string().lines().count(), 3 * expected.len());
}

#[test]
fn after_twenty_errors_of_a_source_the_rest_is_summed_up() {
    let lines = |count: usize| (0..count).map(|n| format!("{n} = 1\n")).collect::<String>();
    let twenty = error(&format!("version = 1\n{}", lines(20)));
    assert_eq!(twenty.diagnostics().len(), 20);
    assert!(!twenty.to_string().contains("more errors"));
    let many = error(&format!("version = 1\n{}", lines(2000)));
    assert_eq!(many.diagnostics().len(), 20);
    assert_eq!(many.diagnostics()[19].line(), 21);
    assert!(
        many.to_string()
            .ends_with("\nthere are more errors: mend these first")
    );
}
