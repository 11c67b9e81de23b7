//! Scalar floats (RDNA 3.5).

#![allow(
    clippy::neg_cmp_op_on_partial_ord,
    clippy::double_comparisons,
    reason = "the manual defines these predicates so, and with NaNs the shorter ones differ"
)]

use crate::machine::float::{
    F32, Round, add32, f16_to_f32, f32_to_f16_in, flush16, flush32, fma16_in, fma32, max16, max32,
    min16, min32, mul16, mul32, narrow,
};
use crate::machine::step::Exec;

/// An operation on f32 in the current modes.
macro_rules! s32 {
    (|$r:ident, $a:ident, $b:ident, $c:ident| $e:expr) => {
        exec!(|w, s| {
            let (mode, $r) = (w.mode(), w.mode().round32());
            let get = |value: u64| {
                let bits = value as u32;
                f32::from_bits(if mode.flushes_input32() { flush32(bits) } else { bits })
            };
            let ($a, $b, $c) = (get(w.scalar(s, 0)), get(w.scalar(s, 1)), get(w.addend(s)));
            let result: f32 = $e;
            let bits = result.to_bits();
            w.put_scalar(s, u64::from(if mode.flushes_output32() { flush32(bits) } else { bits }));
        })
    };
}

/// An operation on the bits of f16 in the current modes.
macro_rules! s16 {
    (|$r:ident, $a:ident, $b:ident, $c:ident| $e:expr) => {
        exec!(|w, s| {
            let (mode, $r) = (w.mode(), w.mode().round16_64());
            let get = |value: u64| {
                let bits = value as u32 & 0xffff;
                if mode.flushes_input16_64() { flush16(bits) } else { bits }
            };
            let ($a, $b, $c) = (get(w.scalar(s, 0)), get(w.scalar(s, 1)), get(w.addend(s)));
            let bits: u32 = $e & 0xffff;
            w.put_scalar(
                s,
                u64::from(if mode.flushes_output16_64() { flush16(bits) } else { bits }),
            );
        })
    };
}

const ONE: u32 = 0x3c00;
const SIGN: u32 = 0x8000;

/// The scalar float operations. 16-bit results leave zeros above.
pub(super) fn find(name: &str) -> Option<Exec> {
    if let Some(predicate) = name.strip_prefix("s_cmp_") {
        return comparison(predicate);
    }
    single(name).or_else(|| half(name)).or_else(|| conversion(name))
}

fn single(name: &str) -> Option<Exec> {
    Some(match name {
        "s_add_f32" => s32!(|r, a, b, _c| add32(a, b, r)),
        "s_sub_f32" => s32!(|r, a, b, _c| add32(a, -b, r)),
        "s_mul_f32" => s32!(|r, a, b, _c| mul32(a, b, r)),
        "s_min_f32" => s32!(|_r, a, b, _c| min32(a, b)),
        "s_max_f32" => s32!(|_r, a, b, _c| max32(a, b)),
        "s_fmac_f32" | "s_fmaak_f32" | "s_fmamk_f32" => s32!(|r, a, b, c| fma32(a, b, c, r)),
        "s_ceil_f32" => s32!(|_r, a, _b, _c| a.ceil()),
        "s_floor_f32" => s32!(|_r, a, _b, _c| a.floor()),
        "s_trunc_f32" => s32!(|_r, a, _b, _c| a.trunc()),
        "s_rndne_f32" => s32!(|_r, a, _b, _c| a.round_ties_even()),
        _ => return None,
    })
}

fn half(name: &str) -> Option<Exec> {
    macro_rules! exact {
        (|$($x:ident),+| $e:expr) => {
            s16!(|_r, a, b, _c| {
                let wide = [a, b].map(f16_to_f32);
                let f = |[$($x),+]: [f32; 2]| -> f32 { $e };
                f32_to_f16_in(f(wide), Round::Nearest)
            })
        };
    }
    Some(match name {
        "s_add_f16" => s16!(|r, a, b, _c| fma16_in(a, ONE, b, r)),
        "s_sub_f16" => s16!(|r, a, b, _c| fma16_in(a, ONE, b ^ SIGN, r)),
        "s_mul_f16" => s16!(|r, a, b, _c| mul16(a, b, r)),
        "s_fmac_f16" => s16!(|r, a, b, c| fma16_in(a, b, c, r)),
        "s_min_f16" => s16!(|_r, a, b, _c| min16(a, b)),
        "s_max_f16" => s16!(|_r, a, b, _c| max16(a, b)),
        "s_ceil_f16" => exact!(|a, _b| a.ceil()),
        "s_floor_f16" => exact!(|a, _b| a.floor()),
        "s_trunc_f16" => exact!(|a, _b| a.trunc()),
        "s_rndne_f16" => exact!(|a, _b| a.round_ties_even()),
        _ => return None,
    })
}

