//! Every candidate, equally often.

use super::{Samples, Space, Strategy};

/// Samples every candidate the same number of times: the yardstick for other strategies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exhaustive {
    /// Samples of each candidate.
    pub samples: usize,
}

impl Strategy for Exhaustive {
    fn propose(&self, space: &Space, samples: &Samples) -> Vec<usize> {
        let wanting =
            |index: &usize| !samples.failed(*index) && samples.times(*index).len() < self.samples;
        let least = (0..space.len()).filter(wanting).map(|index| samples.times(index).len()).min();
        let behind = |index: &usize| Some(samples.times(*index).len()) == least;
        (0..space.len()).filter(wanting).filter(behind).collect()
    }
}
