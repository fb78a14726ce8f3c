//! Differences that were found once, each a sequence in `tests/finder-regressions`, and what the finder says of itself.

use asys_tests::filesystem::FileSystem;
use asys_tests::finder::generate::Generator;
use asys_tests::finder::ground::{Ground, Side};
use asys_tests::finder::language::Arg;
use asys_tests::finder::search::differences;
use asys_tests::finder::shapes::{SHAPES, What};
use asys_tests::finder::{self, text};
use libtest_mimic::{Arguments, Failed, Trial};
use std::collections::BTreeSet;
use std::process::ExitCode;

/// Name and text.
const REGRESSIONS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/finder_regressions.rs"));

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let Some(done) = finder::part(&args) {
        return match done {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error:#}");
                ExitCode::FAILURE
            }
        };
    }
    let mut trials = vec![
        trial("every_row_is_searched", every_row_is_searched),
        trial("what_is_printed_is_parsed", what_is_printed_is_parsed),
        trial("a_seed_is_a_sequence", a_seed_is_a_sequence),
        trial("a_difference_is_seen", a_difference_is_seen),
    ];
    trials.extend(REGRESSIONS.iter().map(|(name, text)| {
        Trial::test(format!("finder::{name}"), move || {
            replay(text).map_err(Failed::from)
        })
    }));
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn trial(name: &str, body: fn()) -> Trial {
    Trial::test(name, move || {
        body();
        Ok(())
    })
}

/// The same natively and under asys, wherever there are files.
fn replay(text: &str) -> Result<(), String> {
    let say = |error: anyhow::Error| format!("{error:#}");
    let sequence = text::parse(text).map_err(say)?;
    for on in [FileSystem::Tmpfs, FileSystem::Home] {
        let ground = Ground::new(on).map_err(say)?;
        let native = ground.alone(Side::Native, &sequence).map_err(say)?;
        let asys = ground.alone(Side::Asys, &sequence).map_err(say)?;
        if native != asys {
            let how = differences(&sequence, &native, &asys);
            return Err(format!("on {}:\n{how}", on.name()));
        }
    }
    Ok(())
}

fn every_row_is_searched() {
    // It would wait for every disk of the machine, again and again; its own family has it.
    const TOO_LARGE: &str = "sync";
    let number = |what: What| match what {
        What::Call(number) => Some(number),
        What::Own(_) => None,
    };
    let searched: BTreeSet<i64> = SHAPES
        .iter()
        .filter_map(|shape| number(shape.what))
        .collect();
    let rows = asys_tests::errnos::ROWS
        .iter()
        .filter(|row| row.name != TOO_LARGE);
    let missing: Vec<&str> = rows
        .filter(|row| !searched.contains(&row.number))
        .map(|row| row.name)
        .collect();
    assert!(missing.is_empty(), "never made: {missing:?}");
    let known = asys_tests::errnos::ROWS.iter();
    for row in known {
        if let Some(shape) = SHAPES.iter().find(|shape| shape.name == row.name) {
            assert_eq!(shape.what, What::Call(row.number), "{}", row.name);
        }
    }
}

fn what_is_printed_is_parsed() {
    let generator = Generator::new();
    for seed in 0..200 {
        let sequence = generator.sequence(seed);
        let printed = text::print(&sequence);
        let parsed = text::parse(&printed).unwrap_or_else(|error| panic!("{error:#}\n{printed}"));
        assert_eq!(parsed, sequence, "{printed}");
    }
}

fn a_seed_is_a_sequence() {
    let [one, other] = [Generator::new(), Generator::new()];
    assert_eq!(one.sequence(7), other.sequence(7));
    assert_ne!(one.sequence(7), one.sequence(8));
}

/// The finder is not blind: two sequences that differ in one byte show it.
fn a_difference_is_seen() {
    let [one, other] = [1, 2].map(|length| {
        let mut sequence =
            text::parse("0 open(\"f\", O_RDWR, 0)\n0 write(3, data[1], len)\n0 stat(\"f\", stat)")
                .expect("a sequence");
        sequence[1].0[0].args[1] = Arg::Data(length);
        sequence
    });
    let ground = Ground::new(FileSystem::Home).expect("a directory");
    let [one, other] =
        [one, other].map(|sequence| ground.alone(Side::Native, &sequence).expect("a run"));
    assert_ne!(one.rounds, other.rounds);
    assert_ne!(one.tree, other.tree);
}
