//! How much two runs of the same kernel differ.

use serde::{Deserialize, Serialize};

use super::Pairs;

/// A session noisier than this must not replace existing winners.
pub const NOISE_LIMIT: f64 = 0.03;

/// The smallest difference that a session can tell from noise, as a share: 0.01 is 1 %.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NoiseFloor(pub f64);

impl NoiseFloor {
    /// The floor that an A/A run-off shows: how far the 95 % interval of the ratio of two equal
    /// launches reaches from 1. Absent where the samples give no interval.
    pub fn of(first: &[f64], second: &[f64]) -> Option<Self> {
        let interval = Pairs::of(first, second)?.interval?;
        Some(Self((interval.hi - 1.0).max(1.0 - interval.lo).max(0.0)))
    }

    /// The floor of a session that was measured at its start and at its end.
    pub fn worst(self, other: Self) -> Self {
        Self(self.0.max(other.0))
    }

    /// Whether the session is quiet enough to replace existing winners.
    pub fn permits_replacing(self) -> bool {
        self.0 <= NOISE_LIMIT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_floor_is_how_far_the_interval_reaches_from_one() {
        let first = [100.0; 8];
        let second = [101.0, 99.0, 100.0, 102.0, 98.0, 100.0, 100.0, 100.0];
        let floor = NoiseFloor::of(&first, &second).unwrap();
        assert!((floor.0 - 0.02).abs() < 1e-12, "{floor:?}");
        assert!(floor.permits_replacing() && !NoiseFloor(0.031).permits_replacing());
        assert_eq!(floor.worst(NoiseFloor(0.5)), NoiseFloor(0.5));
    }

    #[test]
    fn a_bias_counts_even_without_scatter() {
        assert!((NoiseFloor::of(&[100.0; 8], &[104.0; 8]).unwrap().0 - 0.04).abs() < 1e-12);
        assert!((NoiseFloor::of(&[100.0; 8], &[95.0; 8]).unwrap().0 - 0.05).abs() < 1e-12);
    }

    #[test]
    fn five_pairs_show_no_floor() {
        assert_eq!(NoiseFloor::of(&[1.0; 5], &[1.0; 5]), None);
    }
}
