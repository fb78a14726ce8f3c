//! From a source's text to its rules: TOML, types and words. What calls there are is not known here.

use std::collections::HashMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::policy::Limits;
use crate::problems::Problems;
use crate::source::{MAX_SOURCE_BYTES, Span};
use crate::table::{Table, expected};
use crate::verdict::{Action, Keyword, OnFull, Record};
use crate::words::{printable, shortened};

/// The only version of the language there is.
const VERSION: &str = "1";
/// Rules of one source. Far above what anybody writes, and low enough to bound what a text can make of itself.
const MAX_RULES: usize = 4096;
/// Characters of a rule's name, which is repeated with every call it decides.
const MAX_NAME: usize = 100;

/// What one source says.
#[derive(Debug, Default)]
pub(crate) struct Document {
    pub(crate) defaults: Defaults,
    pub(crate) limits: Limits,
    pub(crate) rules: Vec<Rule>,
}

/// `[defaults]`: what holds where no rule says otherwise. `None` where the source is silent.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Defaults {
    pub(crate) action: Option<Action>,
    pub(crate) on_full: Option<OnFull>,
}

impl Defaults {
    /// What `self` leaves open is taken from `later`.
    pub(crate) fn or(self, later: Self) -> Self {
        let Self { action, on_full } = self;
        Self {
            action: action.or(later.action),
            on_full: on_full.or(later.on_full),
        }
    }
}

/// `[[rule]]`, as written.
#[derive(Debug)]
pub(crate) struct Rule {
    /// Where it begins.
    pub(crate) head: Span,
    pub(crate) name: Option<Spanned<String>>,
    pub(crate) calls: Spanned<Vec<Spanned<String>>>,
    pub(crate) action: Option<Action>,
    pub(crate) record: Option<Spanned<Record>>,
}

/// What the source says as far as it is right; what is wrong goes to `problems`.
pub(crate) fn read(problems: &mut Problems<'_>) -> Document {
    let text = problems.text();
    if text.len() > MAX_SOURCE_BYTES {
        let size = text.len();
        let message = format!("{size} bytes: a policy has at most {MAX_SOURCE_BYTES}");
        problems.add(0..0, message);
        return Document::default();
    }
    let (tree, errors) = DeTable::parse_recoverable(text);
    // The first alone: behind it the parser guesses, and reports what follows from its guess.
    let first = errors.iter().min_by_key(|error| start(error));
    let Some(error) = first else {
        return document(tree.get_ref(), problems);
    };
    // One error has no span, that of a dotted key beyond all bounds. It is shown at the top of the file.
    let span = error.span().unwrap_or(0..0);
    problems.add(span, printable(error.message()));
    Document::default()
}

fn start(error: &toml::de::Error) -> usize {
    error.span().map_or(0, |span| span.start)
}

fn document(tree: &DeTable<'_>, problems: &mut Problems<'_>) -> Document {
    // First and alone when it is wrong: of another version's keys nothing can be said.
    if !version_is_known(tree.get("version"), problems) {
        return Document::default();
    }
    let keys = ["version", "defaults", "limits", "rule"];
    let top = Table::open(tree, "", &keys, problems);
    let document = Document {
        defaults: defaults(top, problems),
        limits: limits(top, problems),
        rules: rules(top, problems),
    };
    names_differ(&document.rules, problems);
    document
}

/// A missing version is reported, but what follows can still be read as this one.
fn version_is_known(version: Option<&Spanned<DeValue<'_>>>, problems: &mut Problems<'_>) -> bool {
    let Some(version) = version else {
        problems.add(0..0, "missing version: begin with \"version = 1\"");
        return true;
    };
    let Some(number) = version.get_ref().as_integer() else {
        expected(None::<()>, "version", "the number 1", version, problems);
        return false;
    };
    let known = number.as_str() == VERSION && number.radix() == 10;
    if !known {
        let number = shortened(&number.to_string());
        let message = format!("unknown version {number}: this asys reads version {VERSION}");
        problems.add(version.span(), message);
    }
    known
}

