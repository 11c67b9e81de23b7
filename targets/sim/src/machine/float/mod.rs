//! Float arithmetic beyond what the host offers: f16, bf16, rounding modes, denormals.
//!
//! Functions named after f16 take and return its bits in the low half of a word and ignore the high half of
//! their arguments. Everything without a [`Round`] rounds to nearest even. The common ones are free of
//! branches, so that loops over lanes vectorise.

mod order;

use half::f16;
use half::slice::{HalfBitsSliceExt, HalfFloatSliceExt};

use super::lanes::{LANES, Lanes};

pub(super) use order::{max16, max32, max64, min16, min32, min64, quiet32};

/// How results are rounded, as the MODE register encodes it (RDNA3 ISA, "Mode register").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Round {
    Nearest,
    Up,
    Down,
    Zero,
}

impl Round {
    pub(super) fn from_bits(bits: u32) -> Self {
        [Self::Nearest, Self::Up, Self::Down, Self::Zero][(bits & 3) as usize]
    }
}

/// A float format narrower than f64, for [`narrow`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Narrow {
    mantissa: u32,
    least_exponent: i32,
    infinity: u32,
    sign: u32,
}

pub(super) const F16: Narrow =
    Narrow { mantissa: 10, least_exponent: -14, infinity: 0x7c00, sign: 15 };
pub(super) const F32: Narrow =
    Narrow { mantissa: 23, least_exponent: -126, infinity: 0x7f80_0000, sign: 31 };

/// The f32 of an f16. Signalling NaNs become quiet.
#[inline(always)]
pub(super) fn f16_to_f32(h: u32) -> f32 {
    let magnitude = h & 0x7fff;
    // 2^112 moves the exponent from f16's bias to f32's; denormals come out normal.
    let scaled = (f32::from_bits(magnitude << 13) * f32::from_bits(0x7780_0000)).to_bits();
    let special = if magnitude >= 0x7c00 { 0x7f80_0000 } else { 0 };
    let quiet = if magnitude > 0x7c00 { 0x0040_0000 } else { 0 };
    f32::from_bits(scaled | special | quiet | (h & 0x8000) << 16)
}

/// Both f16 of every lane, low before high.
#[inline(always)]
pub(super) fn widen_halves(lanes: &Lanes) -> [f32; 2 * LANES] {
    let bytes = lanes.0.map(u32::to_le_bytes);
    let mut halves = [0; 2 * LANES];
    for (half, pair) in halves.iter_mut().zip(bytes.as_flattened().as_chunks::<2>().0) {
        *half = u16::from_le_bytes(*pair);
    }
    let mut out = [0.0; 2 * LANES];
    halves.reinterpret_cast::<f16>().convert_to_f32_slice(&mut out);
    out
}

/// The nearest f16 of both values of every lane.
#[inline(always)]
pub(super) fn narrow_halves(values: &[f32; 2 * LANES]) -> Lanes {
    let mut halves = [0; 2 * LANES];
    halves.reinterpret_cast_mut::<f16>().convert_from_f32_slice(values);
    let bytes = halves.map(u16::to_le_bytes);
    let mut out = Lanes::ZERO;
    for (word, four) in out.0.iter_mut().zip(bytes.as_flattened().as_chunks::<4>().0) {
        *word = u32::from_le_bytes(*four);
    }
    out
}

/// The nearest f16 of an f32.
#[inline(always)]
pub(super) fn f32_to_f16(x: f32) -> u32 {
    let bits = x.to_bits();
    let magnitude = bits & 0x7fff_ffff;
    // Adding 0.5 lines the f16 denormal's last bit up with f32's, and rounds.
    let tiny = (f32::from_bits(magnitude) + 0.5).to_bits().wrapping_sub(0x3f00_0000);
    let odd = (magnitude >> 13) & 1;
    let normal = magnitude.wrapping_sub(0x3800_0000).wrapping_add(0xfff + odd) >> 13;
    let finite = if magnitude < 0x3880_0000 { tiny } else { normal };
    let large = if magnitude >= 0x4780_0000 { 0x7c00 } else { finite };
    let nan = 0x7e00 | (magnitude >> 13) & 0x3ff;
    let out = if magnitude > 0x7f80_0000 { nan } else { large };
    out | (bits >> 16) & 0x8000
}

/// The f32 of a bf16.
#[inline(always)]
pub(super) fn bf16_to_f32(h: u32) -> f32 {
    f32::from_bits(h << 16)
}

/// The nearest bf16 of an f32.
#[inline(always)]
pub(super) fn f32_to_bf16(x: f32) -> u32 {
    let bits = x.to_bits();
    let rounded = bits.wrapping_add(0x7fff + (bits >> 16 & 1)) >> 16;
    if bits & 0x7fff_ffff > 0x7f80_0000 { bits >> 16 | 0x40 } else { rounded }
}

/// `a * b + c` in f16, rounded once.
#[inline(always)]
pub(super) fn fma16(a: u32, b: u32, c: u32) -> u32 {
    f32_to_f16(odd_fma16(f16_to_f32(a), f16_to_f32(b), f16_to_f32(c)))
}

