//! The order of the layers.

use super::json::Section;
use crate::Result;

/// More layers than this are a damaged file.
pub(super) const MOST_LAYERS: usize = 4096;

/// What mixes the tokens in a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LayerKind {
    /// Gated DeltaNet: a convolution and a recurrent state of fixed size.
    Linear,
    /// Gated attention over every earlier token.
    Full,
}

impl LayerKind {
    fn named(name: &str) -> Option<Self> {
        match name {
            "linear_attention" => Some(Self::Linear),
            "full_attention" => Some(Self::Full),
            _ => None,
        }
    }

    /// Reads `layer_types`; where there is none, every `full_attention_interval`-th layer is full.
    pub(super) fn read_all(text: &Section<'_>) -> Result<Vec<Self>> {
        let count = text.size("num_hidden_layers")?;
        if count > MOST_LAYERS {
            let why = format!("{count} layers are more than {MOST_LAYERS}");
            return Err(text.fail("num_hidden_layers", why));
        }
        let field = "layer_types";
        let Some(names) = text.texts(field)? else {
            let interval = text.size("full_attention_interval")?;
            let full = |at: usize| at.is_multiple_of(interval);
            let kind = |at| if full(at) { Self::Full } else { Self::Linear };
            return Ok((1..=count).map(kind).collect());
        };
        if names.len() != count {
            let why = format!("it lists {} layers, num_hidden_layers says {count}", names.len());
            return Err(text.fail(field, why));
        }
        let kind = |(at, name): (usize, &&str)| {
            Self::named(name).ok_or_else(|| {
                let why = format!(
                    "layer {at} is neither 'linear_attention' nor 'full_attention' but '{}'",
                    name.escape_debug().take(40).collect::<String>()
                );
                text.fail(field, why)
            })
        };
        names.iter().enumerate().map(kind).collect()
    }
}
