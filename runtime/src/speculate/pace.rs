//! What a cycle takes on the machine that it runs on: the bundle's times until passes have been
//! seen, and what they took from then on.
//!
//! Nothing that is decided by it changes a text; see the law of `speculate`. Which numbers of rows
//! are worth a try is a matter of bounds: a pass takes no less than one of fewer rows, and no less
//! than its share of one of more. Where even that would not pay, nothing is tried.

use super::{Costs, Guessing};
use crate::speculate::times::Times;

/// Seconds, or any unit before anything was seen, of drafting, verifying and accepting.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cycle {
    /// What is believed.
    pub believed: f64,
    /// The least that it can be, where that has not been seen and is worth seeing: at numbers of rows
    /// for which kernels are tuned.
    pub least: Option<f64>,
}

/// What passes of few rows take.
#[derive(Clone, Debug, PartialEq)]
pub struct Pace {
    expected: Costs,
    decode: Times,
    verify: Times,
    draft: Times,
    cycles: u64,
}

impl Pace {
    /// Of a machine on which nothing has run.
    pub fn new(expected: Costs) -> Self {
        let [decode, verify, draft] = [(); 3].map(|()| Times::default());
        Self { expected, decode, verify, draft, cycles: 0 }
    }

    /// Learns what a pass of one token each of so many texts took, to the tokens that follow.
    pub fn decoded(&mut self, rows: usize, seconds: f64) {
        self.cycles += 1;
        self.decode.observe(rows, seconds, self.cycles);
    }

    /// Learns what guessing so many tokens of each text took.
    pub fn drafted(&mut self, lengths: &[usize], seconds: f64) {
        let draft = &self.expected.draft;
        let Some((all, key)) = draft.of(lengths).zip(draft.key(lengths)) else { return };
        let alone = draft.at(key);
        if all > 0.0 {
            self.draft.observe(key, seconds * alone / all, self.cycles);
        }
    }

    /// Learns what it took to verify so many rows and to accept some of them.
    pub fn verified(&mut self, rows: usize, seconds: f64) {
        self.cycles += 1;
        self.verify.observe(rows, seconds, self.cycles);
    }

    /// What a pass of one token each of so many texts takes; `None` where these are too many.
    pub fn decode(&self, rows: usize) -> Option<f64> {
        let expected = *self.expected.decode.get(rows.checked_sub(1)?)?;
        let seen = self.decode.believed(rows, |of| self.expected.decode[of - 1]);
        Some(seen.unwrap_or_else(|| expected * self.scale(rows)))
    }

    /// What a cycle takes in which so many tokens of each text are guessed, some of them at least;
    /// `None` where there are too many rows.
    pub fn cycle(&self, lengths: &[usize]) -> Option<Cycle> {
        let rows = lengths.len() + lengths.iter().sum::<usize>();
        let expected = *self.expected.verify.get(rows - 1)?;
        let seen = self.verify.believed(rows, |of| self.expected.verify[of - 1]);
        let verify = seen.unwrap_or_else(|| expected * self.scale(rows));
        let (draft, least) = self.guessing(lengths, rows)?;
        let worth = rows.is_power_of_two() && !self.is_new();
        let least = (worth && !self.verify.are_known(rows, self.cycles))
            .then(|| least + self.verify.least(rows));
        Some(Cycle { believed: draft + verify, least })
    }

    /// What guesses are believed to take, and the least that they can.
    fn guessing(&self, lengths: &[usize], rows: usize) -> Option<(f64, f64)> {
        let draft = &self.expected.draft;
        let all = draft.of(lengths)?;
        let Some(key) = draft.key(lengths).filter(|_| all > 0.0) else { return Some((0.0, 0.0)) };
        let more = all / draft.at(key);
        let seen = self.draft.believed(key, |of| draft.at(of));
        let believed = seen.map_or_else(|| all * self.scale(rows), |seen| seen * more);
        let least = match self.draft.are_known(key, self.cycles) {
            true => believed,
            false => self.draft.least(key) * more,
        };
        Some((believed, least))
    }

    /// Whether no cycle has been seen.
    fn is_new(&self) -> bool {
        self.verify.ratio(1, |of| self.expected.verify[of - 1]).is_none()
    }

    /// How far passes of other kinds, of about so many rows, are from what was expected of them.
    fn scale(&self, rows: usize) -> f64 {
        let verify = self.verify.ratio(rows, |of| self.expected.verify[of - 1]);
        let decode = || self.decode.ratio(rows, |of| self.expected.decode[of - 1]);
        verify.or_else(decode).unwrap_or(1.0)
    }
}

impl Guessing {
    /// The number by which what guesses take is remembered: rows of a block, or steps of a chain.
    fn key(&self, lengths: &[usize]) -> Option<usize> {
        let longest = lengths.iter().copied().max().filter(|longest| *longest > 0)?;
        let texts = lengths.iter().filter(|length| **length > 0).count();
        match self {
            Self::Free => None,
            Self::Blocks(_) => Some(texts + lengths.iter().sum::<usize>()),
            Self::Chains(_) => Some(longest),
        }
    }

    /// What is expected of one text at such a number.
    fn at(&self, key: usize) -> f64 {
        match self {
            Self::Free => 0.0,
            Self::Blocks(rows) => rows.get(key.saturating_sub(1)).copied().unwrap_or(0.0),
            Self::Chains([first, next]) => {
                let of = |table: &[f64]| table.first().copied().unwrap_or(0.0);
                of(first) + key.saturating_sub(1) as f64 * of(next)
            }
        }
    }
}