/// `a * b + c` of values of f16, such that rounding it to f16 is the only rounding.
#[inline(always)]
pub(super) fn odd_fma16(a: f32, b: f32, c: f32) -> f32 {
    // The product is exact in f32, and the sum is rounded to odd.
    let product = a * b;
    let sum = product + c;
    let from_c = sum - product;
    let error = (product - (sum - from_c)) + (c - from_c);
    to_odd32(sum, error)
}

/// `sum` with the information in its last bit that `error`, the exact rest, is not zero.
#[inline(always)]
fn to_odd32(sum: f32, error: f32) -> f32 {
    let bits = sum.to_bits();
    let inexact = error.abs() > 0.0 && sum.is_finite();
    let overshot = (error.to_bits() ^ bits) >> 31 & 1;
    let truncated = bits.wrapping_sub(overshot) | 1;
    f32::from_bits(if inexact { truncated } else { bits })
}

/// The same for f64.
fn to_odd(sum: f64, error: f64) -> f64 {
    if error == 0.0 || error.is_nan() || !sum.is_finite() {
        return sum;
    }
    let bits = sum.to_bits();
    let overshot = (error.to_bits() ^ bits) >> 63;
    f64::from_bits(bits.wrapping_sub(overshot) | 1)
}

/// `a + b` in f64, rounded to odd: rounding it again to a much narrower format is right in every mode.
pub(super) fn odd_sum(a: f64, b: f64) -> f64 {
    let sum = a + b;
    let from_b = sum - a;
    to_odd(sum, (a - (sum - from_b)) + (b - from_b))
}

/// `x` in a narrower format, as bits.
pub(super) fn narrow(x: f64, format: Narrow, round: Round) -> u32 {
    let Narrow { mantissa, least_exponent, infinity, sign } = format;
    let bits = x.to_bits();
    let negative = bits >> 63 == 1;
    let sign_bit = u32::from(negative) << sign;
    if x.is_nan() {
        let payload = (bits << 12 >> (64 - mantissa)) as u32;
        return sign_bit | infinity | 1 << (mantissa - 1) | payload;
    }
    if x.is_infinite() {
        return sign_bit | infinity;
    }
    let field = (bits >> 52 & 0x7ff) as i32;
    let fraction = bits & ((1 << 52) - 1);
    let significand = if field == 0 { fraction } else { fraction | 1 << 52 };
    let exponent = field.max(1) - 1023;
    let scale = exponent.max(least_exponent);
    let shift = (scale - mantissa as i32 - (exponent - 52)).clamp(1, 63) as u32;
    let (whole, rest) = (significand >> shift, significand & ((1 << shift) - 1));
    let half = 1u64 << (shift - 1);
    let up = match round {
        Round::Nearest => rest > half || (rest == half && whole & 1 == 1),
        Round::Up => rest != 0 && !negative,
        Round::Down => rest != 0 && negative,
        Round::Zero => false,
    };
    let magnitude = (((scale - least_exponent) as u64) << mantissa) + whole + u64::from(up);
    if magnitude >= u64::from(infinity) {
        let to_infinity = match round {
            Round::Nearest => true,
            Round::Up => !negative,
            Round::Down => negative,
            Round::Zero => false,
        };
        return sign_bit | if to_infinity { infinity } else { infinity - 1 };
    }
    sign_bit | magnitude as u32
}

/// The f16 of an f32 in a rounding mode.
pub(super) fn f32_to_f16_in(x: f32, round: Round) -> u32 {
    narrow(f64::from(x), F16, round)
}

/// `a + b` in a rounding mode.
pub(super) fn add32(a: f32, b: f32, round: Round) -> f32 {
    let sum = odd_sum(f64::from(a), f64::from(b));
    // Opposite operands cancel to +0, and to -0 when rounding down (IEEE 754, 6.3).
    if sum == 0.0 && round == Round::Down && (a.is_sign_negative() || b.is_sign_negative()) {
        return -0.0;
    }
    f32::from_bits(narrow(sum, F32, round))
}

/// `a * b` in a rounding mode.
pub(super) fn mul32(a: f32, b: f32, round: Round) -> f32 {
    f32::from_bits(narrow(f64::from(a) * f64::from(b), F32, round))
}

/// `a * b + c` in a rounding mode.
pub(super) fn fma32(a: f32, b: f32, c: f32, round: Round) -> f32 {
    let product = f64::from(a) * f64::from(b);
    let sum = odd_sum(product, f64::from(c));
    if sum == 0.0 && round == Round::Down && (product.is_sign_negative() || c.is_sign_negative()) {
        return -0.0;
    }
    f32::from_bits(narrow(sum, F32, round))
}

/// `a * b` in f16 in a rounding mode.
pub(super) fn mul16(a: u32, b: u32, round: Round) -> u32 {
    narrow(f64::from(f16_to_f32(a)) * f64::from(f16_to_f32(b)), F16, round)
}

