//! The drafter's guesses at what follows texts.

use kiln_cache::operations::DECODE_ROWS;

use super::sequence::SequenceId;
use super::{Engine, unknown};
use crate::plan::{Batch, Reading, Row, Segment};
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
    /// As [`Engine::draft_read`].
    pub fn draft(&mut self, wanted: &[(SequenceId, usize)]) -> Result<Vec<Vec<Vec<f32>>>> {
        let read = self.drafted(wanted, Some(Reading::All))?.into_iter();
        Ok(read.map(|rows| rows.into_iter().filter_map(Row::into_logits).collect()).collect())
    }

    /// The same, but of each row is read what [`Engine::read`] said of its text.
    ///
    /// # Errors
    /// If there is no drafter, a text is unknown, has no or several tokens to compute or no room,
    /// there are more than 32 rows with the texts' last tokens, or the device fails.
    pub fn draft_read(&mut self, wanted: &[(SequenceId, usize)]) -> Result<Vec<Vec<Row>>> {
        self.drafted(wanted, None)
    }

    fn drafted(
        &mut self,
        wanted: &[(SequenceId, usize)],
        reading: Option<Reading>,
    ) -> Result<Vec<Vec<Row>>> {
        self.decided()?;
        let mask = self.model.config().drafter.as_ref().map(|drafter| drafter.mask);
        let Some(mask) = mask else { return Err(Error::request("the model has no drafter")) };
        let rows: usize = wanted.iter().map(|(_, count)| count + 1).sum();
        if !(1..=DECODE_ROWS as usize).contains(&rows) {
            return Err(Error::request(format!("{rows} rows; 1 to {DECODE_ROWS} can be drafted")));
        }
        let (mut batch, mut readings) = (Batch::default(), Vec::new());
        for (id, count) in wanted {
            if !self.room(*id, count + 1)? {
                return Err(Error::request("there is no room for the drafts"));
            }
            // A block's first row stands for the token that is known.
            let (first, own) = (batch.rows() + 1, self.sequences[id].reading);
            let rows = first..first + *count as u64;
            readings.extend(rows.map(|row| (row, reading.unwrap_or(own))));
            batch.segments.push(self.block_of(*id, mask, *count)?);
        }
        let read = self.model.draft(self.device.as_mut(), &batch, &readings)?;
        let mut read = read.into_iter();
        let counts = wanted.iter().map(|(_, count)| *count);
        Ok(counts.map(|count| read.by_ref().take(count).collect()).collect())
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
