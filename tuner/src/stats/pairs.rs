//! Paired samples of two candidates, and the sign test on them.

use serde::{Deserialize, Serialize};
use statrs::distribution::{Binomial, DiscreteCDF};

use super::summary::{CONFIDENCE, Interval, median, median_interval};

/// What alternating samples A B A B … of two candidates say.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pairs {
    /// Pairs compared.
    pub count: usize,
    /// Pairs in which B was faster.
    pub wins: usize,
    /// Pairs in which B was slower; the rest were equal.
    pub losses: usize,
    /// Two-sided p-value of the sign test: how often two equal candidates differ this much.
    pub p_value: f64,
    /// Median of time B / time A: below 1 where B is faster.
    pub ratio: f64,
    /// Interval of that ratio at 95 %; absent below 6 pairs.
    pub interval: Option<Interval>,
}

impl Pairs {
    /// Compares `b` with `a`, pair by pair. `None` unless both have the same number of samples,
    /// at least one, all of them finite and above zero.
    pub fn of(a: &[f64], b: &[f64]) -> Option<Self> {
        let positive = |sample: &f64| sample.is_finite() && *sample > 0.0;
        if a.len() != b.len() || !a.iter().chain(b).all(positive) {
            return None;
        }
        let logs: Vec<f64> = a.iter().zip(b).map(|(a, b)| (b / a).ln()).collect();
        let wins = logs.iter().filter(|log| **log < 0.0).count();
        let losses = logs.iter().filter(|log| **log > 0.0).count();
        let interval = median_interval(&logs, CONFIDENCE);
        Some(Self {
            count: logs.len(),
            wins,
            losses,
            p_value: sign_test(wins, losses),
            ratio: median(&logs)?.exp(),
            interval: interval.map(|of| Interval { lo: of.lo.exp(), hi: of.hi.exp() }),
        })
    }

    /// The same comparison with A and B exchanged.
    pub fn reversed(&self) -> Self {
        let interval = self.interval.map(|of| Interval { lo: 1.0 / of.hi, hi: 1.0 / of.lo });
        Self { wins: self.losses, losses: self.wins, ratio: 1.0 / self.ratio, interval, ..*self }
    }
}

/// Two-sided p-value of that many wins and losses of two equal candidates; equal pairs are left
/// out, which is the usual treatment of ties.
fn sign_test(wins: usize, losses: usize) -> f64 {
    let fewer = wins.min(losses) as u64;
    let fair =
        Binomial::new(0.5, (wins + losses) as u64).expect("one half should be a probability");
    (2.0 * fair.cdf(fewer)).min(1.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn p_values_match_the_binomial_by_hand() {
        let cases = [
            (0, 0, 1.0),
            (1, 1, 1.0),
            (0, 5, 2.0 / 32.0),
            (9, 1, 2.0 * 11.0 / 1024.0),
            (8, 0, 2.0 / 256.0),
            (15, 5, 2.0 * (1.0 + 20.0 + 190.0 + 1140.0 + 4845.0 + 15504.0) / 1_048_576.0),
        ];
        for (wins, losses, expect) in cases {
            let p = sign_test(wins, losses);
            assert!((p - expect).abs() < 1e-12, "{wins}:{losses} gave {p}, expected {expect}");
        }
    }

    #[test]
    fn the_effect_is_the_median_ratio() {
        let a = [10.0, 20.0, 40.0, 10.0, 30.0, 50.0, 60.0];
        let b: Vec<f64> = a.iter().map(|time| time * 0.5).collect();
        let pairs = Pairs::of(&a, &b).unwrap();
        assert!((pairs.ratio - 0.5).abs() < 1e-12 && pairs.wins == 7 && pairs.losses == 0);
        let interval = pairs.interval.unwrap();
        assert!((interval.lo - 0.5).abs() < 1e-12 && (interval.hi - 0.5).abs() < 1e-12);
    }

    #[test]
    fn unequal_or_impossible_samples_give_no_comparison() {
        for (a, b) in [
            (vec![], vec![]),
            (vec![1.0], vec![1.0, 2.0]),
            (vec![1.0, 0.0], vec![1.0, 1.0]),
            (vec![1.0], vec![f64::NAN]),
        ] {
            assert_eq!(Pairs::of(&a, &b), None);
        }
    }

    proptest! {
        #[test]
        fn exchanging_the_two_reverses_the_comparison(
            samples in proptest::collection::vec((0.1..10.0f64, 0.1..10.0f64), 1..40)
        ) {
            let (a, b): (Vec<f64>, Vec<f64>) = samples.into_iter().unzip();
            let forth = Pairs::of(&a, &b).unwrap().reversed();
            let back = Pairs::of(&b, &a).unwrap();
            prop_assert_eq!((forth.wins, forth.p_value), (back.wins, back.p_value));
            prop_assert!((forth.ratio / back.ratio - 1.0).abs() < 1e-9);
            prop_assert_eq!(forth.interval.is_some(), back.interval.is_some());
            prop_assert!((0.0..=1.0).contains(&back.p_value));
        }
    }
}
