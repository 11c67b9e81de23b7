//! What was guessed and what was accepted.

use super::{Accepted, MOST};

/// Counts of a generator's guesses since it began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// Verifications of a text's guesses.
    pub cycles: u64,
    /// Tokens that came of them: the accepted guesses, and the one after them.
    pub tokens: u64,
    /// Guesses by place whose predecessors were accepted.
    pub tried: [u64; MOST],
    /// Accepted ones by place.
    pub accepted: [u64; MOST],
    /// Guesses made.
    pub guessed: u64,
}

impl Default for Tally {
    fn default() -> Self {
        Self { cycles: 0, tokens: 0, tried: [0; MOST], accepted: [0; MOST], guessed: 0 }
    }
}

impl Tally {
    /// Counts a text's part of a cycle.
    pub(crate) fn count(&mut self, guessed: usize, found: Accepted) {
        let accepted = found.tokens - 1;
        self.cycles += 1;
        self.guessed += guessed as u64;
        self.tokens += found.tokens as u64;
        for at in 0..(accepted + usize::from(found.refused)).min(MOST) {
            self.tried[at] += 1;
            self.accepted[at] += u64::from(at < accepted);
        }
    }

    /// Mean tokens of a cycle; `None` before the first.
    pub fn tokens_per_cycle(&self) -> Option<f64> {
        (self.cycles > 0).then(|| self.tokens as f64 / self.cycles as f64)
    }

    /// Acceptance by place, each under the condition that those before were accepted; as far as any
    /// was tried.
    pub fn acceptance(&self) -> Vec<f64> {
        let tried = self.tried.iter().take_while(|tried| **tried > 0);
        tried
            .zip(&self.accepted)
            .map(|(tried, accepted)| *accepted as f64 / *tried as f64)
            .collect()
    }
}
