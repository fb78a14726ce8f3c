//! No text panics, hangs or grows without bound.

use asys_policy::{BUILTINS, Error, MAX_SOURCE_BYTES};

use crate::load;

/// What is shown of any error fits a screen or two, whatever the text.
const MAX_SHOWN: usize = 16 << 10;

fn assert_refused(text: &str) -> Error {
    let error = load(&[text]).expect_err("an error");
    let shown = error.to_string();
    assert!(shown.len() < MAX_SHOWN, "{} bytes", shown.len());
    assert!(!error.headline().contains('\n'));
    assert_eq!(shown.lines().next(), Some(&*error.headline()));
    error
}

#[test]
fn deep_nesting_is_refused() {
    for text in [
        "[", "a=[", "{", "a={a=", "a.", "[a.", "\"", "'''", "[[", "a=\n", "\n", "\0",
    ] {
        assert_refused(&text.repeat(100_000));
    }
    assert_refused(&format!("a = {}", "[".repeat(100_000)));
    assert_refused(&format!("a = {}", "{a=".repeat(100_000)));
    assert_refused(&format!("version = 1\n{}a = 1", "a.".repeat(100_000)));
    assert_refused(&format!("version = 1\n[{}a]", "a.".repeat(100_000)));
}

#[test]
fn a_text_beyond_the_bound_is_not_read() {
    let mut text = String::from("version = 1\n#");
    text.push_str(&"é".repeat((MAX_SOURCE_BYTES - text.len()) / 2));
    text.push_str(&" ".repeat(MAX_SOURCE_BYTES - text.len()));
    assert!(load(&[&text]).is_ok());
    text.push(' ');
    let headline = "a.toml:1:1: 1048577 bytes: a policy has at most 1048576";
    assert_eq!(assert_refused(&text).headline(), headline);
}

#[test]
fn rules_are_bounded() {
    let rules = |count: usize| format!("version = 1\n{}", "[[rule]]\n".repeat(count));
    let headline = "a.toml:2:1: 4097 rules: a policy has at most 4096";
    assert_eq!(assert_refused(&rules(4097)).headline(), headline);
    assert!(
        assert_refused(&rules(4096))
            .headline()
            .contains("missing calls")
    );
    assert_refused(&rules(100_000));
}

#[test]
fn many_wrong_words_cost_no_more_than_a_few() {
    let entries = "\"opneat\",".repeat(100_000);
    assert_refused(&format!("version = 1\n[[rule]]\ncalls = [{entries}]"));
    let entries = "\"@all\",".repeat(100_000);
    assert!(load(&[&format!("version = 1\n[[rule]]\ncalls = [{entries}]")]).is_ok());
    let keys: String = (0..100_000).map(|n| format!("k{n}=1\n")).collect();
    assert_refused(&format!("version = 1\n{keys}"));
}

#[test]
fn one_word_as_long_as_the_text() {
    let word = "x".repeat(MAX_SOURCE_BYTES - 1000);
    assert_refused(&format!("version = 1\n{word} = 1"));
    assert_refused(&format!("version = 1\n[[rule]]\ncalls = ['{word}']"));
    assert_refused(&format!(
        "version = 1\n[[rule]]\nname = '{word}'\ncalls = ['sync']"
    ));
    assert_refused(&format!(
        "version = {}",
        "9".repeat(MAX_SOURCE_BYTES - 1000)
    ));
    assert_refused(&word);
}

/// Marsaglia's xorshift: the same texts in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).expect("31 bits") % bound
    }
}

/// Says nothing about the outcome: only that there is one, and that errors can be shown.
fn try_text(text: &str) {
    if let Err(error) = load(&[text, text]) {
        let _ = error.to_string();
    }
}

/// What policies are made of, and what they are not.
const PIECES: [&str; 36] = [
    "version = 1\n",
    "version",
    "=",
    "1",
    "\n",
    "\r\n",
    "[[rule]]\n",
    "[rule]",
    "[defaults]\n",
    "[limits]\n",
    "calls = [",
    "]",
    "\"@name\"",
    "'!sync'",
    "\"@all\"",
    ",",
    "action = 'native'\n",
    "action = \"offload\"\n",
    "record = 'full'\n",
    "name = 'é日\u{301}'\n",
    "name = \"",
    "\"",
    "'",
    "'''\n",
    "{",
    "}",
    ".",
    "\t",
    "\u{feff}",
    "#",
    "\u{1f980}",
    "\0",
    "\\u00e9",
    "workers = 0\n",
    "calls = ['fsync']\n",
    "1979-05-27T07:32:00Z",
];

#[test]
fn pieces_in_random_order_never_panic() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for _ in 0..4000 {
        let count = random.below(40);
        let pieces = (0..count).map(|_| PIECES[random.below(PIECES.len())]);
        try_text(&pieces.collect::<String>());
    }
}

#[test]
fn right_texts_with_random_damage_never_panic() {
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    for round in 0..4000 {
        let text = BUILTINS[round % BUILTINS.len()].text;
        let mut bytes = text.as_bytes().to_vec();
        for _ in 0..=random.below(6) {
            let at = random.below(bytes.len());
            match random.below(3) {
                0 => bytes[at] = u8::try_from(random.below(256)).expect("a byte"),
                1 => bytes.truncate(at.max(1)),
                _ => bytes.insert(at, b"\"'[]{}=.,#\n\r!@"[random.below(14)]),
            }
        }
        try_text(&String::from_utf8_lossy(&bytes));
    }
}
