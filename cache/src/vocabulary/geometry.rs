//! Sizes that depend on dims: of grids, and of what buffers hold.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Dims;
use crate::{Error, Result};

/// One factor of an [`Extent`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Factor {
    /// The dim divided by `by`, rounded up.
    CeilDiv {
        /// Name of the dim.
        dim: String,
        /// The divisor; at least 1.
        by: u64,
    },
    /// A constant; at least 1.
    Const(u64),
}

impl Factor {
    fn eval(&self, dims: &Dims) -> Result<u64> {
        match self {
            Self::CeilDiv { dim, by } => {
                let Some(&size) = dims.get(dim) else {
                    return Err(Error::invalid(self.to_string(), format!("dim {dim} is unknown")));
                };
                if *by == 0 {
                    return Err(Error::invalid(self.to_string(), "the divisor is zero"));
                }
                Ok(size.div_ceil(*by))
            }
            Self::Const(value) => Ok(*value),
        }
    }
}

impl fmt::Display for Factor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CeilDiv { dim, by } => write!(f, "ceil({dim}/{by})"),
            Self::Const(value) => write!(f, "{value}"),
        }
    }
}

/// A number of workgroups, rows or columns: a product of factors; none at all is 1.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Extent(pub Vec<Factor>);

impl Extent {
    /// A constant extent.
    pub fn constant(value: u64) -> Self {
        Self(vec![Factor::Const(value)])
    }

    /// `ceil(dim / by)`.
    pub fn ceil_div(dim: &str, by: u64) -> Self {
        Self(vec![Factor::CeilDiv { dim: dim.to_owned(), by }])
    }

    /// The product for the given dims; 0 where a dim is.
    ///
    /// # Errors
    /// If a dim is unknown, a divisor is zero, or the product exceeds 2^64 - 1.
    pub fn product(&self, dims: &Dims) -> Result<u64> {
        let multiply = |product: u64, factor: &Factor| {
            let overflow = || Error::invalid(self.to_string(), "the product overflows");
            product.checked_mul(factor.eval(dims)?).ok_or_else(overflow)
        };
        self.0.iter().try_fold(1, multiply)
    }

    /// The extent of a grid for the given dims, at least 1.
    ///
    /// # Errors
    /// As [`Extent::product`], or if the product is zero or exceeds 2^32 - 1.
    pub fn eval(&self, dims: &Dims) -> Result<u32> {
        let product = self.product(dims)?;
        match u32::try_from(product) {
            Ok(0) => Err(Error::invalid(self.to_string(), "there is nothing to launch (zero)")),
            Ok(extent) => Ok(extent),
            Err(_) => Err(Error::invalid(
                self.to_string(),
                format!("{product} workgroups exceed the limit of {}", u32::MAX),
            )),
        }
    }

    /// The dims the extent depends on.
    pub fn dims(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|factor| match factor {
            Factor::CeilDiv { dim, .. } => Some(dim.as_str()),
            Factor::Const(_) => None,
        })
    }

    /// Refuses zero divisors and zero constants, which no request could satisfy.
    pub(crate) fn validate(&self) -> Result<()> {
        let zero =
            |factor: &&Factor| matches!(factor, Factor::CeilDiv { by: 0, .. } | Factor::Const(0));
        match self.0.iter().find(zero) {
            Some(factor) => Err(Error::invalid(format!("factor {factor}"), "it has a zero")),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Extent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("1");
        }
        let factors: Vec<String> = self.0.iter().map(Factor::to_string).collect();
        f.write_str(&factors.join("*"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn eval(factors: &[Factor], m: u64) -> Result<u32> {
        Extent(factors.to_vec()).eval(&[("m".into(), m)].into())
    }

    #[test]
    fn an_extent_is_the_product_of_its_factors_rounded_up() {
        let tiles = Factor::CeilDiv { dim: "m".into(), by: 16 };
        for (m, expect) in [(1, 3), (15, 3), (16, 3), (17, 6), (31, 6), (33, 9)] {
            assert_eq!(eval(&[tiles.clone(), Factor::Const(3)], m).unwrap(), expect, "m={m}");
        }
        assert_eq!(eval(&[], 7).unwrap(), 1);
    }

    #[test]
    fn unknown_zero_and_overflow_are_errors() {
        let of = |dim: &str, by| Factor::CeilDiv { dim: dim.into(), by };
        let cases = [
            (vec![of("q", 1)], 1, "unknown"),
            (vec![of("m", 0)], 1, "divisor is zero"),
            (vec![of("m", 16)], 0, "nothing to launch"),
            (vec![Factor::Const(0)], 1, "nothing to launch"),
            (vec![of("m", 1), Factor::Const(2)], u64::MAX, "overflows"),
            (vec![of("m", 1)], 1 << 32, "exceed"),
        ];
        for (factors, m, expect) in cases {
            let error = eval(&factors, m).unwrap_err().to_string();
            assert!(error.contains(expect), "{error}");
        }
    }
}
