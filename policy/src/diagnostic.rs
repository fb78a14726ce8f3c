//! What is wrong with a policy, said so that it can be mended: where, what, what instead, and the line itself.

use std::fmt;

use unicode_width::UnicodeWidthStr;

use crate::source::{Position, Span, Text};
use crate::words::printable;

/// Characters of a line that are shown; a longer line is cut on both sides of the place.
const SHOWN: usize = 100;
/// Characters shown before the place when the line's beginning is cut away.
const CONTEXT: usize = 30;

/// Why a policy cannot be used: at least one diagnostic, in the order of the sources and of the lines in them.
///
/// It displays as all of them, without a line end. The `asys: ` of the first line is the caller's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    diagnostics: Vec<Diagnostic>,
    more: bool,
}

impl Error {
    /// `None` when nothing is wrong. `more`: there were others, not kept.
    pub(crate) fn new(diagnostics: Vec<Diagnostic>, more: bool) -> Option<Self> {
        (!diagnostics.is_empty()).then_some(Self { diagnostics, more })
    }

    /// The first diagnostic in one line.
    pub fn headline(&self) -> String {
        self.diagnostics[0].headline()
    }

    /// Every one.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, diagnostic) in self.diagnostics.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            diagnostic.fmt(f)?;
        }
        if self.more {
            f.write_str("\nthere are more errors: mend these first")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

/// One thing wrong at one place.
///
/// ```text
/// lab.toml:7:10: unknown call "opneat": did you mean "openat"?
///   7 | calls = ["opneat"]
///     |          ^^^^^^^^
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    source: String,
    position: Position,
    message: String,
    excerpt: Excerpt,
}

impl Diagnostic {
    pub(crate) fn new(text: &Text<'_>, span: &Span, message: String) -> Self {
        let position = text.position(span.start);
        let line = text.line(position.line);
        Self {
            source: printable(text.name),
            position,
            message,
            excerpt: Excerpt::new(line, position.column - 1, text.length_on_line(span)),
        }
    }

    /// The source's name, escaped where a terminal would act on it.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The line, from 1.
    pub fn line(&self) -> usize {
        self.position.line
    }

    /// The column in characters, from 1.
    pub fn column(&self) -> usize {
        self.position.column
    }

    /// What is wrong and what was expected, in one line.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The message with its place, in one line.
    pub fn headline(&self) -> String {
        let Position { line, column } = self.position;
        format!("{}:{line}:{column}: {}", self.source, self.message)
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.line().to_string();
        let Excerpt {
            text,
            indent,
            marked,
        } = &self.excerpt;
        writeln!(f, "{}", self.headline())?;
        writeln!(f, "  {number} | {text}")?;
        let gutter = number.len();
        write!(f, "  {:gutter$} | {:indent$}{:^<marked$}", "", "", "^")
    }
}

/// What is shown of a line. Widths are in terminal columns, not characters: the caret must stand under its word
/// after wide characters too.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Excerpt {
    text: String,
    indent: usize,
    marked: usize,
}

impl Excerpt {
    /// `start` and `length` in characters.
    fn new(line: &str, start: usize, length: usize) -> Self {
        let cut = if start + length <= SHOWN {
            0
        } else {
            start.saturating_sub(CONTEXT)
        };
        let start = start - cut;
        let length = length.min(SHOWN - start.min(SHOWN));
        let mut rest = line.chars().skip(cut).map(visible);
        let opening = if cut > 0 { "…" } else { "" };
        let before = opening.chars().chain(rest.by_ref().take(start));
        let before: String = before.collect();
        let marked: String = rest.by_ref().take(length).collect();
        let after: String = rest.by_ref().take(SHOWN - start - length).collect();
        let closing = if rest.next().is_some() { "…" } else { "" };
        Self {
            indent: before.width(),
            marked: marked.width().max(1),
            text: format!("{before}{marked}{after}{closing}"),
        }
    }
}

/// One character for one character: a tab is a space, and what a terminal would act on is shown as unknown.
fn visible(character: char) -> char {
    match character {
        '\t' => ' ',
        '\'' | '"' | '\\' => character,
        _ if character.escape_debug().len() == 1 => character,
        _ => char::REPLACEMENT_CHARACTER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;

    fn shown(text: &str, word: &str) -> String {
        let source = Source::new("t", text);
        let text = Text::new(&source);
        let start = text.text.find(word).expect("the word is in the text");
        Diagnostic::new(&text, &(start..start + word.len()), "wrong".into()).to_string()
    }

    #[test]
    fn the_caret_stands_under_the_word() {
        assert_eq!(
            shown("a\nbc de f", "de"),
            "t:2:4: wrong\n  2 | bc de f\n    |    ^^"
        );
        assert_eq!(shown("\t\tx", "x"), "t:1:3: wrong\n  1 |   x\n    |   ^");
        assert_eq!(
            shown("é = y", "y"),
            "t:1:5: wrong\n  1 | é = y\n    |     ^"
        );
        assert_eq!(
            shown("日本 = y", "y"),
            "t:1:6: wrong\n  1 | 日本 = y\n    |        ^"
        );
        assert_eq!(
            shown("x = 日本", "日本"),
            "t:1:5: wrong\n  1 | x = 日本\n    |     ^^^^"
        );
    }

    #[test]
    fn the_gutter_grows_with_the_line_number() {
        let text = format!("{}x", "\n".repeat(122));
        assert_eq!(shown(&text, "x"), "t:123:1: wrong\n  123 | x\n      | ^");
    }

    #[test]
    fn only_the_first_line_of_what_is_wrong_is_marked() {
        assert_eq!(
            shown("a = [\r\n1]", "[\r\n1]"),
            "t:1:5: wrong\n  1 | a = [\n    |     ^"
        );
    }

    #[test]
    fn an_end_of_text_has_a_caret() {
        let source = Source::new("t", "ab");
        let text = Text::new(&source);
        let shown = Diagnostic::new(&text, &(2..2), "wrong".into()).to_string();
        assert_eq!(shown, "t:1:3: wrong\n  1 | ab\n    |   ^");
    }

    #[test]
    fn what_a_terminal_would_act_on_is_not_shown() {
        let text = shown("\x1b[31m\u{202e}x", "x");
        assert_eq!(
            text,
            "t:1:7: wrong\n  1 | \u{fffd}[31m\u{fffd}x\n    |       ^"
        );
        let source = Source::new("a\nb\x1b", "");
        let named = Diagnostic::new(&Text::new(&source), &(0..0), "wrong".into());
        assert_eq!(named.headline(), "a\\nb\\u{1b}:1:1: wrong");
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let line = format!("{}word{}", "a".repeat(500), "b".repeat(500));
        let shown = shown(&line, "word");
        let lines: Vec<_> = shown.lines().collect();
        assert_eq!(lines[0], "t:1:501: wrong");
        let (before, after) = ("a".repeat(CONTEXT), "b".repeat(SHOWN - CONTEXT - 4));
        assert_eq!(lines[1], format!("  1 | …{before}word{after}…"));
        assert_eq!(lines[2], format!("    | {}^^^^", " ".repeat(CONTEXT + 1)));
    }

    #[test]
    fn a_mark_longer_than_what_is_shown_is_cut() {
        let shown = shown(&"x".repeat(3000), &"x".repeat(3000));
        assert_eq!(
            shown.lines().last(),
            Some(&*format!("    | {}", "^".repeat(SHOWN)))
        );
    }
}