/// `a * b + c` in f16 in a rounding mode; a sum where `b` is one.
pub(super) fn fma16_in(a: u32, b: u32, c: u32, round: Round) -> u32 {
    let wide = |h| f64::from(f16_to_f32(h));
    let (product, c) = (wide(a) * wide(b), wide(c));
    let sum = odd_sum(product, c);
    if sum == 0.0 && round == Round::Down && (product.is_sign_negative() || c.is_sign_negative()) {
        return 0x8000;
    }
    narrow(sum, F16, round)
}

/// `x` moved by one unit in the last place as a rounding mode asks, where `error` is what `x` lacks.
pub(super) fn nudge64(x: f64, error: f64, round: Round) -> f64 {
    if error == 0.0 || error.is_nan() || !x.is_finite() {
        return x;
    }
    match round {
        Round::Nearest => x,
        Round::Up if error > 0.0 => x.next_up(),
        Round::Down if error < 0.0 => x.next_down(),
        Round::Zero if (error > 0.0) != (x > 0.0) => {
            if x > 0.0 {
                x.next_down()
            } else {
                x.next_up()
            }
        }
        _ => x,
    }
}

/// `a + b` in f64 in a rounding mode.
pub(super) fn add64(a: f64, b: f64, round: Round) -> f64 {
    let sum = a + b;
    let from_b = sum - a;
    nudge64(sum, (a - (sum - from_b)) + (b - from_b), round)
}

/// `a * b` in f64 in a rounding mode.
pub(super) fn mul64(a: f64, b: f64, round: Round) -> f64 {
    let product = a * b;
    nudge64(product, a.mul_add(b, -product), round)
}

/// `a * b + c` in f64 in a rounding mode; the direction comes from the leading rest of the exact result.
pub(super) fn fma64(a: f64, b: f64, c: f64, round: Round) -> f64 {
    let (result, error) = fma64_parts(a, b, c);
    nudge64(result, error, round)
}

/// `a * b + c` in f64, rounded to odd.
pub(super) fn odd_fma64(a: f64, b: f64, c: f64) -> f64 {
    let (result, error) = fma64_parts(a, b, c);
    to_odd(result, error)
}

/// `a * b + c` to nearest, and what it lacks.
fn fma64_parts(a: f64, b: f64, c: f64) -> (f64, f64) {
    let result = a.mul_add(b, c);
    let product = a * b;
    let low = a.mul_add(b, -product);
    let sum = product + c;
    let from_c = sum - product;
    let error = (product - (sum - from_c)) + (c - from_c);
    (result, (sum - result) + (error + low))
}

/// Denormals as zeros of the same sign.
#[inline(always)]
pub(super) fn flush32(bits: u32) -> u32 {
    if bits & 0x7f80_0000 == 0 { bits & 0x8000_0000 } else { bits }
}

/// The same for f16.
#[inline(always)]
pub(super) fn flush16(bits: u32) -> u32 {
    if bits & 0x7c00 == 0 { bits & 0x8000 } else { bits }
}

/// The same for f64.
#[inline(always)]
pub(super) fn flush64(bits: u64) -> u64 {
    if bits & 0x7ff0_0000_0000_0000 == 0 { bits & 1 << 63 } else { bits }
}

/// `x * 2^exponent`, rounded once.
pub(super) fn ldexp32(x: f32, exponent: i32, round: Round) -> f32 {
    // Beyond these exponents every f32 overflows or vanishes, and f64 holds what is between exactly.
    let scale = f64::from_bits(((exponent.clamp(-400, 400) + 1023) as u64) << 52);
    f32::from_bits(narrow(f64::from(x) * scale, F32, round))
}

/// `x * 2^exponent` in f64, rounded once to nearest even.
pub(super) fn ldexp64(x: f64, exponent: i32) -> f64 {
    if x == 0.0 || !x.is_finite() {
        return x + x;
    }
    let sign = x.to_bits() & 1 << 63;
    let (bits, bias) =
        if x.is_subnormal() { ((x * TWO_64).to_bits(), 64) } else { (x.to_bits(), 0) };
    let field = (bits >> 52 & 0x7ff) as i64 + i64::from(exponent) - bias;
    let fraction = bits & ((1 << 52) - 1);
    if field >= 0x7ff {
        return f64::from_bits(sign | 0x7ff << 52);
    }
    if field >= 1 {
        return f64::from_bits(sign | (field as u64) << 52 | fraction);
    }
    let (significand, shift) = (fraction | 1 << 52, 1 - field);
    if shift > 54 {
        return f64::from_bits(sign);
    }
    let (whole, rest) = (significand >> shift, significand & ((1 << shift) - 1));
    let half = 1u64 << (shift - 1);
    let up = rest > half || (rest == half && whole & 1 == 1);
    f64::from_bits(sign | (whole + u64::from(up)))
}

const TWO_64: f64 = 18_446_744_073_709_551_616.0;

#[cfg(test)]
mod tests;
