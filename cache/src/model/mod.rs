//! What a model's `config.json` says of the qwen3_5 text model.
//!
//! Laws:
//! - every size comes from the file, nested under `text_config` or flat; a field that is missing is
//!   an error, never a default of some model class;
//! - fields that contradict one another, or ask for what nobody computes, are errors of one line
//!   that name the field and the file;
//! - what is read is bounded: no field makes anything else overflow or allocate without limit.

mod attention;
mod drafter;
mod json;
mod layers;
mod linear;
mod quantisation;
#[cfg(test)]
mod tests;
mod vision;

use std::path::Path;

pub use attention::{Attention, Rope};
pub use drafter::{DrafterConfig, Sight};
pub use json::{ConfigFile, read_bounded};
pub use layers::LayerKind;
pub use linear::LinearAttention;
pub use quantisation::Quantisation;
pub use vision::Vision;

use crate::Result;
use crate::vocabulary::Dtype;
use json::{LARGEST, Section};

/// Model types of the family, in any of the places where they stand.
const MODEL_TYPES: [&str; 2] = ["qwen3_5", "qwen3_5_text"];

/// Everything that `config.json` says of a model. Sizes are in elements.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelConfig {
    /// Width of the residual stream.
    pub hidden: usize,
    /// Width inside the MLP.
    pub intermediate: usize,
    /// Size of the vocabulary, padding included.
    pub vocabulary: usize,
    /// Kind of each layer, first to last.
    pub layers: Vec<LayerKind>,
    /// Sizes of full attention.
    pub attention: Attention,
    /// Sizes of linear attention; `None` where no layer has it.
    pub linear: Option<LinearAttention>,
    /// Rotation of queries and keys.
    pub rope: Rope,
    /// Epsilon of every norm.
    pub epsilon: f64,
    /// Whether the output head is the embedding table.
    pub tied_head: bool,
    /// Number type in which the model was published: that of activations.
    pub dtype: Dtype,
    /// Positions that the model was trained for.
    pub positions: usize,
    /// Layers of the multi-token prediction head; 0 without one.
    pub mtp_layers: usize,
    /// Whether that head is to guess, as was asked of the checkpoint; never part of this file.
    pub predicts: bool,
    /// How weights are quantised; `None` for plain checkpoints.
    pub quantisation: Option<Quantisation>,
    /// The vision tower; `None` for models of text alone.
    pub vision: Option<Vision>,
    /// Tokens that end a text, as far as this file knows; chat models have others beside them.
    pub end_tokens: Vec<u32>,
    /// The drafter that a checkpoint of one was joined with; never part of this file.
    pub drafter: Option<DrafterConfig>,
}

impl ModelConfig {
    /// Reads a model directory's `config.json`, or the file itself.
    ///
    /// # Errors
    /// One line that names the file and the field: a file that cannot be read or is no
    /// configuration, a field that is missing, contradicts another or is not supported.
    pub fn open(path: &Path) -> Result<Self> {
        Self::of(&ConfigFile::open(path)?)
    }

    /// [`ModelConfig::open`] for bytes in memory; `path` is for messages.
    ///
    /// # Errors
    /// As [`ModelConfig::open`].
    pub fn parse(path: &Path, bytes: &[u8]) -> Result<Self> {
        Self::of(&ConfigFile::parse(path, bytes)?)
    }

    /// [`ModelConfig::open`] for a file in memory.
    ///
    /// # Errors
    /// As [`ModelConfig::open`].
    pub fn of(file: &ConfigFile) -> Result<Self> {
        let root = file.root();
        let text = root.section("text_config")?.unwrap_or_else(|| root.clone());
        check_type(&root)?;
        check_type(&text)?;
        text.one_of("hidden_act", &["silu"])?;
        let layers = LayerKind::read_all(&text)?;
        let linear = layers.contains(&LayerKind::Linear);
        let hidden = text.size("hidden_size")?;
        let attention = Attention::read(&text)?;
        let vision = Vision::read(&root, hidden)?;
        let config = Self {
            hidden,
            intermediate: text.size("intermediate_size")?,
            vocabulary: text.size("vocab_size")?,
            layers,
            attention,
            linear: linear.then(|| LinearAttention::read(&text)).transpose()?,
            rope: Rope::read(&text, attention.head, vision.is_some())?,
            epsilon: epsilon(&text)?,
            tied_head: tied_head(&root, &text)?,
            dtype: dtype(&root, &text)?,
            positions: text.size("max_position_embeddings")?,
            mtp_layers: mtp_layers(&text)?,
            predicts: false,
            quantisation: Quantisation::read(&root, &text)?,
            vision,
            end_tokens: end_tokens(&root, &text)?,
            drafter: None,
        };
        config.check(&text)?;
        Ok(config)
    }

