//! The code of one object, decoded once.

use super::{DecodeError, Inst, decode};

/// The code of one object, decoded once, in the order of its addresses.
///
/// Words that are no instruction, such as padding or constants in the code, are entries of their
/// own, one each: only a wave that reaches them fails.
#[derive(Clone, Debug, Default)]
pub struct Program {
    base: u64,
    entries: Vec<Entry>,
    /// For each word, the entry that starts there.
    starts: Vec<u32>,
}

/// What stands at one address.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its address.
    pub pc: u64,
    /// The instruction, or why there is none.
    pub inst: Result<Inst, DecodeError>,
}

/// In [`Program::starts`]: the middle of an instruction.
const MIDDLE: u32 = u32::MAX;

impl Program {
    /// Decodes code that stands at address `base`; bytes after the last whole word are left out.
    #[must_use]
    pub fn new(base: u64, code: &[u8]) -> Program {
        let words: Vec<u32> = code
            .chunks_exact(4)
            .map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]))
            .collect();
        let (mut entries, mut starts) = (Vec::new(), vec![MIDDLE; words.len()]);
        let mut at = 0;
        while let Some(start) = starts.get_mut(at) {
            let pc = base.wrapping_add(4 * at as u64);
            let inst = decode(&words[at..], pc);
            *start = entries.len() as u32;
            at += inst.as_ref().map_or(1, |inst| usize::from(inst.size / 4));
            entries.push(Entry { pc, inst });
        }
        Program { base, entries, starts }
    }

    /// Address of the first word.
    #[must_use]
    pub fn base(&self) -> u64 {
        self.base
    }

    /// Everything, in the order of addresses. The entry after an instruction is the next one.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Position in [`Program::entries`] of what stands at `pc`; none if that is outside the code,
    /// not a multiple of four, or within an instruction.
    #[must_use]
    pub fn index_of(&self, pc: u64) -> Option<usize> {
        let offset = pc.checked_sub(self.base)?;
        if offset % 4 != 0 {
            return None;
        }
        let start = *self.starts.get(usize::try_from(offset / 4).ok()?)?;
        (start != MIDDLE).then_some(start as usize)
    }

    /// What stands at `pc`; see [`Program::index_of`].
    #[must_use]
    pub fn at(&self, pc: u64) -> Option<&Entry> {
        self.entries.get(self.index_of(pc)?)
    }
}
