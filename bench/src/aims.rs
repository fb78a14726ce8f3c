//! What asys aims at, and whether it got there.

use std::fmt;

use serde::Serialize;

use crate::case::{Case, Kind};
use crate::column::Column;
use crate::rounds::{Results, Row};
use crate::stats::median;

/// The ratios in the order of the table.
pub(crate) const RATIOS: [Ratio; 5] = [
    Ratio {
        over: Column::Exact,
        under: Column::Bare,
        aim: None,
    },
    Ratio {
        over: Column::Asys,
        under: Column::Native,
        aim: None,
    },
    Ratio {
        over: Column::Asys,
        under: Column::Exact,
        aim: Some(Limit::AtMost(1.15)),
    },
    Ratio {
        over: Column::Asys,
        under: Column::Bare,
        aim: Some(Limit::AtMost(1.5)),
    },
    Ratio {
        over: Column::Strace,
        under: Column::Asys,
        aim: Some(Limit::AtLeast(1.5)),
    },
];

/// Milliseconds to run /bin/true under asys.
const START_UP: Limit = Limit::AtMost(5.0);

#[derive(Clone, Copy, Debug)]
pub(crate) struct Ratio {
    pub(crate) over: Column,
    pub(crate) under: Column,
    pub(crate) aim: Option<Limit>,
}

#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Limit {
    AtMost(f64),
    AtLeast(f64),
}

/// One figure against its aim. `value` is `None` if it was not measured, `aim` if none applies.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Verdict {
    pub(crate) what: String,
    pub(crate) value: Option<f64>,
    pub(crate) aim: Option<Limit>,
    pub(crate) met: Option<bool>,
}

/// Those of one row.
#[derive(Debug)]
pub(crate) struct Verdicts {
    pub(crate) ratios: [Verdict; RATIOS.len()],
    /// An aim for the time itself, not for a ratio.
    pub(crate) time: Option<Verdict>,
}

impl Limit {
    fn met(self, value: f64) -> bool {
        match self {
            Limit::AtMost(limit) => value <= limit,
            Limit::AtLeast(limit) => value >= limit,
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Limit::AtMost(limit) => write!(f, "≤ {limit}"),
            Limit::AtLeast(limit) => write!(f, "≥ {limit}"),
        }
    }
}

impl Ratio {
    pub(crate) fn name(&self) -> String {
        format!("{}/{}", self.over.name(), self.under.name())
    }

    fn aim_for(&self, case: &Case) -> Option<Limit> {
        match (case.kind, self.over) {
            // Starting a program is not a call: it has its own aim.
            (Kind::StartUp, _) => None,
            // The disk is most of it, and costs the same under both.
            (Kind::Disk, Column::Strace) => None,
            _ => self.aim,
        }
    }
}

impl Verdict {
    fn new(what: String, value: Option<f64>, aim: Option<Limit>) -> Verdict {
        let met = aim.zip(value).map(|(aim, value)| aim.met(value));
        Verdict {
            what,
            value,
            aim,
            met,
        }
    }
}

/// In the order of the rows.
pub(crate) fn judge(results: &Results) -> Vec<Verdicts> {
    results.rows.iter().map(judge_row).collect()
}

fn judge_row(row: &Row) -> Verdicts {
    let ratios = RATIOS.map(|ratio| {
        let value = row.ratio(ratio.over, ratio.under);
        Verdict::new(ratio.name(), value, ratio.aim_for(row.case))
    });
    let time = (row.case.kind == Kind::StartUp).then(|| {
        let value = median(row.cell(Column::Asys).medians()).map(|ns| ns / row.case.unit());
        Verdict::new("asys, ms".to_owned(), value, Some(START_UP))
    });
    Verdicts { ratios, time }
}

/// What was not measured was not met.
pub(crate) fn all_met(verdicts: &[Verdicts]) -> bool {
    verdicts
        .iter()
        .flat_map(|row| row.ratios.iter().chain(&row.time))
        .all(|verdict| verdict.aim.is_none() || verdict.met == Some(true))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(value: Option<f64>, aim: Option<Limit>) -> Vec<Verdicts> {
        let none = || Verdict::new(String::new(), None, None);
        let time = Some(Verdict::new(String::new(), value, aim));
        vec![Verdicts {
            ratios: [none(), none(), none(), none(), none()],
            time,
        }]
    }

    #[test]
    fn limits_include_themselves() {
        assert!(all_met(&one(Some(1.5), Some(Limit::AtMost(1.5)))));
        assert!(!all_met(&one(Some(1.51), Some(Limit::AtMost(1.5)))));
        assert!(all_met(&one(Some(1.5), Some(Limit::AtLeast(1.5)))));
        assert!(!all_met(&one(Some(1.49), Some(Limit::AtLeast(1.5)))));
    }

    #[test]
    fn unmeasured_is_not_met_but_without_an_aim_it_is_nothing() {
        assert!(!all_met(&one(None, Some(Limit::AtMost(1.5)))));
        assert!(all_met(&one(None, None)));
    }
}
