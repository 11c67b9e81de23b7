//! Timing launches against each other.
//!
//! - One sample of each launch per round, so that drift of clock or memory meets all alike.
//! - A sample repeats its launch until it is long enough for the clock; the number of
//!   repetitions is found once, before the first round, which also warms code and caches.
//! - Buffers that are to be cold take turns through their copies, one copy per launch. The turn
//!   goes on from sample to sample: no sample begins with a copy that was used just before.

use std::collections::BTreeMap;
use std::time::Duration;

use kiln_cache::device::Timing;

use super::buffers::Buffers;
use crate::device::{BufferId, Device, Launch};
use crate::{Error, Result};

/// Most repetitions in one sample.
const REPETITION_LIMIT: u32 = 1 << 20;
/// Most samples in one request.
const SAMPLE_LIMIT: u64 = 1 << 22;
/// Repetitions of a probe, of which the best counts: a ceiling is what was reached once.
const PROBES: usize = 5;

/// The best of several figures.
pub(super) fn best_of(mut probe: impl FnMut() -> Result<f64>) -> Result<f64> {
    (0..PROBES).try_fold(0.0, |best: f64, _| Ok(best.max(probe()?)))
}

/// Times of one launch each in microseconds, by launch and round.
pub(super) fn measure(
    device: &mut dyn Device,
    buffers: &Buffers,
    launches: &[Launch],
    plan: &Timing,
) -> Result<Vec<Vec<f64>>> {
    if u64::from(plan.samples) * launches.len() as u64 > SAMPLE_LIMIT {
        return Err(Error::request(format!("{} samples are too many", plan.samples)));
    }
    device.use_threads(plan.threads)?;
    let rotation = Rotation::new(buffers, &plan.cold.rotate)?;
    let mut takes: Vec<Take> = launches.iter().map(|launch| rotation.take(launch)).collect();
    let shortest = plan.min_sample_us.max(0.0);
    for take in &mut takes {
        take.calibrate(device, shortest)?;
    }
    let mut samples = vec![Vec::with_capacity(plan.samples as usize); takes.len()];
    for _ in 0..plan.samples {
        for (take, samples) in takes.iter_mut().zip(&mut samples) {
            samples.push(take.sample(device)?);
        }
    }
    Ok(samples)
}

/// The copies of each buffer that takes turns, by its first copy.
struct Rotation {
    copies: BTreeMap<BufferId, Vec<BufferId>>,
    turns: usize,
}

impl Rotation {
    fn new(buffers: &Buffers, ids: &[u32]) -> Result<Self> {
        let mut copies = BTreeMap::new();
        for id in ids {
            let all = buffers.copies(*id)?;
            copies.insert(all[0], all.to_vec());
        }
        let turns = copies.values().map(Vec::len).max().unwrap_or(1);
        Ok(Self { copies, turns })
    }

    /// The launch with each turn's copies.
    fn take(&self, launch: &Launch) -> Take {
        let turn = |turn: usize| {
            let exchange = |buffer| {
                let copies = self.copies.get(&buffer);
                copies.map_or(buffer, |copies| copies[turn % copies.len()])
            };
            let arguments = launch.arguments.with_buffers(exchange);
            Launch { arguments, ..launch.clone() }
        };
        Take { turns: (0..self.turns).map(turn).collect(), next: 0, repetitions: 1 }
    }
}

/// A launch that is being timed.
struct Take {
    turns: Vec<Launch>,
    /// The turn that comes next.
    next: usize,
    repetitions: u32,
}

impl Take {
    /// Finds the number of repetitions that take at least `shortest` microseconds.
    fn calibrate(&mut self, device: &mut dyn Device, shortest: f64) -> Result<()> {
        self.run(device)?;
        loop {
            let took = self.run(device)?.as_secs_f64() * 1e6;
            if took >= shortest || self.repetitions == REPETITION_LIMIT {
                return Ok(());
            }
            // A tenth more than needed, since not every repetition takes the same time.
            let needed = f64::from(self.repetitions) * shortest * 1.1 / took.max(1e-3);
            let more = (needed.ceil() as u32).max(self.repetitions + 1);
            self.repetitions = more.min(self.repetitions.saturating_mul(16)).min(REPETITION_LIMIT);
        }
    }

    /// Microseconds of one launch.
    fn sample(&mut self, device: &mut dyn Device) -> Result<f64> {
        Ok(self.run(device)?.as_secs_f64() * 1e6 / f64::from(self.repetitions))
    }

    /// All repetitions of one sample.
    fn run(&mut self, device: &mut dyn Device) -> Result<Duration> {
        let count = self.repetitions as usize;
        let sequence: Vec<&Launch> =
            self.turns.iter().cycle().skip(self.next).take(count).collect();
        self.next = (self.next + count) % self.turns.len();
        device.time(&sequence)
    }
}
