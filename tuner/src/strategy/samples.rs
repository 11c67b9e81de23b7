//! What has been sampled so far.

use crate::stats::median;

/// Samples of each candidate, in microseconds, or its failure.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Samples {
    times: Vec<Vec<f64>>,
    failed: Vec<bool>,
}

impl Samples {
    /// No samples of `count` candidates.
    pub fn new(count: usize) -> Self {
        Self { times: vec![Vec::new(); count], failed: vec![false; count] }
    }

    /// Notes a sample; `None`, or a time that is not a finite number, is a failure for good.
    pub fn note(&mut self, candidate: usize, time_us: Option<f64>) {
        match time_us.filter(|time| time.is_finite()) {
            Some(time) => self.times[candidate].push(time),
            None => self.failed[candidate] = true,
        }
    }

    /// Times of a candidate.
    pub fn times(&self, candidate: usize) -> &[f64] {
        &self.times[candidate]
    }

    /// Whether a candidate failed.
    pub fn failed(&self, candidate: usize) -> bool {
        self.failed[candidate]
    }

    /// Whether a candidate was sampled or failed.
    pub fn visited(&self, candidate: usize) -> bool {
        self.failed[candidate] || !self.times[candidate].is_empty()
    }

    /// Samples of all candidates together.
    pub fn total(&self) -> usize {
        self.times.iter().map(Vec::len).sum()
    }

    /// The candidates with samples and without failure, best median first.
    pub fn ranked(&self) -> Vec<usize> {
        let alive = (0..self.times.len()).filter(|&candidate| !self.failed[candidate]);
        let timed =
            alive.filter_map(|candidate| Some((median(&self.times[candidate])?, candidate)));
        let mut ranked: Vec<(f64, usize)> = timed.collect();
        ranked.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        ranked.into_iter().map(|(_, candidate)| candidate).collect()
    }

    /// The best candidate so far.
    pub fn best(&self) -> Option<usize> {
        self.ranked().first().copied()
    }
}
