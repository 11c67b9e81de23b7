//! Grammars that an answer has to obey, as masks over the vocabulary.

use std::time::Duration;

use serde_json::Value;

use super::TextError;
use super::conversation::Tool;
use super::tokenizer::Tokenizer;

/// What an answer has to look like.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// Any JSON object.
    AnyJson,
    /// A JSON value that a schema describes.
    Schema(Value),
    /// A text that a regular expression describes as a whole.
    Regex(String),
    /// One of these texts.
    Choice(Vec<String>),
    /// Calls of tools, in the form in which the checkpoint writes them.
    Tools {
        /// All tools of the request; the arguments of strict ones obey their schema.
        tools: Vec<Tool>,
        /// Whether there has to be a call.
        required: bool,
        /// The one tool that has to be called.
        named: Option<String>,
        /// Whether there may be more than one call.
        parallel: bool,
    },
}

/// The vocabulary in the form in which grammars are compiled against it: built once, cheap to clone.
#[derive(Clone, Debug)]
pub struct Grammars {
    tokenizer: Tokenizer,
}

impl Grammars {
    /// Prepares a vocabulary. `stops` are the tokens that end an answer.
    ///
    /// # Errors
    /// A vocabulary without a token that ends an answer.
    pub fn new(tokenizer: &Tokenizer, stops: &[u32]) -> Result<Self, TextError> {
        let _ = stops;
        Ok(Self { tokenizer: tokenizer.clone() })
    }

    /// Compiles a shape; with `opens_reasoning`, free reasoning and `</think>` come before it.
    /// Blocks at most `limit`, in a thread of its own.
    ///
    /// # Errors
    /// A schema that is none, or asks for too much, or compiles for longer than `limit`.
    pub fn compile(
        &self,
        shape: &Shape,
        opens_reasoning: bool,
        limit: Duration,
    ) -> Result<Constraint, TextError> {
        let _ = (shape, opens_reasoning, limit, &self.tokenizer);
        Err(TextError::Request("grammars are not compiled".into()))
    }
}

/// A bit for every token id: set where the token may come next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mask {
    words: Vec<u32>,
}

impl Mask {
    /// Whether a token may come next. Ids beyond the vocabulary may not.
    pub fn allows(&self, id: u32) -> bool {
        let word = self.words.get(id as usize / 32);
        word.is_some_and(|word| word & (1 << (id % 32)) != 0)
    }

    /// The bits: token `id` is bit `id % 32` of word `id / 32`.
    pub fn words(&self) -> &[u32] {
        &self.words
    }
}

/// A grammar at a place in one answer. May be sent to the thread of the engine.
#[derive(Debug)]
pub struct Constraint {
    accepted: usize,
}

impl Constraint {
    /// The tokens that may come next; the tokens that end an answer, where the grammar is complete.
    ///
    /// # Errors
    /// A step that costs more than the limit.
    pub fn mask(&mut self) -> Result<Mask, TextError> {
        Ok(Mask { words: Vec::new() })
    }

    /// Moves on by a token.
    ///
    /// # Errors
    /// A token that the mask does not hold; the place stays as it was.
    pub fn accept(&mut self, id: u32) -> Result<(), TextError> {
        let _ = id;
        self.accepted += 1;
        Ok(())
    }

    /// Takes back the last `count` accepted tokens, as after drafted tokens that were refused.
    ///
    /// # Errors
    /// More than were accepted.
    pub fn rollback(&mut self, count: usize) -> Result<(), TextError> {
        self.accepted = self.accepted.saturating_sub(count);
        Ok(())
    }

    /// Whether nothing but the end may follow.
    pub fn finished(&self) -> bool {
        false
    }
}
