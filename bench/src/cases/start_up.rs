//! What it costs to start a program.

use anyhow::bail;

use crate::case::{Case, Kind};
use crate::floor::Stop;

pub(super) const CASE: Case = Case {
    name: "start-up",
    title: "start-up of true, ms",
    about: "from spawn to exit of /bin/true",
    kind: Kind::StartUp,
    // For strace: something it traces, as asys traps something.
    calls: super::open::CASE.calls,
    target: |_, _| bail!("is measured from outside"),
    bare: |_, _| Err(Stop::Native),
    exact: |_, _| Err(Stop::Native),
};
