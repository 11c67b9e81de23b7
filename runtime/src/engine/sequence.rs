//! One text in the making.

use super::prefix::Placed;
use crate::plan::Reading;

/// A text that an engine computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SequenceId(pub(super) u64);

/// What the engine knows of a text.
#[derive(Debug)]
pub(super) struct Sequence {
    /// Tokens with their positions.
    pub(super) text: Vec<Placed>,
    /// Position after the largest one so far.
    next: u32,
    /// Tokens of the prompt.
    pub(super) prompt: usize,
    /// Tokens of the prompt that were remembered when it was begun.
    pub(super) found: usize,
    /// Tokens whose keys, values and states exist.
    pub(super) computed: usize,
    /// Pages that hold them, and room for the next ones.
    pub(super) pages: Vec<u32>,
    pub(super) place: Place,
    /// Whether the logits of every token are wanted, not only of the last.
    pub(super) scored: bool,
    /// What is read of the last token's logits.
    pub(super) reading: Reading,
}

/// Where a text's states are.
#[derive(Debug)]
pub(super) enum Place {
    /// Nowhere: nothing is computed.
    Waiting,
    /// In a slot of the device.
    Running(u64),
    /// In the host's memory, as they were: the slot's contents, then those of each page.
    Away(Vec<Vec<u8>>),
}

impl Sequence {
    pub(super) fn new(tokens: &[u32], positions: Option<&[[u32; 3]]>, scored: bool) -> Self {
        let mut sequence = Self {
            text: Vec::new(),
            next: 0,
            prompt: tokens.len(),
            found: 0,
            computed: 0,
            pages: Vec::new(),
            place: Place::Waiting,
            scored,
            reading: Reading::All,
        };
        for (at, token) in tokens.iter().enumerate() {
            match positions.and_then(|positions| positions.get(at)) {
                Some(position) => sequence.place(*token, *position),
                None => sequence.push(*token),
            }
        }
        sequence
    }

    /// Adds a token of text, whose position follows the largest one so far.
    pub(super) fn push(&mut self, token: u32) {
        self.place(token, [self.next; 3]);
    }

    /// Forgets the last tokens, which have to be text.
    pub(super) fn truncate(&mut self, tokens: usize) {
        self.next -= (self.text.len() - tokens) as u32;
        self.text.truncate(tokens);
    }

    fn place(&mut self, token: u32, position: [u32; 3]) {
        let largest = position.into_iter().fold(0, u32::max);
        self.next = self.next.max(largest.saturating_add(1));
        self.text.push((token, position));
    }

    /// Tokens that are not computed.
    pub(super) fn pending(&self) -> usize {
        self.text.len() - self.computed
    }

    /// The next tokens to compute: up to the end of the chunk.
    pub(super) fn next(&self, chunk: usize) -> usize {
        self.pending().min(chunk - self.computed % chunk)
    }

    pub(super) fn slot(&self) -> Option<u64> {
        match self.place {
            Place::Running(slot) => Some(slot),
            _ => None,
        }
    }
}
