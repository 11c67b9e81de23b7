//! Whether the machine is still the one that the session began with.

use std::time::Duration;

use crate::Result;
use crate::stats::Canary;

/// Samples after which the canary is looked at.
const EVERY: usize = 50;

/// Waits for a machine that drifted, one after the other.
const PAUSES: [Duration; 3] =
    [Duration::from_millis(250), Duration::from_millis(500), Duration::from_secs(1)];

/// All waits of a session together, at most.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a look at the canary showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sight {
    /// Nothing: it was not time yet.
    NotDue,
    /// The machine is as it was.
    Steady,
    /// It drifted: what was sampled since the last look has to be sampled again.
    Drifted,
}

/// The machine, as far as a watch is concerned.
pub(super) trait Machine {
    /// Times the reference work, in microseconds.
    fn reading(&mut self) -> Result<f64>;

    /// Waits.
    fn pause(&mut self, time: Duration);

    /// Hears of a drift as a share of the baseline.
    fn note(&mut self, drift: f64);
}

/// Looks at the canary every 50 samples.
#[derive(Debug)]
pub(super) struct Watch {
    canary: Canary,
    /// Samples since the last look.
    since: usize,
    /// Waiting that is left.
    patience: Duration,
    /// Readings that no record holds yet.
    fresh: Vec<f64>,
}

impl Watch {
    pub(super) fn new() -> Self {
        let (canary, fresh) = (Canary::default(), Vec::new());
        Self { canary, since: 0, patience: PATIENCE, fresh }
    }

    /// Takes what the machine is now as what it should be.
    pub(super) fn begin(&mut self, machine: &mut impl Machine) -> Result<()> {
        self.canary.restart();
        self.since = 0;
        (0..Canary::BASELINE).try_for_each(|_| self.read(machine).map(drop))
    }

    /// Looks at the canary if it is time to, after `samples` more. Where the machine drifted, it
    /// waits until that is over; a machine that stays another is the new baseline.
    pub(super) fn look(&mut self, samples: usize, machine: &mut impl Machine) -> Result<Sight> {
        self.since += samples;
        if self.since < EVERY {
            return Ok(Sight::NotDue);
        }
        self.since = 0;
        if !Canary::drifted(self.read(machine)?) {
            return Ok(Sight::Steady);
        }
        for pause in PAUSES {
            let Some(left) = self.patience.checked_sub(pause) else { break };
            self.patience = left;
            machine.pause(pause);
            if !Canary::drifted(self.read(machine)?) {
                return Ok(Sight::Drifted);
            }
        }
        self.begin(machine)?;
        Ok(Sight::Drifted)
    }

    /// The readings since this was last asked, for the record of what was sampled among them.
    pub(super) fn take_readings(&mut self) -> Vec<f64> {
        std::mem::take(&mut self.fresh)
    }

    fn read(&mut self, machine: &mut impl Machine) -> Result<f64> {
        let reading = machine.reading()?;
        let drift = self.canary.note(reading);
        if drift.is_finite() {
            self.fresh.push(reading);
        }
        machine.note(drift);
        Ok(drift)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A machine that takes these times for the reference work, the last one from then on.
    struct Scripted {
        times: Vec<f64>,
        at: usize,
        paused: Duration,
        drifts: usize,
    }

    impl Scripted {
        fn new(times: &[f64]) -> Self {
            Self { times: times.to_vec(), at: 0, paused: Duration::ZERO, drifts: 0 }
        }
    }

    impl Machine for Scripted {
        fn reading(&mut self) -> Result<f64> {
            self.at += 1;
            Ok(self.times[(self.at - 1).min(self.times.len() - 1)])
        }

        fn pause(&mut self, time: Duration) {
            self.paused += time;
        }

        fn note(&mut self, drift: f64) {
            self.drifts += usize::from(Canary::drifted(drift));
        }
    }

    fn watching(times: &[f64]) -> (Watch, Scripted) {
        let (mut watch, mut machine) = (Watch::new(), Scripted::new(times));
        watch.begin(&mut machine).unwrap();
        (watch, machine)
    }

    #[test]
    fn the_canary_is_looked_at_every_fifty_samples() {
        let (mut watch, mut machine) = watching(&[100.0]);
        let mut sights = Vec::new();
        for _ in 0..7 {
            sights.push(watch.look(24, &mut machine).unwrap());
        }
        use Sight::{NotDue, Steady};
        assert_eq!(sights, [NotDue, NotDue, Steady, NotDue, NotDue, Steady, NotDue]);
        assert_eq!(machine.at, Canary::BASELINE + 2);
    }

    #[test]
    fn a_passing_drift_is_waited_for_and_the_round_taken_again() {
        let (mut watch, mut machine) = watching(&[100., 100., 100., 100., 100., 107., 106., 101.]);
        assert_eq!(watch.look(50, &mut machine).unwrap(), Sight::Drifted);
        assert_eq!((machine.paused, machine.drifts), (PAUSES[0] + PAUSES[1], 2));
        assert_eq!(watch.look(50, &mut machine).unwrap(), Sight::Steady);
        assert_eq!(watch.take_readings().len(), 9);
        assert!(watch.take_readings().is_empty());
    }

    #[test]
    fn a_machine_that_stays_slower_is_the_new_baseline() {
        let (mut watch, mut machine) = watching(&[100., 100., 100., 100., 100., 120.]);
        assert_eq!(watch.look(50, &mut machine).unwrap(), Sight::Drifted);
        assert_eq!(machine.paused, PAUSES.iter().sum::<Duration>());
        assert_eq!(watch.look(50, &mut machine).unwrap(), Sight::Steady);
    }

    #[test]
    fn a_machine_that_never_settles_is_not_waited_for_without_end() {
        let (mut watch, mut machine) = watching(&[100.0]);
        machine.times = (0..10_000).map(|at| if at % 9 == 0 { 200.0 } else { 100.0 }).collect();
        for _ in 0..1000 {
            watch.look(50, &mut machine).unwrap();
        }
        assert!(machine.paused <= PATIENCE, "{:?}", machine.paused);
    }

    #[test]
    fn a_reading_that_is_no_time_is_a_drift_and_is_not_recorded() {
        let (mut watch, mut machine) = watching(&[100., 100., 100., 100., 100., 0.0, 100.0]);
        assert_eq!(watch.look(50, &mut machine).unwrap(), Sight::Drifted);
        assert_eq!(watch.take_readings().len(), 6);
    }
}
