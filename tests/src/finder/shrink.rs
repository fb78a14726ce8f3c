//! From a sequence that shows a difference to the shortest one that does.
//!
//! proptest shrinks one candidate after the other, and each would be a start of asys; here a batch of them is run at
//! once, and the first that still shows a difference is gone on with.

use crate::finder::ground::{Ground, Side};
use crate::finder::language::{Arg, Round, Sequence, Wild};
use anyhow::Result;
use std::time::{Duration, Instant};

const BATCH: usize = 48;
const LONGEST: Duration = Duration::from_secs(60);

pub fn shrink(ground: &Ground, sequence: &[Round]) -> Result<Sequence> {
    let began = Instant::now();
    let mut shortest = sequence.to_vec();
    while began.elapsed() < LONGEST {
        match first_different(ground, &shorter(&shortest))? {
            Some(found) => shortest = found,
            None => break,
        }
    }
    while began.elapsed() < LONGEST {
        match first_different(ground, &simpler(&shortest))? {
            Some(found) => shortest = found,
            None => break,
        }
    }
    Ok(shortest)
}

fn first_different(ground: &Ground, candidates: &[Sequence]) -> Result<Option<Sequence>> {
    for batch in candidates.chunks(BATCH) {
        let all: Vec<&[Round]> = batch.iter().map(Vec::as_slice).collect();
        let runs =
            [Side::Native, Side::Asys, Side::Native, Side::Asys].map(|side| ground.run(side, &all));
        let [native, asys, native_again, asys_again] = runs;
        let (native, asys, native_again, asys_again) = (native?, asys?, native_again?, asys_again?);
        let differs = |i: &usize| {
            native[*i] == native_again[*i] && native[*i] != asys[*i] && native[*i] != asys_again[*i]
        };
        if let Some(found) = (0..batch.len()).find(differs) {
            return Ok(Some(batch[found].clone()));
        }
    }
    Ok(None)
}

/// Without many rounds, without fewer, without one.
fn shorter(sequence: &[Round]) -> Vec<Sequence> {
    let mut candidates = Vec::new();
    let mut length = sequence.len() / 2;
    while length > 0 {
        for from in (0..sequence.len()).step_by(length) {
            let to = (from + length).min(sequence.len());
            candidates.push([&sequence[..from], &sequence[to..]].concat());
        }
        length /= 2;
    }
    candidates
}

/// With one argument that is simpler, or one step that is another actor's.
fn simpler(sequence: &[Round]) -> Vec<Sequence> {
    let mut candidates = Vec::new();
    for (r, round) in sequence.iter().enumerate() {
        for (s, step) in round.0.iter().enumerate() {
            let mut with = |change: &dyn Fn(&mut crate::finder::language::Step)| {
                let mut candidate = sequence.to_vec();
                change(&mut candidate[r].0[s]);
                candidates.push(candidate);
            };
            if step.actor > 0 && round.0.len() == 1 {
                with(&|step| step.actor = 0);
            }
            for (a, arg) in step.args.iter().enumerate() {
                for simple in simpler_args(arg) {
                    with(&|step| step.args[a] = simple.clone());
                }
            }
        }
    }
    candidates
}

/// Each is nearer to the simplest, so that no two of them go round in circles.
fn simpler_args(arg: &Arg) -> Vec<Arg> {
    match arg {
        Arg::Number(0) => Vec::new(),
        Arg::Number(number) => {
            let bits = (0..63)
                .map(|bit| 1i64 << bit)
                .filter(|bit| *number > 0 && number & bit != 0);
            let fewer = bits
                .map(|bit| Arg::Number(number & !bit))
                .filter(|fewer| *fewer != Arg::Number(0));
            std::iter::once(Arg::Number(0)).chain(fewer).collect()
        }
        Arg::Text(text) if text != b"f" && !text.starts_with(b"user.") => {
            vec![Arg::Text(b"f".to_vec())]
        }
        Arg::Data(n) if *n > 1 => vec![Arg::Data(1), Arg::Data(n / 2)],
        Arg::Out(n) if *n > 1 => vec![Arg::Out(1), Arg::Out(n / 2)],
        Arg::Offset(n) if *n != 0 => vec![Arg::Wild(Wild::Null), Arg::Offset(0)],
        Arg::Times(times) if times.iter().any(|time| *time != (1, 1)) => {
            vec![Arg::Wild(Wild::Null), Arg::Times(vec![(1, 1); times.len()])]
        }
        Arg::Parts(parts) => (0..parts.len())
            .map(|i| Arg::Parts([&parts[..i], &parts[i + 1..]].concat()))
            .collect(),
        Arg::How([flags, mode, resolve]) => {
            let zeroed = [
                [0, *mode, *resolve],
                [*flags, 0, *resolve],
                [*flags, *mode, 0],
            ];
            zeroed
                .into_iter()
                .filter(|how| how != &[*flags, *mode, *resolve])
                .map(Arg::How)
                .collect()
        }
        _ => Vec::new(),
    }
}
