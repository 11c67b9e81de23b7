//! Host memory for buffers.

use std::fmt;
use std::fs;
use std::ops::Range;

use memmap2::{Advice, MmapMut, MmapOptions};

use super::guard;
use crate::{Error, Result};

/// Buffers of at least this size get huge pages and begin at one.
const HUGE_FROM: usize = 4 << 20;
/// Size of a huge page, and of an ordinary one.
const HUGE_PAGE: usize = 2 << 20;
const PAGE: usize = 4096;

/// Page-aligned memory between two red zones.
pub(super) struct Region {
    map: MmapMut,
    start: usize,
    bytes: usize,
    red_zone: usize,
}

impl Region {
    /// `bytes` bytes of zero, resident in memory, with `red_zone` guard bytes on both sides.
    pub(super) fn new(bytes: u64, red_zone: u32) -> Result<Self> {
        let wanted = bytes.saturating_add(2 * u64::from(red_zone));
        let available = available_memory();
        let too_large = || Error::OutOfMemory { wanted, available };
        let bytes = usize::try_from(bytes).map_err(|_| too_large())?;
        let red_zone = red_zone as usize;
        if wanted > available {
            return Err(too_large());
        }
        let alignment = if bytes >= HUGE_FROM { HUGE_PAGE } else { PAGE };
        let length = red_zone.next_multiple_of(alignment) + bytes + red_zone + alignment;
        let map = MmapOptions::new().len(length).map_anon().map_err(|_| too_large())?;
        if alignment == HUGE_PAGE {
            // Ordinary pages work as well, a little slower.
            let _ = map.advise(Advice::HugePage);
        }
        let start = red_zone + (map.as_ptr() as usize + red_zone).wrapping_neg() % alignment;
        let mut region = Self { map, start, bytes, red_zone };
        region.initialise();
        Ok(region)
    }

    /// Number of bytes between the red zones.
    pub(super) fn len(&self) -> u64 {
        self.bytes as u64
    }

    /// The bytes between the red zones.
    pub(super) fn as_slice(&self) -> &[u8] {
        &self.map[self.start..self.start + self.bytes]
    }

    /// The bytes between the red zones, to be changed.
    pub(super) fn as_mut_slice(&mut self) -> &mut [u8] {
        &mut self.map[self.start..self.start + self.bytes]
    }

    /// Address of the first byte, valid for reading and writing as long as the region lives.
    pub(super) fn address(&mut self) -> u64 {
        self.as_mut_slice().as_mut_ptr() as u64
    }

    /// The bytes from `offset`, `bytes` of them.
    pub(super) fn part(&self, offset: u64, bytes: usize) -> Result<&[u8]> {
        let range = self.range(offset, bytes)?;
        Ok(&self.as_slice()[range])
    }

    /// The bytes from `offset`, `bytes` of them, to be changed.
    pub(super) fn part_mut(&mut self, offset: u64, bytes: usize) -> Result<&mut [u8]> {
        let range = self.range(offset, bytes)?;
        Ok(&mut self.as_mut_slice()[range])
    }

    /// Names the damaged guard byte that is nearest to the buffer.
    pub(super) fn check_red_zones(&self) -> Result<()> {
        let [low, high] = self.red_zones();
        guard::check((low.start, &self.map[low]), (high.start, &self.map[high]))
    }

    /// Has all pages made, so that reading them reads memory.
    fn initialise(&mut self) {
        for zone in self.red_zones() {
            guard::fill(&mut self.map[zone.clone()], zone.start);
        }
        // Pages come as zeros; where they cannot be asked for, writing them makes them.
        if self.map.advise(Advice::PopulateWrite).is_err() {
            self.as_mut_slice().fill(0);
        }
    }

    /// Where the guard bytes before and after the buffer are.
    fn red_zones(&self) -> [Range<usize>; 2] {
        let end = self.start + self.bytes;
        [self.start - self.red_zone..self.start, end..end + self.red_zone]
    }

    fn range(&self, offset: u64, bytes: usize) -> Result<Range<usize>> {
        let offset = guard::inside(self.len(), offset, bytes)? as usize;
        Ok(offset..offset + bytes)
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes between red zones of {}", self.bytes, self.red_zone)
    }
}

/// Memory that can be used without swapping; unlimited where the system does not say.
pub(super) fn available_memory() -> u64 {
    let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    super::processor::kilobytes(&text, "MemAvailable").unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_aligned_zeroed_and_guarded_to_the_byte() {
        for (bytes, red_zone) in [(0, 0), (1, 256), (17, 0), (4097, 512), (5 << 20, 256)] {
            let mut region = Region::new(bytes, red_zone).unwrap();
            let alignment = if bytes >= HUGE_FROM as u64 { HUGE_PAGE } else { PAGE };
            assert_eq!(region.address() as usize % alignment, 0);
            assert!(region.as_slice().iter().all(|byte| *byte == 0));
            region.check_red_zones().unwrap();
            if red_zone > 0 {
                let end = region.start + region.bytes;
                region.map[end] = 0;
                let error = region.check_red_zones().unwrap_err().to_string();
                assert!(error.contains("1 bytes after"), "{error}");
                guard::fill(&mut region.map[end..end + 1], end);
                let first = region.start - red_zone as usize;
                region.map[first] ^= 0x80;
                let error = region.check_red_zones().unwrap_err().to_string();
                assert!(error.contains(&format!("{red_zone} bytes before")), "{error}");
            }
        }
    }

    #[test]
    fn what_lies_outside_is_refused() {
        let mut region = Region::new(16, 0).unwrap();
        assert_eq!(region.part(8, 8).unwrap().len(), 8);
        assert!(region.part(16, 0).is_ok());
        for (offset, bytes) in [(9, 8), (17, 0), (u64::MAX, 2)] {
            assert!(region.part(offset, bytes).is_err() && region.part_mut(offset, bytes).is_err());
        }
    }

    #[test]
    fn more_memory_than_there_is_is_an_error() {
        for bytes in [1 << 50, u64::MAX] {
            let error = Region::new(bytes, 256).unwrap_err();
            assert!(matches!(error, Error::OutOfMemory { .. }), "{error}");
        }
    }
}
