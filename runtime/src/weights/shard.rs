//! One safetensors file.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::UNIX_EPOCH;

use kiln_cache::hash::Digest;

use super::Element;
use super::header::{self, Entry, Header};
use super::map::Bytes;
use crate::{Error, Result};

/// A file of tensors, mapped; its header is checked.
#[derive(Debug)]
pub struct Shard {
    path: PathBuf,
    /// What tells it from other files, and from itself after a change.
    stamp: String,
    bytes: Bytes,
    entries: BTreeMap<String, Entry>,
    metadata: BTreeMap<String, String>,
}

impl Shard {
    /// Maps a file. It must not be changed while the shard lives.
    ///
    /// # Errors
    /// One line that names the file, and the tensor where there is one: a file that cannot be
    /// read, is no safetensors file, is truncated, or whose tensors overlap.
    pub fn open(path: &Path) -> Result<Self> {
        let bytes = Bytes::open(path)?;
        let changed = fs::metadata(path).and_then(|file| file.modified());
        let changed = changed.map_err(|error| Error::io("read", path, error))?;
        let since = changed.duration_since(UNIX_EPOCH).unwrap_or_default();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let stamp = format!("{name}, {} bytes, changed {since:?}", bytes.all().len());
        let stamp = format!("{name} {}", Digest::of(stamp.as_bytes()).short());
        let header = header::read(path, bytes.all())?;
        Ok(Self::new(path, stamp, bytes, header))
    }

    /// [`Shard::open`] for bytes in memory; `path` is for messages.
    ///
    /// # Errors
    /// As [`Shard::open`].
    pub fn from_bytes(path: &Path, bytes: Vec<u8>) -> Result<Self> {
        let header = header::read(path, &bytes)?;
        Ok(Self::new(path, "in memory".to_owned(), Bytes::Memory(bytes), header))
    }

    /// A file in memory that is made when it is needed, from one with that stamp: given are its path
    /// for messages, its header and its size.
    ///
    /// # Errors
    /// As [`Shard::open`].
    pub(super) fn later(of: &Shard, header: &[u8], size: usize) -> Result<Self> {
        let header = header::read_of(&of.path, header, size)?;
        Ok(Self::new(&of.path, of.stamp.clone(), Bytes::Later(OnceLock::new()), header))
    }

    fn new(path: &Path, stamp: String, bytes: Bytes, header: Header) -> Self {
        let Header { entries, metadata } = header;
        Self { path: path.to_path_buf(), stamp, bytes, entries, metadata }
    }

    /// Makes the bytes of a shard that is made later, unless they are there already.
    ///
    /// # Errors
    /// What making them refuses.
    pub(super) fn make(&self, how: impl FnOnce() -> Result<Vec<u8>>) -> Result<()> {
        if let Bytes::Later(made) = &self.bytes
            && made.get().is_none()
        {
            // Whoever was faster made the same.
            let _ = made.set(how()?);
        }
        Ok(())
    }

    /// What tells it from other files, and from itself after a change: name, size and time.
    pub(super) fn stamp(&self) -> &str {
        &self.stamp
    }

    /// A text that the file's writer put into it.
    pub(super) fn metadata(&self, key: &str) -> Option<&str> {
        self.metadata.get(key).map(String::as_str)
    }

    /// Asks for huge pages, which have fewer addresses to look up.
    pub(super) fn prefer_huge_pages(&self) {
        self.bytes.prefer_huge_pages();
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The tensors, by name.
    pub fn tensors(&self) -> impl Iterator<Item = Tensor<'_>> {
        self.entries.iter().map(|(name, entry)| Tensor { shard: self, name, entry })
    }

    /// The tensor of that name.
    pub fn tensor(&self, name: &str) -> Option<Tensor<'_>> {
        let (name, entry) = self.entries.get_key_value(name)?;
        Some(Tensor { shard: self, name, entry })
    }
}

impl AsRef<[u8]> for Shard {
    /// The whole file.
    fn as_ref(&self) -> &[u8] {
        self.bytes.all()
    }
}

/// A tensor of a shard, row-major, little-endian.
#[derive(Clone, Copy, Debug)]
pub struct Tensor<'s> {
    shard: &'s Shard,
    name: &'s str,
    entry: &'s Entry,
}

impl<'s> Tensor<'s> {
    /// Name in the file.
    pub fn name(&self) -> &'s str {
        self.name
    }

    /// The file.
    pub fn path(&self) -> &'s Path {
        &self.shard.path
    }

    /// Element type.
    pub fn element(&self) -> Element {
        self.entry.element
    }

    /// Extents, outermost first.
    pub fn shape(&self) -> &'s [usize] {
        &self.entry.shape
    }

    /// The elements; a matrix that is quantised when it is loaded has none before.
    pub fn bytes(&self) -> &'s [u8] {
        self.shard.bytes.all().get(self.entry.range.clone()).unwrap_or_default()
    }

    /// Number of the elements' bytes.
    pub fn size(&self) -> usize {
        self.entry.range.len()
    }

    /// Place of the elements in the file, in bytes from its beginning.
    pub(super) fn range(&self) -> Range<usize> {
        self.entry.range.clone()
    }

    /// The shard.
    pub(super) fn shard(&self) -> &'s Shard {
        self.shard
    }

    /// Begins to read a range of the elements' bytes that will be needed soon.
    pub(super) fn prefetch(&self, range: Range<usize>) {
        self.shard.bytes.prefetch(self.within(range));
    }

    /// Takes a range of the elements' bytes out of the process's memory.
    pub(super) fn release(&self, range: Range<usize>) {
        self.shard.bytes.release(self.within(range));
    }

    fn within(&self, range: Range<usize>) -> Range<usize> {
        let Range { start, end } = self.entry.range;
        (start + range.start).min(end)..(start + range.end).min(end)
    }
}
