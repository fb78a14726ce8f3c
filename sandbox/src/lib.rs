//! The side of the target: the filter it runs under, and the launch that
//! puts it there.
//!
//! A [`Program`] is the compiled filter, an [`Inherited`] what the command
//! must find as if asys were not there, a [`Launch`] the two together with
//! the command itself. [`Launch::stage`] clones a child that installs the
//! filter and waits; [`Staged::release`] lets it become the command.

mod child;
mod command;
mod filter;
mod gate;
mod inherited;
mod launch;
mod user;

pub use command::Command;
pub use filter::{Program, Trap, When};
pub use inherited::{Closed, Inherited};
pub use launch::{Launch, NotExecuted, Staged};
pub use user::Account;
