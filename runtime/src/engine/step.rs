//! The next passes.

use kiln_cache::operations::DECODE_ROWS;

use super::sequence::{Sequence, SequenceId};
use super::{Engine, unknown};
use crate::plan::{Batch, Pass, Segment};
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
        self.decided()?;
        self.admit_waiting()?;
        let mut outputs = Vec::new();
        let small = self.small()?;
        if !small.is_empty() {
            outputs.extend(self.pass(Pass::Decode, &small)?);
        }
        if let Some(large) = self.large()? {
            outputs.extend(self.pass(Pass::Prefill, &[large])?);
        } else if small.is_empty() && self.sequences.values().any(|of| of.pending() > 0) {
            let why = "the cache is too small for the text; serve with a larger one";
            return Err(Error::request(why));
        }
        Ok(outputs)
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
    fn small(&mut self) -> Result<Vec<Piece>> {
        let most = DECODE_ROWS as usize;
        let mut waiting = self.waiting();
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
    fn large(&mut self) -> Result<Option<Piece>> {
        let mut waiting = self.waiting();
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

    /// The next piece of each text that has a slot.
    fn waiting(&self) -> Vec<Piece> {
        let chunk = self.limits.chunk as usize;
        let running = self.sequences.iter().filter(|(_, of)| of.slot().is_some());
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
        self.model.run(self.device.as_mut(), pass, &batch)?;
        let mut outputs = Vec::new();
        let mut row = 0;
        for piece in pieces {
            let sequence = self.sequences.get_mut(&piece.id).ok_or_else(unknown)?;
            let before = sequence.computed;
            sequence.computed += piece.rows;
            let wanted = match (sequence.scored, sequence.pending() == 0) {
                (true, _) => piece.rows,
                (false, done) => usize::from(done),
            };
            let end = row + piece.rows as u64;
            if wanted > 0 {
                let logits = self.rows(end - wanted as u64..end)?;
                let first = before + piece.rows - wanted;
                outputs.push(Output { sequence: piece.id, first, logits });
            }
            row = end;
        }
        for piece in pieces {
            let sequence = self.sequences.get(&piece.id).ok_or_else(unknown)?;
            let boundary = sequence.computed.is_multiple_of(self.limits.chunk as usize);
            if boundary && sequence.computed <= sequence.prompt {
                self.remember(piece.id)?;
            }
        }
        Ok(outputs)
    }

    /// Logits of rows of the last pass.
    pub(super) fn rows(&mut self, rows: std::ops::Range<u64>) -> Result<Vec<Vec<f32>>> {
        let logits = self.model.logits(self.device.as_mut(), rows)?;
        Ok(logits.chunks(self.model.config().vocabulary).map(<[f32]>::to_vec).collect())
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
