//! The kinds that sources name: what arrays are filled with and how outputs are compared.

use crate::numbers::{F16, F32, F64, Format, distance};
use crate::values::{Kind, Random};

/// An element of an array.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element {
    /// Bytes.
    pub(super) size: usize,
    kind: Kind,
    compared: Compared,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Compared {
    Bits,
    Single,
    Double,
    Half,
    Halves,
    /// Singles that differ by at most so many millionths.
    Near,
}

impl Element {
    /// The kind of a name in `kernel.h`.
    pub(super) fn named(name: &str) -> Option<Element> {
        let (size, kind, compared) = match name {
            "I32" | "U32" => (4, Kind::I32, Compared::Bits),
            "I64" | "U64" => (8, Kind::I64, Compared::Bits),
            "I16" => (2, Kind::I16x2, Compared::Bits),
            "I8" => (1, Kind::I8x4, Compared::Bits),
            "I8X4" => (4, Kind::I8x4, Compared::Bits),
            "SMALL" => (4, Kind::Below(64), Compared::Bits),
            "F32" => (4, Kind::F32, Compared::Single),
            "TAME32" => (4, Kind::Tame32, Compared::Single),
            "UNIT32" => (4, Kind::Unit32, Compared::Single),
            "NEAR" => (4, Kind::Unit32, Compared::Near),
            "F64" => (8, Kind::F64, Compared::Double),
            "F16" => (2, Kind::F16x2, Compared::Half),
            "TAME16" => (2, Kind::Tame16x2, Compared::Half),
            "F16X2" => (4, Kind::F16x2, Compared::Halves),
            "TAMEB16" => (2, Kind::TameB16x2, Compared::Bits),
            _ => return None,
        };
        Some(Element { size, kind, compared })
    }

    /// An array of values.
    pub(super) fn array(self, count: usize, random: &mut Random) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(count * self.size);
        for _ in 0..count {
            bytes.extend(&self.kind.draw(random).to_le_bytes()[..self.size]);
        }
        bytes
    }

    /// Whether an element is what it should be. The tolerance counts units in the last place, or
    /// millionths where that is how a kind is compared.
    pub(super) fn agrees(self, got: &[u8], expected: &[u8], tolerance: u64) -> bool {
        if got == expected {
            return true;
        }
        let (g, e) = (number(got), number(expected));
        match self.compared {
            Compared::Bits => false,
            Compared::Single => close(F32, g, e, tolerance),
            Compared::Double => close(F64, g, e, tolerance),
            Compared::Half => close(F16, g, e, tolerance),
            Compared::Halves => {
                close(F16, g & 0xffff, e & 0xffff, tolerance)
                    && close(F16, g >> 16, e >> 16, tolerance)
            }
            Compared::Near => {
                let value = |bits: u64| f64::from(f32::from_bits(bits as u32));
                (value(g) - value(e)).abs() <= tolerance as f64 * 1e-6 * value(e).abs().max(1.0)
            }
        }
    }
}

fn number(bytes: &[u8]) -> u64 {
    let mut word = [0; 8];
    word[..bytes.len()].copy_from_slice(bytes);
    u64::from_le_bytes(word)
}

/// Any NaN is as good as another; an exact zero has its sign.
fn close(format: Format, got: u64, expected: u64, tolerance: u64) -> bool {
    match distance(format, got, expected) {
        Some(0) => got == expected || tolerance > 0 || format.is_nan(got),
        found => found.is_some_and(|units| units <= tolerance),
    }
}
