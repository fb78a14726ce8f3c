//! A policy's text, and where in it something stands.

/// The longest text that is read, in bytes. A policy of a thousand rules takes a tenth of it.
pub const MAX_SOURCE_BYTES: usize = 1 << 20;

/// Bytes of a text, counted after its byte order mark.
pub(crate) type Span = std::ops::Range<usize>;

/// A policy before it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// What errors call it: a path as the user gave it, or the `@name` of a built-in.
    pub name: String,
    /// The TOML.
    pub text: String,
}

impl Source {
    /// A text and what errors call it.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        let (name, text) = (name.into(), text.into());
        Self { name, text }
    }
}

/// A line and a column, both counted from 1; columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// A source's text, indexed by line: an error must not cost a walk from the beginning.
#[derive(Debug)]
pub(crate) struct Text<'s> {
    pub(crate) name: &'s str,
    pub(crate) text: &'s str,
    line_starts: Vec<usize>,
}

impl<'s> Text<'s> {
    pub(crate) fn new(source: &'s Source) -> Self {
        // An editor's byte order mark is no character of line 1: without it columns are what editors show.
        let text = source.text.strip_prefix('\u{feff}');
        let text = text.unwrap_or(&source.text);
        let after_newlines = text.match_indices('\n').map(|(at, _)| at + 1);
        Self {
            name: &source.name,
            text,
            line_starts: std::iter::once(0).chain(after_newlines).collect(),
        }
    }

    pub(crate) fn position(&self, offset: usize) -> Position {
        let line = self.line_starts.partition_point(|start| *start <= offset);
        let before = self.slice(self.line_starts[line - 1], offset);
        let column = before.chars().count() + 1;
        Position { line, column }
    }

    /// The text of a line, without its line end.
    pub(crate) fn line(&self, line: usize) -> &'s str {
        let start = self.line_starts[line - 1];
        let end = self.line_starts.get(line).copied();
        let text = self.slice(start, end.unwrap_or(self.text.len()));
        text.trim_end_matches(['\n', '\r'])
    }

    /// How many characters of `span` stand on the line it begins on.
    pub(crate) fn length_on_line(&self, span: &Span) -> usize {
        let text = self.slice(span.start, span.end);
        let first = text.split(['\n', '\r']).next();
        first.map_or(0, |first| first.chars().count())
    }

    /// The text between two offsets, each moved back onto a character's first byte. (Offsets come from the parser;
    /// one inside a character would be its bug, and not worth a panic.)
    fn slice(&self, start: usize, end: usize) -> &'s str {
        let start = self.character_start(start);
        let end = self.character_start(end).max(start);
        &self.text[start..end]
    }

    fn character_start(&self, offset: usize) -> usize {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        offset
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, offset: usize) -> (usize, usize) {
        let source = Source::new("t", text);
        let Position { line, column } = Text::new(&source).position(offset);
        (line, column)
    }

    #[test]
    fn lines_and_columns_count_from_one() {
        assert_eq!(at("", 0), (1, 1));
        assert_eq!(at("ab\ncd", 1), (1, 2));
        assert_eq!(at("ab\ncd", 2), (1, 3));
        assert_eq!(at("ab\ncd", 3), (2, 1));
        assert_eq!(at("ab\ncd\n", 6), (3, 1));
        assert_eq!(at("ab\r\ncd", 4), (2, 1));
    }

    #[test]
    fn columns_count_characters() {
        assert_eq!(at("é日x", 5), (1, 3));
        assert_eq!(at("\tx", 1), (1, 2));
        assert_eq!(at("\u{feff}x", 0), (1, 1));
    }

    #[test]
    fn offsets_outside_the_text_or_inside_a_character_are_taken_back() {
        assert_eq!(at("é", 1), (1, 1));
        assert_eq!(at("a\nb", 99), (2, 2));
    }

    #[test]
    fn a_line_has_no_line_end() {
        let source = Source::new("t", "one\r\ntwo\n\nlast");
        let text = Text::new(&source);
        let lines: Vec<_> = (1..=4).map(|line| text.line(line)).collect();
        assert_eq!(lines, ["one", "two", "", "last"]);
        assert_eq!(text.length_on_line(&(1..7)), 2);
    }
}
