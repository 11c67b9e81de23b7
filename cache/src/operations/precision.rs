//! What weights become when a model is loaded.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Weights;
use crate::vocabulary::Dtype;

/// How linear layers that a checkpoint stores as floats are held once they are loaded.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// As they are stored.
    #[default]
    Bf16,
    /// Bytes, with a scale for each row.
    Int8,
    /// Nibbles, with a scale and a zero point for each 32 columns of a row.
    Int4,
}

impl Precision {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Bf16, Self::Int8, Self::Int4];

    /// How operations name such weights; `None` where they stay as they are stored.
    pub fn weights(self) -> Option<Weights> {
        match self {
            Self::Bf16 => None,
            Self::Int8 => Some(Weights::Plain(Dtype::I8)),
            Self::Int4 => Some(Weights::Packed { asymmetric: true }),
        }
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Bf16 => "bf16",
            Self::Int8 => "int8",
            Self::Int4 => "int4",
        })
    }
}

impl FromStr for Precision {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|of| of.to_string() == text);
        found.ok_or_else(|| "expected bf16, int8 or int4".to_owned())
    }
}
