//! A sequence as text: one round a line, `0 write(3, data[17], len)`, two steps of one round parted by ` & `. What
//! follows a `#` is a comment.

use crate::finder::constants::{self, Style};
use crate::finder::language::{Arg, Round, Sequence, Step, Wild};
use crate::finder::shapes;
use anyhow::{Context, Result, bail, ensure};
use std::fmt::{self, Display};

const WILD: &[(Wild, &str)] = &[
    (Wild::Null, "null"),
    (Wild::One, "one"),
    (Wild::NoAccess, "no_access"),
    (Wild::ReadOnly, "read_only"),
    (Wild::Kernel, "kernel"),
    (Wild::NonCanonical, "non_canonical"),
    (Wild::Top, "top"),
];

impl Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}(", self.actor, self.shape.name)?;
        for (i, arg) in self.args.iter().enumerate() {
            let comma = if i > 0 { ", " } else { "" };
            let style = self.shape.args.get(i).map_or(Style::Plain, |k| k.style());
            write!(f, "{comma}{}", show(arg, style))?;
        }
        f.write_str(")")
    }
}

impl Display for Round {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps: Vec<String> = self.0.iter().map(Step::to_string).collect();
        f.write_str(&steps.join(" & "))
    }
}

/// All of it, ready to be parsed again.
pub fn print(sequence: &[Round]) -> String {
    sequence.iter().map(|round| format!("{round}\n")).collect()
}

fn show(arg: &Arg, style: Style) -> String {
    let plain = |numbers: &[i64]| {
        let words: Vec<String> = numbers
            .iter()
            .map(|n| constants::show(*n, Style::Plain))
            .collect();
        words.join(" ")
    };
    match arg {
        Arg::Number(number) => constants::show(*number, style),
        Arg::Len => "len".into(),
        Arg::Text(bytes) => format!("\"{}\"", bytes.escape_ascii()),
        Arg::Long(n) => format!("long[{n}]"),
        Arg::Deep(n) => format!("deep[{n}]"),
        Arg::Wild(wild) => word_of(*wild).into(),
        Arg::Data(n) => format!("data[{n}]"),
        Arg::Out(n) => format!("out[{n}]"),
        Arg::Stat => "stat".into(),
        Arg::Statx => "statx".into(),
        Arg::Statfs => "statfs".into(),
        Arg::Dents(n) => format!("dents[{n}]"),
        Arg::Dents64(n) => format!("dents64[{n}]"),
        Arg::Events(n) => format!("events[{n}]"),
        Arg::Handle(n) => format!("handle[{n}]"),
        Arg::MountId => "mount_id".into(),
        Arg::Pair => "pair".into(),
        Arg::Offset(at) => format!("at[{at}]"),
        Arg::Times(times) => {
            let flat: Vec<i64> = times.iter().flat_map(|(s, n)| [*s, *n]).collect();
            format!("times[{}]", plain(&flat))
        }
        Arg::Parts(parts) => {
            let parts: Vec<String> = parts.iter().map(|part| show(part, Style::Plain)).collect();
            format!("parts[{}]", parts.join(" "))
        }
        Arg::How([flags, mode, resolve]) => format!(
            "how[{} {} {}]",
            constants::show(*flags, Style::Bits(constants::OPEN)),
            constants::show(*mode, Style::Octal),
            constants::show(*resolve, Style::Bits(constants::RESOLVE)),
        ),
        Arg::Value(value, flags) => {
            format!("value[{} {}]", show(value, Style::Plain), plain(&[*flags]))
        }
        Arg::Words(words) => {
            let words: Vec<i64> = words.iter().map(|word| i64::from(*word)).collect();
            format!("words[{}]", plain(&words))
        }
        Arg::Address(path) => format!("address[\"{}\"]", path.escape_ascii()),
        Arg::Pid(actor) => format!("pid[{actor}]"),
        Arg::Tid(actor) => format!("tid[{actor}]"),
    }
}

fn word_of(wild: Wild) -> &'static str {
    let found = WILD.iter().find(|(known, _)| *known == wild);
    found.expect("every wild address has a word").1
}

/// What [`print`] has written.
pub fn parse(text: &str) -> Result<Sequence> {
    let mut sequence = Sequence::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let round = round(line).with_context(|| format!("line {}: {line}", number + 1))?;
        sequence.push(round);
    }
    Ok(sequence)
}

fn round(line: &str) -> Result<Round> {
    let mut rest = Rest(line);
    let mut steps = vec![rest.step()?];
    while rest.takes("&") {
        steps.push(rest.step()?);
    }
    ensure!(
        rest.0.is_empty() || rest.0.starts_with('#'),
        "after the end: {}",
        rest.0
    );
    Ok(Round(steps))
}

