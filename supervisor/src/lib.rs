//! asys: runs a program with its blocking system calls carried out for it.
//!
//! ```text
//!  Request ──decode──► Call ──facts──► Verdict ──► Identity ──► perform ──► Reply ──inject──► Event
//! ```
//! [`front`] is the shell's job, [`supervise`] the event loop, [`pool`] and
//! [`worker`] those who receive and execute, [`calls`] the table of what
//! they can do. [`sys`] holds all unsafe code.

pub mod calls;
pub mod carry;
pub mod chaos;
pub mod cli;
pub mod confine;
pub mod facts;
pub mod front;
pub mod identity;
pub mod inject;
pub mod interrupt;
pub mod keeper;
pub mod lookup;
pub mod message;
pub mod mounts;
pub mod pool;
pub mod processes;
pub mod program;
pub mod record;
pub mod request;
pub mod supervise;
pub mod sys;
pub mod target;
pub mod trace;
pub mod tree;
pub mod wire;
pub mod worker;
