//! How likely a text's next guesses are to be accepted, from what became of its last ones.

use super::MOST;

/// What is expected of a guess before anything is known of it.
const PRIOR: f64 = 0.8;

/// How many guesses that expectation is worth.
const WEIGHT: f64 = 2.0;

/// What is left of an observation's weight after another cycle.
const MEMORY: f64 = 0.95;

/// Acceptance of guesses by their place, each under the condition that those before it were
/// accepted. Old observations fade, also while nothing is guessed: a text whose guesses went wrong
/// is tried again later.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate {
    accepted: [f64; MOST],
    tried: [f64; MOST],
}

impl Default for Estimate {
    fn default() -> Self {
        Self { accepted: [0.0; MOST], tried: [0.0; MOST] }
    }
}

impl Estimate {
    /// Learns that of some guesses the first ones were accepted; the next one was tried and refused
    /// if `refused`.
    pub fn observe(&mut self, accepted: usize, refused: bool) {
        for of in self.accepted.iter_mut().chain(&mut self.tried) {
            *of *= MEMORY;
        }
        for at in 0..(accepted + usize::from(refused)).min(MOST) {
            self.tried[at] += 1.0;
            self.accepted[at] += f64::from(at < accepted);
        }
    }

    /// Probabilities that the first guess, the first two, .. are accepted.
    pub fn survival(&self, most: usize) -> Vec<f64> {
        let mut all = 1.0;
        let place = |(accepted, tried): (&f64, &f64)| {
            all *= (accepted + PRIOR * WEIGHT) / (tried + WEIGHT);
            all
        };
        self.accepted.iter().zip(&self.tried).map(place).take(most).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_follows_what_happens_and_returns_to_the_expectation() {
        let mut estimate = Estimate::default();
        let near = |found: f64, expect: f64| assert!((found - expect).abs() < 0.03, "{found}");
        near(estimate.survival(2)[1], 0.64);
        (0..200).for_each(|at| estimate.observe(usize::from(at % 2 == 0), true));
        near(estimate.survival(1)[0], 0.5);
        (0..200).for_each(|_| estimate.observe(4, false));
        near(estimate.survival(4)[3], 0.93);
        (0..200).for_each(|_| estimate.observe(0, true));
        near(estimate.survival(1)[0], 0.07);
        (0..200).for_each(|_| estimate.observe(0, false));
        near(estimate.survival(1)[0], 0.8);
        assert_eq!(estimate.survival(99).len(), MOST);
    }
}
