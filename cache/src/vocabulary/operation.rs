//! What a model asks for.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// Sizes by name, in elements: `{"m": 16, "n": 5120}`.
pub type Dims = BTreeMap<String, u64>;

/// An operation that a model can issue, with its fixed attributes and dims.
///
/// `linear_q4 {epilogue: none, out: f16} {k: 5120, n: 34816}` leaves m free.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operation {
    /// The family: `linear_q4`, `act_quant`, `rms_norm`.
    pub name: String,
    /// What distinguishes members of the family, other than sizes: `epilogue`, `out`.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
    /// The dims fixed by the model file, in elements.
    #[serde(default)]
    pub dims: Dims,
}

impl Operation {
    /// The fixed dims together with the free dims of one request.
    ///
    /// # Errors
    /// If a free dim repeats a fixed one with another value.
    pub fn with_dims(&self, free: &Dims) -> Result<Dims> {
        let mut all = self.dims.clone();
        for (name, &value) in free {
            if let Some(fixed) = all.insert(name.clone(), value)
                && fixed != value
            {
                let why = format!("dim {name} is fixed at {fixed}, the request says {value}");
                return Err(Error::invalid(self.to_string(), why));
            }
        }
        Ok(all)
    }
}

impl fmt::Display for Operation {
    /// `linear_q4[epilogue=none,out=f16](k=5120,n=34816)`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if !self.attributes.is_empty() {
            write!(f, "[{}]", pairs(&self.attributes))?;
        }
        if !self.dims.is_empty() {
            write!(f, "({})", pairs(&self.dims))?;
        }
        Ok(())
    }
}

/// `a=1,b=2`, in the order of the map.
pub(crate) fn pairs<V: fmt::Display>(map: &BTreeMap<String, V>) -> String {
    let parts: Vec<String> = map.iter().map(|(name, value)| format!("{name}={value}")).collect();
    parts.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn linear() -> Operation {
        Operation {
            name: "linear_q4".into(),
            attributes: [("out".into(), "f16".into()), ("epilogue".into(), "none".into())].into(),
            dims: [("n".into(), 34816), ("k".into(), 5120)].into(),
        }
    }

    #[test]
    fn an_operation_reads_like_a_call() {
        let expect = "linear_q4[epilogue=none,out=f16](k=5120,n=34816)";
        assert_eq!(linear().to_string(), expect);
        assert_eq!(Operation { name: "copy".into(), ..Default::default() }.to_string(), "copy");
    }

    #[test]
    fn free_dims_join_the_fixed_ones_and_may_not_contradict_them() {
        let all = linear().with_dims(&[("m".into(), 3)].into()).unwrap();
        assert_eq!(pairs(&all), "k=5120,m=3,n=34816");
        assert!(linear().with_dims(&[("k".into(), 5120)].into()).is_ok());
        let error = linear().with_dims(&[("k".into(), 1)].into()).unwrap_err().to_string();
        assert!(error.contains("dim k is fixed at 5120"), "{error}");
    }
}
