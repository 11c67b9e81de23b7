//! Memory that a device reads where it lies: bytes of a file that is mapped.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::region::Region;
use super::{BufferId, Device, guard};
use crate::{Error, Result};

/// Bytes that stay where they are as long as anybody holds them.
pub type Pages = Arc<dyn AsRef<[u8]> + Send + Sync>;

/// Some of these bytes, to be read and never written.
#[derive(Clone)]
pub struct Lent {
    pages: Pages,
    range: Range<usize>,
}

impl Lent {
    /// The bytes of a range.
    ///
    /// # Errors
    /// If there are no such bytes.
    pub fn new(pages: Pages, range: Range<usize>) -> Result<Self> {
        let held = pages.as_ref().as_ref().len();
        if range.start > range.end || range.end > held {
            return Err(Error::request(format!("bytes {range:?} are lent of {held}")));
        }
        Ok(Self { pages, range })
    }

    /// What they are part of.
    pub(super) fn pages(&self) -> &Pages {
        &self.pages
    }

    /// Where they begin in it.
    pub(super) fn start(&self) -> usize {
        self.range.start
    }

    /// The bytes.
    pub(super) fn as_slice(&self) -> &[u8] {
        &self.pages.as_ref().as_ref()[self.range.clone()]
    }

    /// A copy of them in a device's own memory.
    pub(super) fn copied<D: Device + ?Sized>(&self, device: &mut D) -> Result<BufferId> {
        let bytes = self.as_slice();
        let buffer = device.alloc(bytes.len() as u64, 0)?;
        device.write(buffer, 0, bytes)?;
        Ok(buffer)
    }

    /// Why they cannot be written.
    pub(super) fn refuse() -> Error {
        Error::request("the buffer is part of a mapped file, which is only read")
    }
}

impl fmt::Debug for Lent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "bytes {:?} of a mapped file", self.range)
    }
}

/// A buffer of a device that reads what its process reads.
#[derive(Debug)]
pub(super) enum Memory {
    /// Memory of its own.
    Own(Region),
    /// Pages of a file.
    Lent(Lent),
}

impl Memory {
    /// Number of bytes.
    pub(super) fn len(&self) -> u64 {
        match self {
            Self::Own(region) => region.len(),
            Self::Lent(lent) => lent.as_slice().len() as u64,
        }
    }

    /// Address of the first byte, valid as long as the memory lives: for reading, and for writing
    /// where it is the buffer's own.
    pub(super) fn address(&mut self) -> u64 {
        match self {
            Self::Own(region) => region.address(),
            Self::Lent(lent) => lent.as_slice().as_ptr() as u64,
        }
    }

    /// The bytes from `offset`, `bytes` of them.
    pub(super) fn part(&self, offset: u64, bytes: usize) -> Result<&[u8]> {
        match self {
            Self::Own(region) => region.part(offset, bytes),
            Self::Lent(lent) => {
                let start = guard::inside(self.len(), offset, bytes)? as usize;
                Ok(&lent.as_slice()[start..start + bytes])
            }
        }
    }

    /// The bytes from `offset`, `bytes` of them, to be changed.
    pub(super) fn part_mut(&mut self, offset: u64, bytes: usize) -> Result<&mut [u8]> {
        match self {
            Self::Own(region) => region.part_mut(offset, bytes),
            Self::Lent(_) => Err(Lent::refuse()),
        }
    }

    /// Names the damaged guard byte that is nearest to the buffer; a file has none.
    pub(super) fn check_red_zones(&self) -> Result<()> {
        match self {
            Self::Own(region) => region.check_red_zones(),
            Self::Lent(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lent_bytes_are_read_and_never_written() {
        let pages: Pages = Arc::new((0..100u8).collect::<Vec<u8>>());
        let mut memory = Memory::Lent(Lent::new(Arc::clone(&pages), 10..30).unwrap());
        assert_eq!(memory.len(), 20);
        assert_eq!(memory.part(5, 3).unwrap(), [15, 16, 17]);
        assert!(memory.part(18, 3).is_err() && memory.part(u64::MAX, 2).is_err());
        let refused = memory.part_mut(0, 1).unwrap_err().to_string();
        assert!(refused.contains("only read"), "{refused}");
        let first = pages.as_ref().as_ref()[10..].as_ptr() as u64;
        assert_eq!(memory.address(), first);
        for wrong in [90..101, 101..101, Range { start: 5, end: 4 }] {
            assert!(Lent::new(Arc::clone(&pages), wrong).is_err());
        }
    }
}
