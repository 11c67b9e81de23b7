//! The noise floor of a session: what one kernel against itself shows.

use kiln_cache::device::LaunchSpec;
use kiln_cache::hash::Digest;
use kiln_cache::store::Measurement;

use super::Timer;
use super::launch::Operands;
use super::pairs::PAIRS;
use super::records::{key, measured, watched};
use super::sampling::{lost, timing};
use crate::Result;
use crate::pipeline::{Contender, Family};
use crate::progress::Event;
use crate::stats::NoiseFloor;

/// The noise floors at both ends of a session.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Noise {
    /// Before the first sample.
    pub start: NoiseFloor,
    /// After the last one.
    pub end: NoiseFloor,
}

impl Noise {
    /// What the session can tell from noise.
    pub fn floor(&self) -> NoiseFloor {
        self.start.worst(self.end)
    }

    /// The floors that a record's samples show: pairs at the start, then pairs at the end.
    fn of(samples_us: &[f64]) -> Option<Self> {
        let pairs = PAIRS as usize;
        let [a, b, c, d] = samples_us.chunks_exact(pairs).collect::<Vec<_>>()[..] else {
            return None;
        };
        Some(Self { start: NoiseFloor::of(a, b)?, end: NoiseFloor::of(c, d)? })
    }
}

impl Timer<'_> {
    /// The noise floor of the session, once it has ended, or of the last one of this scope.
    pub fn noise(&self) -> Option<Noise> {
        self.noise
    }

    /// Whether the noise floor is that of this run and not of an earlier one.
    pub fn measured_noise(&self) -> bool {
        !self.opening.is_empty()
    }

    /// Begins the session before its first sample: the canary's baseline, and the launch against
    /// itself.
    pub(super) fn begin(&mut self, launch: &LaunchSpec, operands: &Operands<'_>) -> Result<()> {
        if self.opening.is_empty() {
            self.watched(|watch, machine| watch.begin(machine))?;
            self.opening = self.against_itself(launch, operands)?;
        }
        Ok(())
    }

    /// Ends the session with a loaded family. Where nothing was measured, the session before it
    /// stands, if there was one.
    ///
    /// # Errors
    /// If the device is lost or the cache cannot be used.
    pub fn end(&mut self, family: &Family, contenders: &[Contender<'_>]) -> Result<()> {
        if self.opening.is_empty() {
            let known: Option<Measurement> = self.store.get(&self.noise_key())?;
            self.noise = known.and_then(|known| Noise::of(&known.samples_us));
        }
        if self.noise.is_none() { self.hold_again(family, contenders) } else { Ok(()) }
    }

    /// Measures the noise floor with a loaded family, whatever an earlier session showed.
    ///
    /// # Errors
    /// As [`Timer::end`].
    pub fn hold_again(&mut self, family: &Family, contenders: &[Contender<'_>]) -> Result<()> {
        let Some(contender) = contenders.first() else { return Ok(()) };
        let mut operands = Operands::new(self.target, self.cache_bytes());
        let dims = family.requests[0].dims();
        let launch = operands.launch(&mut self.device, contender, &dims, 0).map_err(lost)?;
        self.begin(&launch, &operands)?;
        let closing = self.against_itself(&launch, &operands)?;
        operands.release(&mut self.device).map_err(lost)?;
        let samples = [self.opening.clone(), closing].concat();
        // Samples without an interval cannot tell any difference.
        let blind = Noise { start: NoiseFloor(1.0), end: NoiseFloor(1.0) };
        self.noise = Some(Noise::of(&samples).unwrap_or(blind));
        let record = watched(measured(Digest::of(b""), samples), &[], self.watch.take_readings());
        self.store.put(&self.noise_key(), &record)?;
        Ok(())
    }

    /// Pairs of samples of one launch: the firsts, then the seconds.
    fn against_itself(&mut self, launch: &LaunchSpec, operands: &Operands<'_>) -> Result<Vec<f64>> {
        let launches = vec![launch.clone(), launch.clone()];
        let samples = self.rounds(timing(launches, PAIRS, operands))?;
        if let [first, second] = &samples[..]
            && let Some(floor) = NoiseFloor::of(first, second)
        {
            self.progress.event(&Event::NoiseFloor { share: floor.0 });
        }
        Ok(samples.concat())
    }

    fn noise_key(&self) -> kiln_cache::hash::Key {
        let mut key = key("noise floor", self.device.info(), &Digest::of(b""));
        for (name, value) in &self.scope.0 {
            key = key.field(name, value);
        }
        key.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_floor_of_a_session_is_the_worse_of_both_ends() {
        let quiet = vec![100.0; 2 * PAIRS as usize];
        let loud = [vec![100.0; PAIRS as usize], vec![104.0; PAIRS as usize]].concat();
        let noise = Noise::of(&[quiet.clone(), loud.clone()].concat()).unwrap();
        assert_eq!(noise.start, NoiseFloor(0.0));
        assert!((noise.floor().0 - 0.04).abs() < 1e-12 && !noise.floor().permits_replacing());
        let other = Noise::of(&[loud, quiet.clone()].concat()).unwrap();
        assert_eq!(other.floor(), noise.floor());
        assert!(
            Noise::of(&[quiet.clone(), quiet.clone()].concat())
                .unwrap()
                .floor()
                .permits_replacing()
        );
        assert_eq!(Noise::of(&quiet), None, "one end alone is no session");
    }
}
