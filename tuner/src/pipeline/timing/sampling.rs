//! Rounds of samples of a request's candidates.

use kiln_cache::device::{Cold, LaunchSpec, Timing};
use kiln_cache::store::Measurement;

use super::Timer;
use super::launch::Operands;
use super::records::{JournalNote, measured, time_key, watched};
use super::watch::Sight;
use crate::pipeline::{Contender, Family, Timed};
use crate::stats::{Elimination, Summary};
use crate::workers::DeviceError;
use crate::{Error, Result};

/// Shortest sample, in microseconds.
const SAMPLE_US: f64 = 200.0;

/// Times that rounds of one request are taken again because the machine drifted, at most.
pub(super) const RETAKES: usize = 2;

/// Samples of one candidate.
#[derive(Clone, Debug, Default)]
struct Samples {
    /// Those that count.
    kept: Vec<f64>,
    /// Those taken while the machine drifted.
    discarded: Vec<f64>,
}

impl Timer<'_> {
    /// Times contenders for a request, those that the cache does not know; fills in their times.
    /// Nothing is measured after the deadline.
    ///
    /// # Errors
    /// If the device is lost, or the cache or the journal cannot be used.
    pub fn time(
        &mut self,
        family: &Family,
        contenders: &mut [Contender<'_>],
        list: &[usize],
        request: usize,
    ) -> Result<()> {
        let of = &family.requests[request];
        let mut missing = Vec::new();
        for &at in list {
            let key = time_key(self.device.info(), &contenders[at], of);
            let known: Option<Measurement> = self.store.get(&key)?;
            match known.and_then(|known| Summary::of(&known.samples_us)) {
                Some(summary) => drop(contenders[at].timed.insert(request, timed(&summary))),
                None => missing.push(at),
            }
        }
        if missing.is_empty() || self.late() {
            return Ok(());
        }
        let samples = self.sample(family, contenders, &missing, request)?;
        let readings = self.watch.take_readings();
        for (&at, Samples { kept, discarded }) in missing.iter().zip(samples) {
            let Some(summary) = Summary::of(&kept) else { continue };
            let contender = &mut contenders[at];
            let record = measured(contender.code.statics.isa_hash, kept.clone());
            let record = watched(record, &discarded, readings.clone());
            self.journal.note(JournalNote::Sampled {
                kernel: contender.point.spec.symbol.clone(),
                operation: of.operation.to_string(),
                dims: of.dims(),
                samples_us: kept,
                discarded_us: discarded,
            })?;
            self.store.put(&time_key(self.device.info(), contender, of), &record)?;
            contender.timed.insert(request, timed(&summary));
        }
        Ok(())
    }

    /// Rounds of samples until no candidate needs more. After a drift the samples since the canary
    /// was last seen well are taken again.
    fn sample(
        &mut self,
        family: &Family,
        contenders: &[Contender<'_>],
        list: &[usize],
        request: usize,
    ) -> Result<Vec<Samples>> {
        let mut operands = Operands::new(self.target, self.cache_bytes());
        let dims = family.requests[request].dims();
        let launch = |at: &usize| operands.launch(&mut self.device, &contenders[*at], &dims, 0);
        let specs: Vec<LaunchSpec> =
            list.iter().map(launch).collect::<std::result::Result<_, _>>().map_err(lost)?;
        self.begin(&specs[0], &operands)?;
        let rule = rule(&specs, contenders, list, request);
        let mut samples = vec![Vec::new(); list.len()];
        let mut discarded = samples.clone();
        // How many samples of each candidate a look at the canary has vouched for.
        let mut sound = vec![0; list.len()];
        let mut retakes = 0;
        loop {
            let live = rule.next_round(&samples);
            if live.is_empty() {
                break;
            }
            let launches = live.iter().map(|at| specs[*at].clone()).collect();
            let round = timing(launches, rule.min_samples as u32, &operands);
            let us = self.rounds(round)?;
            let taken = us.iter().map(Vec::len).sum();
            live.iter().zip(us).for_each(|(at, us)| samples[*at].extend(us));
            match self.look(taken)? {
                Sight::NotDue => {}
                Sight::Drifted if retakes < RETAKES => {
                    retakes += 1;
                    let parts = samples.iter_mut().zip(&mut discarded).zip(&sound);
                    parts.for_each(|((kept, out), sound)| out.extend(kept.drain(sound..)));
                }
                Sight::Steady | Sight::Drifted => sound = samples.iter().map(Vec::len).collect(),
            }
            if self.late() {
                break;
            }
        }
        operands.release(&mut self.device).map_err(lost)?;
        let pairs = samples.into_iter().zip(discarded);
        Ok(pairs.map(|(kept, discarded)| Samples { kept, discarded }).collect())
    }
}

/// The device went away in the middle.
pub(super) fn lost(error: DeviceError) -> Error {
    Error::invalid("device", error.to_string())
}

/// Rounds of these launches.
pub(super) fn timing(launches: Vec<LaunchSpec>, samples: u32, operands: &Operands<'_>) -> Timing {
    let cold = Cold { rotate: operands.rotating.clone() };
    Timing { launches, samples, min_sample_us: SAMPLE_US, cold, threads: 0 }
}

/// Long launches are sampled less: they are less noisy, and there is less time for them.
fn rule(
    specs: &[LaunchSpec],
    contenders: &[Contender<'_>],
    list: &[usize],
    request: usize,
) -> Elimination {
    let estimate = |at: &usize| contenders[*at].estimates[request].as_ref().map(|of| of.time_us);
    let shortest = list.iter().filter_map(estimate).fold(f64::INFINITY, f64::min);
    let (min_samples, max_samples) = match shortest * specs.len() as f64 {
        long if long > 4e5 => (1, 2),
        long if long > 1e5 => (2, 4),
        long if long > 1e4 => (3, 12),
        _ => (3, 30),
    };
    Elimination { min_samples, max_samples, keep: 2, ..Elimination::default() }
}

fn timed(summary: &Summary) -> Timed {
    let interval = summary.interval.map(|interval| [interval.lo, interval.hi]);
    Timed { time_us: summary.median, interval }
}
