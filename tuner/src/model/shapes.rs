//! The sizes of a model that kernels depend on.

use kiln_cache::hash::Digest;
use kiln_cache::model::{self, LayerKind, ModelConfig, Quantisation};
use kiln_cache::vocabulary::Dtype;
use serde::{Deserialize, Serialize};

use super::DrafterShapes;

/// Number type of plain weights, of activations between operations, or of the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the names are the documentation")]
pub enum Activation {
    F16,
    Bf16,
    F32,
}

impl Activation {
    /// The number type in which a model was published.
    fn of(published: Dtype) -> Self {
        match published {
            Dtype::F16 => Self::F16,
            Dtype::Bf16 => Self::Bf16,
            _ => Self::F32,
        }
    }

    /// The name used in operations.
    pub fn name(self) -> &'static str {
        match self {
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
            Self::F32 => "f32",
        }
    }
}

/// Sizes of the linear-attention layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinearAttention {
    /// Heads of queries and of keys.
    pub key_heads: u64,
    /// Heads of values, each with a beta and a decay.
    pub value_heads: u64,
    /// Width of a query or key head.
    pub key_head: u64,
    /// Width of a value head.
    pub value_head: u64,
    /// Taps of the causal convolution.
    pub taps: u64,
}

impl LinearAttention {
    fn of(config: &model::LinearAttention) -> Self {
        let size = |size: usize| size as u64;
        Self {
            key_heads: size(config.key_heads),
            value_heads: size(config.value_heads),
            key_head: size(config.key_head),
            value_head: size(config.value_head),
            taps: size(config.kernel),
        }
    }

    /// Rows of queries, keys, values and output gate together.
    pub fn qkvz(&self) -> u64 {
        2 * self.key_heads * self.key_head + 2 * self.values()
    }

    /// Width of all value heads.
    pub fn values(&self) -> u64 {
        self.value_heads * self.value_head
    }
}

/// Everything about a model that kernels depend on. Sizes are in elements.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelShapes {
    /// Name for people: the directory's.
    pub name: String,
    /// Digest of the configuration file's bytes.
    pub config_hash: Digest,
    /// Width of the residual stream.
    pub hidden: u64,
    /// Width inside the MLP.
    pub intermediate: u64,
    /// Size of the vocabulary, padding included.
    pub vocabulary: u64,
    /// Query heads of full attention.
    pub heads: u64,
    /// Key and value heads of full attention.
    pub kv_heads: u64,
    /// Width of a head of full attention.
    pub head: u64,
    /// Dims of a head of full attention that are rotated.
    pub rotary: u64,
    /// Layers of full attention.
    pub full_layers: u64,
    /// Layers of linear attention.
    pub linear_layers: u64,
    /// Sizes of the linear-attention layers, where there are any.
    pub linear: Option<LinearAttention>,
    /// Epsilon of every norm.
    pub epsilon: f64,
    /// Number type in which the model was published: that of plain weights.
    pub published: Activation,
    /// How weights are quantised; `None` for plain checkpoints.
    pub quantisation: Option<Quantisation>,
    /// Whether there is a multi-token prediction head, which has a layer of full attention.
    pub predicts: bool,
    /// The drafter, if one is to be served.
    pub drafter: Option<DrafterShapes>,
}

impl ModelShapes {
    /// The sizes that a configuration states; without drafter.
    pub(super) fn of(config: &ModelConfig, name: String, config_hash: Digest) -> Self {
        let size = |size: usize| size as u64;
        Self {
            name,
            config_hash,
            hidden: size(config.hidden),
            intermediate: size(config.intermediate),
            vocabulary: size(config.vocabulary),
            heads: size(config.attention.heads),
            kv_heads: size(config.attention.kv_heads),
            head: size(config.attention.head),
            rotary: size(config.rope.rotary),
            full_layers: size(config.count(LayerKind::Full)),
            linear_layers: size(config.count(LayerKind::Linear)),
            linear: config.linear.as_ref().map(LinearAttention::of),
            epsilon: config.epsilon,
            published: Activation::of(config.dtype),
            quantisation: config.quantisation.clone(),
            predicts: config.mtp_layers == 1,
            drafter: None,
        }
    }

    /// Rows of queries, output gate, keys and values of full attention together.
    pub fn qkv(&self) -> u64 {
        2 * (self.heads + self.kv_heads) * self.head
    }
}
