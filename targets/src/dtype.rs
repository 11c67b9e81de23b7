//! Element types: their width, kind and bit patterns.

use std::fmt;
use std::str::FromStr;

use half::{bf16, f16};
use serde::{Deserialize, Serialize};

use crate::Error;

/// The type of one element of a tensor, tile or matrix operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DType {
    /// IEEE single precision.
    F32,
    /// IEEE half precision.
    F16,
    /// The upper half of an IEEE single.
    BF16,
    /// Signed 32-bit integer.
    I32,
    /// Signed 16-bit integer.
    I16,
    /// Signed 8-bit integer.
    I8,
    /// Unsigned 8-bit integer.
    U8,
    /// Signed 4-bit integer, two to a byte, low nibble first.
    I4,
    /// Unsigned 4-bit integer, two to a byte, low nibble first.
    U4,
}

impl DType {
    /// Every element type.
    pub const ALL: [Self; 9] = [
        Self::F32,
        Self::F16,
        Self::BF16,
        Self::I32,
        Self::I16,
        Self::I8,
        Self::U8,
        Self::I4,
        Self::U4,
    ];

    /// Width of one element in bits: 4, 8, 16 or 32.
    pub const fn bits(self) -> u32 {
        match self {
            Self::F32 | Self::I32 => 32,
            Self::F16 | Self::BF16 | Self::I16 => 16,
            Self::I8 | Self::U8 => 8,
            Self::I4 | Self::U4 => 4,
        }
    }

    /// Bytes that `elements` densely packed elements take, rounded up to a whole byte.
    pub const fn bytes(self, elements: usize) -> usize {
        (elements * self.bits() as usize).div_ceil(8)
    }

    /// Whether this is a floating-point type.
    pub const fn is_float(self) -> bool {
        matches!(self, Self::F32 | Self::F16 | Self::BF16)
    }

    /// Whether this is an integer type.
    pub const fn is_integer(self) -> bool {
        !self.is_float()
    }

    /// Whether negative values exist: true of every float.
    pub const fn is_signed(self) -> bool {
        !matches!(self, Self::U8 | Self::U4)
    }

    /// The lowercase name, as in data files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::BF16 => "bf16",
            Self::I32 => "i32",
            Self::I16 => "i16",
            Self::I8 => "i8",
            Self::U8 => "u8",
            Self::I4 => "i4",
            Self::U4 => "u4",
        }
    }

    /// Smallest and largest value of an integer type; `None` for floats.
    pub const fn range(self) -> Option<(i64, i64)> {
        let bits = self.bits();
        match (self.is_float(), self.is_signed()) {
            (true, _) => None,
            (_, true) => Some((-(1 << (bits - 1)), (1 << (bits - 1)) - 1)),
            (_, false) => Some((0, (1 << bits) - 1)),
        }
    }

    /// All bits of one element set.
    pub const fn mask(self) -> u32 {
        u32::MAX >> (32 - self.bits())
    }

    /// The bit pattern of an integer, keeping its low bits (wraps outside the range).
    ///
    /// # Panics
    /// If this is a floating-point type.
    pub fn encode_int(self, value: i64) -> u32 {
        assert!(self.is_integer(), "{self} should be an integer type");
        value as u32 & self.mask()
    }

    /// The value of an integer's bit pattern; bits above the element are ignored.
    ///
    /// # Panics
    /// If this is a floating-point type.
    pub fn decode_int(self, bits: u32) -> i64 {
        assert!(self.is_integer(), "{self} should be an integer type");
        let spare = 32 - self.bits();
        if self.is_signed() {
            i64::from(((bits << spare) as i32) >> spare)
        } else {
            i64::from(bits & self.mask())
        }
    }

    /// The bit pattern nearest to `value`: round to nearest even. Integer types saturate and turn
    /// NaN into 0.
    pub fn encode(self, value: f32) -> u32 {
        match self {
            Self::F32 => value.to_bits(),
            Self::F16 => u32::from(f16::from_f32(value).to_bits()),
            Self::BF16 => u32::from(bf16::from_f32(value).to_bits()),
            _ => {
                let (low, high) = self.range().expect("an integer type should have a range");
                self.encode_int((value.round_ties_even() as i64).clamp(low, high))
            }
        }
    }

    /// The value of a bit pattern as `f32`: exact, except for `i32` beyond 2^24 (nearest even).
    pub fn decode(self, bits: u32) -> f32 {
        match self {
            Self::F32 => f32::from_bits(bits),
            Self::F16 => f16::from_bits(bits as u16).to_f32(),
            Self::BF16 => bf16::from_bits(bits as u16).to_f32(),
            _ => self.decode_int(bits) as f32,
        }
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for DType {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|dtype| dtype.name() == text)
            .ok_or_else(|| Error::unknown("dtype", text, Self::ALL.map(Self::name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_through_text_and_serde() {
        #[derive(Serialize, Deserialize)]
        struct Row {
            dtype: DType,
        }
        for dtype in DType::ALL {
            assert_eq!(dtype.name().parse(), Ok(dtype));
            let text = toml::to_string(&Row { dtype }).unwrap();
            assert_eq!(text.trim(), format!("dtype = \"{dtype}\""));
            assert_eq!(toml::from_str::<Row>(&text).unwrap().dtype, dtype);
        }
        let error = "f64".parse::<DType>().unwrap_err().to_string();
        assert!(error.starts_with("unknown dtype `f64`; known dtypes: f32, f16,"), "{error}");
    }

    #[test]
    fn every_pattern_of_the_narrow_types_survives_a_round_trip() {
        for dtype in DType::ALL.into_iter().filter(|dtype| dtype.bits() < 32) {
            for bits in 0..=dtype.mask() {
                let value = dtype.decode(bits);
                if value.is_nan() {
                    assert!(dtype.decode(dtype.encode(value)).is_nan());
                } else {
                    assert_eq!(dtype.encode(value), bits, "{dtype} {bits:#x}");
                }
            }
        }
    }

    #[test]
    fn integers_wrap_when_encoded_exactly_and_saturate_when_rounded() {
        assert_eq!(DType::I4.range(), Some((-8, 7)));
        assert_eq!(DType::U8.range(), Some((0, 255)));
        assert_eq!(DType::I4.decode_int(DType::I4.encode_int(8)), -8);
        assert_eq!(DType::I8.decode(DType::I8.encode(1e9)), 127.0);
        assert_eq!(DType::U4.decode(DType::U4.encode(-3.0)), 0.0);
        assert_eq!(DType::I8.decode(DType::I8.encode(2.5)), 2.0);
        assert_eq!(DType::I8.encode(f32::NAN), 0);
        assert_eq!(DType::I32.decode_int(DType::I32.encode(f32::INFINITY)), i64::from(i32::MAX));
    }

    #[test]
    fn bytes_round_up_to_whole_bytes() {
        assert_eq!(DType::U4.bytes(15), 8);
        assert_eq!(DType::F16.bytes(3), 6);
    }
}
