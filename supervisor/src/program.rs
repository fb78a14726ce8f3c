//! Which run of a program a process is in, and who may write into it.
//!
//! execve(2) by one thread ends the others in the middle of their calls and
//! gives its own thread the leader's number: what was read of a caller, and
//! what is to be written into it, may then be another program's, with other
//! privileges. Every execve is trapped; it goes on only when no injection is
//! under way, and an answer for a run that is over is not injected.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long an execve may wait for injections. One that takes longer waits
/// for a page of the old program's, which it holds on to.
const PATIENCE: Duration = Duration::from_secs(10);

/// One process's program.
#[derive(Debug, Default)]
pub struct Program {
    state: Mutex<State>,
    /// An injection has ended.
    left: Condvar,
}

#[derive(Debug, Default)]
struct State {
    runs: u64,
    /// An execve may be under way.
    executing: bool,
    injecting: usize,
    /// Those that wait for injections to end.
    waiting: usize,
}

/// A run of a program, from one execve to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run(u64);

/// While it lives, the program does not change.
#[derive(Debug)]
pub struct Injecting<'a>(&'a Program);

impl Program {
    fn state(&self) -> MutexGuard<'_, State> {
        // Each change is one assignment.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The run it is in; `None` while that may be ending.
    #[must_use]
    pub fn run(&self) -> Option<Run> {
        let state = self.state();
        (!state.executing).then_some(Run(state.runs))
    }

    /// Holds it in `run`, if that is not over.
    #[must_use]
    pub fn enter(&self, run: Run) -> Option<Injecting<'_>> {
        let mut state = self.state();
        if state.executing || state.runs != run.0 {
            return None;
        }
        state.injecting += 1;
        Some(Injecting(self))
    }

    /// An execve is about to begin: waits until nobody injects.
    pub fn execute(&self) {
        let mut state = self.state();
        state.executing = true;
        state.runs += 1;
        state.waiting += 1;
        let busy = |state: &mut State| state.injecting > 0;
        let waited = self.left.wait_timeout_while(state, PATIENCE, busy);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.waiting -= 1;
    }

    /// No execve is under way any more.
    pub fn settle(&self) {
        self.state().executing = false;
    }
}

impl Drop for Injecting<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.injecting -= 1;
        // Every notification is a system call, whether somebody waits or not.
        if state.waiting > 0 {
            self.0.left.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant_for_one_run_is_not_injected_into_the_next() {
        let program = Program::default();
        let first = program.run().unwrap();
        assert!(program.enter(first).is_some());
        program.execute();
        assert_eq!(program.run(), None);
        assert!(program.enter(first).is_none());
        program.settle();
        assert!(program.enter(first).is_none());
        assert!(program.enter(program.run().unwrap()).is_some());
    }

    #[test]
    fn an_execve_waits_for_injections() {
        let program = Program::default();
        let injecting = program.enter(program.run().unwrap());
        std::thread::scope(|scope| {
            let execve = scope.spawn(|| program.execute());
            while program.run().is_some() {
                std::thread::yield_now();
            }
            assert!(!execve.is_finished());
            drop(injecting);
        });
    }
}
