//! The steps of precise division: scale, multiply-add, fix up (RDNA3.5 ISA, `V_DIV_*`).
//!
//! The manual of RDNA3.5 prints two exponents wrong, and with them the compiler's division would be: a
//! denominator whose inverse is denormal is scaled down, not up; and the multiply-add undoes a scale by
//! 2^64 or 2^-64 (2^128 or 2^-128 in double precision), whichever the quotient needs, as the manuals of
//! CDNA3 and RDNA4 say. Neither does it say that a quotient that is no number after all is an overflow, or
//! that zeros set VCC; both were seen on hardware.

use crate::machine::Wave;
use crate::machine::float::{
    F32, Round, f16_to_f32, fma32, fma64, ldexp32, ldexp64, narrow, odd_fma64, odd_sum,
};
use crate::machine::lanes::{LANES, Lanes, pick};
use crate::machine::step::{Exec, Step};
use crate::machine::wave::VCC;

/// The division operations.
pub(super) fn find(name: &str) -> Option<Exec> {
    Some(match name {
        "v_div_scale_f32" => exec!(|w, s| w.scale32(s)),
        "v_div_scale_f64" => exec!(|w, s| w.scale64(s)),
        "v_div_fmas_f32" => exec!(|w, s| w.multiply_add_scaled32(s)),
        "v_div_fmas_f64" => exec!(|w, s| w.multiply_add_scaled64(s)),
        "v_div_fixup_f32" => op32!(|q, d, n| fixup32(q, d, n)),
        "v_div_fixup_f64" => op64!(|q, d, n| fixup64(q, d, n)),
        "v_div_fixup_f16" => op!(|q, d, n| fixup16(q, d, n)),
        _ => return None,
    })
}

impl Wave {
    fn scale32(&mut self, s: &Step) {
        let special = self.special(s);
        let [x, d, n] = [0, 1, 2].map(|i| self.value(s, i, special));
        let scaled: [(f32, bool); LANES] = std::array::from_fn(|i| {
            scale_f32(f32::from_bits(x.0[i]), f32::from_bits(d.0[i]), f32::from_bits(n.0[i]))
        });
        self.put(s, Lanes::from_fn(|i| scaled[i].0.to_bits()), special);
        self.set_mask(s, Lanes::mask_of(|i| scaled[i].1), special);
    }

    fn scale64(&mut self, s: &Step) {
        let special = self.special(s);
        let [x, d, n] = [0, 1, 2].map(|i| self.value64(s, i, special));
        let scaled: [(f64, bool); LANES] = std::array::from_fn(|i| {
            scale_f64(f64::from_bits(x[i]), f64::from_bits(d[i]), f64::from_bits(n[i]))
        });
        self.put64(s, std::array::from_fn(|i| scaled[i].0.to_bits()), special);
        self.set_mask(s, Lanes::mask_of(|i| scaled[i].1), special);
    }

    fn multiply_add_scaled32(&mut self, s: &Step) {
        let special = self.special(s);
        let [a, b, c] = [0, 1, 2].map(|i| self.value(s, i, special));
        let (vcc, round) = (self.sgprs[VCC], self.mode().round32());
        let out = Lanes::from_fn(|i| {
            let [a, b, c] = [a, b, c].map(|x| f32::from_bits(x.0[i]));
            match pick(vcc, i, 1, 0) {
                1 => scaled_sum32(a, b, c, round),
                _ if round == Round::Nearest => a.mul_add(b, c).to_bits(),
                _ => fma32(a, b, c, round).to_bits(),
            }
        });
        self.put(s, out, special);
    }

    fn multiply_add_scaled64(&mut self, s: &Step) {
        let special = self.special(s);
        let [a, b, c] = [0, 1, 2].map(|i| self.value64(s, i, special));
        let (vcc, round) = (self.sgprs[VCC], self.mode().round16_64());
        let out = std::array::from_fn(|i| {
            let [a, b, c] = [a, b, c].map(|x| f64::from_bits(x[i]));
            let sum = fma64(a, b, c, round);
            let scaled = if pick(vcc, i, 1, 0) == 1 { scaled_sum64(a, b, c, sum) } else { sum };
            scaled.to_bits()
        });
        self.put64(s, out, special);
    }
}

/// `a * b + c` by 2^64 where the quotient `c` is large, else by 2^-64, rounded once.
fn scaled_sum32(a: f32, b: f32, c: f32, round: Round) -> u32 {
    let scale = f64::from(if field32(c) > 127 { TWO_64 } else { 1.0 / TWO_64 });
    narrow(odd_sum(f64::from(a) * f64::from(b), f64::from(c)) * scale, F32, round)
}

const TWO_64: f32 = 18_446_744_073_709_551_616.0;

/// The same in double precision by 2^128, where `sum` is `a * b + c` rounded as it is.
fn scaled_sum64(a: f64, b: f64, c: f64, sum: f64) -> f64 {
    let power = if field64(c) > 1023 { 128 } else { -128 };
    let scaled = ldexp64(sum, power);
    // What was rounded at the wrong place is rounded again with what it lost in its last bit.
    if scaled.is_subnormal() { ldexp64(odd_fma64(a, b, c), power) } else { scaled }
}

