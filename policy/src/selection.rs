//! The `calls` of a rule: names and groups, less what is excluded.

use toml::Spanned;

use crate::problems::Problems;
use crate::vocabulary::{CallId, Vocabulary};
use crate::words::{advice, listed, quoted};

type Words = Spanned<Vec<Spanned<String>>>;

/// The calls a list stands for, in the order of the table. `None` when something is wrong with it, which is reported.
///
/// The order of the entries means nothing: an exclusion holds for the whole list.
pub(crate) fn select(
    words: &Words,
    vocabulary: &Vocabulary,
    problems: &mut Problems<'_>,
) -> Option<Vec<CallId>> {
    let mut chosen = vec![false; vocabulary.len()];
    let mut excluded = vec![false; vocabulary.len()];
    let mut known = true;
    for entry in words.get_ref() {
        if problems.is_full() {
            return None;
        }
        let (word, set) = match entry.get_ref().strip_prefix('!') {
            Some(word) => (word, &mut excluded),
            None => (entry.get_ref().as_str(), &mut chosen),
        };
        match vocabulary.members(word) {
            Some(calls) => calls.iter().for_each(|call| set[call.index()] = true),
            None => {
                problems.add(entry.span(), unknown(word, vocabulary));
                known = false;
            }
        }
    }
    if !known {
        return None;
    }
    let left = (0..vocabulary.len()).filter(|index| chosen[*index] && !excluded[*index]);
    let left: Vec<_> = left.map(CallId::new).collect();
    if left.is_empty() {
        problems.add(words.span(), why_empty(words.get_ref(), &chosen));
        return None;
    }
    Some(left)
}

fn why_empty(words: &[Spanned<String>], chosen: &[bool]) -> &'static str {
    if words.is_empty() {
        "calls: expected at least one call or @group"
    } else if words.iter().all(|word| word.get_ref().starts_with('!')) {
        "calls: only exclusions, nothing to exclude from: put \"@all\" before them"
    } else if chosen.contains(&true) {
        "calls: everything named is excluded again, so this rule never matches"
    } else {
        "calls: these groups have no call yet, so this rule never matches"
    }
}

fn unknown(word: &str, vocabulary: &Vocabulary) -> String {
    let group = word.strip_prefix('@');
    // Forgetting the @, or writing one too many, is the likelier slip: first among equals.
    let other = group.map_or_else(|| format!("@{word}"), str::to_owned);
    let other = vocabulary.members(&other).map(|_| other);
    let words = vocabulary
        .names()
        .map(str::to_owned)
        .chain(vocabulary.groups());
    let advice = advice(word, other.into_iter().chain(words), || match group {
        Some(_) => {
            let groups: Vec<_> = vocabulary.groups().collect();
            format!("expected {}", listed(&groups, "or"))
        }
        None => "\"asys calls\" lists those asys takes".into(),
    });
    let kind = if group.is_some() { "group" } else { "call" };
    format!("unknown {kind} {}: {advice}", quoted(word))
}
