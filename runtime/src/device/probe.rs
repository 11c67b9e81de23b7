//! Fixed pieces of reference work: reading memory, and a canary.

use std::hint::black_box;
use std::ops::Range;
use std::sync::Arc;

use super::pool::Work;
use super::region::Region;

/// Bytes in a block of [`Reading`].
pub(super) const READ_BLOCK: u64 = 1 << 20;
/// Bytes that the canary reads: more than fit in a core's own caches.
const CANARY_BYTES: usize = 16 << 20;
/// Dependent steps of the canary's arithmetic.
const CANARY_STEPS: u32 = 400_000;

/// Reads memory, block after block.
pub(super) struct Reading {
    /// What is read; a multiple of [`READ_BLOCK`] long.
    pub(super) memory: Arc<Region>,
}

impl Work for Reading {
    fn run(&self, blocks: Range<u64>, _scratch: &mut [u8]) {
        let [start, end] = [blocks.start, blocks.end].map(|block| (block * READ_BLOCK) as usize);
        black_box(read(&self.memory.as_slice()[start..end]));
    }
}

/// Reads every byte once, in two streams: one does not keep the memory busy, and more than two
/// confuse the prefetchers.
fn read(bytes: &[u8]) -> u64 {
    let (low, high) = bytes.split_at(bytes.len() / 2);
    let mut seen = [0u64; 16];
    for (low, high) in low.chunks_exact(64).zip(high.chunks_exact(64)) {
        let words = low.chunks_exact(8).chain(high.chunks_exact(8));
        for (seen, word) in seen.iter_mut().zip(words) {
            *seen |= u64::from_le_bytes(word.try_into().expect("a chunk of 8 should have 8"));
        }
    }
    seen.into_iter().fold(0, |all, word| all | word)
}

/// Dependent arithmetic, then a read: its time follows the clock and the memory.
pub(super) fn canary(memory: &Region) {
    let mut state = black_box(0x9e37_79b9_7f4a_7c15u64);
    for _ in 0..CANARY_STEPS {
        state = (state ^ (state >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    }
    let bytes = memory.as_slice();
    black_box(state ^ read(&bytes[..CANARY_BYTES.min(bytes.len())]));
}
