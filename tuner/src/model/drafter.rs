//! The drafter of speculative decoding.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::ModelShapes;
use super::config::ConfigFile;
use crate::Result;

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

/// Sizes of a DFlash drafter, in elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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
}

impl DrafterShapes {
    /// The published configuration of `z-lab/Qwen3.6-27B-DFlash`: 5 layers, 32 query and 8
    /// key-value heads of 128, features of 5 layers.
    pub(super) fn published(model: &ModelShapes) -> Self {
        Self {
            hidden: model.hidden,
            intermediate: model.intermediate,
            layers: 5,
            heads: 32,
            kv_heads: 8,
            head: 128,
            features: 5,
        }
    }

    /// Reads a drafter's configuration.
    pub(super) fn read(file: &ConfigFile, model: &ModelShapes) -> Result<Self> {
        let root = file.root();
        let layers = root.size("num_hidden_layers")?;
        // Without a list, one feature is taken for each layer of the drafter.
        let listed = match root.section("dflash_config")? {
            Some(section) => section.length("target_layer_ids")?,
            None => return Err(root.missing("dflash_config")),
        };
        let shapes = Self {
            hidden: root.size("hidden_size")?,
            intermediate: root.size("intermediate_size")?,
            layers,
            heads: root.size("num_attention_heads")?,
            kv_heads: root.size("num_key_value_heads")?,
            head: root.size("head_dim")?,
            features: listed.unwrap_or(layers),
        };
        if shapes.hidden != model.hidden {
            let why = format!("{} differs from the model's {}", shapes.hidden, model.hidden);
            return Err(root.fail("hidden_size", why));
        }
        Ok(shapes)
    }

    /// Rows of queries, keys and values of one layer.
    pub fn qkv(&self) -> u64 {
        (self.heads + 2 * self.kv_heads) * self.head
    }

    /// Rows of the keys and values of all layers, which the context needs at once.
    pub fn context_kv(&self) -> u64 {
        2 * self.kv_heads * self.head * self.layers
    }
}
