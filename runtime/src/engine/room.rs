//! Memory given to texts and taken from them.

use super::sequence::{Place, Sequence, SequenceId};
use super::{Engine, unknown};
use crate::Result;
use crate::device::Pointer;

impl Engine {
    /// Frees everything that a text holds.
    pub(super) fn release(&mut self, sequence: &mut Sequence) -> Result<()> {
        self.slots.extend(sequence.slot());
        sequence.place = Place::Waiting;
        let pages = std::mem::take(&mut sequence.pages);
        pages.into_iter().try_for_each(|page| self.pages.release(page))
    }

    /// Gives a text a slot, with what it had computed or the longest remembered prefix; `false`
    /// where there is no room.
    pub(super) fn admit(&mut self, id: SequenceId) -> Result<bool> {
        let Some(slot) = self.slots.pop() else { return Ok(false) };
        let mut sequence = self.sequences.remove(&id).ok_or_else(unknown)?;
        let admitted = self.place(&mut sequence, slot);
        self.sequences.insert(id, sequence);
        if !matches!(admitted, Ok(true)) {
            self.slots.push(slot);
        }
        admitted
    }

    fn place(&mut self, sequence: &mut Sequence, slot: u64) -> Result<bool> {
        match std::mem::replace(&mut sequence.place, Place::Running(slot)) {
            Place::Running(_) => return Ok(true),
            Place::Away(contents) => {
                let count = sequence.computed.div_ceil(self.model.serving().page as usize);
                let mut pages = Vec::new();
                while pages.len() < count {
                    match self.page()? {
                        Some(page) => pages.push(page),
                        None => {
                            pages.into_iter().try_for_each(|page| self.pages.release(page))?;
                            sequence.place = Place::Away(contents);
                            return Ok(false);
                        }
                    }
                }
                let pieces = self.pieces(slot, &pages);
                let device = self.machine.settled(&self.model)?;
                for ((pointer, _), bytes) in pieces.iter().zip(&contents) {
                    device.write(pointer.buffer, pointer.plus, bytes)?;
                }
                sequence.pages = pages;
            }
            Place::Waiting if !sequence.scored => {
                if let Some(hit) = self.prefixes.find(&sequence.text) {
                    hit.pages.iter().try_for_each(|page| self.pages.share(*page))?;
                    (sequence.pages, sequence.computed) = (hit.pages, hit.tokens);
                    sequence.found = hit.tokens;
                    self.copy(hit.slot, slot)?;
                }
            }
            // Every token's logits are wanted, those of a prefix included.
            Place::Waiting => {}
        }
        Ok(true)
    }

    /// Copies a text to the host's memory, and frees what it holds.
    pub(super) fn preempt(&mut self, id: SequenceId) -> Result<()> {
        let mut sequence = self.sequences.remove(&id).ok_or_else(unknown)?;
        let Some(slot) = sequence.slot() else {
            self.sequences.insert(id, sequence);
            return Ok(());
        };
        let count = sequence.computed.div_ceil(self.model.serving().page as usize);
        let pieces = self.pieces(slot, &sequence.pages[..count]);
        let mut contents = Vec::new();
        let device = self.machine.settled(&self.model)?;
        for (pointer, bytes) in pieces {
            let mut held = vec![0; bytes as usize];
            device.read(pointer.buffer, pointer.plus, &mut held)?;
            contents.push(held);
        }
        self.release(&mut sequence)?;
        if sequence.computed > 0 {
            sequence.place = Place::Away(contents);
        }
        self.sequences.insert(id, sequence);
        Ok(())
    }

    /// Gives a text pages for its next tokens. Prefixes that were used least recently make room;
    /// `false` where that is not enough.
    pub(super) fn extend(&mut self, id: SequenceId, rows: usize) -> Result<bool> {
        let page = self.model.serving().page as usize;
        loop {
            let sequence = self.sequences.get(&id).ok_or_else(unknown)?;
            if sequence.pages.len() * page >= sequence.computed + rows {
                return Ok(true);
            }
            let Some(taken) = self.page()? else { return Ok(false) };
            self.sequences.get_mut(&id).ok_or_else(unknown)?.pages.push(taken);
        }
    }

    /// Remembers a text's beginning, which is all that is computed of it.
    pub(super) fn remember(&mut self, id: SequenceId) -> Result<()> {
        let sequence = self.sequences.get(&id).ok_or_else(unknown)?;
        let Some(slot) = sequence.slot() else { return Ok(()) };
        let pages = sequence.computed / self.model.serving().page as usize;
        let text = &sequence.text[..sequence.computed];
        let to = self.prefixes.remember(text, &sequence.pages[..pages], &mut self.pages)?;
        to.map_or(Ok(()), |to| self.copy(slot, to))
    }

    fn page(&mut self) -> Result<Option<u32>> {
        loop {
            if let Some(page) = self.pages.take() {
                return Ok(Some(page));
            }
            if !self.prefixes.forget(&mut self.pages)? {
                return Ok(None);
            }
        }
    }

    /// Copies the states of a slot to another.
    fn copy(&mut self, from: u64, to: u64) -> Result<()> {
        let pairs = self.model.slot(from).into_iter().zip(self.model.slot(to));
        let device = self.machine.settled(&self.model)?;
        for ((from, bytes), (to, _)) in pairs {
            device.copy(from, to, bytes)?;
        }
        Ok(())
    }

    /// Where a slot's states and pages' keys and values lie.
    fn pieces(&self, slot: u64, pages: &[u32]) -> Vec<(Pointer, u64)> {
        let pages = pages.iter().flat_map(|page| self.model.page(*page));
        self.model.slot(slot).into_iter().chain(pages).collect()
    }
}
