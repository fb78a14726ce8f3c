//! A hook for the test suite: a worker that panics at a chosen step.
//!
//! Compiled in with the feature `chaos` only. `ASYS_CHAOS=decoded` panics at
//! that step of every call whose place in the run is a multiple of
//! `ASYS_CHAOS_EVERY` (default 1).

/// A step in the life of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Received,
    Decoded,
    Dressed,
    Performed,
    Injected,
}

#[cfg(not(feature = "chaos"))]
#[inline]
pub fn strike(_: Step) {}

#[cfg(feature = "chaos")]
pub use armed::{arm, strike};

#[cfg(feature = "chaos")]
mod armed {
    use super::Step;
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    struct Plan {
        step: Step,
        every: u64,
        passed: AtomicU64,
    }

    static PLAN: OnceLock<Option<Plan>> = OnceLock::new();

    /// Reads the environment, before workers start and lose access to it.
    pub fn arm() {
        PLAN.get_or_init(plan);
    }

    fn plan() -> Option<Plan> {
        let step = match std::env::var("ASYS_CHAOS").ok()?.as_str() {
            "received" => Step::Received,
            "decoded" => Step::Decoded,
            "dressed" => Step::Dressed,
            "performed" => Step::Performed,
            "injected" => Step::Injected,
            _ => return None,
        };
        let every = std::env::var("ASYS_CHAOS_EVERY")
            .ok()
            .and_then(|n| n.parse().ok());
        Some(Plan {
            step,
            every: every.unwrap_or(1).max(1),
            passed: AtomicU64::new(0),
        })
    }

    /// Panics if the plan says so.
    ///
    /// # Panics
    /// That is its purpose.
    pub fn strike(step: Step) {
        let Some(Some(plan)) = PLAN.get() else { return };
        if plan.step == step && (plan.passed.fetch_add(1, Ordering::Relaxed) + 1) % plan.every == 0
        {
            panic!("chaos at {step:?}");
        }
    }
}
