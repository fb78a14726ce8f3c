//! What a FUSE daemon is asked under asys, and by whom, and what it refuses: as natively.

use asys_tests::play;
use std::process::ExitCode;

#[path = "fuse/access.rs"]
mod access;
#[path = "fuse/callers.rs"]
mod callers;
#[path = "fuse/flushes.rs"]
mod flushes;
#[path = "fuse/ground.rs"]
mod ground;
#[path = "fuse/interrupts.rs"]
mod interrupts;

fn main() -> ExitCode {
    play::main(&[
        flushes::TABLES,
        callers::TABLES,
        access::TABLES,
        interrupts::TABLES,
    ])
}
