//! Words that lie together, found once for many accesses.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// A stretch of one allocation whose words lie together. Accesses inside it cost no look-up.
#[derive(Debug, Clone, Copy)]
pub struct Run<'m> {
    /// The address of `words[0]`, a multiple of four.
    origin: u64,
    /// Addresses that belong to the allocation and to these words: from `start` to `end`.
    start: u64,
    end: u64,
    words: &'m [AtomicU32],
}

impl<'m> Run<'m> {
    /// A run that covers nothing.
    pub const EMPTY: Run<'static> = Run { origin: 0, start: 0, end: 0, words: &[] };

    /// `words` from address `origin` on, of which the bytes from `start` to `end` may be used.
    pub(super) fn new(origin: u64, start: u64, end: u64, words: &'m [AtomicU32]) -> Self {
        let end = end.min(origin.saturating_add(4 * words.len() as u64));
        Self { origin, start, end, words }
    }

    /// Whether `size` bytes at `address` lie inside.
    #[inline]
    pub fn covers(&self, address: u64, size: u64) -> bool {
        address >= self.start && address <= self.end && self.end - address >= size
    }

    /// The address after the last byte that may be used.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// The `N` words at `address`, a multiple of four that the run covers; `None` otherwise.
    #[inline]
    pub fn words<const N: usize>(&self, address: u64) -> Option<&'m [AtomicU32; N]> {
        if !address.is_multiple_of(4) || !self.covers(address, 4 * N as u64) {
            return None;
        }
        let at = ((address - self.origin) / 4) as usize;
        self.words.get(at..at + N)?.try_into().ok()
    }

    /// The word that holds the byte at `address`, which the run covers, and that byte's place in it in bits.
    #[inline]
    pub fn word_of(&self, address: u64) -> Option<(&'m AtomicU32, u32)> {
        let word = self.words.get((address.checked_sub(self.origin)? / 4) as usize)?;
        Some((word, 8 * (address % 4) as u32))
    }

    /// Copies `bytes.len()` bytes out; the run covers them.
    pub(super) fn read(&self, address: u64, bytes: &mut [u8]) {
        let (mut at, mut rest) = (address, bytes);
        while !rest.is_empty() {
            let Some((word, shift)) = self.word_of(at) else { return };
            let value = (word.load(Relaxed) >> shift).to_le_bytes();
            let count = rest.len().min(4 - shift as usize / 8);
            let (now, later) = rest.split_at_mut(count);
            now.copy_from_slice(&value[..count]);
            (at, rest) = (at + count as u64, later);
        }
    }

    /// Copies bytes in; the run covers them. Bytes beside them in the same word stay as they are.
    pub(super) fn write(&self, address: u64, bytes: &[u8]) {
        let (mut at, mut rest) = (address, bytes);
        while !rest.is_empty() {
            let Some((word, shift)) = self.word_of(at) else { return };
            let count = rest.len().min(4 - shift as usize / 8);
            let mut value = [0; 4];
            value[..count].copy_from_slice(&rest[..count]);
            store_bits(word, u32::from_le_bytes(value) << shift, mask(count) << shift);
            (at, rest) = (at + count as u64, &rest[count..]);
        }
    }
}

/// The low `count` bytes of a word, 1 to 4.
fn mask(count: usize) -> u32 {
    u32::MAX >> (32 - 8 * count)
}

/// Replaces the bits of `word` under `mask`.
pub(super) fn store_bits(word: &AtomicU32, value: u32, mask: u32) {
    if mask == u32::MAX {
        word.store(value, Relaxed);
        return;
    }
    let mut old = word.load(Relaxed);
    while let Err(seen) =
        word.compare_exchange_weak(old, (old & !mask) | (value & mask), Relaxed, Relaxed)
    {
        old = seen;
    }
}
