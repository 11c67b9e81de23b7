//! Float arithmetic beyond what the host offers: f16, bf16, rounding modes, denormals.
//!
//! Functions named after f16 take and return its bits in the low half of a word and ignore the high half of
//! their arguments. Everything without a [`Round`] rounds to nearest even. The common ones are free of
//! branches, so that loops over lanes vectorise.

use half::f16;
use half::slice::{HalfBitsSliceExt, HalfFloatSliceExt};

use super::lanes::{LANES, Lanes};

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

/// The lesser of two, as `v_min_f32` has it: -0 is less than +0, and a number beats a quiet NaN.
#[inline(always)]
pub(super) fn min32(a: f32, b: f32) -> f32 {
    let less = if total32(a) < total32(b) { a } else { b };
    number32(a, b, less)
}

/// The greater of two, as `v_max_f32` has it.
#[inline(always)]
pub(super) fn max32(a: f32, b: f32) -> f32 {
    let greater = if total32(a) > total32(b) { a } else { b };
    number32(a, b, greater)
}

/// The order of numbers as integers, -0 before +0.
#[inline(always)]
fn total32(x: f32) -> i32 {
    let bits = x.to_bits() as i32;
    bits ^ ((bits >> 31) as u32 >> 1) as i32
}

/// `chosen` unless one of the two is a NaN.
#[inline(always)]
fn number32(a: f32, b: f32, chosen: f32) -> f32 {
    let without_a = if a.is_nan() { b } else { chosen };
    let without = if b.is_nan() { a } else { without_a };
    let signals = |x: f32| x.is_nan() && x.to_bits() & 0x0040_0000 == 0;
    let b_signals = if signals(b) { quiet32(b) } else { without };
    if signals(a) { quiet32(a) } else { b_signals }
}

/// A NaN made quiet.
#[inline(always)]
pub(super) fn quiet32(x: f32) -> f32 {
    f32::from_bits(x.to_bits() | 0x0040_0000)
}

/// The lesser of two f16, as bits.
#[inline(always)]
pub(super) fn min16(a: u32, b: u32) -> u32 {
    number16(a, b, if total16(a) < total16(b) { a } else { b })
}

/// The greater of two f16, as bits.
#[inline(always)]
pub(super) fn max16(a: u32, b: u32) -> u32 {
    number16(a, b, if total16(a) > total16(b) { a } else { b })
}

#[inline(always)]
fn total16(x: u32) -> i32 {
    let bits = (x << 16) as i32;
    bits ^ ((bits >> 31) as u32 >> 1) as i32
}

#[inline(always)]
fn number16(a: u32, b: u32, chosen: u32) -> u32 {
    let is_nan = |x: u32| x & 0x7fff > 0x7c00;
    let signals = |x: u32| is_nan(x) && x & 0x200 == 0;
    let without_a = if is_nan(a) { b } else { chosen };
    let without = if is_nan(b) { a } else { without_a };
    let b_signals = if signals(b) { b | 0x200 } else { without };
    if signals(a) { a | 0x200 } else { b_signals }
}

/// The lesser of two f64.
pub(super) fn min64(a: f64, b: f64) -> f64 {
    number64(a, b, if a.total_cmp(&b).is_lt() { a } else { b })
}

/// The greater of two f64.
pub(super) fn max64(a: f64, b: f64) -> f64 {
    number64(a, b, if a.total_cmp(&b).is_gt() { a } else { b })
}

