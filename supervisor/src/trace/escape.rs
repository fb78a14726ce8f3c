//! Bytes that a program chose, made harmless for every sink.

use std::borrow::Cow;
use std::fmt::Write;

/// Text in which nothing can steer a terminal, break a line or hide another
/// character, and from which the bytes can be had back.
///
/// Printable UTF-8 stays as it is. A backslash becomes `\\`; line feed, tab
/// and carriage return become `\n`, `\t`, `\r`; every other byte of a control
/// or format character, and every byte that is not UTF-8, becomes `\xHH`
/// with two lower-case digits.
#[must_use]
pub fn escape(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.chars().any(needs_escape) => Cow::Borrowed(text),
        _ => Cow::Owned(escaped(bytes)),
    }
}

/// As [`escape`], between double quotes: one inside becomes `\"`.
#[must_use]
pub fn quoted(bytes: &[u8]) -> String {
    format!("\"{}\"", escape(bytes).replace('"', "\\\""))
}

fn escaped(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() + 16);
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            push(&mut out, c);
        }
        push_bytes(&mut out, chunk.invalid());
    }
    out
}

fn push(out: &mut String, c: char) {
    match c {
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\t' => out.push_str("\\t"),
        '\r' => out.push_str("\\r"),
        c if needs_escape(c) => push_bytes(out, c.encode_utf8(&mut [0; 4]).as_bytes()),
        c => out.push(c),
    }
}

fn push_bytes(out: &mut String, bytes: &[u8]) {
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(out, "\\x{byte:02x}");
    }
}

/// Controls, and what reorders, joins or hides the text around it.
fn needs_escape(c: char) -> bool {
    let invisible = matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}');
    c == '\\' || c.is_control() || invisible
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a reader of the trace does.
    fn unescape(text: &str) -> Vec<u8> {
        let mut out = Vec::new();
        let mut rest = text.as_bytes();
        while let [first, tail @ ..] = rest {
            rest = tail;
            let byte = match (first, tail) {
                (b'\\', [b'x', a, b, ..]) => {
                    let digits = [*a, *b];
                    let digits = std::str::from_utf8(&digits).unwrap();
                    rest = &tail[3..];
                    out.push(u8::from_str_radix(digits, 16).unwrap());
                    continue;
                }
                (b'\\', [b'n', ..]) => b'\n',
                (b'\\', [b't', ..]) => b'\t',
                (b'\\', [b'r', ..]) => b'\r',
                (b'\\', [other, ..]) => *other,
                _ => {
                    out.push(*first);
                    continue;
                }
            };
            rest = &tail[1..];
            out.push(byte);
        }
        out
    }

    #[test]
    fn plain_text_is_borrowed() {
        for text in ["", "etc/passwd", "naïve café", "日本語", "a b\"c"] {
            assert!(matches!(escape(text.as_bytes()), Cow::Borrowed(t) if t == text));
        }
    }

    #[test]
    fn hostile_bytes_are_escaped() {
        let cases: &[(&[u8], &str)] = &[
            (b"a\\b", "a\\\\b"),
            (b"a\nb\tc\rd", "a\\nb\\tc\\rd"),
            (b"\x1b[31mred\x07", "\\x1b[31mred\\x07"),
            (b"\x7f", "\\x7f"),
            ("\u{9b}31m".as_bytes(), "\\xc2\\x9b31m"),
            (b"\xff\xfe", "\\xff\\xfe"),
            (b"caf\xc3", "caf\\xc3"),
            ("a\u{202e}b".as_bytes(), "a\\xe2\\x80\\xaeb"),
            ("\u{2028}".as_bytes(), "\\xe2\\x80\\xa8"),
            (
                "\u{200b}\u{feff}".as_bytes(),
                "\\xe2\\x80\\x8b\\xef\\xbb\\xbf",
            ),
            (b"\\x41", "\\\\x41"),
        ];
        for (bytes, text) in cases {
            assert_eq!(escape(bytes), *text);
        }
    }

    #[test]
    fn every_byte_comes_back() {
        let all: Vec<u8> = (0..=255).chain(*b"\\x41\\n\xe2\x80").collect();
        assert_eq!(unescape(&escape(&all)), all);
        assert!(!escape(&all).chars().any(char::is_control));
    }

    #[test]
    fn quotes_are_escaped_between_quotes() {
        assert_eq!(quoted(b"a\"b\\"), r#""a\"b\\""#);
    }
}
