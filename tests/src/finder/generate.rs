//! Sequences, made by proptest: each from a seed of its own.

use crate::finder::language::{ACTORS, Arg, Round, Sequence, Step};
use crate::finder::pairs;
use crate::finder::shapes::{SHAPES, Shape};
use crate::finder::values;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::{NewTree, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// Steps of a sequence.
const STEPS: std::ops::Range<usize> = 8..48;

/// Descriptors that are there to begin with.
const OPENED: std::ops::Range<usize> = 2..8;

type Tree = Box<dyn ValueTree<Value = Sequence>>;

#[derive(Debug)]
pub struct Generator(BoxedStrategy<Sequence>);

impl Generator {
    pub fn new() -> Self {
        let begin = proptest::collection::vec(opening(), OPENED);
        let then = proptest::collection::vec(rounds(), STEPS);
        let all = (begin, then).prop_map(|(begin, then)| [begin, then].concat());
        Self(all.prop_map(|parts| ordered(parts.concat())).boxed())
    }

    /// The sequence of a seed, ready to be shrunk.
    pub fn tree(&self, seed: u64) -> NewTree<BoxedStrategy<Sequence>> {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        self.0
            .new_tree(&mut TestRunner::new_with_rng(Config::default(), rng))
    }

    pub fn sequence(&self, seed: u64) -> Sequence {
        let tree: Tree = self.tree(seed).expect("no strategy rejects anything");
        tree.current()
    }
}

impl Default for Generator {
    fn default() -> Self {
        Self::new()
    }
}

fn actor() -> BoxedStrategy<u8> {
    prop_oneof![8 => Just(0u8), 5 => Just(1), 2 => Just(2), 1 => Just(ACTORS as u8 - 1)].boxed()
}

fn step(shape: &'static Shape) -> BoxedStrategy<Step> {
    let args: Vec<_> = shape.args.iter().map(|kind| values::of(*kind)).collect();
    (actor(), args)
        .prop_map(move |(actor, args)| Step { actor, shape, args })
        .boxed()
}

/// A union of so many strategies would make something of each, for every step.
fn any_step() -> BoxedStrategy<Step> {
    let mut ends = Vec::new();
    let mut made = Vec::new();
    let mut total = 0;
    for shape in SHAPES.iter().filter(|shape| shape.weight > 0) {
        total += shape.weight;
        ends.push(total);
        made.push(step(shape));
    }
    (0..total)
        .prop_flat_map(move |drawn| made[ends.partition_point(|end| *end <= drawn)].clone())
        .boxed()
}

/// What most calls by descriptor can do something with.
fn opening() -> BoxedStrategy<Sequence> {
    const USEFUL: &[&str] = &[
        r#"0 open("f", O_RDWR, 0)"#,
        r#"0 open("d", O_DIRECTORY, 0)"#,
        r#"0 open("b", O_RDWR, 0)"#,
        r#"0 open(".", O_DIRECTORY, 0)"#,
        r#"0 open("a", O_RDWR|O_CREAT, 0644)"#,
        r#"0 pipe2(pair, O_NONBLOCK)"#,
        r#"0 open("d/f", O_RDWR|O_APPEND, 0)"#,
        r#"0 open("d/f", 0, 0)"#,
        r#"0 open("b", O_RDWR|O_NONBLOCK|O_NOATIME, 0)"#,
        r#"0 open("f", O_PATH, 0)"#,
        r#"0 open("ld", O_PATH|O_DIRECTORY, 0)"#,
        r#"0 open("l", O_PATH|O_NOFOLLOW, 0)"#,
        r#"0 open("d", O_TMPFILE|O_RDWR, 0600)"#,
        r#"0 open("p", O_RDWR|O_NONBLOCK, 0)"#,
        r#"0 memfd_create("user.a", 2)"#,
        r#"0 socketpair(1, 2049, 0, pair)"#,
        r#"0 socket(1, 2049, 0)"#,
        r#"0 inotify_init1(O_NONBLOCK)"#,
        r#"0 open("t", O_DIRECTORY, 0)"#,
    ];
    let parsed = |text: &&str| crate::finder::text::parse(text).expect("a step");
    select(USEFUL.iter().map(parsed).collect::<Vec<_>>()).boxed()
}

fn rounds() -> BoxedStrategy<Sequence> {
    let step = any_step();
    let alone = step.clone().prop_map(|step| vec![Round(vec![step])]);
    prop_oneof![
        24 => alone,
        2 => pairs::interrupted(step),
        1 => pairs::apart(),
        1 => pairs::rendezvous(),
    ]
    .boxed()
}

fn ordered(mut sequence: Sequence) -> Sequence {
    for step in sequence.iter_mut().flat_map(|round| &mut round.0) {
        pairs::keep_apart(step);
    }
    sequence
        .into_iter()
        .filter(|round| round.0.iter().all(is_comparable))
        .collect()
}

/// What asys(7) lists as a difference, or what has no one outcome, is left out.
pub fn is_comparable(step: &Step) -> bool {
    let number = |i: usize| match step.args.get(i) {
        Some(Arg::Number(number)) => *number,
        _ => 0,
    };
    match step.shape.name {
        // "linkat(2) with AT_EMPTY_PATH of an ordinary open file".
        "linkat" => number(4) & i64::from(libc::AT_EMPTY_PATH) == 0,
        // The number of a process.
        "readlink" | "readlinkat" => !step.args.iter().any(names_a_process),
        // openat2(2): what is in the kernel's caches is nothing a sequence decides.
        "openat2" => {
            !matches!(step.args[2], Arg::How([_, _, resolve]) if resolve & RESOLVE_CACHED != 0)
        }
        _ => true,
    }
}

const RESOLVE_CACHED: i64 = 32;

fn names_a_process(arg: &Arg) -> bool {
    matches!(arg, Arg::Text(text) if text == b"/proc/self" || text == b"/proc/thread-self")
}
