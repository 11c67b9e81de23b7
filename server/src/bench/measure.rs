//! Samples of a kernel and of the machine's ceilings, in turn.

use std::time::{Duration, Instant};

use kiln_cache::device::Peak;
use kiln_runtime::Error;
use kiln_runtime::device::{Device, Launch};

use crate::workload::Workload;

/// Shortest sample; a launch is repeated until it is reached.
const SHORTEST: Duration = Duration::from_millis(5);
/// Most launches in a sample.
const REPETITION_LIMIT: u32 = 100_000;
/// Samples that are taken even where the time limit is exceeded.
const FEWEST: usize = 3;

/// How many samples are taken.
pub(super) struct Sampling {
    /// Number of samples.
    pub(super) samples: u32,
    /// Time after which there are no more, for each workload.
    pub(super) limit: Duration,
}

/// What was measured; each vector has one figure a sample, sorted.
pub(super) struct Measured {
    /// Seconds of one launch.
    pub(super) seconds: Vec<f64>,
    /// Read bandwidth in bytes per second.
    pub(super) bandwidth: Vec<f64>,
    /// Peak of the workload's arithmetic in operations per second; empty if it has none.
    pub(super) peak: Vec<f64>,
}

impl Sampling {
    /// Takes the samples of all workloads in turn, each next to samples of the ceilings, so that
    /// what disturbs the machine disturbs all alike. A workload that fails leaves the round.
    pub(super) fn run(
        &self,
        device: &mut dyn Device,
        workloads: &[Workload],
    ) -> Vec<anyhow::Result<Measured>> {
        let start = |workload| Series::start(device, workload);
        let mut all: Vec<anyhow::Result<Series<'_>>> = workloads.iter().map(start).collect();
        let (start, limit) = (Instant::now(), self.limit * workloads.len() as u32);
        for taken in 0..self.samples as usize {
            if taken >= FEWEST && start.elapsed() > limit {
                break;
            }
            for one in &mut all {
                if let Ok(series) = one
                    && let Err(error) = series.sample(device)
                {
                    *one = Err(error);
                }
            }
        }
        all.into_iter().map(|series| series.map(Series::end)).collect()
    }
}

/// A workload's samples while they are taken.
struct Series<'w> {
    turn: Turn<'w>,
    arithmetic: Option<Peak>,
    repetitions: u32,
    taken: Measured,
}

impl<'w> Series<'w> {
    fn start(device: &mut dyn Device, workload: &'w Workload) -> anyhow::Result<Self> {
        let mut turn = Turn { launches: &workload.launches, next: 0 };
        let repetitions = turn.calibrate(device)?;
        let taken = Measured { seconds: Vec::new(), bandwidth: Vec::new(), peak: Vec::new() };
        Ok(Self { turn, arithmetic: workload.arithmetic, repetitions, taken })
    }

    fn sample(&mut self, device: &mut dyn Device) -> anyhow::Result<()> {
        self.taken.bandwidth.push(device.bandwidth()?);
        if let Some(arithmetic) = self.arithmetic {
            match device.peak(arithmetic) {
                Ok(rate) => self.taken.peak.push(rate),
                // A device that cannot measure the peak leaves memory as the only ceiling.
                Err(Error::Unsupported(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let took = self.turn.run(device, self.repetitions)?;
        self.taken.seconds.push(took.as_secs_f64() / f64::from(self.repetitions));
        Ok(())
    }

    fn end(mut self) -> Measured {
        let taken = &mut self.taken;
        for figures in [&mut taken.seconds, &mut taken.bandwidth, &mut taken.peak] {
            figures.sort_by(f64::total_cmp);
        }
        self.taken
    }
}

/// The middle of sorted figures; `None` where there are none.
pub(crate) fn median(sorted: &[f64]) -> Option<f64> {
    let (low, high) = (sorted.get(sorted.len().checked_sub(1)? / 2)?, sorted[sorted.len() / 2]);
    Some((low + high) / 2.0)
}

/// Launches on each copy of the weights in turn.
struct Turn<'w> {
    launches: &'w [Launch],
    next: usize,
}

impl Turn<'_> {
    /// Launches that take at least [`SHORTEST`] together; also warms code and pages.
    fn calibrate(&mut self, device: &mut dyn Device) -> anyhow::Result<u32> {
        self.run(device, 1)?;
        let mut repetitions = 1;
        loop {
            let took = self.run(device, repetitions)?;
            if took >= SHORTEST || repetitions == REPETITION_LIMIT {
                return Ok(repetitions);
            }
            let needed = SHORTEST.as_secs_f64() / took.as_secs_f64().max(1e-9) * 1.1;
            let needed = (f64::from(repetitions) * needed).ceil() as u32;
            repetitions = needed.clamp(repetitions + 1, repetitions * 16).min(REPETITION_LIMIT);
        }
    }

    fn run(&mut self, device: &mut dyn Device, repetitions: u32) -> anyhow::Result<Duration> {
        let count = repetitions as usize;
        let launches = self.launches.iter().cycle().skip(self.next).take(count);
        let sequence: Vec<&Launch> = launches.collect();
        self.next = (self.next + count) % self.launches.len();
        Ok(device.time(&sequence)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_or_the_mean_of_the_two_middle_figures() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0]), Some(3.0));
        assert_eq!(median(&[1.0, 2.0]), Some(1.5));
        assert_eq!(median(&[1.0, 2.0, 9.0]), Some(2.0));
        assert_eq!(median(&[1.0, 2.0, 4.0, 9.0]), Some(3.0));
    }
}