fn field32(x: f32) -> i32 {
    (x.to_bits() >> 23 & 0xff) as i32
}

fn field64(x: f64) -> i32 {
    (x.to_bits() >> 52 & 0x7ff) as i32
}

/// `x`, which is the denominator or the numerator, scaled so that no step of the division is denormal, and
/// whether the quotient must be scaled back.
fn scale_f32(x: f32, denominator: f32, numerator: f32) -> (f32, bool) {
    let scaled = |by| ldexp32(x, by, Round::Nearest);
    if numerator == 0.0 || denominator == 0.0 {
        return (f32::NAN, true);
    }
    let inverse_is_denormal = (1.0 / f64::from(denominator)).abs() < f64::from(f32::MIN_POSITIVE);
    let quotient_is_denormal = (numerator / denominator).is_subnormal();
    if field32(numerator) - field32(denominator) >= 96 {
        (if x == denominator { scaled(64) } else { x }, true)
    } else if denominator.is_subnormal() {
        (scaled(64), false)
    } else if inverse_is_denormal && quotient_is_denormal {
        (if x == denominator { scaled(-64) } else { x }, true)
    } else if inverse_is_denormal {
        (scaled(-64), false)
    } else if quotient_is_denormal {
        (if x == numerator { scaled(64) } else { x }, true)
    } else if field32(numerator) <= 23 {
        (scaled(64), false)
    } else {
        (x, false)
    }
}

/// The same in double precision.
fn scale_f64(x: f64, denominator: f64, numerator: f64) -> (f64, bool) {
    let scaled = |by| ldexp64(x, by);
    if numerator == 0.0 || denominator == 0.0 {
        return (f64::NAN, true);
    }
    let inverse_is_denormal = (1.0 / denominator).is_subnormal();
    let quotient_is_denormal = (numerator / denominator).is_subnormal();
    if field64(numerator) - field64(denominator) >= 768 {
        (if x == denominator { scaled(128) } else { x }, true)
    } else if denominator.is_subnormal() {
        (scaled(128), false)
    } else if inverse_is_denormal && quotient_is_denormal {
        (if x == denominator { scaled(-128) } else { x }, true)
    } else if inverse_is_denormal {
        (scaled(-128), false)
    } else if quotient_is_denormal {
        (if x == numerator { scaled(128) } else { x }, true)
    } else if field64(numerator) <= 53 {
        (scaled(128), false)
    } else {
        (x, false)
    }
}

/// The quotient `q` of `n / d`, corrected where one of them is special.
fn fixup32(q: f32, d: f32, n: f32) -> f32 {
    let sign = if d.is_sign_negative() == n.is_sign_negative() { 1.0 } else { -1.0 };
    if n.is_nan() {
        crate::machine::float::quiet32(n)
    } else if d.is_nan() {
        crate::machine::float::quiet32(d)
    } else if (d == 0.0 && n == 0.0) || (d.is_infinite() && n.is_infinite()) {
        f32::from_bits(0xffc0_0000)
    } else if d == 0.0 || n.is_infinite() {
        f32::INFINITY.copysign(sign)
    } else if d.is_infinite() || n == 0.0 || field32(n) - field32(d) < -150 {
        0.0f32.copysign(sign)
    } else if q.is_nan() {
        // The steps before overflowed on the way.
        f32::INFINITY.copysign(sign)
    } else {
        q.copysign(sign)
    }
}

fn fixup64(q: f64, d: f64, n: f64) -> f64 {
    let sign = if d.is_sign_negative() == n.is_sign_negative() { 1.0 } else { -1.0 };
    if n.is_nan() {
        n
    } else if d.is_nan() {
        d
    } else if (d == 0.0 && n == 0.0) || (d.is_infinite() && n.is_infinite()) {
        f64::from_bits(0xfff8 << 48)
    } else if d == 0.0 || n.is_infinite() {
        f64::INFINITY.copysign(sign)
    } else if d.is_infinite() || n == 0.0 || field64(n) - field64(d) < -1075 {
        0.0f64.copysign(sign)
    } else if q.is_nan() {
        f64::INFINITY.copysign(sign)
    } else {
        q.copysign(sign)
    }
}

/// In half precision, on bits.
fn fixup16(q: u32, d: u32, n: u32) -> u32 {
    let (denominator, numerator) = (f16_to_f32(d), f16_to_f32(n));
    let sign = (d ^ n) & 0x8000;
    if numerator.is_nan() {
        n | 0x200
    } else if denominator.is_nan() {
        d | 0x200
    } else if (denominator == 0.0 && numerator == 0.0)
        || (denominator.is_infinite() && numerator.is_infinite())
    {
        0xfe00
    } else if denominator == 0.0 || numerator.is_infinite() {
        sign | 0x7c00
    } else if denominator.is_infinite() || numerator == 0.0 {
        sign
    } else {
        sign | q & 0x7fff
    }
}
