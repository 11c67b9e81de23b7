//! Half precision and 16-bit integers, one value a register half.

use super::float::{exponent, mantissa};
use crate::machine::float::{
    F16, Round, f16_to_f32, f32_to_f16, f32_to_f16_in, fma16, fma16_in, max16, min16, mul16, narrow,
};
use crate::machine::step::Exec;

/// One in half precision.
const ONE: u32 = 0x3c00;
const SIGN: u32 = 0x8000;

/// The f16 operations.
pub(super) fn find(name: &str) -> Option<Exec> {
    Some(match name {
        "v_add_f16" => round16!(|a, b| add(a, b), |r| fma16_in(a, ONE, b, r)),
        "v_sub_f16" => round16!(|a, b| add(a, b ^ SIGN), |r| fma16_in(a, ONE, b ^ SIGN, r)),
        "v_subrev_f16" => round16!(|a, b| add(b, a ^ SIGN), |r| fma16_in(b, ONE, a ^ SIGN, r)),
        "v_mul_f16" => round16!(|a, b| multiply(a, b), |r| mul16(a, b, r)),
        "v_fma_f16" | "v_fmac_f16" | "v_fmamk_f16" | "v_fmaak_f16" => {
            round16!(|a, b, c| fma16(a, b, c), |r| fma16_in(a, b, c, r))
        }
        "v_min_f16" => op!(|a, b| min16(a, b)),
        "v_max_f16" => op!(|a, b| max16(a, b)),
        "v_min3_f16" => op!(|a, b, c| min16(min16(a, b), c)),
        "v_max3_f16" => op!(|a, b, c| max16(max16(a, b), c)),
        "v_med3_f16" => op!(|a, b, c| median(a, b, c)),
        "v_maxmin_f16" => op!(|a, b, c| min16(max16(a, b), c)),
        "v_minmax_f16" => op!(|a, b, c| max16(min16(a, b), c)),
        "v_floor_f16" => op16!(|a| a.floor()),
        "v_ceil_f16" => op16!(|a| a.ceil()),
        "v_trunc_f16" => op16!(|a| a.trunc()),
        "v_rndne_f16" => op16!(|a| a.round_ties_even()),
        "v_fract_f16" => op16!(|a| fract(a)),
        "v_ldexp_f16" => exec!(|w, s| {
            let round = w.mode().round16_64();
            w.map2(s, |a, b| scale(a, i32::from(b as i16), round));
        }),
        "v_frexp_mant_f16" => op16!(|a| mantissa(a)),
        "v_frexp_exp_i16_f16" => op!(|a| exponent(f16_to_f32(a)) as u32),
        "v_cvt_f16_u16" => {
            round16!(|a| f32_to_f16(unsigned(a)), |r| f32_to_f16_in(unsigned(a), r))
        }
        "v_cvt_f16_i16" => {
            round16!(|a| f32_to_f16(signed(a)), |r| f32_to_f16_in(signed(a), r))
        }
        "v_cvt_u16_f16" => op!(|a| u32::from(f16_to_f32(a) as u16)),
        "v_cvt_i16_f16" => op!(|a| (f16_to_f32(a) as i16) as u32),
        _ => return None,
    })
}

#[inline(always)]
fn add(a: u32, b: u32) -> u32 {
    // f32 has more than twice the bits of f16, so that rounding twice is rounding once.
    f32_to_f16(f16_to_f32(a) + f16_to_f32(b))
}

#[inline(always)]
fn multiply(a: u32, b: u32) -> u32 {
    f32_to_f16(f16_to_f32(a) * f16_to_f32(b))
}

/// The median as the ISA defines it; with a NaN it is the minimum of the others.
#[inline(always)]
fn median(a: u32, b: u32, c: u32) -> u32 {
    let [x, y, z] = [a, b, c].map(f16_to_f32);
    let greatest = f16_to_f32(max16(max16(a, b), c));
    if x.is_nan() || y.is_nan() || z.is_nan() {
        min16(min16(a, b), c)
    } else if greatest == x {
        max16(b, c)
    } else if greatest == y {
        max16(a, c)
    } else {
        max16(a, b)
    }
}

/// The part above the integer below, less than one: the greatest f16 below one is 0x3bff.
#[inline(always)]
fn fract(x: f32) -> f32 {
    let part = x - x.floor();
    if part > f16_to_f32(0x3bff) { f16_to_f32(0x3bff) } else { part }
}

fn scale(a: u32, exponent: i32, round: Round) -> u32 {
    let power = f64::from_bits(((exponent.clamp(-100, 100) + 1023) as u64) << 52);
    narrow(f64::from(f16_to_f32(a)) * power, F16, round)
}

#[inline(always)]
fn unsigned(a: u32) -> f32 {
    (a & 0xffff) as f32
}

#[inline(always)]
fn signed(a: u32) -> f32 {
    f32::from(a as i16)
}
