//! Words that are no instruction.

use std::fmt;

/// Words that are no instruction of gfx11.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// Where they are.
    pub pc: u64,
    /// The words at that place: as many as an instruction can have, or as there are.
    words: [u32; 3],
    len: u8,
    /// What is wrong with them.
    pub reason: &'static str,
}

impl DecodeError {
    pub(super) fn new(pc: u64, words: &[u32], reason: &'static str) -> DecodeError {
        let mut kept = [0; 3];
        let len = words.len().min(kept.len());
        kept[..len].copy_from_slice(&words[..len]);
        DecodeError { pc, words: kept, len: len as u8, reason }
    }

    /// The words at the place.
    #[must_use]
    pub fn words(&self) -> &[u32] {
        &self.words[..usize::from(self.len)]
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no gfx11 instruction at {:#x}: {}; the words are", self.pc, self.reason)?;
        if self.words().is_empty() {
            return write!(f, " missing");
        }
        self.words().iter().try_for_each(|word| write!(f, " {word:08x}"))
    }
}

impl std::error::Error for DecodeError {}
