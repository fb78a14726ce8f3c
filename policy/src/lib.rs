//! Rules, facts and verdicts: what asys does with a system call, decided from text and nothing else.
//!
//! ```text
//!  Source ──reader──► Document ──builder──► Policy ──decide(Facts)──► Verdict
//!  (name and text,    (rules with           (one verdict per call,
//!  passed in)          their positions)      computed once)
//! ```
//!
//! This crate is pure: no file, descriptor, clock or system call. Texts are passed in, and so is the
//! [`Vocabulary`]: the calls and groups a rule may name. The table they come from belongs to the supervisor.
//!
//! # The language
//!
//! ```toml
//! version = 1                      # required
//! [defaults]
//! action = "native"                # of calls no rule matches, and of rules that give none
//! on_full = "wait"                 # at a limit: wait | eagain | native
//! [limits]
//! workers = 8
//! inflight = 64
//! [[rule]]                         # the first match wins
//! name = "sync stays"              # shown in traces and errors
//! calls = ["@durability", "!sync"] # names and @groups; "!" excludes, wherever it stands in the list
//! action = "native"                # offload | native
//! record = "off"                   # full | entry | off
//! ```
//!
//! Without `record`, an offloaded call is recorded in full and a native one is not recorded. A native call that is not
//! recorded is not trapped either: it costs nothing, so a native rule placed before an offloading one exempts its
//! calls. `record = "entry"` traps a native call only to write down that it was made; its result is never known.
//!
//! Several sources make one policy: their rules stand in the order of the sources, and each key of `[defaults]` and
//! `[limits]` is taken from the first source that sets it.
//!
//! # Example
//!
//! ```
//! use asys_policy::{Action, CallId, Facts, Policy, Source, Vocabulary};
//!
//! let vocabulary = Vocabulary::new([("openat", &["name"][..]), ("fsync", &["durability"][..])]);
//! let source = Source::new("lab.toml", "version = 1\n[[rule]]\ncalls = ['fsync']\naction = 'offload'\n");
//! let policy = Policy::load(&[source], &vocabulary)?;
//!
//! let verdict = policy.decide(&Facts { call: CallId::new(1) });
//! assert_eq!(verdict.action, Action::Offload);
//! assert_eq!(verdict.rule.map(|rule| policy.rule_name(rule)), Some("lab.toml:2"));
//! assert_eq!(policy.trapped().collect::<Vec<_>>(), [CallId::new(1)]);
//! # Ok::<(), asys_policy::Error>(())
//! ```
#![forbid(unsafe_code)]

mod builder;
mod builtin;
mod diagnostic;
mod digest;
mod policy;
mod problems;
mod reader;
mod selection;
mod source;
mod table;
mod verdict;
mod vocabulary;
mod words;

pub use builtin::{BUILTINS, Builtin, UnknownBuiltin, builtin};
pub use diagnostic::{Diagnostic, Error};
pub use policy::{Limits, Policy};
pub use source::{MAX_SOURCE_BYTES, Source};
pub use verdict::{Action, Facts, Keyword, OnFull, Record, RuleId, Verdict};
pub use vocabulary::{CallId, Vocabulary};