    /// Layers of a kind.
    pub fn count(&self, kind: LayerKind) -> usize {
        self.layers.iter().filter(|layer| **layer == kind).count()
    }

    /// Whether somebody guesses what follows a text: a drafter, or the multi-token prediction head.
    pub fn guesses(&self) -> bool {
        self.drafter.is_some() || self.predicts
    }

    /// What single fields cannot say.
    fn check(&self, text: &Section<'_>) -> Result<()> {
        if let Some(token) = self.end_tokens.iter().find(|at| **at as usize >= self.vocabulary) {
            let why = format!("token {token} is outside the vocabulary of {}", self.vocabulary);
            return Err(text.fail("eos_token_id", why));
        }
        if 2 * self.intermediate > LARGEST {
            let why = format!("a layer of {} rows is absurd", 2 * self.intermediate);
            return Err(text.fail("intermediate_size", why));
        }
        let Some(quantisation) = &self.quantisation else { return Ok(()) };
        let widths = [
            ("hidden_size", self.hidden),
            ("intermediate_size", self.intermediate),
            ("head_dim", self.attention.width()),
            ("linear_value_head_dim", self.linear.map_or(0, |linear| linear.values())),
        ];
        let group = quantisation.group;
        match widths.into_iter().find(|(_, width)| !width.is_multiple_of(group)) {
            Some((field, width)) => {
                let why = format!("a width of {width} is not a multiple of the group of {group}");
                Err(text.fail(field, why))
            }
            None => Ok(()),
        }
    }
}

/// A model type has to be of the family.
fn check_type(section: &Section<'_>) -> Result<()> {
    let field = "model_type";
    section.one_of(field, &MODEL_TYPES)?.map(|_| ()).ok_or_else(|| section.missing(field))
}

fn epsilon(text: &Section<'_>) -> Result<f64> {
    let field = "rms_norm_eps";
    match text.positive(field)? {
        Some(epsilon) if epsilon < 1.0 => Ok(epsilon),
        Some(epsilon) => Err(text.fail(field, format!("expected less than 1, found {epsilon}"))),
        None => Err(text.missing(field)),
    }
}

/// The text model's field; both places may state it, and then have to agree.
fn tied_head(root: &Section<'_>, text: &Section<'_>) -> Result<bool> {
    let field = "tie_word_embeddings";
    match (text.flag(field)?, root.flag(field)?) {
        (Some(inner), Some(outer)) if inner != outer => {
            Err(text.fail(field, format!("it is {inner}, and {outer} at the outermost level")))
        }
        (Some(tied), _) | (None, Some(tied)) => Ok(tied),
        (None, None) => Err(text.missing(field)),
    }
}

/// The number type of activations is that in which the model was published.
fn dtype(root: &Section<'_>, text: &Section<'_>) -> Result<Dtype> {
    let known = ["bfloat16", "float16", "float32"];
    for (section, field) in
        [(text, "dtype"), (root, "dtype"), (text, "torch_dtype"), (root, "torch_dtype")]
    {
        match section.one_of(field, &known)? {
            Some("bfloat16") => return Ok(Dtype::Bf16),
            Some("float16") => return Ok(Dtype::F16),
            Some(_) => return Ok(Dtype::F32),
            None => {}
        }
    }
    Err(text.missing("dtype"))
}

fn mtp_layers(text: &Section<'_>) -> Result<usize> {
    let field = "mtp_num_hidden_layers";
    let layers = match text.numbers(field)?.as_deref() {
        None => 0,
        Some([layers]) if *layers <= layers::MOST_LAYERS => *layers,
        Some(_) => return Err(text.fail(field, "expected a number of layers")),
    };
    if layers > 0 && text.flag("mtp_use_dedicated_embeddings")? == Some(true) {
        let why = "a prediction head with embeddings of its own is not supported";
        return Err(text.fail("mtp_use_dedicated_embeddings", why));
    }
    Ok(layers)
}

/// One token or a list, in the text model's configuration or beside it.
fn end_tokens(root: &Section<'_>, text: &Section<'_>) -> Result<Vec<u32>> {
    let field = "eos_token_id";
    let found = text.numbers(field)?;
    let found = found.map_or_else(|| root.numbers(field), |found| Ok(Some(found)))?;
    Ok(found.unwrap_or_default().into_iter().map(|token| token as u32).collect())
}
