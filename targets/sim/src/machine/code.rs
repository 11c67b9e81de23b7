//! The code of an object, made ready block by block as waves reach it.

use std::sync::OnceLock;

use super::lower::lower;
use super::step::{Action, Step};
use crate::isa::decode;

/// Most steps of a block.
const LONGEST: usize = 512;

/// Steps that follow each other; only the last one may go elsewhere.
#[derive(Debug)]
pub(super) struct Block {
    pub steps: Box<[Step]>,
    /// The address after the last step.
    pub end: u64,
}

/// Words at one address, and the blocks that begin at each of them.
#[derive(Debug)]
struct Part {
    base: u64,
    words: Box<[u32]>,
    blocks: Box<[OnceLock<Box<Block>>]>,
}

/// The executable words of one object.
#[derive(Debug)]
pub(super) struct Code(Vec<Part>);

impl Code {
    /// The code in `parts`, each given by its address and bytes.
    pub(super) fn new<'a>(parts: impl Iterator<Item = (u64, &'a [u8])>) -> Self {
        let part = |(base, bytes): (u64, &[u8])| {
            let words: Box<[u32]> =
                bytes.as_chunks::<4>().0.iter().map(|word| u32::from_le_bytes(*word)).collect();
            let blocks = words.iter().map(|_| OnceLock::new()).collect();
            Part { base, words, blocks }
        };
        Self(parts.map(part).collect())
    }

    /// The block that begins at `pc`, unless that is outside the code.
    pub(super) fn block(&self, pc: u64) -> Option<&Block> {
        let part = self.0.iter().find(|part| part.offset(pc).is_some())?;
        let at = part.offset(pc)?;
        Some(part.blocks.get(at)?.get_or_init(|| Box::new(part.decode(at))))
    }

    /// The addresses from the first word to after the last.
    pub(super) fn span(&self) -> (u64, u64) {
        let start = self.0.iter().map(|part| part.base).min().unwrap_or(0);
        let end = self.0.iter().map(|part| part.base + 4 * part.words.len() as u64).max();
        (start, end.unwrap_or(0))
    }
}

impl Part {
    fn offset(&self, pc: u64) -> Option<usize> {
        let bytes = pc.checked_sub(self.base)?;
        let at = usize::try_from(bytes / 4).ok()?;
        (bytes.is_multiple_of(4) && at < self.words.len()).then_some(at)
    }

    fn decode(&self, start: usize) -> Block {
        let (mut at, mut steps) = (start, Vec::new());
        while steps.len() < LONGEST && at < self.words.len() {
            let pc = self.base + 4 * at as u64;
            let step = match decode(&self.words[at..], pc) {
                Ok(inst) => lower(&inst, pc),
                Err(_) => break,
            };
            at += usize::from(step.inst.size / 4).max(1);
            let goes_elsewhere = ends(&step.action);
            steps.push(step);
            if goes_elsewhere {
                break;
            }
        }
        Block { steps: steps.into(), end: self.base + 4 * at as u64 }
    }

    /// Why the words at `pc` are no instruction.
    fn problem(&self, pc: u64) -> Option<String> {
        let at = self.offset(pc)?;
        decode(&self.words[at..], pc).err().map(|error| error.to_string())
    }
}

impl Code {
    /// Why the words at `pc` are no instruction, if they are not.
    pub(super) fn problem(&self, pc: u64) -> Option<String> {
        self.0.iter().find_map(|part| part.problem(pc))
    }

    /// The text of the instruction at `pc`.
    pub(super) fn text(&self, pc: u64) -> String {
        let inst = self.0.iter().find_map(|part| decode(&part.words[part.offset(pc)?..], pc).ok());
        inst.map_or_else(|| "?".to_owned(), |inst| inst.to_string())
    }
}

fn ends(action: &Action) -> bool {
    matches!(action, Action::Jump(_) | Action::Barrier | Action::End | Action::Refused(_))
}
