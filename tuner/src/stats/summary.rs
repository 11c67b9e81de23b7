//! Median, spread and interval of one candidate's samples.

use serde::{Deserialize, Serialize};
use statrs::distribution::{Binomial, DiscreteCDF};

/// Confidence of every interval that is printed or stored.
pub const CONFIDENCE: f64 = 0.95;

/// Samples have converged when the interval of their median is narrower than this share of it.
const CONVERGED: f64 = 0.01;

/// A closed interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interval {
    /// Lower end.
    pub lo: f64,
    /// Upper end.
    pub hi: f64,
}

impl Interval {
    /// Whether it contains a value.
    pub fn contains(&self, value: f64) -> bool {
        (self.lo..=self.hi).contains(&value)
    }

    /// Distance between its ends.
    pub fn width(&self) -> f64 {
        self.hi - self.lo
    }
}

/// What is kept of the samples of one candidate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    /// Number of samples.
    pub count: usize,
    /// Median, in the unit of the samples.
    pub median: f64,
    /// Median absolute deviation from the median, unscaled.
    pub mad: f64,
    /// Smallest sample; a diagnostic, never a criterion.
    pub min: f64,
    /// Interval of the median at [`CONFIDENCE`]; absent below 6 samples, which cannot give one.
    pub interval: Option<Interval>,
}

impl Summary {
    /// The summary of samples; `None` if there are none or one is not a finite number.
    pub fn of(samples: &[f64]) -> Option<Self> {
        let sorted = sorted(samples)?;
        let median = middle(&sorted);
        let deviations: Vec<f64> = sorted.iter().map(|sample| (sample - median).abs()).collect();
        Some(Self {
            count: sorted.len(),
            median,
            mad: self::median(&deviations)?,
            min: sorted[0],
            interval: interval_of_sorted(&sorted, CONFIDENCE),
        })
    }

    /// Whether more samples would hardly move the median: its interval is under 1 % of it.
    pub fn converged(&self) -> bool {
        self.interval.is_some_and(|interval| interval.width() < CONVERGED * self.median)
    }
}

/// The median; `None` if there are no samples or one is not a finite number.
pub fn median(samples: &[f64]) -> Option<f64> {
    sorted(samples).map(|sorted| middle(&sorted))
}

/// The median absolute deviation from the median, unscaled.
pub fn mad(samples: &[f64]) -> Option<f64> {
    Summary::of(samples).map(|summary| summary.mad)
}

/// The narrowest symmetric order-statistic interval that holds the median with at least
/// `confidence`; `None` if the samples are too few for it or one is not a finite number.
pub fn median_interval(samples: &[f64], confidence: f64) -> Option<Interval> {
    interval_of_sorted(&sorted(samples)?, confidence)
}

/// Of `n` samples, the k-th smallest and the k-th largest enclose the median with probability
/// `1 - 2 P(B < k)` where B ~ Binomial(n, 1/2); the largest such k is taken.
fn interval_of_sorted(sorted: &[f64], confidence: f64) -> Option<Interval> {
    let count = sorted.len() as u64;
    let below = Binomial::new(0.5, count).ok()?;
    let tail = (1.0 - confidence) / 2.0;
    let rank = (0..count.div_ceil(2)).take_while(|&k| below.cdf(k) <= tail).count();
    let at = rank.checked_sub(1)?;
    Some(Interval { lo: sorted[at], hi: sorted[sorted.len() - 1 - at] })
}

fn sorted(samples: &[f64]) -> Option<Vec<f64>> {
    if samples.is_empty() || !samples.iter().all(|sample| sample.is_finite()) {
        return None;
    }
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    Some(sorted)
}

