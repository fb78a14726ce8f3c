//! What is wrong with one source, collected while it is read.

use crate::diagnostic::{Diagnostic, Error};
use crate::source::{Source, Span, Text};

/// Errors that are shown of one source. Who makes more has made one mistake many times, or means harm.
const MAX_SHOWN: usize = 20;

/// The errors of one source, with the text they point into.
#[derive(Debug)]
pub(crate) struct Problems<'s> {
    text: Text<'s>,
    found: Vec<(Span, String)>,
}

impl<'s> Problems<'s> {
    pub(crate) fn new(source: &'s Source) -> Self {
        Self {
            text: Text::new(source),
            found: Vec::new(),
        }
    }

    /// The text they point into, without a byte order mark.
    pub(crate) fn text(&self) -> &'s str {
        self.text.text
    }

    pub(crate) fn add(&mut self, span: Span, message: impl Into<String>) {
        if !self.is_full() {
            self.found.push((span, message.into()));
        }
    }

    /// Nothing more is kept: whoever is in a loop may stop. One past what is shown, to know that there are more.
    pub(crate) fn is_full(&self) -> bool {
        self.found.len() > MAX_SHOWN
    }

    /// `lab.toml:7`, for the line that `span` begins on.
    pub(crate) fn line_label(&self, span: &Span) -> String {
        format!("{}:{}", self.text.name, self.line(span))
    }

    /// The line that `span` begins on.
    pub(crate) fn line(&self, span: &Span) -> usize {
        self.text.position(span.start).line
    }

    fn diagnostics(&mut self) -> impl Iterator<Item = Diagnostic> {
        self.found.sort_by_key(|(span, _)| span.start);
        let shown = self.found.drain(..).take(MAX_SHOWN);
        shown.map(|(span, message)| Diagnostic::new(&self.text, &span, message))
    }
}

/// The error of several sources; `Ok` when none has a problem.
pub(crate) fn conclude<'p, 's: 'p>(
    sources: impl Iterator<Item = &'p mut Problems<'s>>,
) -> Result<(), Error> {
    let mut more = false;
    let mut diagnostics = Vec::new();
    for problems in sources {
        more |= problems.is_full();
        diagnostics.extend(problems.diagnostics());
    }
    Error::new(diagnostics, more).map_or(Ok(()), Err)
}
