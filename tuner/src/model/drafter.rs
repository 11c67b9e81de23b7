//! The drafter of speculative decoding.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::str::FromStr;

use kiln_cache::model::DrafterConfig;

use super::ModelShapes;

/// Which drafter to tune for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum DrafterChoice {
    /// None.
    None,
    /// The published DFlash drafter of the family: its sizes other than those it shares with the
    /// model are the same for Qwen3.5-27B and Qwen3.6-27B.
    #[default]
    Published,
    /// The one described by a drafter directory or its `config.json`.
    Config(PathBuf),
}

impl FromStr for DrafterChoice {
    type Err = String;

    /// `none`, `published`, or a path.
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "" => Err("expected none, published, or a drafter's directory".to_owned()),
            "none" => Ok(Self::None),
            "published" => Ok(Self::Published),
            path => Ok(Self::Config(path.into())),
        }
    }
}

/// Which tokens the rows of a layer see: whether none of their block that comes after them, and
/// within how many tokens; 0 is no limit.
pub type Sight = (bool, u64);

/// Sizes of a DFlash drafter, in elements.
#[derive(Clone, Debug, PartialEq)]
pub struct DrafterShapes {
    /// Width of the residual stream; equal to the model's, whose embedding and head it uses.
    pub hidden: u64,
    /// Width inside the MLP.
    pub intermediate: u64,
    /// Layers.
    pub layers: u64,
    /// Query heads.
    pub heads: u64,
    /// Key and value heads.
    pub kv_heads: u64,
    /// Width of a head.
    pub head: u64,
    /// Layers of the model whose outputs it reads, side by side.
    pub features: u64,
    /// What the rows of its layers see.
    pub sights: BTreeSet<Sight>,
    /// Epsilon of every norm.
    pub epsilon: f64,
}

impl DrafterShapes {
    /// The published configuration of `z-lab/Qwen3.6-27B-DFlash`: 5 layers, 32 query and 8
    /// key-value heads of 128, features of 5 layers, a window of 2048 in all layers but one.
    pub(super) fn published(model: &ModelShapes) -> Self {
        Self {
            hidden: model.hidden,
            intermediate: model.intermediate,
            layers: 5,
            heads: 32,
            kv_heads: 8,
            head: 128,
            features: 5,
            sights: BTreeSet::from([(true, 2048), (false, 0)]),
            epsilon: 1e-6,
        }
    }

    /// The sizes that a drafter's configuration states.
    pub(super) fn of(config: &DrafterConfig, model: &ModelShapes) -> Self {
        let size = |size: usize| size as u64;
        let sights = config.layers.iter().map(|of| (of.causal, of.window.map_or(0, size)));
        Self {
            hidden: model.hidden,
            intermediate: size(config.intermediate),
            layers: size(config.layers.len()),
            heads: size(config.attention.heads),
            kv_heads: size(config.attention.kv_heads),
            head: size(config.attention.head),
            features: size(config.taps.len()),
            sights: sights.collect(),
            epsilon: config.epsilon,
        }
    }

    /// Rows of queries, keys and values of one layer.
    pub fn qkv(&self) -> u64 {
        (self.heads + 2 * self.kv_heads) * self.head
    }
}
