//! The `asys` command. See [`asys_supervisor`] for how it works.
//!
//! The C entry point instead of Rust's: the standard runtime would open
//! /dev/null on closed standard descriptors and ignore SIGPIPE before we
//! could see what the command is to inherit.
#![no_main]

use std::ffi::{c_char, c_int};

/// Called by the C library. Arguments come from `std::env`, which reads them by itself.
#[unsafe(no_mangle)]
extern "C" fn main(_count: c_int, _arguments: *const *const c_char) -> c_int {
    asys_supervisor::cli::main()
}
