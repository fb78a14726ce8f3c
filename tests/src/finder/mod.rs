//! The difference finder: random sequences of calls, natively and under asys, and everything they saw compared.
//!
//! | file | what it owns |
//! |---|---|
//! | [`language`] | a sequence: rounds of steps, steps of arguments |
//! | [`text`] | a sequence as text, to be read by people and parsed again |
//! | [`constants`] | the names of flags |
//! | [`shapes`] | which calls there are, and what each of their arguments is |
//! | [`paths`], [`values`], [`pairs`], [`generate`] | proptest's strategies for all of these |
//! | [`world`] | the small tree in which a sequence begins |
//! | [`area`] | the memory shared by whoever plays a sequence and whoever compares |
//! | [`arena`] | arguments laid out in memory, and what a call has written there |
//! | [`actor`] | a thread or process that makes its steps when it is its turn |
//! | [`signals`], [`notes`] | what an actor has caught, and what it writes down |
//! | [`conductor`] | starts the actors of one sequence after the other, and ends them |
//! | [`seen`] | what was seen, as lines in which nothing differs by nature |
//! | [`fence`] | what keeps the machine from harm |
//! | [`ground`] | directories, and a batch of sequences run in them, natively or under asys |
//! | [`search`], [`shrink`] | generates, runs, compares, confirms, shrinks, reports |
//!
//! A sequence must have one outcome natively, so its steps are made in lock step: each is one actor's, and the next
//! begins when it has returned. Rounds of two steps at once are made of pairs whose outcome does not depend on order.
//! What differs natively from itself all the same is thrown away and counted.
//!
//! What a program can tell by asys(7) is not compared: it is either never generated or masked, and the place says so.

pub mod actor;
pub mod area;
pub mod arena;
pub mod conductor;
pub mod constants;
pub mod fence;
pub mod generate;
pub mod ground;
pub mod language;
pub mod notes;
pub mod pairs;
pub mod paths;
pub mod search;
pub mod seen;
pub mod shapes;
pub mod shrink;
pub mod signals;
pub mod text;
pub mod values;
pub mod world;

use anyhow::Result;

/// The processes that the finder starts from its own binary; `None` when it is started by people.
pub fn part(args: &[String]) -> Option<Result<()>> {
    match args.first().map(String::as_str) {
        Some("--twin-launch") => Some(crate::launch::main(&args[1..])),
        Some("--twin-play") => Some(conductor::main(&args[1..])),
        Some("--twin-actor") => Some(actor::main_again(&args[1..])),
        _ => None,
    }
}
