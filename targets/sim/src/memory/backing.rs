//! Where the bytes of an allocation are kept.

use std::sync::OnceLock;
use std::sync::atomic::AtomicU32;

/// Bytes of a page of a [`Sparse`] backing.
pub const PAGE: usize = 1 << 16;

/// Words of a page.
pub(super) const PAGE_WORDS: usize = PAGE / 4;

/// What untouched pages read as. Nobody gets it for writing.
static ZEROS: [AtomicU32; PAGE_WORDS] = [const { AtomicU32::new(0) }; PAGE_WORDS];

/// The words of an allocation, little endian, as runs of atomic words.
///
/// Word `w` holds the bytes from `4 * w` on, counted from the allocation's base rounded down to a multiple
/// of four. Callers only ask for words that the allocation covers at least in part, so a backing whose range
/// does not begin or end on a multiple of four must own the whole of its first and last words.
pub trait Backing: Send + Sync {
    /// The words from `first` on, at least one, as many as lie together. They are only read.
    fn readable(&self, first: usize) -> &[AtomicU32];

    /// The words from `first` on, at least one, as many as lie together. They are read and written.
    fn writable(&self, first: usize) -> &[AtomicU32];
}

/// Words that lie together from the start.
#[derive(Debug)]
pub struct Dense(Box<[AtomicU32]>);

impl Dense {
    /// Zeros for `size` bytes.
    pub fn new(size: u64) -> Self {
        Self(zeros(usize::try_from(size.div_ceil(4)).unwrap_or(usize::MAX)))
    }
}

impl Backing for Dense {
    fn readable(&self, first: usize) -> &[AtomicU32] {
        self.0.get(first..).unwrap_or_default()
    }

    fn writable(&self, first: usize) -> &[AtomicU32] {
        self.readable(first)
    }
}

/// Pages that exist once they are written to, and read as zeros before.
#[derive(Debug)]
pub struct Sparse(Box<[OnceLock<Box<[AtomicU32]>>]>);

impl Sparse {
    /// Zeros for `size` bytes.
    pub fn new(size: u64) -> Self {
        let pages = usize::try_from(size.div_ceil(PAGE as u64)).unwrap_or(usize::MAX);
        Self((0..pages).map(|_| OnceLock::new()).collect())
    }

    /// How many pages have been written to.
    pub fn touched(&self) -> usize {
        self.0.iter().filter(|page| page.get().is_some()).count()
    }
}

impl Backing for Sparse {
    fn readable(&self, first: usize) -> &[AtomicU32] {
        let page = self.0.get(first / PAGE_WORDS).and_then(OnceLock::get);
        let words = page.map_or(&ZEROS[..], |words| &words[..]);
        &words[first % PAGE_WORDS..]
    }

    fn writable(&self, first: usize) -> &[AtomicU32] {
        let page =
            self.0.get(first / PAGE_WORDS).map(|page| page.get_or_init(|| zeros(PAGE_WORDS)));
        page.map_or(&[][..], |words| &words[first % PAGE_WORDS..])
    }
}

fn zeros(words: usize) -> Box<[AtomicU32]> {
    (0..words).map(|_| AtomicU32::new(0)).collect()
}
