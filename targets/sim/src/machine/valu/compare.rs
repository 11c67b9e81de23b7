//! Comparisons, each of which sets a bit per lane.

#![allow(
    clippy::neg_cmp_op_on_partial_ord,
    clippy::double_comparisons,
    reason = "the manual defines these predicates so, and with NaNs the shorter ones differ"
)]

use crate::machine::float::f16_to_f32;
use crate::machine::step::Exec;

/// The sixteen float predicates on values decoded by `$from`.
macro_rules! floats {
    ($shape:ident, $bits:ty, $predicate:expr, $from:expr) => {{
        macro_rules! test {
            ($f:expr) => {
                exec!(|w, s| w.$shape(s, |a: $bits, b: $bits| ($f)($from(a), $from(b))))
            };
        }
        match $predicate {
            "f" => test!(|_a, _b| false),
            "lt" => test!(|a, b| a < b),
            "eq" => test!(|a, b| a == b),
            "le" => test!(|a, b| a <= b),
            "gt" => test!(|a, b| a > b),
            "lg" => test!(|a, b| a < b || a > b),
            "ge" => test!(|a, b| a >= b),
            "o" => test!(|a, b| a == a && b == b),
            "u" => test!(|a, b| a != a || b != b),
            "nge" => test!(|a, b| !(a >= b)),
            "nlg" => test!(|a, b| !(a < b || a > b)),
            "ngt" => test!(|a, b| !(a > b)),
            "nle" => test!(|a, b| !(a <= b)),
            "neq" => test!(|a, b| a != b),
            "nlt" => test!(|a, b| !(a < b)),
            "t" | "tru" => test!(|_a, _b| true),
            _ => return None,
        }
    }};
}

/// The eight integer predicates.
macro_rules! integers {
    ($shape:ident, $bits:ty, $predicate:expr, $ty:ty) => {{
        macro_rules! test {
            ($f:expr) => {
                exec!(|w, s| w.$shape(s, |a: $bits, b: $bits| ($f)(a as $ty, b as $ty)))
            };
        }
        match $predicate {
            "f" => test!(|_a, _b| false),
            "lt" => test!(|a, b| a < b),
            "eq" => test!(|a, b| a == b),
            "le" => test!(|a, b| a <= b),
            "gt" => test!(|a, b| a > b),
            "ne" => test!(|a, b| a != b),
            "ge" => test!(|a, b| a >= b),
            "t" => test!(|_a, _b| true),
            _ => return None,
        }
    }};
}

/// The comparison `v_cmp_<predicate>_<type>` or `v_cmpx_<predicate>_<type>`.
pub(super) fn find(name: &str) -> Option<Exec> {
    let rest = name.strip_prefix("v_cmpx_").or_else(|| name.strip_prefix("v_cmp_"))?;
    let (predicate, ty) = rest.split_once('_')?;
    Some(match (predicate, ty) {
        ("class", "f16") => exec!(|w, s| w.test2(s, |a, b| class16(a & 0xffff) & b != 0)),
        ("class", "f32") => exec!(|w, s| w.test2(s, |a, b| class32(a) & b != 0)),
        ("class", "f64") => exec!(|w, s| w.wide_test(s, |a, b| class64(a) & b as u32 != 0)),
        (_, "f16") => floats!(test2, u32, predicate, f16_to_f32),
        (_, "f32") => floats!(test2, u32, predicate, f32::from_bits),
        (_, "f64") => floats!(wide_test, u64, predicate, f64::from_bits),
        (_, "i16") => integers!(test2, u32, predicate, i16),
        (_, "u16") => integers!(test2, u32, predicate, u16),
        (_, "i32") => integers!(test2, u32, predicate, i32),
        (_, "u32") => integers!(test2, u32, predicate, u32),
        (_, "i64") => integers!(wide_test, u64, predicate, i64),
        (_, "u64") => integers!(wide_test, u64, predicate, u64),
        _ => return None,
    })
}

/// The bit of the class mask that a number belongs to: signalling NaN, quiet NaN, then from -inf to +inf.
fn class(negative: bool, exponent: u32, greatest: u32, fraction: u64, quiet: bool) -> u32 {
    let sided = |negative_bit: u32, positive_bit: u32| {
        1 << if negative { negative_bit } else { positive_bit }
    };
    match (exponent, fraction) {
        (e, 0) if e == greatest => sided(2, 9),
        (e, _) if e == greatest => 1 << u32::from(quiet),
        (0, 0) => sided(5, 6),
        (0, _) => sided(4, 7),
        _ => sided(3, 8),
    }
}

fn class16(a: u32) -> u32 {
    class(a >> 15 == 1, a >> 10 & 0x1f, 0x1f, u64::from(a & 0x3ff), a >> 9 & 1 == 1)
}

fn class32(a: u32) -> u32 {
    class(a >> 31 == 1, a >> 23 & 0xff, 0xff, u64::from(a & 0x7f_ffff), a >> 22 & 1 == 1)
}

fn class64(a: u64) -> u32 {
    class(a >> 63 == 1, (a >> 52) as u32 & 0x7ff, 0x7ff, a & ((1 << 52) - 1), a >> 51 & 1 == 1)
}
