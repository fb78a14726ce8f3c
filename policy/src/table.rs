//! The values of one TOML table, each checked as it is taken.

use std::num::NonZeroU32;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use crate::problems::Problems;
use crate::source::Span;
use crate::verdict::Keyword;
use crate::words::{advice, listed, quoted};

type Value<'d> = Spanned<DeValue<'d>>;

/// A table with the keys it may have. What is not as it should be is reported, and then absent.
#[derive(Clone, Copy)]
pub(crate) struct Table<'t, 'd> {
    entries: &'t DeTable<'d>,
}

impl<'t, 'd> Table<'t, 'd> {
    /// `place` completes the sentence "unknown key …" and is empty for the document itself.
    pub(crate) fn open(
        entries: &'t DeTable<'d>,
        place: &str,
        keys: &[&str],
        problems: &mut Problems<'_>,
    ) -> Self {
        let unknown = entries
            .keys()
            .filter(|key| !keys.contains(&key.get_ref().as_ref()));
        // In the order of the text: which of too many are shown must not depend on their spelling.
        let mut unknown: Vec<_> = unknown.collect();
        unknown.sort_by_key(|key| key.span().start);
        for key in unknown {
            if problems.is_full() {
                break;
            }
            let word = quoted(key.get_ref());
            let advice = advice(key.get_ref(), keys, || format!("expected {}", either(keys)));
            problems.add(key.span(), format!("unknown key {word}{place}: {advice}"));
        }
        Self { entries }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&'t Value<'d>> {
        self.entries.get(key)
    }

    /// A table of its own, by its key.
    pub(crate) fn table(&self, key: &str, problems: &mut Problems<'_>) -> Option<&'t DeTable<'d>> {
        let value = self.get(key)?;
        let table = value.get_ref().as_table();
        expected(table, key, "a table", value, problems)
    }

    /// One of the words of `K`, under its own key.
    pub(crate) fn keyword<K: Keyword>(&self, problems: &mut Problems<'_>) -> Option<Spanned<K>> {
        let text = self.text(K::KEY, problems)?;
        let word = text.get_ref();
        let known = K::WORDS.iter().find(|(known, _)| known == word);
        if known.is_none() {
            let words = || K::WORDS.iter().map(|(word, _)| *word);
            let all = || {
                format!(
                    "expected {}",
                    either(&words().map(quoted).collect::<Vec<_>>())
                )
            };
            let advice = advice(word, words(), all);
            let message = format!("unknown {} {}: {advice}", K::KEY, quoted(word));
            problems.add(text.span(), message);
        }
        known.map(|(_, value)| Spanned::new(text.span(), *value))
    }

    pub(crate) fn text(&self, key: &str, problems: &mut Problems<'_>) -> Option<Spanned<String>> {
        text(key, self.get(key)?, problems)
    }

    /// A number of things of which there must be one.
    pub(crate) fn count(&self, key: &str, problems: &mut Problems<'_>) -> Option<NonZeroU32> {
        const EXPECTED: &str = "a whole number from 1 to 4294967295";
        let value = self.get(key)?;
        let Some(number) = value.get_ref().as_integer() else {
            return expected(None, key, EXPECTED, value, problems);
        };
        let number = u32::from_str_radix(number.as_str(), number.radix());
        let count = number.ok().and_then(NonZeroU32::new);
        if count.is_none() {
            problems.add(value.span(), format!("{key}: expected {EXPECTED}"));
        }
        count
    }

    /// An array of strings, and of nothing else.
    pub(crate) fn texts(
        &self,
        key: &str,
        problems: &mut Problems<'_>,
    ) -> Option<Spanned<Vec<Spanned<String>>>> {
        let value = self.get(key)?;
        let array = value.get_ref().as_array();
        let array: &DeArray<'_> = expected(array, key, "an array of strings", value, problems)?;
        let texts = array.iter().filter_map(|value| text(key, value, problems));
        let texts: Vec<_> = texts.collect();
        (texts.len() == array.len()).then(|| Spanned::new(value.span(), texts))
    }
}

fn text(key: &str, value: &Value<'_>, problems: &mut Problems<'_>) -> Option<Spanned<String>> {
    let text = value.get_ref().as_str();
    let text = expected(text, key, "a string", value, problems)?;
    Some(Spanned::new(value.span(), text.to_owned()))
}

/// `found`, or a report that the value is of another type than was expected.
pub(crate) fn expected<T>(
    found: Option<T>,
    key: &str,
    expected: &str,
    value: &Value<'_>,
    problems: &mut Problems<'_>,
) -> Option<T> {
    if found.is_none() {
        let span: Span = value.span();
        let found = with_article(value.get_ref().type_str());
        problems.add(span, format!("{key}: expected {expected}, found {found}"));
    }
    found
}

fn with_article(noun: &str) -> String {
    let article = if noun.starts_with(['a', 'i']) {
        "an"
    } else {
        "a"
    };
    format!("{article} {noun}")
}

fn either(words: &[impl ToString]) -> String {
    let words: Vec<_> = words.iter().map(ToString::to_string).collect();
    listed(&words, "or")
}
