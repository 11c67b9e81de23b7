//! Copies on write.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};

use super::Backing;
use super::backing::PAGE_WORDS;

/// The words of another backing until they are written to: a page that is, is this one's own from then on.
pub(super) struct Overlay {
    below: Arc<dyn Backing>,
    /// How many words there are.
    words: usize,
    pages: Box<[OnceLock<Box<[AtomicU32]>>]>,
}

impl Overlay {
    /// Over the first `words` words of another backing.
    pub(super) fn new(below: Arc<dyn Backing>, words: usize) -> Self {
        let pages = (0..words.div_ceil(PAGE_WORDS)).map(|_| OnceLock::new()).collect();
        Self { below, words, pages }
    }

    /// A copy of the words below in the page that begins with word `first`.
    fn copy(&self, first: usize) -> Box<[AtomicU32]> {
        let count = (self.words - first).min(PAGE_WORDS);
        let mut copy = Vec::with_capacity(count);
        while copy.len() < count {
            let words = self.below.readable(first + copy.len());
            if words.is_empty() {
                copy.resize_with(count, AtomicU32::default);
                break;
            }
            let more = words.iter().take(count - copy.len());
            copy.extend(more.map(|word| AtomicU32::new(word.load(Relaxed))));
        }
        copy.into_boxed_slice()
    }
}

impl Backing for Overlay {
    fn readable(&self, first: usize) -> &[AtomicU32] {
        let at = first % PAGE_WORDS;
        match self.pages.get(first / PAGE_WORDS).map(OnceLock::get) {
            None => &[],
            Some(Some(own)) => own.get(at..).unwrap_or_default(),
            Some(None) => {
                let words = self.below.readable(first);
                &words[..words.len().min(PAGE_WORDS - at)]
            }
        }
    }

    fn writable(&self, first: usize) -> &[AtomicU32] {
        let Some(page) = self.pages.get(first / PAGE_WORDS) else { return &[] };
        let at = first % PAGE_WORDS;
        page.get_or_init(|| self.copy(first - at)).get(at..).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use crate::memory::{Access, Memory, PAGE, Storage};

    #[test]
    fn a_fork_reads_what_was_there_and_keeps_what_it_writes_to_itself() {
        let size = 2 * PAGE as u64 + 5;
        for storage in [Storage::Dense, Storage::Sparse] {
            let memory = Memory::new();
            let base = memory.allocate("x", size, Access::ReadWrite, storage).unwrap();
            memory.write(base + PAGE as u64 - 1, &[1, 2]).unwrap();
            let fork = memory.fork();
            let read = |memory: &Memory, at: u64| {
                let mut bytes = [0; 3];
                memory.read(base + at, &mut bytes).unwrap();
                bytes
            };
            assert_eq!(read(&fork, PAGE as u64 - 2), [0, 1, 2]);
            fork.write(base + PAGE as u64, &[9]).unwrap();
            fork.write(base + size - 1, &[7]).unwrap();
            assert_eq!(read(&fork, PAGE as u64 - 2), [0, 1, 9]);
            assert_eq!(read(&memory, PAGE as u64 - 2), [0, 1, 2]);
            assert_eq!((read(&fork, size - 3), read(&memory, size - 3)), ([0, 0, 7], [0; 3]));
            assert!(fork.write(base + size, &[1]).is_err());
            let other = fork.allocate("y", 4, Access::ReadWrite, storage).unwrap();
            assert!(other >= base + size && memory.read(other, &mut [0]).is_err());
        }
    }
}
