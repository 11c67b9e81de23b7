//! Device memory of which most is never looked at.

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::AtomicU32;

use kiln_sim::memory::{Backing, PAGE};

/// Fills a page, which is zero before, given the number of its first byte.
type Fill = dyn Fn(usize, &mut [u8]) + Send + Sync;

/// Memory whose contents are made page by page, each when something of it is read or written first.
pub(super) struct Pages {
    bytes: usize,
    fill: Box<Fill>,
    pages: Box<[OnceLock<Box<[AtomicU32]>>]>,
}

impl Pages {
    /// `bytes` bytes, of which `fill` makes those from a number on.
    pub(super) fn new(
        bytes: usize,
        fill: impl Fn(usize, &mut [u8]) + Send + Sync + 'static,
    ) -> Self {
        let pages = (0..bytes.div_ceil(PAGE)).map(|_| OnceLock::new()).collect();
        Self { bytes, fill: Box::new(fill), pages }
    }

    /// The same byte everywhere.
    pub(super) fn filled(bytes: usize, with: u8) -> Self {
        Self::new(bytes, move |_, page| page.fill(with))
    }

    fn make(&self, number: usize) -> Box<[AtomicU32]> {
        let start = number * PAGE;
        let mut bytes = vec![0; (self.bytes - start).min(PAGE)];
        (self.fill)(start, &mut bytes);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        let words = bytes.as_chunks::<4>().0.iter();
        words.map(|word| AtomicU32::new(u32::from_le_bytes(*word))).collect()
    }
}

impl Backing for Pages {
    fn readable(&self, first: usize) -> &[AtomicU32] {
        let (number, within) = (first / (PAGE / 4), first % (PAGE / 4));
        let Some(page) = self.pages.get(number) else { return &[] };
        page.get_or_init(|| self.make(number)).get(within..).unwrap_or_default()
    }

    fn writable(&self, first: usize) -> &[AtomicU32] {
        self.readable(first)
    }
}

impl fmt::Debug for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes in pages", self.bytes)
    }
}
