//! The memory that a workgroup has to itself.

use super::atomic::Atomic;
use super::element::{Data, Element};
use super::fault::{Cause, Stop};
use super::lanes::{FULL, LANES, Lanes, active};

/// The words of one workgroup.
#[derive(Debug)]
pub(super) struct Lds {
    words: Vec<u32>,
    size: u32,
}

impl Lds {
    /// Zeros for `size` bytes.
    pub(super) fn new(size: u32) -> Self {
        Self { words: vec![0; size.div_ceil(4) as usize], size }
    }

    pub(super) fn size(&self) -> u32 {
        self.size
    }

    /// Zeros again.
    pub(super) fn clear(&mut self) {
        self.words.fill(0);
    }

    #[inline(always)]
    fn check(&self, address: u32, size: u32) -> Result<(), Cause> {
        if size <= self.size && address <= self.size - size {
            return Ok(());
        }
        Err(Cause::Lds { address: u64::from(address), size, limit: self.size })
    }

    /// The four bytes at an address whose bytes are there, as far as they are.
    #[inline(always)]
    fn word(&self, address: u32) -> u32 {
        let at = (address / 4) as usize;
        let low = self.words.get(at).copied().unwrap_or(0);
        if address.is_multiple_of(4) {
            return low;
        }
        let high = self.words.get(at + 1).copied().unwrap_or(0);
        ((u64::from(low) | u64::from(high) << 32) >> (8 * (address % 4))) as u32
    }

    #[inline(always)]
    fn set(&mut self, address: u32, value: u32, bytes: u32) {
        let at = (address / 4) as usize;
        if address.is_multiple_of(4) && bytes == 4 {
            if let Some(word) = self.words.get_mut(at) {
                *word = value;
            }
            return;
        }
        let shift = 8 * (address % 4);
        let mask = (u64::from(u32::MAX) >> (32 - 8 * bytes)) << shift;
        let shifted = u64::from(value) << shift;
        for (word, part) in self.words.iter_mut().skip(at).zip([0, 32]) {
            let mask = (mask >> part) as u32;
            *word = *word & !mask | (shifted >> part) as u32 & mask;
        }
    }

    /// Loads an element for each lane of `mask` into registers.
    #[inline(always)]
    pub(super) fn load(
        &self,
        element: Element,
        mask: u32,
        addresses: &[u32; LANES],
        out: &mut [Lanes],
    ) -> Result<(), Stop> {
        match element.bytes {
            4 => self.load_words::<1>(mask, addresses, out),
            8 => self.load_words::<2>(mask, addresses, out),
            12 => self.load_words::<3>(mask, addresses, out),
            16 => self.load_words::<4>(mask, addresses, out),
            _ => self.load_small(element, mask, addresses, out),
        }
    }

    #[inline(always)]
    fn load_words<const N: usize>(
        &self,
        mask: u32,
        addresses: &[u32; LANES],
        out: &mut [Lanes],
    ) -> Result<(), Stop> {
        let Some(out) = out.first_chunk_mut::<N>() else { return Ok(()) };
        if mask == FULL && self.are_plain(addresses, 4 * N as u32) {
            for lane in 0..LANES {
                if let Some(words) = self.chunk::<N>(addresses[lane]) {
                    for i in 0..N {
                        out[i].0[lane] = words[i];
                    }
                }
            }
            return Ok(());
        }
        for lane in active(mask) {
            let address = addresses[lane];
            self.check(address, 4 * N as u32).map_err(|cause| Stop::of_lane(lane, cause))?;
            for (i, lanes) in out.iter_mut().enumerate() {
                lanes.0[lane] = self.word(address + 4 * i as u32);
            }
        }
        Ok(())
    }

    /// Whether `size` bytes at every address are there and begin at a multiple of four.
    #[inline(always)]
    fn are_plain(&self, addresses: &[u32; LANES], size: u32) -> bool {
        let Some(last) = self.size.checked_sub(size) else { return false };
        let bad = addresses.iter().fold(0, |bad, a| bad | u32::from(*a > last) | a & 3);
        bad == 0
    }

