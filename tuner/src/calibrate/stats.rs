//! How well a model agrees with measurements.

use std::collections::BTreeMap;

use serde::Serialize;
use statrs::statistics::{Data, OrderStatistics, RankTieBreaker, Statistics as _};

/// A measured kernel with its modelled time, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair<'a> {
    /// Which kernels it would be chosen from.
    pub sweep: &'a str,
    /// What was measured.
    pub measured: f64,
    /// What was modelled.
    pub modelled: f64,
}

/// How well modelled times agree with measured ones.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Agreement {
    /// Kernels that were compared.
    pub kernels: usize,
    /// Rank correlation after Spearman; ties share their ranks.
    pub spearman: f64,
    /// Rank correlation after Kendall (tau-b).
    pub kendall: f64,
    /// Mean of |modelled / measured - 1|.
    pub mean_error: f64,
    /// Median of the same.
    pub median_error: f64,
    /// Largest of the same.
    pub largest_error: f64,
    /// Measured time of the kernel that the model picks over that of the fastest, by sweep; only
    /// sweeps with a choice.
    pub regret: BTreeMap<String, f64>,
    /// Mean of these over all sweeps; 1 where there are none.
    pub mean_regret: f64,
}

impl Agreement {
    /// Compares pairs.
    pub fn of(pairs: &[Pair<'_>]) -> Self {
        let measured: Vec<f64> = pairs.iter().map(|pair| pair.measured).collect();
        let modelled: Vec<f64> = pairs.iter().map(|pair| pair.modelled).collect();
        let errors: Vec<f64> =
            pairs.iter().map(|pair| (pair.modelled / pair.measured - 1.0).abs()).collect();
        let regret = regrets(pairs);
        let mean = |values: Vec<f64>| if values.is_empty() { 1.0 } else { values.mean() };
        Self {
            kernels: pairs.len(),
            spearman: spearman(&measured, &modelled),
            kendall: kendall(&measured, &modelled),
            mean_error: if errors.is_empty() { 0.0 } else { errors.iter().mean() },
            median_error: if errors.is_empty() { 0.0 } else { Data::new(errors.clone()).median() },
            largest_error: errors.iter().copied().fold(0.0, f64::max),
            mean_regret: mean(regret.values().copied().collect()),
            regret,
        }
    }
}

/// Correlation of ranks; 0 where there are none to speak of.
fn spearman(a: &[f64], b: &[f64]) -> f64 {
    let ranks = |values: &[f64]| Data::new(values.to_vec()).ranks(RankTieBreaker::Average);
    let (a, b) = (ranks(a), ranks(b));
    let (spread_a, spread_b) = (a.iter().std_dev(), b.iter().std_dev());
    let both = a.iter().covariance(b.iter()) / (spread_a * spread_b);
    if both.is_finite() { both } else { 0.0 }
}

/// Agreement of the order of all pairs, corrected for ties.
fn kendall(a: &[f64], b: &[f64]) -> f64 {
    let (mut agree, mut ties_a, mut ties_b, mut all) = (0.0, 0.0, 0.0, 0.0);
    for i in 0..a.len() {
        for j in i + 1..a.len() {
            let order = |values: &[f64]| values[i].total_cmp(&values[j]) as i32;
            let (in_a, in_b) = (order(a), order(b));
            agree += f64::from(in_a * in_b);
            ties_a += f64::from(u8::from(in_a == 0));
            ties_b += f64::from(u8::from(in_b == 0));
            all += 1.0;
        }
    }
    let scale: f64 = ((all - ties_a) * (all - ties_b)).sqrt();
    if scale > 0.0 { agree / scale } else { 0.0 }
}

/// Of each sweep with more than one kernel: measured time of the pick over the shortest.
fn regrets(pairs: &[Pair<'_>]) -> BTreeMap<String, f64> {
    let mut sweeps: BTreeMap<&str, Vec<&Pair<'_>>> = BTreeMap::new();
    for pair in pairs {
        sweeps.entry(pair.sweep).or_default().push(pair);
    }
    let regret = |(sweep, pairs): (&str, Vec<&Pair<'_>>)| {
        let pick = pairs.iter().min_by(|a, b| a.modelled.total_cmp(&b.modelled))?;
        let best = pairs.iter().map(|pair| pair.measured).fold(f64::INFINITY, f64::min);
        (pairs.len() > 1).then(|| (sweep.to_owned(), pick.measured / best))
    };
    sweeps.into_iter().filter_map(regret).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(sweep: &str, measured: f64, modelled: f64) -> Pair<'_> {
        Pair { sweep, measured, modelled }
    }

    #[test]
    fn correlations_match_values_worked_out_by_hand() {
        let (a, b) = ([1.0, 2.0, 3.0, 4.0, 5.0], [2.0, 1.0, 4.0, 3.0, 5.0]);
        // 1 - 6 * (1 + 1 + 1 + 1) / (5 * 24), and (8 - 2) / 10.
        assert!((spearman(&a, &b) - 0.8).abs() < 1e-12);
        assert!((kendall(&a, &b) - 0.6).abs() < 1e-12);
        let reversed = [5.0, 4.0, 3.0, 2.0, 1.0];
        assert!((spearman(&a, &reversed) + 1.0).abs() < 1e-12);
        assert!((kendall(&a, &reversed) + 1.0).abs() < 1e-12);
    }

    #[test]
    fn ties_lower_the_agreement_without_an_order() {
        // Ranks 1, 2.5, 2.5, 4 against 1, 2, 3, 4: correlation sqrt(0.9); tau-b 5 / sqrt(5 * 6).
        let (a, b) = ([1.0, 2.0, 2.0, 3.0], [1.0, 2.0, 3.0, 4.0]);
        assert!((spearman(&a, &b) - 0.9f64.sqrt()).abs() < 1e-12);
        assert!((kendall(&a, &b) - 5.0 / 30f64.sqrt()).abs() < 1e-12);
        assert_eq!(spearman(&[1.0, 1.0], &[1.0, 2.0]), 0.0);
    }

    #[test]
    fn regret_is_what_the_pick_costs() {
        let pairs = [
            pair("x", 2.0, 1.0),
            pair("x", 1.5, 3.0),
            pair("y", 1.0, 1.0),
            pair("y", 4.0, 9.0),
            pair("alone", 1.0, 7.0),
        ];
        let agreement = Agreement::of(&pairs);
        assert_eq!(agreement.regret.len(), 2);
        assert!((agreement.regret["x"] - 2.0 / 1.5).abs() < 1e-12);
        assert_eq!(agreement.regret["y"], 1.0);
        assert!((agreement.mean_regret - (2.0 / 1.5 + 1.0) / 2.0).abs() < 1e-12);
    }

    #[test]
    fn nothing_to_compare_is_no_agreement() {
        let agreement = Agreement::of(&[]);
        assert_eq!((agreement.kernels, agreement.spearman, agreement.mean_regret), (0, 0.0, 1.0));
    }
}
