//! asys's own words to the operator: on stderr, one line each.

use std::io::Write;
use std::sync::atomic::{AtomicI8, Ordering};

static VERBOSITY: AtomicI8 = AtomicI8::new(0);

/// -1 with `-q`, 0, or the number of `-v`.
pub fn set_verbosity(level: i8) {
    VERBOSITY.store(level, Ordering::Relaxed);
}

/// An error: always shown.
pub fn complain(text: &str) {
    say(text);
}

/// What is wrong with a policy: each diagnostic is a line, and below it the
/// excerpt, whose control characters it has replaced by itself.
pub fn complain_about_policy(error: &asys_policy::Error) {
    // One write, as in `say`.
    let _ = std::io::stderr().write_all(blocks(error).as_bytes());
}

/// Something the user may want to know: not with `-q`.
pub fn warn(text: &str) {
    if VERBOSITY.load(Ordering::Relaxed) >= 0 {
        say(text);
    }
}

/// What goes on: with `-v` only.
pub fn inform(text: &str) {
    if VERBOSITY.load(Ordering::Relaxed) > 0 {
        say(text);
    }
}

fn say(text: &str) {
    // One write, so that lines of several processes do not mix; nobody can be told if it fails.
    let _ = std::io::stderr().write_all(format!("asys: {}\n", escape(text)).as_bytes());
}

fn blocks(error: &asys_policy::Error) -> String {
    let all = error.to_string();
    let mut rest = all.as_str();
    let mut out = String::new();
    for diagnostic in error.diagnostics() {
        let block = diagnostic.to_string();
        let headline = diagnostic.headline();
        let excerpt = block.strip_prefix(&headline).unwrap_or_default();
        out += &format!("asys: {}{excerpt}\n", escape(&headline));
        rest = rest.strip_prefix(&block).unwrap_or_default();
        rest = rest.trim_start_matches('\n');
    }
    if !rest.is_empty() {
        // That there are more errors than are shown.
        out += &format!("asys: {}\n", escape(rest));
    }
    out
}

/// Control characters, which a target may have put into a name, are shown, not obeyed.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if c.is_control() => out.extend(c.escape_default()),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use asys_policy::{Policy, Source, Vocabulary};

    fn blocks(name: &str, text: &str) -> String {
        let vocabulary = Vocabulary::new([("open", &["name"][..])]);
        let error = Policy::load(&[Source::new(name, text)], &vocabulary).unwrap_err();
        super::blocks(&error)
    }

    #[test]
    fn control_characters_are_shown() {
        assert_eq!(
            super::escape("a\x1b[31mb\u{9b}\nc"),
            "a\\u{1b}[31mb\\u{9b}\\nc"
        );
    }

    #[test]
    fn a_policys_error_is_a_block_that_forges_nothing() {
        assert_eq!(
            blocks("a\nasys: b", "version = 1\n'\x1b\u{9b}' = 3\n"),
            "asys: a\\nasys: b:2:2: invalid literal string, expected non-single-quote visible characters\n  2 | '\u{fffd}\u{fffd}' = 3\n    |  ^\n"
        );
    }

    #[test]
    fn every_error_of_a_policy_has_asyss_name() {
        let rules = "[[rule]]\ncalls = ['opn']\n".repeat(30);
        let text = blocks("p", &format!("version = 1\n{rules}"));
        let ours = |line: &&str| line.starts_with("asys: p:");
        assert_eq!(text.lines().filter(ours).count(), 20, "{text}");
        let last = text.lines().last().unwrap();
        assert!(last.starts_with("asys: there are more errors"), "{text}");
    }
}
