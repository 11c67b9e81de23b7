//! The lesser and the greater of two floats, as the minimum and maximum instructions have it: -0 is less
//! than +0, and a number beats a quiet NaN.

/// The lesser of two, as `v_min_f32` has it: -0 is less than +0, and a number beats a quiet NaN.
#[inline(always)]
pub(in crate::machine) fn min32(a: f32, b: f32) -> f32 {
    let less = if total32(a) < total32(b) { a } else { b };
    number32(a, b, less)
}

/// The greater of two, as `v_max_f32` has it.
#[inline(always)]
pub(in crate::machine) fn max32(a: f32, b: f32) -> f32 {
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
pub(in crate::machine) fn quiet32(x: f32) -> f32 {
    f32::from_bits(x.to_bits() | 0x0040_0000)
}

/// The lesser of two f16, as bits.
#[inline(always)]
pub(in crate::machine) fn min16(a: u32, b: u32) -> u32 {
    number16(a, b, if total16(a) < total16(b) { a } else { b })
}

/// The greater of two f16, as bits.
#[inline(always)]
pub(in crate::machine) fn max16(a: u32, b: u32) -> u32 {
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
pub(in crate::machine) fn min64(a: f64, b: f64) -> f64 {
    number64(a, b, if a.total_cmp(&b).is_lt() { a } else { b })
}

/// The greater of two f64.
pub(in crate::machine) fn max64(a: f64, b: f64) -> f64 {
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
