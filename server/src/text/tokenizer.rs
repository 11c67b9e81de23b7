//! The tokens of a checkpoint.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use super::TextError;

/// A checkpoint's tokenizer; cheap to clone.
#[derive(Clone, Debug)]
pub struct Tokenizer(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    vocabulary: u32,
}

impl Tokenizer {
    /// Reads `tokenizer.json`, and the control tokens that only `tokenizer_config.json` names.
    ///
    /// # Errors
    /// A file that is missing or no byte-level vocabulary.
    pub fn open(directory: &Path) -> Result<Self, TextError> {
        let path = directory.join("tokenizer.json");
        Err(TextError::Checkpoint { path, why: "not read".into() })
    }

    /// The tokens of a client's text: the names of control tokens in it stay text.
    pub fn encode(&self, text: &str) -> Vec<u32> {
        text.bytes().map(u32::from).collect()
    }

    /// The tokens of a text whose author may write control tokens.
    pub fn encode_markup(&self, text: &str) -> Vec<u32> {
        self.encode(text)
    }

    /// The id of a control token by its name, such as `<think>`.
    pub fn special(&self, _name: &str) -> Option<u32> {
        None
    }

    /// What a token writes; a control token writes its name.
    pub fn bytes(&self, _id: u32) -> Option<Cow<'_, [u8]>> {
        None
    }

    /// Whether a decoder that skips special tokens skips this one: `<|im_end|>` but not `<think>`.
    pub fn is_special(&self, _id: u32) -> bool {
        false
    }

    /// One more than the highest id.
    pub fn vocabulary(&self) -> u32 {
        self.0.vocabulary
    }

    /// The text of tokens; bytes that are no UTF-8 become U+FFFD.
    pub fn decode(&self, _ids: &[u32], _skip_special: bool) -> String {
        String::new()
    }
}
