//! How errors speak of words: quoted, listed, and the nearest one to what was written.

/// Longer words are not compared: nothing valid is near them, and the time is theirs to choose.
const MAX_COMPARED: usize = 64;
/// Characters of a word that an error repeats.
const MAX_QUOTED: usize = 40;

/// The word in quotes, escaped and shortened: it may be anything, and is shown on a terminal.
pub(crate) fn quoted(word: &str) -> String {
    format!("\"{}\"", shortened(word))
}

/// The same without the quotes.
pub(crate) fn shortened(word: &str) -> String {
    let shown: String = word.chars().take(MAX_QUOTED).collect();
    let ellipsis = if shown.len() < word.len() { "…" } else { "" };
    format!("{}{ellipsis}", printable(&shown))
}

/// The text on one line, with what a terminal would act on escaped. Quotes and backslashes stay as they are.
pub(crate) fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' | '\'' | '\\' => out.push(character),
            _ => out.extend(character.escape_debug()),
        }
    }
    out
}

/// `a`, `a or b`, `a, b or c`; "and" or whatever else joins goes the same way.
pub(crate) fn listed(words: &[String], joint: &str) -> String {
    match words {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} {joint} {last}", first.join(", ")),
    }
}

/// `did you mean "x"?` for the nearest of the valid words, or else what was expected.
pub(crate) fn advice<I, W>(word: &str, valid: I, expected: impl FnOnce() -> String) -> String
where
    I: IntoIterator<Item = W>,
    W: AsRef<str>,
{
    match nearest(word, valid) {
        Some(near) => format!("did you mean {}?", quoted(near.as_ref())),
        None => expected(),
    }
}

/// The valid word a slip of the fingers away: one edit, or one for every three characters. The first of equals.
fn nearest<I, W>(word: &str, valid: I) -> Option<W>
where
    I: IntoIterator<Item = W>,
    W: AsRef<str>,
{
    if word.len() > MAX_COMPARED {
        return None;
    }
    let word = word.to_lowercase();
    let allowed = (word.chars().count() / 3).max(1);
    let distances = valid.into_iter().map(|candidate| {
        let distance = strsim::osa_distance(&word, candidate.as_ref());
        (distance, candidate)
    });
    let (distance, candidate) = distances.min_by_key(|(distance, _)| *distance)?;
    (distance <= allowed).then_some(candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_an_edit_away() {
        let calls = ["open", "openat", "fsync", "uname"];
        assert_eq!(nearest("opneat", calls), Some("openat"));
        assert_eq!(nearest("FSYNC", calls), Some("fsync"));
        assert_eq!(nearest("mmap", calls), None);
        assert_eq!(nearest("", calls), None);
        assert_eq!(nearest("fsync", [""; 0]), None);
        assert_eq!(nearest(&"x".repeat(1 << 20), calls), None);
    }

    #[test]
    fn words_are_escaped_and_shortened() {
        assert_eq!(quoted("a\x1b[31m\nb"), r#""a\u{1b}[31m\nb""#);
        assert_eq!(quoted(r"C:\é"), r#""C:\é""#);
        assert_eq!(quoted("\u{202e}"), r#""\u{202e}""#);
        assert_eq!(quoted(&"é".repeat(41)), format!("\"{}…\"", "é".repeat(40)));
    }

    #[test]
    fn lists_read_as_a_sentence() {
        let words = ["a", "b", "c"].map(String::from);
        assert_eq!(listed(&words[..0], "or"), "");
        assert_eq!(listed(&words[..1], "or"), "a");
        assert_eq!(listed(&words[..2], "or"), "a or b");
        assert_eq!(listed(&words, "and"), "a, b and c");
    }
}
