//! What asys's trace says it did with the calls of a case.

use serde::Deserialize;

use crate::case::Case;
use crate::floor::Tally;

/// One event; the header, the footer and what else a trace holds has no such fields.
#[derive(Deserialize)]
struct Event<'a> {
    call: &'a str,
    outcome: &'a str,
}

pub(crate) fn tally(trace: &str, case: &Case) -> Tally {
    let mut tally = Tally::default();
    for line in trace.lines() {
        let Ok(event) = serde_json::from_str::<Event<'_>>(line) else {
            continue;
        };
        if case.makes(event.call) {
            match event.outcome {
                "offloaded" => tally.carried_out += 1,
                "native" => tally.native += 1,
                _ => {}
            }
        }
    }
    tally
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_the_calls_of_the_case_only() {
        let trace = r#"{"schema":1,"asys":"0.1.0"}
{"seq":1,"call":"write","outcome":"offloaded"}
{"seq":2,"call":"fsync","outcome":"native"}
{"seq":3,"call":"openat","outcome":"offloaded"}
{"lost":0}"#;
        let tally = tally(trace, Case::named("write-fsync").expect("a case"));
        assert_eq!((tally.carried_out, tally.native), (1, 1));
    }
}
