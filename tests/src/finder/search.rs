//! The search: generates, runs, compares, confirms, shrinks, reports.

use crate::filesystem::FileSystem;
use crate::finder::generate::Generator;
use crate::finder::ground::{Ground, Side};
use crate::finder::language::{Round, Sequence, steps};
use crate::finder::seen::Seen;
use crate::finder::shrink::shrink;
use crate::finder::text;
use anyhow::Result;
use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

#[derive(Debug, Clone)]
pub struct Options {
    pub time: Duration,
    pub seed: u64,
    /// After so many differences the search is over.
    pub most: usize,
    /// So many batches at once.
    pub jobs: usize,
    /// Tells also of what is not counted as a difference.
    pub verbose: bool,
}

/// Sequences of one start of asys. A batch begins at a multiple of that: a seed has its batch, and its file system.
const BATCH: u64 = 64;
/// What waits for a disk is slow: one batch of so many.
const ON_DISK: u64 = 6;
/// How often a batch is run natively once more.
const SELF_CHECK: u64 = 8;
/// Runs that a sequence must survive before its difference is believed.
const CONFIRMATIONS: usize = 3;

#[derive(Debug, Default, Clone)]
pub struct Found {
    pub sequences: usize,
    pub steps: usize,
    pub differences: usize,
    /// Had more than one outcome natively.
    pub discarded: usize,
    /// Differed in their batch, never alone.
    pub unconfirmed: usize,
}

/// What the jobs share.
struct Search {
    options: Options,
    began: Instant,
    next: AtomicU64,
    found: Mutex<Found>,
}

/// One job: its own directories, its own turn with asys.
struct Job<'a> {
    search: &'a Search,
    generator: Generator,
    grounds: [(FileSystem, Ground); 2],
}

pub fn search(options: Options) -> Result<Found> {
    let jobs = options.jobs;
    let search = Search {
        next: AtomicU64::new(options.seed / BATCH),
        options,
        began: Instant::now(),
        found: Mutex::default(),
    };
    std::thread::scope(|scope| {
        let started: Vec<_> = (0..jobs)
            .map(|_| scope.spawn(|| Job::new(&search)?.run()))
            .collect();
        let ended = started
            .into_iter()
            .map(|job| job.join().expect("a job that does not panic"));
        ended
            .collect::<Vec<_>>()
            .into_iter()
            .collect::<Result<()>>()
    })?;
    Ok(search.found().clone())
}

impl Search {
    fn found(&self) -> MutexGuard<'_, Found> {
        self.found.lock().expect("no job panics while it counts")
    }

    fn is_over(&self) -> bool {
        self.began.elapsed() >= self.options.time || self.found().differences >= self.options.most
    }

    /// What is no difference, for who asks.
    fn mention(&self, what: &str, seed: u64, how: impl FnOnce() -> String) {
        if self.options.verbose {
            println!("\n# {what}: seed {seed}\n{}", how());
        }
    }

    fn progress(&self) {
        if std::io::stderr().is_terminal() {
            let seconds = self.began.elapsed().as_secs();
            let found = self.found().clone();
            let _ = write!(std::io::stderr(), "\rtwin: {seconds} s, {found}\x1b[K");
        }
    }
}

impl<'a> Job<'a> {
    fn new(search: &'a Search) -> Result<Self> {
        let on = |file_system| Ok::<_, anyhow::Error>((file_system, Ground::new(file_system)?));
        Ok(Self {
            search,
            generator: Generator::new(),
            grounds: [on(FileSystem::Tmpfs)?, on(FileSystem::Home)?],
        })
    }

    fn run(&self) -> Result<()> {
        while !self.search.is_over() {
            self.batch(self.search.next.fetch_add(1, Ordering::Relaxed))?;
            self.search.progress();
        }
        Ok(())
    }

    fn batch(&self, number: u64) -> Result<()> {
        let at = usize::from(number % ON_DISK == ON_DISK - 1);
        let first = number.wrapping_mul(BATCH);
        let seeds: Vec<u64> = (0..BATCH).map(|i| first.wrapping_add(i)).collect();
        let sequences = seeds.iter().map(|seed| self.generator.sequence(*seed));
        let sequences: Vec<Sequence> = sequences.collect();
        let all: Vec<&[Round]> = sequences.iter().map(Vec::as_slice).collect();
        let ground = &self.grounds[at].1;
        let native = ground.run(Side::Native, &all)?;
        let asys = ground.run(Side::Asys, &all)?;
        let again = match number.is_multiple_of(SELF_CHECK) {
            true => ground.run(Side::Native, &all)?,
            false => native.clone(),
        };
        let mut found = self.search.found();
        found.sequences += sequences.len();
        found.steps += all.iter().map(|sequence| steps(sequence)).sum::<usize>();
        drop(found);
        for (i, seed) in seeds.iter().enumerate() {
            let told = |other: &Seen| differences(all[i], &native[i], other);
            if native[i] != again[i] {
                self.search.found().discarded += 1;
                self.search
                    .mention("unsteady natively", *seed, || told(&again[i]));
            } else if native[i] != asys[i] {
                self.look_closer(at, *seed, all[i], || told(&asys[i]))?;
            }
        }
        Ok(())
    }

