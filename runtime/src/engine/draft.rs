//! Guesses at what follows texts: the drafter's, or those of the model's own prediction head.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use kiln_cache::operations::DECODE_ROWS;

use super::sequence::SequenceId;
use super::{Engine, unknown};
use crate::plan::{Batch, Reading, Row, Segment};
use crate::sample::largest;
use crate::{Error, Result};

impl Engine {
    /// Rows of the drafter's block, the last known token included; the prediction head guesses as far
    /// as there are rows to verify. `None` where nobody guesses.
    pub fn block(&self) -> Option<usize> {
        let config = self.model.config();
        let predicts = config.predicts.then_some(DECODE_ROWS as usize);
        config.drafter.as_ref().map(|drafter| drafter.block).or(predicts)
    }

    /// Logits for the tokens that follow each text's last one, which has to be the only one that is
    /// not computed: as many rows as are asked for. The prediction head goes on from the likeliest
    /// token each time. Nothing of the text changes.
    ///
    /// # Errors
    /// As [`Engine::draft_read`].
    pub fn draft(&mut self, wanted: &[(SequenceId, usize)]) -> Result<Vec<Vec<Vec<f32>>>> {
        if self.model.config().predicts {
            return self.predicted(wanted);
        }
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

    /// The guesses of the model's own prediction head at what follows each text's last token, which
    /// has to be the only one that is not computed. `choose` says what the next token is by its
    /// logits, or that there are to be no more; guesses of several texts take turns. Nothing of the
    /// texts changes.
    ///
    /// # Errors
    /// If the model has no such head, a text is unknown, has no or several tokens to compute, none
    /// before them or no room, there are more than 32, or the device fails.
    pub fn predict(
        &mut self,
        wanted: &[(SequenceId, usize)],
        choose: &mut dyn FnMut(SequenceId, &Row) -> Option<u32>,
    ) -> Result<Vec<Vec<u32>>> {
        self.chained(wanted, None, choose)
    }

    fn chained(
        &mut self,
        wanted: &[(SequenceId, usize)],
        reading: Option<Reading>,
        choose: &mut dyn FnMut(SequenceId, &Row) -> Option<u32>,
    ) -> Result<Vec<Vec<u32>>> {
        self.decided()?;
        if wanted.len() > DECODE_ROWS as usize {
            let why = format!("{} texts; {DECODE_ROWS} can be guessed at a time", wanted.len());
            return Err(Error::request(why));
        }
        // Those with the most guesses come first, so that the others are left out from the end.
        let mut order: Vec<usize> = (0..wanted.len()).collect();
        order.sort_by_key(|at| Reverse(wanted[*at].1));
        let mut segments = Vec::new();
        for at in &order {
            let (id, count) = wanted[*at];
            if !self.room(id, count + 1)? {
                return Err(Error::request("there is no room for the guesses"));
            }
            segments.push(self.segment(id, 1)?);
        }
        let mut guesses: Vec<Vec<u32>> = vec![Vec::new(); wanted.len()];
        for step in 0..order.first().map_or(0, |at| wanted[*at].1) {
            let more = |at: &&usize| wanted[**at].1 > step && guesses[**at].len() == step;
            let Some(last) = order.iter().rposition(|at| more(&at)) else { break };
            segments.truncate(last + 1);
            let own = order[..=last].iter().map(|at| self.sequences[&wanted[*at].0].reading);
            let readings: Vec<Reading> = own.map(|own| reading.unwrap_or(own)).collect();
            let batch = Batch { segments };
            let rows = self.model.predict(self.machine.beside(), &batch, step > 0, &readings)?;
            segments = batch.segments;
            for ((at, row), segment) in order.iter().zip(&rows).zip(&mut segments) {
                segment.past += 1;
                segment.positions.iter_mut().flatten().for_each(|axis| *axis += 1);
                // A text whose guesses have ended is carried along, for the rows of the others.
                let (id, own) = (wanted[*at].0, &mut guesses[*at]);
                let found = if own.len() == step { choose(id, row) } else { None };
                if let Some(token) = found {
                    self.check(&[token])?;
                    own.push(token);
                    segment.tokens = vec![token];
                }
            }
        }
        Ok(guesses)
    }

    /// The logits of the prediction head's likeliest guesses.
    fn predicted(&mut self, wanted: &[(SequenceId, usize)]) -> Result<Vec<Vec<Vec<f32>>>> {
        let mut logits: BTreeMap<SequenceId, Vec<Vec<f32>>> = BTreeMap::new();
        self.chained(wanted, Some(Reading::All), &mut |id, row| {
            let Row::Logits(row) = row else { return None };
            logits.entry(id).or_default().push(row.clone());
            largest(row)
        })?;
        Ok(wanted.iter().map(|(id, _)| logits.remove(id).unwrap_or_default()).collect())
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
        let read = self.model.draft(self.machine.beside(), &batch, &readings)?;
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
