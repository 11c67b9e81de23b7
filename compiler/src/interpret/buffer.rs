//! Memory images of a kernel's arguments, with guarded surroundings.

use std::collections::BTreeMap;

/// The memory image of one part, between two zones that no kernel may touch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Buffer {
    memory: Vec<u8>,
    zone: usize,
}

impl Buffer {
    /// Bytes of each zone of a guarded buffer; a multiple of every alignment in use.
    pub const ZONE: usize = 512;

    /// What a zone holds: as f32, f16 and bf16 it reads as NaN, as an integer as -1.
    pub const ZONE_BYTE: u8 = 0xff;

    /// An image without zones.
    pub fn plain(bytes: Vec<u8>) -> Buffer {
        Buffer { memory: bytes, zone: 0 }
    }

    /// An image between zones of [`Buffer::ZONE`] bytes.
    pub fn guarded(bytes: &[u8]) -> Buffer {
        let zone = [Buffer::ZONE_BYTE; Buffer::ZONE];
        Buffer { memory: [&zone, bytes, &zone].concat(), zone: Buffer::ZONE }
    }

    /// The image itself.
    pub fn bytes(&self) -> &[u8] {
        &self.memory[self.zone..self.memory.len() - self.zone]
    }

    /// The image itself, writable.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        let end = self.memory.len() - self.zone;
        &mut self.memory[self.zone..end]
    }

    /// The image with its zones: what an executor that copies memory must copy, and pass a
    /// pointer to its byte [`Buffer::offset`].
    pub fn memory(&self) -> &[u8] {
        &self.memory
    }

    /// The image with its zones, writable.
    pub fn memory_mut(&mut self) -> &mut [u8] {
        &mut self.memory
    }

    /// Bytes before the image.
    pub fn offset(&self) -> usize {
        self.zone
    }

    /// Position, relative to the image, of the first byte of a zone that was overwritten.
    pub fn first_trespass(&self) -> Option<i64> {
        let image = self.zone..self.memory.len() - self.zone;
        let touched = |(at, byte): (usize, &u8)| {
            (!image.contains(&at) && *byte != Buffer::ZONE_BYTE).then_some(at)
        };
        let at = self.memory.iter().enumerate().find_map(touched)?;
        Some(at as i64 - self.zone as i64)
    }
}

/// The memory images of a launch, by part name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Buffers {
    parts: BTreeMap<String, Buffer>,
}

impl Buffers {
    /// No images.
    pub fn new() -> Buffers {
        Buffers::default()
    }

    /// Adds or replaces the image of a part.
    pub fn insert(&mut self, part: impl Into<String>, buffer: Buffer) {
        self.parts.insert(part.into(), buffer);
    }

    /// The image of a part.
    pub fn get(&self, part: &str) -> Option<&Buffer> {
        self.parts.get(part)
    }

    /// The image of a part, writable.
    pub fn get_mut(&mut self, part: &str) -> Option<&mut Buffer> {
        self.parts.get_mut(part)
    }

    /// Every image with its part's name, in name order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Buffer)> {
        self.parts.iter().map(|(name, buffer)| (name.as_str(), buffer))
    }

    /// Every image, writable, with its part's name, in name order.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &mut Buffer)> {
        self.parts.iter_mut().map(|(name, buffer)| (name.as_str(), buffer))
    }
}
