//! Running a strategy over recorded samples, with no device.

use super::{Samples, Space, Strategy};
use crate::stats::median;

/// Recorded samples of every candidate of a space.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Replay {
    records: Vec<Vec<f64>>,
}

/// How a replayed strategy did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// The candidate it found best; `None` where every one failed.
    pub best: Option<usize>,
    /// Samples it used.
    pub samples: usize,
    /// Median of all recorded samples of its choice over that of the best candidate: 1.0 loses
    /// nothing.
    pub regret: f64,
}

impl Replay {
    /// A recording; a candidate without samples is one that failed.
    pub fn new(records: Vec<Vec<f64>>) -> Self {
        Self { records }
    }

    /// Samples in the recording.
    pub fn total(&self) -> usize {
        self.records.iter().map(Vec::len).sum()
    }

    /// Runs a strategy to its end. Each proposal is answered with the candidate's next recorded
    /// sample; when they are used up they start over, so that a strategy may ask for more.
    pub fn run(&self, strategy: &dyn Strategy, space: &Space) -> Outcome {
        let mut samples = Samples::new(self.records.len());
        loop {
            let round = strategy.propose(space, &samples);
            if round.is_empty() {
                break;
            }
            for candidate in round {
                samples.note(candidate, self.sample(candidate, samples.times(candidate).len()));
            }
        }
        let best = samples.best();
        let medians: Vec<Option<f64>> = self.records.iter().map(|of| median(of)).collect();
        let least = medians.iter().flatten().copied().fold(f64::INFINITY, f64::min);
        let found = best.and_then(|best| medians[best]).unwrap_or(f64::INFINITY);
        Outcome { best, samples: samples.total(), regret: found / least }
    }

    fn sample(&self, candidate: usize, number: usize) -> Option<f64> {
        let record = &self.records[candidate];
        (!record.is_empty()).then(|| record[number % record.len()])
    }
}
