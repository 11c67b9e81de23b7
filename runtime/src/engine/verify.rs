//! Rows that may be rolled back: speculation.
//!
//! The tokens that a text has are followed by drafts; all are computed at once, and then only the
//! first of them are accepted. What is left is as if the others had never been computed: states move
//! on by the accepted rows alone, at the latest when they are needed, and keys and values of the
//! others are overwritten.

use kiln_cache::operations::DECODE_ROWS;

use super::sequence::SequenceId;
use super::{Engine, unknown};
use crate::plan::{Batch, Reading, Row};
use crate::{Error, Result};

impl Engine {
    /// Computes the last token of each text, which has to be the only one that is not computed, and
    /// drafts after it. Returns each text's logits, a row for each of its tokens.
    /// [`Engine::accept`] has to follow.
    ///
    /// # Errors
    /// As [`Engine::verify_read`].
    pub fn verify(&mut self, drafts: &[(SequenceId, &[u32])]) -> Result<Vec<Vec<Vec<f32>>>> {
        let read = self.verified(drafts, Some(Reading::All))?.into_iter();
        Ok(read.map(|rows| rows.into_iter().filter_map(Row::into_logits).collect()).collect())
    }

    /// The same, but of each row is read what [`Engine::read`] said of its text.
    ///
    /// # Errors
    /// If a text is unknown, has no or several tokens to compute, there are more than 32 rows or
    /// not enough memory, or the device fails.
    pub fn verify_read(&mut self, drafts: &[(SequenceId, &[u32])]) -> Result<Vec<Vec<Row>>> {
        self.verified(drafts, None)
    }

    fn verified(
        &mut self,
        drafts: &[(SequenceId, &[u32])],
        reading: Option<Reading>,
    ) -> Result<Vec<Vec<Row>>> {
        self.decided()?;
        let rows: usize = drafts.iter().map(|(_, drafts)| drafts.len() + 1).sum();
        if !(1..=DECODE_ROWS as usize).contains(&rows) {
            return Err(Error::request(format!("{rows} rows; 1 to {DECODE_ROWS} can be verified")));
        }
        for (at, (id, tokens)) in drafts.iter().enumerate() {
            self.check(tokens)?;
            let sequence = self.sequences.get(id).ok_or_else(unknown)?;
            if sequence.pending() != 1 || drafts[..at].iter().any(|(other, _)| other == id) {
                return Err(Error::request("drafts follow a text's one token to compute"));
            }
            if sequence.text.len() + tokens.len() > self.limits.context as usize {
                return Err(Error::request("the drafts would make the text too long"));
            }
            if sequence.slot().is_none() && !self.admit(*id)?
                || !self.extend(*id, tokens.len() + 1)?
            {
                return Err(Error::request("there is no room for the drafts"));
            }
        }
        let mut batch = Batch::default();
        for (id, tokens) in drafts {
            let sequence = self.sequences.get_mut(id).ok_or_else(unknown)?;
            tokens.iter().for_each(|token| sequence.push(*token));
            batch.segments.push(self.segment(*id, tokens.len() + 1)?);
        }
        let ids: Vec<SequenceId> = drafts.iter().map(|(id, _)| *id).collect();
        let half = self.machine.verify(&self.model, &ids, &batch)?;
        self.pending = Some((ids.into_iter().map(Some).collect(), batch, half));
        let mut wanted = Vec::with_capacity(rows);
        for (id, tokens) in drafts {
            let own = self.sequences.get(id).ok_or_else(unknown)?.reading;
            wanted.extend(std::iter::repeat_n(reading.unwrap_or(own), tokens.len() + 1));
        }
        let wanted: Vec<(u64, Reading)> = (0..).zip(wanted).collect();
        let mut read = self.model.read(self.machine.beside(), &wanted)?.into_iter();
        let counts = drafts.iter().map(|(_, tokens)| tokens.len() + 1);
        Ok(counts.map(|count| read.by_ref().take(count).collect()).collect())
    }

    /// Accepts the first rows of each text that was verified and not ended since, in the same
    /// order, and takes the others back together with their tokens. At least the first row is
    /// accepted: its token was the text's own.
    ///
    /// # Errors
    /// If nothing was verified, or a number does not fit.
    pub fn accept(&mut self, rows: &[usize]) -> Result<()> {
        let Some((ids, batch, half)) = self.pending.take() else {
            return Err(Error::request("there are no verified rows to accept"));
        };
        let living = ids.iter().zip(&batch.segments).filter(|(id, _)| id.is_some());
        let mut fits = rows.iter().zip(living).map(|(rows, (_, of))| (rows, of.tokens.len()));
        let count = ids.iter().flatten().count();
        if rows.len() != count || !fits.all(|(rows, most)| (1..=most).contains(rows)) {
            self.pending = Some((ids, batch, half));
            return Err(Error::request("of each verified text, 1 to all rows can be accepted"));
        }
        let mut left = rows.iter();
        // The states of a text that was ended are nobody's, and may move anywhere.
        let number =
            |id: &Option<SequenceId>| id.and_then(|_| left.next()).map_or(1, |of| *of as u64);
        let accepted: Vec<u64> = ids.iter().map(number).collect();
        self.machine.accept(&self.model, &ids, (&batch, half), &accepted)?;
        let page = self.model.serving().page as usize;
        for (id, rows) in ids.iter().flatten().zip(rows) {
            let sequence = self.sequences.get_mut(id).ok_or_else(unknown)?;
            sequence.computed += rows;
            sequence.truncate(sequence.computed);
            let needed = sequence.computed.div_ceil(page).min(sequence.pages.len());
            for page in sequence.pages.split_off(needed) {
                self.pages.release(page)?;
            }
        }
        Ok(())
    }
}
