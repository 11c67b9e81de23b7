//! The tokens of a checkpoint.
//!
//! Laws:
//! - control tokens come from [`encode_markup`](Tokenizer::encode_markup) and from the template
//!   alone; no other text has them among its tokens;
//! - every text has tokens, and decoding them gives back the text as the checkpoint normalises it.

mod file;
mod names;
mod pieces;
mod vocabulary;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;

pub(super) use self::names::Names;
use self::pieces::Found;
use self::vocabulary::Vocabulary;
use super::TextError;
use super::detokenize::lossy;

/// No tokenizer that is larger than this is read, in bytes; Qwen3.6's has 13 million.
const LARGEST: u64 = 256 << 20;

/// A checkpoint's tokenizer; cheap to clone.
#[derive(Clone, Debug)]
pub struct Tokenizer(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    /// The model of the checkpoint, which knows of no control tokens.
    plain: tokenizers::Tokenizer,
    names: Names,
    vocabulary: Vocabulary,
}

impl Tokenizer {
    /// Reads `tokenizer.json`, and the control tokens that only `tokenizer_config.json` names.
    ///
    /// # Errors
    /// A file that is missing or that holds no byte-level vocabulary.
    pub fn open(directory: &Path) -> Result<Self, TextError> {
        let path = directory.join("tokenizer.json");
        let bytes = read(&path)?;
        let (plain, mut control) = file::read(&bytes)
            .map_err(|error| refuse(&path, format!("it cannot be read: {error}")))?;
        let config = directory.join("tokenizer_config.json");
        if config.exists() {
            let read: Config = serde_json::from_slice(&read(&config)?)
                .map_err(|error| refuse(&config, format!("it cannot be read: {error}")))?;
            for (id, token) in read.added_tokens_decoder {
                control.entry(id).or_insert(token);
            }
        }
        let vocabulary = Vocabulary::new(&plain, &control).map_err(|why| refuse(&path, why))?;
        let names = Names::new(&control).map_err(|why| refuse(&path, why))?;
        Ok(Self(Arc::new(Parts { plain, names, vocabulary })))
    }

    /// The tokens of a client's text: the names of control tokens in it stay text.
    pub fn encode(&self, text: &str) -> Vec<u32> {
        let mut ids = Vec::new();
        self.encode_plain(text, &mut ids);
        ids
    }

    /// The tokens of a text whose author may write control tokens.
    pub fn encode_markup(&self, text: &str) -> Vec<u32> {
        let (mut ids, mut from) = (Vec::new(), 0);
        while let Some((place, id)) = self.0.names.next(text, from) {
            self.encode_plain(&text[from..place.start], &mut ids);
            ids.push(id);
            from = place.end;
        }
        self.encode_plain(&text[from..], &mut ids);
        ids
    }

    /// The id of a control token by its name, such as `<think>`.
    pub fn special(&self, name: &str) -> Option<u32> {
        self.0.names.id(name)
    }

    /// What a token writes; a control token writes its name.
    pub fn bytes(&self, id: u32) -> Option<&[u8]> {
        self.0.vocabulary.bytes(id)
    }

    /// Whether a decoder that skips special tokens skips this one: `<|im_end|>` but not `<think>`.
    pub fn is_special(&self, id: u32) -> bool {
        self.0.vocabulary.is_special(id)
    }

    /// Whether an id is that of a control token, special or not.
    pub fn is_control(&self, id: u32) -> bool {
        self.0.vocabulary.is_control(id)
    }

    /// One more than the highest id.
    pub fn vocabulary(&self) -> u32 {
        self.0.vocabulary.len()
    }

    /// The text of tokens; bytes that are no UTF-8 become U+FFFD, and ids of no token nothing.
    pub fn decode(&self, ids: &[u32], skip_special: bool) -> String {
        let shown = ids.iter().filter(|id| !(skip_special && self.is_special(**id)));
        lossy(shown.filter_map(|id| self.bytes(*id)))
    }

    /// The control tokens, by which a template's author marks turns.
    pub(super) fn names(&self) -> &Names {
        &self.0.names
    }

    /// Appends the tokens of a text without looking for control tokens.
    pub(super) fn encode_plain(&self, text: &str, ids: &mut Vec<u32>) {
        let vocabulary = &self.0.vocabulary;
        pieces::encode(&self.0.plain, text, &pieces::SIZES, |found| match found {
            // A checkpoint may list control tokens among its ordinary ones: they are spelt out.
            Found::Token(id) => match vocabulary.bytes(id) {
                Some(bytes) if vocabulary.is_control(id) => vocabulary.spell(bytes, ids),
                _ => ids.push(id),
            },
            Found::Text(text) => vocabulary.spell(text.as_bytes(), ids),
        });
    }
}

/// A control token as the files of a checkpoint describe it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Control {
    content: String,
    #[serde(default)]
    special: bool,
    #[serde(default)]
    lstrip: bool,
    #[serde(default)]
    rstrip: bool,
    #[serde(default)]
    single_word: bool,
}

#[derive(Deserialize)]
struct Config {
    #[serde(default)]
    added_tokens_decoder: BTreeMap<u32, Control>,
}

fn refuse(path: &Path, why: impl Into<String>) -> TextError {
    TextError::Checkpoint { path: PathBuf::from(path), why: why.into() }
}

/// A file of the checkpoint, of bounded size.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, TextError> {
    let failed = |error| refuse(path, format!("it cannot be read: {error}"));
    let size = fs::metadata(path).map_err(failed)?.len();
    if size > LARGEST {
        return Err(refuse(path, format!("{size} bytes are too many; the most is {LARGEST}")));
    }
    fs::read(path).map_err(failed)
}

#[cfg(test)]
mod tests;
