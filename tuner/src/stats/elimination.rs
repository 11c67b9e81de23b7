//! Which candidates a timing round still needs.

use super::Summary;

/// The rule by which candidates drop out of round-robin timing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Elimination {
    /// A candidate slower than the best by more than this factor drops out.
    pub factor: f64,
    /// Samples a candidate has before it may drop out.
    pub min_samples: usize,
    /// Samples after which a candidate is not timed further.
    pub max_samples: usize,
    /// This many of the best never drop out.
    pub keep: usize,
}

impl Default for Elimination {
    fn default() -> Self {
        Self { factor: 1.5, min_samples: 3, max_samples: 30, keep: 4 }
    }
}

impl Elimination {
    /// The candidates to sample in the next round, as indices into `samples`, which holds each
    /// candidate's times so far. Empty when every survivor has converged or has enough samples.
    /// A candidate with a sample that is not a finite number is out.
    pub fn next_round(&self, samples: &[Vec<f64>]) -> Vec<usize> {
        let survivors = self.survivors(samples);
        let wanting = |&index: &usize| {
            let summary = Summary::of(&samples[index]);
            samples[index].len() < self.max_samples && !summary.is_some_and(|s| s.converged())
        };
        survivors.into_iter().filter(wanting).collect()
    }

    /// The candidates that are still in, as ascending indices.
    pub fn survivors(&self, samples: &[Vec<f64>]) -> Vec<usize> {
        let mut medians: Vec<(f64, usize)> = samples
            .iter()
            .enumerate()
            .filter_map(|(index, of)| Summary::of(of).map(|summary| (summary.median, index)))
            .collect();
        medians.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let limit = medians.first().map_or(f64::INFINITY, |(best, _)| best * self.factor);
        let young = |index: usize| samples[index].len() < self.min_samples;
        let stays = |(place, (median, index)): (usize, (f64, usize))| {
            (place < self.keep || median <= limit || young(index)).then_some(index)
        };
        let mut live: Vec<usize> = medians.into_iter().enumerate().filter_map(stays).collect();
        live.extend((0..samples.len()).filter(|&index| samples[index].is_empty()));
        live.sort_unstable();
        live
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_drops_out_before_three_samples_and_the_best_four_never() {
        let rule = Elimination::default();
        let times = [10.0, 20.0, 30.0, 40.0, 50.0, 14.9];
        let after = |count: usize| times.map(|time| vec![time; count]).to_vec();
        assert_eq!(rule.survivors(&after(0)), [0, 1, 2, 3, 4, 5]);
        assert_eq!(rule.survivors(&after(2)), [0, 1, 2, 3, 4, 5]);
        assert_eq!(rule.survivors(&after(3)), [0, 1, 2, 5]);
    }

    #[test]
    fn rounds_end_when_all_have_converged_or_have_enough_samples() {
        let rule = Elimination { max_samples: 8, ..Elimination::default() };
        assert_eq!(rule.next_round(&[vec![10.0; 6], vec![10.0, 11.0]]), [1]);
        let noisy: Vec<f64> = (0..8).map(|i| 10.0 + f64::from(i)).collect();
        assert_eq!(rule.next_round(&[vec![10.0; 6], noisy]), Vec::<usize>::new());
        assert_eq!(rule.next_round(&[]), Vec::<usize>::new());
    }

    #[test]
    fn a_candidate_without_a_finite_time_is_out() {
        let rule = Elimination::default();
        assert_eq!(rule.survivors(&[vec![10.0], vec![f64::INFINITY]]), [0]);
    }
}
