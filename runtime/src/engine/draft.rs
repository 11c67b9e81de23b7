//! The drafter's guesses at what follows texts.

use kiln_cache::operations::DECODE_ROWS;

use super::sequence::SequenceId;
use super::{Engine, unknown};
use crate::plan::{Batch, Segment};
use crate::{Error, Result};

impl Engine {
    /// Rows of the drafter's block, the last known token included; `None` without a drafter.
    pub fn block(&self) -> Option<usize> {
        self.model.config().drafter.as_ref().map(|drafter| drafter.block)
    }

    /// The drafter's logits for the tokens that follow each text's last one, which has to be the
    /// only one that is not computed: as many rows as are asked for. Nothing of the text changes.
    ///
    /// # Errors
    /// If there is no drafter, a text is unknown, has no or several tokens to compute or no room,
    /// there are more than 32 rows with the texts' last tokens, or the device fails.
    pub fn draft(&mut self, wanted: &[(SequenceId, usize)]) -> Result<Vec<Vec<Vec<f32>>>> {
        self.decided()?;
        let mask = self.model.config().drafter.as_ref().map(|drafter| drafter.mask);
        let Some(mask) = mask else { return Err(Error::request("the model has no drafter")) };
        let rows: usize = wanted.iter().map(|(_, count)| count + 1).sum();
        if !(1..=DECODE_ROWS as usize).contains(&rows) {
            return Err(Error::request(format!("{rows} rows; 1 to {DECODE_ROWS} can be drafted")));
        }
        let mut batch = Batch::default();
        for (id, count) in wanted {
            if !self.room(*id, count + 1)? {
                return Err(Error::request("there is no room for the drafts"));
            }
            batch.segments.push(self.block_of(*id, mask, *count)?);
        }
        let logits = self.model.draft(self.device.as_mut(), &batch)?;
        let mut logits = logits.chunks(self.model.config().vocabulary).map(<[f32]>::to_vec);
        // A block's first row stands for the token that is known.
        let own = |count: &usize| logits.by_ref().take(count + 1).skip(1).collect();
        Ok(wanted.iter().map(|(_, count)| count).map(own).collect())
    }

    /// Whether a text has memory for its one token to compute and `rows - 1` after it; gives it the
    /// pages. A text that is not on the device, or would become too long, has none.
    ///
    /// # Errors
    /// If the text is unknown.
    pub fn room(&mut self, id: SequenceId, rows: usize) -> Result<bool> {
        let sequence = self.sequences.get(&id).ok_or_else(unknown)?;
        let alone = sequence.pending() == 1 && sequence.slot().is_some();
        let fits = sequence.text.len() + rows <= self.limits.context as usize + 1;
        Ok(alone && fits && self.extend(id, rows)?)
    }

    fn block_of(&self, id: SequenceId, mask: u32, count: usize) -> Result<Segment> {
        let mut segment = self.segment(id, 1)?;
        segment.tokens.extend(std::iter::repeat_n(mask, count));
        let position = segment.positions[0];
        // The drafter counts tokens; where the text lies is nothing to it.
        segment.positions.extend(std::iter::repeat_n(position, count));
        Ok(segment)
    }
}
