//! What is read of rows' logits: all of them, or the largest, which the device finds.

use std::ops::Range;

use kiln_cache::operations::{DECODE_ROWS, TOP};

use super::batch::Batch;
use super::load::LoadedModel;
use super::node::{Held, Pass};
use super::sizes::Arriving;
use crate::Result;
use crate::device::Device;

/// How much is read of a row.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Reading {
    /// Every logit.
    #[default]
    All,
    /// The largest one.
    Largest,
    /// So many of the largest, less than 64, where they are told from the others at a temperature.
    Top {
        /// How many.
        count: usize,
        /// What logits are divided by.
        temperature: f32,
    },
}

/// The largest logits of a row with their tokens, largest first, and the lowest token first where
/// logits are equal.
pub type Candidates = Vec<(u32, f32)>;

impl Reading {
    /// Whether candidates decide what all logits would. They do not where there is none, because a
    /// logit is not a number, or where the last ones may weigh as much as others that are missing.
    pub(crate) fn decided(self, found: &[(u32, f32)]) -> bool {
        let (Some(best), Some(last)) = (found.first(), found.last()) else { return false };
        let finite = best.1.is_finite();
        match self {
            Self::All => false,
            Self::Largest => finite,
            Self::Top { count, temperature } => {
                let heat = f64::from(temperature);
                let weight = |logit: f32| (f64::from(logit - best.1) / heat).exp();
                let all = (found.len() as u64) < TOP;
                let cut = found.get(count.wrapping_sub(1)).map_or(0.0, |(_, at)| weight(*at));
                finite && (all || cut > weight(last.1) || weight(last.1) == 0.0)
            }
        }
    }
}

/// What was read of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Row {
    /// Every logit.
    Logits(Vec<f32>),
    /// The largest, which decide as much.
    Candidates(Candidates),
}

impl Row {
    /// The logits, if they were read.
    pub fn into_logits(self) -> Option<Vec<f32>> {
        match self {
            Self::Logits(logits) => Some(logits),
            Self::Candidates(_) => None,
        }
    }
}

impl LoadedModel {
    /// Computes the logits of rows of the last batch, named in ascending order, and reads of each
    /// what is wanted, or all where that does not decide. Rows that lie within 32 of each other
    /// share a pass.
    ///
    /// # Errors
    /// If the device fails.
    pub fn read(&self, device: &mut dyn Device, wanted: &[(u64, Reading)]) -> Result<Vec<Row>> {
        let mut read = Vec::with_capacity(wanted.len());
        let mut left = wanted;
        while let Some((start, _)) = left.first().copied() {
            let count = left.partition_point(|(row, _)| *row < start + DECODE_ROWS);
            let (together, rest) = left.split_at(count);
            let m = together.last().map_or(1, |(row, _)| row - start + 1);
            self.search(device, start, m, together)?;
            for (row, reading) in together {
                read.push(self.row(device, row - start, *reading)?);
            }
            left = rest;
        }
        Ok(read)
    }

    /// Logits of rows of the last batch, row after row.
    ///
    /// # Errors
    /// If the device fails.
    pub fn logits(&self, device: &mut dyn Device, rows: Range<u64>) -> Result<Vec<Vec<f32>>> {
        let wanted: Vec<(u64, Reading)> = rows.map(|row| (row, Reading::All)).collect();
        Ok(self.read(device, &wanted)?.into_iter().filter_map(Row::into_logits).collect())
    }

    /// Computes the drafter's logits for a block of rows of each segment: the text's last token, then
    /// masks; and reads what is wanted of rows named in ascending order. A row's logits are of the
    /// token at its own place.
    ///
    /// # Errors
    /// If there is no drafter, the batch is not one of the pass, or the device fails.
    pub fn draft(
        &self,
        device: &mut dyn Device,
        batch: &Batch,
        wanted: &[(u64, Reading)],
    ) -> Result<Vec<Row>> {
        self.drafted(device, Pass::Draft, batch, wanted)
    }

    /// Logits of a pass that guesses.
    pub(super) fn drafted(
        &self,
        device: &mut dyn Device,
        pass: Pass,
        batch: &Batch,
        wanted: &[(u64, Reading)],
    ) -> Result<Vec<Row>> {
        let arriving = self.stage(device, pass, batch)?;
        device.run(&self.launches(pass, &arriving, 0)?)?;
        self.find(device, arriving.m, wanted)?;
        wanted.iter().map(|(row, reading)| self.row(device, *row, *reading)).collect()
    }

