//! The logistic function, by which gates weigh.

use kiln_compiler::prelude::*;

/// `1 / (1 + exp(-x))`.
pub(crate) fn sigmoid(x: Tile<'_>) -> Tile<'_> {
    ((x * -std::f64::consts::LOG2_E).exp2() + 1.0).recip()
}
