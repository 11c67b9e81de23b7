//! One safetensors file.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::Element;
use super::header::{self, Entry};
use super::map::Bytes;
use crate::Result;

/// A file of tensors, mapped; its header is checked.
#[derive(Debug)]
pub struct Shard {
    path: PathBuf,
    bytes: Bytes,
    entries: BTreeMap<String, Entry>,
}

impl Shard {
    /// Maps a file. It must not be changed while the shard lives.
    ///
    /// # Errors
    /// One line that names the file, and the tensor where there is one: a file that cannot be
    /// read, is no safetensors file, is truncated, or whose tensors overlap.
    pub fn open(path: &Path) -> Result<Self> {
        Self::new(path, Bytes::open(path)?)
    }

    /// [`Shard::open`] for bytes in memory; `path` is for messages.
    ///
    /// # Errors
    /// As [`Shard::open`].
    pub fn from_bytes(path: &Path, bytes: Vec<u8>) -> Result<Self> {
        Self::new(path, Bytes::Memory(bytes))
    }

    fn new(path: &Path, bytes: Bytes) -> Result<Self> {
        let entries = header::read(path, bytes.all())?;
        Ok(Self { path: path.to_path_buf(), bytes, entries })
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

    /// The elements.
    pub fn bytes(&self) -> &'s [u8] {
        &self.shard.bytes.all()[self.entry.range.clone()]
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
