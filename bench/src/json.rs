//! Everything measured, for machines.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::Context;
use serde::Serialize;
use serde_json::{Value, json};

use crate::aims::{Verdict, Verdicts};
use crate::column::Column;
use crate::environment::Environment;
use crate::rounds::{Cell, Results, Row};
use crate::stats::{median, spread};

#[derive(Serialize)]
struct Report<'a> {
    schema: u32,
    environment: &'a Environment,
    rounds: u32,
    cases: Vec<Value>,
}

pub(crate) fn write(
    path: &Path,
    results: &Results,
    verdicts: &[Verdicts],
    environment: &Environment,
) -> anyhow::Result<()> {
    let cases = results
        .rows
        .iter()
        .zip(verdicts)
        .map(|(row, verdicts)| case(row, verdicts))
        .collect();
    let report = Report {
        schema: 1,
        environment,
        rounds: results.rounds,
        cases,
    };
    let mut text = serde_json::to_string_pretty(&report)?;
    text.push('\n');
    fs::write(path, text).with_context(|| path.display().to_string())
}

fn case(row: &Row, verdicts: &Verdicts) -> Value {
    let columns: BTreeMap<&str, Value> = Column::ALL
        .map(|column| (column.name(), cell(row.cell(column))))
        .into_iter()
        .collect();
    let verdicts: Vec<&Verdict> = verdicts.ratios.iter().chain(&verdicts.time).collect();
    json!({ "case": row.case.name, "iterations": row.iterations, "columns": columns, "verdicts": verdicts })
}

/// Times in nanoseconds per iteration; `samples` has one entry per round.
fn cell(cell: &Cell) -> Value {
    let medians = cell.medians();
    match cell {
        Cell::Measured(samples) => json!({
            "median_ns": median(medians.clone()),
            "spread": spread(&medians),
            "p99_ns": median(samples.iter().map(|sample| sample.p99_ns).collect()),
            "mean_ns": median(samples.iter().map(|sample| sample.mean_ns).collect()),
            "samples": samples,
        }),
        Cell::Hung => json!({ "trouble": "hung" }),
        Cell::Failed(why) => json!({ "trouble": why }),
        Cell::Absent => Value::Null,
    }
}
