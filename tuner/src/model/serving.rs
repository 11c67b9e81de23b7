//! What a model is to be served with: number types and page sizes.

use kiln_cache::operations::Precision;
use kiln_cache::vocabulary::Dtype;
use serde::{Deserialize, Serialize};

use super::{Activation, ModelShapes};

/// Number types and page sizes; the same configuration with others asks for other operations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Serving {
    /// Number type of activations between operations.
    pub act: Activation,
    /// Number type of cached keys and values.
    pub kv: Activation,
    /// Tokens of a page of the cache; kernels are made for each size.
    pub pages: Vec<u64>,
    /// Whether packed weights meet activations as they are, instead of quantised.
    pub exact: bool,
    /// What the head may become when it is loaded, beside what it is stored as.
    pub head: Vec<Precision>,
    /// What guesses may read in place of the head.
    pub draft_head: Vec<Precision>,
    /// What the drafter's linear layers may become.
    pub drafter: Vec<Precision>,
}

impl Serving {
    /// Tokens of a page unless asked otherwise: whole tiles of keys for every kernel.
    pub const PAGE: u64 = 64;

    /// Activations and cache in the number type in which the model was published, activations
    /// quantised where they meet packed weights; a drafter may become bytes.
    pub fn published(model: &ModelShapes) -> Self {
        let act = model.published;
        let (head, draft_head, drafter) = (Vec::new(), Vec::new(), vec![Precision::Int8]);
        Self { act, kv: act, pages: vec![Self::PAGE], exact: false, head, draft_head, drafter }
    }
}

impl Activation {
    /// The vocabulary's name.
    pub(super) fn dtype(self) -> Dtype {
        match self {
            Self::F16 => Dtype::F16,
            Self::Bf16 => Dtype::Bf16,
            Self::F32 => Dtype::F32,
        }
    }
}
