//! The drafter of speculative decoding.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::ModelShapes;
use super::config::{ConfigFile, Section};
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

impl FromStr for DrafterChoice {
    type Err = String;

    /// `none`, `published`, or a path.
    fn from_str(text: &str) -> std::result::Result<Self, String> {
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
            sights: sights(&root)?,
            epsilon: root.positive("rms_norm_eps")?,
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
}

/// What the rows of each layer see (model sheet 7.5): with a window they are causal and without
/// not, unless the configuration says what all are.
fn sights(root: &Section<'_>) -> Result<BTreeSet<Sight>> {
    let own = root.section("dflash_config")?;
    let own = own.map(|own| own.flag("causal")).transpose()?.flatten();
    let stated = match own {
        Some(causal) => Some(causal),
        None => root.flag("is_causal")?,
    };
    let windows = root.flag("use_sliding_window")? == Some(true);
    let kinds = root.texts("layer_types")?.unwrap_or_else(|| vec!["full_attention"]);
    let sight = |kind: &str| match kind {
        "full_attention" => Ok((stated.unwrap_or(false), 0)),
        "sliding_attention" => {
            let window = if windows { root.size("sliding_window")? } else { 0 };
            Ok((stated.unwrap_or(true), window))
        }
        other => {
            let why = format!("'{}' is not supported", other.escape_debug());
            Err(root.fail("layer_types", why))
        }
    };
    kinds.into_iter().map(sight).collect()
}
