//! What a family's table says about each of its cases.

use crate::needs::Need;
use crate::twin::Twin;
use std::time::Duration;

/// Long enough for any case on a busy machine; a case that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(30);

/// A family of calls: one test binary, one table of cases.
#[derive(Debug, Clone, Copy)]
pub struct Family {
    pub name: &'static str,
    pub cases: &'static [Case],
}

/// One closure to be run twice, and what the table promises about it.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    pub name: &'static str,
    pub body: fn(&mut Twin),
    /// Rows and errnos this case is there for; the native run must have seen each.
    pub sees: &'static [(&'static str, &'static [i32])],
    pub needs: &'static [Need],
    pub patience: Duration,
}

impl Case {
    pub const fn new(name: &'static str, body: fn(&mut Twin)) -> Self {
        Self {
            name,
            body,
            sees: &[],
            needs: &[],
            patience: PATIENCE,
        }
    }

    pub const fn sees(mut self, sees: &'static [(&'static str, &'static [i32])]) -> Self {
        self.sees = sees;
        self
    }

    pub const fn needs(mut self, needs: &'static [Need]) -> Self {
        self.needs = needs;
        self
    }

    pub const fn within(mut self, seconds: u64) -> Self {
        self.patience = Duration::from_secs(seconds);
        self
    }
}

/// A row of a family's table, named after its function.
#[macro_export]
macro_rules! case {
    ($body:ident) => {
        $crate::case::Case::new(stringify!($body), $body)
    };
}
