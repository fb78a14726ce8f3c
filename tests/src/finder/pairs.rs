//! Steps made at once whose outcome does not depend on which of them is first.

use crate::finder::constants;
use crate::finder::language::{ACTORS, Arg, Round, Sequence, Step};
use crate::finder::shapes::{self, Own, What};
use proptest::prelude::*;
use proptest::sample::select;

/// Whoever this is, is a process with descriptors of its own.
const APART: u8 = ACTORS as u8 - 1;

fn by(actor: u8, name: &str, args: Vec<Arg>) -> Step {
    let shape = shapes::named(name).expect("a call of the table");
    Step { actor, shape, args }
}

fn text(path: &str) -> Arg {
    Arg::Text(path.as_bytes().to_vec())
}

/// A call, and a signal for whoever makes it.
pub fn interrupted(step: BoxedStrategy<Step>) -> BoxedStrategy<Sequence> {
    let signals: Vec<i64> = constants::SIGNAL
        .iter()
        .map(|(_, signal)| *signal)
        .collect();
    (step, select(signals), 1u8..3)
        .prop_map(|(step, signal, further)| {
            let victim = step.actor;
            let other = (victim + further) % ACTORS as u8;
            let args = vec![Arg::Pid(victim), Arg::Tid(victim), Arg::Number(signal)];
            let made_at_once = match step.shape.what {
                What::Call(_) => vec![step, by(other, "tgkill", args)],
                What::Own(_) => vec![step],
            };
            vec![Round(made_at_once)]
        })
        .boxed()
}

/// Two that make and remove things in different directories.
pub fn apart() -> BoxedStrategy<Sequence> {
    let one = |actor: u8, names: [&'static str; 3]| {
        let calls = select(vec![
            "mkdir", "creat", "symlink", "unlink", "rmdir", "rename", "link", "truncate",
        ]);
        (calls, select(names.to_vec()), select(names.to_vec())).prop_map(move |(call, a, b)| {
            let args = match call {
                "mkdir" | "creat" => vec![text(a), Arg::Number(0o755)],
                "symlink" => vec![text("f"), text(a)],
                "unlink" | "rmdir" => vec![text(a)],
                "truncate" => vec![text(a), Arg::Number(10)],
                _ => vec![text(a), text(b)],
            };
            by(actor, call, args)
        })
    };
    (
        one(0, ["d/a", "d/c", "d/f"]),
        one(APART, ["t/a", "t/c", "t/f"]),
    )
        .prop_map(|(one, other)| vec![spawn_the_other(), Round(vec![one, other])])
        .boxed()
}

/// Both ends of a FIFO, each of which waits for the other.
pub fn rendezvous() -> BoxedStrategy<Sequence> {
    let open = |actor, flags| {
        by(
            actor,
            "open",
            vec![text("p"), Arg::Number(flags), Arg::Number(0)],
        )
    };
    select(vec![[0, 1], [1, 0]])
        .prop_map(move |[one, other]| {
            vec![
                spawn_the_other(),
                Round(vec![open(0, one), open(APART, other)]),
            ]
        })
        .boxed()
}

fn spawn_the_other() -> Round {
    Round(vec![by(
        0,
        "spawn",
        vec![Arg::Number(i64::from(APART)), Arg::Number(0)],
    )])
}

/// Of two that share descriptors, the first to open something gets the lower number.
pub fn keep_apart(step: &mut Step) {
    let is_spawn = step.shape.what == What::Own(Own::Spawn);
    if is_spawn && step.args.first() == Some(&Arg::Number(i64::from(APART))) {
        step.args[1] = Arg::Number(0);
    }
}
