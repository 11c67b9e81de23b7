//! The next passes.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use kiln_cache::operations::DECODE_ROWS;

use super::sequence::{Sequence, SequenceId};
use super::{Engine, unknown};
use crate::plan::{Batch, Candidates, Pass, Reading, Row, Segment};
use crate::{Error, Result};

/// Logits of a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// The text.
    pub sequence: SequenceId,
    /// Number of the first token after which there are logits.
    pub first: usize,
    /// A row of the vocabulary's size for each token.
    pub logits: Vec<Vec<f32>>,
    /// The largest logits of the last token, where they are all that is wanted; there are no rows
    /// then.
    pub candidates: Option<Candidates>,
}

impl Output {
    /// Without logits so far.
    fn new(sequence: SequenceId, first: usize) -> Self {
        Self { sequence, first, logits: Vec::new(), candidates: None }
    }

    /// What was read of the last token's logits.
    pub fn into_row(mut self) -> Option<Row> {
        match self.candidates {
            Some(candidates) => Some(Row::Candidates(candidates)),
            None => self.logits.pop().map(Row::Logits),
        }
    }
}

/// What is computed of a text in a pass.
#[derive(Clone, Copy, Debug)]
struct Piece {
    id: SequenceId,
    rows: usize,
}

impl Engine {
    /// Computes something of as many texts as fit: one pass of small pieces and one of a large one.
    /// Returns the logits of texts that have no more tokens, and those of scored ones.
    ///
    /// # Errors
    /// If the device fails, nothing can go on, or rows that were verified are undecided.
    pub fn step(&mut self) -> Result<Vec<Output>> {
        self.step_beside(&BTreeSet::new())
    }

    /// [`Engine::step`] without some texts, which are computed in another way.
    ///
    /// # Errors
    /// As [`Engine::step`].
    pub fn step_beside(&mut self, others: &BTreeSet<SequenceId>) -> Result<Vec<Output>> {
        self.decided()?;
        self.admit_waiting()?;
        let mut outputs = Vec::new();
        let small = self.small(others)?;
        self.decoded = None;
        if !small.is_empty() {
            let started = Instant::now();
            outputs.extend(self.pass(Pass::Decode, &small)?);
            let rows = small.iter().map(|piece| piece.rows).sum();
            self.decoded = Some((rows, started.elapsed()));
        }
        if let Some(large) = self.large(others)? {
            outputs.extend(self.pass(Pass::Prefill, &[large])?);
        } else if small.is_empty() && others.is_empty() && self.waits() {
            let why = "the cache is too small for the text; serve with a larger one";
            return Err(Error::request(why));
        }
        Ok(outputs)
    }

    /// Rows of the last step's pass of small pieces, and how long it took; `None` where it had none.
    pub(super) fn decoded(&self) -> Option<(usize, Duration)> {
        self.decoded
    }

    /// Whether a text has tokens to compute.
    fn waits(&self) -> bool {
        self.sequences.values().any(|of| of.pending() > 0)
    }

    /// Gives slots to texts that wait for one, in the order of their beginning.
    fn admit_waiting(&mut self) -> Result<()> {
        let waiting = |(_, of): &(&SequenceId, &Sequence)| of.pending() > 0 && of.slot().is_none();
        let ids: Vec<_> = self.sequences.iter().filter(waiting).map(|(id, _)| *id).collect();
        for id in ids {
            if !self.admit(id)? {
                break;
            }
        }
        Ok(())
    }

    /// Pieces of at most 32 tokens together; single tokens of texts that are being written come
    /// first, then texts in the order of their beginning.
    fn small(&mut self, others: &BTreeSet<SequenceId>) -> Result<Vec<Piece>> {
        let most = DECODE_ROWS as usize;
        let mut waiting = self.waiting(others);
        waiting.sort_by_key(|piece| (piece.rows > 1, piece.id));
        let mut pieces: Vec<Piece> = Vec::new();
        for piece in waiting {
            let taken: usize = pieces.iter().map(|piece| piece.rows).sum();
            if piece.rows <= most - taken && self.ready(piece, &pieces)? {
                pieces.push(piece);
            }
        }
        Ok(pieces)
    }