/// The median of sorted samples, of which there is at least one.
fn middle(sorted: &[f64]) -> f64 {
    let half = sorted.len() / 2;
    match sorted.len() % 2 {
        1 => sorted[half],
        _ => sorted[half - 1] + (sorted[half] - sorted[half - 1]) / 2.0,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ranks(count: usize, confidence: f64) -> Option<(f64, f64)> {
        let samples: Vec<f64> = (1..=count).rev().map(|rank| rank as f64).collect();
        median_interval(&samples, confidence).map(|interval| (interval.lo, interval.hi))
    }

    #[test]
    fn the_interval_has_the_ranks_of_the_published_tables() {
        // Conover, Practical Nonparametric Statistics: ranks of the 95 % interval of the median.
        let table = [
            (6, (1.0, 6.0)),
            (8, (1.0, 8.0)),
            (9, (2.0, 8.0)),
            (10, (2.0, 9.0)),
            (15, (4.0, 12.0)),
            (20, (6.0, 15.0)),
            (25, (8.0, 18.0)),
            (30, (10.0, 21.0)),
            (100, (40.0, 61.0)),
        ];
        for (count, expect) in table {
            assert_eq!(ranks(count, 0.95), Some(expect), "{count} samples");
        }
        assert_eq!(ranks(8, 0.99), Some((1.0, 8.0)));
    }

    #[test]
    fn too_few_samples_give_no_interval() {
        assert!((0..6).all(|count| ranks(count, 0.95).is_none()));
        assert!((0..8).all(|count| ranks(count, 0.99).is_none()));
    }

    #[test]
    fn median_and_deviation_match_hand_computed_values() {
        let summary = Summary::of(&[7.0, 1.0, 3.0, 100.0]).unwrap();
        assert_eq!((summary.median, summary.mad, summary.min), (5.0, 3.0, 1.0));
        assert_eq!((median(&[2.0]), mad(&[2.0])), (Some(2.0), Some(0.0)));
        assert_eq!(mad(&[1.0, 1.0, 2.0, 2.0, 4.0, 6.0, 9.0]), Some(1.0));
    }

    #[test]
    fn small_deviations_of_long_kernels_are_kept() {
        let samples: Vec<f64> = (0..9).map(|step| 1e6 + 1e-3 * f64::from(step)).collect();
        assert!((mad(&samples).unwrap() - 2e-3).abs() < 1e-9);
    }

    #[test]
    fn samples_that_are_not_numbers_give_no_summary() {
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(Summary::of(&[1.0, bad, 2.0]), None);
        }
        assert_eq!(Summary::of(&[]), None);
    }

    #[test]
    fn samples_converge_when_the_interval_is_under_one_per_cent() {
        let around = |spread: f64| {
            let samples: Vec<f64> = (0..20).map(|i| 100.0 + spread * f64::from(i) / 19.0).collect();
            Summary::of(&samples).unwrap().converged()
        };
        assert!(around(1.5) && !around(3.0));
        assert!(!Summary::of(&[100.0; 5]).unwrap().converged(), "5 samples have no interval");
    }

    proptest! {
        #[test]
        fn a_summary_does_not_depend_on_the_order_of_samples(
            mut samples in proptest::collection::vec(0.0..1e9f64, 1..60)
        ) {
            let summary = Summary::of(&samples).unwrap();
            samples.reverse();
            prop_assert_eq!(Summary::of(&samples), Some(summary));
            samples.sort_by(f64::total_cmp);
            prop_assert!(samples[0] <= summary.median && summary.median <= samples[samples.len() - 1]);
            if let Some(interval) = summary.interval {
                prop_assert!(interval.contains(summary.median));
            }
        }

        #[test]
        fn more_confidence_never_narrows_the_interval(
            samples in proptest::collection::vec(-1e3..1e3f64, 1..60), a in 0.5..0.999f64, b in 0.5..0.999f64
        ) {
            let of = |confidence| median_interval(&samples, confidence);
            match (of(a.min(b)), of(a.max(b))) {
                (Some(less), Some(more)) => prop_assert!(more.lo <= less.lo && less.hi <= more.hi),
                (less, more) => prop_assert!(more.is_none() || less.is_some()),
            }
        }
    }
}
