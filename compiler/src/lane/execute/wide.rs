//! 64-bit integers, one for each wave: low words, then high words.

use super::elements::Held;
use super::error::{Done, Trap};
use super::group::Group;
use super::numbers::{binary_int, narrow, unary_int, widen};
use crate::lane::{Binary, Compare, Elt, Ty, Unary};

/// The number of a wave.
pub(super) fn read(words: &[u32], wave: usize) -> i64 {
    let high = words[words.len() / 2 + wave];
    (u64::from(high) << 32 | u64::from(words[wave])) as i64
}

/// Sets the number of a wave.
pub(super) fn write(words: &mut [u32], wave: usize, value: i64) {
    let high = words.len() / 2 + wave;
    words[wave] = value as u32;
    words[high] = (value >> 32) as u32;
}

impl Group<'_, '_> {
    pub(super) fn unary_wide(&self, op: Unary, a: Held<'_>, out: &mut [u32]) {
        let f = unary_int(op);
        (0..self.waves).for_each(|wave| write(out, wave, f(read(a.words, wave))));
    }

    pub(super) fn binary_wide(
        &self,
        op: Binary,
        a: Held<'_>,
        b: Held<'_>,
        out: &mut [u32],
    ) -> Done {
        let f = binary_int(op);
        for wave in 0..self.waves {
            let (x, y) = (read(a.words, wave), read(b.words, wave));
            let value = match op {
                Binary::Div | Binary::Rem if y == 0 => {
                    return Err(Trap::wave(wave, "division by 0"));
                }
                Binary::Shl | Binary::Shr | Binary::Sar if !(0..64).contains(&y) => {
                    return Err(Trap::wave(wave, format!("a shift of 64 bits by {y}")));
                }
                Binary::Div => (x as u64 / y as u64) as i64,
                Binary::Rem => (x as u64 % y as u64) as i64,
                Binary::Shr => (x as u64 >> y) as i64,
                _ => f(x, y),
            };
            write(out, wave, value);
        }
        Ok(())
    }

    pub(super) fn compare_wide(&self, op: Compare, a: Held<'_>, b: Held<'_>, out: &mut [u32]) {
        for (wave, word) in out.iter_mut().enumerate() {
            *word = op.holds(read(a.words, wave), read(b.words, wave)).into();
        }
    }

    /// A conversion from or to 64 bits.
    pub(super) fn cast_wide(&self, a: Held<'_>, to: Ty, out: &mut [u32]) {
        for wave in 0..self.waves {
            let value = match a.ty.elt {
                Elt::Num(from) => widen(from, a.words[wave]),
                _ => read(a.words, wave),
            };
            match to.elt {
                Elt::Num(dtype) => out[wave] = narrow(value, dtype),
                _ => write(out, wave, value),
            }
        }
    }
}
