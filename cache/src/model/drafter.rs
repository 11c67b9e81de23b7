//! What a DFlash drafter's `config.json` says.
//!
//! A drafter is a few Qwen3 layers that fill in a block of masked tokens at once, looking at
//! features of the model that it drafts for, whose embedding and head it uses.

use std::path::Path;

use super::json::{ConfigFile, LARGEST, Section};
use super::layers::MOST_LAYERS;
use super::{Attention, ModelConfig, Rope};
use crate::Result;

/// Rows of a block unless the configuration says otherwise.
const BLOCK: usize = 16;

/// Most rows of a block: what one pass of few rows holds.
const MOST_ROWS: usize = 32;

/// Fields of later kinds of drafters, which have further layers.
const LATER: [&str; 2] = ["conv_kernel_size", "selector_rank"];

/// Everything that `config.json` says of a drafter. Sizes are in elements; the width of the
/// residual stream is the model's.
#[derive(Clone, Debug, PartialEq)]
pub struct DrafterConfig {
    /// What each layer's rows see, first to last.
    pub layers: Vec<Sight>,
    /// Width inside the MLP.
    pub intermediate: usize,
    /// Heads; queries have no gates.
    pub attention: Attention,
    /// Rotation of queries and keys, by the number of the token.
    pub rope: Rope,
    /// Epsilon of every norm.
    pub epsilon: f64,
    /// Rows of a block: the last known token, then masks.
    pub block: usize,
    /// The token that stands for one to be filled in.
    pub mask: u32,
    /// The model's layers after which features are taken, in the order in which they lie side by
    /// side.
    pub taps: Vec<usize>,
}

/// Which tokens a row of a drafter's layer sees, beside those that are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sight {
    /// Whether it sees none of its block that comes after it.
    pub causal: bool,
    /// It only sees tokens less than this far away; `None` is no limit.
    pub window: Option<usize>,
}

impl DrafterConfig {
    /// Reads a drafter directory's `config.json`, or the file itself, for a model.
    ///
    /// # Errors
    /// One line that names the file and the field, as [`ModelConfig::open`]; also where the drafter
    /// is not one for the model.
    pub fn open(path: &Path, model: &ModelConfig) -> Result<Self> {
        Self::read(&ConfigFile::open(path)?, model)
    }

    /// [`DrafterConfig::open`] for bytes in memory; `path` is for messages.
    ///
    /// # Errors
    /// As [`DrafterConfig::open`].
    pub fn parse(path: &Path, bytes: &[u8], model: &ModelConfig) -> Result<Self> {
        Self::read(&ConfigFile::parse(path, bytes)?, model)
    }

    fn read(file: &ConfigFile, model: &ModelConfig) -> Result<Self> {
        let root = file.root();
        let own = root.section("dflash_config")?.ok_or_else(|| root.missing("dflash_config"))?;
        let places = [&own, &root];
        refuse_others(&places)?;
        root.one_of("hidden_act", &["silu"])?;
        same(&root, "hidden_size", model.hidden)?;
        same(&root, "vocab_size", model.vocabulary)?;
        if root.optional_size("num_target_layers")?.is_some() {
            same(&root, "num_target_layers", model.layers.len())?;
        }
        let count = root.size("num_hidden_layers")?;
        if count > MOST_LAYERS {
            let why = format!("{count} layers are more than {MOST_LAYERS}");
            return Err(root.fail("num_hidden_layers", why));
        }
        let attention = heads(&root)?;
        let epsilon = root.positive("rms_norm_eps")?.filter(|epsilon| *epsilon < 1.0);
        Ok(Self {
            layers: sights(&places, count)?,
            intermediate: root.size("intermediate_size")?,
            attention,
            rope: Rope { theta: theta(&root)?, rotary: attention.head, sections: None },
            epsilon: epsilon.ok_or_else(|| root.fail("rms_norm_eps", "expected less than 1"))?,
            block: block(&places)?,
            mask: mask(&own, model)?,
            taps: taps(&own, model, count)?,
        })
    }
}

/// A field that has to agree with the model.
fn same(root: &Section<'_>, field: &str, expected: usize) -> Result<()> {
    let found = root.size(field)?;
    match found == expected {
        true => Ok(()),
        false => Err(root.fail(field, format!("it is {found}, the model's is {expected}"))),
    }
}

