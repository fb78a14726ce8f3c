//! Nobody robs asys: a target of the same user may neither signal, limit, trace nor look into any of its processes.
//!
//! A robber is the command of an `asys run` of its own. It tries everything on the front, the keeper, the supervisor and each of
//! its threads, prints what came of it, and makes sure afterwards that asys still serves it.

use asys_tests::play::{self, Tables};
use std::process::ExitCode;

#[path = "rob/attacks.rs"]
mod attacks;
#[path = "rob/disguises.rs"]
mod disguises;
#[path = "rob/files.rs"]
mod files;
#[path = "rob/namespace.rs"]
mod namespace;

fn main() -> ExitCode {
    play::main(&[
        attacks::TABLES,
        disguises::TABLES,
        files::TABLES,
        namespace::TABLES,
    ])
}
