//! Private memory: a segment for each lane.

use super::atomic::Atomic;
use super::element::{Data, Element};
use super::fault::{Cause, Stop};
use super::lanes::{LANES, Lanes, active};

/// The private memory of one wave, word by word for all lanes.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    words: Vec<Lanes>,
    size: u32,
}

impl Scratch {
    /// Zeros for `size` bytes a lane.
    pub(super) fn new(size: u32) -> Self {
        Self { words: vec![Lanes::ZERO; size.div_ceil(4) as usize], size }
    }

    fn check(&self, lane: usize, address: u32, size: u32) -> Result<(), Stop> {
        if size <= self.size && address <= self.size - size {
            return Ok(());
        }
        let cause = Cause::Scratch { address: u64::from(address), size, limit: self.size };
        Err(Stop::of_lane(lane, cause))
    }

    fn word(&self, lane: usize, address: u32) -> u32 {
        let at = (address / 4) as usize;
        let get = |at: usize| self.words.get(at).map_or(0, |word| word.0[lane]);
        let pair = u64::from(get(at)) | u64::from(get(at + 1)) << 32;
        (pair >> (8 * (address % 4))) as u32
    }

    fn set(&mut self, lane: usize, address: u32, value: u32, bytes: u32) {
        let shift = 8 * (address % 4);
        let mask = (u64::from(u32::MAX) >> (32 - 8 * bytes)) << shift;
        let shifted = u64::from(value) << shift;
        for (word, part) in self.words.iter_mut().skip((address / 4) as usize).zip([0, 32]) {
            let mask = (mask >> part) as u32;
            word.0[lane] = word.0[lane] & !mask | (shifted >> part) as u32 & mask;
        }
    }

    /// Loads an element for each lane of `mask`.
    pub(super) fn load(
        &self,
        element: Element,
        mask: u32,
        addresses: &[u64; LANES],
        out: &mut [Lanes],
    ) -> Result<(), Stop> {
        for lane in active(mask) {
            let address = addresses[lane] as u32;
            self.check(lane, address, element.bytes)?;
            for (register, lanes) in out.iter_mut().take(element.registers()).enumerate() {
                let word = self.word(lane, address + 4 * register as u32);
                lanes.0[lane] = element.extend(word, lanes.0[lane]);
            }
        }
        Ok(())
    }

    /// Stores an element for each lane of `mask`.
    pub(super) fn store(
        &mut self,
        element: Element,
        mask: u32,
        addresses: &[u64; LANES],
        data: &[Lanes],
    ) -> Result<(), Stop> {
        for lane in active(mask) {
            let address = addresses[lane] as u32;
            self.check(lane, address, element.bytes)?;
            for (register, lanes) in data.iter().take(element.registers()).enumerate() {
                let value = element.stored(lanes.0[lane]);
                self.set(lane, address + 4 * register as u32, value, element.bytes.min(4));
            }
        }
        Ok(())
    }

    /// Updates a value for each lane of `mask` and gives what was there.
    pub(super) fn update(
        &mut self,
        (operation, bytes): (Atomic, u32),
        mask: u32,
        addresses: &[u64; LANES],
        operands: [&[u64; LANES]; 2],
    ) -> Result<Data, Stop> {
        let mut old_values = [Lanes::ZERO; 4];
        for lane in active(mask) {
            let address = addresses[lane] as u32;
            self.check(lane, address, bytes)?;
            let (a, b) = (operands[0][lane], operands[1][lane]);
            let low = self.word(lane, address);
            old_values[0].0[lane] = low;
            if bytes == 4 {
                self.set(lane, address, operation.apply32(low, a as u32, b as u32), 4);
                continue;
            }
            let high = self.word(lane, address + 4);
            old_values[1].0[lane] = high;
            let new = operation.apply64(u64::from(low) | u64::from(high) << 32, a, b);
            self.set(lane, address, new as u32, 4);
            self.set(lane, address + 4, (new >> 32) as u32, 4);
        }
        Ok(old_values)
    }
}