fn number64(a: f64, b: f64, chosen: f64) -> f64 {
    let quiet_bit = 1u64 << 51;
    let signals = |x: f64| x.is_nan() && x.to_bits() & quiet_bit == 0;
    let quiet = |x: f64| f64::from_bits(x.to_bits() | quiet_bit);
    match (a.is_nan(), b.is_nan()) {
        _ if signals(a) => quiet(a),
        _ if signals(b) => quiet(b),
        (_, true) => a,
        (true, _) => b,
        _ => chosen,
    }
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
mod tests {
    use super::*;

    #[test]
    fn every_f16_survives_the_way_through_f32() {
        for h in 0..=0xffff_u32 {
            let expected = f16::from_bits(h as u16);
            let x = f16_to_f32(h);
            if expected.is_nan() {
                assert!(x.is_nan() && f32_to_f16(x) == h | 0x200, "{h:#x}");
            } else {
                assert_eq!(x.to_bits(), expected.to_f32().to_bits(), "{h:#x}");
                assert_eq!(f32_to_f16(x), h, "{h:#x}");
                assert_eq!(narrow(f64::from(x), F16, Round::Down), h);
            }
        }
    }

    #[test]
    fn f32_to_f16_rounds_to_the_nearest_even() {
        // Every neighbourhood of a tie, against the `half` crate.
        for h in 0..0x7c00_u32 {
            let middle = (f16_to_f32(h).to_bits() + f16_to_f32(h + 1).to_bits()) / 2;
            for bits in [middle - 1, middle, middle + 1] {
                let x = f32::from_bits(bits);
                let expected = u32::from(f16::from_f32(x).to_bits());
                assert_eq!(f32_to_f16(x), expected, "{x:e}");
                assert_eq!(narrow(f64::from(x), F16, Round::Nearest), expected, "{x:e}");
                assert_eq!(f32_to_bf16(x), u32::from(half::bf16::from_f32(x).to_bits()));
            }
        }
        assert_eq!(f32_to_f16(65519.996), 0x7bff);
        assert_eq!(f32_to_f16(65520.0), 0x7c00);
        assert_eq!(f32_to_f16(-1e30), 0xfc00);
    }

    #[test]
    fn f16_fma_rounds_once() {
        // 1.0009765625 * 1.0009765625 = 1 + 2^-9 + 2^-20; adding 2^-24's multiples decides a tie of f16.
        let (a, tiny) = (0x3c01, 0x0001);
        let exact = |a: u32, b: u32, c: u32| {
            let [a, b, c] = [a, b, c].map(|h| f64::from(f16_to_f32(h)));
            // Products and sums of these operands fit f64.
            f16::from_f64(a * b + c).to_bits()
        };
        for (a, b, c) in
            [(a, a, tiny), (a, a, 0x8001), (0x7bff, 0x3c01, 0x0001), (0x4c01, 0x3801, 0x9000)]
        {
            assert_eq!(fma16(a, b, c), u32::from(exact(a, b, c)), "{a:#x} {b:#x} {c:#x}");
            assert_eq!(fma16_in(a, b, c, Round::Nearest), fma16(a, b, c));
        }
    }

    #[test]
    fn directed_sums_enclose_the_exact_one() {
        let cases = [(1.0, 1e-20), (1.0, -1e-20), (3.4e38, 3.4e38), (1e-45, -1e-45), (0.1, 0.2)];
        for (a, b) in cases {
            let exact = f64::from(a) + f64::from(b);
            let up = add32(a, b, Round::Up);
            let down = add32(a, b, Round::Down);
            assert!(f64::from(down) <= exact && exact <= f64::from(up), "{a} + {b}");
            assert!(up.to_bits() == down.to_bits() || up == down.next_up() || exact == 0.0);
            assert_eq!(add32(a, b, Round::Nearest).to_bits(), (a + b).to_bits());
            let toward = if exact > 0.0 { down } else { up };
            assert_eq!(add32(a, b, Round::Zero), toward);
        }
        assert_eq!(add32(1.0, -1.0, Round::Down).to_bits(), 0x8000_0000);
        assert_eq!(add32(1.0, 1e-20, Round::Up), 1.0f32.next_up());
        assert_eq!(add32(1.0, -1e-20, Round::Down), 1.0f32.next_down());
        assert_eq!(fma32(1.0, 1.0, 1e-30, Round::Up), 1.0f32.next_up());
        assert_eq!(mul32(1.1, 1.1, Round::Down).next_up(), mul32(1.1, 1.1, Round::Up));
        assert_eq!(add64(1.0, 1e-300, Round::Up), 1.0f64.next_up());
        assert_eq!(fma64(1.0, 1.0, -1e-300, Round::Zero), 1.0f64.next_down());
    }

    #[test]
    fn minimum_and_maximum_order_zeros_and_prefer_numbers() {
        let quiet = f32::from_bits(0x7fc0_0001);
        let signalling = f32::from_bits(0x7f80_0001);
        assert_eq!(min32(0.0, -0.0).to_bits(), 0x8000_0000);
        assert_eq!(max32(-0.0, 0.0).to_bits(), 0);
        assert_eq!(min32(quiet, 3.0), 3.0);
        assert_eq!(max32(3.0, quiet), 3.0);
        assert_eq!(min32(signalling, 3.0).to_bits(), 0x7fc0_0001);
        assert_eq!(min32(-1.0, -2.0), -2.0);
        assert_eq!(max32(f32::NEG_INFINITY, f32::MIN), f32::MIN);
        assert_eq!(min64(0.0, -0.0).to_bits(), 1 << 63);
        assert_eq!(max64(f64::NAN, 1.0), 1.0);
    }

    #[test]
    fn ldexp_overflows_underflows_and_rounds_once() {
        assert_eq!(ldexp32(1.0, 128, Round::Nearest), f32::INFINITY);
        assert_eq!(ldexp32(1.0, i32::MIN, Round::Nearest), 0.0);
        assert_eq!(ldexp32(-1.0, i32::MAX, Round::Nearest), f32::NEG_INFINITY);
        assert_eq!(ldexp32(f32::from_bits(1), 149, Round::Nearest), 1.0);
        // 1.5 * 2^-149 lies half-way between the two least denormals, and goes to the even one.
        assert_eq!(ldexp32(1.5, -149, Round::Nearest).to_bits(), 2);
        assert_eq!(ldexp64(1.5, -1074).to_bits(), 2);
        assert_eq!(ldexp64(1.0, 1024), f64::INFINITY);
        assert_eq!(ldexp64(f64::from_bits(1), 1074), 1.0);
        assert_eq!(ldexp64(1.0, -1075), 0.0);
        assert_eq!(ldexp64(1.0, -1074).to_bits(), 1);
        assert_eq!(ldexp64(3.0, 5), 96.0);
    }
}
