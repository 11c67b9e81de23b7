//! What the multi-token prediction head is told of each pass: the rows' tokens, each with the residual
//! stream of the token before it.
//!
//! The pair of a token lies at the place of the one before it, since the first token has none. Its
//! position is the token's own: only differences of positions matter.

use super::Serving;
use super::batch::{Batch, Segment};
use super::load::LoadedModel;
use super::logits::{Reading, Row};
use super::node::{Held, Pass};
use crate::device::{BufferId, Device, Pointer};
use crate::model::config::ModelConfig;
use crate::{Error, Result};

impl LoadedModel {
    /// Puts the pairs of a batch that the model has computed into the head's context, and keeps the
    /// residual stream of each text's last token unless it may be taken back.
    pub(super) fn pair(&self, device: &mut dyn Device, pass: Pass, batch: &Batch) -> Result<()> {
        let [stream, before] = [self.streams(Held::Hidden)?, self.streams(Held::Before)?];
        let mut shifted = Batch::default();
        let (mut row, mut to) = (0, 0);
        for segment in &batch.segments {
            let count = segment.tokens.len() as u64;
            if segment.past > 0 {
                self.move_rows(device, self.carried(segment.slot)?, self.at(before, to), 1)?;
                to += 1;
            }
            if count > 1 {
                let (from, place) = (self.at(stream, row), self.at(before, to));
                self.move_rows(device, from, place, count - 1)?;
                to += count - 1;
            }
            row += count;
            if pass.keeps().is_none() {
                let last = self.at(stream, row - 1);
                self.move_rows(device, last, self.carried(segment.slot)?, 1)?;
            }
            shifted.segments.extend(segment.pairs());
        }
        if to == 0 {
            return Ok(());
        }
        let arriving = self.stage(device, Pass::Context, &shifted)?;
        device.run(&self.launches(Pass::Context, &arriving, 0)?)
    }

    /// Keeps the residual stream of the last of the rows of each segment that were accepted.
    pub(super) fn carry(
        &self,
        device: &mut dyn Device,
        batch: &Batch,
        accepted: &[u64],
    ) -> Result<()> {
        let stream = self.streams(Held::Hidden)?;
        let mut row = 0;
        for (segment, count) in batch.segments.iter().zip(accepted) {
            if *count > 0 {
                let last = self.at(stream, row + count - 1);
                self.move_rows(device, last, self.carried(segment.slot)?, 1)?;
            }
            row += segment.tokens.len() as u64;
        }
        Ok(())
    }

    /// Computes the prediction head's logits for the token that follows each segment's only row, and
    /// reads what is wanted of each. The row is the text's last token, or where this is a `chain` the
    /// guess that followed: the segments are then the first of those of the call before, one token on.
    ///
    /// # Errors
    /// If the model has no such head, a segment has not one row or no token before it, or the device
    /// fails.
    pub fn predict(
        &self,
        device: &mut dyn Device,
        batch: &Batch,
        chain: bool,
        wanted: &[Reading],
    ) -> Result<Vec<Row>> {
        let before = self.streams(Held::Before)?;
        let single = |segment: &Segment| segment.tokens.len() == 1 && segment.past > 0;
        if !batch.segments.iter().all(single) || wanted.len() != batch.segments.len() {
            return Err(Error::request("what follows one token after others can be predicted"));
        }
        let pairs = batch.segments.iter().filter_map(Segment::pairs);
        let pairs = Batch { segments: pairs.collect() };
        if !chain {
            for (to, segment) in batch.segments.iter().enumerate() {
                let place = self.at(before, to as u64);
                self.move_rows(device, self.carried(segment.slot)?, place, 1)?;
            }
        }
        let wanted: Vec<(u64, Reading)> = (0..).zip(wanted.iter().copied()).collect();
        let pass = if chain { Pass::Chain } else { Pass::Draft };
        self.drafted(device, pass, &pairs, &wanted)
    }

    fn streams(&self, held: Held) -> Result<BufferId> {
        let found = self.held.get(&held).filter(|_| self.config.predicts);
        let none = || Error::request("the model has no multi-token prediction head");
        found.map(|(buffer, _)| *buffer).ok_or_else(none)
    }

    fn carried(&self, slot: u64) -> Result<Pointer> {
        Ok(self.at(self.streams(Held::Carried)?, slot))
    }

    fn at(&self, buffer: BufferId, row: u64) -> Pointer {
        Pointer { buffer, plus: row * self.row_bytes() }
    }

    fn move_rows(
        &self,
        device: &mut dyn Device,
        from: Pointer,
        to: Pointer,
        rows: u64,
    ) -> Result<()> {
        device.copy(from, to, rows * self.row_bytes())
    }

    /// Bytes of a row of the residual stream.
    fn row_bytes(&self) -> u64 {
        row_bytes(&self.config, &self.serving)
    }
}

/// Bytes of a row of the residual stream.
pub(super) fn row_bytes(config: &ModelConfig, serving: &Serving) -> u64 {
    (serving.act.bytes() * config.hidden) as u64
}

impl Segment {
    /// The segment as pairs, which lie a place before their tokens; `None` where there is none.
    fn pairs(&self) -> Option<Self> {
        let first = usize::from(self.past == 0);
        let pairs = Self {
            tokens: self.tokens[first..].to_vec(),
            positions: self.positions[first..].to_vec(),
            past: self.past.saturating_sub(1),
            ..self.clone()
        };
        (!pairs.tokens.is_empty()).then_some(pairs)
    }
}
