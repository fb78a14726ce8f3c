//! The table of `--summary`.

use super::readable::span;
use super::style::{Ink, paint};
use super::tally::{Counts, Tally};
use crate::request::Counts as Answers;
use comfy_table::{CellAlignment, Table, presets};
use std::sync::atomic::Ordering;

/// The whole text, with its last line feed; `lost` are events missing from the trace.
pub(super) fn render(tally: &Tally, answers: &Answers, lost: u64, colours: bool) -> String {
    let calls = tally.calls();
    let total = calls
        .iter()
        .fold(Counts::default(), |sum, (_, counts)| sum.plus(*counts));
    let mut out = String::new();
    let lines = table(&calls, total);
    let last = lines.len() - 1;
    for (place, line) in lines.iter().enumerate() {
        let heading = place == 0 || place == last;
        let line = if heading {
            paint(colours, Ink::Heading, line)
        } else {
            line.clone()
        };
        out.push_str(&line);
        out.push('\n');
    }
    for line in notes(tally, total, answers, lost) {
        out.push_str(&line);
        out.push('\n');
    }
    out
}

const HEADINGS: [&str; 8] = [
    "call",
    "calls",
    "offloaded",
    "native",
    "errors",
    "time",
    "mean",
    "max",
];

fn table(calls: &[(&'static str, Counts)], total: Counts) -> Vec<String> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(HEADINGS);
    for (name, counts) in calls {
        table.add_row(cells(name, counts));
    }
    table.add_row(cells("total", &total));
    for column in table.column_iter_mut() {
        column
            .set_padding((0, 2))
            .set_cell_alignment(CellAlignment::Right);
    }
    if let Some(names) = table.column_mut(0) {
        names.set_cell_alignment(CellAlignment::Left);
    }
    table
        .lines()
        .map(|line| line.trim_end().to_owned())
        .collect()
}

fn cells(name: &str, counts: &Counts) -> [String; 8] {
    let numbers = [
        counts.calls(),
        counts.offloaded,
        counts.native,
        counts.errors,
    ];
    let [calls, offloaded, native, errors] = numbers.map(|n| n.to_string());
    let [time, mean, longest] = [counts.time, counts.mean(), counts.longest].map(span);
    [
        name.to_owned(),
        calls,
        offloaded,
        native,
        errors,
        time,
        mean,
        longest,
    ]
}

/// What the table has no column for, where there is any.
fn notes(tally: &Tally, total: Counts, answers: &Answers, lost: u64) -> Vec<String> {
    let mut notes = Vec::new();
    let reasons = tally.reasons();
    if !reasons.is_empty() {
        notes.extend(wrapped("why native:", &reasons));
    }
    let answers = [
        &answers.dropped,
        &answers.replayed,
        &answers.orphaned,
        &answers.unknown,
    ];
    let [dropped, replayed, orphaned, unknown] = answers.map(|count| count.load(Ordering::Relaxed));
    let counts = [
        (total.denied, "denied"),
        (
            total.cancelled,
            "cancelled: the caller died or was interrupted",
        ),
        (
            replayed.max(total.replayed),
            "answered again after an interruption",
        ),
        (orphaned, "answers nobody waited for any more"),
        (
            unknown,
            "native: of system calls that this asys does not know",
        ),
        (
            dropped,
            "dropped and answered EIO: a bug in asys, please report it",
        ),
        (lost, "events missing from the trace"),
    ];
    let nonzero = counts.iter().filter(|(count, _)| *count > 0);
    notes.extend(nonzero.map(|(count, what)| format!("{count} {what}")));
    notes
}

/// `title a 1, b 2`, broken before the 80th column.
fn wrapped(title: &str, counts: &[(&'static str, u64)]) -> Vec<String> {
    const WIDTH: usize = 80;
    let mut lines = vec![title.to_owned()];
    for (place, (word, count)) in counts.iter().enumerate() {
        let comma = if place + 1 == counts.len() { "" } else { "," };
        let item = format!(" {word} {count}{comma}");
        let last = lines.len() - 1;
        if lines[last].len() + item.len() > WIDTH {
            lines.push(format!("{:width$}{item}", "", width = title.len()));
        } else {
            lines[last].push_str(&item);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::super::Outcome;
    use super::super::testing::event;
    use super::*;
    use crate::calls::Native;
    use nix::errno::Errno;
    use std::time::Duration;

    fn tally() -> Tally {
        let tally = Tally::new();
        for i in 0..1200 {
            let mut call = event("openat", [0; 6]);
            call.duration = Duration::from_micros(6 + i % 5);
            if i % 100 == 0 {
                call.result = Some(Err(Errno::ENOENT));
            }
            tally.count(&call);
        }
        let mut call = event("newfstatat", [0; 6]);
        for why in [Native::Procfs, Native::Procfs, Native::Type] {
            call.outcome = Outcome::Native(why);
            call.result = None;
            tally.count(&call);
        }
        tally
    }

    #[test]
    fn columns_are_aligned() {
        let expected = "\
call        calls  offloaded  native  errors    time    mean     max
openat       1200       1200       0      12  9.60ms  8.00µs  10.0µs
newfstatat      3          0       3       0  36.0µs  12.0µs  12.0µs
total        1203       1200       3      12  9.64ms  8.01µs  12.0µs
why native: procfs 2, type 1
";
        assert_eq!(render(&tally(), &Answers::default(), 0, false), expected);
    }

    #[test]
    fn what_went_wrong_is_said() {
        let answers = Answers {
            dropped: 1.into(),
            replayed: 2.into(),
            ..Answers::default()
        };
        let text = render(&tally(), &answers, 7, false);
        let end: Vec<_> = text.lines().skip(5).collect();
        assert_eq!(
            end,
            [
                "2 answered again after an interruption",
                "1 dropped and answered EIO: a bug in asys, please report it",
                "7 events missing from the trace",
            ]
        );
    }

    #[test]
    fn nothing_happened() {
        let text = render(&Tally::new(), &Answers::default(), 0, true);
        assert_eq!(text.lines().count(), 2);
        assert!(text.starts_with("\x1b[1mcall"));
    }

    #[test]
    fn many_reasons_are_broken_into_lines() {
        let reasons = [("filesystem", 123_456); 12];
        let lines = wrapped("why native:", &reasons);
        assert!(lines.len() > 1 && lines.iter().all(|line| line.len() <= 80));
        assert!(lines[1].starts_with("            filesystem 123456,"));
    }

    #[test]
    fn it_fits_eighty_columns() {
        let tally = Tally::new();
        let mut call = event("landlock_restrict_self", [0; 6]);
        call.duration = Duration::from_secs(12_345);
        tally.count(&call);
        let text = render(&tally, &Answers::default(), 0, false);
        assert!(
            text.lines().all(|line| line.chars().count() <= 80),
            "{text}"
        );
    }
}
