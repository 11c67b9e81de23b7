//! Whether two samples may come from one distribution.

use std::collections::BTreeMap;

use statrs::distribution::{ChiSquared, ContinuousCDF};

/// Fewest observations of a category in both samples together; rarer ones are counted as one.
const RARE: u64 = 20;

/// What two samples say of each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Comparison {
    /// Probability of samples at least as different, were they of one distribution.
    pub p: f64,
    /// Categories that were compared.
    pub categories: usize,
}

/// Pearson's chi-square test of homogeneity. Which categories are rare is decided by both samples
/// together, so that neither is favoured.
///
/// # Panics
/// If a sample is empty, or all observations are of one category.
pub fn homogeneous<T: Ord>(first: &[T], second: &[T]) -> Comparison {
    assert!(!first.is_empty() && !second.is_empty(), "there should be something to compare");
    let mut counts: BTreeMap<&T, [u64; 2]> = BTreeMap::new();
    for (which, sample) in [first, second].into_iter().enumerate() {
        sample.iter().for_each(|of| counts.entry(of).or_default()[which] += 1);
    }
    let rare = |[a, b]: &&[u64; 2]| a + b < RARE;
    let rest =
        counts.values().filter(rare).fold([0, 0], |sum, of| [sum[0] + of[0], sum[1] + of[1]]);
    let cells: Vec<[u64; 2]> = counts
        .values()
        .filter(|of| !rare(of))
        .copied()
        .chain((rest != [0, 0]).then_some(rest))
        .collect();
    assert!(cells.len() > 1, "one category tells nothing");
    let (n, m) = (first.len() as f64, second.len() as f64);
    let cell = |[a, b]: &[u64; 2]| {
        let (a, b) = (*a as f64, *b as f64);
        ((m / n).sqrt() * a - (n / m).sqrt() * b).powi(2) / (a + b)
    };
    let statistic: f64 = cells.iter().map(cell).sum();
    let freedom = ChiSquared::new((cells.len() - 1) as f64);
    let p = freedom.expect("some freedom should be left").sf(statistic);
    Comparison { p, categories: cells.len() }
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    /// Sums of two dice with six sides; the second falls on six more often by `bias`.
    fn dice(seed: u64, count: usize, bias: f64) -> Vec<u32> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let throw = |_| {
            let (first, second) = (random.random_range(1..7), random.random_range(1..7));
            first + if random.random_bool(bias) { 6 } else { second }
        };
        (0..count).map(throw).collect()
    }

    #[test]
    fn the_statistic_is_the_textbook_one() {
        // 30 of 60 against 50 of 60: chi-square 120 * (30 * 10 - 30 * 50)^2 / (60 * 60 * 80 * 40) = 15.
        let sample = |ones: usize| (0..60).map(|at| at < ones).collect::<Vec<_>>();
        let found = homogeneous(&sample(30), &sample(50));
        assert_eq!(found.categories, 2);
        // Beyond 15 a chi-square of one degree has a probability of 1.0751e-4.
        assert!((found.p - 1.0751e-4).abs() < 1e-8, "{found:?}");
    }

    #[test]
    fn equal_distributions_are_told_apart_as_often_as_the_level_says() {
        let rejected = (0..400).filter(|of| {
            homogeneous(&dice(2 * of, 2000, 0.0), &dice(2 * of + 1, 1000, 0.0)).p < 0.05
        });
        let rejected = rejected.count();
        assert!((8..=34).contains(&rejected), "{rejected} of 400");
    }

    #[test]
    fn a_bias_of_three_hundredths_is_found() {
        // Expected: a statistic of 77 with ten degrees of freedom, where 30 is as rare as 1e-3.
        assert!(homogeneous(&dice(1, 100_000, 0.0), &dice(2, 100_000, 0.03)).p < 1e-3);
    }

    #[test]
    fn rare_categories_are_counted_as_one() {
        let rare = |from: u32| (from..from + 15).chain([0; 40]).collect::<Vec<u32>>();
        assert_eq!(homogeneous(&rare(1), &rare(100)).categories, 2);
    }
}