    /// A difference is one that a sequence shows alone, each time, and never natively from itself.
    fn look_closer(
        &self,
        at: usize,
        seed: u64,
        sequence: &[Round],
        told: impl FnOnce() -> String,
    ) -> Result<()> {
        let (file_system, ground) = &self.grounds[at];
        match verdict(ground, sequence, CONFIRMATIONS)? {
            Verdict::Unsteady => {
                self.search.found().discarded += 1;
                self.search.mention("unsteady alone", seed, told);
            }
            Verdict::Equal => {
                self.search.found().unconfirmed += 1;
                self.search.mention("not seen again", seed, told);
            }
            Verdict::Different => {
                let shortest = shrink(ground, sequence)?;
                self.search.found().differences += 1;
                report(*file_system, ground, seed, &shortest)?;
            }
        }
        Ok(())
    }
}

impl std::fmt::Display for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} sequences, {} steps, {} differences; not compared: {} unsteady natively, {} not seen again",
            self.sequences, self.steps, self.differences, self.discarded, self.unconfirmed
        )
    }
}

enum Verdict {
    Equal,
    Different,
    /// Natively it has more than one outcome.
    Unsteady,
}

fn verdict(ground: &Ground, sequence: &[Round], times: usize) -> Result<Verdict> {
    let native = ground.alone(Side::Native, sequence)?;
    for _ in 0..times {
        let again = ground.alone(Side::Native, sequence)?;
        let asys = ground.alone(Side::Asys, sequence)?;
        if again != native {
            return Ok(Verdict::Unsteady);
        }
        if asys == native {
            return Ok(Verdict::Equal);
        }
    }
    Ok(Verdict::Different)
}

fn report(on: FileSystem, ground: &Ground, seed: u64, sequence: &[Round]) -> Result<()> {
    let native = ground.alone(Side::Native, sequence)?;
    let asys = ground.alone(Side::Asys, sequence)?;
    println!(
        "\n# a difference on {}: make twin SECONDS=1 SEED={seed}\n{}{}",
        on.name(),
        text::print(sequence),
        differences(sequence, &native, &asys)
    );
    Ok(())
}

/// Both sides, where they part.
pub fn differences(sequence: &[Round], native: &Seen, asys: &Seen) -> String {
    let mut lines = String::new();
    let length = native.rounds.len().max(asys.rounds.len());
    for i in 0..length {
        let [n, a] = [native, asys].map(|seen| seen.rounds.get(i));
        if n == a {
            continue;
        }
        if let Some(round) = n.or(a).and_then(|(round, _)| sequence.get(*round)) {
            lines += &format!("# {round}\n");
        }
        for (side, line) in [("native", n), ("asys  ", a)] {
            let line = line.map_or("nothing", |(_, line)| line);
            lines += &format!("# {side} {}\n", line.replace('\n', "\n#        "));
        }
    }
    let only = |side: &str, here: &[String], there: &[String]| {
        let lines = here.iter().filter(|line| !there.contains(line));
        lines
            .map(|line| format!("# {side} {line}\n"))
            .collect::<String>()
    };
    lines + &only("native", &native.tree, &asys.tree) + &only("asys  ", &asys.tree, &native.tree)
}

/// One sequence on every ground; whether both sides saw the same.
pub fn replay(sequence: &[Round]) -> Result<bool> {
    let mut equal = true;
    for on in [FileSystem::Tmpfs, FileSystem::Home] {
        let ground = Ground::new(on)?;
        let native = ground.alone(Side::Native, sequence)?;
        let asys = ground.alone(Side::Asys, sequence)?;
        println!("# on {}", on.name());
        for (number, line) in &native.rounds {
            let made = sequence
                .get(*number)
                .map_or(String::new(), |round| format!("{round}   "));
            println!("{made}{line}");
        }
        print!("{}", differences(sequence, &native, &asys));
        equal &= native == asys;
    }
    Ok(equal)
}
