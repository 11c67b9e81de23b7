//! How far rounding can take a correct kernel from the reference.
//!
//! With `M` the sum of the magnitudes that meet in an output (the reference, run on magnitudes),
//! a correct output differs from the exact one by at most
//!
//! ```text
//! (sensitivity * gamma_K + narrow + special) * M + K * 2^-126 + the output's own rounding
//! ```
//!
//! * `gamma_K = K u / (1 - K u)`, `u = 2^-24`: K roundings in f32, in any order. K is the longest
//!   axis that is summed, plus [`EPILOGUE`] for scales, biases and the like.
//! * `narrow`: what the program itself rounds to f16 or bf16 before the output, along its longest
//!   chain, a half ulp each.
//! * `special`: [`SPECIAL_ULPS`] ulp for each exp2, log2, rsqrt, recip and division along the
//!   longest chain. They are good to 2 ulp where they are documented; the rest is what an error of
//!   one rounding in the argument of exp2 makes of gated activations, where the exponent is
//!   damped by the gate itself.
//! * `sensitivity` is 1 for sums of products and 4 where a special function follows: x * sigmoid(x)
//!   has a derivative below 1.1, and run on magnitudes it is at least half of its argument.
//! * `K * 2^-126`: results below the smallest normal number are only exact to that.

use super::chain;
use crate::interpret::extent;
use crate::tile::{Part, Program, Role};
use kiln_targets::DType;

/// Roundings outside the longest sum.
const EPILOGUE: f64 = 16.0;

/// Error of a special function with a rounded argument.
const SPECIAL_ULPS: f64 = 16.0;

/// Unit roundoff of f32.
const UNIT: f64 = 1.0 / (1u64 << 24) as f64;

/// The tolerance of one program at one size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bound {
    /// Allowed error, relative to the magnitudes that meet in an output.
    pub relative: f64,
    /// Allowed error whatever the magnitudes.
    pub absolute: f64,
}

impl Bound {
    /// Derives the bound of a program with these values of its dims, in their order.
    pub fn derive(program: &Program, dims: &[i64]) -> Bound {
        Bound::of_passes(program, dims, None)
    }

    /// As [`Bound::derive`], for magnitudes that add up what each pass of a loop contributes: the
    /// special functions and narrow roundings of a single pass count.
    pub fn of_a_pass(program: &Program, dims: &[i64]) -> Bound {
        Bound::of_passes(program, dims, Some(1.0))
    }

    fn of_passes(program: &Program, dims: &[i64], passes: Option<f64>) -> Bound {
        let depth = depth(program, dims) + EPILOGUE;
        let worst = chain::worst(program, passes.unwrap_or(depth));
        let gamma = depth * UNIT / (1.0 - depth * UNIT);
        let sensitivity = if worst.special > 0.0 { 4.0 } else { 1.0 };
        Bound {
            relative: sensitivity * gamma + worst.narrow + worst.special * SPECIAL_ULPS * UNIT,
            absolute: depth * f64::from(f32::MIN_POSITIVE),
        }
    }

    /// Widens the bound by a relative amount that the caller can justify.
    #[must_use]
    pub fn with_slack(self, relative: f64) -> Bound {
        Bound { relative: self.relative + relative, ..self }
    }

    /// Allowed error of an output of a type with this exact value and magnitude.
    pub fn at(&self, dtype: DType, value: f64, magnitude: f64) -> f64 {
        let error = self.relative * magnitude + self.absolute;
        error + half_ulp(dtype, value.abs() + error)
    }
}

/// Largest rounding error of a number of that size stored as `dtype`; 0 for integers.
pub(super) fn half_ulp(dtype: DType, size: f64) -> f64 {
    let (unit, smallest) = match dtype {
        DType::F32 => (UNIT, 2f64.powi(-150)),
        DType::F16 => (2f64.powi(-11), 2f64.powi(-25)),
        DType::BF16 => (2f64.powi(-8), 2f64.powi(-134)),
        _ => return 0.0,
    };
    (unit * size).max(smallest)
}

/// Elements along the longest axis of an input that can be summed.
fn depth(program: &Program, dims: &[i64]) -> f64 {
    let written = |part: &&Part| part.role != Role::Input;
    let kept: Vec<_> = program.parts.iter().filter(written).flat_map(|part| part.extent).collect();
    let read = program.parts.iter().filter(|part| part.role != Role::Output);
    let summed = read.flat_map(|part| {
        let [rows, cols] = part.extent;
        [Some(cols), (!kept.contains(&rows)).then_some(rows)]
    });
    let longest = summed.flatten().map(|of| extent(of, dims)).max();
    longest.unwrap_or(0) as f64
}
