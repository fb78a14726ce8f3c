//! What is known of a call, and what is to be done with it.

use std::fmt;

use crate::vocabulary::CallId;

/// A setting written as one word out of a few.
///
/// The words stand in one place: reading, showing, suggesting and a command-line option all use this list.
pub trait Keyword: Copy + PartialEq + 'static {
    /// The key it is the value of, as written in a policy file.
    const KEY: &'static str;
    /// Every word and what it means.
    const WORDS: &'static [(&'static str, Self)];

    /// The word for this value.
    fn word(self) -> &'static str {
        let known = Self::WORDS.iter().find(|(_, value)| *value == self);
        known.map_or("", |(word, _)| word)
    }
}

/// Who carries the call out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// The kernel, in the calling thread, as without asys.
    Native,
    /// A worker, with the caller's identity; the result is injected.
    Offload,
}

impl Keyword for Action {
    const KEY: &'static str = "action";
    const WORDS: &'static [(&'static str, Self)] =
        &[("native", Self::Native), ("offload", Self::Offload)];
}

/// How much of the call goes into the trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Record {
    /// Arguments, result and times. Only of calls asys carries out: the result of a native one is not known.
    Full,
    /// That it was made, and its arguments.
    Entry,
    /// Nothing.
    Off,
}

impl Record {
    /// What a rule records that does not say: everything of an offloaded call; nothing of a native one, which is
    /// then not trapped at all.
    pub(crate) fn default_of(action: Action) -> Self {
        match action {
            Action::Offload => Self::Full,
            Action::Native => Self::Off,
        }
    }
}

impl Keyword for Record {
    const KEY: &'static str = "record";
    const WORDS: &'static [(&'static str, Self)] = &[
        ("full", Self::Full),
        ("entry", Self::Entry),
        ("off", Self::Off),
    ];
}

/// What an offloaded call meets when a limit is reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum OnFull {
    /// It waits for its turn.
    #[default]
    Wait,
    /// It fails with EAGAIN.
    Eagain,
    /// The kernel carries it out.
    Native,
}

impl Keyword for OnFull {
    const KEY: &'static str = "on_full";
    const WORDS: &'static [(&'static str, Self)] = &[
        ("wait", Self::Wait),
        ("eagain", Self::Eagain),
        ("native", Self::Native),
    ];
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl fmt::Display for OnFull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// What a decision is made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Which call it is.
    pub call: CallId,
}

/// What is to be done with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Who carries it out.
    pub action: Action,
    /// What the trace gets of it.
    pub record: Record,
    /// The rule that decided; `None` when no rule matched and the default did.
    pub rule: Option<RuleId>,
}

impl Verdict {
    /// Whether asys must see the call at all. A native call nobody records is left to the kernel, untouched.
    pub(crate) fn traps(self) -> bool {
        self.action == Action::Offload || self.record != Record::Off
    }
}

/// A rule of a policy, by its place in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleId(pub(crate) u32);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_has_its_word() {
        assert_eq!(Action::Native.to_string(), "native");
        assert_eq!(Action::Offload.to_string(), "offload");
        assert_eq!(Record::Full.to_string(), "full");
        assert_eq!(Record::Entry.to_string(), "entry");
        assert_eq!(Record::Off.to_string(), "off");
        assert_eq!(OnFull::Wait.to_string(), "wait");
        assert_eq!(OnFull::Eagain.to_string(), "eagain");
        assert_eq!(OnFull::Native.to_string(), "native");
    }

    #[test]
    fn a_verdict_fits_two_registers() {
        assert!(size_of::<Verdict>() <= 16);
    }
}
