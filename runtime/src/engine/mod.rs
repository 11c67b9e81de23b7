//! Texts on a device: memory, batches, prefixes, preemption, rollback.
//!
//! Laws:
//! - a text is cut at multiples of the chunk, counted from its beginning, whoever else is computed:
//!   a piece of more than 32 tokens is a pass of its own, and smaller pieces of any texts, single
//!   tokens most of all, share a pass of at most 32 rows, in which no row depends on another text's.
//!   What a text's logits are therefore never depends on the company it was computed in;
//! - a text that goes on after a remembered prefix is cut as if it had not been remembered;
//! - of texts with large pieces, the oldest and the one with the least to compute take turns: none
//!   starves, and a short one does not wait for the end of a long one;
//! - a text that has to make room is copied to the host's memory and comes back as it was;
//! - cancelling frees everything that a text holds before it returns.
//!
//! | file | noun |
//! |---|---|
//! | `pages` | which pages of the cache are taken |
//! | `prefix` | remembered beginnings of texts |
//! | `sequence` | one text |
//! | `machine` | the device, and accepted rows by which states have yet to move on |
//! | `room` | memory given to texts and taken from them |
//! | `step` | the next passes |
//! | `verify` | rows that may be rolled back |
//! | `draft` | what a drafter guesses |
//! | `generate` | texts that sample their own next tokens |
//! | `cycle` | drafting, verifying and accepting for such texts |

mod cycle;
mod draft;
mod generate;
mod machine;
mod pages;
mod prefix;
mod room;
mod sequence;
mod step;
mod verify;

use std::collections::BTreeMap;
use std::time::Duration;

use kiln_cache::bundle::Bundle;

pub use cycle::Stage;
pub use generate::{Ended, Event, Generator, Request, Written};
pub use pages::Pages;
pub use sequence::SequenceId;
pub use step::Output;

use crate::device::Device;
use crate::plan::{Batch, Half, Limits, LoadedModel, Reading, Serving};
use crate::weights::{Checkpoint, Progress};
use crate::{Error, Result};
use machine::Machine;
use prefix::Prefixes;
use sequence::Sequence;

/// Computes texts with one model on one device.
pub struct Engine {
    machine: Machine,
    model: LoadedModel,
    limits: Limits,
    sequences: BTreeMap<SequenceId, Sequence>,
    next: u64,
    pages: Pages,
    slots: Vec<u64>,
    prefixes: Prefixes,
    /// The rows of a verification whose outcome is not known yet, and where they are kept; texts that
    /// were ended since have no name any more.
    pending: Option<(Vec<Option<SequenceId>>, Batch, Half)>,
    /// Whether the next large piece is that of the text with the least to compute.
    shortest: bool,
    /// Rows of the last step's pass of small pieces, and how long it took.
    decoded: Option<(usize, Duration)>,
}

impl Engine {
    /// Loads a model.
    ///
    /// # Errors
    /// As [`LoadedModel::load`].
    pub fn load(
        mut device: Box<dyn Device>,
        bundle: Bundle,
        checkpoint: &Checkpoint,
        serving: Serving,
        limits: Limits,
        report: &mut dyn FnMut(Progress),
    ) -> Result<Self> {
        let model =
            LoadedModel::load(device.as_mut(), bundle, checkpoint, serving, &limits, report)?;
        let aligned = limits.chunk.is_multiple_of(serving.page);
        // A prefix ends where a page does, or its last page would belong to two texts.
        let remembered = if aligned { limits.sequences..model.slots() } else { 0..0 };
        Ok(Self {
            machine: Machine::new(device),
            limits,
            sequences: BTreeMap::new(),
            next: 0,
            pages: Pages::new(model.pages()),
            slots: (0..limits.sequences).rev().collect(),
            prefixes: Prefixes::new(limits.chunk as usize, remembered.collect()),
            pending: None,
            shortest: false,
            decoded: None,
            model,
        })
    }

    /// The model.
    pub fn model(&self) -> &LoadedModel {
        &self.model
    }

    /// What was asked for when it was loaded.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The device, to be looked at. States of texts may lack what was accepted last.
    pub fn device(&self) -> &dyn Device {
        self.machine.look()
    }

    /// Read bandwidth of the device's memory; see [`Device::bandwidth`].
    ///
    /// # Errors
    /// If the device cannot measure it.
    pub fn bandwidth(&mut self) -> Result<f64> {
        self.machine.beside().bandwidth()
    }

    /// Begins a text.
    ///
    /// # Errors
    /// If it is empty, longer than the limits, or has tokens outside the vocabulary.
    pub fn add(&mut self, tokens: &[u32]) -> Result<SequenceId> {
        self.begin(tokens, None, false)
    }

