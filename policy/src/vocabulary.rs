//! The words a rule may use for calls: names and groups.

use std::collections::{BTreeMap, HashMap};

/// The group every call is in.
const ALL: &str = "all";

/// A call, by its position in the vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallId(usize);

impl CallId {
    /// The call at `index` of the list the vocabulary was made from.
    pub const fn new(index: usize) -> Self {
        Self(index)
    }

    /// Its position in that list.
    pub const fn index(self) -> usize {
        self.0
    }
}

/// The calls a policy may speak of, with their groups.
#[derive(Clone, Debug)]
pub struct Vocabulary {
    names: Vec<&'static str>,
    calls: HashMap<&'static str, CallId>,
    /// Without the `@`. Ordered: errors list them.
    groups: BTreeMap<&'static str, Vec<CallId>>,
}

impl Vocabulary {
    /// The calls in the order of the table, each with the groups it is in, written without `@`.
    ///
    /// A call's position here is its [`CallId`]. The group `all` is implied.
    pub fn new<I>(table: I) -> Self
    where
        I: IntoIterator<Item = (&'static str, &'static [&'static str])>,
    {
        let mut vocabulary = Self {
            names: Vec::new(),
            calls: HashMap::new(),
            groups: BTreeMap::from([(ALL, Vec::new())]),
        };
        for (name, groups) in table {
            vocabulary.add(name, groups);
        }
        vocabulary
    }

    /// Groups that exist although no call may be in them yet: naming one is no error.
    #[must_use]
    pub fn with_groups<I>(mut self, groups: I) -> Self
    where
        I: IntoIterator<Item = &'static str>,
    {
        for group in groups {
            self.groups.entry(group).or_default();
        }
        self
    }

    fn add(&mut self, name: &'static str, groups: &[&'static str]) {
        let call = CallId(self.names.len());
        self.names.push(name);
        self.calls.insert(name, call);
        for group in groups.iter().copied().filter(|group| *group != ALL) {
            self.groups.entry(group).or_default().push(call);
        }
        self.groups.entry(ALL).or_default().push(call);
    }

    /// How many calls there are; every [`CallId`] of this vocabulary is below it.
    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    /// The calls a word of a rule stands for: a name is one call, an `@group` its members.
    pub(crate) fn members(&self, word: &str) -> Option<&[CallId]> {
        match word.strip_prefix('@') {
            Some(group) => self.groups.get(group).map(Vec::as_slice),
            None => self.calls.get(word).map(std::slice::from_ref),
        }
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.names.iter().copied()
    }

    /// The groups as a rule writes them, in alphabetical order.
    pub(crate) fn groups(&self) -> impl Iterator<Item = String> {
        self.groups.keys().map(|group| format!("@{group}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> Vocabulary {
        Vocabulary::new([
            ("open", &["name"][..]),
            ("fsync", &["durability", "all"][..]),
            ("dup", &[][..]),
        ])
        .with_groups(["attr", "name"])
    }

    #[test]
    fn a_name_is_one_call_and_a_group_its_members() {
        let words = small();
        assert_eq!(words.members("fsync"), Some(&[CallId::new(1)][..]));
        assert_eq!(words.members("@name"), Some(&[CallId::new(0)][..]));
        assert_eq!(words.members("name"), None);
        assert_eq!(words.members("@fsync"), None);
    }

    #[test]
    fn all_is_implied_and_has_each_call_once() {
        let all: Vec<_> = (0..3).map(CallId::new).collect();
        assert_eq!(small().members("@all"), Some(&all[..]));
        assert_eq!(Vocabulary::new([]).members("@all"), Some(&[][..]));
    }

    #[test]
    fn a_declared_group_may_be_empty_and_keeps_its_members() {
        let words = small();
        assert_eq!(words.members("@attr"), Some(&[][..]));
        assert_eq!(words.members("@name").map(<[_]>::len), Some(1));
        let groups: Vec<_> = words.groups().collect();
        assert_eq!(groups, ["@all", "@attr", "@durability", "@name"]);
    }
}