/// Kinds of drafters that are not computed here.
fn refuse_others(places: &[&Section<'_>; 2]) -> Result<()> {
    for place in places {
        if let Some(field) = LATER.into_iter().find(|field| place.get(field).is_some()) {
            return Err(place.fail(field, "drafters of the kind DFlash2 are not supported"));
        }
        for field in ["input_embedding_scale", "output_multiplier"] {
            if place.positive(field)?.is_some_and(|scale| scale != 1.0) {
                return Err(place.fail(field, "only 1 is supported"));
            }
        }
        if place.get("final_logit_softcapping").is_some() {
            return Err(place.fail("final_logit_softcapping", "it is not supported"));
        }
    }
    Ok(())
}

fn heads(root: &Section<'_>) -> Result<Attention> {
    if root.flag("attention_bias")? == Some(true) {
        return Err(root.fail("attention_bias", "biases are not supported"));
    }
    let read = Attention {
        heads: root.size("num_attention_heads")?,
        kv_heads: root.size("num_key_value_heads")?,
        head: root.size("head_dim")?,
    };
    if !read.heads.is_multiple_of(read.kv_heads) {
        let why = format!("{} query heads do not divide among {}", read.heads, read.kv_heads);
        return Err(root.fail("num_key_value_heads", why));
    }
    if !read.head.is_multiple_of(2) || read.width() + 2 * read.kv_width() > LARGEST {
        return Err(root.fail("head_dim", format!("a head of {} dims is absurd", read.head)));
    }
    Ok(read)
}

/// What rows see. Without a field that says so for all layers, those with a window are causal and
/// the others are not; and without `use_sliding_window` there is no window (model sheet 7.5).
fn sights(places: &[&Section<'_>; 2], count: usize) -> Result<Vec<Sight>> {
    let [own, root] = places;
    let stated = match own.flag("causal")? {
        Some(causal) => Some(causal),
        None => root.flag("is_causal")?,
    };
    let windowed = root.flag("use_sliding_window")? == Some(true);
    let field = "layer_types";
    let Some(names) = root.texts(field)? else {
        return match windowed {
            true => Err(root.missing(field)),
            false => Ok(vec![Sight { causal: stated.unwrap_or(false), window: None }; count]),
        };
    };
    if names.len() != count {
        let why = format!("it lists {} layers, num_hidden_layers says {count}", names.len());
        return Err(root.fail(field, why));
    }
    let sight = |name: &&str| match *name {
        "full_attention" => Ok(Sight { causal: stated.unwrap_or(false), window: None }),
        "sliding_attention" => {
            let window = windowed.then(|| root.size("sliding_window")).transpose()?;
            Ok(Sight { causal: stated.unwrap_or(true), window })
        }
        other => {
            let shown: String = other.escape_debug().take(40).collect();
            let why = format!(
                "'{shown}' is not supported; expected 'full_attention' or 'sliding_attention'"
            );
            Err(root.fail(field, why))
        }
    };
    names.iter().map(sight).collect()
}

/// At the outermost level or under `rope_parameters`; all dims are rotated.
fn theta(root: &Section<'_>) -> Result<f64> {
    if let Some(inner) = root.section("rope_parameters")? {
        inner.one_of("rope_type", &["default"])?;
        if inner.positive("partial_rotary_factor")?.is_some_and(|factor| factor != 1.0) {
            return Err(inner.fail("partial_rotary_factor", "only 1 is supported"));
        }
        if let Some(theta) = inner.positive("rope_theta")? {
            return Ok(theta);
        }
    }
    if root.get("rope_scaling").is_some() {
        return Err(root.fail("rope_scaling", "it is not supported"));
    }
    root.positive("rope_theta")?.ok_or_else(|| root.missing("rope_theta"))
}

/// In the drafter's own section, or at the outermost level.
fn block(places: &[&Section<'_>; 2]) -> Result<usize> {
    for place in places {
        match place.optional_size("block_size")? {
            Some(rows @ 2..=MOST_ROWS) => return Ok(rows),
            Some(rows) => {
                let why = format!("a block of {rows} rows; expected 2 to {MOST_ROWS}");
                return Err(place.fail("block_size", why));
            }
            None => {}
        }
    }
    Ok(BLOCK)
}

fn mask(own: &Section<'_>, model: &ModelConfig) -> Result<u32> {
    let field = "mask_token_id";
    match own.numbers(field)?.as_deref() {
        Some([token]) if *token < model.vocabulary => Ok(*token as u32),
        Some(_) => {
            let why = format!("expected one token of the vocabulary of {}", model.vocabulary);
            Err(own.fail(field, why))
        }
        None => Err(own.missing(field)),
    }
}

/// The layers listed, or one for each of the drafter's, spread over the model from its second layer
/// to its third last (model sheet 7.1).
fn taps(own: &Section<'_>, model: &ModelConfig, count: usize) -> Result<Vec<usize>> {
    let (field, layers) = ("target_layer_ids", model.layers.len());
    let taps = match own.numbers(field)? {
        Some(taps) => taps,
        None if count == 1 => vec![layers / 2],
        None => spread(layers, count),
    };
    let fits = (1..=16).contains(&taps.len()) && taps.iter().all(|tap| *tap < layers);
    if fits {
        return Ok(taps);
    }
    Err(own.fail(field, format!("expected 1 to 16 of the model's layers 0 to {}", layers - 1)))
}

/// `round(1 + i (layers - 4) / (count - 1))`, halves to even.
fn spread(layers: usize, count: usize) -> Vec<usize> {
    let step = (layers.saturating_sub(4)) as f64 / (count - 1) as f64;
    (0..count).map(|at| (1.0 + at as f64 * step).round_ties_even() as usize).collect()
}
