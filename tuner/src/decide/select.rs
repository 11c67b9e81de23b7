//! A small set of kernels that does well everywhere.

use serde::{Deserialize, Serialize};

/// How a set is chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SelectionRule {
    /// Most kernels in the set; at least 1.
    pub most: usize,
    /// A class is served well while its regret is at most this: 1.05 is 5 % over its best.
    pub cap: f64,
    /// A kernel is added for the mean's sake only if it improves the mean regret by this factor.
    pub gain: f64,
}

impl Default for SelectionRule {
    fn default() -> Self {
        Self { most: 6, cap: 1.05, gain: 1.002 }
    }
}

/// The chosen set and how well it does.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Selection {
    /// The chosen columns in the order in which they were added.
    pub chosen: Vec<usize>,
    /// Geometric mean over classes of time / best time; 1.0 loses nothing.
    pub mean_regret: f64,
    /// Largest regret of a class.
    pub worst_regret: f64,
    /// Rows whose regret exceeds the cap.
    pub over_cap: Vec<usize>,
    /// Rows that no candidate at all can serve.
    pub unserved: Vec<usize>,
}

/// Chooses columns of `times`, which holds a row for each class and a column for each candidate;
/// `None` where a candidate cannot serve the class. Columns come in order of robustness: of two
/// that do equally well the first is taken.
///
/// Greedy: each step adds the column that first serves more rows, then leaves fewer over the cap,
/// then has the smaller mean regret. It ends when the set is full or nothing is gained.
pub fn select(times: &[Vec<Option<f64>>], rule: SelectionRule) -> Selection {
    let logs: Vec<Vec<f64>> = times.iter().map(|row| log_regrets(row)).collect();
    let unserved = |row: &usize| logs[*row].iter().all(|log| log.is_infinite());
    let (unserved, served): (Vec<usize>, Vec<usize>) = (0..logs.len()).partition(unserved);
    let columns = logs.iter().map(Vec::len).min().unwrap_or(0);
    let mut state = State { logs: &logs, rows: served, rule, now: vec![f64::INFINITY; logs.len()] };
    let mut chosen = Vec::new();
    let mut score = state.score(&state.now);
    while chosen.len() < rule.most {
        let Some((column, better)) = state.step(columns, score) else { break };
        state.now = state.with(column);
        chosen.push(column);
        score = better;
    }
    state.finish(chosen, unserved)
}

/// Logarithm of time / best time for each candidate of a class; infinite where it cannot serve.
fn log_regrets(row: &[Option<f64>]) -> Vec<f64> {
    let usable = |time: &Option<f64>| time.filter(|time| time.is_finite() && *time > 0.0);
    let best = row.iter().filter_map(usable).fold(f64::INFINITY, f64::min);
    row.iter().map(|time| usable(time).map_or(f64::INFINITY, |time| (time / best).ln())).collect()
}

/// How far a set is from perfect: rows not served, rows over the cap, sum of log regrets.
type Score = (usize, usize, f64);

struct State<'a> {
    logs: &'a [Vec<f64>],
    rows: Vec<usize>,
    rule: SelectionRule,
    /// Each row's log regret with the set chosen so far.
    now: Vec<f64>,
}

impl State<'_> {
    /// The best column to add and the score with it, if that is a gain.
    fn step(&self, columns: usize, now: Score) -> Option<(usize, Score)> {
        let scored = (0..columns).map(|column| (column, self.score(&self.with(column))));
        let (column, score) = scored.min_by(|a, b| compare(&a.1, &b.1))?;
        let needed = self.rule.gain.ln() * self.rows.len() as f64;
        let gains = (score.0, score.1) < (now.0, now.1)
            || ((score.0, score.1) == (now.0, now.1) && now.2 - score.2 > needed);
        gains.then_some((column, score))
    }

    fn with(&self, column: usize) -> Vec<f64> {
        self.now.iter().zip(self.logs).map(|(now, row)| now.min(row[column])).collect()
    }

    fn score(&self, regrets: &[f64]) -> Score {
        let of = |row: &usize| regrets[*row];
        let finite: Vec<f64> = self.rows.iter().map(of).filter(|log| log.is_finite()).collect();
        let over = finite.iter().filter(|log| **log > self.rule.cap.ln()).count();
        (self.rows.len() - finite.len(), over, finite.iter().sum())
    }

    fn finish(self, chosen: Vec<usize>, unserved: Vec<usize>) -> Selection {
        let (_, _, sum) = self.score(&self.now);
        let cap = self.rule.cap.ln();
        Selection {
            chosen,
            mean_regret: (sum / self.rows.len().max(1) as f64).exp(),
            worst_regret: self.rows.iter().map(|&row| self.now[row]).fold(0.0, f64::max).exp(),
            over_cap: self.rows.iter().copied().filter(|&row| self.now[row] > cap).collect(),
            unserved,
        }
    }
}