fn conversion(name: &str) -> Option<Exec> {
    Some(match name {
        "s_cvt_f32_i32" => exec!(|w, s| {
            let x = f64::from(w.scalar(s, 0) as i32);
            w.put_scalar(s, u64::from(narrow(x, F32, w.mode().round32())));
        }),
        "s_cvt_f32_u32" => exec!(|w, s| {
            let x = f64::from(w.scalar(s, 0) as u32);
            w.put_scalar(s, u64::from(narrow(x, F32, w.mode().round32())));
        }),
        "s_cvt_i32_f32" => scalar!(|_w, a, _b| u64::from(f32::from_bits(a as u32) as i32 as u32)),
        "s_cvt_u32_f32" => scalar!(|_w, a, _b| u64::from(f32::from_bits(a as u32) as u32)),
        "s_cvt_f16_f32" => exec!(|w, s| {
            let x = f32::from_bits(w.scalar(s, 0) as u32);
            w.put_scalar(s, u64::from(f32_to_f16_in(x, w.mode().round16_64())));
        }),
        "s_cvt_f32_f16" => scalar!(|_w, a, _b| u64::from(f16_to_f32(a as u32).to_bits())),
        "s_cvt_hi_f32_f16" => scalar!(|_w, a, _b| u64::from(f16_to_f32(a as u32 >> 16).to_bits())),
        "s_cvt_pk_rtz_f16_f32" => scalar!(|_w, a, b| {
            let half = |x: u64| u64::from(f32_to_f16_in(f32::from_bits(x as u32), Round::Zero));
            half(a) | half(b) << 16
        }),
        _ => return None,
    })
}

fn comparison(rest: &str) -> Option<Exec> {
    macro_rules! test {
        ($from:expr, |$a:ident, $b:ident| $e:expr) => {
            compare!(|a, b| {
                let ($a, $b): (f32, f32) = ($from(a as u32), $from(b as u32));
                $e
            })
        };
    }
    macro_rules! predicates {
        ($predicate:expr, $from:expr) => {
            match $predicate {
                "lt" => test!($from, |a, b| a < b),
                "eq" => test!($from, |a, b| a == b),
                "le" => test!($from, |a, b| a <= b),
                "gt" => test!($from, |a, b| a > b),
                "lg" => test!($from, |a, b| a < b || a > b),
                "ge" => test!($from, |a, b| a >= b),
                "o" => test!($from, |a, b| !a.is_nan() && !b.is_nan()),
                "u" => test!($from, |a, b| a.is_nan() || b.is_nan()),
                "nge" => test!($from, |a, b| !(a >= b)),
                "nlg" => test!($from, |a, b| !(a < b || a > b)),
                "ngt" => test!($from, |a, b| !(a > b)),
                "nle" => test!($from, |a, b| !(a <= b)),
                "neq" => test!($from, |a, b| a != b),
                "nlt" => test!($from, |a, b| !(a < b)),
                _ => return None,
            }
        };
    }
    match rest.split_once('_')? {
        (predicate, "f32") => Some(predicates!(predicate, f32::from_bits)),
        (predicate, "f16") => Some(predicates!(predicate, f16_to_f32)),
        _ => None,
    }
}

impl crate::machine::Wave {
    /// The third source, or the destination where there is none (`s_fmac_*`).
    fn addend(&self, s: &crate::machine::step::Step) -> u64 {
        if s.inst.src[2] == crate::isa::Operand::None {
            self.destination(s)
        } else {
            self.scalar(s, 2)
        }
    }
}