    /// Begins a text whose tokens lie at positions in time, height and width.
    ///
    /// # Errors
    /// As [`Engine::add`], or if there are not as many positions as tokens.
    pub fn add_placed(&mut self, tokens: &[u32], positions: &[[u32; 3]]) -> Result<SequenceId> {
        if tokens.len() != positions.len() {
            return Err(Error::request("a text needs a position for each of its tokens"));
        }
        self.begin(tokens, Some(positions), true)
    }

    /// Begins a text of which the logits after every token are wanted.
    ///
    /// # Errors
    /// As [`Engine::add`].
    pub fn add_scored(&mut self, tokens: &[u32]) -> Result<SequenceId> {
        self.begin(tokens, None, true)
    }

    /// Says what is wanted of the logits after a text's last token; all of them unless this is
    /// called.
    ///
    /// # Errors
    /// If the text is unknown.
    pub fn read(&mut self, id: SequenceId, reading: Reading) -> Result<()> {
        self.sequences.get_mut(&id).ok_or_else(unknown)?.reading = reading;
        Ok(())
    }

    /// Adds a token to a text.
    ///
    /// # Errors
    /// If the text is unknown, would be longer than the limits, or the token is outside the
    /// vocabulary.
    pub fn push(&mut self, id: SequenceId, token: u32) -> Result<()> {
        self.check(&[token])?;
        let most = self.limits.context as usize;
        let sequence = self.sequences.get_mut(&id).ok_or_else(unknown)?;
        if sequence.text.len() >= most {
            return Err(Error::request(format!(
                "the text has {most} tokens, the most it may have"
            )));
        }
        sequence.push(token);
        Ok(())
    }

    /// Ends a text, and frees everything that it holds.
    ///
    /// # Errors
    /// If the text is unknown.
    pub fn cancel(&mut self, id: SequenceId) -> Result<()> {
        let mut sequence = self.sequences.remove(&id).ok_or_else(unknown)?;
        if let Some((ids, ..)) = &mut self.pending {
            ids.iter_mut().filter(|of| **of == Some(id)).for_each(|of| *of = None);
            if ids.iter().all(Option::is_none) {
                self.pending = None;
            }
        }
        self.release(&mut sequence)
    }

    /// Tokens of a text, computed or not.
    ///
    /// # Errors
    /// If the text is unknown.
    pub fn tokens(&self, id: SequenceId) -> Result<Vec<u32>> {
        let sequence = self.sequences.get(&id).ok_or_else(unknown)?;
        Ok(sequence.text.iter().map(|(token, _)| *token).collect())
    }

    /// Tokens of a text that did not have to be computed, because its beginning was remembered.
    ///
    /// # Errors
    /// If the text is unknown.
    pub fn found(&self, id: SequenceId) -> Result<usize> {
        self.sequences.get(&id).map(|sequence| sequence.found).ok_or_else(unknown)
    }

    /// Pages and slots that nobody holds.
    pub fn free(&self) -> (usize, usize) {
        (self.pages.free(), self.slots.len())
    }

    /// Prefixes whose states are remembered.
    pub fn remembered(&self) -> usize {
        self.prefixes.states()
    }

    /// Forgets every prefix.
    ///
    /// # Errors
    /// Never, unless a page was released twice.
    pub fn forget(&mut self) -> Result<()> {
        while self.prefixes.forget(&mut self.pages)? {}
        Ok(())
    }

    fn begin(
        &mut self,
        tokens: &[u32],
        positions: Option<&[[u32; 3]]>,
        scored: bool,
    ) -> Result<SequenceId> {
        self.check(tokens)?;
        let (length, most) = (tokens.len() as u64, self.limits.context);
        if tokens.is_empty() {
            return Err(Error::request("a text without tokens"));
        }
        if length > most {
            let why = format!("a text of {length} tokens; at most {most} were asked for");
            return Err(Error::request(why));
        }
        let id = SequenceId(self.next);
        self.next += 1;
        self.sequences.insert(id, Sequence::new(tokens, positions, scored));
        Ok(id)
    }

    fn check(&self, tokens: &[u32]) -> Result<()> {
        let size = self.model.config().vocabulary;
        match tokens.iter().find(|token| **token as usize >= size) {
            Some(token) => {
                Err(Error::request(format!("token {token}; the vocabulary has {size} tokens")))
            }
            None => Ok(()),
        }
    }

    fn decided(&self) -> Result<()> {
        match self.pending {
            Some(_) => Err(Error::request("accept the rows that were verified first")),
            None => Ok(()),
        }
    }
}

fn unknown() -> Error {
    Error::request("the text is unknown or was ended before")
}