fn compare(a: &Score, b: &Score) -> std::cmp::Ordering {
    (a.0, a.1).cmp(&(b.0, b.1)).then(a.2.total_cmp(&b.2))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn times(rows: &[&[f64]]) -> Vec<Vec<Option<f64>>> {
        let usable = |time: &f64| (*time > 0.0).then_some(*time);
        rows.iter().map(|row| row.iter().map(usable).collect()).collect()
    }

    fn rule(most: usize) -> SelectionRule {
        SelectionRule { most, ..SelectionRule::default() }
    }

    #[test]
    fn one_kernel_is_enough_where_it_loses_nothing() {
        let selection = select(&times(&[&[2.0, 1.0, 3.0], &[9.0, 4.0, 4.0]]), rule(3));
        assert_eq!((selection.chosen, selection.mean_regret), (vec![1], 1.0));
        assert!(selection.over_cap.is_empty());
    }

    #[test]
    fn the_compromise_is_taken_when_only_one_kernel_is_allowed() {
        let times = times(&[&[1.0, 10.0, 1.04], &[10.0, 1.0, 1.04]]);
        assert_eq!(select(&times, rule(1)).chosen, [2]);
        let two = select(&times, rule(3));
        assert_eq!((two.chosen.len(), two.worst_regret), (3, 1.0));
    }

    #[test]
    fn rows_that_cannot_be_served_well_are_named() {
        let times = times(&[&[1.0, 2.0], &[2.0, 1.0], &[0.0, 0.0], &[0.0, 5.0]]);
        let selection = select(&times, rule(1));
        assert_eq!((selection.chosen, selection.over_cap), (vec![1], vec![0]));
        assert_eq!((selection.unserved, selection.worst_regret), (vec![2], 2.0));
        assert_eq!(select(&times, rule(2)).over_cap, Vec::<usize>::new());
    }

    #[test]
    fn nothing_to_choose_from_is_no_panic() {
        assert_eq!(select(&[], rule(2)).chosen, Vec::<usize>::new());
        assert_eq!(select(&[vec![], vec![]], rule(2)).unserved, [0, 1]);
        assert_eq!(select(&times(&[&[f64::INFINITY]]), rule(2)).unserved, [0]);
    }

    proptest! {
        #[test]
        fn every_row_that_can_be_served_is_served_with_enough_kernels(
            rows in proptest::collection::vec(
                proptest::collection::vec(proptest::option::of(1.0..100.0f64), 5), 1..9),
        ) {
            let selection = select(&rows, rule(5));
            prop_assert!(selection.chosen.len() <= 5);
            prop_assert!(selection.over_cap.is_empty());
            for (at, row) in rows.iter().enumerate() {
                let served = selection.chosen.iter().any(|&column| row[column].is_some());
                prop_assert_eq!(served, !selection.unserved.contains(&at));
            }
            prop_assert!(selection.mean_regret <= selection.worst_regret * 1.000_001);
        }

        #[test]
        fn a_larger_set_is_never_worse(
            rows in proptest::collection::vec(
                proptest::collection::vec((1.0..100.0f64).prop_map(Some), 6), 1..9),
            most in 1usize..5,
        ) {
            let (small, large) = (select(&rows, rule(most)), select(&rows, rule(most + 1)));
            prop_assert!(large.over_cap.len() <= small.over_cap.len());
            prop_assert_eq!(&large.chosen[..small.chosen.len()], &small.chosen[..]);
        }
    }
}
