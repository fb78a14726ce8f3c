//! The job: what the shell, the terminal, timeout(1) or a service manager sees of `asys run` is what they would see of
//! the command.

use asys_tests::play;
use std::process::ExitCode;

#[path = "job/deaths.rs"]
mod deaths;
#[path = "job/endings.rs"]
mod endings;
#[path = "job/inherited.rs"]
mod inherited;
#[path = "job/keyboard.rs"]
mod keyboard;
#[path = "job/signals.rs"]
mod signals;

fn main() -> ExitCode {
    play::main(&[
        keyboard::TABLES,
        signals::TABLES,
        inherited::TABLES,
        endings::TABLES,
        deaths::TABLES,
    ])
}
