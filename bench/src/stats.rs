//! Medians and spreads.

use serde::{Deserialize, Serialize};

/// One run of the target: nanoseconds per iteration.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Sample {
    pub(crate) median_ns: f64,
    pub(crate) p99_ns: f64,
    pub(crate) mean_ns: f64,
}

impl Sample {
    /// `None` of no spans.
    pub(crate) fn of(mut spans: Vec<u64>) -> Option<Sample> {
        spans.sort_unstable();
        let last = spans.len().checked_sub(1)?;
        let sum: u128 = spans.iter().map(|&ns| u128::from(ns)).sum();
        Some(Sample {
            median_ns: (spans[last / 2] + spans[last.div_ceil(2)]) as f64 / 2.0,
            p99_ns: spans[last * 99 / 100] as f64,
            mean_ns: sum as f64 / spans.len() as f64,
        })
    }
}

/// `None` of no values.
pub(crate) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let last = values.len().checked_sub(1)?;
    Some((values[last / 2] + values[last.div_ceil(2)]) / 2.0)
}

/// The distance between the quartiles, as a part of the median. Not from the least to the greatest: with enough rounds
/// one of them always meets somebody else's burst of work, and the median does not care.
pub(crate) fn spread(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let last = sorted.len().checked_sub(1)?;
    let quartiles = sorted[(last * 3).div_ceil(4)] - sorted[last / 4];
    Some(quartiles / median(sorted)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_of_odd_even_and_none() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(vec![]), None);
        assert_eq!(spread(&[900.0, 90.0, 100.0, 120.0, 1.0]), Some(0.3));
        assert_eq!(spread(&[1.0]), Some(0.0));
    }

    #[test]
    fn a_sample_of_a_hundred() {
        let sample = Sample::of((1..=100).rev().collect()).expect("not empty");
        assert_eq!(
            (sample.median_ns, sample.p99_ns, sample.mean_ns),
            (50.5, 99.0, 50.5)
        );
        assert!(Sample::of(vec![]).is_none());
    }
}
