//! A file's bytes, mapped.

use std::fmt;
use std::fs::File;
use std::ops::Range;
use std::path::Path;
use std::sync::OnceLock;

use memmap2::{Advice, Mmap, UncheckedAdvice};

use crate::{Error, Result};

/// Size of a page, or a multiple of it: advice is given in whole ones.
const PAGE: usize = 4096;

/// The bytes of a checkpoint's file: mapped, or in memory where a test made them.
///
/// Mapping keeps a checkpoint of many gigabytes out of the process's memory. In exchange the file
/// must not be changed or truncated while it is mapped: the process would read other bytes, or be
/// ended by the operating system.
pub(super) enum Bytes {
    /// A mapped file.
    Mapped(Mmap),
    /// Bytes made in memory.
    Memory(Vec<u8>),
    /// Bytes that are made in memory when they are needed.
    Later(OnceLock<Vec<u8>>),
}

impl Bytes {
    /// Maps a regular file.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let fail = |error| Error::io("read", path, error);
        let file = File::open(path).map_err(fail)?;
        let metadata = file.metadata().map_err(fail)?;
        if !metadata.is_file() {
            return Err(Error::model(path, "the file", "it is not a regular file"));
        }
        if metadata.len() == 0 {
            return Ok(Self::Memory(Vec::new()));
        }
        // SAFETY: the mapping is private and read-only, and this process never writes the file.
        // That others leave it alone is the documented condition of opening a checkpoint.
        let map = unsafe { Mmap::map(&file) }.map_err(|error| Error::io("map", path, error))?;
        Ok(Self::Mapped(map))
    }

    /// All bytes; none of those that have yet to be made.
    pub(super) fn all(&self) -> &[u8] {
        match self {
            Self::Mapped(map) => map,
            Self::Memory(bytes) => bytes,
            Self::Later(made) => made.get().map_or(&[], Vec::as_slice),
        }
    }

    /// Asks for huge pages, which have fewer addresses to look up.
    pub(super) fn prefer_huge_pages(&self) {
        if let Self::Mapped(map) = self {
            // Ordinary pages work as well, a little slower.
            let _ = map.advise(Advice::HugePage);
        }
    }

    /// Begins to read a range that will be needed soon.
    pub(super) fn prefetch(&self, range: Range<usize>) {
        if let Self::Mapped(map) = self {
            let start = range.start.min(map.len()) / PAGE * PAGE;
            let end = range.end.min(map.len());
            // Advice that is not taken costs time, nothing else.
            let _ = map.advise_range(Advice::WillNeed, start, end.saturating_sub(start));
        }
    }

    /// Takes the whole pages of a range out of the process's memory; reading it again reads the
    /// file again.
    pub(super) fn release(&self, range: Range<usize>) {
        if let Self::Mapped(map) = self {
            let start = range.start.next_multiple_of(PAGE);
            let end = range.end.min(map.len()) / PAGE * PAGE;
            if start < end {
                // SAFETY: the mapping is read-only and backed by a file, so that dropped pages come
                // back with the same contents; references into them stay valid.
                let dropped = unsafe {
                    map.unchecked_advise_range(UncheckedAdvice::DontNeed, start, end - start)
                };
                // Pages that stay cost memory, nothing else.
                let _ = dropped;
            }
        }
    }
}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.all().len())
    }
}
