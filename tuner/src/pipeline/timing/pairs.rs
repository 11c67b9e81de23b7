//! Two candidates sample by sample.

use kiln_cache::hash::Key;
use kiln_cache::store::Measurement;

use super::Timer;
use super::launch::Operands;
use super::records::{key, measured, watched};
use super::sampling::{RETAKES, lost, timing};
use super::watch::Sight;
use crate::Result;
use crate::decide::RunOff;
use crate::pipeline::{Contender, Family, tables};
use crate::stats::{NoiseFloor, Pairs, compare};

/// Pairs of a run-off; fixed before it starts.
pub(super) const PAIRS: u32 = 15;

/// Candidates within this factor of the best meet it in a run-off.
const CLOSE: f64 = 1.05;

/// Opponents of a leader, at most.
const OPPONENTS: usize = 3;

/// Longest launches that meet in a run-off, in microseconds: each of a pair is launched
/// [`PAIRS`] times, and nobody waits minutes to learn which of two is 1 % faster.
const LONGEST_US: f64 = 100e3;

/// A run-off as it was held; what it says depends on the noise floor, which is known at the end.
#[derive(Clone, Debug, PartialEq)]
pub struct Meeting {
    /// Name of the candidate that led.
    pub leader: String,
    /// Name of the candidate that was compared with it.
    pub challenger: String,
    /// The samples' comparison.
    pub pairs: Pairs,
}

impl Meeting {
    /// Its outcome at a noise floor.
    pub fn run_off(&self, noise: NoiseFloor) -> RunOff {
        let (leader, challenger) = (self.leader.clone(), self.challenger.clone());
        RunOff { leader, challenger, verdict: compare(&self.pairs, noise) }
    }
}

impl Timer<'_> {
    /// Lets the leader of a request meet those close to it, pair by pair.
    ///
    /// # Errors
    /// As [`Timer::time`].
    pub fn run_offs(
        &mut self,
        family: &Family,
        contenders: &[Contender<'_>],
        list: &[usize],
        request: usize,
    ) -> Result<Vec<Meeting>> {
        let mut order: Vec<(f64, usize)> = list
            .iter()
            .filter_map(|at| Some((contenders[*at].timed.get(&request)?.time_us, *at)))
            .collect();
        order.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let Some(&(best, leader)) = order.first() else { return Ok(Vec::new()) };
        if best > LONGEST_US {
            return Ok(Vec::new());
        }
        let close = order.iter().skip(1).take(OPPONENTS).filter(|(time, _)| *time <= CLOSE * best);
        let mut held = Vec::new();
        for &(_, challenger) in close {
            let pair = [leader, challenger];
            let Some(pairs) = self.pairs(family, contenders, pair, request)? else { continue };
            let [leader, challenger] = pair.map(|at| contenders[at].point.spec.symbol.clone());
            held.push(Meeting { leader, challenger, pairs });
        }
        Ok(held)
    }

    /// Compares the second of a pair of loaded candidates with the first; absent where that is not
    /// known and the budget has ended.
    ///
    /// # Errors
    /// As [`Timer::time`].
    pub fn pairs(
        &mut self,
        family: &Family,
        contenders: &[Contender<'_>],
        pair: [usize; 2],
        request: usize,
    ) -> Result<Option<Pairs>> {
        let known = self.known_pairs(family, contenders, pair, request)?;
        if known.is_some() || self.late() {
            return Ok(known);
        }
        let mut operands = Operands::new(self.target, self.cache_bytes());
        let dims = family.requests[request].dims();
        let launch = |at| operands.launch(&mut self.device, &contenders[at], &dims, 0);
        let [one, other] = pair.map(launch);
        let launches = vec![one.map_err(lost)?, other.map_err(lost)?];
        self.begin(&launches[0], &operands)?;
        let mut discarded = Vec::new();
        let mut us = self.rounds(timing(launches.clone(), PAIRS, &operands))?;
        for _ in 0..RETAKES {
            if self.look(2 * PAIRS as usize)? != Sight::Drifted {
                break;
            }
            discarded.extend(us.concat());
            us = self.rounds(timing(launches.clone(), PAIRS, &operands))?;
        }
        operands.release(&mut self.device).map_err(lost)?;
        let record = measured(contenders[pair[0]].code.statics.isa_hash, us.concat());
        let record = watched(record, &discarded, self.watch.take_readings());
        let key = self.pairs_key(family, contenders, pair, request);
        self.store.put(&key, &record)?;
        Ok(compared(&record.samples_us))
    }

    /// What the cache knows of a pair.
    ///
    /// # Errors
    /// If the cache cannot be read.
    pub fn known_pairs(
        &self,
        family: &Family,
        contenders: &[Contender<'_>],
        pair: [usize; 2],
        request: usize,
    ) -> Result<Option<Pairs>> {
        let key = self.pairs_key(family, contenders, pair, request);
        let known: Option<Measurement> = self.store.get(&key)?;
        Ok(known.and_then(|known| compared(&known.samples_us)))
    }

    fn pairs_key(
        &self,
        family: &Family,
        contenders: &[Contender<'_>],
        pair: [usize; 2],
        request: usize,
    ) -> Key {
        let of = &family.requests[request];
        let [a, b] = pair.map(|at| contenders[at].code.statics.isa_hash);
        let key = key("pairs", self.device.info(), &a)
            .field("against", b)
            .field("operation", &of.operation)
            .field("dims", of.label());
        tables::keyed(key, &contenders[pair[0]], of).finish()
    }
}

/// The samples of the first, then those of the second.
fn compared(samples_us: &[f64]) -> Option<Pairs> {
    let (first, second) = samples_us.split_at(samples_us.len() / 2);
    Pairs::of(first, second)
}
