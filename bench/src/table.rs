//! The table.

use std::io::IsTerminal;

use comfy_table::presets::UTF8_HORIZONTAL_ONLY;
use comfy_table::{CellAlignment, LineStyle, Table};

use crate::aims::{RATIOS, Verdict, Verdicts};
use crate::column::Column;
use crate::environment::Environment;
use crate::rounds::{Cell, Results, Row};
use crate::stats::{median, spread};

pub(crate) fn print(results: &Results, verdicts: &[Verdicts], environment: &Environment) {
    let table = build(results, verdicts).trim_fmt();
    println!("{}", if colours() { paint(&table) } else { table });
    println!("{environment}; rounds: {}", results.rounds);
}

fn build(results: &Results, verdicts: &[Verdicts]) -> Table {
    let mut table = Table::new();
    table
        .load_style(UTF8_HORIZONTAL_ONLY.row_separator(LineStyle::none()))
        .set_header(header());
    for (row, verdicts) in results.rows.iter().zip(verdicts) {
        let mut cells = vec![row.case.title.to_owned()];
        cells.extend(Column::ALL.map(|column| time(row, column, verdicts)));
        cells.extend(verdicts.ratios.iter().map(ratio));
        table.add_row(cells);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn header() -> Vec<String> {
    let columns = Column::ALL.map(|column| column.name().to_owned());
    let ratios = RATIOS.map(|ratio| match ratio.aim {
        Some(aim) => format!("{}\n{aim}", ratio.name()),
        None => ratio.name(),
    });
    let mut header = vec!["µs, medians".to_owned()];
    header.extend(columns);
    header.extend(ratios);
    header
}

fn time(row: &Row, column: Column, verdicts: &Verdicts) -> String {
    let cell = row.cell(column);
    let medians = cell.medians();
    let text = match (cell, median(medians.clone()), spread(&medians)) {
        (Cell::Measured(_), Some(median), Some(spread)) => {
            let value = median / row.case.unit();
            format!("{} ±{:.0}%", three_digits(value), spread * 50.0)
        }
        (Cell::Hung, ..) => "hung".to_owned(),
        (Cell::Failed(_), ..) => "failed".to_owned(),
        _ => "–".to_owned(),
    };
    match &verdicts.time {
        Some(verdict) if column == Column::Asys => with_aim(&text, verdict),
        _ => text,
    }
}

/// Its aim is not in the column's head, so it stands here.
fn with_aim(text: &str, verdict: &Verdict) -> String {
    match (verdict.aim, verdict.met) {
        (Some(aim), Some(met)) => format!("{text}\n{aim} {}", word(met)),
        _ => text.to_owned(),
    }
}

fn ratio(verdict: &Verdict) -> String {
    match (verdict.value, verdict.met) {
        (Some(value), Some(met)) => format!("{value:.2} {}", word(met)),
        (Some(value), None) => format!("{value:.2}"),
        (None, _) => "–".to_owned(),
    }
}

fn word(met: bool) -> &'static str {
    if met { "met" } else { "missed" }
}

fn three_digits(value: f64) -> String {
    match value {
        v if v < 10.0 => format!("{v:.2}"),
        v if v < 100.0 => format!("{v:.1}"),
        v => format!("{v:.0}"),
    }
}

/// See <https://no-color.org>.
fn colours() -> bool {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    !refused && std::io::stdout().is_terminal()
}

/// Done last: the table must not count escape sequences as width.
fn paint(table: &str) -> String {
    table
        .replace(" missed", " \x1b[31mmissed\x1b[0m")
        .replace(" met", " \x1b[32mmet\x1b[0m")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_keep_three_digits() {
        assert_eq!(three_digits(0.456), "0.46");
        assert_eq!(three_digits(12.34), "12.3");
        assert_eq!(three_digits(1234.5), "1234");
    }

    #[test]
    fn paints_verdicts_only() {
        assert_eq!(
            paint("1.02 met 2.00 missed"),
            "1.02 \x1b[32mmet\x1b[0m 2.00 \x1b[31mmissed\x1b[0m"
        );
        assert_eq!(paint("median"), "median");
    }
}
