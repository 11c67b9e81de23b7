//! What is tried: kinds of inputs, and sizes that do not divide.

use crate::dsl::Signature;
use std::collections::BTreeMap;
use std::fmt;

/// A kind of input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Case {
    /// Shaped like a model's: weights N(0, 0.02), activations N(0, 1) with a few channels that
    /// are 16 times larger.
    Random,
    /// Every number 0, so every scale 0.
    Zeros,
    /// Ends of the ranges: 4-bit quants and zero points of 0 and 15, bytes of 127 and -127,
    /// scales of 0, floats as large as a product of two of them allows in f32.
    Extremes,
    /// Numbers and scales below the smallest normal one.
    Denormals,
    /// As `Random`, with all bits set in all padding (NaN in floats).
    NanInPadding,
}

impl Case {
    /// Every kind.
    pub const ALL: [Case; 5] =
        [Case::Random, Case::Zeros, Case::Extremes, Case::Denormals, Case::NanInPadding];

    /// Name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Case::Random => "random",
            Case::Zeros => "zeros",
            Case::Extremes => "extremes",
            Case::Denormals => "denormals",
            Case::NanInPadding => "nan_in_padding",
        }
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// One call to try: sizes, kind of inputs and seed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Value of every dim of the signature.
    pub dims: BTreeMap<String, u64>,
    /// Kind of inputs.
    pub case: Case,
    /// Seed of the inputs.
    pub seed: u64,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sizes: Vec<String> =
            self.dims.iter().map(|(name, size)| format!("{name}={size}")).collect();
        write!(f, "{} inputs, {}, seed {}", self.case, sizes.join(" "), self.seed)
    }
}

/// Sizes around the powers of two that tiles have.
pub const RAGGED: [u64; 5] = [1, 15, 17, 31, 33];

/// Sizes at which tiles do not divide: every dim takes each of [`RAGGED`] times its declared
/// multiple once, no two dims the same one at a time.
pub fn ragged(signature: &Signature) -> Vec<BTreeMap<String, u64>> {
    let sizes = |round: usize| {
        let dims = signature.dims().iter().zip(signature.multiples()).enumerate();
        dims.map(|(at, (name, multiple))| {
            let size = RAGGED[(round + 2 * at) % RAGGED.len()];
            (name.clone(), size * u64::from(*multiple))
        })
        .collect()
    };
    (0..RAGGED.len()).map(sizes).collect()
}