    #[inline(always)]
    fn chunk<const N: usize>(&self, address: u32) -> Option<&[u32; N]> {
        self.words.get((address / 4) as usize..)?.first_chunk()
    }

    fn load_small(
        &self,
        element: Element,
        mask: u32,
        addresses: &[u32; LANES],
        out: &mut [Lanes],
    ) -> Result<(), Stop> {
        let Some(out) = out.first_mut() else { return Ok(()) };
        for lane in active(mask) {
            let address = addresses[lane];
            self.check(address, element.bytes).map_err(|cause| Stop::of_lane(lane, cause))?;
            out.0[lane] = element.extend(self.word(address), out.0[lane]);
        }
        Ok(())
    }

    /// Stores an element for each lane of `mask`.
    #[inline(always)]
    pub(super) fn store(
        &mut self,
        element: Element,
        mask: u32,
        addresses: &[u32; LANES],
        data: &[Lanes],
    ) -> Result<(), Stop> {
        match element.bytes {
            4 => self.store_words::<1>(mask, addresses, data),
            8 => self.store_words::<2>(mask, addresses, data),
            12 => self.store_words::<3>(mask, addresses, data),
            16 => self.store_words::<4>(mask, addresses, data),
            _ => self.store_small(element, mask, addresses, data),
        }
    }

    #[inline(always)]
    fn store_words<const N: usize>(
        &mut self,
        mask: u32,
        addresses: &[u32; LANES],
        data: &[Lanes],
    ) -> Result<(), Stop> {
        let Some(data) = data.first_chunk::<N>() else { return Ok(()) };
        if mask == FULL && self.are_plain(addresses, 4 * N as u32) {
            for lane in 0..LANES {
                let words = self.words.get_mut((addresses[lane] / 4) as usize..);
                if let Some(words) = words.and_then(|words| words.first_chunk_mut::<N>()) {
                    for i in 0..N {
                        words[i] = data[i].0[lane];
                    }
                }
            }
            return Ok(());
        }
        for lane in active(mask) {
            let address = addresses[lane];
            self.check(address, 4 * N as u32).map_err(|cause| Stop::of_lane(lane, cause))?;
            for (i, lanes) in data.iter().enumerate() {
                self.set(address + 4 * i as u32, lanes.0[lane], 4);
            }
        }
        Ok(())
    }

    fn store_small(
        &mut self,
        element: Element,
        mask: u32,
        addresses: &[u32; LANES],
        data: &[Lanes],
    ) -> Result<(), Stop> {
        let Some(data) = data.first() else { return Ok(()) };
        for lane in active(mask) {
            let address = addresses[lane];
            self.check(address, element.bytes).map_err(|cause| Stop::of_lane(lane, cause))?;
            self.set(address, element.stored(data.0[lane]), element.bytes);
        }
        Ok(())
    }

    /// Updates 4 or 8 bytes for each lane of `mask`, lowest lane first, and gives what was there.
    pub(super) fn update(
        &mut self,
        (operation, bytes): (Atomic, u32),
        mask: u32,
        addresses: &[u32; LANES],
        operands: [&[u64; LANES]; 2],
    ) -> Result<Data, Stop> {
        let mut old_values = [Lanes::ZERO; 4];
        for lane in active(mask) {
            let address = addresses[lane];
            let of_lane = |cause| Stop::of_lane(lane, cause);
            self.check(address, bytes).map_err(of_lane)?;
            if !address.is_multiple_of(bytes) {
                return Err(of_lane(Cause::Misaligned {
                    address: u64::from(address),
                    alignment: bytes,
                }));
            }
            let (a, b) = (operands[0][lane], operands[1][lane]);
            let low = self.word(address);
            old_values[0].0[lane] = low;
            if bytes == 4 {
                self.set(address, operation.apply32(low, a as u32, b as u32), 4);
                continue;
            }
            let high = self.word(address + 4);
            old_values[1].0[lane] = high;
            let new = operation.apply64(u64::from(low) | u64::from(high) << 32, a, b);
            self.set(address, new as u32, 4);
            self.set(address + 4, (new >> 32) as u32, 4);
        }
        Ok(old_values)
    }
}
