//! How likely a text's next guesses are to be accepted, from what became of its last ones and of those
//! at other texts.

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

    /// Probabilities that the first guess, the first two, .. are accepted. A place that was seldom
    /// tried is expected to be as good as the one before it.
    pub fn survival(&self, most: usize) -> Vec<f64> {
        let mut before = PRIOR;
        let places = (0..MOST).map(|at| {
            before = self.place(at, before);
            before
        });
        products(places.take(most))
    }

    /// The same of a text among others: what is seldom tried of it is expected to be as it is of all
    /// texts together.
    pub fn survival_beside(&self, all: &Self, most: usize) -> Vec<f64> {
        let mut before = PRIOR;
        let places = (0..MOST).map(|at| {
            before = all.place(at, before);
            self.place(at, before)
        });
        products(places.take(most))
    }

    /// Acceptance at a place, of which something is expected.
    fn place(&self, at: usize, expected: f64) -> f64 {
        (self.accepted[at] + expected * WEIGHT) / (self.tried[at] + WEIGHT)
    }
}

/// The first number, the first two multiplied, ..
fn products(numbers: impl Iterator<Item = f64>) -> Vec<f64> {
    let multiply = |all: &mut f64, number: f64| {
        *all *= number;
        Some(*all)
    };
    numbers.scan(1.0, multiply).collect()
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
        near(estimate.survival(4)[3], 0.98);
        (0..200).for_each(|_| estimate.observe(0, true));
        near(estimate.survival(1)[0], 0.07);
        (0..200).for_each(|_| estimate.observe(0, false));
        near(estimate.survival(1)[0], 0.8);
        assert_eq!(estimate.survival(99).len(), MOST);
    }

    #[test]
    fn places_that_were_not_tried_are_expected_to_be_as_good_as_those_before() {
        let mut estimate = Estimate::default();
        (0..200).for_each(|_| estimate.observe(3, false));
        let survival = estimate.survival(8);
        assert!(survival[7] > 0.7, "{survival:?}");
        (0..200).for_each(|_| estimate.observe(3, true));
        let survival = estimate.survival(8);
        assert!(survival[2] > 0.9 && survival[3] < 0.1, "{survival:?}");
    }

    #[test]
    fn a_new_text_is_expected_to_be_as_others_are_until_it_is_known() {
        let (mut all, mut own) = (Estimate::default(), Estimate::default());
        (0..200).for_each(|_| all.observe(15, false));
        assert!(own.survival_beside(&all, 15)[14] > 0.5);
        (0..20).for_each(|_| own.observe(0, true));
        assert!(own.survival_beside(&all, 15)[0] < 0.2);
        assert!(own.survival_beside(&Estimate::default(), 2)[0] < 0.2);
    }
}
