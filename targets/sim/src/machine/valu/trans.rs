//! Transcendental functions and roots.
//!
//! Computed in f64 and rounded once. f32 functions flush denormal arguments and results, except sine and
//! cosine, as the ISA document says of each.

use std::f64::consts::TAU;

use crate::machine::float::{F16, Round, f16_to_f32, flush32, narrow};
use crate::machine::step::Exec;

/// The transcendental operations.
pub(super) fn find(name: &str) -> Option<Exec> {
    Some(match name {
        "v_exp_f32" => op!(|a| flushed(a, f64::exp2)),
        "v_log_f32" => op!(|a| flushed(a, f64::log2)),
        "v_rcp_f32" | "v_rcp_iflag_f32" => op32!(|a| flush(1.0 / flush(a))),
        "v_rsq_f32" => op!(|a| flushed(a, inverse_root)),
        "v_sqrt_f32" => op32!(|a| flush(a).sqrt()),
        "v_sin_f32" => op!(|a| (sine(f64::from(f32::from_bits(a))) as f32).to_bits()),
        "v_cos_f32" => op!(|a| (cosine(f64::from(f32::from_bits(a))) as f32).to_bits()),
        "v_exp_f16" => op!(|a| half(a, f64::exp2)),
        "v_log_f16" => op!(|a| half(a, f64::log2)),
        "v_rcp_f16" => op!(|a| half(a, f64::recip)),
        "v_rsq_f16" => op!(|a| half(a, inverse_root)),
        "v_sqrt_f16" => op!(|a| half(a, f64::sqrt)),
        "v_sin_f16" => op!(|a| half(a, sine)),
        "v_cos_f16" => op!(|a| half(a, cosine)),
        _ => return None,
    })
}

#[inline(always)]
fn flush(x: f32) -> f32 {
    f32::from_bits(flush32(x.to_bits()))
}

#[inline(always)]
fn flushed(bits: u32, f: fn(f64) -> f64) -> u32 {
    let x = f64::from(f32::from_bits(flush32(bits)));
    flush32((f(x) as f32).to_bits())
}

#[inline(always)]
fn half(bits: u32, f: fn(f64) -> f64) -> u32 {
    narrow(f(f64::from(f16_to_f32(bits))), F16, Round::Nearest)
}

/// 1 / sqrt(x); of -0 it is -inf.
pub(super) fn inverse_root(x: f64) -> f64 {
    1.0 / x.sqrt()
}

/// sin(2 pi x). The argument is reduced exactly first, so that whole turns give zero.
fn sine(x: f64) -> f64 {
    if x == 0.0 {
        return x;
    }
    let turn = x - x.round_ties_even();
    if turn == 0.0 || turn.abs() == 0.5 {
        0.0
    } else if turn.abs() == 0.25 {
        turn.signum()
    } else {
        (turn * TAU).sin()
    }
}

/// cos(2 pi x).
fn cosine(x: f64) -> f64 {
    let turn = (x - x.round_ties_even()).abs();
    if turn == 0.25 { 0.0 } else { (turn * TAU).cos() }
}