/// What is left to be read.
struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    fn takes(&mut self, what: &str) -> bool {
        let Some(rest) = self.0.trim_start().strip_prefix(what) else {
            return false;
        };
        self.0 = rest.trim_start();
        true
    }

    fn must(&mut self, what: &str) -> Result<()> {
        ensure!(self.takes(what), "{what:?} is missing before {:?}", self.0);
        Ok(())
    }

    fn word(&mut self) -> &'a str {
        let part = |c: char| c.is_ascii_alphanumeric() || "_|-".contains(c);
        let end = self.0.find(|c| !part(c)).unwrap_or(self.0.len());
        let (word, rest) = self.0.split_at(end);
        self.0 = rest.trim_start();
        word
    }

    fn step(&mut self) -> Result<Step> {
        let actor = self.word().parse().context("the actor's number")?;
        let name = self.word();
        let shape = shapes::named(name).with_context(|| format!("no call is named {name:?}"))?;
        self.must("(")?;
        let mut args = Vec::new();
        while !self.takes(")") {
            args.push(self.arg()?);
            self.takes(",");
        }
        Ok(Step { actor, shape, args })
    }

    fn arg(&mut self) -> Result<Arg> {
        if self.0.starts_with('"') {
            return Ok(Arg::Text(self.string()?));
        }
        let word = self.word();
        if let Some((wild, _)) = WILD.iter().find(|(_, known)| *known == word) {
            return Ok(Arg::Wild(*wild));
        }
        Ok(match word {
            "len" => Arg::Len,
            "stat" => Arg::Stat,
            "statx" => Arg::Statx,
            "statfs" => Arg::Statfs,
            "mount_id" => Arg::MountId,
            "pair" => Arg::Pair,
            "long" => Arg::Long(self.one()?),
            "deep" => Arg::Deep(self.one()?),
            "data" => Arg::Data(self.one()?),
            "out" => Arg::Out(self.one()?),
            "dents" => Arg::Dents(self.one()?),
            "dents64" => Arg::Dents64(self.one()?),
            "events" => Arg::Events(self.one()?),
            "handle" => Arg::Handle(self.one()?),
            "pid" => Arg::Pid(self.one()?),
            "tid" => Arg::Tid(self.one()?),
            "at" => Arg::Offset(self.one()?),
            "times" | "how" | "words" => self.numbers(word)?,
            "parts" => Arg::Parts(self.list()?),
            "value" | "address" => self.nested(word)?,
            number => Arg::Number(self::number(number)?),
        })
    }

    /// What stands between brackets.
    fn list(&mut self) -> Result<Vec<Arg>> {
        self.must("[")?;
        let mut list = Vec::new();
        while !self.takes("]") {
            list.push(self.arg()?);
        }
        Ok(list)
    }

    fn plain(&mut self) -> Result<Vec<i64>> {
        let number = |arg| match arg {
            Arg::Number(number) => Ok(number),
            other => bail!("a number, not {other:?}"),
        };
        self.list()?.into_iter().map(number).collect()
    }

    fn one<T: TryFrom<i64>>(&mut self) -> Result<T> {
        let [number] = self.plain()?[..] else {
            bail!("one number in the brackets");
        };
        T::try_from(number).ok().context("a number in its range")
    }

    fn numbers(&mut self, word: &str) -> Result<Arg> {
        let numbers = self.plain()?;
        Ok(match word {
            "times" => Arg::Times(
                numbers
                    .chunks_exact(2)
                    .map(|two| (two[0], two[1]))
                    .collect(),
            ),
            "how" => Arg::How(numbers.try_into().ok().context("three numbers")?),
            _ => Arg::Words(numbers.iter().map(|n| *n as u32).collect()),
        })
    }

    fn nested(&mut self, word: &str) -> Result<Arg> {
        Ok(match (word, &self.list()?[..]) {
            ("value", [value, Arg::Number(flags)]) => Arg::Value(Box::new(value.clone()), *flags),
            ("address", [Arg::Text(path)]) => Arg::Address(path.clone()),
            (word, other) => bail!("{word} of {other:?}"),
        })
    }

    /// As `escape_ascii` writes it.
    fn string(&mut self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut chars = self.0.char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.0 = self.0[at + 1..].trim_start();
                    return Ok(bytes);
                }
                '\\' => match chars.next().context("an unfinished escape")?.1 {
                    't' => bytes.push(b'\t'),
                    'n' => bytes.push(b'\n'),
                    'r' => bytes.push(b'\r'),
                    'x' => {
                        let hex = self.0.get(at + 2..at + 4).context("an unfinished escape")?;
                        bytes.push(u8::from_str_radix(hex, 16)?);
                        chars.nth(1);
                    }
                    other => bytes.push(other as u8),
                },
                c => bytes.push(u8::try_from(c).context("ASCII only")?),
            }
        }
        bail!("an unfinished string")
    }
}

/// Names and numbers, joined by `|`.
fn number(text: &str) -> Result<i64> {
    let mut sum = 0;
    for word in text.split('|') {
        sum |= match constants::value(word) {
            Some(value) => value,
            None if word.starts_with("0x") => u64::from_str_radix(&word[2..], 16)? as i64,
            None if word.starts_with('0') => i64::from_str_radix(word, 8)?,
            None => word.parse().with_context(|| format!("what is {word:?}?"))?,
        };
    }
    Ok(sum)
}
