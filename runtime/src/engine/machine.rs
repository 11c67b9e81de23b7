//! The device as the engine sees it: with accepted rows by which states have yet to move on.
//!
//! Whoever computes with states, copies, reads or writes them asks for the device by
//! [`Machine::settled`], which moves them on first; there is no other way to it but
//! [`Machine::beside`], for what has nothing to do with them. Only a verification that goes on in
//! exactly the same texts moves the states on itself.
//!
//! Giving a slot away settles nothing, because nobody reads it before writing it: what is written
//! late to a slot that a text has left is overwritten or ignored by the next one.

use super::sequence::SequenceId;
use crate::Result;
use crate::device::Device;
use crate::plan::{Accepted, Batch, Half, LoadedModel};

/// A device, and what its states lack.
pub(super) struct Machine {
    device: Box<dyn Device>,
    /// Texts with the rows that were accepted of them last.
    behind: Option<(Vec<SequenceId>, Accepted)>,
}

impl Machine {
    /// A device whose states lack nothing.
    pub(super) fn new(device: Box<dyn Device>) -> Self {
        Self { device, behind: None }
    }

    /// The device, to be looked at.
    pub(super) fn look(&self) -> &dyn Device {
        self.device.as_ref()
    }

    /// The device for what neither reads nor writes the states of texts.
    pub(super) fn beside(&mut self) -> &mut dyn Device {
        self.device.as_mut()
    }

    /// The device with all states as they should be.
    pub(super) fn settled(&mut self, model: &LoadedModel) -> Result<&mut dyn Device> {
        if let Some((_, accepted)) = &self.behind {
            model.settle(self.device.as_mut(), accepted)?;
            self.behind = None;
        }
        Ok(self.device.as_mut())
    }

    /// Verifies rows of texts; see [`LoadedModel::verify`].
    pub(super) fn verify(
        &mut self,
        model: &LoadedModel,
        texts: &[SequenceId],
        batch: &Batch,
    ) -> Result<Half> {
        let follows = |(before, accepted): &(Vec<SequenceId>, Accepted)| {
            before == texts && accepted.leads_to(batch)
        };
        if !self.behind.as_ref().is_some_and(follows) {
            self.settled(model)?;
        }
        let before = self.behind.as_ref().map(|(_, accepted)| accepted);
        let half = model.verify(self.device.as_mut(), batch, before)?;
        self.behind = None;
        Ok(half)
    }

    /// Accepts rows of the last verification; see [`LoadedModel::accept`]. States are left behind
    /// only where the next verification may be of the same texts.
    pub(super) fn accept(
        &mut self,
        model: &LoadedModel,
        texts: &[Option<SequenceId>],
        verified: (&Batch, Half),
        rows: &[u64],
    ) -> Result<()> {
        let accepted = model.accept(self.settled(model)?, verified, rows)?;
        let living: Option<Vec<SequenceId>> = texts.iter().copied().collect();
        match living.filter(|_| model.follows()) {
            Some(living) => {
                self.behind = Some((living, accepted));
                Ok(())
            }
            None => model.settle(self.device.as_mut(), &accepted),
        }
    }
}
