//! The sizes of a model that kernels depend on.

use kiln_cache::hash::Digest;
use serde::{Deserialize, Serialize};

use super::config::{ConfigFile, Section};
use super::{DrafterShapes, Quantisation};
use crate::Result;

/// Model types of the family, in any of the places where they stand.
const MODEL_TYPES: [&str; 2] = ["qwen3_5", "qwen3_5_text"];

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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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
    /// Dims of a head of full attention that are rotated; 0 without such layers.
    pub rotary: u64,
    /// Whether full attention has an output gate, as wide as its queries.
    pub gated: bool,
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
    /// Reads the sizes from a configuration, nested or flat; without drafter.
    pub(super) fn read(file: &ConfigFile, name: String) -> Result<Self> {
        let root = file.root();
        let text = root.section("text_config")?.unwrap_or_else(|| root.clone());
        check_type(&root)?;
        check_type(&text)?;
        let (full_layers, linear_layers) = layers(&text)?;
        let linear = (linear_layers > 0).then(|| read_linear(&text)).transpose()?;
        let shapes = Self {
            name,
            config_hash: Digest::of(&file.bytes),
            hidden: text.size("hidden_size")?,
            intermediate: text.size("intermediate_size")?,
            vocabulary: text.size("vocab_size")?,
            heads: text.size("num_attention_heads")?,
            kv_heads: text.size("num_key_value_heads")?,
            head: text.size("head_dim")?,
            gated: text
                .flag("attn_output_gate")?
                .ok_or_else(|| text.missing("attn_output_gate"))?,
            rotary: if full_layers > 0 { rotary(&text)? } else { 0 },
            full_layers,
            linear_layers,
            linear,
            epsilon: text.positive("rms_norm_eps")?,
            published: published(&root, &text)?,
            quantisation: Quantisation::read(&root, &text)?,
            predicts: text.count("mtp_num_hidden_layers")? == 1,
            drafter: None,
        };
        shapes.check(&text)?;
        Ok(shapes)
    }

    /// Rows of queries, output gate, keys and values of full attention together.
    pub fn qkv(&self) -> u64 {
        let queries = if self.gated { 2 * self.heads } else { self.heads };
        (queries + 2 * self.kv_heads) * self.head
    }

    /// What single fields cannot say: sizes that have to divide or bound each other.
    fn check(&self, text: &Section<'_>) -> Result<()> {
        if !self.heads.is_multiple_of(self.kv_heads) {
            let why = format!("{} query heads do not divide among {}", self.heads, self.kv_heads);
            return Err(text.fail("num_key_value_heads", why));
        }
        let group = self.quantisation.map_or(1, |quantisation| quantisation.group);
        let widths = [
            ("hidden_size", self.hidden),
            ("intermediate_size", self.intermediate),
            ("head_dim", self.heads.saturating_mul(self.head)),
            ("linear_value_head_dim", self.linear.map_or(0, |linear| linear.values())),
        ];
        for (field, width) in widths {
            if !width.is_multiple_of(group) {
                let why = format!("a width of {width} is not a multiple of the group of {group}");
                return Err(text.fail(field, why));
            }
        }
        let rows =
            [self.qkv(), self.linear.map_or(0, |linear| linear.qkvz()), 2 * self.intermediate];
        match rows.into_iter().find(|&rows| rows > 0xff_ffff) {
            Some(rows) => Err(text.fail("head_dim", format!("a layer of {rows} rows is absurd"))),
            None => Ok(()),
        }
    }
}

/// A model type, where one is stated, has to be of the family.
fn check_type(section: &Section<'_>) -> Result<()> {
    match section.text("model_type")? {
        Some(found) if !MODEL_TYPES.contains(&found) => {
            let known = MODEL_TYPES.join(", ");
            let why = format!("'{}' is not supported; known are {known}", found.escape_debug());
            Err(section.fail("model_type", why))
        }
        Some(_) => Ok(()),
        None => Err(section.missing("model_type")),
    }
}

/// Numbers of full-attention and linear-attention layers.
fn layers(text: &Section<'_>) -> Result<(u64, u64)> {
    let layers = text.size("num_hidden_layers")?;
    let Some(types) = text.texts("layer_types")? else {
        let full = layers / text.size("full_attention_interval")?;
        return Ok((full, layers - full));
    };
    if types.len() as u64 != layers {
        let why = format!("it lists {} layers, num_hidden_layers says {layers}", types.len());
        return Err(text.fail("layer_types", why));
    }
    let known = ["full_attention", "linear_attention"];
    if let Some(other) = types.iter().find(|of| !known.contains(of)) {
        let why =
            format!("'{}' is not supported; known are {}", other.escape_debug(), known.join(", "));
        return Err(text.fail("layer_types", why));
    }
    let full = types.iter().filter(|of| **of == known[0]).count() as u64;
    Ok((full, layers - full))
}

fn read_linear(text: &Section<'_>) -> Result<LinearAttention> {
    let linear = LinearAttention {
        key_heads: text.size("linear_num_key_heads")?,
        value_heads: text.size("linear_num_value_heads")?,
        key_head: text.size("linear_key_head_dim")?,
        value_head: text.size("linear_value_head_dim")?,
        taps: text.size("linear_conv_kernel_dim")?,
    };
    if !linear.value_heads.is_multiple_of(linear.key_heads) {
        let why = "value heads do not divide among linear_num_key_heads";
        return Err(text.fail("linear_num_value_heads", why));
    }
    Ok(linear)
}

/// Dims of a head that are rotated: `rope_parameters`, or its older forms.
fn rotary(text: &Section<'_>) -> Result<u64> {
    let field = "partial_rotary_factor";
    let inner = match text.section("rope_parameters")? {
        Some(section) => Some(section),
        None => text.section("rope_scaling")?,
    };
    let inner = inner.filter(|inner| inner.get(field).is_some()).unwrap_or_else(|| text.clone());
    let (factor, head) = (inner.positive(field)?, text.size("head_dim")?);
    let exact = factor * head as f64;
    let rotary = exact.round() as u64;
    let even = rotary.is_multiple_of(2) && (2..=head).contains(&rotary);
    if (exact - rotary as f64).abs() > 1e-6 || !even {
        let why = format!("{factor} of a head of {head} is not an even number of dims");
        return Err(inner.fail(field, why));
    }
    Ok(rotary)
}

/// The number type in which the model was published.
fn published(root: &Section<'_>, text: &Section<'_>) -> Result<Activation> {
    for (section, field) in
        [(text, "dtype"), (root, "dtype"), (text, "torch_dtype"), (root, "torch_dtype")]
    {
        match section.text(field)? {
            Some("bfloat16") => return Ok(Activation::Bf16),
            Some("float16") => return Ok(Activation::F16),
            Some("float32") => return Ok(Activation::F32),
            Some(other) => {
                let known = "bfloat16, float16, float32";
                let why = format!("'{}' is unknown; known are {known}", other.escape_debug());
                return Err(section.fail(field, why));
            }
            None => {}
        }
    }
    Err(text.missing("dtype"))
}
