//! The rounds: every case in every column once, again and again, so that drift of the machine hits all alike.

use std::io::{IsTerminal, Write};

use anyhow::Context;

use crate::case::{Case, Kind};
use crate::cases::ALL;
use crate::cli::Options;
use crate::column::{Column, Programs};
use crate::run::{Outcome, Runner};
use crate::stats::{Sample, median};
use crate::workdir::Workdir;

#[derive(Debug)]
pub(crate) struct Results {
    pub(crate) rounds: u32,
    pub(crate) rows: Vec<Row>,
}

#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) case: &'static Case,
    pub(crate) iterations: u32,
    cells: [Cell; Column::ALL.len()],
}

/// One sample per round, or the reason why there are none (or no more).
#[derive(Debug)]
pub(crate) enum Cell {
    Measured(Vec<Sample>),
    Hung,
    Failed(String),
    /// Not measured: no such program, or no meaning.
    Absent,
}

impl Row {
    fn new(case: &'static Case, base: u32, programs: &Programs) -> Row {
        let cell =
            |column: Column| match column.measures(case) && programs.missing(column).is_none() {
                true => Cell::Measured(Vec::new()),
                false => Cell::Absent,
            };
        Row {
            case,
            iterations: case.iterations(base),
            cells: Column::ALL.map(cell),
        }
    }

    pub(crate) fn cell(&self, column: Column) -> &Cell {
        &self.cells[column as usize]
    }

    /// The median over the rounds of `over / under`, each pair from the same round.
    pub(crate) fn ratio(&self, over: Column, under: Column) -> Option<f64> {
        let (Cell::Measured(over), Cell::Measured(under)) = (self.cell(over), self.cell(under))
        else {
            return None;
        };
        median(
            over.iter()
                .zip(under)
                .map(|(over, under)| over.median_ns / under.median_ns)
                .collect(),
        )
    }
}

impl Cell {
    fn add(&mut self, outcome: Outcome) {
        match (self, outcome) {
            (Cell::Measured(samples), Outcome::Measured(sample)) => samples.push(sample),
            (cell, Outcome::Hung) => *cell = Cell::Hung,
            (cell, Outcome::Failed(why)) => *cell = Cell::Failed(why),
            // Only measured cells are run again.
            (_, Outcome::Measured(_)) => {}
        }
    }

    /// Of the rounds' medians, in nanoseconds.
    pub(crate) fn medians(&self) -> Vec<f64> {
        match self {
            Cell::Measured(samples) => samples.iter().map(|sample| sample.median_ns).collect(),
            Cell::Hung | Cell::Failed(_) | Cell::Absent => Vec::new(),
        }
    }
}

pub(crate) fn measure(options: &Options, workdir: &Workdir) -> anyhow::Result<Results> {
    let own = std::env::current_exe().context("own executable")?;
    let programs = Programs::find(&own);
    for missing in Column::ALL
        .iter()
        .filter_map(|&column| programs.missing(column))
    {
        eprintln!("bench: {missing}");
    }
    let mut rows: Vec<Row> = chosen(&options.only)
        .into_iter()
        .map(|case| Row::new(case, options.iterations, &programs))
        .collect();
    let runner = Runner {
        own,
        programs,
        workdir,
        timeout: options.timeout,
    };
    for row in &mut rows {
        prove(row, &runner)?;
    }
    for round in 0..options.rounds {
        for row in &mut rows {
            one_round(round, options.rounds, row, &runner)?;
        }
    }
    progress("");
    complain(&rows);
    Ok(Results {
        rounds: options.rounds,
        rows,
    })
}

fn chosen(only: &[&'static Case]) -> Vec<&'static Case> {
    let is_chosen = |case: &Case| only.iter().any(|one| one.name == case.name);
    let all = ALL.into_iter();
    all.filter(|case| only.is_empty() || is_chosen(case))
        .collect()
}

/// A column of asys that does not carry the calls out is none.
fn prove(row: &mut Row, runner: &Runner<'_>) -> anyhow::Result<()> {
    let cell = &mut row.cells[Column::Asys as usize];
    if row.case.kind != Kind::StartUp
        && matches!(cell, Cell::Measured(_))
        && let Some(why) = runner.prove(row.case)?
    {
        *cell = Cell::Failed(why);
    }
    Ok(())
}

/// Each round begins with another column: none always comes right after the one that is hardest on the caches.
fn one_round(round: u32, of: u32, row: &mut Row, runner: &Runner<'_>) -> anyhow::Result<()> {
    for turn in 0..Column::ALL.len() {
        let column = Column::ALL[(round as usize + turn) % Column::ALL.len()];
        let cell = &mut row.cells[column as usize];
        if matches!(cell, Cell::Measured(_)) {
            progress(&format!(
                "round {} of {of}: {}, {}",
                round + 1,
                row.case.name,
                column.name()
            ));
            cell.add(runner.measure(row.case, column, row.iterations)?);
        }
    }
    Ok(())
}

/// One line that overwrites itself; nothing where nobody watches.
fn progress(text: &str) {
    let mut stderr = std::io::stderr();
    if stderr.is_terminal() {
        // Nobody to tell if the terminal is gone.
        let _ = write!(stderr, "\r\x1b[K{text}");
    }
}

fn complain(rows: &[Row]) {
    for row in rows {
        for column in Column::ALL {
            if let Cell::Failed(why) = row.cell(column) {
                eprintln!("bench: {}: {}: {why}", row.case.name, column.name());
            }
        }
    }
}