    /// A piece of more than 32 tokens: the oldest text's and that of the text with the least to
    /// compute take turns.
    fn large(&mut self, others: &BTreeSet<SequenceId>) -> Result<Option<Piece>> {
        let mut waiting = self.waiting(others);
        if self.shortest {
            let pending = |id| self.sequences.get(&id).map_or(usize::MAX, Sequence::pending);
            waiting.sort_by_key(|piece| (pending(piece.id), piece.id));
        }
        for piece in waiting {
            if piece.rows as u64 > DECODE_ROWS && self.ready(piece, &[])? {
                self.shortest = !self.shortest;
                return Ok(Some(piece));
            }
        }
        Ok(None)
    }

    /// The next piece of each text that has a slot and is not among some.
    fn waiting(&self, others: &BTreeSet<SequenceId>) -> Vec<Piece> {
        let chunk = self.limits.chunk as usize;
        let runs = |id: &SequenceId, of: &Sequence| of.slot().is_some() && !others.contains(id);
        let running = self.sequences.iter().filter(|(id, of)| runs(id, of));
        let pieces = running.map(|(id, of)| Piece { id: *id, rows: of.next(chunk) });
        pieces.filter(|piece| piece.rows > 0).collect()
    }

    /// Gives a text the pages that its piece needs; `false` where it has to wait. Texts that began
    /// later make room, unless they are among those chosen already.
    fn ready(&mut self, piece: Piece, chosen: &[Piece]) -> Result<bool> {
        let runs = |engine: &Self, id: SequenceId| {
            engine.sequences.get(&id).is_some_and(|of| of.slot().is_some())
        };
        while runs(self, piece.id) {
            if self.extend(piece.id, piece.rows)? {
                return Ok(true);
            }
            let later = self.sequences.keys().rev().copied().take_while(|id| *id > piece.id);
            let victim = later
                .filter(|id| runs(self, *id))
                .find(|id| chosen.iter().all(|piece| piece.id != *id));
            // Without anyone to make room it makes room itself.
            self.preempt(victim.unwrap_or(piece.id))?;
        }
        Ok(false)
    }

    /// Runs a pass and returns the logits that are wanted of it.
    fn pass(&mut self, pass: Pass, pieces: &[Piece]) -> Result<Vec<Output>> {
        let batch = self.batch(pieces)?;
        self.model.run(self.machine.settled(&self.model)?, pass, &batch)?;
        let mut outputs = Vec::new();
        let mut wanted = Vec::new();
        let mut row = 0;
        for piece in pieces {
            let sequence = self.sequences.get_mut(&piece.id).ok_or_else(unknown)?;
            sequence.computed += piece.rows;
            let (rows, reading) = match (sequence.scored, sequence.pending() == 0) {
                (true, _) => (piece.rows, Reading::All),
                (false, true) => (1, sequence.reading),
                (false, false) => (0, Reading::All),
            };
            row += piece.rows as u64;
            wanted.extend((row - rows as u64..row).map(|row| (row, reading)));
            if rows > 0 {
                let first = sequence.computed - rows;
                outputs.push((rows, Output::new(piece.id, first)));
            }
        }
        let mut read = self.model.read(self.machine.beside(), &wanted)?.into_iter();
        for (rows, output) in &mut outputs {
            for row in read.by_ref().take(*rows) {
                match row {
                    Row::Logits(logits) => output.logits.push(logits),
                    Row::Candidates(candidates) => output.candidates = Some(candidates),
                }
            }
        }
        for piece in pieces {
            let sequence = self.sequences.get(&piece.id).ok_or_else(unknown)?;
            let boundary = sequence.computed.is_multiple_of(self.limits.chunk as usize);
            if boundary && sequence.computed <= sequence.prompt {
                self.remember(piece.id)?;
            }
        }
        Ok(outputs.into_iter().map(|(_, output)| output).collect())
    }

    fn batch(&self, pieces: &[Piece]) -> Result<Batch> {
        let segments = pieces.iter().map(|piece| self.segment(piece.id, piece.rows));
        Ok(Batch { segments: segments.collect::<Result<_>>()? })
    }

    /// The next rows of a text.
    pub(super) fn segment(&self, id: SequenceId, rows: usize) -> Result<Segment> {
        let sequence = self.sequences.get(&id).ok_or_else(unknown)?;
        let text = &sequence.text[sequence.computed..sequence.computed + rows];
        Ok(Segment {
            tokens: text.iter().map(|(token, _)| *token).collect(),
            positions: text.iter().map(|(_, position)| *position).collect(),
            past: sequence.computed as u64,
            slot: sequence.slot().ok_or_else(unknown)?,
            pages: sequence.pages.clone(),
        })
    }
}
