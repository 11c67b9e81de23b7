//! A fixed reference kernel, timed again and again: when it drifts, the machine has changed.

use serde::{Deserialize, Serialize};

use super::median;

/// Drift, as a share, from which the affected round must be timed again.
pub const DRIFT_LIMIT: f64 = 0.05;

/// Readings of the reference kernel, in microseconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Canary {
    /// Every reading in the order of time.
    pub readings: Vec<f64>,
}

impl Canary {
    /// Readings that make up the baseline.
    pub const BASELINE: usize = 5;

    /// Notes a reading and says how far it drifted, as a share of the baseline: 0.05 is 5 %
    /// slower, -0.05 faster. The first 5 readings are the baseline and have no drift. A reading
    /// that is not a time above zero is infinite drift: the device did not do its work.
    pub fn note(&mut self, reading: f64) -> f64 {
        if !reading.is_finite() || reading <= 0.0 {
            return f64::INFINITY;
        }
        self.readings.push(reading);
        if self.readings.len() <= Self::BASELINE {
            return 0.0;
        }
        median(&self.readings[..Self::BASELINE])
            .map_or(f64::INFINITY, |baseline| reading / baseline - 1.0)
    }

    /// Whether a drift calls for a pause and another round.
    pub fn drifted(drift: f64) -> bool {
        drift.abs() > DRIFT_LIMIT
    }

    /// Largest absolute drift so far of any reading after the baseline.
    pub fn worst(&self) -> f64 {
        let Some(baseline) = self.readings.get(..Self::BASELINE).and_then(median) else {
            return 0.0;
        };
        let after = self.readings[Self::BASELINE..].iter();
        after.map(|reading| (reading / baseline - 1.0).abs()).fold(0.0, f64::max)
    }

    /// Makes the next readings the baseline, after a pause.
    pub fn restart(&mut self) {
        self.readings.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled() -> Canary {
        let mut canary = Canary::default();
        for reading in [100.0, 101.0, 250.0, 99.0, 100.0] {
            assert_eq!(canary.note(reading), 0.0);
        }
        canary
    }

    #[test]
    fn a_slower_and_a_faster_machine_both_drift() {
        let mut canary = settled();
        assert!(!Canary::drifted(canary.note(104.0)));
        assert!(Canary::drifted(canary.note(106.0)));
        assert!(Canary::drifted(canary.note(94.0)));
        assert!((canary.worst() - 0.06).abs() < 1e-12);
    }

    #[test]
    fn one_slow_reading_does_not_spoil_the_baseline() {
        assert!(settled().note(100.0).abs() < 1e-12);
    }

    #[test]
    fn a_reading_that_is_no_time_is_infinite_drift_and_is_not_kept() {
        let mut canary = settled();
        for bad in [f64::NAN, f64::INFINITY, 0.0, -1.0] {
            assert!(Canary::drifted(canary.note(bad)));
        }
        assert_eq!(canary.readings.len(), 5);
        canary.restart();
        assert_eq!((canary.note(500.0), canary.worst()), (0.0, 0.0));
    }
}
