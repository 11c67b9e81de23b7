//! Single precision: sums, products, extrema, rounding to integers.

use crate::machine::float::{add32, fma32, ldexp32, max32, min32, mul32, quiet32};
use crate::machine::step::Exec;

/// The f32 operations.
pub(super) fn find(name: &str) -> Option<Exec> {
    Some(match name {
        "v_add_f32" => round32!(|a, b| a + b, |r| add32(a, b, r)),
        "v_sub_f32" => round32!(|a, b| a - b, |r| add32(a, -b, r)),
        "v_subrev_f32" => round32!(|a, b| b - a, |r| add32(b, -a, r)),
        "v_mul_f32" => round32!(|a, b| a * b, |r| mul32(a, b, r)),
        "v_fma_f32" | "v_fmac_f32" | "v_fmaak_f32" => {
            round32!(|a, b, c| a.mul_add(b, c), |r| fma32(a, b, c, r))
        }
        // The constant is the second source in the text and the second factor.
        "v_fmamk_f32" => round32!(|a, b, c| a.mul_add(b, c), |r| fma32(a, b, c, r)),
        "v_mul_dx9_zero_f32" => {
            round32!(|a, b| if a == 0.0 || b == 0.0 { 0.0 } else { a * b }, |r| {
                if a == 0.0 || b == 0.0 { 0.0 } else { mul32(a, b, r) }
            })
        }
        "v_fmac_dx9_zero_f32" | "v_fma_dx9_zero_f32" => {
            round32!(|a, b, c| if a == 0.0 || b == 0.0 { c } else { a.mul_add(b, c) }, |r| {
                if a == 0.0 || b == 0.0 { c } else { fma32(a, b, c, r) }
            })
        }
        "v_min_f32" => op32!(|a, b| min32(a, b)),
        "v_max_f32" => op32!(|a, b| max32(a, b)),
        "v_min3_f32" => op32!(|a, b, c| min32(min32(a, b), c)),
        "v_max3_f32" => op32!(|a, b, c| max32(max32(a, b), c)),
        "v_med3_f32" => op32!(|a, b, c| median(a, b, c)),
        "v_maxmin_f32" => op32!(|a, b, c| min32(max32(a, b), c)),
        "v_minmax_f32" => op32!(|a, b, c| max32(min32(a, b), c)),
        "v_floor_f32" => op32!(|a| quiet(a.floor())),
        "v_ceil_f32" => op32!(|a| quiet(a.ceil())),
        "v_trunc_f32" => op32!(|a| quiet(a.trunc())),
        "v_rndne_f32" => op32!(|a| quiet(a.round_ties_even())),
        "v_fract_f32" => op32!(|a| fract(a)),
        "v_ldexp_f32" => exec!(|w, s| {
            let round = w.mode().round32();
            w.map2(s, |a, b| ldexp32(f32::from_bits(a), b as i32, round).to_bits());
        }),
        "v_frexp_mant_f32" => op32!(|a| mantissa(a)),
        "v_frexp_exp_i32_f32" => op!(|a| exponent(f32::from_bits(a)) as u32),
        "v_cubeid_f32" => op32!(|x, y, z| cube_face(x, y, z)),
        "v_cubesc_f32" => op32!(|x, y, z| cube_s(x, y, z)),
        "v_cubetc_f32" => op32!(|x, y, z| cube_t(x, y, z)),
        "v_cubema_f32" => op32!(|x, y, z| 2.0 * cube_major(x, y, z)),
        "v_mullit_f32" => op32!(|a, b, c| {
            let dark =
                b == f32::MIN || b == f32::NEG_INFINITY || b.is_nan() || c <= 0.0 || c.is_nan();
            if dark {
                f32::MIN
            } else if a == 0.0 || b == 0.0 {
                0.0
            } else {
                a * b
            }
        }),
        _ => return None,
    })
}

/// A NaN made quiet, anything else as it is.
#[inline(always)]
fn quiet(x: f32) -> f32 {
    if x.is_nan() { quiet32(x) } else { x }
}

/// The median as the ISA defines it; with a NaN it is the minimum of the others.
#[inline(always)]
fn median(a: f32, b: f32, c: f32) -> f32 {
    if a.is_nan() || b.is_nan() || c.is_nan() {
        return min32(min32(a, b), c);
    }
    let greatest = max32(max32(a, b), c);
    if greatest == a {
        max32(b, c)
    } else if greatest == b {
        max32(a, c)
    } else {
        max32(a, b)
    }
}

/// The part above the integer below, less than one even where rounding would make it one.
#[inline(always)]
fn fract(x: f32) -> f32 {
    let part = x - x.floor();
    if part >= 1.0 { f32::from_bits(0x3f7f_ffff) } else { part }
}

/// The significand in [0.5, 1), with the sign.
#[inline(always)]
pub(super) fn mantissa(x: f32) -> f32 {
    if x == 0.0 || x.is_infinite() || x.is_nan() {
        return quiet(x);
    }
    let normal = if x.is_subnormal() { x * TWO_32 } else { x };
    f32::from_bits(normal.to_bits() & 0x807f_ffff | 0x3f00_0000)
}

/// The exponent that goes with [`mantissa`].
#[inline(always)]
pub(super) fn exponent(x: f32) -> i32 {
    if x == 0.0 || x.is_infinite() || x.is_nan() {
        return 0;
    }
    let (normal, lift) = if x.is_subnormal() { (x * TWO_32, 32) } else { (x, 0) };
    (normal.to_bits() >> 23 & 0xff) as i32 - 126 - lift
}

const TWO_32: f32 = 4_294_967_296.0;

fn cube_major(x: f32, y: f32, z: f32) -> f32 {
    if z.abs() >= x.abs() && z.abs() >= y.abs() {
        z
    } else if y.abs() >= x.abs() {
        y
    } else {
        x
    }
}

fn cube_face(x: f32, y: f32, z: f32) -> f32 {
    let negative = |v: f32| f32::from(u8::from(v < 0.0));
    if z.abs() >= x.abs() && z.abs() >= y.abs() {
        4.0 + negative(z)
    } else if y.abs() >= x.abs() {
        2.0 + negative(y)
    } else {
        negative(x)
    }
}

fn cube_s(x: f32, y: f32, z: f32) -> f32 {
    if z.abs() >= x.abs() && z.abs() >= y.abs() {
        if z < 0.0 { -x } else { x }
    } else if y.abs() >= x.abs() {
        x
    } else if x < 0.0 {
        z
    } else {
        -z
    }
}

fn cube_t(x: f32, y: f32, z: f32) -> f32 {
    let z_is_major = z.abs() >= x.abs() && z.abs() >= y.abs();
    if z_is_major || y.abs() < x.abs() {
        -y
    } else if y < 0.0 {
        -z
    } else {
        z
    }
}
