//! What a buffer holds when it is made.
//!
//! Both sides of the pipe compute random contents with the function in this file, so that a
//! reference can be computed without sending the data.

use std::path::PathBuf;

use half::{bf16, f16};
use serde::{Deserialize, Serialize};

use crate::vocabulary::Dtype;

/// Initial contents of a buffer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Fill {
    /// All bytes zero.
    Zero,
    /// All bytes this value; `0xff` is a NaN in every float format.
    Byte(u8),
    /// The contents of a file, which must be exactly as long as the buffer.
    File {
        /// Absolute path.
        path: PathBuf,
    },
    /// These 32-bit integers, little-endian, which must fill the buffer exactly.
    Integers(Vec<i32>),
    /// Seeded random scalars.
    Random(Random),
}

/// A seeded sequence of scalars, uniform in `lo..=hi` for integers and `lo..hi` for floats.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Random {
    /// Seed; equal seeds give equal contents.
    pub seed: u64,
    /// Type of the scalars.
    pub dtype: Dtype,
    /// Lower end.
    pub lo: f64,
    /// Upper end.
    pub hi: f64,
}

impl Random {
    /// Fills `bytes` with scalars number `0..`; a remainder shorter than a scalar becomes zero.
    pub fn fill(&self, bytes: &mut [u8]) {
        let mut scalars = bytes.chunks_exact_mut(self.dtype.bytes());
        for (index, scalar) in scalars.by_ref().enumerate() {
            self.write(index as u64, scalar);
        }
        scalars.into_remainder().fill(0);
    }

    /// Writes scalar number `index`, little-endian.
    fn write(&self, index: u64, to: &mut [u8]) {
        let unit = unit(self.seed, index);
        let real = self.lo + (self.hi - self.lo) * unit;
        let whole = (self.lo + (self.hi - self.lo + 1.0) * unit).floor().min(self.hi);
        match self.dtype {
            Dtype::F16 => to.copy_from_slice(&f16::from_f64(real).to_le_bytes()),
            Dtype::Bf16 => to.copy_from_slice(&bf16::from_f64(real).to_le_bytes()),
            Dtype::F32 => to.copy_from_slice(&(real as f32).to_le_bytes()),
            Dtype::U64 => to.copy_from_slice(&(whole as u64).to_le_bytes()),
            _ => to.copy_from_slice(&(whole as i64).to_le_bytes()[..to.len()]),
        }
    }
}

/// A number in `0..1` with 53 random bits: SplitMix64 of the seed, indexed instead of iterated so
/// that any part of a buffer can be computed alone.
fn unit(seed: u64, index: u64) -> f64 {
    let mut z = seed.wrapping_add(index.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn random(dtype: Dtype, lo: f64, hi: f64) -> Vec<u8> {
        let mut bytes = vec![0xaa; 4096 * dtype.bytes()];
        Random { seed: 7, dtype, lo, hi }.fill(&mut bytes);
        bytes
    }

    #[test]
    fn integers_reach_both_ends_and_stay_between_them() {
        let values: Vec<i8> =
            random(Dtype::I8, -127.0, 127.0).into_iter().map(|byte| byte as i8).collect();
        assert_eq!(values.iter().min(), Some(&-127));
        assert_eq!(values.iter().max(), Some(&127));
        let nibbles = random(Dtype::U8, 0.0, 15.0);
        assert!((0..16).all(|value| nibbles.contains(&value)) && nibbles.iter().all(|&v| v < 16));
    }

    #[test]
    fn packed_words_use_all_their_bits() {
        let bytes = random(Dtype::U32, 0.0, f64::from(u32::MAX));
        assert!((0..=255).all(|value| bytes.contains(&value)));
    }

    #[test]
    fn floats_stay_inside_their_range_and_equal_seeds_agree() {
        let bytes = random(Dtype::F32, -1.0, 1.0);
        let floats = bytes.chunks(4).map(|b| f32::from_le_bytes(b.try_into().unwrap()));
        let (mut sum, mut worst) = (0.0, 0.0f32);
        floats.for_each(|value| {
            sum += f64::from(value);
            worst = worst.max(value.abs());
        });
        assert!(worst <= 1.0 && worst > 0.99 && (sum / 4096.0).abs() < 0.05);
        assert_eq!(bytes, random(Dtype::F32, -1.0, 1.0));
    }

    #[test]
    fn a_ragged_end_is_zero() {
        let mut bytes = [0xaa; 7];
        Random { seed: 1, dtype: Dtype::F32, lo: 1.0, hi: 2.0 }.fill(&mut bytes);
        assert_eq!(bytes[4..], [0; 3]);
    }
}