fn defaults(top: Table<'_, '_>, problems: &mut Problems<'_>) -> Defaults {
    let Some(entries) = top.table("defaults", problems) else {
        return Defaults::default();
    };
    let keys = [Action::KEY, OnFull::KEY];
    let table = Table::open(entries, " in [defaults]", &keys, problems);
    Defaults {
        action: action(table, problems),
        on_full: table.keyword(problems).map(Spanned::into_inner),
    }
}

/// A wrong action, once reported, stands for the one that allows every record: no second error shall follow from it.
fn action(table: Table<'_, '_>, problems: &mut Problems<'_>) -> Option<Action> {
    table.get(Action::KEY)?;
    let action = table.keyword(problems).map(Spanned::into_inner);
    Some(action.unwrap_or(Action::Offload))
}

fn limits(top: Table<'_, '_>, problems: &mut Problems<'_>) -> Limits {
    let Some(entries) = top.table("limits", problems) else {
        return Limits::default();
    };
    let table = Table::open(entries, " in [limits]", &["workers", "inflight"], problems);
    Limits {
        workers: table.count("workers", problems),
        inflight: table.count("inflight", problems),
    }
}

fn rules(top: Table<'_, '_>, problems: &mut Problems<'_>) -> Vec<Rule> {
    let Some(value) = top.get("rule") else {
        return Vec::new();
    };
    let Some(array) = value.get_ref().as_array() else {
        let what = "an array of tables, each under a [[rule]] in double brackets";
        expected(None::<()>, "rule", what, value, problems);
        return Vec::new();
    };
    if array.len() > MAX_RULES {
        let message = format!("{} rules: a policy has at most {MAX_RULES}", array.len());
        problems.add(value.span(), message);
        return Vec::new();
    }
    let rules = array.iter().filter_map(|value| rule(value, problems));
    rules.collect()
}

fn rule(value: &Spanned<DeValue<'_>>, problems: &mut Problems<'_>) -> Option<Rule> {
    let entries = value.get_ref().as_table();
    let entries = expected(entries, "rule", "a table", value, problems)?;
    let keys = ["name", "calls", Action::KEY, Record::KEY];
    let table = Table::open(entries, " in [[rule]]", &keys, problems);
    let name = table.text("name", problems);
    let action = action(table, problems);
    let record = table.keyword(problems);
    if table.get("calls").is_none() {
        let message =
            "missing calls: name those the rule is for, like calls = [\"@name\", \"fsync\"]";
        problems.add(value.span(), message);
    }
    Some(Rule {
        head: value.span(),
        name: name.filter(|name| name_is_fit(name, problems)),
        calls: table.texts("calls", problems)?,
        action,
        record,
    })
}

/// Names are printed in traces, errors and tables: one visible line, and not a long one.
fn name_is_fit(name: &Spanned<String>, problems: &mut Problems<'_>) -> bool {
    let text = name.get_ref();
    let fault = if text.trim().is_empty() {
        "name: expected some text, found none".into()
    } else if text.chars().count() > MAX_NAME {
        format!("name: expected at most {MAX_NAME} characters")
    } else if text.chars().any(char::is_control) {
        "name: expected one line without control characters".into()
    } else {
        return true;
    };
    problems.add(name.span(), fault);
    false
}

fn names_differ(rules: &[Rule], problems: &mut Problems<'_>) {
    let mut first_of = HashMap::new();
    for name in rules.iter().filter_map(|rule| rule.name.as_ref()) {
        let first: &mut Span = first_of.entry(name.get_ref()).or_insert(name.span());
        if *first != name.span() {
            let line = problems.line(first);
            let message = format!("name: the rule on line {line} has it already, choose another");
            problems.add(name.span(), message);
        }
    }
}
