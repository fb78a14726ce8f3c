//! Rough weather: workers that panic, crowds, tight limits, missing features, signals without end, random data, large transfers.

use asys_tests::play::{self, Tables};
use std::process::ExitCode;

#[path = "weather/crowds.rs"]
mod crowds;
#[path = "weather/data.rs"]
mod data;
#[path = "weather/features.rs"]
mod features;
#[path = "weather/limits.rs"]
mod limits;
#[path = "weather/panics.rs"]
mod panics;
#[path = "weather/transfers.rs"]
mod transfers;

fn main() -> ExitCode {
    play::main(&[
        panics::TABLES,
        crowds::TABLES,
        limits::TABLES,
        features::TABLES,
        data::TABLES,
        transfers::TABLES,
    ])
}
