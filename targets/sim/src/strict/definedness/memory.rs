//! Unknown bits in LDS and scratch, and their way between memory and registers.

use crate::strict::registers::Half;

use super::shadow::{LANES, Origin, Shadow};

/// The unknown bits of some bytes of memory, all unknown at first.
#[derive(Debug, Default)]
pub(in crate::strict) struct Bytes(Vec<u8>);

impl Bytes {
    pub(in crate::strict) fn new(count: usize) -> Self {
        Self(vec![u8::MAX; count])
    }

    /// Whether there are no bytes.
    pub(in crate::strict) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The unknown bits of up to 16 bytes, the first byte lowest; none beyond the end.
    pub(in crate::strict) fn get(&self, at: usize, size: usize) -> u128 {
        // Sixteen bytes at once take less time than as many as are asked for.
        if let Some(bytes) = self.0.get(at..).and_then(<[u8]>::first_chunk) {
            let all = u128::from_le_bytes(*bytes);
            return if size < 16 { all & ((1 << (8 * size)) - 1) } else { all };
        }
        let end = at.saturating_add(size.min(16)).min(self.0.len());
        let mut word = [0; 16];
        if let Some(bytes) = self.0.get(at..end) {
            word[..bytes.len()].copy_from_slice(bytes);
        }
        u128::from_le_bytes(word)
    }

    /// Replaces the unknown bits of up to 16 bytes.
    pub(in crate::strict) fn set(&mut self, at: usize, size: usize, unknown: u128) {
        let end = at.saturating_add(size.min(16)).min(self.0.len());
        if let Some(bytes) = self.0.get_mut(at..end) {
            let count = bytes.len();
            bytes.copy_from_slice(&unknown.to_le_bytes()[..count]);
        }
    }
}

/// Where a load puts what it reads.
#[derive(Debug, Clone, Copy)]
pub(in crate::strict) struct Destination {
    /// First vector register.
    pub register: u32,
    /// Bytes read for each lane.
    pub size: u32,
    /// The half of the register that is filled.
    pub half: Half,
    /// Whether a short value is extended by its sign.
    pub signed: bool,
}

/// Marks what a load leaves unknown in its destination.
pub(in crate::strict) fn load(
    shadow: &mut Shadow,
    to: Destination,
    lanes: u32,
    unknown: &[u128; LANES],
    origin: Option<Origin>,
) {
    let (bits, shift) = match to.half {
        Half::Low => (0xffff, 0),
        Half::High => (0xffff_0000, 16),
        Half::Both => (u32::MAX, 0),
    };
    let top = 8 * to.size.clamp(1, 4) - 1;
    let extended = |word: u32| {
        let sign = to.signed && top < 31 && word >> top & 1 == 1;
        if sign { word | u32::MAX << top } else { word }
    };
    for word in 0..to.size.div_ceil(4) {
        let of = |lane: usize| extended((unknown[lane] >> (32 * word)) as u32) << shift;
        shadow.set_vector(to.register + word, lanes, bits, of, origin);
    }
}

/// The unknown bits of what one lane stores from `register` on.
pub(in crate::strict) fn store(
    shadow: &Shadow,
    register: u32,
    size: u32,
    half: Half,
    lane: usize,
) -> u128 {
    if half == Half::High {
        return u128::from(shadow.vector(register, lane) >> 16) & low(size);
    }
    let words = (0..size.div_ceil(4)).map(|word| shadow.vector(register + word, lane));
    words.rev().fold(0, |all, word| all << 32 | u128::from(word)) & low(size)
}

/// The bits of `size` bytes.
fn low(size: u32) -> u128 {
    u128::MAX.checked_shr(128 - 8 * size.min(16)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strict::registers::Registers;

    const ALL: u32 = u32::MAX;

    #[test]
    fn bytes_are_unknown_until_they_are_written() {
        let mut bytes = Bytes::new(8);
        assert_eq!(bytes.get(2, 4), 0xffff_ffff);
        bytes.set(2, 2, 0);
        assert_eq!(bytes.get(0, 8), 0xffff_ffff_0000_ffff);
        assert_eq!(bytes.get(6, 4), 0xffff);
        assert_eq!(bytes.get(usize::MAX, 4), 0);
    }

    #[test]
    fn a_signed_byte_spreads_its_top_bit_and_an_unsigned_one_does_not() {
        let mut shadow = Shadow::new(&Registers::EMPTY);
        let mut to = Destination { register: 3, size: 1, half: Half::Both, signed: true };
        load(&mut shadow, to, ALL, &[0x80; LANES], None);
        assert_eq!(shadow.vector(3, 7), 0xffff_ff80);
        to.signed = false;
        load(&mut shadow, to, ALL, &[0x80; LANES], None);
        assert_eq!(shadow.vector(3, 7), 0x80);
    }

    #[test]
    fn halves_are_loaded_and_stored_by_themselves() {
        let mut shadow = Shadow::new(&Registers::EMPTY);
        let to = Destination { register: 0, size: 2, half: Half::High, signed: false };
        load(&mut shadow, to, 1, &[0; LANES], None);
        assert_eq!((shadow.vector(0, 0), shadow.vector(0, 1)), (0xffff, u32::MAX));
        assert_eq!(store(&shadow, 0, 2, Half::High, 0), 0);
        assert_eq!(store(&shadow, 0, 2, Half::Low, 0), 0xffff);
        assert_eq!(store(&shadow, 0, 8, Half::Low, 0), 0xffff_ffff_0000_ffff);
    }

    #[test]
    fn unknown_bits_are_those_of_the_bytes_asked_for_and_none_beyond_the_end() {
        let mut bytes = Bytes::new(20);
        for at in 0..20 {
            bytes.set(at, 1, at as u128 + 1);
        }
        for at in 0..24 {
            for size in 0..20 {
                let of = |byte: usize| if byte < 20 { byte as u128 + 1 } else { 0 };
                let expected =
                    (0..size.min(16)).fold(0, |all, byte| all | of(at + byte) << (8 * byte));
                assert_eq!(bytes.get(at, size), expected, "{size} at {at}");
            }
        }
    }
}