    /// Computes the logits of `m` rows from `row` on, and finds what is wanted of them.
    fn search(
        &self,
        device: &mut dyn Device,
        row: u64,
        m: u64,
        wanted: &[(u64, Reading)],
    ) -> Result<()> {
        let arriving = Arriving { m, b: 1, t: 1, s: 1 };
        device.run(&self.launches(Pass::Head, &arriving, row)?)?;
        self.find(device, m, wanted)
    }

    /// Finds the largest of `m` rows of logits, if anybody wants them.
    fn find(&self, device: &mut dyn Device, m: u64, wanted: &[(u64, Reading)]) -> Result<()> {
        let arriving = Arriving { m, b: 1, t: 1, s: 1 };
        let any = |of: fn(&Reading) -> bool| wanted.iter().any(|(_, reading)| of(reading));
        if any(|reading| *reading == Reading::Largest) {
            device.run(&self.launches(Pass::Largest, &arriving, 0)?)?;
        }
        if any(|reading| matches!(reading, Reading::Top { .. })) {
            device.run(&self.launches(Pass::Top, &arriving, 0)?)?;
        }
        Ok(())
    }

    /// Reads what is wanted of a row whose logits have been computed.
    fn row(&self, device: &dyn Device, at: u64, reading: Reading) -> Result<Row> {
        let width = self.vocabulary();
        let (tokens, logits) = match reading {
            Reading::All => (Vec::new(), Vec::new()),
            Reading::Largest => {
                let tokens = self.tokens(device, Held::Largest, at..at + 1)?;
                // A token that there is not says that a logit is not a number.
                let place = u64::from(tokens[0]).min(width - 1) + at * width;
                (tokens, self.floats(device, Held::Logits, place..place + 1)?)
            }
            Reading::Top { .. } => {
                let places = at * TOP..(at + 1) * TOP;
                let tokens = self.tokens(device, Held::TopTokens, places.clone())?;
                (tokens, self.floats(device, Held::TopLogits, places)?)
            }
        };
        // Places that no token has follow those that there are.
        let known = |(token, _): &(u32, f32)| u64::from(*token) < width;
        let found: Candidates = tokens.into_iter().zip(logits).take_while(known).collect();
        if reading.decided(&found) {
            return Ok(Row::Candidates(found));
        }
        Ok(Row::Logits(self.floats(device, Held::Logits, at * width..(at + 1) * width)?))
    }

    fn vocabulary(&self) -> u64 {
        self.config.vocabulary as u64
    }

    fn floats(&self, device: &dyn Device, held: Held, range: Range<u64>) -> Result<Vec<f32>> {
        Ok(self.words(device, held, range)?.into_iter().map(f32::from_le_bytes).collect())
    }

    fn tokens(&self, device: &dyn Device, held: Held, range: Range<u64>) -> Result<Vec<u32>> {
        Ok(self.words(device, held, range)?.into_iter().map(u32::from_le_bytes).collect())
    }

    fn words(&self, device: &dyn Device, held: Held, range: Range<u64>) -> Result<Vec<[u8; 4]>> {
        let (buffer, _) = self.held[&held];
        let mut bytes = vec![0; 4 * (range.end - range.start) as usize];
        device.read(buffer, 4 * range.start, &mut bytes)?;
        let words = bytes.chunks_exact(4).map(|word| [word[0], word[1], word[2], word[3]]);
        Ok(words.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn top(logits: impl IntoIterator<Item = f32>) -> Candidates {
        logits.into_iter().enumerate().map(|(at, logit)| (at as u32, logit)).collect()
    }

    #[test]
    fn candidates_decide_where_the_last_one_surely_is_no_choice() {
        let reading = Reading::Top { count: 2, temperature: 1.0 };
        let falling = top((0..64).map(|at| -(at as f32)));
        assert!(reading.decided(&falling));
        // 60 tokens as likely as the second one: there may be more of them.
        let even = top((0..64).map(|at| if at == 0 { 1.0 } else { 0.0 }));
        assert!(!reading.decided(&even));
        assert!(reading.decided(&even[..63]), "there are no others");
        // So far below the best that they weigh nothing.
        let far = top((0..64).map(|at| if at == 0 { 1e4 } else { 0.0 }));
        assert!(reading.decided(&far));
    }

    #[test]
    fn what_is_not_a_number_decides_nothing() {
        let reading = Reading::Top { count: 2, temperature: 1.0 };
        for of in [reading, Reading::Largest] {
            assert!(!of.decided(&top([])));
            assert!(!of.decided(&top([f32::INFINITY, 1.0])));
            assert!(!of.decided(&top([f32::NEG_INFINITY])));
        }
        assert!(Reading::Largest.decided(&top([1.0])));
        assert!(!Reading::All.decided(&top([1.0])));
    }
}
