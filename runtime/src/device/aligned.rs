//! Small blocks of bytes at the start of a cache line.

use std::fmt;

/// Alignment in bytes: a cache line, and the widest vector register.
const ALIGNMENT: usize = 64;

/// Bytes that begin at a multiple of 64.
pub(super) struct AlignedBytes {
    storage: Vec<u8>,
    start: usize,
    bytes: usize,
}

impl AlignedBytes {
    /// `bytes` bytes of value `fill`.
    pub(super) fn new(bytes: usize, fill: u8) -> Self {
        let storage = vec![fill; bytes + ALIGNMENT - 1];
        let start = storage.as_ptr().align_offset(ALIGNMENT).min(ALIGNMENT - 1);
        Self { storage, start, bytes }
    }

    /// A copy of `bytes`.
    pub(super) fn copy_of(bytes: &[u8]) -> Self {
        let mut copy = Self::new(bytes.len(), 0);
        copy.as_mut_slice().copy_from_slice(bytes);
        copy
    }

    /// Number of bytes.
    pub(super) fn len(&self) -> usize {
        self.bytes
    }

    /// The bytes.
    pub(super) fn as_slice(&self) -> &[u8] {
        &self.storage[self.start..self.start + self.bytes]
    }

    /// The bytes, to be changed.
    pub(super) fn as_mut_slice(&mut self) -> &mut [u8] {
        &mut self.storage[self.start..self.start + self.bytes]
    }
}

impl fmt::Debug for AlignedBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} aligned bytes", self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_of_any_size_begin_at_a_cache_line() {
        for bytes in [0, 1, 63, 64, 65, 4096] {
            let block = AlignedBytes::new(bytes, 0xab);
            assert_eq!(block.as_slice().as_ptr() as usize % ALIGNMENT, 0);
            assert_eq!(block.as_slice(), vec![0xab; bytes]);
        }
        assert_eq!(AlignedBytes::copy_of(&[1, 2, 3]).as_slice(), [1, 2, 3]);
    }
}
