//! Colours, for people only.

/// What a piece of text is, and so how it looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    Heading,
    Good,
    Bad,
    Uncertain,
    Quiet,
}

/// `text` in `ink` (SGR sequences of ECMA-48), or without `colours` as it is.
#[must_use]
pub fn paint(colours: bool, ink: Ink, text: &str) -> String {
    let sequence = match ink {
        Ink::Heading => "1",
        Ink::Good => "32",
        Ink::Bad => "31",
        Ink::Uncertain => "33",
        Ink::Quiet => "2",
    };
    match colours {
        true => format!("\x1b[{sequence}m{text}\x1b[0m"),
        false => text.to_owned(),
    }
}
