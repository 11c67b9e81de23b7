//! `tokenizer.json`: the model of a vocabulary, and its control tokens.
//!
//! The parts that matter are read one by one. The library's own reader of whole files keeps all of the
//! vocabulary while it finds out of what kind it is, which takes twice as long; a server is ready when this
//! is done.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;
use tokenizers::models::bpe::BPE;
use tokenizers::{NormalizerWrapper, PreTokenizerWrapper, Tokenizer};

use super::Control;

#[derive(Deserialize)]
struct File<'t> {
    #[serde(borrow)]
    model: &'t RawValue,
    normalizer: Option<NormalizerWrapper>,
    pre_tokenizer: Option<PreTokenizerWrapper>,
    #[serde(default)]
    added_tokens: Vec<Added>,
}

#[derive(Deserialize)]
struct Added {
    id: u32,
    #[serde(flatten)]
    token: Control,
}

/// The model, which knows of no control tokens, and these.
///
/// # Errors
/// What is wrong with the file.
pub(super) fn read(bytes: &[u8]) -> Result<(Tokenizer, BTreeMap<u32, Control>), String> {
    let file: File<'_> = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    let model: BPE = serde_json::from_str(file.model.get())
        .map_err(|error| format!("its model is no byte-pair encoding: {error}"))?;
    let mut plain = Tokenizer::new(model);
    plain.with_normalizer(file.normalizer).map_err(|error| error.to_string())?;
    plain.with_pre_tokenizer(file.pre_tokenizer);
    let control = file.added_tokens.into_iter().map(|added| (added.id, added.token)).collect();
    Ok((plain, control))
}
